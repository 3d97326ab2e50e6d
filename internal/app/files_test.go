package app

import (
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/blob"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/picture"
)

func TestFilesThatNothingShowsAreSweptAndNoOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ctx, ben := t.Context(), g.actor("Ben")
		keep := &ask.Attachments{Service: g.house.Ask, Files: g.house.Files, Press: picture.New(1)}
		send := func(words string) string {
			return must[string](g)(keep.Keep(ctx, ben, access.Organisation, []ask.Upload{{Name: "a.txt", Body: strings.NewReader(words)}}))
		}
		asked := must[id.ID](g)(g.house.Ask.Ask(ctx, ben, ask.Ask{Title: "Which of these is right?", Body: "See" + send("one")}))
		a := must[id.ID](g)(g.house.Ask.Answer(ctx, g.actor("Mia"), asked, "This"))
		mine := must[id.ID](g)(g.house.Ask.Answer(ctx, ben, asked, "That"))
		if err := g.house.Ask.EditAnswer(ctx, ben, mine, "That"+send("two"), ""); err != nil {
			t.Fatal(err)
		}
		loose := send("three")
		// Showing somebody else's file does not make it one's own.
		if err := g.house.Ask.EditAnswer(ctx, g.actor("Mia"), a, "This"+loose, ""); err != nil {
			t.Fatal(err)
		}
		portrait := g.portrait()
		count := func() int {
			list, err := g.house.Files.List(ctx, "", 100)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		sweep := func() {
			if err := g.house.sweepFiles(ctx, nil); err != nil {
				t.Fatal(err)
			}
		}
		sweep()
		if n := count(); n != 4 {
			t.Fatalf("%d files are left at once, want 4", n)
		}
		g.clock.Advance(looseFor + time.Hour)
		sweep()
		if n := count(); n != 3 {
			t.Errorf("%d files are left, want those of two posts and a portrait", n)
		}
		if _, err := g.house.Files.Open(ctx, blob.Name(portrait)); err != nil {
			t.Errorf("the portrait: %v", err)
		}
		for _, who := range []string{"Ben", "Mia"} {
			_, page := g.get(who, "/questions/"+asked.String())
			for _, part := range strings.Split(page, "/files/")[1:] {
				n, _, _ := strings.Cut(part, `"`)
				code, _ := g.get(who, "/files/"+n)
				if want := 200; code != want && !strings.Contains(loose, n) {
					t.Errorf("/files/%s answers %d", n, code)
				}
			}
		}
	})
}

func TestAFileOfAPostGoesWhenThePostDoesAndIsItsAuthorsBefore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ctx, ben := t.Context(), g.actor("Ben")
		keep := &ask.Attachments{Service: g.house.Ask, Files: g.house.Files, Press: picture.New(1)}
		shown := must[string](g)(keep.Keep(ctx, ben, access.Organisation, []ask.Upload{{Name: "a.txt", Body: strings.NewReader("one")}}))
		_, n, _ := strings.Cut(strings.TrimSuffix(shown, ")"), "(")
		see := func(when string, bens, mias int) {
			t.Helper()
			for who, want := range map[string]int{"Ben": bens, "Mia": mias} {
				if code, _ := g.get(who, n); code != want {
					t.Errorf("%s the file answers %s with %d, want %d", when, who, code, want)
				}
			}
		}
		see("before it is posted", 200, 404)
		asked := must[id.ID](g)(g.house.Ask.Ask(ctx, ben, ask.Ask{Title: "Which of these is right?", Body: "See" + shown}))
		see("posted", 200, 200)
		if err := g.house.Ask.Delete(ctx, ben, asked); err != nil {
			t.Fatal(err)
		}
		see("deleted", 404, 404)
		other := must[id.ID](g)(g.house.Ask.Ask(ctx, g.actor("Mia"), ask.Ask{Title: "What became of that list?"}))
		if _, err := g.house.Ask.Answer(ctx, ben, other, "See"+shown); err != nil {
			t.Fatal(err)
		}
		see("shown again", 404, 404)
	})
}
