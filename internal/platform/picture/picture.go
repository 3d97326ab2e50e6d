// Package picture makes uploaded pictures safe and small: it reads JPEG, PNG,
// GIF and WebP, checks the size before anything is unpacked, turns them upright,
// makes them fit, and writes a new JPEG or PNG that holds nothing but the
// pixels: no place, no camera, no hidden file.
package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/webp"

	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Limits of one upload.
const (
	MaxBytes  = 30 << 20
	maxSide   = 20_000
	maxMemory = 96 << 20 // of the unpacked picture, in bytes
)

// Result is a picture as it is kept.
type Result struct {
	Data      []byte
	MediaType string // "image/jpeg" or "image/png"
	Width     int    // pixels
	Height    int
}

// Press works on as many pictures at a time as memory allows.
type Press struct{ free chan struct{} }

// New returns a Press for so many pictures at a time; each may need 100 MB.
func New(parallel int) *Press {
	return &Press{free: make(chan struct{}, max(1, parallel))}
}

// Sniff tells the media type by the first bytes of a file, never by its name.
// ok is true for those that Fit reads.
func Sniff(b []byte) (mediaType string, ok bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return "image/jpeg", true
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png", true
	case bytes.HasPrefix(b, []byte("GIF87a")), bytes.HasPrefix(b, []byte("GIF89a")):
		return "image/gif", true
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return "image/webp", true
	}
	return "application/octet-stream", false
}

// Serving says how a stored file goes to a browser: pictures made here are
// shown, everything else, SVG and HTML included, is a download that no browser
// may guess the type of.
func Serving(mediaType string) (contentType string, inline bool) {
	switch mediaType {
	case "image/jpeg", "image/png":
		return mediaType, true
	}
	return "application/octet-stream", false
}

// Fit returns the picture upright and at most side pixels wide and high; small
// ones keep their size. Faults: not a picture, broken, too large. It waits for
// its turn as long as ctx lasts.
func (p *Press) Fit(ctx context.Context, data []byte, side int) (Result, error) {
	return p.work(ctx, data, side, false)
}

// Square returns the middle of the picture as a square of the side, for
// portraits.
func (p *Press) Square(ctx context.Context, data []byte, side int) (Result, error) {
	return p.work(ctx, data, side, true)
}

func broken(err error) error {
	return fault.Because(fault.Invalid, "fault.picture.unreadable", err)
}

func (p *Press) work(ctx context.Context, data []byte, side int, square bool) (res Result, err error) {
	if len(data) > MaxBytes {
		return Result{}, fault.New(fault.Invalid, "fault.picture.too_large").With("max_mb", MaxBytes>>20)
	}
	kind, ok := Sniff(data)
	if !ok {
		return Result{}, fault.New(fault.Invalid, "fault.picture.kind")
	}
	if err := check(kind, data); err != nil {
		return Result{}, err
	}
	select {
	case p.free <- struct{}{}:
		defer func() { <-p.free }()
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
	// The decoders are fuzzed, but a picture must not take the server down.
	defer func() {
		if x := recover(); x != nil {
			err = broken(fmt.Errorf("decoder panicked: %v", x))
		}
	}()
	img, err := decode(kind, data)
	if err != nil {
		return Result{}, broken(err)
	}
	turn := orientation(kind, data)
	from := img.Bounds()
	if square {
		n := min(from.Dx(), from.Dy())
		x, y := from.Min.X+(from.Dx()-n)/2, from.Min.Y+(from.Dy()-n)/2
		from = image.Rect(x, y, x+n, y+n)
	}
	small := shrink(img, from, side)
	img = nil
	small = upright(small, turn)
	return encode(small, kind)
}

func decode(kind string, data []byte) (image.Image, error) {
	r := bytes.NewReader(data)
	switch kind {
	case "image/jpeg":
		return jpeg.Decode(r)
	case "image/png":
		return png.Decode(r)
	case "image/gif":
		return gif.Decode(r)
	}
	return webp.Decode(r)
}

// check reads only the header and works out what unpacking would take.
func check(kind string, data []byte) error {
	r := bytes.NewReader(data)
	var c image.Config
	var err error
	switch kind {
	case "image/jpeg":
		c, err = jpeg.DecodeConfig(r)
	case "image/png":
		c, err = png.DecodeConfig(r)
	case "image/gif":
		c, err = gif.DecodeConfig(r)
	default:
		c, err = webp.DecodeConfig(r)
	}
	if err != nil {
		return broken(err)
	}
	if c.Width <= 0 || c.Height <= 0 {
		return broken(fmt.Errorf("%d by %d pixels", c.Width, c.Height))
	}
	perPixel := 4
	switch c.ColorModel {
	case color.GrayModel, color.AlphaModel:
		perPixel = 1
	case color.Gray16Model:
		perPixel = 2
	case color.YCbCrModel:
		perPixel = 3
	case color.RGBA64Model, color.NRGBA64Model:
		perPixel = 8
	default:
		if _, palette := c.ColorModel.(color.Palette); palette {
			perPixel = 1
		}
	}
	if kind == "image/jpeg" && progressive(data) {
		// All coefficients are held as four bytes each until the end.
		perPixel *= 5
	}
	if c.Width > maxSide || c.Height > maxSide || int64(c.Width)*int64(c.Height)*int64(perPixel) > maxMemory {
		return fault.New(fault.Invalid, "fault.picture.too_many_pixels").With("width", c.Width).With("height", c.Height)
	}
	return nil
}

// segments calls f with every marker segment of a JPEG up to the first scan.
func segments(data []byte, f func(marker byte, body []byte) bool) {
	for i := 2; i+4 <= len(data); {
		if data[i] != 0xff {
			return
		}
		marker := data[i+1]
		if marker == 0xff {
			i++
			continue
		}
		if marker == 0xda || marker == 0xd9 {
			return
		}
		if marker >= 0xd0 && marker <= 0xd8 || marker == 0x01 {
			i += 2
			continue
		}
		n := int(binary.BigEndian.Uint16(data[i+2:]))
		if n < 2 || i+2+n > len(data) {
			return
		}
		if !f(marker, data[i+4:i+2+n]) {
			return
		}
		i += 2 + n
	}
}

func progressive(data []byte) bool {
	found := false
	segments(data, func(m byte, _ []byte) bool {
		found = m == 0xc2
		return !found
	})
	return found
}

// orientation is the EXIF tag of how the camera was held, 1 to 8.
func orientation(kind string, data []byte) int {
	turn := 1
	switch kind {
	case "image/jpeg":
		segments(data, func(m byte, b []byte) bool {
			if m == 0xe1 && bytes.HasPrefix(b, []byte("Exif\x00\x00")) {
				turn = tiffOrientation(b[6:])
				return false
			}
			return true
		})
	case "image/png", "image/webp":
		order := binary.ByteOrder(binary.BigEndian)
		at, sizeFirst, name := 8, true, "eXIf"
		if kind == "image/webp" {
			order, at, sizeFirst, name = binary.LittleEndian, 12, false, "EXIF"
		}
		for at+8 <= len(data) {
			tag, n := string(data[at:at+4]), order.Uint32(data[at+4:])
			extra := 0
			if sizeFirst {
				n, tag, extra = order.Uint32(data[at:]), string(data[at+4:at+8]), 4
			} else {
				extra = int(n & 1)
			}
			if n > uint32(len(data)) || at+8+int(n) > len(data) {
				break
			}
			if tag == name {
				return tiffOrientation(bytes.TrimPrefix(data[at+8:at+8+int(n)], []byte("Exif\x00\x00")))
			}
			at += 8 + int(n) + extra
		}
	}
	return turn
}

func tiffOrientation(b []byte) int {
	if len(b) < 14 {
		return 1
	}
	var order binary.ByteOrder
	switch string(b[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := uint64(order.Uint32(b[4:]))
	if at+2 > uint64(len(b)) {
		return 1
	}
	n := uint64(order.Uint16(b[at:]))
	for k := range n {
		e := at + 2 + 12*k
		if e+12 > uint64(len(b)) {
			return 1
		}
		if order.Uint16(b[e:]) == 0x0112 {
			if v := int(order.Uint16(b[e+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
	}
	return 1
}

// shrink averages the pixels that fall onto each new one, strip by strip, so
// that a large picture needs no second copy of its size.
func shrink(src image.Image, from image.Rectangle, side int) *image.RGBA {
	w, h := from.Dx(), from.Dy()
	nw, nh := w, h
	if side > 0 && (w > side || h > side) {
		if w >= h {
			nw, nh = side, max(1, (h*side+w/2)/w)
		} else {
			nw, nh = max(1, (w*side+h/2)/h), side
		}
	}
	dst := image.NewRGBA(image.Rect(0, 0, nw, nh))
	if nw == w && nh == h {
		draw.Draw(dst, dst.Bounds(), src, from.Min, draw.Src)
		return dst
	}
	strip := image.NewRGBA(image.Rect(0, 0, w, h/nh+2))
	for y := range nh {
		y0, y1 := y*h/nh, max((y+1)*h/nh, y*h/nh+1)
		rows := y1 - y0
		draw.Draw(strip, image.Rect(0, 0, w, rows), src, image.Pt(from.Min.X, from.Min.Y+y0), draw.Src)
		for x := range nw {
			x0, x1 := x*w/nw, max((x+1)*w/nw, x*w/nw+1)
			var sum [4]uint64
			for yy := range rows {
				line := strip.Pix[yy*strip.Stride+4*x0 : yy*strip.Stride+4*x1]
				for i := 0; i < len(line); i += 4 {
					sum[0] += uint64(line[i])
					sum[1] += uint64(line[i+1])
					sum[2] += uint64(line[i+2])
					sum[3] += uint64(line[i+3])
				}
			}
			n := uint64(rows * (x1 - x0))
			o := dst.Pix[y*dst.Stride+4*x:]
			for c := range 4 {
				o[c] = byte((sum[c] + n/2) / n)
			}
		}
	}
	return dst
}

// upright undoes how the camera was held.
func upright(src *image.RGBA, turn int) *image.RGBA {
	if turn <= 1 || turn > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	nw, nh := w, h
	if turn >= 5 {
		nw, nh = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, nw, nh))
	for y := range h {
		for x := range w {
			var nx, ny int
			switch turn {
			case 2:
				nx, ny = w-1-x, y
			case 3:
				nx, ny = w-1-x, h-1-y
			case 4:
				nx, ny = x, h-1-y
			case 5:
				nx, ny = y, x
			case 6:
				nx, ny = h-1-y, x
			case 7:
				nx, ny = h-1-y, w-1-x
			case 8:
				nx, ny = y, w-1-x
			}
			copy(dst.Pix[ny*dst.Stride+4*nx:ny*dst.Stride+4*nx+4], src.Pix[y*src.Stride+4*x:y*src.Stride+4*x+4])
		}
	}
	return dst
}

// encode writes photographs as JPEG; what is drawn or has holes stays PNG where
// that is not much larger.
func encode(img *image.RGBA, kind string) (Result, error) {
	res := Result{Width: img.Rect.Dx(), Height: img.Rect.Dy(), MediaType: "image/jpeg"}
	opaque := img.Opaque()
	var lossy bytes.Buffer
	if opaque {
		if err := jpeg.Encode(&lossy, img, &jpeg.Options{Quality: 84}); err != nil {
			return Result{}, fmt.Errorf("encode jpeg: %w", err)
		}
	}
	if kind != "image/jpeg" || !opaque {
		var exact bytes.Buffer
		if err := png.Encode(&exact, img); err != nil {
			return Result{}, fmt.Errorf("encode png: %w", err)
		}
		if !opaque || exact.Len() < 2*lossy.Len() {
			res.Data, res.MediaType = exact.Bytes(), "image/png"
			return res, nil
		}
	}
	res.Data = lossy.Bytes()
	return res, nil
}
