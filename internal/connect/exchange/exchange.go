// Package exchange reads the tab-separated files of the matching engine: ids
// are arbitrary strings, weights decimal numbers that are kept exactly. Lines
// that are empty or begin with # are skipped.
package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"unicode/utf8"

	"github.com/guildhall/guildhall/matching"
)

// LineError says which line of which file is wrong, and why.
type LineError struct {
	File   string
	Line   int // from 1; 0 when the whole file is meant
	Reason string
}

func (e *LineError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Reason
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason)
}

// longest is the longest line that is read, in bytes.
const longest = 1 << 20

// eachLine calls f with the number and the fields of every line. The fields are
// only valid during the call.
func eachLine(r io.Reader, file string, f func(line int, fields [][]byte) error) error {
	b := bufio.NewReaderSize(r, longest)
	var fields [][]byte
	for line := 1; ; line++ {
		text, err := b.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return &LineError{file, line, fmt.Sprintf("the line is longer than %d bytes", longest)}
		case err != nil && err != io.EOF:
			return fmt.Errorf("read %s: %w", file, err)
		}
		last := err == io.EOF
		text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte{'\n'}), []byte{'\r'})
		if line == 1 {
			text = bytes.TrimPrefix(text, []byte("\uFEFF"))
		}
		if len(text) > 0 && text[0] != '#' && len(bytes.TrimSpace(text)) > 0 {
			if !utf8.Valid(text) {
				return &LineError{file, line, "the line is not UTF-8"}
			}
			fields = fields[:0]
			for {
				i := bytes.IndexByte(text, '\t')
				if i < 0 {
					fields = append(fields, text)
					break
				}
				fields, text = append(fields, text[:i]), text[i+1:]
			}
			if err := f(line, fields); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

// Names numbers ids in the order in which they appear.
type Names struct {
	index map[string]int32
	list  []string
}

// NewNames returns an empty numbering.
func NewNames() *Names { return &Names{index: map[string]int32{}} }

// Len is how many ids there are.
func (n *Names) Len() int { return len(n.list) }

// ID is the id with the number.
func (n *Names) ID(i int32) string { return n.list[i] }

// Number is the number of the id; ok is false when it did not appear.
func (n *Names) Number(id []byte) (int32, bool) {
	i, ok := n.index[string(id)]
	return i, ok
}

func (n *Names) add(id []byte) int32 {
	if i, ok := n.index[string(id)]; ok {
		return i
	}
	i := int32(len(n.list))
	s := string(id)
	n.list = append(n.list, s)
	n.index[s] = i
	return i
}

// Graph is a file of edges.
type Graph struct {
	File        string
	Left, Right *Names // the same for a graph in which anybody may meet anybody
	Edges       []matching.Edge
	lines       []int32 // of the edges
	// Decimals is how many digits stand behind the point: weights are the
	// numbers of the file times ten to that power.
	Decimals int
}

// Line is the line of an edge.
func (g *Graph) Line(edge int) int { return int(g.lines[edge]) }

// Value turns a sum of weights back into the units of the file.
func (g *Graph) Value(w float64) float64 { return w / math.Pow10(g.Decimals) }

// Text writes a weight as it stands in a file, without rounding.
func (g *Graph) Text(w int64) string {
	if g.Decimals == 0 {
		return strconv.FormatInt(w, 10)
	}
	sign := ""
	u := uint64(w)
	if w < 0 {
		sign, u = "-", -u
	}
	s := fmt.Sprintf("%0*d", g.Decimals+1, u)
	whole, rest := s[:len(s)-g.Decimals], s[len(s)-g.Decimals:]
	for len(rest) > 0 && rest[len(rest)-1] == '0' {
		rest = rest[:len(rest)-1]
	}
	if rest != "" {
		whole += "." + rest
	}
	return sign + whole
}

// Fault turns an error of a solver about an edge into one about a line.
func (g *Graph) Fault(err error) error {
	var e *matching.InputError
	if errors.As(err, &e) && e.Part == "edge" && e.Index >= 0 && e.Index < len(g.lines) {
		return &LineError{g.File, g.Line(e.Index), e.Reason}
	}
	if errors.As(err, &e) {
		return &LineError{g.File, 0, e.Error()}
	}
	return err
}

// ReadEdges reads lines "left right weight". With one list of people the two
// ends are numbered together and an edge may not join a person with themselves.
func ReadEdges(r io.Reader, file string, oneList bool) (*Graph, error) {
	g := &Graph{File: file, Left: NewNames()}
	g.Right = g.Left
	if !oneList {
		g.Right = NewNames()
	}
	var decimals []uint8 // of each weight, once one has any
	lastLeft := []byte(nil)
	var last int32
	err := eachLine(r, file, func(line int, f [][]byte) error {
		if len(f) != 3 {
			return &LineError{file, line, fmt.Sprintf("%d fields; want two ids and a weight, separated by tabs", len(f))}
		}
		if len(f[0]) == 0 || len(f[1]) == 0 {
			return &LineError{file, line, "an id is empty"}
		}
		if line > math.MaxInt32-1 || len(g.Edges) > math.MaxInt32-2 {
			return &LineError{file, line, "there are too many lines"}
		}
		w, d, reason := parseWeight(f[2])
		if reason != "" {
			return &LineError{file, line, reason}
		}
		if d > 0 && decimals == nil {
			decimals = make([]uint8, len(g.Edges), cap(g.Edges))
		}
		if decimals != nil {
			decimals = append(decimals, d)
			g.Decimals = max(g.Decimals, int(d))
		}
		// Files are mostly sorted by the first id.
		if lastLeft == nil || !bytes.Equal(lastLeft, f[0]) {
			lastLeft = append(lastLeft[:0], f[0]...)
			last = g.Left.add(f[0])
		}
		e := matching.Edge{Left: last, Right: g.Right.add(f[1]), Weight: w}
		if oneList && e.Left == e.Right {
			return &LineError{file, line, "a person cannot be paired with themselves"}
		}
		g.Edges = append(g.Edges, e)
		g.lines = append(g.lines, int32(line))
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range decimals {
		for range g.Decimals - int(decimals[i]) {
			w := g.Edges[i].Weight
			if w > math.MaxInt64/10 || w < math.MinInt64/10 {
				return nil, &LineError{file, g.Line(i), fmt.Sprintf("the weight is too large to be kept exactly beside weights with %d decimals", g.Decimals)}
			}
			g.Edges[i].Weight = w * 10
		}
	}
	return g, nil
}

// parseWeight reads a decimal number exactly: its digits as a whole number and
// how many of them stand behind the point.
func parseWeight(text []byte) (w int64, decimals uint8, reason string) {
	digits, seen, point := text, false, false
	negative := false
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		negative = digits[0] == '-'
		digits = digits[1:]
	}
	zeros := 0 // behind the point, of which those at the end say nothing
	for _, c := range digits {
		switch {
		case c == '.' && !point:
			point = true
		case c >= '0' && c <= '9':
			seen = true
			if point && c == '0' {
				zeros++
				continue
			}
			for range zeros + 1 {
				if w > (math.MaxInt64-9)/10 || decimals == math.MaxUint8 {
					return 0, 0, fmt.Sprintf("the weight %q has too many digits to be kept exactly", text)
				}
				w *= 10
				if point {
					decimals++
				}
			}
			w, zeros = w+int64(c-'0'), 0
		default:
			return 0, 0, fmt.Sprintf("the weight %q is not a decimal number", text)
		}
	}
	if !seen {
		return 0, 0, fmt.Sprintf("the weight %q is not a decimal number", text)
	}
	if decimals > 9 {
		return 0, 0, fmt.Sprintf("the weight %q has more than nine decimals", text)
	}
	if negative {
		w = -w
	}
	return w, decimals, ""
}

// Count is one line of a file of numbers for people.
type Count struct {
	Values []int32
	Line   int
}

// ReadCounts reads lines "id number ..." with least to most numbers. Ids that
// are not in names are faults, as are ids that stand twice; the result has an
// entry for each name, with Line 0 for those without a line.
func ReadCounts(r io.Reader, file string, names *Names, least, most int) ([]Count, error) {
	out := make([]Count, names.Len())
	err := eachLine(r, file, func(line int, f [][]byte) error {
		if len(f)-1 < least || len(f)-1 > most {
			return &LineError{file, line, fmt.Sprintf("%d fields; want an id and %d to %d numbers, separated by tabs", len(f), least, most)}
		}
		i, ok := names.Number(f[0])
		if !ok {
			if len(f[0]) == 0 {
				return &LineError{file, line, "the id is empty"}
			}
			// Somebody without an edge takes no part.
			i = -1
		} else if out[i].Line > 0 {
			return &LineError{file, line, fmt.Sprintf("%q stands in line %d already", f[0], out[i].Line)}
		}
		c := Count{Line: line}
		for _, t := range f[1:] {
			n, err := strconv.ParseInt(string(t), 10, 32)
			if err != nil || n < 0 || n > math.MaxInt32/8 {
				return &LineError{file, line, fmt.Sprintf("%q is not a number from 0 to %d", t, math.MaxInt32/8)}
			}
			c.Values = append(c.Values, int32(n))
		}
		if i >= 0 {
			out[i] = c
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Pair is one line of a file of pairs.
type Pair struct {
	Left, Right int32
	Line        int
}

// ReadPairs reads lines "left right". more says whether further fields are
// allowed and ignored, as in an answer. Pairs with an id that does not appear
// are left out unless strict.
func ReadPairs(r io.Reader, file string, left, right *Names, more, strict bool) ([]Pair, error) {
	var out []Pair
	err := eachLine(r, file, func(line int, f [][]byte) error {
		if len(f) < 2 || len(f) > 2 && !more {
			return &LineError{file, line, fmt.Sprintf("%d fields; want two ids, separated by tabs", len(f))}
		}
		u, ok := left.Number(f[0])
		v, also := right.Number(f[1])
		switch {
		case ok && also:
			out = append(out, Pair{u, v, line})
		case !strict:
		case !ok:
			return &LineError{file, line, fmt.Sprintf("%q is not in the input", f[0])}
		default:
			return &LineError{file, line, fmt.Sprintf("%q is not in the input", f[1])}
		}
		return nil
	})
	return out, err
}

// Find turns pairs into edges of the graph; a pair without an edge is a fault.
func (g *Graph) Find(file string, pairs []Pair) ([]int, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	want := make(map[[2]int32]int, len(pairs))
	for i := range pairs {
		want[g.key(pairs[i].Left, pairs[i].Right)] = -1
	}
	for i, e := range g.Edges {
		k := g.key(e.Left, e.Right)
		if at, ok := want[k]; ok && at < 0 {
			want[k] = i
		}
	}
	out := make([]int, 0, len(pairs))
	for _, p := range pairs {
		at := want[g.key(p.Left, p.Right)]
		if at < 0 {
			return nil, &LineError{file, p.Line, fmt.Sprintf("%s has no line for %q and %q", g.File, g.Left.ID(p.Left), g.Right.ID(p.Right))}
		}
		out = append(out, at)
	}
	return out, nil
}

// FindAll turns pairs into every edge of the graph between them; pairs without
// an edge say nothing.
func (g *Graph) FindAll(pairs []Pair) []int {
	if len(pairs) == 0 {
		return nil
	}
	want := make(map[[2]int32]bool, len(pairs))
	for _, p := range pairs {
		want[g.key(p.Left, p.Right)] = true
	}
	var out []int
	for i, e := range g.Edges {
		if want[g.key(e.Left, e.Right)] {
			out = append(out, i)
		}
	}
	return out
}

func (g *Graph) key(u, v int32) [2]int32 {
	if g.Left == g.Right && u > v {
		u, v = v, u
	}
	return [2]int32{u, v}
}

// Open calls read with the opened file.
func Open[T any](file string, read func(r io.Reader) (T, error)) (T, error) {
	f, err := os.Open(file)
	if err != nil {
		var none T
		return none, &LineError{file, 0, fmt.Sprintf("cannot be opened: %v", err)}
	}
	defer f.Close()
	return read(f)
}
