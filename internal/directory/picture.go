package directory

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/blob"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/picture"
)

// portraitSide is how wide and high a portrait is kept: twice the largest size
// in which one is shown.
const portraitSide = 296

// Portraits keeps the pictures of people.
type Portraits struct {
	Files blob.Store
	Press *picture.Press
}

// Keep makes a picture square and small, without what the camera wrote into it,
// and returns the name under which it is kept.
func (p *Portraits) Keep(ctx context.Context, data []byte) (string, error) {
	r, err := p.Press.Square(ctx, data, portraitSide)
	if err != nil {
		return "", asField(err)
	}
	info, err := p.Files.Put(ctx, bytes.NewReader(r.Data), int64(len(r.Data)))
	return string(info.Name), err
}

// asField says at the form's field what is wrong with the file.
func asField(err error) error {
	f := fault.Of(err)
	if f == nil || f.Kind != fault.Invalid || len(f.Fields) > 0 {
		return err
	}
	return &fault.Fault{Kind: fault.Invalid, Key: "fault.invalid", Fields: []fault.Field{{Name: "file", Key: f.Key, Args: f.Args}}, Cause: err}
}

// PictureOf is GET /pictures/{hash}: the picture of somebody whom the visitor
// may see.
func (p *Pages) PictureOf(v *visit.Visit) error {
	name := blob.Name(v.R.PathValue("hash"))
	if p.Portraits == nil || !name.Valid() {
		return fault.Missing()
	}
	var seen bool
	if err := p.DB.Read(v.R.Context(), func(tx *db.Tx) (err error) {
		seen, err = people.SeesPicture(tx, v.By, string(name))
		return err
	}); err != nil {
		return err
	}
	if !seen {
		return fault.Missing()
	}
	f, kind, err := p.Portraits.open(v.R.Context(), name)
	if err != nil {
		return err
	}
	defer f.Close()
	h := v.W.Header()
	h.Set("Content-Type", kind)
	// Asked again every time, as other files are: its owner may have taken it
	// away or left, and the next reader at a shared terminal be somebody else.
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+string(name)+`"`)
	http.ServeContent(v.W, v.R, "", time.Time{}, f)
	return nil
}
