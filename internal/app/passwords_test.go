package app

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// secret lets somebody of the cast have an address, a number and a password.
func (s *stage) secret(who, password string) {
	s.Helper()
	ctx := context.Background()
	hash, err := s.house.Logins.HashPassword(ctx, password, who, "", "", "")
	if err != nil {
		s.Fatal(err)
	}
	if err := s.house.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec("UPDATE people SET email = $1, personnel_no = $2 WHERE id = $3", strings.ToLower(who)+"@example.org", "no-"+who, s.cast[who].Person); err != nil {
			return err
		}
		return s.house.Logins.FirstPassword(tx, s.cast[who].Person, hash)
	}); err != nil {
		s.Fatal(err)
	}
}

const horse = "correct horse battery staple"

func TestSomebodySignsInByAddressOrNumberAndStrangersLearnNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.secret("Ben", horse)
		for _, who := range []string{"ben@example.org", " BEN@Example.org ", "no-Ben"} {
			b := s.browser()
			if code, to := b.post("/login", url.Values{"who": {who}, "secret": {horse}, "to": {"/questions"}}); code != 303 || to != "/questions" {
				t.Errorf("%q: %d %s", who, code, to)
			}
			if code, _ := b.get("/questions"); code != 200 {
				t.Errorf("%q is not signed in: %d", who, code)
			}
		}
		_, wrong := s.browser().post("/login", url.Values{"who": {"ben@example.org"}, "secret": {"wrong"}})
		code, unknown := s.browser().post("/login", url.Values{"who": {"eve@example.org"}, "secret": {"wrong"}})
		if code != 422 || strings.ReplaceAll(wrong, "ben@", "eve@") != unknown || !strings.Contains(unknown, `value="eve@example.org"`) || strings.Contains(unknown, `"wrong"`) {
			t.Errorf("%d\n%s\n%s", code, wrong, unknown)
		}
		for _, bad := range []string{"", strings.Repeat("a", 300), "a\x00b", "' OR 1=1 --"} {
			if code, _ := s.browser().post("/login", url.Values{"who": {bad}, "secret": {bad}}); code != 422 {
				t.Errorf("%.10q answers %d, want 422", bad, code)
			}
		}
	})
}

func TestGuessingIsSlowedDownAndTheRightPasswordIsNotHeldBackElsewhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.secret("Ben", horse)
		ctx := context.Background()
		here, there := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")
		wrong, slow := 0, 0
		for range 12 {
			_, err := s.house.Logins.SignIn(ctx, "ben@example.org", "wrong", here, "")
			switch {
			case fault.Is(err, fault.Invalid):
				wrong++
			case fault.Is(err, fault.TooMany):
				slow++
			default:
				t.Fatal(err)
			}
		}
		if wrong != 8 || slow != 4 {
			t.Errorf("%d guesses were looked at and %d put off, want 8 and 4", wrong, slow)
		}
		if _, err := s.house.Logins.SignIn(ctx, "ben@example.org", horse, here, ""); !fault.Is(err, fault.TooMany) {
			t.Errorf("from there even the right one waits: %v", err)
		}
		for range 50 {
			if _, err := s.house.Logins.SignIn(ctx, "ben@example.org", horse, there, ""); err != nil {
				t.Fatal("what succeeds is given back:", err)
			}
		}
	})
}

func TestANewPasswordEndsEveryOtherLogin(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.secret("Ben", horse)
		in := func() *browser {
			b := s.browser()
			if code, _ := b.post("/login", url.Values{"who": {"no-Ben"}, "secret": {horse}}); code != 303 {
				t.Fatal("not signed in")
			}
			return b
		}
		here, there := in(), in()
		next := "four unlikely words together"
		for _, c := range []struct{ old, secret, again string }{
			{"", next, next}, {"wrong", next, next}, {horse, "short", "short"}, {horse, next, "other"}, {horse, "ben ben ben 123", "ben ben ben 123"},
		} {
			if code, page := here.post("/settings/secret", url.Values{"old": {c.old}, "new": {c.secret}, "again": {c.again}}); code != 422 || !strings.Contains(page, "One thing to fix") {
				t.Errorf("%+v answers %d", c, code)
			}
		}
		if code, to := here.post("/settings/secret", url.Values{"old": {horse}, "new": {next}, "again": {next}}); code != 303 || to != "/settings?done=secret" {
			t.Fatalf("changing answers %d %s", code, to)
		}
		if code, _ := here.get("/settings?done=secret"); code != 200 {
			t.Errorf("here it answers %d", code)
		}
		if code, _ := there.get("/settings"); code != 303 {
			t.Errorf("there it answers %d, want the login", code)
		}
		if code, _ := s.browser().post("/login", url.Values{"who": {"no-Ben"}, "secret": {horse}}); code != 422 {
			t.Errorf("the old password answers %d", code)
		}
		// Somebody who forgot it comes in by link and sets another.
		b := s.browser()
		b.post("/login/link/"+s.link("Ben", login.MailLink), nil)
		if code, to := b.post("/settings/secret", url.Values{"new": {horse}, "again": {horse}}); code != 303 {
			t.Errorf("after a link it answers %d %s", code, to)
		}
	})
}

func TestSomebodyWithoutMailClaimsTheirPlaceWithACard(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		ctx := context.Background()
		var chidi, ada access.Actor
		if err := d.Write(ctx, func(tx *db.Tx) (err error) {
			if _, err = tx.Exec("UPDATE people SET personnel_no = '40731' WHERE id = $1", s.cast["Chidi"].Person); err != nil {
				return err
			}
			if ada, err = s.house.People.Actor(tx, s.cast["Ada"].Person); err != nil {
				return err
			}
			chidi, err = s.house.People.Actor(tx, s.cast["Chidi"].Person)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.house.Logins.Cards(ctx, chidi, []id.ID{chidi.Person}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a member prints cards: %v", err)
		}
		first, err := s.house.Logins.Cards(ctx, ada, []id.ID{chidi.Person})
		if err != nil {
			t.Fatal(err)
		}
		cards, err := s.house.Logins.Cards(ctx, ada, []id.ID{chidi.Person, s.cast["Gus"].Person})
		if err != nil || len(cards) != 2 || cards[0].Code == "" || cards[1].Code != "" {
			t.Fatalf("cards %+v, %v", cards, err)
		}
		claim := func(no, code, pin, again string) (int, string) {
			return s.browser().post("/claim", url.Values{"personnel_no": {no}, "code": {code}, "pin": {pin}, "again": {again}})
		}
		code := cards[0].Code
		for _, c := range [][4]string{
			{"40731", first[0].Code, "840291", "840291"}, // the card before
			{"40732", code, "840291", "840291"},
			{"40731", "AAAA-AAAA-AAAA", "840291", "840291"},
			{"40731", code, "123456", "123456"},
			{"40731", code, "840291", "840292"},
			{"", "", "", ""},
		} {
			if status, _ := claim(c[0], c[1], c[2], c[3]); status != 422 {
				t.Errorf("%v answers %d, want 422", c, status)
			}
		}
		if status, _ := s.browser().post("/login/link/"+code, nil); status != 410 {
			t.Errorf("a card used as a link answers %d", status)
		}
		if status, to := claim(" 40731 ", strings.ToLower(strings.ReplaceAll(code, "-", " ")), "840291", "840291"); status != 303 || to != "/" {
			t.Fatalf("the card answers %d %s", status, to)
		}
		if status, _ := claim("40731", code, "840292", "840292"); status != 422 {
			t.Errorf("the used card answers %d", status)
		}
		if status, _ := s.browser().post("/login", url.Values{"who": {"40731"}, "secret": {"840291"}}); status != 303 {
			t.Errorf("the PIN answers %d", status)
		}
	})
}

func TestAPersonnelNumberIsTakenInCapitalsAndInSmallLetters(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, ctx := play(t, d), context.Background()
		ada := s.as("Ada")
		for _, x := range []struct{ who, no, typed string }{{"Ben", "P10890", "p10890"}, {"Chidi", "kx-77", "KX-77"}, {"Gus", "KX-77", "KX-77"}} {
			if err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(`UPDATE people SET personnel_no = $1 WHERE id = $2`, x.no, s.cast[x.who].Person)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			cards, err := s.house.Logins.Cards(ctx, ada, []id.ID{s.cast[x.who].Person})
			if err != nil {
				t.Fatal(err)
			}
			if status, page := s.browser().post("/claim", url.Values{"personnel_no": {x.typed}, "code": {cards[0].Code}, "pin": {"840291"}, "again": {"840291"}}); status != 303 {
				t.Errorf("%s typed as %s answers %d\n%s", x.no, x.typed, status, page)
			}
			b := s.browser()
			if status, _ := b.post("/login", url.Values{"who": {x.typed}, "secret": {"840291"}}); status != 303 {
				t.Errorf("the PIN of %s typed as %s answers %d", x.no, x.typed, status)
			} else if _, page := b.get("/people/me/edit"); !strings.Contains(page, x.who) {
				t.Errorf("%s typed as %s lets somebody else in", x.no, x.typed)
			}
		}
		// However the number is written, guesses count as one person's.
		limited := false
		for i := range 12 {
			who := []string{"p10890", "P10890"}[i%2]
			if status, _ := s.browser().post("/login", url.Values{"who": {who}, "secret": {"739104"}}); status == 429 {
				limited = true
				break
			}
		}
		if !limited {
			t.Error("writing a number in two ways doubles the guesses")
		}
	})
}
