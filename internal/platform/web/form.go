package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Values are the words of a form or of a query: valid UTF-8 without NUL, lines
// ending in a single newline.
type Values struct {
	url.Values
	files map[string][]File
}

// File is an uploaded file, whole, within the edge's limit.
type File struct {
	Name        string // the last element of what the browser called it, "" when it is useless
	ContentType string // what the browser says; never trust it
	Data        []byte
}

// maxFields bounds the number of fields and files in one form.
const maxFields = 1000

// Form reads the body of a urlencoded or multipart request, and the query with
// it (body first). Text that is not valid UTF-8 or holds NUL is fault.Invalid,
// as is a body that cannot be parsed; a body over the limit is answered with
// 413.
func Form(r *http.Request) (*Values, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.Header.Get("Content-Type") != "" {
		return nil, fault.Because(fault.Invalid, "fault.form", err)
	}
	v := &Values{Values: url.Values{}}
	switch {
	case kind == "multipart/form-data" && r.Body != nil:
		if err := v.multipart(r.Body, params["boundary"]); err != nil {
			return nil, err
		}
	case kind == "application/x-www-form-urlencoded" && r.Body != nil:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, readFault(err)
		}
		if v.Values, err = url.ParseQuery(string(body)); err != nil {
			return nil, fault.Because(fault.Invalid, "fault.form", err)
		}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.Because(fault.Invalid, "fault.form", err)
	}
	for name, list := range query {
		v.Values[name] = append(v.Values[name], list...)
	}
	return v, v.check()
}

// Query reads the query alone, with the same guarantees.
func Query(r *http.Request) (*Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.Because(fault.Invalid, "fault.form", err)
	}
	v := &Values{Values: q}
	return v, v.check()
}

func readFault(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fault.Because(fault.Invalid, "fault.form", err)
}

func (v *Values) multipart(body io.Reader, boundary string) error {
	if boundary == "" {
		return fault.New(fault.Invalid, "fault.form")
	}
	mr := multipart.NewReader(body, boundary)
	for n := 0; ; n++ {
		part, err := mr.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return readFault(err)
		}
		if n >= maxFields {
			return fault.New(fault.Invalid, "fault.form")
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return readFault(err)
		}
		name := part.FormName()
		if name == "" {
			continue
		}
		if _, isFile := dispositionFile(part); !isFile {
			v.Values[name] = append(v.Values[name], string(data))
			continue
		}
		// A browser sends an empty, nameless file for a file input left alone.
		if part.FileName() == "" && len(data) == 0 {
			continue
		}
		if v.files == nil {
			v.files = map[string][]File{}
		}
		v.files[name] = append(v.files[name], File{Name: FileName(part.FileName()), ContentType: part.Header.Get("Content-Type"), Data: data})
	}
}

func dispositionFile(part *multipart.Part) (string, bool) {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return "", false
	}
	name, ok := params["filename"]
	return name, ok
}

// FileName keeps the last element of a path of either kind, without anything
// that could end a header or hide the name's ending.
func FileName(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = path.Base(strings.ReplaceAll(s, `\`, "/"))
	s = strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r == 0x7f, r >= 0x80 && r < 0xa0, // controls
			r >= 0x200e && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // direction marks
			return -1
		}
		return r
	}, s)
	for len(s) > 200 {
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	if s == "." || s == ".." || s == "/" {
		return ""
	}
	return s
}

func (v *Values) check() error {
	count := 0
	for name, list := range v.Values {
		if !clean(name) {
			return fault.New(fault.Invalid, "fault.text")
		}
		if count += len(list); count > maxFields {
			return fault.New(fault.Invalid, "fault.form")
		}
		for i, s := range list {
			if !clean(s) {
				return &fault.Fault{Kind: fault.Invalid, Key: "fault.text", Fields: []fault.Field{{Name: name, Key: "fault.text"}}}
			}
			if strings.IndexByte(s, '\r') >= 0 {
				list[i] = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
			}
		}
	}
	return nil
}

func clean(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// Text returns the field without the white space around it.
func (v *Values) Text(name string) string { return strings.TrimSpace(v.Get(name)) }

// All returns every value of the field.
func (v *Values) All(name string) []string { return v.Values[name] }

// Bool tells whether the box was ticked.
func (v *Values) Bool(name string) bool {
	switch v.Get(name) {
	case "", "0", "off", "false", "no":
		return false
	}
	return true
}

// Int returns the field as a whole number, or otherwise when it is empty; text
// that is no number is fault.Invalid for the field.
func (v *Values) Int(name string, otherwise int) (int, error) {
	s := v.Text(name)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, &fault.Fault{Kind: fault.Invalid, Key: "fault.invalid", Fields: []fault.Field{{Name: name, Key: "fault.number"}}}
	}
	return n, nil
}

// ID returns the field as an ID, zero when it is empty; a malformed one is
// NotFound, as if it named something that is not there.
func (v *Values) ID(name string) (id.ID, error) { return parseID(v.Text(name)) }

// Files returns the files uploaded under the name.
func (v *Values) Files(name string) []File { return v.files[name] }

// PathID returns the wildcard of the route's pattern as an ID; a malformed one
// is NotFound.
func PathID(r *http.Request, name string) (id.ID, error) {
	i, err := parseID(r.PathValue(name))
	if err == nil && i == 0 {
		return 0, fault.Missing()
	}
	return i, err
}

func parseID(s string) (id.ID, error) {
	if s == "" {
		return 0, nil
	}
	i, err := id.Parse(s)
	if err != nil {
		return 0, fault.Missing()
	}
	return i, nil
}
