package stackexchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits on one row. The largest real bodies have some 100 kB; beyond these a
// row is reported and left out.
const (
	maxRowBytes  = 8 << 20 // the element as it stands in the file
	maxAttrBytes = 4 << 20 // one decoded value
	maxAttrs     = 128
)

// attr is one attribute. The value is still escaped and points into the
// scanner's buffer: it is good until the next row.
type attr struct {
	name string
	raw  []byte
}

// row is one <row/> element.
type row struct {
	line   int
	attrs  []attr
	mended bool
}

// syntaxFault is a row that is no well-formed element.
type syntaxFault struct {
	line   int
	code   string
	reason string
}

func (f *syntaxFault) Error() string { return fmt.Sprintf("line %d: %s", f.line, f.reason) }

// scanner finds the <row/> elements of a file. It does not use encoding/xml,
// which stops for good at the first broken byte; this one takes the search up
// again at the next "<row". For well-formed files both see the same rows and
// values, which a test and a fuzz test say.
type scanner struct {
	r     io.Reader
	buf   []byte
	pos   int // next unread byte of buf
	end   int // end of what was read into buf
	eof   bool
	line  int   // of buf[pos]
	count int64 // bytes read from r
	names map[string]string
	row   row
	fresh bool // nothing was read yet
}

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, 256<<10), line: 1, names: map[string]string{}, fresh: true}
}

var (
	errNotUTF8   = errors.New("the file is not UTF-8")
	rowOpen      = []byte("<row")
	commentOpen  = []byte("<!--")
	commentClose = []byte("-->")
)

// more reads further input behind end, moving or growing the buffer so that
// buf[pos:] stays. It returns false at the end of the input.
func (s *scanner) more() (bool, error) {
	if s.eof {
		return false, nil
	}
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		next := make([]byte, 2*len(s.buf))
		copy(next, s.buf[:s.end])
		s.buf = next
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		s.count += int64(n)
		if err == io.EOF {
			s.eof = true
			return n > 0, nil
		}
		if err != nil {
			return false, err
		}
		if n > 0 {
			return true, nil
		}
	}
	return false, io.ErrNoProgress
}

// skip passes over n bytes of the buffer.
func (s *scanner) skip(n int) {
	s.line += bytes.Count(s.buf[s.pos:s.pos+n], []byte{'\n'})
	s.pos += n
}

// need makes sure that n bytes can be looked at, if the input has so many.
func (s *scanner) need(n int) (bool, error) {
	for s.end-s.pos < n {
		ok, err := s.more()
		if err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// next returns the next row, a *syntaxFault for a broken one (call again for
// the one behind it), io.EOF at the end, or the reader's error. The row is
// good until the next call.
func (s *scanner) next() (*row, error) {
	if s.fresh {
		s.fresh = false
		if _, err := s.need(4); err != nil {
			return nil, err
		}
		head := s.buf[s.pos:s.end]
		switch {
		case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
			s.pos += 3
		case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")),
			bytes.HasPrefix(head, []byte("<\x00")), bytes.HasPrefix(head, []byte("\x00<")):
			return nil, errNotUTF8
		}
	}
	for {
		k := bytes.IndexByte(s.buf[s.pos:s.end], '<')
		if k < 0 {
			s.skip(s.end - s.pos)
			ok, err := s.more()
			if err != nil {
				return nil, err
			}
			if !ok {
				return nil, io.EOF
			}
			continue
		}
		s.skip(k)
		if _, err := s.need(5); err != nil {
			return nil, err
		}
		head := s.buf[s.pos:s.end]
		switch {
		case bytes.HasPrefix(head, commentOpen):
			if err := s.skipComment(); err != nil {
				return nil, err
			}
		case bytes.HasPrefix(head, rowOpen) && len(head) > 4 && (isSpace(head[4]) || head[4] == '/' || head[4] == '>'):
			return s.element()
		default:
			// The declaration, the document's root and whatever else is not ours.
			s.skip(1)
		}
	}
}

func (s *scanner) skipComment() error {
	s.skip(len(commentOpen))
	for {
		if k := bytes.Index(s.buf[s.pos:s.end], commentClose); k >= 0 {
			s.skip(k + len(commentClose))
			return nil
		}
		if n := s.end - s.pos - 2; n > 0 {
			s.skip(n)
		}
		ok, err := s.more()
		if err != nil {
			return err
		}
		if !ok {
			s.skip(s.end - s.pos)
			return nil
		}
	}
}

// element reads the element at pos. After a fault the position is behind the
// "<row" so that the search goes on inside the broken element.
func (s *scanner) element() (*row, error) {
	at := 4
	for {
		n, err := s.parse(at)
		if n > maxRowBytes || n == 0 && s.end-s.pos > maxRowBytes {
			err = &syntaxFault{code: "row_too_long", reason: fmt.Sprintf("the row has more than %d bytes", maxRowBytes)}
		}
		if n > 0 || err != nil {
			line := s.line
			if err != nil {
				f := &syntaxFault{}
				if errors.As(err, &f) {
					f.line = line
					s.skip(len(rowOpen))
				}
				return nil, err
			}
			s.row.line = line
			s.skip(n)
			return &s.row, nil
		}
		// Parsing starts anew when the element was cut off by the buffer's end;
		// buffers double, so that costs no more than twice the bytes.
		had := s.end - s.pos
		for s.end-s.pos < 2*had {
			ok, err := s.more()
			if err != nil {
				return nil, err
			}
			if !ok {
				if s.end-s.pos > had {
					break
				}
				f := &syntaxFault{line: s.line, code: "row_cut_off", reason: "the file ends within this row"}
				s.skip(len(rowOpen))
				return nil, f
			}
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func isName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == ':' || c >= 0x80
}

func broken(reason string) error { return &syntaxFault{code: "xml_broken", reason: reason} }

// parse reads the attributes of the element whose name ends at offset at
// behind pos. It returns the element's length, 0 when the buffer ends first.
func (s *scanner) parse(at int) (int, error) {
	b := s.buf[s.pos:s.end]
	s.row.attrs = s.row.attrs[:0]
	s.row.mended = false
	// No < stands within an element: whoever meets one forgot to close a quote
	// or a row, and the search for the quote need not go further.
	short := func() error { return nil }
	if lt := bytes.IndexByte(b[at:], '<'); lt >= 0 {
		b = b[:at+lt]
		short = func() error { return broken("a quote or the row is not closed before the next <") }
	}
	i := at
	for {
		spaced := false
		for i < len(b) && isSpace(b[i]) {
			spaced = true
			i++
		}
		if i >= len(b) {
			return 0, short()
		}
		switch {
		case b[i] == '/':
			if i+1 >= len(b) {
				return 0, short()
			}
			if b[i+1] != '>' {
				return 0, broken("expected > after /")
			}
			return i + 2, nil
		case b[i] == '>':
			return i + 1, nil
		case !isName(b[i]):
			return 0, broken(fmt.Sprintf("%q where an attribute is expected", rune(b[i])))
		case !spaced:
			return 0, broken("no space before an attribute")
		}
		from := i
		for i < len(b) && isName(b[i]) {
			i++
		}
		name := b[from:i]
		for i < len(b) && isSpace(b[i]) {
			i++
		}
		if i >= len(b) {
			return 0, short()
		}
		if b[i] != '=' {
			return 0, broken("an attribute without =")
		}
		i++
		for i < len(b) && isSpace(b[i]) {
			i++
		}
		if i >= len(b) {
			return 0, short()
		}
		quote := b[i]
		if quote != '"' && quote != '\'' {
			return 0, broken("an attribute value without quotes")
		}
		i++
		from = i
		q := bytes.IndexByte(b[i:], quote)
		if q < 0 {
			return 0, short()
		}
		i += q + 1
		if len(s.row.attrs) == maxAttrs {
			return 0, broken(fmt.Sprintf("more than %d attributes", maxAttrs))
		}
		s.row.attrs = append(s.row.attrs, attr{name: s.intern(name), raw: b[from : i-1]})
	}
}

// intern keeps the few attribute names of a file as strings.
func (s *scanner) intern(b []byte) string {
	if n, ok := s.names[string(b)]; ok {
		return n
	}
	n := string(b)
	if len(s.names) < 1000 && len(n) < 100 {
		s.names[n] = n
	}
	return n
}

// text decodes an attribute value. mended tells that characters which are no
// text (control characters, bytes that are no UTF-8) became U+FFFD.
func text(raw []byte) (v string, mended bool, err error) {
	if len(raw) > maxAttrBytes {
		return "", false, fmt.Errorf("longer than %d bytes", maxAttrBytes)
	}
	plain := utf8.Valid(raw)
	if plain {
		for _, c := range raw {
			if c == '&' || c < ' ' && c != '\n' && c != '\t' || c == 0xef {
				plain = false
				break
			}
		}
	}
	if plain {
		return string(raw), false, nil
	}
	var b strings.Builder
	b.Grow(len(raw))
	for i := 0; i < len(raw); {
		c := raw[i]
		switch {
		case c == '&':
			end := bytes.IndexByte(raw[i:min(len(raw), i+14)], ';')
			if end < 0 {
				return "", false, errors.New("a & that begins no entity")
			}
			r, ok := entity(string(raw[i+1 : i+end]))
			if !ok {
				return "", false, fmt.Errorf("unknown entity %q", raw[i:i+end+1])
			}
			if !isText(r) {
				r, mended = utf8.RuneError, true
			}
			b.WriteRune(r)
			i += end + 1
		case c == '\r':
			// XML reads every line end as \n.
			b.WriteByte('\n')
			i++
			if i < len(raw) && raw[i] == '\n' {
				i++
			}
		case c < utf8.RuneSelf:
			if !isText(rune(c)) {
				b.WriteRune(utf8.RuneError)
				mended = true
			} else {
				b.WriteByte(c)
			}
			i++
		default:
			r, n := utf8.DecodeRune(raw[i:])
			if r == utf8.RuneError && n == 1 || !isText(r) {
				r, mended = utf8.RuneError, true
			}
			b.WriteRune(r)
			i += n
		}
	}
	return b.String(), mended, nil
}

// isText tells whether XML 1.0 allows the character.
func isText(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= utf8.MaxRune
}

func entity(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	if digits == "" || digits[0] == '+' || digits[0] == '-' {
		return 0, false
	}
	v, err := strconv.ParseUint(digits, base, 32)
	if err != nil || v > utf8.MaxRune {
		return 0, false
	}
	return rune(v), true
}
