package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// rest is how long a file that is being sent may stand still.
const rest = 30 * time.Second

// Sent is a body that is a file and no JSON: a field *Sent in the input of
// an operation takes it as it arrives. It is read while it comes in, at most
// Operation.Most bytes. When it is larger or ends early the operation answers
// that, whatever it made of the part it read.
type Sent struct {
	from io.Reader
	w    http.ResponseWriter
	err  error
}

// Read reads on.
func (s *Sent) Read(b []byte) (int, error) {
	// A writer that cannot set a deadline is one that has the body already.
	wait := http.NewResponseController(s.w)
	_ = wait.SetReadDeadline(time.Now().Add(rest))
	n, err := s.from.Read(b)
	switch {
	case err == io.EOF:
		// What takes its time with the file is not cut off by it.
		_ = wait.SetReadDeadline(time.Time{})
	case err != nil && s.err == nil:
		s.err = err
	}
	return n, err
}

// File is an answer that is a file and no JSON. It is closed when it is sent;
// callers may ask for a part of it with Range.
type File struct {
	MediaType string // as it may be served
	Name      string // under which a browser keeps it; "" when it may show it
	Tag       string // changes with the content
	Content   io.ReadSeekCloser
}

// take begins to read a file.
func (r *registered) take(w http.ResponseWriter, req *http.Request) (*Sent, error) {
	kind, _, _ := strings.Cut(req.Header.Get("Content-Type"), ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if strings.HasPrefix(kind, "multipart/") || kind == "application/x-www-form-urlencoded" {
		return nil, &wrong{status: http.StatusUnsupportedMediaType, fields: []FieldError{{"header.Content-Type", "the file itself is expected, as application/octet-stream; no form"}}}
	}
	if len(req.Header.Values(IdempotencyKey)) > 0 {
		return nil, fault.New(fault.Invalid, "fault.once_file")
	}
	return &Sent{from: http.MaxBytesReader(w, web.Whole(req), r.Most), w: w}, nil
}

// over says what a body that did not arrive whole is refused with.
func (s *Sent) over() error {
	return cut(s.err)
}

// cut says what a body is refused with that could not be read.
func cut(err error) error {
	var late interface{ Timeout() bool }
	var large *http.MaxBytesError
	switch {
	case err == nil, errors.As(err, &large):
		return err
	case errors.As(err, &late) && late.Timeout():
		return &wrong{status: http.StatusRequestTimeout}
	}
	return &wrong{status: http.StatusBadRequest, fields: []FieldError{{"body", "it ended early"}}}
}

// serve answers with a file.
func (f *File) serve(w http.ResponseWriter, req *http.Request) {
	defer f.Content.Close()
	h := w.Header()
	h.Set("Content-Type", f.MediaType)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if f.Tag != "" {
		h.Set("ETag", `"`+f.Tag+`"`)
	}
	if f.Name != "" {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	}
	http.ServeContent(w, req, "", time.Time{}, f.Content)
}
