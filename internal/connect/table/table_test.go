package table

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/platform/hostile"
)

func rows(t testing.TB, b []byte, d byte) (out [][]string, lines []int, bad []badrow.Problem, x *Reader) {
	t.Helper()
	x, err := Read(bytes.NewReader(b), "f.csv", d, func(p badrow.Problem) { bad = append(bad, p) })
	if err != nil {
		t.Fatal(err)
	}
	for {
		r, err := x.Next()
		if err == io.EOF {
			return
		}
		out, lines = append(out, r.Fields), append(lines, r.Line)
		if len(out) > len(b)+1 {
			t.Fatal("more rows than bytes")
		}
	}
}

func utf16le(s string) []byte {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

func TestFilesAsProgramsWriteThem(t *testing.T) {
	want := "[[name ort] [Jürgen Köln] [Zoë x]]"
	text := "name;ort\r\nJürgen;Köln\r\nZoë;x\r\n"
	latin := []byte("name;ort\r\nJ\xfcrgen;K\xf6ln\r\nZo\xeb;x\r\n")
	for name, c := range map[string]struct {
		b        []byte
		encoding string
	}{
		"plain":        {[]byte(text), UTF8},
		"mark":         {[]byte("\ufeff" + text), UTF8},
		"commas":       {[]byte(strings.ReplaceAll(text, ";", ",")), UTF8},
		"tabs":         {[]byte(strings.ReplaceAll(text, ";", "\t")), UTF8},
		"bars":         {[]byte(strings.ReplaceAll(text, ";", "|")), UTF8},
		"old Mac":      {[]byte(strings.ReplaceAll(text, "\r\n", "\r")), UTF8},
		"Unix":         {[]byte(strings.ReplaceAll(text, "\r\n", "\n")), UTF8},
		"no last line": {[]byte(strings.TrimSpace(text)), UTF8},
		"sep":          {[]byte("sep=;\r\n" + text), UTF8},
		"Windows":      {latin, Windows1252},
		"UTF-16":       {utf16le(text), UTF16},
		"UTF-16 bare":  {utf16le(text)[2:], UTF16},
		"quoted":       {[]byte("\"name\";\"ort\"\n\"Jürgen\";\"Köln\"\n\"Zoë\";x\n"), UTF8},
	} {
		got, _, bad, x := rows(t, c.b, 0)
		if fmt.Sprint(got) != want || x.Encoding != c.encoding || len(bad) > 0 {
			t.Errorf("%s: %v in %s, %v", name, got, x.Encoding, bad)
		}
	}
	if got := string(fromWindows1252([]byte{0x80, 0x99, 0x9f, 0xe9, 'a'})); got != "€™Ÿéa" {
		t.Errorf("%q", got)
	}
}

func TestQuotes(t *testing.T) {
	got, lines, bad, _ := rows(t, []byte("a,b\n\"x, \"\"y\"\"\r\nz\",2\n\"p\" q,3\nr \"s\" t,4\n"), 0)
	if fmt.Sprintf("%q", got) != `[["a" "b"] ["x, \"y\"\nz" "2"] ["p q" "3"] ["r \"s\" t" "4"]]` || fmt.Sprint(lines) != "[1 2 4 5]" || len(bad) > 0 {
		t.Errorf("%q %v %v", got, lines, bad)
	}
	got, lines, bad, _ = rows(t, []byte("a,b\n\"x,1\ny,2\n"), 0)
	if fmt.Sprintf("%q", got) != `[["a" "b"] ["\"x" "1"] ["y" "2"]]` || fmt.Sprint(lines) != "[1 2 3]" || len(bad) != 1 || bad[0].Line != 2 || !bad[0].Kept {
		t.Errorf("%q %v %v", got, lines, bad)
	}
}

func TestLimits(t *testing.T) {
	got, _, bad, _ := rows(t, []byte(strings.Repeat("a,", MaxColumns+5)+"\nb,"+strings.Repeat("é", MaxField)+"\n"), ',')
	if len(got[0]) != MaxColumns || len(got[1][1]) > MaxField || len(bad) != 2 || bad[0].Code != "too_many_columns" || bad[1].Code != "field_too_long" || bad[1].Line != 2 {
		t.Errorf("%d %d %v", len(got[0]), len(got[1][1]), bad)
	}
	// Every line opens a quote; none is closed within reach.
	many := bytes.Repeat([]byte("\"a\n"), 30001)
	got, _, _, _ = rows(t, many, ',')
	if len(got) == 0 {
		t.Error("nothing read")
	}
}

func TestFormulasBecomeText(t *testing.T) {
	for _, s := range []string{"=1+1", "+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "＝1+1", "=cmd|' /C calc'!A0", "'=1"} {
		if c := Cell(s); c[0] != '\'' || Value(c) != s {
			t.Errorf("Cell(%q) = %q, back %q", s, c, Value(c))
		}
	}
	for _, s := range []string{"Ada", "", "'tis", "a=b", "1-2"} {
		if Cell(s) != s || Value(s) != s {
			t.Errorf("Cell(%q) = %q", s, Cell(s))
		}
	}
}

func TestWrittenRowsAreReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.OneOf(rapid.StringMatching(`[a-z=+@'",;\n -]{0,8}`), rapid.SampledFrom([]string{"ü", "=x", "漢"}))
		var want [][]string
		var b []byte
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			row := rapid.SliceOfN(cell, 2, 2).Draw(t, "row")
			b = AppendRow(b, row...)
			want = append(want, row)
		}
		x, err := Read(bytes.NewReader(b), "f", ',', nil)
		if err != nil {
			t.Fatal(err)
		}
		std := csv.NewReader(bytes.NewReader(b))
		for _, w := range want {
			row, err := x.Next()
			if err != nil {
				t.Fatal(err)
			}
			other, err := std.Read()
			if err != nil {
				t.Fatalf("%v in %q", err, b)
			}
			for i := range w {
				if row.Fields[i] != Cell(w[i]) || other[i] != Cell(w[i]) {
					t.Fatalf("%q, %q, want %q in %q", row.Fields[i], other[i], Cell(w[i]), b)
				}
				if strings.TrimSpace(w[i]) == w[i] && Value(row.Fields[i]) != w[i] {
					t.Fatalf("value %q, want %q", Value(row.Fields[i]), w[i])
				}
			}
		}
	})
}

func TestHostileFiles(t *testing.T) {
	dir := hostile.Files(t)
	for _, f := range []string{"csv_formula.csv", "csv_nul_bom.csv", "csv_wide.csv", "utf8_bad.bin", "unicode_spoof.txt", "bomb_20000x20000.png"} {
		b, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		got, _, bad, _ := rows(t, b, 0)
		if len(got) == 0 {
			t.Errorf("%s: nothing", f)
		}
		t.Logf("%s: %d rows, %d problems", f, len(got), len(bad))
	}
}

func FuzzRows(f *testing.F) {
	f.Add([]byte("a;b\n\"c\nd\";e"))
	f.Add([]byte("\xff\xfea\x00"))
	f.Add([]byte("sep=|\r\na|b"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, lines, _, x := rows(t, b, 0)
		for i := 1; i < len(lines); i++ {
			if lines[i] <= lines[i-1] {
				t.Fatalf("lines %v of %d rows", lines, len(got))
			}
		}
		if x.pos != len(x.b) {
			t.Fatal("not read to the end")
		}
	})
}
