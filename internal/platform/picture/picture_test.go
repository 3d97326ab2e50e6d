package picture

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/hostile"
)

// quarters is a picture of four colours: red, green above blue, white.
func quarters(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{255, 0, 0, 255}
			switch {
			case x >= w/2 && y < h/2:
				c = color.RGBA{0, 255, 0, 255}
			case x < w/2 && y >= h/2:
				c = color.RGBA{0, 0, 255, 255}
			case x >= w/2:
				c = color.RGBA{255, 255, 255, 255}
			}
			m.Set(x, y, c)
		}
	}
	return m
}

func asJPEG(t testing.TB, m image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif is a TIFF block with an orientation and a secret.
func exif(turn uint16) []byte {
	b := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	b = binary.BigEndian.AppendUint16(b, turn)
	return append(b, "\x00\x00\x00\x00\x00\x00SECRET PLACE"...)
}

func held(jpg []byte, turn uint16) []byte {
	body := append([]byte("Exif\x00\x00"), exif(turn)...)
	seg := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return append(append(append([]byte{}, jpg[:2]...), append(seg, body...)...), jpg[2:]...)
}

func pixels(t testing.TB, r Result) image.Image {
	t.Helper()
	m, kind, err := image.Decode(bytes.NewReader(r.Data))
	if err != nil {
		t.Fatal(err)
	}
	if "image/"+kind != r.MediaType || m.Bounds().Dx() != r.Width || m.Bounds().Dy() != r.Height {
		t.Fatalf("%s %v, said %s %d x %d", kind, m.Bounds(), r.MediaType, r.Width, r.Height)
	}
	return m
}

// name says which of the four colours stands at a place.
func name(m image.Image, x, y int) byte {
	r, g, _, _ := m.At(x, y).RGBA()
	switch {
	case r > 50000 && g > 50000:
		return 'w'
	case r > 40000:
		return 'r'
	case g > 40000:
		return 'g'
	}
	return 'b'
}

func corners(m image.Image) string {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	return string([]byte{name(m, w/4, h/4), name(m, 3*w/4, h/4), name(m, w/4, 3*h/4), name(m, 3*w/4, 3*h/4)})
}

func TestPicturesStandUprightAndLoseTheirSecrets(t *testing.T) {
	p := New(1)
	plain := asJPEG(t, quarters(80, 40))
	// The EXIF standard: what the first row and column of the file are.
	for turn, want := range map[uint16]string{1: "rgbw", 2: "grwb", 3: "wbgr", 4: "bwrg", 5: "rbgw", 6: "brwg", 7: "wgbr", 8: "gwrb", 0: "rgbw", 9: "rgbw"} {
		src := held(plain, turn)
		if !bytes.Contains(src, []byte("SECRET")) {
			t.Fatal("the test has no secret")
		}
		r, err := p.Fit(context.Background(), src, 1000)
		if err != nil {
			t.Fatal(err)
		}
		m := pixels(t, r)
		if got := corners(m); got != want {
			t.Errorf("turn %d: %s, want %s", turn, got, want)
		}
		if wide := r.Width == 80; wide == (turn >= 5 && turn <= 8) {
			t.Errorf("turn %d: %d x %d", turn, r.Width, r.Height)
		}
		if bytes.Contains(r.Data, []byte("SECRET")) || bytes.Contains(r.Data, []byte("Exif")) {
			t.Errorf("turn %d: metadata is left", turn)
		}
	}
	// A PNG with a text and an eXIf chunk.
	src := asPNG(t, quarters(80, 40))
	chunk := func(kind string, body []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
		b = append(append(b, kind...), body...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
	}
	src = append(append(append(append([]byte{}, src[:33]...), chunk("tEXt", []byte("Comment\x00SECRET"))...), chunk("eXIf", exif(6))...), src[33:]...)
	src = append(src, "SECRET tail"...)
	r, err := p.Fit(context.Background(), src, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if corners(pixels(t, r)) != "brwg" || r.MediaType != "image/png" || bytes.Contains(r.Data, []byte("SECRET")) {
		t.Errorf("%s %s", corners(pixels(t, r)), r.MediaType)
	}
}

func TestFitKeepsShapeAndColours(t *testing.T) {
	p := New(2)
	for _, c := range []struct{ w, h, side, nw, nh int }{{400, 200, 100, 100, 50}, {200, 400, 100, 50, 100}, {60, 40, 100, 60, 40}, {1000, 1, 10, 10, 1}, {7, 5, 3, 3, 2}, {101, 99, 100, 100, 98}} {
		for _, src := range [][]byte{asPNG(t, quarters(c.w, c.h)), asJPEG(t, quarters(c.w, c.h))} {
			r, err := p.Fit(context.Background(), src, c.side)
			if err != nil || r.Width != c.nw || r.Height != c.nh {
				t.Errorf("%v: %d x %d, %v", c, r.Width, r.Height, err)
				continue
			}
			if m := pixels(t, r); c.h > 30 && corners(m) != "rgbw" {
				t.Errorf("%v: %s", c, corners(m))
			}
		}
	}
	r, err := p.Square(context.Background(), asPNG(t, quarters(300, 100)), 50)
	if err != nil || r.Width != 50 || r.Height != 50 || corners(pixels(t, r)) != "rgbw" {
		t.Errorf("%+v %v", r.Width, err)
	}
}

func TestHolesStayHoles(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	for i := range 20 {
		m.Set(i, i, color.NRGBA{200, 100, 50, 128})
	}
	r, err := New(1).Fit(context.Background(), asPNG(t, m), 20)
	if err != nil || r.MediaType != "image/png" {
		t.Fatalf("%v %v", r.MediaType, err)
	}
	if _, _, _, a := pixels(t, r).At(19, 0).RGBA(); a != 0 {
		t.Errorf("alpha %d", a)
	}
}

// smallWebP is one pixel, lossy, as every browser knows it.
const smallWebP = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"

func TestEveryKindIsRead(t *testing.T) {
	w, err := base64.StdEncoding.DecodeString(smallWebP)
	if err != nil {
		t.Fatal(err)
	}
	var g bytes.Buffer
	pal := image.NewPaletted(image.Rect(0, 0, 10, 10), color.Palette{color.Black, color.White})
	if err := gif.EncodeAll(&g, &gif.GIF{Image: []*image.Paletted{pal, pal}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	for kind, b := range map[string][]byte{"image/webp": w, "image/gif": g.Bytes(), "image/png": asPNG(t, quarters(9, 9)), "image/jpeg": asJPEG(t, image.NewGray(image.Rect(0, 0, 9, 9)))} {
		if got, ok := Sniff(b); got != kind || !ok {
			t.Errorf("%s is taken for %s", kind, got)
		}
		r, err := New(1).Fit(context.Background(), b, 100)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		pixels(t, r)
	}
}

func TestWhatIsNoPictureIsRefused(t *testing.T) {
	p := New(1)
	whole := asPNG(t, quarters(50, 50))
	for name, b := range map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "html": []byte("<!doctype html>"),
		"half": whole[:len(whole)/2], "jpeg head": {0xff, 0xd8, 0xff}, "gif head": []byte("GIF89a"), "webp head": []byte("RIFF\x00\x00\x00\x00WEBPVP8 "), "large": make([]byte, MaxBytes+1),
	} {
		if r, err := p.Fit(context.Background(), b, 100); !fault.Is(err, fault.Invalid) || r.Data != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, m := range []string{"image/svg+xml", "text/html", "image/gif", "image/webp", "application/pdf", ""} {
		if ct, inline := Serving(m); inline || ct != "application/octet-stream" {
			t.Errorf("%s is served as %s, inline %v", m, ct, inline)
		}
	}
}

func TestBombsAreRefusedBeforeTheyAreUnpacked(t *testing.T) {
	dir := hostile.Files(t)
	p := New(1)
	for _, f := range []string{"bomb_20000x20000.png", "hdr_lie_65535.png", "gif_65535_hdr.gif", "svg_lol.svg", "svg_xxe.svg", "zip_slip.zip"} {
		b, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err = p.Fit(context.Background(), b, 1000)
		runtime.ReadMemStats(&after)
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", f, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 4<<20 {
			t.Errorf("%s: %d kB allocated", f, n>>10)
		}
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	p := New(1)
	p.free <- struct{}{}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Fit(ctx, asPNG(t, quarters(9, 9)), 9); err != context.Canceled {
		t.Errorf("%v", err)
	}
}

func FuzzFit(f *testing.F) {
	w, _ := base64.StdEncoding.DecodeString(smallWebP)
	f.Add(w)
	f.Add(asPNG(f, quarters(8, 8)))
	f.Add(held(asJPEG(f, quarters(8, 8)), 6))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"))
	p := New(1)
	f.Fuzz(func(t *testing.T, b []byte) {
		if kind, ok := Sniff(b); ok {
			orientation(kind, b)
		}
		if c, _, err := image.DecodeConfig(bytes.NewReader(b)); err == nil && c.Width*c.Height > 1<<20 {
			return
		}
		r, err := p.Fit(context.Background(), b, 16)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		if r.Width > 16 || r.Height > 16 {
			t.Fatalf("%d x %d", r.Width, r.Height)
		}
		pixels(t, r)
	})
}

func BenchmarkPhoto(b *testing.B) {
	src := asJPEG(b, quarters(4000, 3000))
	p := New(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Fit(context.Background(), src, 1600); err != nil {
			b.Fatal(err)
		}
	}
}
