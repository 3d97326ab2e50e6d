package app

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
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
