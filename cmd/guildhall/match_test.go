package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// matchIn runs a match command in a folder with the files and returns the exit
// code and what the folder holds afterwards.
func matchIn(t *testing.T, files map[string]string, args ...string) (int, map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "@", dir+string(filepath.Separator))
	}
	code := run(context.Background(), append([]string{"match"}, args...))
	left := map[string]string{}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		left[f.Name()] = string(text)
	}
	for name := range files {
		delete(left, name)
	}
	return code, left
}

func report(t *testing.T, text string) map[string]any {
	t.Helper()
	var r map[string]any
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMatchAssignFromFiles(t *testing.T) {
	code, got := matchIn(t, map[string]string{
		"in":   "# mentees\nada\tchidi\t2.5\nada\tdana\t2\nben\tchidi\t2.25\n",
		"caps": "chidi\t1\ndana\t1\n",
	}, "assign", "--in", "@in", "--capacities", "@caps", "--out", "@out", "--report", "@report", "--explain", "@why")
	if code != 0 || len(got) != 3 {
		t.Fatal(code, got)
	}
	if got["out"] != "ada\tdana\t2\nben\tchidi\t2.25\n" {
		t.Errorf("answer %q", got["out"])
	}
	r := report(t, got["report"])
	if r["objective"] != 4.25 || r["bound"] != 4.25 || r["gap"] != 0.0 || r["optimal"] != true || r["matched"] != 2.0 {
		t.Error(r)
	}
	for _, key := range []string{"solve_seconds", "algorithm"} {
		if r[key] == nil {
			t.Errorf("the report has no %s", key)
		}
	}
	// Without ben and chidi, ada gets chidi: 2.5 instead of 4.25.
	if !strings.Contains(got["why"], "pair\tben\tchidi\t2.25\t-\t1.75\n") {
		t.Error(got["why"])
	}
}

func TestMatchPairsFromFiles(t *testing.T) {
	in := "ada\tben\t10\nchidi\tdana\t10\nemil\tada\t1\nemil\tben\t2\nemil\tchidi\t1\nemil\tdana\t4\n"
	code, got := matchIn(t, map[string]string{"in": in}, "pairs", "--in", "@in", "--out", "@out", "--trio")
	if code != 0 || got["out"] != "ada\tben\t10\nchidi\tdana\temil\t15\n" {
		t.Error(code, got)
	}
	code, got = matchIn(t, map[string]string{"in": in, "never": "ben\tada\n"},
		"pairs", "--in", "@in", "--out", "@out", "--never", "@never", "--report", "@report", "--explain", "@why")
	// With ada instead of ben emil would be worth one less, with dana eight.
	if !strings.Contains(got["why"], "other\temil\tada\t1\t1\t0\nother\temil\tdana\t4\t8\t0\n") {
		t.Error(got["why"])
	}
	if code != 0 || got["out"] != "chidi\tdana\t10\nemil\tben\t2\n" {
		t.Error(code, got)
	}
	if alone := report(t, got["report"])["alone"].([]any); len(alone) != 1 || alone[0] != "ada" {
		t.Error(alone)
	}
	code, got = matchIn(t, map[string]string{"in": "a\tb\t1\nb\tc\t1\na\tc\t1\n"},
		"pairs", "--in", "@in", "--out", "@out", "--rounds", "3", "--report", "@report")
	if code != 0 || strings.Count(got["out"], "\n") != 3 || report(t, got["report"])["all_met_after"] != 3.0 {
		t.Error(code, got)
	}
}

func TestMatchReviewsFromFiles(t *testing.T) {
	files := map[string]string{
		"in":        "w1\tada\t5\nw1\tben\t4\nw1\tchidi\t1\nw2\tada\t5\nw2\tben\t4\nw2\tchidi\t1\n",
		"conflicts": "w1\tben\n",
		"authors":   "w2\tchidi\n",
	}
	code, got := matchIn(t, files, "reviews", "--in", "@in", "--per-work", "2", "--load", "2",
		"--conflicts", "@conflicts", "--authors", "@authors", "--out", "@out", "--report", "@report", "--explain", "@why")
	if !strings.Contains(got["why"], "pair\tw2\tben\t4\t-\t") {
		t.Error(got["why"])
	}
	if code != 0 || got["out"] != "w1\tada\t5\nw1\tchidi\t1\nw2\tada\t5\nw2\tben\t4\n" {
		t.Error(code, got)
	}
	if r := report(t, got["report"]); r["worst"] != 6.0 || r["sum"] != 15.0 {
		t.Error(r)
	}
	files["current"], files["late"] = "w1\tada\t5\nw2\tben\t4\n", "w1\tada\n"
	code, got = matchIn(t, files, "reviews", "--in", "@in", "--per-work", "1", "--load", "1",
		"--conflicts", "@conflicts", "--current", "@current", "--replace", "@late", "--out", "@out")
	if code != 0 || got["out"] != "w1\tchidi\t1\nw2\tben\t4\n" {
		t.Error(code, got)
	}
}

func TestAStoppedMatchSaysWhatItLacks(t *testing.T) {
	var in, caps strings.Builder
	for u := range 300 {
		for v := range 40 {
			fmt.Fprintf(&in, "m%d\te%d\t%d\n", u, v, (u*7+v*13)%50)
		}
	}
	for v := range 40 {
		fmt.Fprintf(&caps, "e%d\t20\t9\n", v) // 360 places at least, for 300 people
	}
	files := map[string]string{"in": in.String(), "caps": caps.String()}
	code, got := matchIn(t, files, "assign", "--in", "@in", "--capacities", "@caps", "--out", "@out", "--report", "@report", "--work-limit", "1000")
	if code != 0 {
		t.Fatal(code)
	}
	r := report(t, got["report"])
	if unmet, _ := r["unmet"].([]any); len(unmet) == 0 || r["optimal"] != false {
		t.Error(r)
	}
	if code, got = matchIn(t, files, "assign", "--in", "@in", "--capacities", "@caps", "--out", "@out"); code != 1 || len(got) != 0 {
		t.Errorf("without a limit: code %d, wrote %v", code, got)
	}
}

func TestMatchRefusesBadInputAndWritesNothing(t *testing.T) {
	good := "ada\tben\t1\n"
	for name, c := range map[string]struct {
		files map[string]string
		args  []string
		code  int
	}{
		"a field too few":    {map[string]string{"in": "ada\tben\n"}, []string{"assign"}, 2},
		"no number":          {map[string]string{"in": good + "ada\tchidi\tx\n"}, []string{"assign"}, 2},
		"a pair twice":       {map[string]string{"in": good + good}, []string{"assign"}, 2},
		"a pair turned":      {map[string]string{"in": good + "ben\tada\t1\n"}, []string{"pairs"}, 2},
		"a loop":             {map[string]string{"in": "ada\tada\t1\n"}, []string{"pairs"}, 2},
		"no capacity":        {map[string]string{"in": good, "caps": "chidi\t1\n"}, []string{"assign", "--capacities", "@caps"}, 2},
		"a bad capacity":     {map[string]string{"in": good, "caps": "ben\t-1\n"}, []string{"assign", "--capacities", "@caps"}, 2},
		"an unknown pin":     {map[string]string{"in": good, "pins": "ada\tchidi\n"}, []string{"assign", "--pins", "@pins"}, 2},
		"too many per work":  {map[string]string{"in": good}, []string{"reviews", "--per-work", "2"}, 2},
		"half a replacement": {map[string]string{"in": good, "cur": good}, []string{"reviews", "--per-work", "1", "--current", "@cur"}, 2},
		"too few reviewers":  {map[string]string{"in": good + "chidi\tben\t1\n"}, []string{"reviews", "--per-work", "1", "--load", "1"}, 1},
		"a minimum too high": {map[string]string{"in": good, "caps": "ben\t2\t2\n"}, []string{"assign", "--capacities", "@caps"}, 1},
	} {
		code, got := matchIn(t, c.files, append(c.args, "--in", "@in", "--out", "@out", "--report", "@report")...)
		if code != c.code || len(got) != 0 {
			t.Errorf("%s: code %d, want %d; wrote %v", name, code, c.code, got)
		}
	}
	// Where the report cannot be written there is no answer either.
	code, got := matchIn(t, map[string]string{"in": good}, "assign", "--in", "@in", "--out", "@out", "--report", "@no/report")
	if code == 0 || len(got) != 0 {
		t.Errorf("unwritable report: code %d, wrote %v", code, got)
	}
}
