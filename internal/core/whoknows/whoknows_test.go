package whoknows

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/ledger"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/terms"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// hall is an organisation with a ledger, and the words of its sources.
type hall struct {
	rapid.TB
	db      *db.DB
	clock   *clock.Moved
	people  *people.Service
	ledger  *ledger.Ledger
	index   *Index
	words   map[id.ID]Source
	persons map[string]people.Joined
}

func newHall(t rapid.TB, d *db.DB) *hall {
	h := &hall{TB: t, db: d, clock: clock.NewMoved(monday), words: map[id.ID]Source{}, persons: map[string]people.Joined{}}
	h.people = people.New(d, h.clock)
	h.index = &Index{DB: d, Clock: h.clock, Words: func(_ *db.Tx, sources []id.ID) (map[id.ID]Source, error) {
		out := map[id.ID]Source{}
		for _, s := range sources {
			if w, ok := h.words[s]; ok {
				out[s] = w
			}
		}
		return out, nil
	}}
	h.ledger = &ledger.Ledger{DB: d, Clock: h.clock, Changed: h.index.Changed}
	h.write(func(tx *db.Tx) error { return access.EnsureOrganisation(tx, h.clock) })
	for _, n := range []string{"Ada", "Ben", "Chidi", "Dana", "Emil"} {
		h.join(n)
	}
	return h
}

func (h *hall) write(f func(tx *db.Tx) error) {
	h.Helper()
	if err := h.db.Write(context.Background(), f); err != nil {
		h.Fatal(err)
	}
}

func (h *hall) join(name string) people.Joined {
	h.Helper()
	var j people.Joined
	h.write(func(tx *db.Tx) (err error) {
		j, err = h.people.Join(tx, people.Joiner{Name: name}, true)
		return err
	})
	h.persons[name] = j
	return j
}

// shows says that a source has the words and gives the receipts.
func (h *hall) shows(source id.ID, title, body string, rs ...ledger.Receipt) {
	h.Helper()
	h.words[source] = Source{Text: Text{Title: title, Body: body, Lang: "en"}}
	for i := range rs {
		rs[i].Source = source
		if rs[i].Audience == 0 {
			rs[i].Audience = access.Organisation
		}
		if rs[i].At.IsZero() {
			rs[i].At = h.clock.Now()
		}
	}
	h.write(func(tx *db.Tx) error { return h.ledger.Replace(tx, []id.ID{source}, rs) })
}

func (h *hall) answered(who string, skill id.ID) ledger.Receipt {
	return ledger.Receipt{Author: h.persons[who].Author, Kind: ledger.Answered, Skill: skill, Weight: 1}
}

func (h *hall) drain() {
	h.Helper()
	if _, err := h.index.Drain(context.Background()); err != nil {
		h.Fatal(err)
	}
	if err := h.index.Refresh(context.Background()); err != nil {
		h.Fatal(err)
	}
}

func (h *hall) rank(reader string, q Query) Ranking {
	h.Helper()
	var r Ranking
	if err := h.db.Read(context.Background(), func(tx *db.Tx) (err error) {
		r, err = h.index.Rank(tx, h.persons[reader].Person, q)
		return err
	}); err != nil {
		h.Fatal(err)
	}
	return r
}

// names are the people of a ranking who are no near misses.
func (h *hall) names(r Ranking) []string {
	var out []string
	for _, f := range r.People {
		if f.Near {
			continue
		}
		for n, j := range h.persons {
			if j.Author == f.Author {
				out = append(out, n)
			}
		}
	}
	return out
}

const (
	lathe   id.ID = 7001
	welding id.ID = 7002
)

func TestWhoAnsweredAboutItIsNamedFirstWithTheProof(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHall(t, d)
		h.shows(501, "Chatter marks on the lathe", "Lower the speed and stiffen the tool holder.", h.answered("Ada", lathe))
		h.shows(502, "Which gas for welding aluminium", "Argon, and clean the oxide first.", h.answered("Ben", welding))
		h.shows(503, "Lathe chuck slips", "Grease on the jaws: clean them.", h.answered("Ada", lathe))
		h.shows(504, "Where is the canteen menu", "On the door.", h.answered("Chidi", 0))
		h.drain()
		r := h.rank("Dana", Query{Words: "lathe chatter"})
		if got := h.names(r); !slices.Equal(got, []string{"Ada"}) {
			t.Errorf("lathe chatter is known by %v", got)
		}
		if p := r.People[0].Reasons; len(p) == 0 || p[0].Source != 501 {
			t.Errorf("the first proof is %v, not the answer about chatter", p)
		}
		r = h.rank("Dana", Query{Skills: []id.ID{welding}})
		if got := h.names(r); !slices.Equal(got, []string{"Ben"}) {
			t.Errorf("welding is known by %v", got)
		}
		for _, f := range r.People {
			if ben := f.Author == h.persons["Ben"].Author; ben != (len(f.Reasons) == 1) {
				t.Errorf("the proof of welding is %v", f.Reasons)
			} else if ben && f.Reasons[0] != (Reason{Source: 502, Skill: welding}) {
				t.Errorf("the proof of welding is %v", f.Reasons)
			}
		}
	})
}

func TestANewOrganisationRanksByWhatPeopleDeclare(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHall(t, d)
		declared := func(who string, level float64) ledger.Receipt {
			return ledger.Receipt{Author: h.persons[who].Author, Kind: ledger.Declared, Skill: lathe, Weight: level / 4}
		}
		h.shows(601, "Turning on a lathe", "", declared("Ben", 2))
		h.shows(602, "Turning on a lathe", "", declared("Ada", 4))
		h.shows(603, "Turning on a lathe", "", declared("Chidi", 3))
		h.words[604] = Source{Text: Text{Title: "Lathe operator", Body: "Ask me about threads"}, Profile: h.persons["Emil"].Author, Audience: 1, Since: db.At(monday)}
		h.write(func(tx *db.Tx) error { return h.index.Changed(tx, []id.ID{604}) })
		h.drain()
		if got := h.names(h.rank("Dana", Query{Skills: []id.ID{lathe}})); !slices.Equal(got, []string{"Ada", "Chidi", "Ben"}) {
			t.Errorf("levels 4, 3, 2 are ranked %v", got)
		}
		if got := h.names(h.rank("Dana", Query{Words: "threads"})); !slices.Equal(got, []string{"Emil"}) {
			t.Errorf("threads, which Emil offers to be asked about, are known by %v", got)
		}
		if got := h.names(h.rank("Dana", Query{Words: "lathe"})); len(got) != 4 {
			t.Errorf("lathe is known by %v", got)
		}
	})
}

func TestNobodyIsANearMissBesideTheReader(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHall(t, d)
		h.shows(651, "Chatter on the lathe", "Welding the stiffener helps.", h.answered("Ada", lathe), h.answered("Ada", welding))
		h.shows(652, "Stiffener of the press", "Bolt it.", h.answered("Ben", 0))
		h.drain()
		q := Query{Skills: []id.ID{lathe, welding}, Words: "stiffener"}
		if got := h.names(h.rank("Dana", q)); !slices.Equal(got, []string{"Ada"}) {
			t.Errorf("beside Ada, who knows it all, those who are no near misses are %v", got)
		}
		q.Own = h.persons["Ada"].Author
		if got := h.names(h.rank("Ada", q)); !slices.Equal(got, []string{"Ada", "Ben"}) {
			t.Errorf("when Ada asks, those who are no near misses are %v", got)
		}
		q.Own = h.persons["Ben"].Author
		if got := h.names(h.rank("Ben", q)); !slices.Equal(got, []string{"Ada"}) {
			t.Errorf("when Ben asks, those who are no near misses are %v", got)
		}
	})
}

func TestWhoHasTheSkillThatWasNamedIsNoNearMissBesideARareWord(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHall(t, d)
		h.shows(651, "Chatter on the lathe", "Slower.", h.answered("Ada", lathe))
		h.shows(652, "Northwater asks for a firmware", "Send it.", h.answered("Ben", 0))
		for i := range id.ID(200) { // among so many sources a word of one is rare
			h.shows(700+i, "A question of the day", "Ask again.", h.answered("Chidi", 0))
		}
		h.drain()
		got := h.names(h.rank("Dana", Query{Skills: []id.ID{lathe}, Words: "northwater firmware"}))
		slices.Sort(got)
		if !slices.Equal(got, []string{"Ada", "Ben"}) {
			t.Errorf("those who are no near misses are %v", got)
		}
	})
}

func TestWhoShowedTheSkillThatWasNamedComesBeforeWhoHasASideWord(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHall(t, d)
		h.shows(651, "Chatter on the lathe", "Slower.", h.answered("Ada", lathe))
		h.shows(652, "Northwater asks for a firmware", "Send it.", h.answered("Ben", 0))
		for i := range id.ID(5) { // they are as busy
			h.shows(653+i, "A question of the day", "Ask again.", h.answered("Ada", 0), h.answered("Ben", 0), h.answered("Chidi", 0))
		}
		for i := range id.ID(20) { // many have the skill, so each of them is a small part of it
			h.shows(660+i, "Lathe of the day", "Oil it.", h.answered("Dana", lathe))
		}
		h.drain()
		q := Query{Skills: []id.ID{lathe}, Words: "northwater firmware", Asker: h.persons["Dana"].Author}
		if got := h.names(h.rank("Emil", q)); !slices.Equal(got, []string{"Ada", "Ben"}) {
			t.Errorf("named are %v, want who showed the skill before who has the words", got)
		}
		// The words still tell apart who has the skill, and where nobody has it
		// they are what there is.
		h.shows(690, "Lathe for Northwater", "Ask them.", h.answered("Chidi", lathe))
		h.drain()
		if got := h.names(h.rank("Emil", q)); len(got) == 0 || got[0] != "Chidi" {
			t.Errorf("named are %v, want who has both first", got)
		}
		q.Skills = []id.ID{welding}
		if got := h.names(h.rank("Emil", q)); len(got) == 0 || got[0] != "Ben" {
			t.Errorf("when nobody has the skill, named are %v", got)
		}
	})
}

func TestAReceiptCountsOnlyForReadersWhoMaySeeItsSource(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHall(t, d)
		var circle id.ID
		h.write(func(tx *db.Tx) (err error) {
			if circle, err = access.NewAudience(tx, h.clock, "community", 1); err != nil {
				return err
			}
			return access.Join(tx, circle, h.persons["Emil"].Person, "member")
		})
		h.shows(701, "Pay bands", "Ask the works council.", h.answered("Ada", 0))
		secret := h.answered("Ben", welding)
		secret.Audience = circle
		h.shows(702, "Prototype zeppelin", "The zeppelin leaks at the seam.", secret)
		h.drain()
		for _, q := range []Query{{Words: "zeppelin seam"}, {Skills: []id.ID{welding}}, {Words: "pay"}} {
			r := h.rank("Dana", q)
			for _, f := range r.People {
				if f.Author == h.persons["Ben"].Author {
					t.Errorf("Dana is told of Ben for %v", q)
				}
				for _, p := range f.Reasons {
					if p.Source == 702 {
						t.Errorf("Dana is shown the hidden source")
					}
				}
			}
		}
		if got := h.names(h.rank("Emil", Query{Words: "zeppelin seam"})); !slices.Equal(got, []string{"Ben"}) {
			t.Errorf("Emil, who may see it, is told of %v", got)
		}
		before := h.rank("Dana", Query{Words: "pay bands"})
		// More that Dana may not see changes nothing for her, not even an order
		// or a weight.
		for i := range id.ID(6) {
			more := h.answered("Chidi", 0)
			more.Audience = circle
			h.shows(710+i, "Pay bands again", "Pay bands, pay bands.", more)
		}
		h.drain()
		after := h.rank("Dana", Query{Words: "pay bands"})
		if fmt.Sprint(before) != fmt.Sprint(after) {
			t.Errorf("what Dana may not see changed her answer from %v to %v", before, after)
		}
		h.write(func(tx *db.Tx) error { return access.Leave(tx, circle, h.persons["Emil"].Person) })
		if got := h.names(h.rank("Emil", Query{Words: "zeppelin seam"})); len(got) != 0 {
			t.Errorf("after leaving the circle Emil is told of %v", got)
		}
	})
}

func TestAskersUnwantedPeopleAndLeaversAreNotNamed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHall(t, d)
		for i, n := range []string{"Ada", "Ben", "Chidi"} {
			h.shows(id.ID(801+i), "Lathe", "Turning.", h.answered(n, lathe))
		}
		h.drain()
		q := Query{Words: "lathe", Asker: h.persons["Ada"].Author, Not: []id.ID{h.persons["Ben"].Author}}
		if got := h.names(h.rank("Dana", q)); !slices.Equal(got, []string{"Chidi"}) {
			t.Errorf("named are %v", got)
		}
		h.write(func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE authors SET kind = 'left' WHERE id = $1`, h.persons["Chidi"].Author)
			return err
		})
		if got := h.names(h.rank("Dana", q)); len(got) != 0 {
			t.Errorf("a leaver is named: %v", got)
		}
	})
}

func TestWhoIsActiveNowComesBeforeWhoWasLongAgo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHall(t, d)
		h.shows(901, "Lathe speed", "Turning.", h.answered("Ada", lathe))
		h.clock.Advance(700 * 24 * time.Hour)
		h.shows(902, "Lathe speed", "Turning.", h.answered("Ben", lathe))
		h.drain()
		if got := h.names(h.rank("Dana", Query{Words: "lathe speed"})); !slices.Equal(got, []string{"Ben", "Ada"}) {
			t.Errorf("ranked %v", got)
		}
	})
}

func TestANewerVoiceIsNamedBesidesTheUsualOnes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHall(t, d)
		for i := range id.ID(8) {
			h.shows(1001+2*i, "Lathe speed", "Turning steel.", h.answered("Ada", lathe))
			h.shows(1002+2*i, "Lathe tools", "Turning brass.", h.answered("Ben", lathe))
		}
		h.clock.Advance(400 * 24 * time.Hour)
		h.shows(1101, "Lathe speed", "Turning.", h.answered("Ada", lathe))
		h.shows(1102, "Lathe speed", "Turning.", h.answered("Ben", lathe))
		h.shows(1103, "Lathe speed", "Turning.", h.answered("Chidi", lathe))
		h.drain()
		r := h.rank("Dana", Query{Words: "lathe", Limit: 2})
		if got := h.names(r); len(got) != 2 || slices.Contains(got, "Chidi") {
			t.Fatalf("the first two are %v", got)
		}
		if r.Newer == nil || r.Newer.Author != h.persons["Chidi"].Author || len(r.Newer.Reasons) != 1 {
			t.Errorf("the newer voice is %v", r.Newer)
		}
	})
}

func TestReceiptsTheirOwnerHidCountForNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHall(t, d)
		h.shows(1201, "Lathe", "Turning.", h.answered("Ada", lathe))
		h.drain()
		h.write(func(tx *db.Tx) error {
			if _, err := tx.Exec(`UPDATE receipts SET hidden = TRUE WHERE source_id = 1201`); err != nil {
				return err
			}
			return h.index.Changed(tx, []id.ID{1201})
		})
		h.drain()
		if got := h.tables(); strings.Contains(got, "1201") {
			t.Errorf("the hidden receipt is still counted:\n%s", got)
		}
	})
}

// tables is everything the index keeps.
func (h *hall) tables() string {
	h.Helper()
	var b strings.Builder
	if err := h.db.Read(context.Background(), func(tx *db.Tx) error {
		b.Reset()
		for _, sql := range []string{
			`SELECT author_id, source_id, audience_id, day, strength, weight FROM whoknows_evidence ORDER BY 1, 2`,
			`SELECT term, author_id, audience_id, impact, best_impact, best_id FROM whoknows_postings ORDER BY 1, 2, 3`,
			`SELECT term, docs, impact, 0, 0, 0 FROM whoknows_terms ORDER BY 1`,
			`SELECT author_id, audience_id, pieces, weight, first_day, CAST(active * 1000000000 AS BIGINT) FROM whoknows_people ORDER BY 1, 2`,
			`SELECT author_id, audience_id, day, strength, 0, 0 FROM whoknows_days ORDER BY 1, 2, 3`,
			`SELECT pieces, weight, 0, 0, 0, 0 FROM whoknows_totals`,
			`SELECT source_id, 0, 0, 0, 0, 0 FROM whoknows_stale`,
		} {
			rows, err := tx.Query(sql)
			if err != nil {
				return err
			}
			for rows.Next() {
				var v [6]int64
				if err := rows.Scan(&v[0], &v[1], &v[2], &v[3], &v[4], &v[5]); err != nil {
					return err
				}
				fmt.Fprintln(&b, v)
			}
			if err := rows.Err(); err != nil {
				return err
			}
			fmt.Fprintln(&b)
		}
		return nil
	}); err != nil {
		h.Fatal(err)
	}
	return b.String()
}

func TestRebuildReachesTheSameRowsAndWithdrawnReceiptsLeaveNoTrace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHall(t, d)
		var circle id.ID
		h.write(func(tx *db.Tx) (err error) {
			circle, err = access.NewAudience(tx, h.clock, "community", 1)
			return err
		})
		empty := h.tables()
		texts := []string{"lathe speed", "lathe chuck grease", "weld argon gas", "speed of welding", "grease the lathe"}
		kinds := []ledger.Kind{ledger.Answered, ledger.Accepted, ledger.Useful, ledger.Verified, ledger.Endorsed, ledger.Declared}
		cast := []string{"Ada", "Ben", "Chidi"}
		rapid.Check(t, func(t *rapid.T) {
			h.TB = t
			steps := rapid.IntRange(1, 12).Draw(t, "steps")
			for range steps {
				source := id.ID(rapid.IntRange(2001, 2006).Draw(t, "source"))
				var rs []ledger.Receipt
				for range rapid.IntRange(0, 3).Draw(t, "receipts") {
					r := ledger.Receipt{
						Author: h.persons[rapid.SampledFrom(cast).Draw(t, "who")].Author,
						Kind:   rapid.SampledFrom(kinds).Draw(t, "kind"),
						Skill:  rapid.SampledFrom([]id.ID{0, lathe, welding}).Draw(t, "skill"),
						Weight: float64(rapid.IntRange(0, 4).Draw(t, "weight")) / 4,
						At:     monday.AddDate(0, 0, -rapid.IntRange(0, 2000).Draw(t, "age")),
					}
					if slices.ContainsFunc(rs, func(o ledger.Receipt) bool { return o.Author == r.Author && o.Kind == r.Kind && o.Skill == r.Skill }) {
						continue
					}
					rs = append(rs, r)
				}
				audience := rapid.SampledFrom([]id.ID{1, circle}).Draw(t, "audience")
				for i := range rs {
					rs[i].Audience = audience
				}
				h.shows(source, rapid.SampledFrom(texts).Draw(t, "title"), rapid.SampledFrom(texts).Draw(t, "body"), rs...)
				if rapid.Bool().Draw(t, "count now") {
					h.drain()
				}
			}
			// Words may have changed without any receipt.
			h.write(func(tx *db.Tx) error { return h.index.Changed(tx, []id.ID{2001, 2002, 2003, 2004, 2005, 2006}) })
			h.drain()
			was := h.tables()
			if err := h.index.Rebuild(context.Background(), nil); err != nil {
				t.Fatal(err)
			}
			if now := h.tables(); now != was {
				t.Fatalf("step by step:\n%s\nrebuilt:\n%s", was, now)
			}
			for source := id.ID(2001); source <= 2006; source++ {
				h.shows(source, "", "")
			}
			h.drain()
			if now := h.tables(); now != empty {
				t.Fatalf("after everything was withdrawn there is left:\n%s", now)
			}
		})
	})
}

func TestALargeImportIsCountedAtOnce(t *testing.T) {
	d := dbtest.SQLite(t)
	h := newHall(t, d)
	n := manyStale + 10
	var rs []ledger.Receipt
	var sources []id.ID
	for i := range n {
		source := id.ID(100_000 + i)
		r := h.answered([]string{"Ada", "Ben", "Chidi"}[i%3], lathe)
		r.Source, r.Audience, r.At = source, access.Organisation, monday.AddDate(0, 0, -i%700)
		rs, sources = append(rs, r), append(sources, source)
		h.words[source] = Source{Text: Text{Title: fmt.Sprintf("Lathe question %d", i%50), Body: "Turning."}}
	}
	h.write(func(tx *db.Tx) error { return h.ledger.Replace(tx, sources, rs) })
	h.clock.Advance(5 * time.Minute)
	h.drain()
	at := h.tables()
	if !strings.Contains(at, fmt.Sprintf("[%d ", n)) {
		t.Errorf("not all of %d sources were counted", n)
	}
	if err := h.db.Read(context.Background(), func(tx *db.Tx) error {
		var left int
		if _, err := tx.Row(staleCountSQL, []any{&left}); err != nil || left != 0 {
			t.Errorf("%d sources are left to be counted, %v", left, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	// One more is counted by itself and reaches the same as counting all.
	h.shows(99_999, "Lathe question 7", "Turning.", h.answered("Dana", lathe))
	h.drain()
	was := h.tables()
	if err := h.index.Rebuild(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if h.tables() != was {
		t.Error("a rebuild reaches other rows")
	}
}

func TestARebuildThatWasInterruptedBeginsAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHall(t, d)
		for i := range id.ID(12) {
			h.shows(3001+i, "Lathe speed", fmt.Sprintf("Turning part %d.", i), h.answered([]string{"Ada", "Ben"}[i%2], lathe))
		}
		h.words[3050] = Source{Text: Text{Title: "Lathe operator"}, Profile: h.persons["Emil"].Author, Audience: 1, Since: db.At(monday)}
		h.write(func(tx *db.Tx) error { return h.index.Changed(tx, []id.ID{3050}) })
		h.drain()
		was := h.tables()
		h.write(func(tx *db.Tx) error {
			if _, err := tx.Exec(goOnBuildingSQL, h.clock.Now().Unix()); err != nil {
				return err
			}
			if _, err := tx.Exec(clearPostingsSQL, 3); err != nil {
				return err
			}
			_, err := tx.Exec(forgetSourcesSQL, []id.ID{3002, 3004})
			return err
		})
		if h.tables() == was {
			t.Fatal("nothing was interrupted")
		}
		broken := h.tables()
		h.drain()
		if h.tables() != broken {
			t.Fatal("somebody else's rebuild was disturbed")
		}
		if !h.rank("Dana", Query{Words: "lathe"}).Counting {
			t.Error("who reads a half made index is not told")
		}
		h.clock.Advance(patience + time.Second)
		h.drain()
		if now := h.tables(); now != was {
			t.Errorf("before:\n%s\nafter:\n%s", was, now)
		}
		if h.rank("Dana", Query{Words: "lathe"}).Counting {
			t.Error("who reads a whole index is told that it is not")
		}
	})
}

func TestPackedPostingsAreReadAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps := weigh(Text{Title: rapid.String().Draw(t, "title"), Body: rapid.String().Draw(t, "body")},
			map[id.ID]float64{id.ID(rapid.Int64Range(1, 1<<62).Draw(t, "skill")): 1},
			rapid.Float64Range(0, 3).Draw(t, "strength"), rapid.Int64Range(-10000, 40000).Draw(t, "day"))
		if got := terms.Unpack(terms.Pack(ps)); !slices.Equal(got, ps) {
			t.Fatalf("%v became %v", ps, got)
		}
		for i, p := range ps {
			if p.Impact < 1 || i > 0 && p.Term <= ps[i-1].Term {
				t.Fatalf("posting %d of %v", i, ps)
			}
		}
	})
}

func TestEvidenceHalvesWithTheLedger(t *testing.T) {
	if halfLife != ledger.HalfLife {
		t.Errorf("evidence halves in %v, receipts in %v", halfLife, ledger.HalfLife)
	}
	day := dayOf(monday)
	years := int64(halfLife / (24 * time.Hour))
	if a, b := grown(1, day), grown(1, day-years); a/b < 1.999 || a/b > 2.001 {
		t.Errorf("a receipt one half-life older weighs %v, not half of %v", b, a)
	}
	if w := grown(3, dayOf(time.Date(2069, 1, 1, 0, 0, 0, 0, time.UTC))) * 2.2 * 1000; w > 1<<62 {
		t.Errorf("a thousand receipts of 2069 do not fit: %v", w)
	}
}
