package trial

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/hostile"
)

// village is a small archive: Ada answers about lathes, Ben about welding,
// and Chidi answered most of all, long ago.
func village(t testing.TB) *Archive {
	var posts, votes strings.Builder
	n := 0
	post := func(kind, day, attrs string) int {
		n++
		fmt.Fprintf(&posts, "<row Id=\"%d\" PostTypeId=\"%s\" CreationDate=\"%sT10:00:00.%03d\" %s />\n", n, kind, day, n, attrs)
		return n
	}
	ask := func(day, title, tag, asker string, answerers ...string) {
		q := post("1", day, fmt.Sprintf(`Title="%s" Body="&lt;p&gt;%s?&lt;/p&gt;" Tags="&lt;%s&gt;" OwnerUserId="%s" Score="1"`, title, title, tag, asker))
		for _, a := range answerers {
			id := post("2", day, fmt.Sprintf(`ParentId="%d" Body="About %s" OwnerUserId="%s" Score="2"`, q, title, a))
			fmt.Fprintf(&votes, "<row PostId=\"%d\" VoteTypeId=\"2\" CreationDate=\"%sT00:00:00.000\" />\n", id, day)
		}
	}
	for i := range 6 {
		ask(fmt.Sprintf("2024-01-%02d", i+1), fmt.Sprintf("Canteen menu %d", i), "canteen", "9", "chidi")
	}
	for i := range 4 {
		ask(fmt.Sprintf("2025-01-%02d", i+1), fmt.Sprintf("Lathe speed %d", i), "lathe", "9", "ada")
		ask(fmt.Sprintf("2025-01-%02d", i+11), fmt.Sprintf("Welding gas %d", i), "welding", "9", "ben")
	}
	ask("2025-02-01", "Lathe speed for brass", "lathe", "9", "ada", "stranger")
	ask("2025-02-02", "Welding gas for steel", "welding", "ada", "ben", "ada")
	ask("2025-02-03", "Nobody answers", "lathe", "9")
	dir := t.TempDir()
	for name, body := range map[string]string{"Posts.xml": posts.String(), "Votes.xml": votes.String()} {
		root := strings.ToLower(strings.TrimSuffix(name, ".xml"))
		text := "\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<" + root + ">\n" + body + "</" + root + ">\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestASplitKnowsOnlyWhatCameBefore(t *testing.T) {
	s, err := village(t).Split(14.0 / 17)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Train) != 14 || len(s.Answers) != 14 || len(s.Known) != 3 {
		t.Errorf("%s", s.Title())
	}
	if len(s.Tests) != 2 {
		t.Fatalf("%d test questions: the one nobody answered does not count", len(s.Tests))
	}
	if c := s.Tests[0]; c.Best != "ada" || len(c.Any) != 1 {
		t.Errorf("a stranger to the first part is no right answer: %v", c)
	}
	if c := s.Tests[1]; c.Best != "ben" || len(c.Any) != 1 {
		t.Errorf("an asker is no right answer to their own question: %v", c)
	}
}

func TestMeasuresOfARankingWorkedOutByHand(t *testing.T) {
	c := Case{Question: &Question{Owner: "asker"}, Best: "b", Any: map[string]bool{"a": true, "b": true}}
	m := Score(c, []string{"asker", "x", "a", "y", "z", "b"})
	want := Measures{0, 1.0 / 2, 1, (1 / math.Log2(3)) / (1 + 1/math.Log2(3)), 1.0 / 5}
	for i := range m {
		if math.Abs(m[i]-want[i]) > 1e-12 {
			t.Errorf("%s is %v, not %v", MeasureNames()[i], m[i], want[i])
		}
	}
}

func TestTheProductNamesWhoAnswersAtTheHeadOfASmallArchive(t *testing.T) {
	s, err := village(t).Split(14.0 / 17)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Open(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ms, err := s.Run(func(q *Question) ([]string, error) { return p.Rank(context.Background(), q, nil) })
	if err != nil {
		t.Fatal(err)
	}
	if m := Mean(ms); m[0] != 1 {
		t.Errorf("P@1 is %v", m[0])
	}
	most, _ := s.Run(s.Baselines()["most answers"])
	if m := Mean(most); m[0] != 0 {
		t.Errorf("the most active one answered neither: P@1 of most answers is %v", m[0])
	}
	d := Paired(ms, most)
	if d[0] != (Interval{1, 1, 1}) {
		t.Errorf("paired difference of P@1 is %v", d[0])
	}
}

func TestWhoHasBeenAskedEnoughThisWeekIsNotNamedUntilTheNext(t *testing.T) {
	var refused [][]string
	rank := Guarded(func(_ *Question, not []string) ([]string, error) {
		refused = append(refused, not)
		return []string{"ada", "ben", "chidi"}, nil
	}, 2, 1)
	for _, day := range []string{"2025-02-03", "2025-02-04", "2025-02-09", "2025-02-10"} { // Monday, Tuesday, Sunday, Monday
		if _, err := rank(&Question{Created: day + "T10:00:00"}); err != nil {
			t.Fatal(err)
		}
	}
	want := [][]string{nil, nil, {"ada"}, nil}
	if !slices.EqualFunc(refused, want, slices.Equal) {
		t.Errorf("not named were %v, want %v", refused, want)
	}
}

// The figures of the script that defined the baselines, on the data it was
// written for.
func TestBaselinesAreThoseOfTheScript(t *testing.T) {
	a, err := Read(hostile.Path(t, "stackexchange", "quantumcomputing"))
	if err != nil {
		t.Fatal(err)
	}
	for share, want := range map[float64][]string{
		0.5: {"0.425 0.528 0.523 0.426 0.455", "0.102 0.366 0.520 0.325 0.312", "0.155 0.306 0.402 0.225 0.275",
			"0.345 0.475 0.518 0.381 0.414", "0.314 0.455 0.519 0.370 0.399", "0.354 0.486 0.533 0.394 0.422"},
		0.8: {"0.469 0.581 0.592 0.487 0.495", "0.469 0.568 0.592 0.426 0.482", "0.177 0.318 0.398 0.236 0.292",
			"0.417 0.522 0.501 0.392 0.464", "0.375 0.500 0.497 0.392 0.443", "0.396 0.517 0.518 0.397 0.459"},
	} {
		s, err := a.Split(share)
		if err != nil {
			t.Fatal(err)
		}
		b := s.Baselines()
		for i, n := range BaselineNames() {
			ms, err := s.Run(b[n])
			if err != nil {
				t.Fatal(err)
			}
			m := Mean(ms)
			if got := fmt.Sprintf("%.3f %.3f %.3f %.3f %.3f", m[0], m[1], m[2], m[3], m[4]); got != want[i] {
				t.Errorf("%v %s: %s, not %s", share, n, got, want[i])
			}
		}
	}
}

func TestTheProductBeatsActivityOnARealArchive(t *testing.T) {
	a, err := Read(hostile.Path(t, "stackexchange", "quantumcomputing"))
	if err != nil {
		t.Fatal(err)
	}
	ours, best := 0.0, 0.0
	for _, share := range []float64{0.5, 0.7, 0.9} {
		s, err := a.Split(share)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Open(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		ms, err := s.Run(func(q *Question) ([]string, error) { return p.Rank(context.Background(), q, nil) })
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		base, err := s.Run(s.Baselines()["most answers"])
		if err != nil {
			t.Fatal(err)
		}
		ours += Mean(ms)[1]
		best += Mean(base)[1]
		for k, d := range Paired(ms, base) {
			if d.High < 0 {
				t.Errorf("split %v: %s is significantly below activity: %v", share, MeasureNames()[k], d)
			}
		}
	}
	if ours < 1.04*best {
		t.Errorf("mean MRR %.3f is not well above %.3f", ours/3, best/3)
	}
}
