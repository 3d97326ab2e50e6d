package people_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

var everything = map[string]bool{"title": true, "unit": true, "site": true, "email": true, "manager": true}

// row of the firm's export; boss is a line, 0 for none.
func row(line int, name, unit string, boss int) people.Staff {
	n := fmt.Sprint(100 + line)
	return people.Staff{
		Line: line, Key: "number:" + n, Number: n, Email: strings.ToLower(name) + "@example.org", Name: name, Unit: unit, Site: "Leeds",
		Zone: "Europe/London", Title: "Fitter", Manager: people.Boss{Line: boss},
	}
}

// firm is Ada at the top, Ben below her, and the others below Ben.
func firm() []people.Staff {
	out := []people.Staff{row(1, "Ada", "Board", 0), row(2, "Ben", "Workshop", 1)}
	for i, name := range []string{"Chidi", "Dana", "Eva", "Farid", "Gita", "Hannes"} {
		out = append(out, row(3+i, name, "Workshop", 2))
	}
	return out
}

type office struct {
	*testing.T
	d      *db.DB
	c      *clock.Moved
	people *people.Service
}

func open(t *testing.T, d *db.DB, c *clock.Moved) *office {
	t.Helper()
	s := people.New(d, c)
	s.OnLeave(login.EndAll)
	if err := d.Write(context.Background(), func(tx *db.Tx) error { return access.EnsureOrganisation(tx, c) }); err != nil {
		t.Fatal(err)
	}
	return &office{t, d, c, s}
}

func (o *office) sync(staff []people.Staff) people.Plan {
	o.Helper()
	p, err := o.people.Sync(context.Background(), access.Actor{}, people.Export{Staff: staff, Has: everything}, true, "Former colleague", "", nil)
	if err != nil {
		o.Fatal(err)
	}
	return p
}

func summary(p people.Plan) string {
	return fmt.Sprintf("%d joined, %d returned, %d moved, %d changed, %d left, %d same, %d troubles",
		len(p.Joiners), len(p.Returners), len(p.Movers), len(p.Changed), len(p.Leavers), p.Same, len(p.Troubles))
}

// state is everything an import may change, by name.
func (o *office) state() string {
	o.Helper()
	var lines []string
	if err := o.d.Read(context.Background(), func(tx *db.Tx) (err error) {
		lines, err = db.All(tx, `
SELECT p.name || ' ' || p.state || ' ' || COALESCE(p.email, '-') || ' ' || p.title || ' ' || COALESCE(u.name, '-') || ' ' || COALESCE(b.name, '-') || ' ' || a.kind || ' ' || a.label
  || ' ' || CAST((SELECT COUNT(*) FROM unit_members m WHERE m.person_id = p.id) AS TEXT)
  || ' ' || CAST((SELECT COUNT(*) FROM audience_members m WHERE m.person_id = p.id) AS TEXT)
FROM people p
JOIN authors a ON a.person_id = p.id
LEFT JOIN units u ON u.id = p.unit_id
LEFT JOIN people b ON b.id = p.manager_id
ORDER BY p.name, p.id`, func(r *db.Rows, s *string) error { return r.Scan(s) })
		return err
	}); err != nil {
		o.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func (o *office) id(name string) (n id.ID) {
	o.Helper()
	if err := o.d.Read(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Row("SELECT id FROM people WHERE name = $1", []any{&n}, name)
		return err
	}); err != nil {
		o.Fatal(err)
	}
	return n
}

func TestAnExportMakesJoinersMoversAndLeavers(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		o := open(t, d, c)
		if got := summary(o.sync(firm())); got != "8 joined, 0 returned, 0 moved, 0 changed, 0 left, 0 same, 0 troubles" {
			t.Fatal(got)
		}
		was := o.state()
		if !strings.Contains(was, "Chidi active chidi@example.org Fitter Workshop Ben person Chidi 1 1") {
			t.Fatal(was)
		}
		// Again, in another order: nothing.
		staff := firm()
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(staff), func(i, j int) { staff[i], staff[j] = staff[j], staff[i] })
		if got := summary(o.sync(staff)); got != "0 joined, 0 returned, 0 moved, 0 changed, 0 left, 8 same, 0 troubles" {
			t.Error(got)
		}
		if now := o.state(); now != was {
			t.Errorf("the second time changed\n%s\nto\n%s", was, now)
		}
		// Ben and Ada change places, Chidi moves, Hannes leaves.
		c.Advance(24 * time.Hour)
		staff = firm()[:7]
		staff[0].Manager.Line, staff[1].Manager.Line = 2, 0
		staff[2].Unit = "Lab"
		if got := summary(o.sync(staff)); got != "0 joined, 0 returned, 1 moved, 0 changed, 1 left, 6 same, 0 troubles" {
			t.Error(got)
		}
		now := o.state()
		for _, want := range []string{"Ada active ada@example.org Fitter Board Ben", "Ben active ben@example.org Fitter Workshop - ", "Chidi active chidi@example.org Fitter Lab Ben person Chidi 2 1", "Hannes left hannes@example.org Fitter Workshop Ben left Hannes 1 0"} {
			if !strings.Contains(now, want) {
				t.Errorf("%q is not in\n%s", want, now)
			}
		}
	})
}

func TestALeaverIsOutAtOnceAndComesBackTheSame(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		o := open(t, d, c)
		o.sync(firm())
		hannes := o.id("Hannes")
		logins := login.New(d, c)
		var cookie, token string
		if err := d.Write(context.Background(), func(tx *db.Tx) (err error) {
			if cookie, err = logins.Start(tx, hannes, "phone"); err != nil {
				return err
			}
			if token, err = logins.NewToken(tx, hannes, "script", time.Time{}); err != nil {
				return err
			}
			_, err = tx.Exec("UPDATE people SET leaver_name = 'hide' WHERE id = $1", hannes)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		left, err := d.Listen(ctx, people.ChannelLeft)
		if err != nil {
			t.Fatal(err)
		}
		o.sync(firm()[:7])
		for _, resolve := range []func(context.Context, string) (access.Actor, error){logins.Resolve, logins.ResolveToken} {
			if by, err := resolve(ctx, cookie); err != nil || by.Known() {
				t.Errorf("a login still lets them in: %v %v", by, err)
			}
			if by, err := resolve(ctx, token); err != nil || by.Known() {
				t.Errorf("a token still lets them in: %v %v", by, err)
			}
		}
		select {
		case n := <-left:
			if n != "" && n != hannes.String() {
				t.Errorf("%q was announced", n)
			}
		case <-time.After(10 * time.Second):
			t.Error("nobody was told that they left")
		}
		if s := o.state(); !strings.Contains(s, "left Former colleague") {
			t.Errorf("their name still stands beside their words:\n%s", s)
		}
		back := firm()
		back[7].Email, back[7].Unit = "hannes.new@example.org", "Lab"
		if got := summary(o.sync(back)); got != "0 joined, 1 returned, 0 moved, 0 changed, 0 left, 7 same, 0 troubles" {
			t.Error(got)
		}
		if o.id("Hannes") != hannes {
			t.Error("they came back as somebody else")
		}
		if s := o.state(); !strings.Contains(s, "Hannes active hannes.new@example.org Fitter Lab Ben person Hannes 2 1") {
			t.Errorf("they came back as\n%s", s)
		}
	})
}

func TestTooManyLeaversStopTheImport(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		o := open(t, d, c)
		o.sync(firm())
		was := o.state()
		short := people.Export{Staff: append([]people.Staff{row(20, "Nina", "Lab", 1)}, firm()[:3]...), Has: everything}
		p, err := o.people.Sync(context.Background(), access.Actor{}, short, false, "", "", nil)
		if !fault.Is(err, fault.Conflict) || len(p.Leavers) != 5 {
			t.Errorf("%d leavers, %v", len(p.Leavers), err)
		}
		if now := o.state(); now != was {
			t.Errorf("a stopped import changed\n%s\nto\n%s", was, now)
		}
		if _, err := o.people.Sync(context.Background(), access.Actor{}, short, true, "", "", nil); err != nil {
			t.Error(err)
		}
		if s := o.state(); strings.Count(s, " left ") != 10 { // the person's and the author's
			t.Errorf("accepted, the leavers are\n%s", s)
		}
	})
}

func TestCirclesOfManagersAreRefused(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		o := open(t, d, c)
		staff := firm()
		staff[0].Manager.Line = 3 // Ada below Chidi, who is below Ben, who is below Ada
		staff[4].Manager = people.Boss{Email: "nobody@example.org"}
		before, err := o.people.Compare(context.Background(), people.Export{Staff: staff, Has: everything})
		if err != nil {
			t.Fatal(err)
		}
		p := o.sync(staff)
		if len(p.Troubles) == 0 || !slices.ContainsFunc(p.Troubles, func(x people.Trouble) bool { return x.Code == "manager_circle" }) ||
			!slices.ContainsFunc(p.Troubles, func(x people.Trouble) bool { return x.Code == "manager_unknown" }) {
			t.Errorf("%+v", p.Troubles)
		}
		if !slices.Equal(before.Troubles, p.Troubles) {
			t.Errorf("the preview says\n%+v\nand the import\n%+v", before.Troubles, p.Troubles)
		}
		if err := d.Read(context.Background(), func(tx *db.Tx) error {
			var loops int
			_, err := tx.Row(`
WITH RECURSIVE line (start, id, depth) AS (
  SELECT id, manager_id, 1 FROM people WHERE manager_id IS NOT NULL
  UNION ALL
  SELECT l.start, p.manager_id, l.depth + 1 FROM line l JOIN people p ON p.id = l.id WHERE p.manager_id IS NOT NULL AND l.depth < 30)
SELECT COUNT(*) FROM line WHERE start = id`, []any{&loops})
			if loops != 0 {
				t.Errorf("%d people report to themselves", loops)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// Wherever an import is cut off, running it again ends where an undisturbed
// run ends.
func TestAnInterruptedImportGoesOn(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		many := func() []people.Staff {
			out := firm()
			for i := range 90 {
				out = append(out, row(50+i, fmt.Sprintf("Person%d", i), fmt.Sprintf("Unit %d", i%7), 2+i%3))
			}
			return out
		}
		o := open(t, d, c)
		for _, stopAt := range []int{25, 50, 75} {
			ctx, stop := context.WithCancel(context.Background())
			_, err := o.people.Sync(ctx, access.Actor{}, people.Export{Staff: many(), Has: everything}, true, "", "", func(done, of int) {
				if done >= stopAt {
					stop()
				}
			})
			stop()
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("cut off at %d: %v", stopAt, err)
			}
		}
		o.sync(many())
		p := o.sync(many())
		if got := summary(p); got != "0 joined, 0 returned, 0 moved, 0 changed, 0 left, 98 same, 0 troubles" {
			t.Error(got)
		}
		s := o.state()
		if strings.Count(s, "\n") != 97 || !strings.Contains(s, "Person4 active person4@example.org Fitter Unit 4 Chidi person Person4 1 1") {
			t.Errorf("%s", s)
		}
	})
}

func TestAddressesAreNotTakenFromAnybody(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		o := open(t, d, c)
		o.sync(firm())
		staff := append(firm(), row(30, "Nina", "Lab", 1))
		staff[8].Email = "ada@example.org"
		p := o.sync(staff)
		if len(p.Troubles) != 1 || p.Troubles[0].Code != "email_taken" || !p.Troubles[0].Kept {
			t.Errorf("%+v", p.Troubles)
		}
		if s := o.state(); !strings.Contains(s, "Nina active - Fitter Lab Ada") || !strings.Contains(s, "Ada active ada@example.org") {
			t.Errorf("%s", s)
		}
		// An address of somebody who left may be given to somebody new.
		staff = append(firm()[1:], row(30, "Nina", "Lab", 2))
		staff[0].Manager.Line = 0
		o.sync(staff[:7])
		staff[7].Email = "ada@example.org"
		o.sync(staff)
		if s := o.state(); !strings.Contains(s, "Nina active ada@example.org") {
			t.Errorf("%s", s)
		}
	})
}

func TestTheLastAdminStays(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		o := open(t, d, c)
		o.sync(firm())
		if err := d.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE people SET role = 'admin' WHERE name = 'Hannes'")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		p := o.sync(firm()[:7])
		if len(p.Leavers) != 0 || len(p.Troubles) != 1 || p.Troubles[0].Code != "last_admin" {
			t.Errorf("%+v", p)
		}
		if err := o.people.Dismiss(context.Background(), access.Actor{Person: o.id("Ada"), Role: access.Admin}, o.id("Hannes"), ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("dismissing the last admin: %v", err)
		}
	})
}

// What somebody changed themselves stays when the personnel system says
// nothing new.
func TestOwnChangesStayUntilTheExportChanges(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		o := open(t, d, c)
		o.sync(firm())
		if err := d.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE people SET title = 'Pump doctor' WHERE name = 'Dana'")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		o.sync(firm())
		if s := o.state(); !strings.Contains(s, "Pump doctor") {
			t.Errorf("%s", s)
		}
		staff := firm()
		staff[3].Title = "Senior fitter"
		o.sync(staff)
		if s := o.state(); !strings.Contains(s, "Senior fitter") {
			t.Errorf("%s", s)
		}
	})
}
