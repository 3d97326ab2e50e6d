package login

import (
	"net/netip"
	"testing"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// TestEveryTryCostsOneHash fills the queue of the hasher: whoever is not told
// to wait did not hash, and could be told by the time it took.
func TestEveryTryCostsOneHash(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := clock.System{}
		s := New(d, c)
		p := people.New(d, c)
		hash, err := s.HashPassword(t.Context(), "correct horse battery", "", "", "", "")
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			if err := access.EnsureOrganisation(tx, c); err != nil {
				return err
			}
			if _, err := p.Join(tx, people.Joiner{Name: "Ben", Email: "ben@example.org"}, true); err != nil {
				return err
			}
			ada, err := p.Join(tx, people.Joiner{Name: "Ada", Email: "ada@example.org"}, true)
			if err != nil {
				return err
			}
			return s.FirstPassword(tx, ada.Person, hash)
		}); err != nil {
			t.Fatal(err)
		}
		for range cap(s.hasher.queue) {
			s.hasher.queue <- struct{}{}
		}
		for _, who := range []string{"ada@example.org", "ben@example.org", "nobody@example.org", "40731"} {
			if _, err := s.SignIn(t.Context(), who, "correct horse battery", netip.Addr{}, ""); !fault.Is(err, fault.Unavailable) {
				t.Errorf("%s: %v, want the queue to be full", who, err)
			}
		}
	})
}
