package ask

import (
	"bytes"
	"mime"
	"net/http"
	"time"

	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/picture"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// attached stores the files of a form and returns the body with what shows
// them. When something is wrong with one, the words are returned as they were.
func (p *Pages) attached(v *visit.Visit, form *web.Values, audience id.ID) (string, error) {
	body := form.Get("body")
	if p.Attachments == nil {
		return body, nil
	}
	var files []Upload
	for _, f := range form.Files("files") {
		if len(f.Data) > 0 {
			files = append(files, Upload{Name: f.Name, Body: bytes.NewReader(f.Data)})
		}
	}
	shown, err := p.Attachments.Keep(v.R.Context(), v.By, audience, files)
	return body + shown, err
}

// File is GET /files/{id}.
func (p *Pages) File(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	if p.Attachments == nil {
		return fault.Missing()
	}
	a, f, err := p.Attachments.Open(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	defer f.Close()
	kind, inline := picture.Serving(a.MediaType)
	h := v.W.Header()
	h.Set("Content-Type", kind)
	// Asked again every time, since the post may be gone and the next reader at
	// a shared terminal somebody else; what did not change is not sent again.
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+string(a.Hash)+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if !inline {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	}
	http.ServeContent(v.W, v.R, "", time.Time{}, f)
	return nil
}
