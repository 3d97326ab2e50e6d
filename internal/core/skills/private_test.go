package skills_test

import (
	"context"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

func TestANameSaidInAPrivateAudienceStaysThere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, c := context.Background(), clock.NewMoved(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
		s, p := skills.New(d, c), people.New(d, c)
		var in, out access.Actor
		var room, private, own id.ID
		if err := d.Write(ctx, func(tx *db.Tx) error {
			if err := access.EnsureOrganisation(tx, c); err != nil {
				return err
			}
			for _, a := range []*access.Actor{&in, &out} {
				j, err := p.Join(tx, people.Joiner{Name: "Somebody", Role: access.Admin}, true)
				if err != nil {
					return err
				}
				*a = access.Actor{Person: j.Person, Author: j.Author, Role: access.Admin}
			}
			var err error
			if room, err = access.NewAudience(tx, c, "community", 0); err != nil {
				return err
			}
			if err := access.Join(tx, room, in.Person, "member"); err != nil {
				return err
			}
			for range 2 { // the second time it is the same one
				tags, err := s.Named(tx, in, room, []string{"Project Zephyr"}, false)
				if err != nil {
					return err
				}
				if private != 0 && private != tags[0].ID {
					t.Error("the audience does not know its own name again")
				}
				private = tags[0].ID
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if w, err := s.Open(ctx, in, private, 1); err != nil || w.Name != "Project Zephyr" {
			t.Errorf("a member opens %+v, %v", w, err)
		}
		if _, err := s.Open(ctx, out, private, 1); !fault.Is(err, fault.NotFound) {
			t.Errorf("an outsider opens it: %v", err)
		}
		for _, by := range []access.Actor{in, out} {
			if found, err := s.Suggest(ctx, by, "zeph", 5); err != nil || len(found) != 0 {
				t.Errorf("it is suggested: %v, %v", found, err)
			}
			if list, _, err := s.List(ctx, by, skills.ListFilter{}); err != nil || len(list) != 0 {
				t.Errorf("it is listed: %v, %v", list, err)
			}
		}
		if err := s.Deprecate(ctx, in, private, false); !fault.Is(err, fault.NotFound) {
			t.Errorf("an admin makes it everybody's by accident: %v", err)
		}
		// Whoever says the name to everybody makes the organisation its own.
		if err := d.Write(ctx, func(tx *db.Tx) error {
			tags, err := s.Named(tx, out, access.Organisation, []string{"project zephyr"}, false)
			if err == nil {
				own = tags[0].ID
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if own == private {
			t.Error("the private one became everybody's")
		}
		if found, err := s.Suggest(ctx, out, "zeph", 5); err != nil || len(found) != 1 || found[0].ID != own {
			t.Errorf("suggested is %v, %v", found, err)
		}
		if err := s.Merge(ctx, in, private, own); !fault.Is(err, fault.NotFound) {
			t.Errorf("merging tells its names: %v", err)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error {
			tags, err := s.Named(tx, in, room, []string{"Project Zephyr"}, false)
			if err == nil && tags[0].ID != own {
				t.Error("the organisation's name does not come first")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}
