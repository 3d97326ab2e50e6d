package ui

import (
	"embed"
	"net/http"

	"github.com/guildhall/guildhall/internal/platform/web"
)

//go:embed dist fonts/*.woff2
var embedded embed.FS

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
