package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/ledger"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
)

// swapPages makes a swap of Ada's that stands with a lesson that took place,
// and one that waits for her, and returns the first and what she taught in it.
func (g *guild) swapPages() (swap, teaching id.ID) {
	g.Helper()
	teaching = must[id.ID](g)(id.Parse(g.swapOf("Ada", "Mia", "/teachings/")))
	ada := g.actor("Ada")
	list, _, err := g.house.Swaps.List(context.Background(), ada, false, 0, 0)
	if err != nil || len(list) != 1 {
		g.Fatal(list, err)
	}
	ben := g.actor("Ben")
	tags := must[[]skills.Declaration](g)(g.declared(ben.Person))
	must[id.ID](g)(g.house.Swaps.Propose(context.Background(), ben, swaps.Proposal{
		To: ada.Person, Teach: tags[0].ID, Learn: list[0].Members[0].Skill.ID, Lessons: 4, Minutes: 45, Format: swaps.InPerson, Note: "After the early shift?",
	}))
	return list[0].ID, teaching
}

// waiting is a swap that waits for somebody's answer.
func (g *guild) waiting(who string) (n id.ID) {
	g.Helper()
	by := g.actor(who)
	list, _, err := g.house.Swaps.List(context.Background(), by, false, 0, 0)
	for _, w := range list {
		if w.State == swaps.Proposed && w.Author != by.Author {
			n = w.ID
		}
	}
	if n == 0 {
		g.Fatalf("no swap waits for %s, %v", who, err)
	}
	return n
}

// declared is what somebody says that they can teach.
func (g *guild) declared(person id.ID) (list []skills.Declaration, err error) {
	err = g.house.DB.Read(context.Background(), func(tx *db.Tx) error {
		list, err = skills.ForMatching(tx, []id.ID{person})
		return err
	})
	return slices.DeleteFunc(list, func(d skills.Declaration) bool { return d.Direction != skills.Teach }), err
}

// swap makes what the path of a swap names: one of Ben's and Mia's, as far as
// the path needs it.
func (g *guild) swap(path string) string { return g.swapOf("Ben", "Mia", path) }

func (g *guild) swapOf(one, other, path string) string {
	g.Helper()
	ctx, h, ben, mia := context.Background(), g.house, g.actor(one), g.actor(other)
	weave := must[skills.Tag](g)(h.Skills.Declare(ctx, ben, skills.Declaration{Tag: skills.Tag{Name: "weaving"}, Direction: skills.Teach, Level: 4, Open: true}))
	dye := must[skills.Tag](g)(h.Skills.Declare(ctx, mia, skills.Declaration{Tag: skills.Tag{Name: "dyeing"}, Direction: skills.Teach, Level: 4, Open: true}))
	g.write(func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE swaps SET state = 'done' WHERE state IN ('proposed', 'standing')")
		return err
	})
	n := must[id.ID](g)(h.Swaps.Propose(ctx, ben, swaps.Proposal{To: mia.Person, Teach: weave.ID, Learn: dye.ID, Lessons: 12, Minutes: 30, Format: swaps.Online}))
	g.places = map[string]string{"{ben}": ben.Person.String(), "{weave}": weave.ID.String(), "{dye}": dye.ID.String()}
	if strings.HasSuffix(path, "/answer") || strings.HasSuffix(path, "/withdrawal") || strings.Contains(path, "/changes") || path == "/swaps/{id}" {
		return n.String()
	}
	if err := h.Swaps.Answer(ctx, mia, n, 1, true, ""); err != nil {
		g.Fatal(err)
	}
	if !strings.HasSuffix(path, "/thanks") && !strings.HasPrefix(path, "/teachings/") {
		return n.String()
	}
	now := g.clock.Now()
	lesson := must[id.ID](g)(h.Swaps.PlanLesson(ctx, ben, n, ben.Person, meet.New{Start: now.Add(time.Minute), End: now.Add(31 * time.Minute), Zone: "UTC"}))
	g.clock.Advance(time.Hour)
	if err := h.Meetings.Confirm(ctx, mia, lesson, "yes"); err != nil {
		g.Fatal(err)
	}
	g.drain()
	g.places["{lesson}"] = lesson.String()
	if strings.HasPrefix(path, "/teachings/") {
		w, err := h.Swaps.Open(ctx, ben, n)
		if err != nil {
			g.Fatal(err)
		}
		return w.Members[0].ID.String()
	}
	return n.String()
}

// says lets somebody of the cast say what they can teach or want.
func (s *stage) says(who string, d skills.Direction, skill string, level int, open bool) id.ID {
	s.Helper()
	t, err := s.house.Skills.Declare(s.Context(), s.as(who), skills.Declaration{Tag: skills.Tag{Name: skill}, Direction: d, Level: level, Work: true, Open: open})
	if err != nil {
		s.Fatal(err)
	}
	return t.ID
}

// hire adds members to the cast.
func (s *stage) hire(names ...string) {
	s.Helper()
	for _, n := range names {
		s.write(func(tx *db.Tx) (err error) {
			var a actor
			if a.Joined, err = s.house.People.Join(tx, people.Joiner{Name: n, Role: access.Member}, true); err != nil {
				return err
			}
			if a.cookie, err = s.house.Logins.Start(tx, a.Person, "test"); err != nil {
				return err
			}
			a.token, err = s.house.Logins.NewToken(tx, a.Person, "test", time.Time{})
			s.cast[n] = a
			return err
		})
	}
}

func (s *stage) swapping() {
	s.Helper()
	if err := s.house.Organisation.Change(s.Context(), func(x *organisation.Settings) error {
		x.Practices = map[string]bool{"swaps": true}
		return nil
	}); err != nil {
		s.Fatal(err)
	}
}

// swapsOf are somebody's swaps that are proposed or stand, the latest first.
func (s *stage) swapsOf(who string) []swaps.Swap {
	s.Helper()
	list, _, err := s.house.Swaps.List(s.Context(), s.as(who), false, 0, 0)
	if err != nil {
		s.Fatal(err)
	}
	return list
}

// told counts somebody's notices of a kind.
func (s *stage) told(who, kind string) int {
	s.Helper()
	n := 0
	if err := s.house.DB.Read(s.Context(), func(tx *db.Tx) error {
		_, err := tx.Row("SELECT COUNT(*) FROM notices WHERE person_id = $1 AND kind = $2", []any{&n}, s.cast[who].Person, kind)
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return n
}

// lesson plans a lesson in a moment, lets it pass and lets the learner say that
// they met.
func (s *stage) lesson(swap id.ID, teacher, learner string, length time.Duration) id.ID {
	s.Helper()
	at := s.clock.Now().Add(time.Minute)
	m, err := s.house.Swaps.PlanLesson(s.Context(), s.as(learner), swap, s.cast[teacher].Person, meet.New{Start: at, End: at.Add(length), Zone: "UTC"})
	if err != nil {
		s.Fatal(err)
	}
	s.clock.Advance(length + time.Hour)
	if err := s.house.Meetings.Confirm(s.Context(), s.as(learner), m, "yes"); err != nil {
		s.Fatal(err)
	}
	s.jobs()
	return m
}

func (s *stage) owed(who string) int {
	s.Helper()
	n, _, _, err := s.house.Swaps.Statement(s.Context(), s.as(who), 0, 0)
	if err != nil {
		s.Fatal(err)
	}
	return n
}

func TestTwoPeopleSwapFromTheProposalToTheReceipts(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		if code, _ := s.get("Ben", "/swaps"); code != 404 {
			t.Errorf("while the practice is off its page answers %d", code)
		}
		s.swapping()
		weave := s.says("Ben", skills.Teach, "weaving", 4, true)
		dye := s.says("Chidi", skills.Teach, "dyeing", 3, true)
		s.says("Chidi", skills.Want, "weaving", 1, true)
		s.says("Ben", skills.Want, "dyeing", 1, false)
		_, page := s.get("Ben", "/swaps")
		if !strings.Contains(page, "Chidi") || !strings.Contains(page, "/swaps/new?with="+s.cast["Chidi"].Person.String()) {
			t.Errorf("the two-way match is not shown:\n%s", page)
		}
		// Chidi does not learn of Ben's wish, which he keeps to himself.
		for _, path := range []string{"/swaps", "/swaps/offers", "/swaps/new?with=" + s.cast["Ben"].Person.String()} {
			if _, page := s.get("Chidi", path); strings.Contains(page, "/swaps/new?with="+s.cast["Ben"].Person.String()+"&amp;teach") {
				t.Errorf("%s tells of a wish that is kept closed", path)
			}
		}
		var made struct{ ID string }
		send := map[string]any{"to": s.cast["Chidi"].Person, "learn": dye, "teach": weave, "lessons": 1, "minutes": 60, "format": "person", "note": "After the shift?"}
		if code := s.call("Ben", "POST", "/api/v1/swaps", send, &made); code != 201 {
			t.Fatalf("proposing answers %d", code)
		}
		if code := s.call("Ben", "POST", "/api/v1/swaps", send, nil); code != 409 {
			t.Errorf("proposing twice answers %d", code)
		}
		s.jobs()
		if s.told("Chidi", "swap_proposed") != 1 || s.told("Ben", "swap_proposed") != 0 {
			t.Error("a proposal is told to the wrong people")
		}
		if code, _ := s.get("Ada", "/swaps/"+made.ID); code != 404 {
			t.Errorf("an admin opens a swap of others: %d", code)
		}
		_, page = s.get("Chidi", "/swaps")
		if !strings.Contains(page, "<svg class=\"ring\"") || !strings.Contains(page, "Ben teaches you weaving.") {
			t.Errorf("the ring is not drawn:\n%s", page)
		}
		if code, to := s.post("Chidi", "/swaps/"+made.ID+"/answer", "answer=yes"); code != 303 || to != "/swaps/"+made.ID {
			t.Fatalf("accepting answers %d %s", code, to)
		}
		s.jobs()
		if s.told("Ben", "swap_stands") != 1 {
			t.Error("Ben is not told that the swap stands")
		}
		n, _ := id.Parse(made.ID)
		m := s.lesson(n, "Ben", "Chidi", time.Hour)
		if code := s.call("Chidi", "PUT", "/api/v1/swaps/"+made.ID+"/thanks", map[string]any{"lesson": m, "words": "Now I can thread the loom alone.", "shown": true, "again": "yes"}, nil); code != 204 {
			t.Errorf("thanking answers %d", code)
		}
		if w := s.swapsOf("Ben"); len(w) != 1 || w[0].State != swaps.Standing || w[0].Members[0].Given != 60 {
			t.Errorf("after one of two lessons: %+v", w)
		}
		s.lesson(n, "Chidi", "Ben", time.Hour)
		w, err := s.house.Swaps.Open(t.Context(), s.as("Ben"), n)
		if err != nil || w.State != swaps.Done {
			t.Errorf("after the last lesson the swap is %s, %v", w.State, err)
		}
		s.jobs()
		if s.told("Ben", "swap_thanked") != 1 || s.told("Chidi", "swap_thanked") != 0 {
			t.Error("thanks are told to the wrong people")
		}
		for who, kinds := range map[string]map[ledger.Kind]id.ID{"Ben": {ledger.Taught: weave, ledger.Learnt: dye}, "Chidi": {ledger.Taught: dye, ledger.Learnt: weave}} {
			for kind, skill := range kinds {
				count := 0
				if err := d.Read(t.Context(), func(tx *db.Tx) error {
					_, err := tx.Row("SELECT COUNT(*) FROM receipts WHERE author_id = $1 AND kind = $2 AND skill_id = $3", []any{&count}, s.cast[who].Author, string(kind), skill)
					return err
				}); err != nil || count != 1 {
					t.Errorf("%s has %d receipts %s, %v", who, count, kind, err)
				}
			}
		}
		code, page := s.get("Ada", "/teachings/"+w.Members[0].ID.String())
		if code != 200 || !strings.Contains(page, "Now I can thread the loom alone.") || strings.Contains(page, "Chidi") {
			t.Errorf("what Ben taught is shown as %d\n%s", code, page)
		}
		var taught swaps.TeachingJSON
		if code := s.call("Ada", "GET", "/api/v1/teachings/"+w.Members[0].ID.String(), nil, &taught); code != 200 || taught.Person != s.cast["Ben"].Person.String() ||
			taught.Skill.Name != "weaving" || taught.Lessons == 0 || !slices.Equal(taught.Thanks, []string{"Now I can thread the loom alone."}) {
			t.Errorf("what Ben taught is %d %+v", code, taught)
		}
		if s.owed("Ben") != 0 || s.owed("Chidi") != 0 {
			t.Error("after an even swap somebody owes somebody")
		}
	})
}

func TestARoundFindsARingWhereNoTwoFitAndARefusalIsRepairedAtOnce(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)) // a Tuesday
		s := playAt(t, d, c)
		s.swapping()
		s.hire("Dora", "Emil")
		s.says("Ben", skills.Teach, "weaving", 4, true)
		s.says("Ben", skills.Want, "sewing", 1, true)
		s.says("Chidi", skills.Teach, "dyeing", 3, true)
		s.says("Chidi", skills.Want, "weaving", 1, false) // Chidi keeps it closed
		s.says("Dora", skills.Teach, "sewing", 3, true)
		s.says("Dora", skills.Want, "dyeing", 1, true)
		if code, _ := s.post("Ben", "/swaps/rounds", ""); code != 404 {
			t.Errorf("a member starts a round: %d", code)
		}
		if code, _ := s.post("Ada", "/swaps/rounds", ""); code != 303 {
			t.Fatalf("starting a round answers %d", code)
		}
		s.jobs()
		// Chidi keeps the wish closed, so Chidi is asked before anybody else
		// learns of the ring.
		if len(s.swapsOf("Ben")) != 0 || len(s.swapsOf("Dora")) != 0 || s.told("Ben", "swap_proposed") != 0 {
			t.Error("others learn of a ring before the owner of a closed wish agreed")
		}
		list := s.swapsOf("Chidi")
		if len(list) != 1 || len(list[0].Members) != 3 {
			t.Fatalf("Chidi is proposed %+v", list)
		}
		if due := list[0].Due; due != time.Date(2026, 11, 28, 17, 0, 0, 0, time.UTC) {
			t.Errorf("the ring closes at %v", due)
		}
		answer := func(who string, yes bool) {
			t.Helper()
			if err := s.house.Swaps.Answer(t.Context(), s.as(who), s.swapsOf(who)[0].ID, 1, yes, swaps.WhyTime); err != nil {
				t.Fatalf("%s answers: %v", who, err)
			}
			s.jobs()
		}
		answer("Chidi", true)
		if s.told("Ben", "swap_proposed") != 1 || s.told("Dora", "swap_proposed") != 1 {
			t.Error("after Chidi accepted the others are not asked")
		}
		answer("Ben", true)
		// Emil can stand in for Dora, who declines.
		s.says("Emil", skills.Teach, "sewing", 2, true)
		s.says("Emil", skills.Want, "dyeing", 1, true)
		old := s.swapsOf("Dora")[0].ID
		answer("Dora", false)
		if w, err := s.house.Swaps.Open(t.Context(), s.as("Ben"), old); err != nil || w.State != swaps.Declined || !w.Mended {
			t.Errorf("the refused ring is %s, mended %v, %v", w.State, w.Mended, err)
		}
		next := s.swapsOf("Chidi")
		if len(next) != 1 || next[0].Mends != old || len(next[0].Members) != 3 {
			t.Fatalf("the ring is not repaired with Emil: %+v", next)
		}
		answer("Chidi", true)
		answer("Ben", true)
		answer("Emil", true)
		ring := s.swapsOf("Ben")[0]
		if ring.State != swaps.Standing {
			t.Fatalf("when all accept the ring is %s", ring.State)
		}
		if s.told("Emil", "swap_stands") != 0 || s.told("Ben", "swap_stands") != 1 {
			t.Error("that the ring stands is told to the wrong people")
		}
		// Ben teaches an hour, then Emil leaves: Ben is owed it, Chidi owes it.
		s.lesson(ring.ID, "Ben", "Chidi", time.Hour)
		if err := s.house.Swaps.Leave(t.Context(), s.as("Emil"), ring.ID, ""); err != nil {
			t.Fatal(err)
		}
		s.jobs()
		if s.owed("Ben") != 60 || s.owed("Chidi") != -60 || s.owed("Emil") != 0 {
			t.Errorf("owed are %d, %d and %d minutes", s.owed("Ben"), s.owed("Chidi"), s.owed("Emil"))
		}
		if _, page := s.get("Ben", "/swaps/hours"); !strings.Contains(page, "Taught in a swap that broke") {
			t.Errorf("the statement does not say so:\n%s", page)
		}
		// Dora can still stand in for Emil, so Ben and Chidi are in a ring again.
		if again := s.swapsOf("Chidi"); len(again) != 1 || again[0].Mends != ring.ID {
			t.Errorf("after Emil left, Chidi is proposed %+v", again)
		}
		// Chidi, who is asked first, does not answer in time. Ben and Dora were
		// never asked and come first next time.
		last := s.swapsOf("Chidi")[0]
		c.Set(last.Due.Add(time.Minute))
		s.jobs()
		if w, err := s.house.Swaps.Open(t.Context(), s.as("Chidi"), last.ID); err != nil || w.State != swaps.Lapsed {
			t.Errorf("after its deadline a ring is %s, %v", w.State, err)
		}
		var first []id.ID
		if err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
			first, err = db.All(tx, "SELECT person_id FROM swap_firsts ORDER BY person_id", func(r *db.Rows, n *id.ID) error { return r.Scan(n) })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if want := []id.ID{s.cast["Ben"].Person, s.cast["Dora"].Person}; !slices.Equal(first, want) {
			t.Errorf("%v come first next time, want %v", first, want)
		}
		// Ben learns for the hour he is owed; a second time there is none left.
		sew := s.says("Dora", skills.Teach, "sewing", 3, true)
		p := swaps.Proposal{To: s.cast["Dora"].Person, Learn: sew, Lessons: 1, Minutes: 60, Format: swaps.Either}
		n, err := s.house.Swaps.Propose(t.Context(), s.as("Ben"), p)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.house.Swaps.Answer(t.Context(), s.as("Dora"), n, 1, true, ""); err != nil {
			t.Fatal(err)
		}
		p.To = s.cast["Emil"].Person
		if _, err := s.house.Swaps.Propose(t.Context(), s.as("Ben"), p); !fault.Is(err, fault.Conflict) {
			t.Errorf("an owed hour is spent twice: %v", err)
		}
		s.lesson(n, "Dora", "Ben", time.Hour)
		if s.owed("Ben") != 0 || s.owed("Dora") != 60 {
			t.Errorf("after learning for it Ben is owed %d and Dora %d", s.owed("Ben"), s.owed("Dora"))
		}
		balanced(t, d)
	})
}

// balanced fails unless every entry adds up to nothing and every account is the
// sum of its lines.
func balanced(t *testing.T, d *db.DB) {
	t.Helper()
	if err := d.Read(t.Context(), func(tx *db.Tx) error {
		for what, text := range map[string]string{
			"entries that do not add up":           "SELECT COUNT(*) FROM (SELECT entry_id FROM hour_lines GROUP BY entry_id HAVING SUM(minutes) <> 0) x",
			"accounts that are not their lines":    "SELECT COUNT(*) FROM hour_accounts a WHERE a.minutes <> COALESCE((SELECT SUM(l.minutes) FROM hour_lines l WHERE l.holder_id = a.holder_id), 0)",
			"accounts of people beyond the limit":  "SELECT COUNT(*) FROM hour_accounts a JOIN people p ON p.id = a.holder_id WHERE a.minutes < -600",
			"accounts of swaps that are overdrawn": "SELECT COUNT(*) FROM hour_accounts a JOIN swaps w ON w.id = a.holder_id WHERE a.minutes < 0",
		} {
			n := -1
			if _, err := tx.Row(text, []any{&n}); err != nil {
				return err
			}
			if n != 0 {
				t.Errorf("%d %s", n, what)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

func TestWhoLeavesTheOrganisationLeavesTheirSwaps(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.swapping()
		weave := s.says("Ben", skills.Teach, "weaving", 4, true)
		dye := s.says("Chidi", skills.Teach, "dyeing", 3, true)
		n, err := s.house.Swaps.Propose(t.Context(), s.as("Ben"), swaps.Proposal{To: s.cast["Chidi"].Person, Teach: weave, Learn: dye, Lessons: 2, Minutes: 45, Format: swaps.Online})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.house.Swaps.Answer(t.Context(), s.as("Chidi"), n, 1, true, ""); err != nil {
			t.Fatal(err)
		}
		s.lesson(n, "Ben", "Chidi", 45*time.Minute)
		if err := s.house.People.Dismiss(t.Context(), s.as("Ada"), s.cast["Chidi"].Person, "former"); err != nil {
			t.Fatal(err)
		}
		s.jobs()
		w, err := s.house.Swaps.Open(t.Context(), s.as("Ben"), n)
		if err != nil || w.State != swaps.Broken {
			t.Errorf("the swap is %s, %v", w.State, err)
		}
		if s.owed("Ben") != 45 || s.told("Ben", "swap_ended") != 1 {
			t.Errorf("Ben is owed %d minutes and told %d times", s.owed("Ben"), s.told("Ben", "swap_ended"))
		}
		balanced(t, d)
	})
}

// crowd fills a house with people who each teach one of many skills and want
// another.
func (s *stage) crowd(n, of int) {
	s.Helper()
	for i := range n {
		name := fmt.Sprintf("P%03d", i)
		s.hire(name)
		s.says(name, skills.Teach, fmt.Sprintf("skill %02d", i%of), 3, true)
		s.says(name, skills.Want, fmt.Sprintf("skill %02d", (i+1)%of), 1, true)
	}
}

// TestARoundThatIsKilledAnywhereIsPublishedOnceOrNotAtAll lets a round fail at
// each of its writes in turn, as a server that dies there would, and runs it
// again.
func TestARoundThatIsKilledAnywhereIsPublishedOnceOrNotAtAll(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.swapping()
		s.crowd(30, 3)
		if _, err := s.house.Swaps.Start(t.Context(), s.as("Ada")); err != nil {
			t.Fatal(err)
		}
		killed := 0
		for kill := 1; ; kill++ {
			ctx, stop := context.WithCancel(t.Context())
			s.house.Swaps.Clock = &dying{Clock: c, left: kill, die: stop}
			err := s.house.Jobs.Drain(ctx)
			died := ctx.Err() != nil
			stop()
			s.house.Swaps.Clock = c
			if err == nil && !died {
				break
			}
			killed++
			var proposed, drafts, published int
			if err := d.Read(t.Context(), func(tx *db.Tx) error {
				if _, err := tx.Row("SELECT COUNT(*) FROM swaps", []any{&proposed}); err != nil {
					return err
				}
				if _, err := tx.Row("SELECT COUNT(*) FROM swap_drafts", []any{&drafts}); err != nil {
					return err
				}
				_, err := tx.Row("SELECT COUNT(*) FROM swap_rounds WHERE state = 'published'", []any{&published})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if published == 0 && proposed > 0 || published == 1 && proposed+drafts != 10 {
				t.Fatalf("killed at %d: %d rings are proposed and %d drafted, published %d", kill, proposed, drafts, published)
			}
			c.Advance(25 * time.Hour) // until the next attempt
			if kill > 500 {
				t.Fatal("the round never ends")
			}
		}
		if killed < 3 {
			t.Errorf("the round died %d times only", killed)
		}
		s.jobs()
		for i := range 30 {
			if n := len(s.swapsOf(fmt.Sprintf("P%03d", i))); n != 1 {
				t.Errorf("P%03d is in %d rings", i, n)
			}
		}
	})
}

// dying is a clock that ends a context when it was looked at so many times.
type dying struct {
	clock.Clock
	left int
	die  func()
}

func (d *dying) Now() time.Time {
	if d.left--; d.left == 0 {
		d.die()
	}
	return d.Clock.Now()
}
