package web

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// gzipLevel 3 makes a list of questions, 30 kB, 5 % smaller than level 1 does. Its
// tables of a megabyte push everything else out of the processor's caches
// though, on every page: a whole list of questions takes a fifth more time with
// it, Home a third.
const gzipLevel = 1

// smallest is the size in bytes below which an answer is sent as it is: it
// fits one packet either way.
const smallest = 1000

var gzipWriters = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzipLevel)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

// compress sends text gzipped to those who accept it. Answers that bring their
// own encoding, event streams and what is compressed already are left alone.
func compress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cw := &compressor{ResponseWriter: w, accepted: r.Method != http.MethodHead && Accepts(r, "gzip")}
		defer func() {
			if p := recover(); p != nil {
				// Half an answer must not look whole.
				cw.abandon()
				panic(p)
			}
			cw.close()
		}()
		next.ServeHTTP(cw, r)
	})
}

// Accepts tells whether the client takes the content encoding (RFC 9110,
// 12.5.3).
func Accepts(r *http.Request, encoding string) bool {
	any := false
	for _, part := range strings.Split(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, params, _ := strings.Cut(part, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			if err != nil {
				continue
			}
			q = f
		}
		switch name {
		case encoding:
			return q > 0
		case "*":
			any = q > 0
		}
	}
	return any
}

type compressor struct {
	http.ResponseWriter
	accepted bool
	status   int
	buf      []byte // the beginning, until it is clear what becomes of it
	started  bool   // headers are out
	gz       *gzip.Writer
}

func (w *compressor) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *compressor) WriteHeader(code int) {
	if code < 200 {
		w.ResponseWriter.WriteHeader(code)
		return
	}
	if w.status == 0 {
		w.status = code
	}
}

func (w *compressor) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if !w.started {
		if !w.may() {
			w.start(false)
		} else if len(w.buf)+len(b) < smallest {
			w.buf = append(w.buf, b...)
			return len(b), nil
		} else {
			w.start(true)
		}
	}
	if w.gz != nil {
		return w.gz.Write(b)
	}
	return w.ResponseWriter.Write(b)
}

// may tells whether the answer could be compressed, from its headers.
func (w *compressor) may() bool {
	h := w.Header()
	if !w.accepted || h.Get("Content-Encoding") != "" || h.Get("Content-Range") != "" {
		return false
	}
	switch w.status {
	case http.StatusNoContent, http.StatusNotModified, http.StatusPartialContent:
		return false
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch kind {
	case "text/html", "text/css", "text/plain", "text/csv", "text/javascript", "text/markdown", "text/calendar",
		"application/json", "application/problem+json", "application/javascript", "application/xml", "image/svg+xml":
		return true
	}
	return false
}

func (w *compressor) start(zip bool) {
	w.started = true
	h := w.Header()
	if zip {
		h.Del("Content-Length")
		h.Set("Content-Encoding", "gzip")
		if tag := h.Get("ETag"); strings.HasPrefix(tag, `"`) {
			h.Set("ETag", "W/"+tag)
		}
		w.gz = gzipWriters.Get().(*gzip.Writer)
		w.gz.Reset(w.ResponseWriter)
	}
	if kind, _, _ := strings.Cut(h.Get("Content-Type"), ";"); kind != "text/event-stream" {
		h.Add("Vary", "Accept-Encoding")
	}
	if w.status != 0 {
		w.ResponseWriter.WriteHeader(w.status)
	}
	if len(w.buf) > 0 {
		if w.gz != nil {
			_, _ = w.gz.Write(w.buf)
		} else {
			_, _ = w.ResponseWriter.Write(w.buf)
		}
		w.buf = nil
	}
}

// Flush sends what is there, for streams.
func (w *compressor) Flush() {
	if !w.started {
		w.start(len(w.buf) > 0 && w.may())
	}
	if w.gz != nil {
		_ = w.gz.Flush()
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

func (w *compressor) close() {
	if !w.started && w.status != 0 {
		w.start(false)
	}
	if w.gz != nil {
		_ = w.gz.Close() // the reader is gone when this fails
		w.release()
	}
}

// abandon drops an answer that was not finished: nothing is sent when nothing
// was, otherwise the stream ends without its trailer.
func (w *compressor) abandon() {
	w.buf = nil
	if w.gz != nil {
		w.release()
	}
}

func (w *compressor) release() {
	w.gz.Reset(nil)
	gzipWriters.Put(w.gz)
	w.gz = nil
}
