// Package table reads rows of text files as programs really write them: commas,
// semicolons, tabs or bars, with or without byte order mark, UTF-8, UTF-16 or
// Windows-1252, quoted fields with line ends in them, quotes that are never
// closed. It also writes cells that a spreadsheet does not take for formulas.
package table

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Limits of one file.
const (
	MaxBytes   = 128 << 20 // the file as it is
	MaxColumns = 500       // fields of a row; further ones are dropped and reported
	MaxField   = 64 << 10  // bytes of a field; longer ones are cut and reported
	maxLines   = 200       // line ends within a quoted field; then the quote was never closed
)

// Encodings as Reader.Encoding names them.
const (
	UTF8        = "UTF-8"
	UTF16       = "UTF-16"
	Windows1252 = "Windows-1252"
)

// Reader gives the rows of one file.
type Reader struct {
	Encoding  string
	Delimiter byte

	file string
	bad  func(badrow.Problem)
	b    []byte
	pos  int
	line int
}

// Row is one record.
type Row struct {
	Line   int // where it begins, from 1
	Fields []string
}

// Empty tells whether nothing but white space stands in the row.
func (r Row) Empty() bool {
	for _, f := range r.Fields {
		if strings.TrimSpace(f) != "" {
			return false
		}
	}
	return true
}

// Read takes in a file and finds out how it is written. delimiter 0 means to
// look. Problems with single rows go to bad. It is a fault when the file is
// larger than MaxBytes.
func Read(r io.Reader, file string, delimiter byte, bad func(badrow.Problem)) (*Reader, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	if len(raw) > MaxBytes {
		return nil, fault.New(fault.Invalid, "fault.import.file_too_large").With("file", file).With("max_mb", MaxBytes>>20)
	}
	if bad == nil {
		bad = func(badrow.Problem) {}
	}
	x := &Reader{file: file, bad: bad, line: 1, Delimiter: delimiter}
	x.b, x.Encoding = decode(raw)
	if k := bytes.IndexByte(x.b, 0); k >= 0 {
		bad(badrow.Problem{File: file, Line: 1 + bytes.Count(x.b[:k], []byte{'\n'}), Code: "characters_mended", Reason: "characters that are no text were dropped", Kept: true})
		x.b = bytes.ReplaceAll(x.b, []byte{0}, nil)
	}
	// Excel writes the delimiter into a line of its own.
	if len(x.b) >= 6 && strings.EqualFold(string(x.b[:4]), "sep=") && (x.b[5] == '\n' || x.b[5] == '\r') {
		if x.Delimiter == 0 {
			x.Delimiter = x.b[4]
		}
		x.pos = 5
		x.endLine()
	}
	if x.Delimiter == 0 {
		x.Delimiter = guessDelimiter(x.b[x.pos:])
	}
	return x, nil
}

// decode returns the text as UTF-8.
func decode(b []byte) ([]byte, string) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return bytes.ToValidUTF8(b[3:], []byte("\ufffd")), UTF8
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return fromUTF16(b[2:], false), UTF16
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return fromUTF16(b[2:], true), UTF16
	}
	// UTF-16 without a mark: every other byte of Western text is zero.
	if n := min(len(b), 1000) &^ 1; n >= 8 {
		even, odd := 0, 0
		for i := 0; i < n; i += 2 {
			if b[i] == 0 {
				even++
			}
			if b[i+1] == 0 {
				odd++
			}
		}
		switch {
		case odd > n/3 && even == 0:
			return fromUTF16(b, false), UTF16
		case even > n/3 && odd == 0:
			return fromUTF16(b, true), UTF16
		}
	}
	if utf8.Valid(b) {
		return b, UTF8
	}
	return fromWindows1252(b), Windows1252
}

func fromUTF16(b []byte, big bool) []byte {
	units := make([]uint16, len(b)/2)
	for i := range units {
		if big {
			units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
		} else {
			units[i] = uint16(b[2*i+1])<<8 | uint16(b[2*i])
		}
	}
	return []byte(string(utf16.Decode(units)))
}

// high is what Windows-1252 has at 0x80 to 0x9f; five places are empty.
const high = "€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ"

func fromWindows1252(b []byte) []byte {
	table := []rune(high)
	out := make([]byte, 0, len(b)+len(b)/8)
	for _, c := range b {
		switch {
		case c < 0x80:
			out = append(out, c)
		case c < 0xa0:
			out = utf8.AppendRune(out, table[c-0x80])
		default:
			out = utf8.AppendRune(out, rune(c))
		}
	}
	return out
}

// guessDelimiter takes the character that cuts the first rows into the most
// columns of which most rows have the same number.
func guessDelimiter(b []byte) byte {
	b = b[:min(len(b), 64<<10)]
	best, score := byte(','), 0.0
	for _, d := range []byte{';', ',', '\t', '|'} {
		x := &Reader{b: b, line: 1, Delimiter: d, bad: func(badrow.Problem) {}}
		counts := map[int]int{}
		rows := 0
		for rows < 50 {
			row, err := x.Next()
			if err != nil {
				break
			}
			if !row.Empty() {
				rows++
				counts[len(row.Fields)]++
			}
		}
		for n, same := range counts {
			if s := float64(same) / float64(rows) * (1 - 1/float64(n)); s > score {
				best, score = d, s
			}
		}
	}
	return best
}

// Line is where the next row begins.
func (x *Reader) Line() int { return x.line }

// endLine passes over one line end of any kind.
func (x *Reader) endLine() {
	if x.pos < len(x.b) && x.b[x.pos] == '\r' {
		x.pos++
		if x.pos < len(x.b) && x.b[x.pos] == '\n' {
			x.pos++
		}
		x.line++
	} else if x.pos < len(x.b) && x.b[x.pos] == '\n' {
		x.pos++
		x.line++
	}
}

// Next returns the next row, io.EOF after the last.
func (x *Reader) Next() (Row, error) {
	if x.pos >= len(x.b) {
		return Row{}, io.EOF
	}
	row := Row{Line: x.line}
	dropped := false
	for {
		f := x.field(row.Line)
		if len(row.Fields) < MaxColumns {
			row.Fields = append(row.Fields, f)
		} else {
			dropped = true
		}
		if x.pos < len(x.b) && x.b[x.pos] == x.Delimiter {
			x.pos++
			continue
		}
		break
	}
	x.endLine()
	if dropped {
		x.bad(badrow.Problem{File: x.file, Line: row.Line, Code: "too_many_columns", Reason: fmt.Sprintf("more than %d columns; the rest was dropped", MaxColumns), Kept: true})
	}
	return row, nil
}

// field reads up to the delimiter or the end of the line.
func (x *Reader) field(line int) string {
	if x.pos < len(x.b) && x.b[x.pos] == '"' {
		if s, ok := x.quoted(line); ok {
			return s
		}
	}
	from := x.pos
	for x.pos < len(x.b) && x.b[x.pos] != x.Delimiter && x.b[x.pos] != '\n' && x.b[x.pos] != '\r' {
		x.pos++
	}
	return x.cut(string(x.b[from:x.pos]), line)
}

func (x *Reader) cut(s string, line int) string {
	if len(s) <= MaxField {
		return s
	}
	n := MaxField
	for !utf8.RuneStart(s[n]) {
		n--
	}
	x.bad(badrow.Problem{File: x.file, Line: line, Code: "field_too_long", Reason: fmt.Sprintf("a field has more than %d bytes and was cut", MaxField), Kept: true})
	return strings.Clone(s[:n])
}

// quoted reads a field in quotes. ok is false, and nothing was read, when the
// quote is not closed: it is then a character like any other.
func (x *Reader) quoted(line int) (string, bool) {
	var b strings.Builder
	lines := 0
	i := x.pos + 1
	for i < len(x.b) {
		switch c := x.b[i]; {
		case c == '"' && i+1 < len(x.b) && x.b[i+1] == '"':
			b.WriteByte('"')
			i += 2
		case c == '"':
			// What follows the closing quote up to the delimiter belongs to it.
			j := i + 1
			for j < len(x.b) && x.b[j] != x.Delimiter && x.b[j] != '\n' && x.b[j] != '\r' {
				j++
			}
			b.Write(bytes.TrimRight(x.b[i+1:j], " "))
			x.pos = j
			x.line += lines
			return x.cut(b.String(), line), true
		case c == '\n' || c == '\r':
			if c == '\r' && i+1 < len(x.b) && x.b[i+1] == '\n' {
				i++
			}
			b.WriteByte('\n')
			i++
			lines++
			if lines > maxLines {
				i = len(x.b)
			}
		default:
			b.WriteByte(c)
			i++
			if b.Len() > 2*MaxField {
				i = len(x.b)
			}
		}
	}
	x.bad(badrow.Problem{File: x.file, Line: x.line, Code: "quote_not_closed", Reason: "a quotation mark is not closed; it was read as text", Kept: true})
	return "", false
}

// Cell makes a value safe to be opened in a spreadsheet: what would be taken
// for a formula gets an apostrophe in front, which Value takes off again.
func Cell(s string) string {
	if guarded(s) {
		return "'" + s
	}
	return s
}

// Value undoes Cell and trims white space.
func Value(s string) string {
	if strings.HasPrefix(s, "'") && guarded(s) {
		return s[1:]
	}
	return strings.TrimSpace(s)
}

// guarded tells whether the text is a formula behind any number of apostrophes:
// one more is put in front, so that one can be taken off.
func guarded(s string) bool { return startsFormula(strings.TrimLeft(s, "'")) }

func startsFormula(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	switch r {
	case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠':
		return n > 0
	}
	return false
}

// AppendRow writes one CSV row with commas and CRLF, every cell made safe by
// Cell and quoted where it must be.
func AppendRow(b []byte, cells ...string) []byte {
	for i, c := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		c = Cell(c)
		if strings.ContainsAny(c, "\",;\t\r\n") || strings.HasPrefix(c, " ") || strings.HasSuffix(c, " ") {
			b = append(b, '"')
			b = append(b, strings.ReplaceAll(c, `"`, `""`)...)
			b = append(b, '"')
		} else {
			b = append(b, c...)
		}
	}
	return append(b, '\r', '\n')
}
