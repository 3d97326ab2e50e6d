package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRingsAreWrittenInTeachingOrderWithTheWeightLast(t *testing.T) {
	in := writeFile(t, "in.tsv", "\uFEFF# swaps\nAda\tBen\t5\tGo\nBen\tChidi\t4\tSQL\nChidi\tAda\t3.5\tGlazing\nBen\tAda\t1\tJudo\nAda\tBen\t2\tTea\nDee\tAda\t9\n")
	out := filepath.Join(t.TempDir(), "out.tsv")
	report := filepath.Join(t.TempDir(), "report.json")
	if code := run(context.Background(), []string{"match", "rings", "--in", in, "--out", out, "--report", report, "--explain"}); code != 0 {
		t.Fatalf("exit %d", code)
	}
	text, _ := os.ReadFile(out)
	if string(text) != "Ada\tBen\tChidi\t12.5\n" {
		t.Fatalf("answer %q", text)
	}
	var rep ringsReport
	raw, _ := os.ReadFile(report)
	if err := json.Unmarshal(raw, &rep); err != nil {
		t.Fatal(err)
	}
	if !rep.Optimal || rep.Objective != 12.5 || *rep.Bound != 12.5 || rep.Matched != 3 || len(rep.Answer) != 1 || strings.Join(rep.Answer[0].Skills, " ") != "Go SQL Glazing" {
		t.Fatalf("%s", raw)
	}
	if len(rep.Unserved) != 1 || rep.Unserved[0].Person != "Dee" || rep.Unserved[0].Reason != "nobody-has" {
		t.Fatalf("%+v", rep.Unserved)
	}
	// Chidi leaves: Ada and Ben keep each other.
	gone := writeFile(t, "gone", "Chidi\n")
	if code := run(context.Background(), []string{"match", "rings", "--in", in, "--out", out, "--repair", out, "--gone", gone}); code != 0 {
		t.Fatalf("exit %d", code)
	}
	if text, _ := os.ReadFile(out); string(text) != "Ada\tBen\t6\n" {
		t.Fatalf("answer %q", text)
	}
}

func TestBadRingsInputIsNamedAndNothingIsWritten(t *testing.T) {
	for text, want := range map[string]string{
		"a\tb\t1\na\tb\n":             ":2: 2 fields",
		"a\ta\t1\n":                   `:1: "a" cannot teach themselves`,
		"\tb\t1\n":                    ":1: empty id",
		"a\tb\tmuch\n":                `:1: weight "much"`,
		"a\tb\tNaN\n":                 `:1: weight "NaN"`,
		"a\tb\t1e400\n":               `:1: weight`,
		"a\tb\t1\tgo\t1.5\n":          `:1: chance "1.5"`,
		"a\tb\t1\n\xff\tb\t1\n":       ":2: not UTF-8",
		strings.Repeat("x", 1<<20+10): ":1: longer than 1 MiB",
	} {
		_, err := readRings(strings.NewReader(text), "in.tsv", true)
		var bad badInput
		if err == nil || !errors.As(err, &bad) || !strings.Contains(err.Error(), "in.tsv"+want) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	in := writeFile(t, "in.tsv", "a\tb\n")
	out := filepath.Join(t.TempDir(), "out.tsv")
	if code := run(context.Background(), []string{"match", "rings", "--in", in, "--out", out}); code != 2 {
		t.Errorf("exit %d", code)
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Error("an answer was written")
	}
}

func FuzzRingsReader(f *testing.F) {
	f.Add("a\tb\t1\nb\ta\t2\tgo\t0.5\n")
	f.Add("\uFEFF#\r\na\tb\t-1e3\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		in, err := readRings(strings.NewReader(text), "in", true)
		if err != nil {
			var bad badInput
			if !errors.As(err, &bad) {
				t.Fatal(err)
			}
			return
		}
		for _, a := range in.arcs {
			if int(a.Teacher) >= len(in.people) || int(a.Learner) >= len(in.people) || a.Teacher == a.Learner || a.Success < 0 || a.Success > 1 {
				t.Fatalf("%+v of %d", a, len(in.people))
			}
		}
		if _, err := in.readAnswer(strings.NewReader(text), "old"); err != nil {
			var bad badInput
			if !errors.As(err, &bad) {
				t.Fatal(err)
			}
		}
	})
}
