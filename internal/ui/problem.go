package ui

import (
	"context"
	"io"
	"strconv"

	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/platform/web"
)

// ProblemPage is what somebody sees who asked for something that cannot be
// shown: one sentence and one way on. It gives the frame its title when it has
// none.
func ProblemPage(f *Frame, p web.Problem) templ.Component {
	if f.Title == "" {
		f.Title = f.problemTitle(p)
	}
	return problem(f, p)
}

func (f *Frame) problemTitle(p web.Problem) string {
	switch p.Status {
	case 403:
		return f.T("problem.forbidden")
	case 404:
		return f.T("problem.not_found")
	case 409:
		return f.T("problem.conflict")
	case 410:
		return f.T("problem.gone")
	case 413, 422:
		return f.T("problem.invalid")
	case 429:
		return f.T("problem.too_many")
	case 503:
		return f.T("problem.unavailable")
	}
	return f.T("problem.internal")
}

// wallpaper draws rows of maker's marks, three of them dyed. It is the same
// for everybody and is made once.
func wallpaper() templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, wallpaperSVG)
		return err
	})
}

var wallpaperSVG = drawWallpaper()

func drawWallpaper() string {
	b := []byte(`<svg viewBox="0 0 780 1000" preserveAspectRatio="xMidYMid slice" aria-hidden="true">`)
	// A dozen drawings, used again and again, keep the page light.
	const kinds = 12
	b = append(b, `<defs>`...)
	for k := range kinds {
		d, _ := MarkPath("wallpaper " + strconv.Itoa(k))
		b = append(b, `<path id="w`+strconv.Itoa(k)+`" transform="scale(2.1)" d="`+d+`"></path>`...)
	}
	b = append(b, `</defs>`...)
	dyed := map[[2]int]string{{4, 3}: "w1", {2, 5}: "w2", {6, 6}: "w3"}
	for row := range 11 {
		for col := range 9 {
			x, y := col*92-20+row%2*46, row*92-10
			k := (row*5 + col*7 + row*col*3) % kinds
			class := dyed[[2]int{col, row}]
			if class == "" {
				b = append(b, `<use href="#w`+strconv.Itoa(k)+`" x="`+strconv.Itoa(x)+`" y="`+strconv.Itoa(y)+`"></use>`...)
				continue
			}
			d, _ := MarkPath("wallpaper " + strconv.Itoa(k))
			b = append(b, `<g transform="translate(`+strconv.Itoa(x)+` `+strconv.Itoa(y)+`)" class="`+class+
				`"><rect x="-4" y="-4" width="32" height="32" rx="4" transform="scale(2.1)"></rect><path transform="scale(2.1)" d="`+d+`"></path></g>`...)
		}
	}
	return string(append(b, `</svg>`...))
}
