package app

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/directory"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/picture"
)

// thing makes what the pattern's id names, for a row, and returns the id.
func (g *guild) thing(pattern, row string) string {
	g.Helper()
	ctx, h, ben := context.Background(), g.house, g.actor("Ben")
	audience := access.Organisation
	if row == invisible {
		audience = g.private
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(strings.Replace(pattern, "/api/v1", "", 1), ""), " ")
	switch {
	case strings.HasPrefix(path, "/questions/"), strings.HasPrefix(path, "/answers/"), strings.HasPrefix(path, "/comments/"):
		q, a, c := g.thread(audience, "How is the loom threaded?", "By hand.")
		g.places = map[string]string{"{question}": q.String(), "{answer}": a.String()}
		n, gone := q, func() error { return h.Ask.Delete(ctx, g.actor("Stella"), q) }
		if strings.HasPrefix(path, "/answers/") {
			n, gone = a, func() error { return h.Ask.DeleteAnswer(ctx, ben, a) }
		} else if strings.HasPrefix(path, "/comments/") {
			n, gone = c, func() error { return h.Ask.DeleteComment(ctx, ben, c) }
		}
		if strings.HasSuffix(path, "/desk") || strings.HasSuffix(path, "/forwarding") || strings.HasSuffix(path, "/nobody") || strings.HasSuffix(path, "/pass") {
			g.toDesk(&q, audience)
			n = q
			gone = func() error { return h.Ask.Delete(ctx, g.actor("Stella"), q) }
		}
		if row == erased {
			if err := gone(); err != nil {
				g.Fatal(err)
			}
		}
		return n.String()
	case strings.HasPrefix(path, "/admin/sites/"):
		g.places = map[string]string{"{site}": "Mill"}
		if row == erased {
			g.places = map[string]string{"{site}": "Gone"}
			return id.New(g.clock.Now()).String()
		}
		for _, x := range must[[]people.Site](g)(h.People.AllSites(ctx, g.actor("Ada"))) {
			if x.Name == "Mill" {
				return x.ID.String()
			}
		}
		return must[id.ID](g)(h.People.SaveSite(ctx, g.actor("Ada"), people.Site{Name: "Mill", Zone: "UTC"}, "")).String()
	case strings.HasPrefix(path, "/admin/skill-lists/"):
		if row == erased {
			return id.New(g.clock.Now()).String()
		}
		lists := &directory.SkillLists{DB: h.DB, Skills: h.Skills, Files: h.Files}
		return must[id.ID](g)(lists.Preview(ctx, g.actor("Ada"), "skills.csv", strings.NewReader("Skill\nDyeing\n"))).String()
	case strings.HasSuffix(path, "/picture"):
		if row == visible {
			g.portrait()
			return ben.Person.String()
		}
		return g.cast["Max"].Person.String() // who has none
	case strings.HasSuffix(path, "/departure"), strings.HasPrefix(path, "/admin/people/") && strings.HasSuffix(path, "/logins"):
		var who people.Joined
		if err := h.DB.Write(ctx, func(tx *db.Tx) (err error) {
			who, err = h.People.Join(tx, people.Joiner{Name: "Nora"}, true)
			return err
		}); err != nil {
			g.Fatal(err)
		}
		return who.Person.String()
	case strings.HasPrefix(path, "/files/"):
		keep := &ask.Attachments{Service: h.Ask, Files: h.Files, Press: picture.New(1)}
		shown := must[string](g)(keep.Keep(ctx, ben, audience, []ask.Upload{{Name: "loom.txt", Body: strings.NewReader("warp and weft")}}))
		_, n, _ := strings.Cut(shown, "(/files/")
		q := must[id.ID](g)(h.Ask.Ask(ctx, ben, ask.Ask{Title: "What does this list say?", Body: "See" + shown, Audience: audience}))
		if row == erased {
			if err := h.Ask.Delete(ctx, ben, q); err != nil {
				g.Fatal(err)
			}
		}
		return strings.TrimSuffix(n, ")")
	case strings.HasPrefix(path, "/admin/claims/"), strings.HasPrefix(path, "/claims/"), strings.HasPrefix(path, "/me/claims/"):
		if row == erased {
			return id.New(g.clock.Now()).String()
		}
		return g.claim(g.imported(access.Organisation)).String()
	case strings.HasPrefix(path, "/people/me/skills"), strings.HasPrefix(path, "/me/skills"):
		tag := must[skills.Tag](g)(h.Skills.Declare(ctx, ben, skills.Declaration{Tag: skills.Tag{Name: "weaving"}, Direction: skills.Teach, Level: 3, Work: true, Open: true}))
		if row == erased {
			if err := h.Skills.Undeclare(ctx, ben, tag.ID, skills.Teach); err != nil {
				g.Fatal(err)
			}
		}
		return tag.ID.String()
	case strings.HasPrefix(path, "/people/me/receipts"), strings.HasPrefix(path, "/me/receipts"):
		mia := g.actor("Mia")
		q := must[id.ID](g)(h.Ask.Ask(ctx, mia, ask.Ask{Title: "How is the loom threaded?", Skills: []string{"weaving"}, Audience: audience}))
		a := must[id.ID](g)(h.Ask.Answer(ctx, ben, q, "By hand."))
		g.drain()
		var receipt id.ID
		if err := g.house.DB.Read(ctx, func(tx *db.Tx) error {
			_, err := tx.Row("SELECT id FROM receipts WHERE source_id = $1 AND author_id = $2", []any{&receipt}, a, ben.Author)
			return err
		}); err != nil || receipt == 0 {
			g.Fatal("no receipt", err)
		}
		if row == erased {
			if err := h.Ask.DeleteAnswer(ctx, ben, a); err != nil {
				g.Fatal(err)
			}
			g.drain()
		}
		return receipt.String()
	case strings.HasPrefix(path, "/people/"), strings.HasPrefix(path, "/admin/people/"):
		if row == visible {
			return ben.Person.String()
		}
		var left people.Joined
		g.write(func(tx *db.Tx) (err error) {
			if left, err = h.People.Join(tx, people.Joiner{Name: "Lee"}, true); err != nil {
				return err
			}
			return h.People.Leave(tx, left.Person, 0, "Former colleague", true)
		})
		return left.Person.String()
	case strings.HasPrefix(path, "/endorsements/"):
		n := must[id.ID](g)(h.Skills.Endorse(ctx, ben, g.cast["Max"].Person, skills.Tag{Name: "weaving"}, "Mended the big loom in a night."))
		g.write(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE endorsements SET audience_id = $1 WHERE id = $2", audience, n)
			return err
		})
		if row == erased {
			must[id.ID](g)(h.Skills.Withdraw(ctx, ben, n))
		}
		return n.String()
	case strings.HasPrefix(path, "/skills/") && strings.HasSuffix(path, "/deprecation"):
		var n id.ID
		g.write(func(tx *db.Tx) error {
			tags, err := h.Skills.Named(tx, access.Actor{}, access.Organisation, []string{"dusting"}, true)
			if err == nil {
				n = tags[0].ID
			}
			return err
		})
		return n.String()
	case strings.HasPrefix(path, "/skills/"):
		g.places = map[string]string{"{self}": g.skill.String()}
		return g.skill.String()
	case strings.HasPrefix(path, "/me/logins/"), strings.HasPrefix(path, "/me/tokens/"):
		n := id.New(g.clock.Now())
		if row == erased {
			return n.String()
		}
		g.write(func(tx *db.Tx) (err error) {
			if strings.HasPrefix(path, "/me/tokens/") {
				_, err = h.Logins.NewToken(tx, ben.Person, "old", time.Time{})
			} else {
				_, err = h.Logins.Start(tx, ben.Person, "old")
			}
			return err
		})
		return g.newest(path, ben)
	case strings.HasPrefix(path, "/login/link/"):
		if row == erased {
			return "nonsense"
		}
		return g.link("Ben", login.MailLink)
	case strings.HasPrefix(path, "/unsubscribe/"):
		if row == erased {
			return "nonsense"
		}
		return must[string](g)(h.Notices.Token(ctx, ben.Person, ""))
	case strings.HasPrefix(path, "/pictures/"):
		hash := strings.Repeat("0f", 32)
		if row == visible {
			hash = g.portrait()
		}
		return hash
	case strings.HasPrefix(path, "/meetings/"), strings.HasPrefix(path, "/met/"), strings.HasPrefix(path, "/calendar/"):
		if row == erased {
			return "nonsense"
		}
		return g.meeting(path, audience)
	case strings.HasPrefix(path, "/reference/"):
		if row == visible {
			return "ask-question"
		}
		return "nonsense"
	case strings.HasSuffix(path, "/choosing"), strings.HasSuffix(path, "/suggestions"), strings.HasSuffix(path, "/requests"):
		return g.choosing("Ben", "Mia").String()
	case strings.HasPrefix(path, "/mentoring/"), strings.HasPrefix(path, "/programmes/"):
		programme, _ := g.mentorship("active", "Ben", "Mia")
		return programme.String()
	case strings.HasPrefix(path, "/mentorships/"):
		state := "active"
		switch {
		case strings.HasSuffix(path, "/answer"):
			state = "proposed"
		case strings.HasSuffix(path, "/certificate"):
			state = "closed"
		}
		_, room := g.mentorship(state, "Ben", "Mia")
		return room.String()
	case strings.HasPrefix(path, "/me/keys/"):
		if row == erased {
			return id.New(g.clock.Now()).String()
		}
		h, _ := g.holder("Ben")
		g.places = map[string]string{"{blob}": to64(append([]byte{1}, random(64)...))}
		return h.key
	case strings.HasPrefix(path, "/swaps/"), strings.HasPrefix(path, "/teachings/"):
		if row == erased {
			return "nonsense"
		}
		return g.swap(path)
	case strings.HasPrefix(path, "/team-hours/"):
		if row == erased {
			return "nonsense"
		}
		return g.teamHour("Ben", "Mia").String()
	case strings.HasPrefix(path, "/echoes/"), strings.HasPrefix(path, "/echo/"):
		if row == erased {
			return "nonsense"
		}
		return g.echo("Ben", "Mia", pattern)
	case strings.HasPrefix(path, "/demo/"):
		return "nonsense"
	case strings.HasPrefix(path, "/coffee/"):
		if row == erased {
			return "nonsense"
		}
		return g.coffee(path, audience)
	}
	g.Fatalf("nobody knows what the id of %s names", pattern)
	return ""
}

// toDesk makes a question of Ben's that nobody answered and that came to Ada,
// who is the desk.
func (g *guild) toDesk(q *id.ID, audience id.ID) {
	g.Helper()
	ctx, h := context.Background(), g.house
	if err := h.Organisation.Change(ctx, func(s *organisation.Settings) error {
		s.Desk = []string{g.cast["Ada"].Person.String()}
		return nil
	}); err != nil {
		g.Fatal(err)
	}
	*q = must[id.ID](g)(h.Ask.Ask(ctx, g.actor("Ben"), ask.Ask{Title: "Who threads the loom at night?", Audience: audience}))
	g.places = map[string]string{"{max}": g.cast["Max"].Person.String()}
	g.write(func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO routings (id, question_id, person_id, wave, part, state, reason, asked_at) VALUES ($1, $2, $3, 9, 'desk', 'waiting', '[]', $4)",
			id.New(g.clock.Now()), *q, g.cast["Ada"].Person, db.At(g.clock.Now()))
		return err
	})
}

// meeting plans one of Ben's and Mia's, begun where somebody is asked whether
// they met, and returns what the path names.
func (g *guild) meeting(path string, audience id.ID) string {
	g.Helper()
	return g.meetingOf("Ben", path, audience)
}

// meetingOf plans one of somebody's and Mia's.
func (g *guild) meetingOf(who, path string, audience id.ID) string {
	g.Helper()
	ctx, h, ben := context.Background(), g.house, g.actor(who)
	start := g.clock.Now().Add(24 * time.Hour)
	begun := strings.HasPrefix(path, "/met/") || strings.HasSuffix(path, "/confirmation")
	if begun {
		start = g.clock.Now().Add(-time.Hour)
	}
	var n id.ID
	g.write(func(tx *db.Tx) (err error) {
		n, err = h.Meetings.Plan(tx, ben, meet.New{
			Audience: audience, About: g.skill, Kind: "coffee", Title: "Talk", Start: start, End: start.Add(2 * time.Hour), Zone: "UTC",
			People: []id.ID{ben.Person, g.cast["Mia"].Person}, Quiet: begun,
		})
		return err
	})
	switch {
	case strings.HasPrefix(path, "/met/"):
		_, token, _ := strings.Cut(must[string](g)(h.Meetings.MetPath(ctx, n, g.cast["Mia"].Person)), "/met/")
		return token
	case strings.HasPrefix(path, "/calendar/"):
		_, token, _ := strings.Cut(must[string](g)(h.Meetings.NewFeed(ctx, ben)), "/calendar/")
		return token
	}
	return n.String()
}

// imported makes an imported profile with a question in an audience.
func (g *guild) imported(audience id.ID) (author id.ID) {
	g.Helper()
	h, now := g.house, g.clock.Now()
	g.write(func(tx *db.Tx) (err error) {
		author, err = h.People.Import(tx, people.Imported{
			Origin: "stackexchange:looms", OriginID: id.New(now).String(), Label: "benny", Created: now.AddDate(-3, 0, 0),
			EmailHash: people.EmailHash("benny@example.org"),
		})
		if err != nil {
			return err
		}
		q := id.New(now)
		if _, err := tx.Exec("INSERT INTO questions (id, audience_id, author_id, title, body, state, created_at, active_at) VALUES ($1, $2, $3, 'How old is this loom?', '', 'open', $4, $4)",
			q, audience, author, db.At(now)); err != nil {
			return err
		}
		return subject.Save(tx, subject.Subject{
			Ref: subject.Ref{Kind: subject.Question, ID: q}, Audience: audience, Author: author, Title: "How old is this loom?", State: "open", Created: now, Updated: now,
		})
	})
	return author
}

// claim lets Ben claim an imported profile.
func (g *guild) claim(author id.ID) id.ID {
	g.Helper()
	if state := must[people.ClaimState](g)(g.house.People.Claim(context.Background(), g.actor("Ben"), author, "It is me.")); state != people.ClaimWaiting {
		g.Fatalf("the claim is %s", state)
	}
	return must[[]people.Claim](g)(g.house.People.OwnClaims(context.Background(), g.actor("Ben")))[0].ID
}

// portrait gives Ben a picture and returns its name.
func (g *guild) portrait() string {
	g.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		g.Fatal(err)
	}
	if code, page := g.upload("Ben", "/people/me/picture", "file", "me.png", b.Bytes()); code != 303 {
		g.Fatalf("the picture answers %d\n%.500s", code, page)
	}
	_, page := g.get("Ben", g.person("Ben"))
	_, after, _ := strings.Cut(page, `src="/pictures/`)
	hash, _, _ := strings.Cut(after, `"`)
	return hash
}

// newest finds Ben's login or token that was made last.
func (g *guild) newest(path string, ben access.Actor) string {
	g.Helper()
	var last id.ID
	if strings.HasPrefix(path, "/me/logins/") {
		for _, l := range must[[]login.Login](g)(g.house.Logins.Logins(context.Background(), ben)) {
			if l.Device == "old" {
				last = max(last, l.ID)
			}
		}
	} else {
		for _, k := range must[[]login.Token](g)(g.house.Logins.Tokens(context.Background(), ben)) {
			if k.Label == "old" {
				last = max(last, k.ID)
			}
		}
	}
	if last == 0 {
		g.Fatal("nothing was made")
	}
	return last.String()
}
