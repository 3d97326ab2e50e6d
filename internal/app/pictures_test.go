package app

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/visit"
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
		// What a browser keeps it asks for again, so that who may no longer see a
		// picture does not: at a shared terminal, or after its owner has left.
		kept := func(who string) (int, string) {
			req, err := http.NewRequest("GET", s.url+"/pictures/"+hash, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.AddCookie(&http.Cookie{Name: visit.Cookie, Value: s.cast[who].cookie})
			req.Header.Set("If-None-Match", `"`+hash+`"`)
			client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			return res.StatusCode, res.Header.Get("Cache-Control")
		}
		if code, cache := kept("Ada"); code != 304 || cache != "private, no-cache" {
			t.Errorf("what Ada's browser kept answers %d, %q", code, cache)
		}
		if code, _ := kept("Gus"); code != 404 {
			t.Errorf("what a guest's browser kept answers %d", code)
		}
		ben := s.cast["Ben"].Person
		s.write(func(tx *db.Tx) error { return s.house.People.Leave(tx, ben, 0, "Former colleague", true) })
		for _, who := range []string{"Ada", "Ben"} {
			if code, _ := kept(who); code == 200 || code == 304 {
				t.Errorf("a leaver's picture answers %s with %d", who, code)
			}
		}
		s.write(func(tx *db.Tx) error { return s.house.People.Return(tx, ben, 0, true) })
		s.write(func(tx *db.Tx) (err error) {
			a := s.cast["Ben"]
			a.cookie, err = s.house.Logins.Start(tx, a.Person, "test")
			s.cast["Ben"] = a
			return err
		})
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
