package app

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// upload sends a form with a file.
func (s *stage) upload(who, path, field, name string, data []byte, values ...string) (int, string) {
	s.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(values); i += 2 {
		if err := w.WriteField(values[i], values[i+1]); err != nil {
			s.Fatal(err)
		}
	}
	if data != nil {
		f, err := w.CreateFormFile(field, name)
		if err != nil {
			s.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			s.Fatal(err)
		}
	}
	w.Close()
	req, err := http.NewRequest("POST", s.url+path, &b)
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return s.send(who, req)
}

func TestPicturesAreSquareAndSeenByThoseWhoSeeThePerson(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		img := image.NewRGBA(image.Rect(0, 0, 600, 400))
		for i := range img.Pix {
			img.Pix[i] = byte(i)
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		if code, page := s.upload("Ben", "/people/me/picture", "file", "me.png", []byte("no picture")); code != 422 || strings.Contains(page, "{") && !strings.Contains(page, "htmx-config") {
			t.Errorf("what is no picture answers %d", code)
		}
		if code, _ := s.upload("Ben", "/people/me/picture", "file", "", nil); code != 422 {
			t.Errorf("no file answers %d", code)
		}
		if code, to := s.upload("Ben", "/people/me/picture", "file", "me.png", b.Bytes()); code != 303 {
			t.Fatalf("a picture answers %d %.300s", code, to)
		}
		page := s.want("Ada", s.person("Ben"), 200, `src="/pictures/`)
		_, after, _ := strings.Cut(page, `src="/pictures/`)
		hash, _, _ := strings.Cut(after, `"`)
		code, data := s.get("Ada", "/pictures/"+hash)
		got, _, err := image.Decode(strings.NewReader(data))
		if code != 200 || err != nil || got.Bounds().Dx() != 296 || got.Bounds().Dy() != 296 {
			t.Errorf("the picture answers %d %v", code, err)
		}
		s.want("Gus", "/pictures/"+hash, 404)
		s.want("Ada", "/pictures/"+strings.Repeat("0", 64), 404)
		s.want("Ada", "/pictures/..%2fguildhall.db", 404)
		if code, _ := s.upload("Ben", "/people/me/picture", "file", "", nil, "remove", "1"); code != 303 {
			t.Errorf("removing answers %d", code)
		}
		s.want("Ada", s.person("Ben"), 200, "-", "/pictures/")
		s.want("Ada", "/pictures/"+hash, 404)
	})
}
