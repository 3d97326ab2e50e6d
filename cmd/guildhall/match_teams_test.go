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

const smallTeams = `{"teams": 2, "size": 2,
 "people": [
  {"id": "Ada", "dept": "Press", "band": 0, "exp": 3, "skills": [0, 1]},
  {"id": "Ben", "dept": "Press", "band": 0, "exp": 1, "skills": [2]},
  {"id": "Chidi", "dept": "Saw", "band": 1, "exp": 3, "skills": [3]},
  {"id": "Dee", "dept": "Saw", "band": 1, "exp": 1, "skills": []}],
 "pairs": [[0, 1, "wanted"],
  [0, 2, "apart"]],
 "objective": {"wanted": 9}}`

func TestTeamsAreWrittenOneALineAndExplained(t *testing.T) {
	in := writeFile(t, "in.json", smallTeams)
	dir := t.TempDir()
	out, report := filepath.Join(dir, "out.tsv"), filepath.Join(dir, "report.json")
	if code := run(context.Background(), []string{"match", "teams", "--in", in, "--out", out, "--report", report, "--work-limit", "100000", "--explain", filepath.Join(dir, "why")}); code != 0 {
		t.Fatalf("exit %d", code)
	}
	text, _ := os.ReadFile(out)
	if string(text) != "Ada\tBen\nChidi\tDee\n" {
		t.Fatalf("answer %q", text)
	}
	// Ada wants to be with Ben and must not be with Chidi, so only Ben could go.
	why, _ := os.ReadFile(filepath.Join(dir, "why"))
	if !strings.Contains(string(why), "swap\tBen\t1\tDee\t2\t") || !strings.Contains(string(why), "swap\tBen\t1\tChidi\t2\t") {
		t.Errorf("%s", why)
	}
	var rep teamsReport
	raw, _ := os.ReadFile(report)
	if err := json.Unmarshal(raw, &rep); err != nil {
		t.Fatal(err)
	}
	// 150 + 10 - 6 + 9 and 50 + 10 - 6.
	if rep.Objective != 217 || !rep.Optimal || rep.Matched != 4 || len(rep.Teams) != 2 || rep.Teams[0].Value != 163 || rep.Teams[0].Terms["pairs"] != 9 || strings.Join(rep.Teams[0].Missing, "") != "3" {
		t.Fatalf("%s", raw)
	}
}

func TestBadTeamsInputIsNamedByLine(t *testing.T) {
	for old, x := range map[string][2]string{
		`"exp": 1, "skills": [2]}`:   {`"exp": "much", "skills": [2]}`, ":4: people.exp"},
		`[0, 2, "apart"]`:            {`[0, 4, "apart"]`, ":8: pair 1: there is no person 4"},
		`"wanted"`:                   {`"liked"`, `:7: pair 0: kind "liked"`},
		`"id": "Dee"`:                {`"id": "Ada"`, `:6: person 3: id "Ada" twice`},
		`"teams": 2`:                 {`"teams": 0`, ":1: teams must be"},
		`"Saw", "band": 1, "exp": 3`: {`["Saw"], "band": 1, "exp": 3`, ":5: dept of person 2"},
		`[3]}`:                       {`[3]`, ":6: "},
	} {
		_, err := readTeams([]byte(strings.Replace(smallTeams, old, x[0], 1)), "in.json")
		var bad badInput
		if err == nil || !errors.As(err, &bad) || !strings.Contains(err.Error(), "in.json"+x[1]) {
			t.Errorf("%s: %v", x[0], err)
		}
	}
	in := writeFile(t, "in.json", strings.Replace(smallTeams, `"size": 2`, `"size": 3`, 1))
	out := filepath.Join(t.TempDir(), "out.tsv")
	if code := run(context.Background(), []string{"match", "teams", "--in", in, "--out", out}); code != 2 {
		t.Errorf("exit %d", code)
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Error("an answer was written")
	}
}

func FuzzTeamsReader(f *testing.F) {
	f.Add(smallTeams)
	f.Add(`{"teams":1,"size":1,"people":[{"skills":[null,1e3,"x"]}],"objective":{"overlap":{}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		in, err := readTeams([]byte(text), "in")
		if err != nil {
			var bad badInput
			if !errors.As(err, &bad) {
				t.Fatal(err)
			}
			return
		}
		if len(in.names) != in.problem.People {
			t.Fatalf("%d names for %d people", len(in.names), in.problem.People)
		}
	})
}
