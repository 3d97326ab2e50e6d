// Package ui is the design system: the frame of every page, the parts pages are
// made of, the style sheet, the scripts and the fonts. Practices compose pages
// from it and never write a class of their own.
//
// A page is a templ component that gets one view struct with ready values and a
// *Frame, which knows the reader: language, zone, theme, the places they may go
// to. It is shown with
//
//	return ui.Write(w, r, http.StatusOK, ui.Page(frame, pages.Question(frame, view)))
//
// Everything works without JavaScript; app.js only saves steps.
package ui
