package ui

import (
	"embed"
	"net/http"

	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/platform/web"
)

//go:embed dist fonts/*.woff2
var embedded embed.FS

// favicon is favicon.svg within the page: smaller than a request.
const favicon templ.SafeURL = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 28 28'%3E%3Crect width='28' height='28' rx='4' fill='%231a242d'/%3E%3Cpath d='M0 13.2h5.2L3.4 20h7.8l-1.8-6.8h9.2L16.8 20h7.8l-1.8-6.8H28V4a4 4 0 0 0-4-4H4a4 4 0 0 0-4 4Z' fill='%23006466' stroke='%23f9f7f2' stroke-width='1.3'/%3E%3C/svg%3E"

// Assets answers GET /assets/: style sheet, scripts, fonts and the icon, each
// under an address that holds a hash of its content.
func Assets() http.Handler {
	m := make(map[string]web.Asset, len(built))
	for _, b := range built {
		a := web.Asset{ContentType: b[2]}
		var err error
		if a.Data, err = embedded.ReadFile(b[1]); err != nil {
			panic(err) // the generated list and the embedded files belong together
		}
		// Fonts have no encoded forms.
		a.Brotli, _ = embedded.ReadFile(b[1] + ".br")
		a.Gzip, _ = embedded.ReadFile(b[1] + ".gz")
		m[b[0]] = a
	}
	return web.Static(m)
}
