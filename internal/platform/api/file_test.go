package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// patient notes which deadlines are set on a connection.
type patient struct {
	*httptest.ResponseRecorder
	until []time.Time
}

func (p *patient) SetReadDeadline(t time.Time) error {
	p.until = append(p.until, t)
	return nil
}

// late is a body that stands still.
type late struct{}

func (late) Read([]byte) (int, error) { return 0, lateError{} }

// broken is a body whose sender went away.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type lateError struct{}

func (lateError) Error() string { return "i/o timeout" }
func (lateError) Timeout() bool { return true }

func TestWhatTakesLongAfterTheBodyCameIsNotCutOff(t *testing.T) {
	a, h, _ := bench(t)
	type in struct{ File *Sent }
	Add(a, Operation{Method: "POST", Path: "/files", ID: "keep", Tag: "T", Most: 10, Status: 201}, func(_ context.Context, _ string, in *in) (*None, error) {
		_, err := io.Copy(io.Discard, in.File)
		return nil, err
	})
	for _, c := range []struct{ method, path, body string }{{"PUT", "/things/9", `{"name":"nut","Since":null}`}, {"POST", "/files", "nuts"}} {
		w := &patient{ResponseRecorder: httptest.NewRecorder()}
		h.ServeHTTP(w, httptest.NewRequest(c.method, c.path, strings.NewReader(c.body)))
		if w.Code >= 300 || len(w.until) < 2 || w.until[0].IsZero() || !w.until[len(w.until)-1].IsZero() {
			t.Errorf("%s: %d, deadlines %v", c.path, w.Code, w.until)
		}
	}
}

func TestAFileThatDoesNotComeWholeIsRefusedWhateverWasMadeOfIt(t *testing.T) {
	a, h, _ := bench(t)
	type in struct{ File *Sent }
	var size int64
	Add(a, Operation{Method: "POST", Path: "/files", ID: "keep", Tag: "T", Most: 10, Status: 201}, func(_ context.Context, _ string, in *in) (*None, error) {
		var err error
		if size, err = io.Copy(io.Discard, in.File); err != nil {
			return nil, errors.New("the disk says something else")
		}
		return nil, nil
	})
	for _, c := range []struct {
		body io.Reader
		kind string
		code int
	}{
		{strings.NewReader("ten bytes."), "application/octet-stream", 201},
		{strings.NewReader("ten bytes."), "", 201},
		{strings.NewReader("eleven byte"), "image/png", 413},
		{late{}, "image/png", 408},
		{io.MultiReader(strings.NewReader("ten"), broken{}), "image/png", 400},
		{strings.NewReader("x"), "multipart/form-data; boundary=x", 415},
		{strings.NewReader("x"), "Application/X-WWW-form-urlencoded", 415},
	} {
		r := httptest.NewRequest("POST", "/files", c.body)
		if c.kind != "" {
			r.Header.Set("Content-Type", c.kind)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.code || w.Code == 201 && size != 10 {
			t.Errorf("%q %T: %d, %d bytes, want %d", c.kind, c.body, w.Code, size, c.code)
		}
	}
	for body, want := range map[io.Reader]int{late{}: 408, broken{}: 400} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("PUT", "/things/9", body))
		if w.Code != want {
			t.Errorf("JSON from %T: %d, want %d", body, w.Code, want)
		}
	}
	// It is described as a file, and takes no key to repeat it.
	d, ok := a.Describe("keep")
	if !ok || !d.File || len(d.Sends) != 0 || len(d.Params) != 0 {
		t.Errorf("it is described as %+v", d)
	}
	r := httptest.NewRequest("POST", "/files", strings.NewReader("x"))
	r.Header.Set(IdempotencyKey, "one")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "fault.once_file") {
		t.Errorf("with a key: %d %s", w.Code, w.Body)
	}
}

// closing is content that tells when it is closed.
type closing struct {
	*strings.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestAnAnswerMayBeAFile(t *testing.T) {
	a, h, _ := bench(t)
	var content *closing
	Add(a, Operation{Method: "GET", Path: "/files/{id}", ID: "get", Tag: "T"}, func(context.Context, string, *ByID) (*File, error) {
		content = &closing{Reader: strings.NewReader("<script>warp</script>")}
		return &File{MediaType: "application/octet-stream", Name: `a "b".html`, Tag: "7", Content: content}, nil
	})
	if d, ok := a.Describe("get"); !ok || !d.Whole || d.File || d.Status != 200 || len(d.Gets) != 0 {
		t.Errorf("it is described as %+v", d)
	}
	r := httptest.NewRequest("GET", "/files/1", nil)
	r.Header.Set("Range", "bytes=8-11")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	head := w.Header()
	if w.Code != 206 || w.Body.String() != "warp" || !content.closed || head.Get("ETag") != `"7"` || !strings.HasPrefix(head.Get("Content-Disposition"), "attachment") ||
		!strings.Contains(head.Get("Content-Security-Policy"), "sandbox") || head.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("%d %q %v", w.Code, w.Body, head)
	}
}
