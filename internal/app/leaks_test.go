package app

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// rooms are the places where words, counts and names may turn up: every page
// and operation that lists, finds, counts or opens. {ben}, {skill} and {open}
// stand for the author, a skill of the secret and a question for everybody.
var rooms = []string{
	"/", "/questions", "/questions?list=newest", "/questions?list=unanswered", "/questions?skill={skill}",
	"/questions?list=feed", "/questions?list=kept", "/questions/ageing", "/questions/{open}", "/questions/{open}/history",
	"/people/me/profiles?q=b", "/api/v1/profiles?q=b", "/api/v1/me/claims", "/api/v1/ageing", "/api/v1/questions?list=feed",
	"/questions/similar?q=quillfeather+jacquard+dressed", "/questions/new?title=How+is+the+quillfeather+jacquard+dressed",
	"/search?q=quillfeather+jacquard", "/search?q=quillfe", "/search?q=quillfaether", "/search?q=loom", "/search?q=warp&kind=answer",
	"/search.json?q=quillf", "/search.json?q=jacquard", "/who-knows?q=quillfeather+jacquard", "/who-knows?q=weaving", "/who-knows?q=jacqaurd",
	"/people", "/people/chart", "/people?skill=weaving", "/people/{ben}", "/people/{ben}/vouches", "/people/me", "/people/me/edit",
	"/people/me/skills", "/people/me/receipts", "/skills", "/skills?q=weaving", "/skills/{skill}", "/skills.json?q=weav", "/skills.json?q=quillf",
	"/skills.json?q=xanth", "/skills?q=knots", "/search?q=knots", "/search.json?q=knots", "/who-knows?q=knots", "/api/v1/skills?q=knots",
	"/settings", "/notices", "/settings/notices",
	"/api/v1/questions", "/api/v1/questions?list=newest", "/api/v1/questions?list=unanswered", "/api/v1/questions?skill={skill}",
	"/api/v1/questions/{open}", "/api/v1/questions/{open}/history", "/api/v1/today", "/api/v1/questions/similar?q=quillfeather+jacquard+dressed",
	"/api/v1/search?q=quillfeather", "/api/v1/search?q=jacquard+warp", "/api/v1/search?q=quillfaether",
	"/api/v1/experts?q=quillfeather+jacquard", "/api/v1/experts?q=weaving", "/api/v1/experts?q=warp",
	"/api/v1/people", "/api/v1/people/{ben}", "/api/v1/me", "/api/v1/me/receipts", "/api/v1/skills", "/api/v1/skills?q=weaving",
	"/api/v1/skills/{skill}", "/api/v1/notices",
	"/admin", "/admin/people/{ben}", "/admin/audit",
}

// look asks in every room on behalf of everybody and keeps the answers.
func (g *guild) look(who []string, open id.ID) map[string]string {
	g.Helper()
	out := map[string]string{}
	for _, w := range who {
		g.ask(w, "GET", "/api/v1/me", "") // the settings tell of a token's first use
		for _, room := range rooms {
			path := strings.NewReplacer("{ben}", g.cast["Ben"].Person.String(), "{skill}", g.skill.String(), "{open}", open.String()).Replace(room)
			code, page, to := g.ask(w, "GET", path, "")
			if code >= 500 {
				g.Errorf("%s as %s answers %d", room, w, code)
			}
			out[w+" "+room] = requestID.ReplaceAllString(page+to, "")
		}
	}
	return out
}

// outsiders may not see the private audience, whatever they are otherwise.
var outsiders = []string{"Strange", "Gus", "Max", "Olu", "Ada"}

func TestNothingAnywhereTellsOutsidersOfAPrivateAudience(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		open, _, _ := g.thread(access.Organisation, "How is the loom threaded?", "By hand, with the warp.")
		g.follow()
		before := g.look(outsiders, open)
		if n := g.look([]string{"Mia"}, open); len(n) != len(rooms) {
			t.Fatal("rooms are looked at twice")
		}
		ctx := context.Background()
		q, a, _ := g.thread(g.private, secretTitle, secretBody)
		asked := must[id.ID](g)(g.house.Ask.Ask(ctx, g.actor("Mia"), ask.Ask{Title: secretTitle, Body: secretBody, Skills: []string{"weaving", "Xanthippe knots"}, Audience: g.private}))
		helped := must[id.ID](g)(g.house.Ask.Answer(ctx, g.actor("Ben"), asked, secretBody))
		if err := g.house.Ask.Accept(ctx, g.actor("Mia"), asked, helped); err != nil {
			t.Fatal(err)
		}
		if err := g.house.Ask.Useful(ctx, g.actor("Mia"), a, true); err != nil {
			t.Fatal(err)
		}
		g.follow()
		inside, shown := g.look([]string{"Mia"}, open), map[string]bool{}
		for room, page := range inside {
			for _, word := range []string{"Zephyrine", "Xanthippe"} {
				if strings.Contains(page, word) {
					shown[room] = true
				}
			}
		}
		// The search is not blind: members find it where outsiders do not.
		for _, room := range []string{"/questions", "/search?q=quillfeather+jacquard", "/search.json?q=jacquard", "/people/{ben}", "/api/v1/questions",
			"/api/v1/search?q=quillfeather", "/questions/similar?q=quillfeather+jacquard+dressed", "/who-knows?q=quillfeather+jacquard"} {
			if !shown["Mia "+room] {
				t.Errorf("%s does not show a member what is there", room)
			}
		}
		g.same(before, g.look(outsiders, open), q, a, asked, helped)
	})
}

// same fails for every room that shows something else than before, the words
// of the secret or an id of it.
func (g *guild) same(before, after map[string]string, ids ...id.ID) {
	g.Helper()
	for _, room := range slices.Sorted(maps.Keys(after)) {
		was, is := before[room], after[room]
		if was != is {
			g.Errorf("%s shows something else than before: %s", room, difference(was, is))
		}
		for _, word := range []string{"Zephyrine", "Xanthippe"} {
			if strings.Contains(is, word) {
				g.Errorf("%s shows %s", room, word)
			}
		}
		for _, n := range ids {
			if strings.Contains(is, n.String()) {
				g.Errorf("%s shows the id %s", room, n)
			}
		}
	}
}

// difference is the place where two texts part.
func difference(was, is string) string {
	i := 0
	for i < len(was) && i < len(is) && was[i] == is[i] {
		i++
	}
	cut := func(s string) string { return s[max(0, min(i-80, len(s))):min(len(s), i+160)] }
	return "\n  was " + cut(was) + "\n   is " + cut(is)
}

func TestNothingAnywhereTellsOfWhatWasDeleted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		open, _, _ := g.thread(access.Organisation, "How is the loom threaded?", "By hand, with the warp.")
		g.follow()
		everybody := []string{"Strange", "Gus", "Mia", "Stella", "Max", "Olu", "Ada"}
		before := g.look(everybody, open)
		ctx := context.Background()
		q, a, _ := g.thread(access.Organisation, secretTitle, secretBody)
		asked := must[id.ID](g)(g.house.Ask.Ask(ctx, g.actor("Mia"), ask.Ask{Title: secretTitle, Body: secretBody, Skills: []string{"weaving"}}))
		helped := must[id.ID](g)(g.house.Ask.Answer(ctx, g.actor("Ben"), asked, secretBody))
		if err := g.house.Ask.Accept(ctx, g.actor("Mia"), asked, helped); err != nil {
			t.Fatal(err)
		}
		g.follow()
		for _, n := range []id.ID{q, asked} {
			if err := g.house.Ask.Delete(ctx, g.actor("Stella"), n); err != nil {
				t.Fatal(err)
			}
		}
		g.follow()
		g.same(before, g.look(everybody, open), q, a, asked, helped)
	})
}
