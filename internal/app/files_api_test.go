package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// file sends a file as it is and returns what is answered.
func (s *stage) file(who, method, path string, data []byte, header ...string) (int, http.Header, string) {
	s.Helper()
	req, err := http.NewRequest(method, s.url+"/api/v1"+path, bytes.NewReader(data))
	if err != nil {
		s.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Authorization", "Bearer "+s.cast[who].token)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

// photo is a picture of the size, with a place in what the camera wrote.
func photo(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(i * 7)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	secret := []byte("Exif\x00\x00at 38.7223N 9.1393W")
	app1 := append([]byte{0xff, 0xe1, 0, byte(len(secret) + 2)}, secret...)
	return append(append(bytes.Clone(b.Bytes()[:2]), app1...), b.Bytes()[2:]...)
}

func TestFilesAreSentAndFetchedAsTheyAreByPrograms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		var kept struct{ ID, URL, Markdown string }
		send := func(who, query string, data []byte, want int) string {
			t.Helper()
			code, _, answer := s.file(who, "POST", "/files/content"+query, data)
			if code != want {
				t.Fatalf("sending %d bytes answers %d, want %d: %.300s", len(data), code, want, answer)
			}
			if code == 201 {
				if err := json.Unmarshal([]byte(answer), &kept); err != nil {
					t.Fatal(err)
				}
			}
			return answer
		}
		// A file eight times what JSON takes arrives whole and goes back whole, and in parts.
		large := bytes.Repeat([]byte("warp and weft, "), 600_000)
		send("Ada", "?name=..%2Fdraft+%5B1%5D.pdf", large, 201)
		if kept.Markdown != "[draft (1).pdf](/files/"+kept.ID+")" {
			t.Errorf("it is shown as %q", kept.Markdown)
		}
		q := s.made("Ada", "/questions", fields{"title": "What does the draft say?", "body": kept.Markdown})
		code, h, back := s.file("Ben", "GET", "/files/"+kept.ID+"/content", nil)
		if code != 200 || sha256.Sum256([]byte(back)) != sha256.Sum256(large) || h.Get("Content-Type") != "application/octet-stream" || !strings.Contains(h.Get("Content-Disposition"), `"draft (1).pdf"`) {
			t.Errorf("it comes back as %d, %d bytes, %v", code, len(back), h)
		}
		if code, _, part := s.file("Ben", "GET", "/files/"+kept.ID+"/content", nil, "Range", "bytes=5-12"); code != 206 || part != "and weft" {
			t.Errorf("a part is %d %q", code, part)
		}
		if code, _, _ := s.file("Ben", "GET", "/files/"+kept.ID+"/content", nil, "If-None-Match", h.Get("ETag")); code != 304 {
			t.Errorf("unchanged answers %d", code)
		}
		// Pictures lose what the camera wrote.
		camera := photo(t, 900, 300)
		send("Ben", "?name=loom.jpg&question="+q, camera, 201)
		if !strings.HasPrefix(kept.Markdown, "![loom.jpg](") {
			t.Errorf("the picture is shown as %q", kept.Markdown)
		}
		code, h, back = s.file("Ben", "GET", "/files/"+kept.ID+"/content", nil)
		img, _, err := image.Decode(strings.NewReader(back))
		if err != nil || code != 200 || strings.Contains(back, "38.7223N") || img.Bounds().Dx() != 900 || h.Get("Content-Disposition") != "" {
			t.Errorf("the picture comes back as %d %v %v", code, h, err)
		}
		// What is wrong is said.
		if answer := send("Ada", "?name=a.bin", make([]byte, 10<<20+1), 413); !strings.Contains(answer, "Keep it under 10 MB") {
			t.Errorf("too large: %s", answer)
		}
		send("Ada", "?name=a.bin", make([]byte, 10<<20), 201)
		if answer := send("Ada", "?name=a.bin", nil, 422); !strings.Contains(answer, "body.content") {
			t.Errorf("empty: %s", answer)
		}
		send("Ada", "", []byte("x"), 422)
		send("Ada", "?name=a.txt&question=7zzzzzzzzzzzz", []byte("x"), 404)
		for kind, want := range map[string]int{"multipart/form-data; boundary=x": 415, "application/x-www-form-urlencoded": 415, "image/svg+xml": 201} {
			if code, _, answer := s.file("Ada", "POST", "/files/content?name=a.svg", []byte("<svg/>"), "Content-Type", kind); code != want {
				t.Errorf("as %s: %d %s", kind, code, answer)
			}
		}
		if code, _, answer := s.file("Ada", "POST", "/files/content?name=a.txt", []byte("x"), "Idempotency-Key", "one"); code != 422 || !strings.Contains(answer, "takes no Idempotency-Key") {
			t.Errorf("with a key: %d %s", code, answer)
		}
	})
}
