package skills_test

import (
	"context"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// stocked is an organisation with the catalogue, and Ada in it.
func stocked(t *testing.T, d *db.DB, c *clock.Moved) (*skills.Service, access.Actor) {
	t.Helper()
	ctx := context.Background()
	s := skills.New(d, c)
	var ada people.Joined
	if err := d.Write(ctx, func(tx *db.Tx) (err error) {
		if err = access.EnsureOrganisation(tx, c); err == nil {
			ada, err = people.New(d, c).Join(tx, people.Joiner{Name: "Ada"}, true)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Stock(ctx); err != nil {
		t.Fatal(err)
	}
	return s, access.Actor{Person: ada.Person, Author: ada.Author, Role: access.Member}
}

func count(t *testing.T, d *db.DB, sql string) (n int) {
	t.Helper()
	if err := d.Read(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Row(sql, []any{&n})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheCatalogueIsStockedOnce(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, _ := stocked(t, d, c)
		entries, err := skills.Catalogue()
		if err != nil {
			t.Fatal(err)
		}
		const all, events = "SELECT COUNT(*) FROM skills WHERE origin = 'guildhall'", "SELECT COUNT(*) FROM events"
		if n := count(t, d, all); n != len(entries) {
			t.Errorf("%d of %d entries are there", n, len(entries))
		}
		was := count(t, d, events)
		if err := s.Stock(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n, e := count(t, d, all), count(t, d, events); n != len(entries) || e != was {
			t.Errorf("stocking again makes %d of %d entries and %d events", n, len(entries), e-was)
		}
	})
}

// Every name of the catalogue is found when it is typed whole, when it is
// begun, and most when a letter in the middle is wrong.
func TestThePickerFindsWhatIsMeant(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, ada := stocked(t, d, c)
		entries, err := skills.Catalogue()
		if err != nil {
			t.Fatal(err)
		}
		found := func(words, name string, within int) bool {
			list, err := s.Suggest(context.Background(), ada, words, within)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range list {
				if x.Name == name {
					return true
				}
			}
			return false
		}
		typed, slips, missed := 0, 0, []string{}
		for i, e := range entries {
			if i%5 != 0 {
				continue
			}
			if !found(e.Name, e.Name, 1) {
				t.Errorf("%q is not first when typed", e.Name)
			}
			if !found(e.Synonyms[0], e.Name, 3) {
				t.Errorf("%q is not found by %q", e.Name, e.Synonyms[0])
			}
			r := []rune(e.Name)
			if len(r) < 6 {
				continue
			}
			if !found(string(r[:5]), e.Name, 8) {
				missed = append(missed, string(r[:5]))
			}
			r[len(r)/2], r[len(r)/2+1] = r[len(r)/2+1], r[len(r)/2]
			typed++
			if found(string(r), e.Name, 8) {
				slips++
			}
		}
		if len(missed) > 3 {
			t.Errorf("not found by their first five letters: %s", strings.Join(missed, ", "))
		}
		if slips*100 < typed*95 {
			t.Errorf("%d of %d are found with two letters exchanged", slips, typed)
		}
		t.Logf("%d of %d are found with two letters exchanged", slips, typed)
	})
}

func TestListsAreBroughtOnceAndKeepWhatIsThere(t *testing.T) {
	dbtest.EachMoved(t, func(t *testing.T, d *db.DB, c *clock.Moved) {
		s, ada := stocked(t, d, c)
		entries, err := skills.Catalogue()
		if err != nil {
			t.Fatal(err)
		}
		known := entries[0].Name
		list := []skills.Draft{
			{Name: "Glass blowing", Synonyms: []string{"Lampworking"}, Origin: "esco", OriginID: "uri:1"},
			{Name: "Lampworking", Description: "The same by another name", Origin: "esco", OriginID: "uri:2"},
			{Name: known, Synonyms: []string{"Joining of metals by heat"}, Origin: "esco", OriginID: "uri:3"},
		}
		ctx := context.Background()
		events := count(t, d, "SELECT COUNT(*) FROM events")
		if n, err := s.Bring(ctx, list, true, nil); err != nil || n.New == 0 {
			t.Errorf("the preview says %+v %v", n, err)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM events"); n != events {
			t.Error("the preview wrote")
		}
		if n, err := s.Bring(ctx, list, false, nil); err != nil || n.New != 1 || n.Changed != 2 {
			t.Errorf("%+v %v", n, err)
		}
		if n, err := s.Bring(ctx, list, false, nil); err != nil || n.New != 0 || n.Changed != 0 {
			t.Errorf("the second time %+v %v", n, err)
		}
		found, err := s.Suggest(ctx, ada, "joining of metals", 1)
		if err != nil || len(found) != 1 || found[0].Name != known {
			t.Errorf("%+v %v", found, err)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM events WHERE NOT quiet"); n != 0 {
			t.Errorf("%d events are not quiet", n)
		}
	})
}
