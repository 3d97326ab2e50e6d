package app

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/echo"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/swaps"
)

// echo makes what the path of an echo names: an answer of one to the other,
// who was asked, and has said something unless the path takes it away.
func (g *guild) echo(asker, helper, pattern string) string {
	g.Helper()
	ctx, h := context.Background(), g.house
	q := must[id.ID](g)(h.Ask.Ask(ctx, g.actor(asker), ask.Ask{Title: "Which oil for the loom?", Skills: []string{"weaving"}, Audience: access.Organisation}))
	a := must[id.ID](g)(h.Ask.Answer(ctx, g.actor(helper), q, "The thin one."))
	if err := h.Ask.Accept(ctx, g.actor(asker), q, a); err != nil {
		g.Fatal(err)
	}
	g.drain()
	g.write(func(tx *db.Tx) error {
		// Neither who switched it off before nor two questions a week stand in
		// the way of the next.
		if _, err := tx.Exec("DELETE FROM notice_choices"); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE echoes SET asked_at = $1 WHERE asked_at IS NOT NULL", db.At(g.clock.Now().AddDate(0, -2, 0))); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE echoes SET due_at = $1 WHERE source_id = $2", db.At(g.clock.Now()), a)
		return err
	})
	must[[]echo.Asked](g)(h.Echo.Ask(ctx))
	var n id.ID
	if err := h.DB.Read(ctx, func(tx *db.Tx) error {
		_, err := tx.Row("SELECT id FROM echoes WHERE source_id = $1 AND asked_at IS NOT NULL", []any{&n}, a)
		return err
	}); err != nil || n == 0 {
		g.Fatal("nobody was asked", err)
	}
	if strings.Contains(pattern, "/echo/") {
		_, token, _ := strings.Cut(must[string](g)(h.Echo.Path(ctx, n, g.actor(asker).Person)), "/echo/")
		return token
	}
	if !strings.HasPrefix(pattern, "DELETE") {
		if err := h.Echo.Say(ctx, g.actor(asker), n, echo.NotYet, "Next week"); err != nil {
			g.Fatal(err)
		}
	}
	return n.String()
}

// echoing switches practices on.
func (s *stage) echoing(more ...string) {
	s.Helper()
	if err := s.house.Organisation.Change(s.Context(), func(x *organisation.Settings) error {
		x.Practices = map[string]bool{echo.Key: true}
		for _, k := range more {
			x.Practices[k] = true
		}
		return nil
	}); err != nil {
		s.Fatal(err)
	}
}

// helps lets one answer a question of the other about a skill, who accepts it.
func (s *stage) helps(helper, asker, skill string) {
	s.Helper()
	q, err := s.house.Ask.Ask(s.Context(), s.as(asker), ask.Ask{Title: "How does " + helper + " do " + skill + " for " + asker + "?", Skills: []string{skill}, Audience: access.Organisation})
	if err != nil {
		s.Fatal(err)
	}
	a, err := s.house.Ask.Answer(s.Context(), s.as(helper), q, "Slowly, and twice.")
	if err != nil {
		s.Fatal(err)
	}
	if err := s.house.Ask.Accept(s.Context(), s.as(asker), q, a); err != nil {
		s.Fatal(err)
	}
	s.jobs()
}

// asked has everybody asked who is to be asked by now.
func (s *stage) asked() {
	s.Helper()
	if _, err := s.house.Echo.Ask(s.Context()); err != nil {
		s.Fatal(err)
	}
	s.jobs()
}

// waits are the questions that somebody has not answered.
func (s *stage) waits(who string) []echo.Echo {
	s.Helper()
	list, err := s.house.Echo.Waiting(s.Context(), s.as(who), time.Time{}, 100)
	if err != nil {
		s.Fatal(err)
	}
	return list
}

func TestAMonthLaterTheHelperHearsWhatCameOfIt(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.echoing()
		o := s.posted("Ben", "Chidi")
		s.helps("Chidi", "Ben", "calibration")
		c.Advance(29 * 24 * time.Hour)
		s.asked()
		if n := len(s.waits("Ben")); n != 0 {
			t.Fatalf("asked after 29 days: %d", n)
		}
		c.Advance(24 * time.Hour)
		s.asked()
		s.asked()
		waits := s.waits("Ben")
		if len(waits) != 1 || waits[0].Kind != echo.Answer || len(waits[0].Helpers) != 1 || waits[0].Helpers[0] != s.cast["Chidi"].Person {
			t.Fatalf("after 30 days Ben is asked %+v", waits)
		}
		if n := s.told("Ben", "echo_asked"); n != 1 {
			t.Errorf("Ben is told %d times", n)
		}
		// The helper knows nothing of it before something was said.
		path := "/echoes/" + waits[0].ID.String()
		if code, _ := s.get("Chidi", path); code != http.StatusNotFound {
			t.Errorf("the helper opens an echo nobody answered: %d", code)
		}
		if _, body := s.get("Ben", "/"); !strings.Contains(body, "Did it help?") {
			t.Error("Home does not ask")
		}

		// The digest comes the next morning and its link needs no login; following
		// it changes nothing, one tap does.
		c.Advance(24 * time.Hour)
		s.jobs()
		var link string
		for _, m := range o.mail {
			if x := regexp.MustCompile(`https://hall\.example\.org(/echo/[a-z0-9]+)`).FindStringSubmatch(strings.ReplaceAll(m, "=\r\n", "")); x != nil {
				link = x[1]
			}
		}
		if link == "" {
			t.Fatalf("no signed link in %d mails", len(o.mail))
		}
		if code, body := s.get("", link); code != http.StatusOK || !strings.Contains(body, "Used it") {
			t.Fatalf("the link answers %d", code)
		}
		if s.waits("Ben")[0].Said != "" {
			t.Error("following a link says something")
		}
		if code, _ := s.post("", link, "said=used&keep=1"); code != http.StatusOK {
			t.Fatalf("one tap answers %d", code)
		}
		if code, _ := s.post("", link, "said=used&words=Saved+me%0A+a+morning"); code != http.StatusOK {
			t.Fatalf("the sentence answers %d", code)
		}
		forged := link[:len(link)-1] + "a"
		if forged == link {
			forged = link[:len(link)-1] + "b"
		}
		if code, _ := s.post("", forged, "said=used"); code != http.StatusNotFound {
			t.Errorf("a link that was not signed answers %d", code)
		}
		s.jobs()

		// Chidi hears it with the sentence, once; nobody else does.
		if n := s.told("Chidi", "echo_heard"); n != 1 {
			t.Errorf("Chidi is told %d times", n)
		}
		if _, body := s.get("Chidi", "/notices"); !strings.Contains(body, "Ben used it") || !strings.Contains(body, "Saved me a morning") {
			t.Error("the notice does not say what Ben said")
		}
		if _, body := s.get("Chidi", path); !strings.Contains(body, "Saved me a morning") {
			t.Error("the echo does not say what Ben said")
		}
		if code, _ := s.get("Ada", path); code != http.StatusNotFound {
			t.Errorf("the admin opens an echo: %d", code)
		}
		if _, body := s.get("Ada", "/notices"); strings.Contains(body, "Saved me") {
			t.Error("others read the sentence")
		}
		if err := s.house.Echo.Say(s.Context(), s.as("Chidi"), waits[0].ID, echo.NoHelp, ""); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the helper answers in the learner's place: %v", err)
		}

		// "Used it" is proof to Chidi alone, and goes when Ben changes his mind.
		proof := func() (n int) {
			if err := s.house.DB.Read(s.Context(), func(tx *db.Tx) error {
				_, err := tx.Row("SELECT COUNT(*) FROM receipts WHERE kind = 'used' AND author_id = $1 AND audience_id <> 1", []any{&n}, s.cast["Chidi"].Author)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := proof(); n != 1 {
			t.Errorf("%d receipts", n)
		}
		if err := s.house.Echo.Say(s.Context(), s.as("Ben"), waits[0].ID, echo.NotYet, ""); err != nil {
			t.Fatal(err)
		}
		s.jobs()
		if n := proof(); n != 0 {
			t.Errorf("%d receipts for what was not used", n)
		}
		if n := s.told("Chidi", "echo_heard"); n != 1 {
			t.Errorf("Chidi is told %d times", n)
		}
	})
}

func TestNobodyIsNaggedForEchoes(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.helps("Chidi", "Ben", "knots") // while the practice is off
		s.echoing()
		for i := range 4 {
			s.helps("Chidi", "Ben", fmt.Sprint("thing ", i))
		}
		s.helps("Ben", "Chidi", "splices")
		c.Advance(30 * 24 * time.Hour)
		s.asked()
		if n := len(s.waits("Ben")); n != 2 {
			t.Errorf("asked %d times in a week", n)
		}
		// One is enough: the others never come.
		if code, _ := s.post("Ben", "/echoes/off", ""); code != http.StatusSeeOther {
			t.Fatalf("switching off answers %d", code)
		}
		if n := len(s.waits("Ben")); n != 0 {
			t.Errorf("%d questions wait after switching off", n)
		}
		c.Advance(10 * 24 * time.Hour)
		s.asked()
		if n := len(s.waits("Ben")); n != 0 {
			t.Errorf("asked %d times after switching off", n)
		}
		// Chidi declines hers; nobody is told and it is not asked again.
		waits := s.waits("Chidi")
		if len(waits) != 1 {
			t.Fatalf("Chidi is asked %d times", len(waits))
		}
		if code, _ := s.post("Chidi", "/echoes/"+waits[0].ID.String(), "do=decline"); code != http.StatusSeeOther {
			t.Fatalf("declining answers %d", code)
		}
		s.asked()
		if n := len(s.waits("Chidi")) + s.told("Ben", "echo_heard"); n != 0 {
			t.Errorf("declining leaves %d", n)
		}
		// What is old is not asked about, however late the house wakes up.
		s.helps("Ben", "Chidi", "hitches")
		c.Advance(61 * 24 * time.Hour)
		s.asked()
		if n := len(s.waits("Chidi")); n != 0 {
			t.Errorf("asked about what is two months old: %d", n)
		}
	})
}

func TestWhatIsUndoneIsNotAskedAbout(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		c.Set(time.Date(2026, 10, 20, 9, 0, 0, 0, time.UTC))
		s := playAt(t, d, c)
		s.echoing()
		s.helps("Chidi", "Ben", "knots")
		var q id.ID
		if err := d.Read(s.Context(), func(tx *db.Tx) error {
			_, err := tx.Row("SELECT id FROM questions ORDER BY id DESC LIMIT 1", []any{&q})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.house.Ask.Unaccept(s.Context(), s.as("Ben"), q); err != nil {
			t.Fatal(err)
		}
		s.jobs()
		c.Advance(31 * 24 * time.Hour)
		s.asked()
		if n := len(s.waits("Ben")); n != 0 {
			t.Errorf("asked about an answer that is not accepted any more: %d", n)
		}
	})
}

func TestLessonsAndGoalsAreAskedAboutToo(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		g := newGuild(t, d)
		ctx := g.Context()
		ben, mia := g.actor("Ben"), g.actor("Mia")
		weave := must[skills.Tag](g)(g.house.Skills.Declare(ctx, ben, skills.Declaration{Tag: skills.Tag{Name: "weaving"}, Direction: skills.Teach, Level: 4, Open: true}))
		dye := must[skills.Tag](g)(g.house.Skills.Declare(ctx, mia, skills.Declaration{Tag: skills.Tag{Name: "dyeing"}, Direction: skills.Teach, Level: 4, Open: true}))
		n := must[id.ID](g)(g.house.Swaps.Propose(ctx, ben, swaps.Proposal{To: mia.Person, Teach: weave.ID, Learn: dye.ID, Lessons: 2, Minutes: 30, Format: swaps.Online}))
		if err := g.house.Swaps.Answer(ctx, mia, n, 1, true, ""); err != nil {
			t.Fatal(err)
		}
		now := g.clock.Now()
		lesson := must[id.ID](g)(g.house.Swaps.PlanLesson(ctx, ben, n, ben.Person, meet.New{Start: now.Add(time.Minute), End: now.Add(31 * time.Minute), Zone: "UTC"}))
		g.clock.Advance(time.Hour)
		if err := g.house.Meetings.Confirm(ctx, mia, lesson, "yes"); err != nil {
			t.Fatal(err)
		}
		_, room := g.mentorship("active", "Max", "Stella")
		stella := g.actor("Stella")
		if _, err := g.house.Mentoring.SetGoal(ctx, stella, room, mentoring.NewGoal{Words: "Lead a stand-up", Before: 1}); err != nil {
			t.Fatal(err)
		}
		m, err := g.house.Mentoring.Room(ctx, stella, room)
		if err != nil || len(m.Goals) == 0 {
			t.Fatal(m, err)
		}
		if err := g.house.Mentoring.SettleGoal(ctx, stella, room, m.Goals[len(m.Goals)-1].ID, "reached", 3); err != nil {
			t.Fatal(err)
		}
		g.drain()
		g.clock.Advance(31 * 24 * time.Hour)
		if asked := must[[]echo.Asked](g)(g.house.Echo.Ask(ctx)); len(asked) != 2 {
			t.Fatalf("%d are asked", len(asked))
		}
		for who, want := range map[string]struct{ kind, title, helper string }{"Mia": {echo.Lesson, "weaving", "Ben"}, "Stella": {echo.Goal, "Lead a stand-up", "Max"}} {
			list, err := g.house.Echo.Waiting(ctx, g.actor(who), time.Time{}, 10)
			if err != nil || len(list) != 1 || list[0].Kind != want.kind || list[0].Title != want.title || list[0].Helpers[0] != g.cast[want.helper].Person {
				t.Errorf("%s is asked %+v %v", who, list, err)
			}
		}
	})
}
