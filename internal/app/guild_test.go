package app

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// guild is a house with somebody for every column and a private audience.
type guild struct {
	*stage
	private id.ID
	skill   id.ID
	full    bool              // twenty people more are there
	holders map[string]holder // keys for private notes
	places  map[string]string // what stands for {answer} and the like in what is sent
}

func newGuild(t *testing.T, d *db.DB) *guild {
	t.Helper()
	c := clock.NewMoved(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	h, err := Build(context.Background(), Config{Clock: c, Files: t.TempDir(), APIRate: -1}, d)
	if err != nil {
		t.Fatal(err)
	}
	g := &guild{stage: serve(t, h), holders: map[string]holder{}}
	g.clock = c
	g.allOn()
	manager := id.ID(0)
	for _, p := range []struct {
		name string
		role access.Role
	}{{"Ada", access.Admin}, {"Olu", access.Organiser}, {"Max", access.Member}, {"Ben", access.Member}, {"Mia", access.Member},
		{"Stella", access.Member}, {"Strange", access.Member}, {"Gus", access.Guest}} {
		g.write(func(tx *db.Tx) (err error) {
			j := people.Joiner{Name: p.name, Role: p.role}
			if p.name == "Ben" {
				j.Manager = manager
			}
			a := actor{}
			if a.Joined, err = h.People.Join(tx, j, true); err != nil {
				return err
			}
			if a.cookie, err = h.Logins.Start(tx, a.Person, "test"); err != nil {
				return err
			}
			a.token, err = h.Logins.NewToken(tx, a.Person, "test", time.Time{})
			g.cast[p.name] = a
			return err
		})
		if p.name == "Max" {
			manager = g.cast["Max"].Person
		}
	}
	g.write(func(tx *db.Tx) (err error) {
		if g.private, err = access.NewAudience(tx, c, "community", 0); err != nil {
			return err
		}
		for who, role := range map[string]string{"Mia": "member", "Ben": "member", "Stella": "steward"} {
			if err := access.Join(tx, g.private, g.cast[who].Person, role); err != nil {
				return err
			}
		}
		if err := access.Join(tx, access.Organisation, g.cast["Stella"].Person, "steward"); err != nil {
			return err
		}
		tags, err := h.Skills.Named(tx, access.Actor{}, access.Organisation, []string{"weaving"}, true)
		g.skill = tags[0].ID
		return err
	})
	return g
}

// allOn switches every practice on.
func (g *guild) allOn() {
	g.Helper()
	if err := g.house.Organisation.Change(context.Background(), func(s *organisation.Settings) error {
		s.Practices = map[string]bool{}
		for _, p := range g.house.practices() {
			s.Practices[p.key] = true
		}
		return nil
	}); err != nil {
		g.Fatal(err)
	}
}

func (g *guild) actor(who string) access.Actor {
	g.Helper()
	a, err := g.house.People.ActorOf(context.Background(), g.cast[who].Person)
	if err != nil {
		g.Fatal(err)
	}
	return a
}

func must[T any](g *guild) func(v T, err error) T {
	return func(v T, err error) T {
		g.Helper()
		if err != nil {
			g.Fatal(err)
		}
		return v
	}
}

// post puts a question of Ben's with his own answer and comment to an
// audience.
func (g *guild) thread(audience id.ID, title, body string) (question, answer, comment id.ID) {
	g.Helper()
	ctx, ben, h := context.Background(), g.actor("Ben"), g.house
	question = must[id.ID](g)(h.Ask.Ask(ctx, ben, ask.Ask{Title: title, Body: body, Skills: []string{"weaving"}, Audience: audience}))
	answer = must[id.ID](g)(h.Ask.Answer(ctx, ben, question, body))
	comment = must[id.ID](g)(h.Ask.Comment(ctx, ben, question, question, body))
	return question, answer, comment
}

// ask sends one request and returns status, body and where it leads.
func (g *guild) ask(who, method, path, body string) (int, string, string) {
	g.Helper()
	req, err := http.NewRequest(method, g.url+path, strings.NewReader(body))
	if err != nil {
		g.Fatal(err)
	}
	inAPI := strings.HasPrefix(path, "/api/")
	if method != "GET" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if inAPI {
			req.Header.Set("Content-Type", "application/json")
		}
	}
	if who != "" {
		if inAPI {
			req.Header.Set("Authorization", "Bearer "+g.cast[who].token)
		} else {
			req.AddCookie(&http.Cookie{Name: visit.Cookie, Value: g.cast[who].cookie})
		}
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		g.Fatal(err)
	}
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return res.StatusCode, "", "" // it has no end
	}
	b, err := io.ReadAll(res.Body)
	if err != nil {
		g.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header.Get("Location")
}

// signInAgain gives somebody a login when theirs was ended.
func (g *guild) signInAgain(who string) {
	g.Helper()
	if who == "" {
		return
	}
	g.write(func(tx *db.Tx) (err error) {
		a := g.cast[who]
		a.cookie, err = g.house.Logins.Start(tx, a.Person, "test")
		g.cast[who] = a
		return err
	})
}

func (g *guild) follow() {
	g.Helper()
	if err := g.house.Follow(context.Background()); err != nil {
		g.Fatal(err)
	}
}
