package app

import (
	"context"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/guildhall/guildhall/internal/admin"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// empty is a running house in which nobody is yet.
func empty(t *testing.T, d *db.DB) (*stage, string) {
	t.Helper()
	h, err := Build(context.Background(), Config{Clock: clock.System{}}, d)
	if err != nil {
		t.Fatal(err)
	}
	code, err := h.Admin.NewSetupCode(context.Background())
	if err != nil || code == "" {
		t.Fatal(code, err)
	}
	return serve(t, h), code
}

func TestAnEmptyHouseLeadsToItsSetUpAndTheCodeOpensItOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, code := empty(t, d)
		for _, path := range []string{"/", "/questions", "/login", "/settings", "/nowhere"} {
			if status, to := s.browser().get(path); status != 303 || to != "/setup" {
				t.Errorf("%s answers %d %s, want the set-up", path, status, to)
			}
		}
		if status, _ := s.browser().get("/healthz"); status != 200 {
			t.Errorf("/healthz answers %d", status)
		}
		if status := s.call("", "GET", "/api/v1/questions", nil, nil); status != 401 {
			t.Errorf("the API answers %d, want 401", status)
		}
		right := url.Values{"code": {strings.ToLower(code)}, "organisation": {"Tidewater"}, "name": {"Ada <b>"}, "who": {"Ada@Example.org"}, "password": {horse}}
		with := func(name, value string) url.Values {
			out := url.Values{}
			for k, v := range right {
				out[k] = v
			}
			out.Set(name, value)
			return out
		}
		for _, bad := range []url.Values{
			with("code", "AAAA-BBBB-CCCC"), with("code", ""), with("organisation", " "), with("name", ""), with("who", "a@b@c"), with("who", ""),
			with("password", "password1234"), with("password", "short"),
		} {
			if status, page := s.browser().post("/setup", bad); status != 422 || bad.Get("name") != "" && !strings.Contains(page, `value="Ada &lt;b&gt;"`) {
				t.Errorf("%v answers %d", bad, status)
			}
		}
		b := s.browser()
		if status, to := b.post("/setup", right); status != 303 || to != "/setup" {
			t.Fatalf("founding answers %d %s", status, to)
		}
		if status, page := b.get("/setup"); status != 200 || strings.Count(page, "to do") != 4 {
			t.Errorf("the steps answer %d\n%s", status, page)
		}
		eve := s.browser()
		status, to := eve.post("/setup", with("who", "eve@example.org"))
		if status != 303 || !strings.HasPrefix(to, "/login") {
			t.Errorf("a second founding answers %d %s", status, to)
		}
		if _, page := eve.get(to); !strings.Contains(page, "This house is open already, for Tidewater.") {
			t.Errorf("who was slower is not told why they are to sign in\n%s", page)
		}
		for _, step := range []struct {
			path string
			form url.Values
		}{
			{"/admin/organisation", url.Values{"next": {"/setup"}, "organisation": {"Tidewater"}, "public_url": {"https://hall.example.org/"}, "time_zone": {"Europe/Lisbon"}}},
			{"/admin/practices", url.Values{"next": {"/setup"}}},
		} {
			if status, to := b.post(step.path, step.form); status != 303 || to != "/setup" {
				t.Errorf("%s answers %d %s", step.path, status, to)
			}
		}
		if _, page := b.get("/setup"); strings.Count(page, "to do") != 2 {
			t.Error("what was done is not remembered")
		}
		if status, to := b.post("/setup/done", nil); status != 303 || to != "/" || !s.house.Organisation.Settings().SetUp {
			t.Errorf("finishing answers %d %s", status, to)
		}
		if u := s.house.Organisation.Settings().PublicURL; u != "https://hall.example.org" {
			t.Errorf("the address is %q", u)
		}
		if code, err := s.house.Admin.NewSetupCode(context.Background()); err != nil || code != "" {
			t.Errorf("a house with an admin gives a code: %q %v", code, err)
		}
	})
}

func TestTwoWhoOpenTheHouseAtOnceMakeOneAdmin(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, code := empty(t, d)
		var wg sync.WaitGroup
		for _, who := range []string{"ada@example.org", "ben@example.org", "40731"} {
			wg.Go(func() {
				s.browser().post("/setup", url.Values{"code": {code}, "organisation": {"X"}, "name": {"N"}, "who": {who}, "password": {horse}})
			})
		}
		wg.Wait()
		var admins int
		if err := d.Read(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Row("SELECT COUNT(*) FROM people", []any{&admins})
			return err
		}); err != nil || admins != 1 {
			t.Errorf("%d people, want 1; %v", admins, err)
		}
	})
}

func TestTheAdministrationDoesNotExistForOthers(t *testing.T) {
	s := play(t, dbtest.SQLite(t))
	for _, r := range s.house.every() {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if r.Gate != Admins {
			continue
		}
		path = strings.ReplaceAll(path, "{id}", s.cast["Ben"].Person.String())
		for _, who := range []string{"Ben", "Gus"} {
			var code int
			if method == "GET" {
				code, _ = s.get(who, path)
			} else {
				code, _ = s.post(who, path, "role=admin&do=cards&person="+s.cast["Ben"].Person.String())
			}
			if code != 404 {
				t.Errorf("%s %s answers %s with %d, want 404", method, path, who, code)
			}
		}
	}
	if role := s.role("Ben"); role != access.Member {
		t.Errorf("Ben became %s", role)
	}
}

func (s *stage) role(who string) access.Role {
	s.Helper()
	by, err := s.house.People.ActorOf(context.Background(), s.cast[who].Person)
	if err != nil {
		s.Fatal(err)
	}
	return by.Role
}

func TestAnAdminChangesRolesAndThereIsAlwaysAnAdmin(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		at := func(who string) string { return "/admin/people/" + s.cast[who].Person.String() }
		for _, page := range []string{"/admin", "/admin?q=be&show=new", "/admin?q=%25", at("Ben"), "/admin/invitations", "/admin/organisation", "/admin/mail", "/admin/practices", "/admin/audit"} {
			if code, _ := s.get("Ada", page); code != 200 {
				t.Errorf("%s answers %d", page, code)
			}
		}
		if code, page := s.post("Ada", at("Ada"), "role=member"); code != 409 || !strings.Contains(page, "only admin") {
			t.Errorf("the last admin steps down: %d", code)
		}
		if code, _ := s.post("Ada", at("Ben"), "role=king"); code != 422 || s.role("Ben") != access.Member {
			t.Errorf("an unknown role answers %d", code)
		}
		sees := func(who string) bool {
			code, _ := s.get(who, "/questions")
			return code == 200
		}
		if code, _ := s.post("Ada", at("Gus"), "role=member"); code != 303 || s.role("Gus") != access.Member || !s.member("Gus") {
			t.Errorf("Gus is no member: %d", code)
		}
		if code, _ := s.post("Ada", at("Chidi"), "role=guest"); code != 303 || s.member("Chidi") {
			t.Errorf("Chidi still sees what the organisation sees: %d %v", code, sees("Chidi"))
		}
		if code, _ := s.post("Ada", at("Ben"), "role=admin"); code != 303 {
			t.Error(code)
		}
		if code, _ := s.post("Ben", at("Ada"), "role=member"); code != 303 || s.role("Ada") != access.Member {
			t.Errorf("with two admins one may step down: %d", code)
		}
		if code, _ := s.post("Ben", at("Chidi"), "end=1"); code != 303 {
			t.Error(code)
		}
		if code, _ := s.get("Chidi", "/questions"); code != 303 {
			t.Errorf("Chidi is still signed in: %d", code)
		}
		if _, page := s.get("Ben", "/admin/audit"); !strings.Contains(page, "changed the role of") || !strings.Contains(page, "Gus") {
			t.Errorf("the log does not say who changed what\n%s", page)
		}
	})
}

func (s *stage) member(who string) (ok bool) {
	s.Helper()
	if err := s.house.DB.Read(context.Background(), func(tx *db.Tx) (err error) {
		ok, err = access.Sees(tx, access.Actor{Person: s.cast[who].Person}, access.Organisation)
		return err
	}); err != nil {
		s.Fatal(err)
	}
	return ok
}

func TestPeopleAreInvitedByNameAndComeInByLinkOrCard(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		list := "Dana Quist <dana@example.org>\n\nemil.sand@example.org Emil Sand\nFaye, faye@example.org\r\nGita\t40731\nHugo; hugo@example.org\ndana@example.org, Dana\n"
		code, page := s.post("Ada", "/admin/invitations", url.Values{"people": {list}, "role": {"member"}}.Encode())
		links := regexp.MustCompile(`/login/link/[\w-]+`).FindAllString(page, -1)
		if code != 200 || len(links) != 4 || !strings.Contains(page, "Print a card") {
			t.Fatalf("inviting answers %d with links %v\n%s", code, links, page)
		}
		b := s.browser()
		if code, page := b.get(links[0]); code != 200 || !strings.Contains(page, "Dana Quist") {
			t.Errorf("the link answers %d", code)
		}
		if code, _ := b.post(links[0], nil); code != 303 {
			t.Errorf("the button answers %d", code)
		}
		// What cannot be read is named line by line, and nobody is added.
		code, page = s.post("Ada", "/admin/invitations", url.Values{"people": {"Ida ida@example.org\nno address here\n@\nJon, <script>"}, "role": {"member"}}.Encode())
		if code != 422 || !strings.Contains(page, "Line 2 needs") || !strings.Contains(page, "Line 3 needs") || !strings.Contains(page, "Ida ida@example.org") {
			t.Errorf("bad lines answer %d\n%s", code, page)
		}
		if _, page := s.get("Ada", "/admin?q=ida"); strings.Contains(page, "ida@example.org") {
			t.Error("somebody was added although the list was refused")
		}
		for _, bad := range []string{"", " \n \n", strings.Repeat("A a@example.org\n", 3)} {
			want := 422
			if strings.Contains(bad, "@") {
				want = 200
			}
			if code, _ := s.post("Ada", "/admin/invitations", url.Values{"people": {bad}, "role": {"guest"}}.Encode()); code != want {
				t.Errorf("%.10q answers %d, want %d", bad, code, want)
			}
		}
		if code, _ := s.post("Ada", "/admin/invitations", url.Values{"people": {"K k@example.org"}, "role": {"admin"}}.Encode()); code != 422 {
			t.Errorf("inviting an admin answers %d", code)
		}
		if code, page := s.post("Ada", "/admin/people", "do=cards"); code != 422 || !strings.Contains(page, "Choose between") {
			t.Errorf("cards for nobody answer %d", code)
		}
	})
}

func TestMailSettingsKeepSecretsToTheirServer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := play(t, d)
		form := func(extra ...string) string {
			v := url.Values{"host": {"smtp.example.org"}, "port": {"587"}, "tls": {"starttls"}, "from": {"hall@example.org"}, "user": {"hall"}}
			for i := 0; i+1 < len(extra); i += 2 {
				v.Set(extra[i], extra[i+1])
			}
			return v.Encode()
		}
		held := func() *organisation.Mail { return s.house.Organisation.Settings().Mail }
		if code, _ := s.post("Ada", "/admin/mail", form("password", "s3cret")); code != 303 || held().Password != "s3cret" {
			t.Fatalf("saving answers %d", code)
		}
		if _, page := s.get("Ada", "/admin/mail"); strings.Contains(page, "s3cret") {
			t.Error("the page shows the password")
		}
		if code, _ := s.post("Ada", "/admin/mail", form("port", "465", "tls", "tls")); code != 303 || held().Password != "s3cret" || held().Port != 465 {
			t.Errorf("saving again answers %d, %+v", code, held())
		}
		if code, _ := s.post("Ada", "/admin/mail", form("host", "evil.example")); code != 303 || held().Password != "" {
			t.Errorf("another server gets the password: %d", code)
		}
		for _, bad := range [][2]string{{"host", ""}, {"host", "a b"}, {"host", "http://x"}, {"port", "0"}, {"port", "x"}, {"port", "99999"}, {"tls", "maybe"}, {"from", "x"}, {"token_url", "http://insecure.example"}} {
			if code, page := s.post("Ada", "/admin/mail", form(bad[0], bad[1], "from", "hall@example.org", bad[0], bad[1])); code != 422 || !strings.Contains(page, `value="587"`) && bad[0] != "port" {
				t.Errorf("%v answers %d", bad, code)
			}
		}
		if code, page := s.post("Ada", "/admin/mail", form("do", "test", "to", "ada@example.org", "host", "127.0.0.1", "port", "1", "tls", "none", "user", "")); code != 422 || !strings.Contains(page, "didn&#39;t take it") {
			t.Errorf("a server that is not there answers %d\n%s", code, page)
		}
		if held().Host == "127.0.0.1" {
			t.Error("a server that failed its test was saved")
		}
		if code, _ := s.post("Ada", "/admin/mail", "do=off"); code != 303 || held() != nil {
			t.Errorf("switching off answers %d", code)
		}
	})
}

func TestSomebodyAnImportBroughtOpensTheHouse(t *testing.T) {
	s, code := empty(t, dbtest.SQLite(t))
	ctx := context.Background()
	var imported people.Joined
	if err := s.house.DB.Write(ctx, func(tx *db.Tx) (err error) {
		imported, err = s.house.People.Join(tx, people.Joiner{Name: "Ada Lovelace", PersonnelNo: "40731"}, true)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if status, to := s.browser().get("/login"); status != 303 || to != "/setup" {
		t.Errorf("with people and no admin /login answers %d %s", status, to)
	}
	if status, _ := s.browser().post("/setup", url.Values{"code": {code}, "organisation": {"X"}, "name": {"Ada"}, "who": {"40731"}, "password": {horse}}); status != 303 {
		t.Errorf("founding answers %d", status)
	}
	by, err := s.house.People.ActorOf(ctx, imported.Person)
	if err != nil || by.Role != access.Admin {
		t.Errorf("%+v, %v", by, err)
	}
}

func TestSetUpCodesAreNotGuessed(t *testing.T) {
	s, _ := empty(t, dbtest.SQLite(t))
	slow := 0
	for range 20 {
		_, err := s.house.Admin.Found(context.Background(), admin.Founding{Code: "AAAA-AAAA-AAAA"}, netip.MustParseAddr("192.0.2.7"), "")
		if fault.Is(err, fault.TooMany) {
			slow++
		}
	}
	if slow < 9 {
		t.Errorf("%d of 20 tries were put off, want about 10", slow)
	}
}
