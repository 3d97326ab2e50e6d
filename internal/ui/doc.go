// Package ui is the design system: the frame of every page, the parts pages are
// made of, the style sheet, the scripts and the fonts. The reference for how it
// looks and speaks is the design the style sheets were taken from; package
// preview rebuilds its pages with these parts, and tests look at them in a
// browser.
//
// A page is a templ component that gets a *Frame, which knows the reader
// (language, zone, theme, the places they may go to), and one view struct with
// ready values:
//
//	templ Kudos(f *ui.Frame, v KudosView) {
//		@ui.PageHead(f, ui.Head{Title: f.T("kudos.heading"), Lede: v.Lede}) {
//			@ui.Btn(ui.Button{Label: f.T("kudos.give"), Icon: ui.IconKudos, Href: "/kudos/new", Kind: "primary"})
//		}
//		@ui.Sec(ui.Section{Title: f.T("kudos.latest")}) {
//			@ui.Rows() {
//				for _, k := range v.Rows {
//					@ui.Row() {
//						@ui.Mark(k.By, ui.SizeM)
//						<div class="stack stack-xs grow">
//							<h3 class="plain">
//								@ui.Link(k.Words, k.Href)
//							</h3>
//							<p class="sm muted">
//								@ui.Say(f, "kudos.from", nil, "name", k.By.Name)
//								@ui.Ago(f, k.At)
//							</p>
//						</div>
//						@ui.Acts() {
//							@ui.Post(k.Href+"/thanks", ui.Button{Label: f.T("kudos.me_too"), For: k.Words, Small: true})
//						}
//					}
//				}
//			}
//			@ui.Pager(f, v.Pages)
//		}
//	}
//
// and is shown with
//
//	return ui.Write(w, r, http.StatusOK, ui.Page(frame, pages.Kudos(frame, view)))
//
// A form that failed is shown again with the person's words and
// frame.Faults(err): ErrorsSummary at its top, Faults.For(name) in each field.
// SetFlash and TakeFlash carry what an action did over the redirect after it.
//
// Everything works without JavaScript; js/ only saves steps. What its scripts
// ask the server for:
//
//	GET /search.json?q=WORDS     {"items": [{"title", "url", "kind"}]}, for the palette, best first, a handful
//	Input.Skills + ?q=WORDS      the same, for the skill picker; title is what is put into the field
//	Input.Similar + ?title=WORDS a piece of page, shown below the field
//	Frame.Live                   an event stream; data is JSON with any of toast (words), refresh (a selector
//	                             whose elements hear the htmx trigger "live"), of and count (a place, and how many wait)
//	POST /theme                  SwitchTheme
//
// `make assets` builds dist/ from css/, js/ and fonts/; `make generate` writes
// the Go code of the templates. Both are committed and tests say when they are
// old.
package ui
