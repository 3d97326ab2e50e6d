package app

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
)

// tellsAll posts a form of a swap in which every choice is wrong, and looks for
// each of them beside its field, and for the words.
func tellsAll(t *testing.T, s *stage, who, path, form string) {
	t.Helper()
	code, page := s.post(who, path, form)
	if code != 422 {
		t.Fatalf("%s answers %d", path, code)
	}
	for _, said := range []string{"Choose something you offer", "Choose something they offer", `id="lessons-e"`, `id="minutes-e"`, `id="format-e"`, `id="note-e"`, strings.Repeat("n", 501)} {
		if !strings.Contains(page, said) {
			t.Errorf("%s does not say %q\n%s", path, said, page)
		}
	}
}

func TestEveryWrongChoiceOfAProposalIsToldAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.swapping()
		weave := s.says("Ben", skills.Teach, "weaving", 4, true)
		s.says("Chidi", skills.Teach, "dyeing", 3, true)
		chidi, wrong := s.cast["Chidi"].Person.String(), "&lessons=many&minutes=500&format=post&note="+strings.Repeat("n", 501)
		for _, choice := range []string{"", "&learn=none&teach=none", "&learn=" + weave.String() + "&teach=" + id.ID(1).String()} {
			tellsAll(t, s, "Ben", "/swaps", "with="+chidi+choice+wrong)
		}
		for _, choice := range []string{"", "none", weave.String()} {
			proposal := fmt.Sprintf(`{"to":%q,"learn":%q,"teach":"none","lessons":6,"minutes":180,"format":"either"}`, chidi, choice)
			code, _, told := s.file("Ben", "POST", "/swaps", []byte(proposal), "Content-Type", "application/json")
			if code != 422 || !strings.Contains(told, `"body.learn"`) || !strings.Contains(told, `"body.teach"`) {
				t.Errorf("learn %q answers %d %s", choice, code, told)
			}
		}
	})
}

func TestTwoPeopleChangeAProposalUntilItSuitsBoth(t *testing.T) {
	t.Parallel()
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.swapping()
		weave := s.says("Ben", skills.Teach, "weaving", 4, true)
		spin := s.says("Ben", skills.Teach, "spinning", 2, true)
		hide := s.says("Ben", skills.Teach, "tanning", 2, false)
		dye := s.says("Chidi", skills.Teach, "dyeing", 3, true)
		n, err := s.house.Swaps.Propose(t.Context(), s.as("Ben"), swaps.Proposal{
			To: s.cast["Chidi"].Person, Teach: weave, Learn: dye, Lessons: 4, Minutes: 45, Format: swaps.Online, Note: "Mornings?",
		})
		if err != nil {
			t.Fatal(err)
		}
		at := "/swaps/" + n.String()
		form := func(version int, teach, learn id.ID, rest string) string {
			return fmt.Sprintf("version=%d&teach=%s&learn=%s&%s", version, teach, learn, rest)
		}
		if code, to := s.get("Ben", at+"/changes/new"); code != 303 {
			t.Errorf("who proposed may change it before the other answers: %d %s", code, to)
		}
		s.want("Chidi", at, 200, "Suggest a change")
		s.want("Chidi", "/", 200, "A swap is proposed to you")
		// What was not openly offered can't be asked for, and nothing changed is
		// no change.
		for _, wrong := range []string{
			form(1, dye, hide, "lessons=2&minutes=45&format=online"), form(1, dye, weave, "lessons=4&minutes=45&format=online"),
			form(1, dye, weave, "lessons=0&minutes=500&format=post"), form(1, spin, weave, "lessons=2&minutes=45&format=online"),
			form(1, 0, weave, "lessons=2&minutes=45&format=online"), form(1, dye, 0, "lessons=2&minutes=45&format=online"),
		} {
			if code, page := s.post("Chidi", at+"/changes", wrong+"&note="); code != 422 {
				t.Errorf("%s answers %d %s", wrong, code, page)
			}
		}
		everything := "version=1&teach=none&learn=" + hide.String() + "&lessons=0&minutes=500&format=post&note=" + strings.Repeat("n", 501)
		tellsAll(t, s, "Chidi", at+"/changes", everything)
		s.jobs() // the proposal is told
		if code, to := s.post("Chidi", at+"/changes", form(1, dye, spin, "lessons=2&minutes=60&format=person&note=I+have+no+quiet+corner")); code != 303 || to != at {
			t.Fatalf("suggesting a change answers %d %s", code, to)
		}
		s.want("Ben", "/", 200, "A change to a swap waits for your yes", "-", "A swap is proposed to you")
		s.jobs()
		if s.told("Ben", "swap_changed") != 1 || s.told("Chidi", "swap_changed") != 0 {
			t.Error("a change is told to the wrong people")
		}
		// Nothing stands, it is Ben's turn, and he sees what changed.
		w := s.swapsOf("Ben")[0]
		if w.State != swaps.Proposed || w.Version != 2 || w.Members[0].Answer != "" || w.Members[1].Answer != "yes" || w.Members[0].Skill.ID != spin {
			t.Fatalf("after the change the swap is %+v", w)
		}
		s.want("Ben", "/swaps", 200, "Chidi suggests a change", "Suggest a change", `name="version" value="2"`)
		s.want("Ben", at, 200, "2 × 1 h each, instead of 4 × 45 min.", "In person, instead of: Online.", "You teach spinning, instead of weaving.", "I have no quiet corner", "Mornings?", "You proposed it")
		s.want("Chidi", at, 200, "You suggested a change", "You learn spinning, instead of weaving.")
		// Who changed last can't accept; a yes to what was said before is none.
		if code, _ := s.post("Chidi", at+"/answer", "answer=yes&version=2"); code != 303 || s.swapsOf("Ben")[0].State != swaps.Proposed {
			t.Errorf("who changed last accepts their own change: %d", code)
		}
		s.want("Ben", at, 200)
		if code, page := s.post("Ben", at+"/answer", "answer=yes&version=1"); code != 409 || !strings.Contains(page, "changed in the meantime") {
			t.Errorf("accepting what was read before the change answers %d", code)
		}
		if code := s.call("Ben", "PUT", "/api/v1"+at+"/answer", map[string]any{"answer": "yes"}, nil); code != 409 {
			t.Errorf("accepting without having read the change answers %d", code)
		}
		// Ben changes again, from two screens: the first one counts, and on the
		// second his words stay.
		if code, _ := s.post("Ben", at+"/changes", form(2, spin, dye, "lessons=3&minutes=60&format=person&note=One+more")); code != 303 {
			t.Fatalf("changing again answers %d", code)
		}
		if code, page := s.post("Ben", at+"/changes", form(2, spin, dye, "lessons=5&minutes=60&format=person&note=Or+rather+five")); code != 409 || !strings.Contains(page, "Or rather five") || !strings.Contains(page, "You have answered already") {
			t.Errorf("a second screen answers %d\n%s", code, page)
		}
		// A yes on the screen from before his own change is not taken for one to
		// what he changed it to, nor for one to what it was.
		if code, page := s.post("Ben", at+"/answer", "answer=yes&version=2"); code != 409 || !strings.Contains(page, "You have answered already") || !strings.Contains(page, "3 × 1 h each") {
			t.Errorf("accepting what one's own change replaced answers %d\n%s", code, page)
		}
		// Chidi has version 2 before her on an old screen.
		code, page := s.post("Chidi", at+"/changes", form(2, dye, weave, "lessons=1&minutes=60&format=person&note=Only+one"))
		if code != 409 || !strings.Contains(page, "Only one") || !strings.Contains(page, "changed in the meantime") || !strings.Contains(page, "3 × 1 h") || !strings.Contains(page, `name="version" value="3"`) {
			t.Errorf("a change to what was changed meanwhile answers %d\n%s", code, page)
		}
		var api struct {
			Items []swaps.SwapTermsJSON
		}
		if code := s.call("Chidi", "GET", "/api/v1"+at+"/changes", nil, &api); code != 200 || len(api.Items) != 3 || api.Items[2].Note != "One more" || api.Items[0].Person != s.cast["Ben"].Person.String() {
			t.Errorf("the history is %d %+v", code, api.Items)
		}
		if code := s.call("Ada", "GET", "/api/v1"+at+"/changes", nil, nil); code != 404 {
			t.Errorf("an admin reads the history of others: %d", code)
		}
		if code := s.call("Chidi", "PUT", "/api/v1"+at+"/answer", map[string]any{"answer": "yes", "version": 3}, nil); code != 204 {
			t.Fatalf("accepting answers %d", code)
		}
		if w := s.swapsOf("Ben")[0]; w.State != swaps.Standing || w.Lessons != 3 || w.Minutes != 60 || w.Format != swaps.InPerson {
			t.Errorf("what stands is %+v", w)
		}
		if code, _ := s.post("Chidi", at+"/changes", form(3, dye, weave, "lessons=1&minutes=60&format=person")); code != 409 {
			t.Errorf("a swap that stands is changed: %d", code)
		}
		s.want("Ben", at, 200, "How it came about", "Mornings?")
		// A merge of skills reaches what is remembered.
		if err := s.house.Skills.Merge(t.Context(), s.as("Ada"), weave, spin); err != nil {
			t.Fatal(err)
		}
		s.call("Chidi", "GET", "/api/v1"+at+"/changes", nil, &api)
		if len(api.Items) != 3 || !slices.Equal(api.Items[0].Teaches, []string{"spinning", "dyeing"}) {
			t.Errorf("after a merge the history is %+v", api.Items)
		}
	})
}

func TestHoursInAChangeAreTheLearnersToOffer(t *testing.T) {
	t.Parallel()
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.swapping()
		s.write(func(tx *db.Tx) error {
			_, err := tx.Exec("INSERT INTO hour_accounts (holder_id, minutes) VALUES ($1, 60)", s.cast["Ben"].Person)
			return err
		})
		weave := s.says("Ben", skills.Teach, "weaving", 4, true)
		dye := s.says("Chidi", skills.Teach, "dyeing", 3, true)
		n, err := s.house.Swaps.Propose(t.Context(), s.as("Ben"), swaps.Proposal{To: s.cast["Chidi"].Person, Learn: dye, Lessons: 1, Minutes: 60, Format: swaps.Online})
		if err != nil {
			t.Fatal(err)
		}
		// Chidi asks for two lessons: more hours than Ben has, which nobody tells
		// her. Ben can't accept that, and offers to teach instead.
		change := func(who string, c swaps.Change) error {
			_, err := s.house.Swaps.Suggest(t.Context(), s.as(who), n, c)
			return err
		}
		if err := change("Chidi", swaps.Change{Version: 1, Teach: dye, Lessons: 2, Minutes: 60, Format: swaps.Online}); err != nil {
			t.Fatal(err)
		}
		if err := s.house.Swaps.Answer(t.Context(), s.as("Ben"), n, 2, true, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("Ben pays hours he hasn't: %v", err)
		}
		if w := s.swapsOf("Ben")[0]; w.State != swaps.Proposed || w.Members[0].Answer != "" {
			t.Errorf("what could not be paid is %+v", w)
		}
		s.want("Ben", "/swaps/"+n.String()+"/changes/new", 200, "for hours I am owed")
		if err := change("Ben", swaps.Change{Version: 2, Learn: dye, Lessons: 3, Minutes: 60, Format: swaps.Online}); !fault.Is(err, fault.Conflict) {
			t.Errorf("Ben offers hours he hasn't: %v", err)
		}
		if err := change("Ben", swaps.Change{Version: 2, Teach: weave, Learn: dye, Lessons: 2, Minutes: 60, Format: swaps.Online}); err != nil {
			t.Fatal(err)
		}
		if err := change("Chidi", swaps.Change{Version: 3, Teach: dye, Lessons: 1, Minutes: 60, Format: swaps.Online}); !fault.Is(err, fault.Invalid) {
			t.Errorf("Chidi asks for hours Ben does not offer: %v", err)
		}
		if err := s.house.Swaps.Answer(t.Context(), s.as("Chidi"), n, 3, true, ""); err != nil {
			t.Fatal(err)
		}
		if w := s.swapsOf("Ben")[0]; w.State != swaps.Standing || w.Owed || s.owed("Ben") != 60 {
			t.Errorf("what stands is %+v, Ben is owed %d", w, s.owed("Ben"))
		}
	})
}

func TestEachMemberOfARingMayChangeItsLessonsOnceAndTheOthersAreAskedAgain(t *testing.T) {
	t.Parallel()
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.swapping()
		s.hire("Dora")
		s.says("Ben", skills.Teach, "weaving", 4, true)
		s.says("Ben", skills.Want, "sewing", 1, true)
		s.says("Chidi", skills.Teach, "dyeing", 3, true)
		s.says("Chidi", skills.Want, "weaving", 1, false) // Chidi keeps it closed
		s.says("Dora", skills.Teach, "sewing", 3, true)
		s.says("Dora", skills.Want, "dyeing", 1, true)
		if _, err := s.house.Swaps.Start(t.Context(), s.as("Ada")); err != nil {
			t.Fatal(err)
		}
		s.jobs()
		ring := s.swapsOf("Chidi")[0]
		change := func(who string, c swaps.Change) error {
			_, err := s.house.Swaps.Suggest(t.Context(), s.as(who), ring.ID, c)
			s.jobs()
			return err
		}
		answer := func(who string, version int, yes bool) error {
			err := s.house.Swaps.Answer(t.Context(), s.as(who), ring.ID, version, yes, "")
			s.jobs()
			return err
		}
		// Chidi changes it while she alone is asked: for the others it is the
		// proposal, told once.
		if err := change("Chidi", swaps.Change{Version: 1, Lessons: 2, Minutes: 60, Format: swaps.Online}); err != nil {
			t.Fatal(err)
		}
		if s.told("Ben", "swap_proposed") != 1 || s.told("Ben", "swap_changed") != 0 || s.told("Dora", "swap_proposed") != 1 {
			t.Error("after the change the others are not asked once")
		}
		if err := answer("Ben", 2, true); err != nil {
			t.Fatal(err)
		}
		// Dora changes it: Ben and Chidi are asked again, and Chidi's wish, which
		// she told by accepting, stays told.
		if err := change("Dora", swaps.Change{Version: 2, Lessons: 2, Minutes: 30, Format: swaps.Online, Note: "Half an hour is what I have"}); err != nil {
			t.Fatal(err)
		}
		if s.told("Ben", "swap_changed") != 1 || s.told("Chidi", "swap_changed") != 1 || s.told("Dora", "swap_changed") != 0 {
			t.Error("the change is told to the wrong people")
		}
		s.want("Ben", "/swaps/"+ring.ID.String(), 200, "You teach Chidi weaving.", "2 × 30 min each, instead of 2 × 1 h.", "A round found it", "Dora suggests a change")
		if err := change("Ben", swaps.Change{Version: 3, Lessons: 3, Minutes: 30, Format: swaps.Online}); err != nil {
			t.Fatal(err)
		}
		if err := change("Chidi", swaps.Change{Version: 4, Lessons: 1, Minutes: 30, Format: swaps.Online}); !fault.Is(err, fault.Conflict) {
			t.Errorf("Chidi changes the ring twice: %v", err)
		}
		if w := s.swapsOf("Ben")[0]; w.Due.Before(ring.Due) {
			t.Errorf("a change brings the deadline forward from %v to %v", ring.Due, w.Due)
		}
		for _, who := range []string{"Chidi", "Dora"} {
			if err := answer(who, 4, true); err != nil {
				t.Fatal(who, err)
			}
		}
		w := s.swapsOf("Dora")[0]
		if w.State != swaps.Standing || w.Lessons != 3 || w.Minutes != 30 || w.Members[w.Version%3].Skill.ID == 0 {
			t.Errorf("what stands is %+v", w)
		}
	})
}

// turn is one thing somebody does to a proposal of which they read a version.
type turn struct {
	person, version int
	what            byte // c(hange), y(es), n(o)
}

// TestAProposalThatTwoChangeAndAcceptAtOnceHasOneHistory lets both sides change,
// accept and decline at the same time, from old screens too: nothing stands
// that its acceptor had not read, and of two changes one counts.
func TestAProposalThatTwoChangeAndAcceptAtOnceHasOneHistory(t *testing.T) {
	t.Parallel()
	type proposal struct {
		state   byte // p(roposed), s(tanding), d(eclined)
		version int
		answers [2]byte
	}
	model := porcupine.Model{
		Init: func() any { return proposal{state: 'p', version: 1, answers: [2]byte{'y', 0}} },
		Step: func(state, input, output any) (bool, any) {
			p, x, ok := state.(proposal), input.(turn), output.(bool)
			switch {
			case x.what != 'c' && p.answers[x.person] == x.what && (x.what == 'n' || x.version == p.version):
				return ok, p // they said so before
			case p.state != 'p', x.what != 'n' && x.version != p.version, x.what != 'n' && p.answers[x.person] == 'y':
				return !ok, p
			}
			switch x.what {
			case 'n':
				p.state, p.answers[x.person] = 'd', 'n'
			case 'y':
				p.state, p.answers[x.person] = 's', 'y'
			default:
				p.version++
				p.answers = [2]byte{}
				p.answers[x.person] = 'y'
			}
			return ok, p
		},
		Equal: func(a, b any) bool { return a == b },
	}
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.swapping()
		// Which of them comes first is up to the machine: rounds follow until enough
		// changes and a proposal that stood were among them.
		const atLeast, atMost = 8, 60
		stood, changed, round := 0, 0, 0
		for ; round < atLeast || round < atMost && (changed < 8 || stood == 0); round++ {
			names := [2]string{fmt.Sprintf("A%d", round), fmt.Sprintf("B%d", round)}
			s.hire(names[:]...)
			a := s.says(names[0], skills.Teach, fmt.Sprintf("round %d first", round), 3, true)
			b := s.says(names[1], skills.Teach, fmt.Sprintf("round %d second", round), 3, true)
			teaches := [2]id.ID{a, b}
			n, err := s.house.Swaps.Propose(t.Context(), s.as(names[0]), swaps.Proposal{To: s.cast[names[1]].Person, Teach: a, Learn: b, Lessons: 1, Minutes: 45, Format: swaps.Online})
			if err != nil {
				t.Fatal(err)
			}
			const turns = 36
			begun := time.Now()
			ops := make([]porcupine.Operation, turns)
			var all sync.WaitGroup
			for c := range clients {
				all.Add(1)
				go func() {
					defer all.Done()
					for i := c; i < turns; i += clients {
						// Everybody reads what it says now, every fourth answers an older screen.
						x := turn{person: i % 2, what: 'c'}
						by, err := s.house.People.ActorOf(t.Context(), s.cast[names[x.person]].Person)
						if err != nil {
							t.Error(err)
							return
						}
						read, err := s.house.Swaps.Open(t.Context(), by, n)
						if err != nil {
							t.Error(err)
							return
						}
						if x.version = read.Version; i%4 == 3 && x.version > 1 {
							x.version--
						}
						if x.version > 1 && i%6 >= 4 {
							x.what = 'y'
						}
						if i == 30 && round%4 == 3 {
							x.what = 'n'
						}
						at := time.Since(begun).Nanoseconds()
						if x.what == 'c' {
							_, err = s.house.Swaps.Suggest(t.Context(), by, n, swaps.Change{
								Version: x.version, Teach: teaches[x.person], Learn: teaches[1-x.person], Lessons: 1 + x.version, Minutes: 15 + i, Format: swaps.Online,
							})
						} else {
							err = s.house.Swaps.Answer(t.Context(), by, n, x.version, x.what == 'y', "")
						}
						if err != nil && !fault.Is(err, fault.Conflict) {
							t.Errorf("%+v: %v", x, err)
						}
						ops[i] = porcupine.Operation{ClientId: c, Input: x, Call: at, Output: err == nil, Return: time.Since(begun).Nanoseconds()}
					}
				}()
			}
			all.Wait()
			if !porcupine.CheckOperations(model, ops) {
				t.Errorf("round %d: no order explains %+v", round, ops)
			}
			w, err := s.house.Swaps.Open(t.Context(), s.as(names[0]), n)
			if err != nil {
				t.Fatal(err)
			}
			said, err := s.house.Swaps.History(t.Context(), s.as(names[1]), n)
			if err != nil || w.Version > 1 && len(said) != w.Version {
				t.Errorf("round %d: %d versions are remembered of %d, %v", round, len(said), w.Version, err)
			}
			for i, x := range said {
				if x.Version != i+1 {
					t.Errorf("round %d: version %d stands at %d", round, x.Version, i)
				}
			}
			if len(said) > 0 && (said[len(said)-1].Minutes != w.Minutes || said[len(said)-1].Lessons != w.Lessons) {
				t.Errorf("round %d: the swap says %d × %d, its history %+v", round, w.Lessons, w.Minutes, said[len(said)-1])
			}
			changed += w.Version - 1
			if w.State == swaps.Standing {
				stood++
			}
		}
		if changed < 8 || stood == 0 {
			t.Errorf("only %d changes, %d of %d proposals stood", changed, stood, round)
		}
		t.Logf("%d changes, %d of %d proposals stood", changed, stood, round)
	})
}
