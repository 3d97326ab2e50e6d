package web

import (
	"net/http"
	"strconv"
)

// Asset is a file of the product, with its encoded forms made beforehand. An
// encoded form that is nil does not exist.
type Asset struct {
	ContentType string
	Data        []byte
	Brotli      []byte
	Gzip        []byte
}

// Static serves assets by the path they stand under. Paths are to hold a hash
// of the content: an answer may be kept for ever.
func Static(assets map[string]Asset) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		of(r).pattern = "GET /assets/"
		a, ok := assets[r.URL.Path]
		if !ok {
			w.Header().Set("Cache-Control", "no-store")
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.ContentType)
		// What guards pages says nothing about a style sheet, and every byte of
		// the first view counts.
		for _, name := range pageHeaders {
			h.Del(name)
		}
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		data, tag := a.Data, `"as-is"`
		switch {
		case a.Brotli != nil && Accepts(r, "br"):
			data, tag = a.Brotli, `"br"`
			h.Set("Content-Encoding", "br")
		case a.Gzip != nil && Accepts(r, "gzip"):
			data, tag = a.Gzip, `"gz"`
			h.Set("Content-Encoding", "gzip")
		}
		// The path holds the hash of the content, so the tag tells apart only what
		// one path has.
		h.Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Length", strconv.Itoa(len(data)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(data) // the reader is gone when this fails
		}
	})
}
