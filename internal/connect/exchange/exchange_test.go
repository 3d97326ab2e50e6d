package exchange

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
)

func TestWeightsAreKeptExactly(t *testing.T) {
	g, err := ReadEdges(strings.NewReader("# mentors\nada\tben\t0.5\nada\tchidi\t-12.250\n\nben\tchidi\t3\r\n"), "in", true)
	if err != nil {
		t.Fatal(err)
	}
	if g.Decimals != 2 || len(g.Edges) != 3 || g.Edges[0].Weight != 50 || g.Edges[1].Weight != -1225 || g.Edges[2].Weight != 300 {
		t.Fatalf("%d decimals, %v", g.Decimals, g.Edges)
	}
	if g.Text(50) != "0.5" || g.Text(-1225) != "-12.25" || g.Text(300) != "3" || g.Text(-5) != "-0.05" {
		t.Fatal(g.Text(50), g.Text(-1225), g.Text(300), g.Text(-5))
	}
	if g.Line(2) != 5 || g.Left.ID(g.Edges[2].Right) != "chidi" {
		t.Fatal("wrong line or name")
	}
}

func TestBadInputNamesFileLineAndReason(t *testing.T) {
	for text, want := range map[string]string{
		"a\tb\t1\nc\td\n":              "in:2: 2 fields",
		"a\tb\tx\n":                    `in:1: the weight "x" is not`,
		"a\tb\t\n":                     `in:1: the weight "" is not`,
		"a\tb\t.\n":                    `in:1: the weight "." is not`,
		"a\tb\t1e3\n":                  `in:1: the weight "1e3" is not`,
		"a\tb\tNaN\n":                  `in:1: the weight "NaN" is not`,
		"\tb\t1\n":                     "in:1: an id is empty",
		"a\ta\t1\n":                    "in:1: a person cannot",
		"a\tb\t99999999999999999999\n": "in:1: the weight",
		"a\tb\t0.12345678901\n":        "in:1: the weight",
		"a\tb\t900000000000000000\nc\td\t0.001\n": "in:1: the weight is too large",
		"a\xff\tb\t1\n":                "in:1: the line is not UTF-8",
		strings.Repeat("a", longest+5): "in:1: the line is longer",
	} {
		_, err := ReadEdges(strings.NewReader(text), "in", true)
		var e *LineError
		if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", text, err, want)
		}
	}
	names := NewNames()
	names.add([]byte("ada"))
	for text, want := range map[string]string{
		"ada\n":            "caps:1: 1 fields",
		"ada\t-1\n":        "caps:1: \"-1\" is not",
		"ada\t1\nada\t2\n": "caps:2: \"ada\" stands in line 1",
		"\t1\n":            "caps:1: the id is empty",
		"ada\t99999999999": "caps:1: \"99999999999\" is not",
	} {
		if _, err := ReadCounts(strings.NewReader(text), "caps", names, 1, 1); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.20q: %v, want %s", text, err, want)
		}
	}
	if _, err := ReadPairs(strings.NewReader("ada\tben\n"), "never", names, names, false, true); err == nil || err.Error() != `never:1: "ben" is not in the input` {
		t.Error(err)
	}
	if p, err := ReadPairs(strings.NewReader("ada\tben\nada\tada\n"), "never", names, names, false, false); err != nil || len(p) != 1 {
		t.Error(p, err)
	}
}

// FuzzReadEdges reads anything, and checks what was read against the text.
func FuzzReadEdges(f *testing.F) {
	for _, s := range []string{"a\tb\t1\n", "a\tb\t0.5\nb\tc\t-3\n", "#x\n\n\u00e4\t\u00f6\t+7.25\r\n", "\uFEFFa\tb\t1", "a\tb\t.5", "a\tb\t5.", "a\tb\t-0.0"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, text string, one bool) {
		g, err := ReadEdges(strings.NewReader(text), "in", one)
		if err != nil {
			var e *LineError
			if !errors.As(err, &e) || e.Line < 1 || e.Line > strings.Count(text, "\n")+1 {
				t.Fatalf("%v", err)
			}
			return
		}
		lines := strings.Split(text, "\n")
		scale := new(big.Rat).SetInt64(int64(math.Pow10(g.Decimals)))
		for i, e := range g.Edges {
			fields := strings.Split(strings.TrimSuffix(lines[g.Line(i)-1], "\r"), "\t")
			if g.Line(i) == 1 {
				fields[0] = strings.TrimPrefix(fields[0], "\uFEFF")
			}
			if g.Left.ID(e.Left) != fields[0] || g.Right.ID(e.Right) != fields[1] {
				t.Fatalf("line %d: %q %q", g.Line(i), g.Left.ID(e.Left), g.Right.ID(e.Right))
			}
			r, ok := new(big.Rat).SetString(fields[2])
			if !ok || r.Mul(r, scale).Cmp(new(big.Rat).SetInt64(e.Weight)) != 0 {
				t.Fatalf("line %d: %q became %d with %d decimals", g.Line(i), fields[2], e.Weight, g.Decimals)
			}
			back, ok := new(big.Rat).SetString(g.Text(e.Weight))
			if !ok || back.Mul(back, scale).Cmp(new(big.Rat).SetInt64(e.Weight)) != 0 {
				t.Fatalf("%d is written as %s", e.Weight, g.Text(e.Weight))
			}
		}
	})
}

// FuzzSideFiles reads anything as capacities and as pairs.
func FuzzSideFiles(f *testing.F) {
	f.Add("a\t1\nb\t2\t3\n")
	f.Add("a\tb\n")
	f.Fuzz(func(t *testing.T, text string) {
		names := NewNames()
		names.add([]byte("a"))
		names.add([]byte("b"))
		counts, err := ReadCounts(strings.NewReader(text), "f", names, 1, 2)
		if err == nil {
			for i, c := range counts {
				if c.Line > 0 && (len(c.Values) < 1 || c.Values[0] < 0) {
					t.Fatal(fmt.Sprint(i, c))
				}
			}
		}
		pairs, err := ReadPairs(strings.NewReader(text), "f", names, names, true, false)
		for _, p := range pairs {
			if p.Left < 0 || p.Left > 1 || p.Right < 0 || p.Right > 1 {
				t.Fatal(p, err)
			}
		}
	})
}
