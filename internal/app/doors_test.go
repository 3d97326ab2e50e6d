package app

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// browser keeps cookies and stops at redirects.
type browser struct {
	*testing.T
	url    string
	client *http.Client
}

func (s *stage) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.Fatal(err)
	}
	return &browser{s.T, s.url, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// get returns the status and the page, or where it leads.
func (b *browser) get(path string) (int, string) {
	b.Helper()
	res, err := b.client.Get(b.url + path)
	return b.read(res, err)
}

func (b *browser) post(path string, form url.Values) (int, string) {
	b.Helper()
	res, err := b.client.PostForm(b.url+path, form)
	return b.read(res, err)
}

func (b *browser) read(res *http.Response, err error) (int, string) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	if res.StatusCode >= 500 && res.StatusCode != 503 {
		b.Errorf("%s answers %d: %s", res.Request.URL.Path, res.StatusCode, body)
	}
	if to := res.Header.Get("Location"); to != "" {
		return res.StatusCode, to
	}
	return res.StatusCode, string(body)
}

// link makes a one-time link for somebody of the cast.
func (s *stage) link(who, kind string) string {
	s.Helper()
	var token string
	if err := s.house.DB.Write(context.Background(), func(tx *db.Tx) (err error) {
		token, err = s.house.Logins.NewLink(tx, s.cast[who].Person, kind, login.LinkLife)
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return token
}

func TestAOneTimeLinkShowsAPageAndSignsInByItsButtonOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		path := "/login/link/" + s.link("Ben", login.MailLink)
		b := s.browser()
		for range 2 { // a mail scanner and the person
			if code, page := b.get(path + "?to=/questions/new"); code != 200 || !strings.Contains(page, "Come in, Ben") || !strings.Contains(page, `value="/questions/new"`) {
				t.Fatalf("the link answers %d\n%s", code, page)
			}
		}
		if code, to := b.post(path, url.Values{"to": {"/questions/new"}}); code != 303 || to != "/questions/new" {
			t.Fatalf("the button answers %d %s", code, to)
		}
		if code, page := b.get("/questions"); code != 200 || !strings.Contains(page, "Ben") {
			t.Errorf("signed in, the list answers %d", code)
		}
		if code, page := s.browser().post(path, nil); code != 410 || !strings.Contains(page, "Ask for a new one") {
			t.Errorf("the used link answers %d, want 410", code)
		}
		if code, to := b.post("/logout", nil); code != 303 || to != "/login" {
			t.Errorf("signing out answers %d %s", code, to)
		}
		if code, _ := b.get("/questions"); code != 303 {
			t.Errorf("signed out, the list answers %d, want 303", code)
		}
	})
}

func TestALinkNeverLeadsToAnotherServer(t *testing.T) {
	s := play(t, dbtest.SQLite(t))
	for _, to := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "/\t/evil.example", "javascript:alert(1)"} {
		code, at := s.browser().post("/login/link/"+s.link("Ben", login.MailLink), url.Values{"to": {to}})
		if code != 303 || at != "/" {
			t.Errorf("to %q: %d %q, want the first page", to, code, at)
		}
	}
}

func TestAOneTimeLinkUsedByManyAtOnceSignsInOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		token := s.link("Chidi", login.MailLink)
		var wg sync.WaitGroup
		var mu sync.Mutex
		in, gone := 0, 0
		for range 16 {
			wg.Go(func() {
				_, err := s.house.Logins.UseLink(context.Background(), token, "test")
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					in++
				case fault.Is(err, fault.Gone):
					gone++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if in != 1 || gone != 15 {
			t.Errorf("%d signed in and %d were refused, want 1 and 15", in, gone)
		}
	})
}

func TestALinkEndsWithItsTimeAndWithItsPerson(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		old := "/login/link/" + s.link("Ben", login.MailLink)
		s.clock.Advance(login.LinkLife + time.Second)
		if code, _ := s.browser().get(old); code != 410 {
			t.Errorf("an old link answers %d, want 410", code)
		}
		fresh := "/login/link/" + s.link("Ben", login.InviteLink)
		if err := d.Write(context.Background(), func(tx *db.Tx) error { return login.EndAll(tx, s.cast["Ben"].Person) }); err != nil {
			t.Fatal(err)
		}
		if code, _ := s.browser().post(fresh, nil); code != 410 {
			t.Errorf("the link of somebody who left answers %d, want 410", code)
		}
		for _, bad := range []string{"x", "%00", "%ff", strings.Repeat("a", 3000)} {
			if code, _ := s.browser().get("/login/link/" + bad); code != 410 && code != 422 && code != 400 {
				t.Errorf("link %.10q answers %d", bad, code)
			}
		}
	})
}

func TestAskingForALinkTellsNobodyWhoIsHere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		if err := d.Write(context.Background(), func(tx *db.Tx) error {
			_, err := s.house.People.Join(tx, people.Joiner{Name: "Dana", Email: "dana@example.org"}, true)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		here, page1 := s.browser().post("/login/link", url.Values{"who": {"dana@example.org"}})
		not, page2 := s.browser().post("/login/link", url.Values{"who": {"emil@example.org"}})
		if !strings.Contains(page1, "This house sends no mail yet.") || strings.Contains(page1, "mailbox") {
			t.Errorf("without a mail server the door says\n%s", page1)
		}
		if here != 200 || not != 200 || strings.ReplaceAll(page1, "dana", "emil") != page2 {
			t.Errorf("the answers differ: %d and %d", here, not)
		}
	})
}

func TestTheCookieIsSecureWherePeopleComeByHTTPS(t *testing.T) {
	s := play(t, dbtest.SQLite(t))
	for _, c := range []struct{ public, host, name string }{
		{"https://hall.example.org", "hall.example.org", visit.SecureCookie},
		{"https://hall.example.org", "10.0.0.1:8080", visit.Cookie},
		{"http://hall.example.org", "hall.example.org", visit.Cookie},
	} {
		u, err := url.Parse(c.public)
		if err != nil {
			t.Fatal(err)
		}
		s.house.config.PublicURL = u
		r := httptest.NewRequest("POST", "/login/link/"+s.link("Ben", login.MailLink), nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		s.house.Handler().ServeHTTP(w, r)
		cookies := w.Result().Cookies()
		if len(cookies) != 1 {
			t.Fatalf("%d cookies with status %d", len(cookies), w.Code)
		}
		k := cookies[0]
		if k.Name != c.name || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" || k.Secure != (c.name == visit.SecureCookie) {
			t.Errorf("%s asked as %s sets %v", c.public, c.host, k)
		}
	}
}

func TestATokenMakesTheFirstAdminAndNobodyAfterwards(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h, err := Build(ctx, Config{}, d)
		if err != nil {
			t.Fatal(err)
		}
		token, made, err := h.CreateToken(ctx, NewToken{Email: " Ada@Example.org ", Label: "first"})
		if err != nil || !made {
			t.Fatal(made, err)
		}
		a, err := h.Logins.ResolveToken(ctx, token)
		if err != nil || a.Role != access.Admin || a.Name != "ada" {
			t.Errorf("the token is of %+v, %v", a, err)
		}
		if _, _, err := h.CreateToken(ctx, NewToken{Email: "eve@example.org"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("an unknown address gives %v, want NotFound", err)
		}
		if _, made, err := h.CreateToken(ctx, NewToken{Email: "ada@example.org"}); err != nil || made {
			t.Errorf("a second token: %v %v", made, err)
		}
		for _, bad := range []string{"", "ada", "a@b, c@d", "a@b\x00", strings.Repeat("a", 300) + "@b.c"} {
			if _, _, err := h.CreateToken(ctx, NewToken{Email: bad}); !fault.Is(err, fault.Invalid) {
				t.Errorf("address %.20q gives %v, want Invalid", bad, err)
			}
		}
	})
}

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

func TestOnesOwnLoginsAndTokensAreListedAndEnded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.clock.Advance(time.Minute)
		var made struct{ ID, Token string }
		if code := s.call("Ben", "POST", "/api/v1/me/tokens", map[string]any{"label": "sync", "days": 30}, &made); code != 201 || !strings.HasPrefix(made.Token, "ghall_") {
			t.Fatalf("%d %+v", code, made)
		}
		if code := s.call("Chidi", "DELETE", "/api/v1/me/tokens/"+made.ID, nil, nil); code != 404 {
			t.Errorf("somebody else revoking answers %d, want 404", code)
		}
		var list struct {
			Items []struct{ ID, Token, Label, Device string }
		}
		if code := s.call("Ben", "GET", "/api/v1/me/tokens", nil, &list); code != 200 || len(list.Items) != 2 || list.Items[0].Label != "sync" || list.Items[0].Token != "" {
			t.Errorf("%d %+v", code, list)
		}
		if code := s.call("Ben", "DELETE", "/api/v1/me/tokens/"+made.ID, nil, nil); code != 204 {
			t.Errorf("revoking answers %d", code)
		}
		if by, err := s.house.Logins.ResolveToken(context.Background(), made.Token); err != nil || by.Known() {
			t.Errorf("the revoked token is %v, %v", by, err)
		}
		// A program that has a token is told that it is the token.
		r := httptest.NewRequest("GET", "/api/v1/me", nil)
		r.Header.Set("Authorization", "Bearer "+made.Token)
		w := httptest.NewRecorder()
		s.house.Handler().ServeHTTP(w, r)
		if w.Code != 401 || !strings.Contains(w.Body.String(), "That token does not work") {
			t.Errorf("the revoked token is answered %d %s", w.Code, w.Body)
		}
		for _, bad := range []map[string]any{{"label": " "}, {"label": "x", "days": -1}, {"label": "x", "days": 1 << 40}, {"label": strings.Repeat("x", 200)}} {
			if code := s.call("Ben", "POST", "/api/v1/me/tokens", bad, nil); code != 422 {
				t.Errorf("%v answers %d, want 422", bad, code)
			}
		}
		if code := s.call("Ben", "GET", "/api/v1/me/logins", nil, &list); code != 200 || len(list.Items) != 1 || list.Items[0].Device != "test" {
			t.Errorf("%d %+v", code, list)
		}
		if code := s.call("Chidi", "DELETE", "/api/v1/me/logins/"+list.Items[0].ID, nil, nil); code != 404 {
			t.Errorf("ending somebody else's login answers %d, want 404", code)
		}
		if code := s.call("Ben", "DELETE", "/api/v1/me/logins/"+list.Items[0].ID, nil, nil); code != 204 {
			t.Errorf("ending answers %d", code)
		}
		if code, _ := s.get("Ben", "/settings"); code != 303 {
			t.Errorf("the ended login answers %d", code)
		}
	})
}

func TestSettingsKeepPreferencesAndShowATokenOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		code, page := s.post("Ben", "/settings/tokens", "label=laptop&days=90")
		if code != 200 || !strings.Contains(page, "ghall_") || !strings.Contains(page, "laptop") {
			t.Errorf("making a token answers %d\n%s", code, page)
		}
		if _, page = s.get("Ben", "/settings"); strings.Contains(page, "ghall_") {
			t.Error("the token is shown again")
		}
		if code, page = s.post("Ben", "/settings/tokens", "label=&days=x"); code != 422 || !strings.Contains(page, "whole number") {
			t.Errorf("a bad token answers %d", code)
		}
		if code, _ = s.post("Ben", "/settings/preferences", "time_zone=Asia/Tokyo&locale=en&theme=dark&keys_off=1"); code != 303 {
			t.Errorf("preferences answer %d", code)
		}
		if _, page = s.get("Ben", "/settings"); !strings.Contains(page, "Asia/Tokyo") {
			t.Errorf("the zone is not kept\n%s", page)
		}
		for _, bad := range []string{"time_zone=Mars/Base", "time_zone=Local", "time_zone=../../etc/passwd", "locale=xx"} {
			if code, _ = s.post("Ben", "/settings/preferences", bad); code != 422 {
				t.Errorf("%s answers %d, want 422", bad, code)
			}
		}
	})
}

func TestMetricsAreForThisMachineAndForTheToken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		s.house.config.MetricsToken = "m-1"
		s.get("Ben", "/questions")
		for _, c := range []struct {
			remote, forwarded, token string
			want                     int
		}{
			{"127.0.0.1:1", "", "", 200}, {"[::1]:1", "", "", 200}, {"[::ffff:127.0.0.1]:1", "", "", 200},
			{"192.0.2.7:1", "", "", 404}, {"192.0.2.7:1", "", "m-2", 404}, {"192.0.2.7:1", "", "m-1", 200},
			{"127.0.0.1:1", "192.0.2.7", "", 404}, {"127.0.0.1:1", "192.0.2.7", "m-1", 200}, {"", "", "", 404},
		} {
			r := httptest.NewRequest("GET", "/metrics", nil)
			r.RemoteAddr = c.remote
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			if c.token != "" {
				r.Header.Set("Authorization", "Bearer "+c.token)
			}
			w := httptest.NewRecorder()
			s.house.Handler().ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("%+v answers %d", c, w.Code)
			}
			if w.Code == 200 && (!strings.Contains(w.Body.String(), `route="GET /questions",status="200"`) || !strings.Contains(w.Body.String(), "guildhall_event_seq")) {
				t.Errorf("numbers are missing:\n%s", w.Body)
			}
		}
	})
}
