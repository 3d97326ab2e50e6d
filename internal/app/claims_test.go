package app

import (
	"context"
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/knows"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// answered lets an imported profile have answered a question of Mia's about
// weaving, and Mia accept it.
func (g *guild) answered(author id.ID) (question id.ID) {
	g.Helper()
	ctx := context.Background()
	question = must[id.ID](g)(g.house.Ask.Ask(ctx, g.actor("Mia"), ask.Ask{Title: "How is the loom threaded?", Skills: []string{"weaving"}}))
	a := must[id.ID](g)(g.house.Ask.Answer(ctx, access.Actor{Person: g.cast["Olu"].Person, Author: author}, question, "Over the warp beam."))
	if err := g.house.Ask.Accept(ctx, g.actor("Mia"), question, a); err != nil {
		g.Fatal(err)
	}
	g.drain()
	return question
}

// receipts counts the receipts of an author.
func (g *guild) receipts(author id.ID) (n int) {
	g.Helper()
	if err := g.house.DB.Read(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Row("SELECT COUNT(*) FROM receipts WHERE author_id = $1", []any{&n}, author)
		return err
	}); err != nil {
		g.Fatal(err)
	}
	return n
}

func TestAnAdminGivesAnImportedProfileToItsPersonAndTakesItBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ctx := context.Background()
		author := g.imported(access.Organisation)
		q := g.answered(author)
		ben := g.actor("Ben")
		if g.receipts(author) == 0 || g.receipts(ben.Author) != 0 {
			t.Fatal("the imported profile has receipts, Ben none")
		}
		code, page := g.get("Ben", "/people/me/profiles?q=BENN")
		if code != 200 || !strings.Contains(page, "benny") || !strings.Contains(page, "looms") {
			t.Errorf("Ben finds %d\n%s", code, page)
		}
		if code, _ := g.post("Ben", "/people/me/profiles", "profile="+author.String()+"&note=It+is+me"); code != 303 {
			t.Errorf("claiming answers %d", code)
		}
		g.drain()
		if _, page := g.get("Ada", "/notices"); !strings.Contains(page, "Ben claims posts") {
			t.Errorf("the admin is not told\n%s", page)
		}
		claim := must[[]people.Claim](g)(g.house.People.OwnClaims(ctx, ben))[0]
		if _, page := g.get("Ada", "/admin/claims"); !strings.Contains(page, "It is me") || !strings.Contains(page, claim.ID.String()) {
			t.Errorf("the admin's list\n%s", page)
		}
		if code, _ := g.post("Ada", "/admin/claims/"+claim.ID.String(), "do=approve"); code != 303 {
			t.Errorf("approving answers %d", code)
		}
		g.drain()
		if g.receipts(author) != 0 || g.receipts(ben.Author) == 0 {
			t.Errorf("receipts did not follow: %d, %d", g.receipts(author), g.receipts(ben.Author))
		}
		_, page = g.get("Mia", "/questions/"+q.String())
		if !strings.Contains(page, g.person("Ben")) || strings.Contains(page, "benny") {
			t.Errorf("the byline did not follow\n%s", page)
		}
		if code, page := g.get("Ben", "/questions/"+q.String()); code != 200 || !strings.Contains(page, "It’s your own answer") && !strings.Contains(page, "It&#39;s your own answer") {
			t.Errorf("Ben does not know his own words\n%s", page)
		}
		if _, page := g.get("Mia", "/people/"+ben.Person.String()); !strings.Contains(page, "How is the loom threaded?") {
			t.Errorf("what Ben wrote lately leaves out what came with the profile\n%s", page)
		}
		who := must[knows.Answer](g)(g.house.Knows.Who(ctx, g.actor("Mia"), knows.Asked{Text: "weaving loom threaded"}))
		if len(who.Ranked()) == 0 || who.Ranked()[0].Person != ben.Person {
			t.Errorf("who knows says %+v", who.Ranked())
		}
		if code, _ := g.post("Mia", "/people/me/profiles", "profile="+author.String()); code != 404 {
			t.Errorf("claiming what is somebody's answers %d", code)
		}
		if code, _ := g.post("Ada", "/admin/claims/"+claim.ID.String(), "do=undo"); code != 303 {
			t.Errorf("undoing answers %d", code)
		}
		g.drain()
		if g.receipts(author) == 0 || g.receipts(ben.Author) != 0 {
			t.Error("receipts did not go back")
		}
		if _, page = g.get("Mia", "/questions/"+q.String()); !strings.Contains(page, "benny") {
			t.Errorf("the byline did not go back\n%s", page)
		}
		if _, page := g.get("Ada", "/admin/audit"); !strings.Contains(page, "took an imported profile from") {
			t.Errorf("the log\n%s", page)
		}
	})
}

func TestAProvedAddressIsEnoughAndAnUnprovedOneIsNot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ctx := context.Background()
		author := g.imported(access.Organisation)
		g.answered(author)
		set := func(proved any) {
			g.write(func(tx *db.Tx) error {
				_, err := tx.Exec("UPDATE people SET email = 'benny@example.org', email_ok_at = $1 WHERE id = $2", proved, g.cast["Ben"].Person)
				return err
			})
		}
		set(nil)
		ben := g.actor("Ben")
		if found := must[[]people.ImportedProfile](g)(g.house.People.Profiles(ctx, ben, "")); len(found) != 0 {
			t.Errorf("an address nobody proved finds %+v", found)
		}
		if state := must[people.ClaimState](g)(g.house.People.Claim(ctx, ben, author, "")); state != people.ClaimWaiting {
			t.Errorf("an address nobody proved is %s", state)
		}
		// Who says it again may say more, and nothing takes that back.
		for _, note := range []string{"ask Mia", ""} {
			must[people.ClaimState](g)(g.house.People.Claim(ctx, ben, author, note))
			own := must[[]people.Claim](g)(g.house.People.OwnClaims(ctx, ben))
			if len(own) != 1 || own[0].Note != "ask Mia" {
				t.Errorf("after saying %q: %+v", note, own)
			}
		}
		set(db.At(g.clock.Now()))
		if found := must[[]people.ImportedProfile](g)(g.house.People.Profiles(ctx, ben, "")); len(found) != 1 || !found[0].Match {
			t.Errorf("the proved address finds %+v", found)
		}
		if state := must[people.ClaimState](g)(g.house.People.Claim(ctx, ben, author, "")); state != people.ClaimApproved {
			t.Errorf("the proved address is %s", state)
		}
		g.drain()
		if g.receipts(author) != 0 || g.receipts(ben.Author) == 0 {
			t.Errorf("receipts did not follow: %d, %d", g.receipts(author), g.receipts(ben.Author))
		}
	})
}

func TestAClaimThatWaitsIsApprovedWhenItsOwnerProvesTheAddressAndOnlyThen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ctx := context.Background()
		author := g.imported(access.Organisation)
		other := g.imported(access.Organisation)
		g.answered(author)
		g.write(func(tx *db.Tx) error {
			if _, err := tx.Exec("UPDATE author_proofs SET email_hash = $1 WHERE author_id = $2", people.EmailHash("somebody@example.org"), other); err != nil {
				return err
			}
			for who, email := range map[string]string{"Ben": "benny@example.org", "Max": "max@example.org"} {
				if _, err := tx.Exec("UPDATE people SET email = $1, email_ok_at = NULL WHERE id = $2", email, g.cast[who].Person); err != nil {
					return err
				}
			}
			return nil
		})
		states := func(who string) map[people.ClaimState]int {
			out := map[people.ClaimState]int{}
			for _, c := range must[[]people.Claim](g)(g.house.People.OwnClaims(ctx, g.actor(who))) {
				out[c.State]++
			}
			return out
		}
		for _, who := range []string{"Ben", "Max"} {
			for _, a := range []id.ID{author, other} {
				if state := must[people.ClaimState](g)(g.house.People.Claim(ctx, g.actor(who), a, "")); state != people.ClaimWaiting {
					t.Fatalf("an address nobody proved is %s", state)
				}
			}
		}
		// Another's proof, and a way in that proves nothing.
		must[login.Started](g)(g.house.Logins.UseLink(ctx, g.link("Max", login.MailLink), "test"))
		must[login.Started](g)(g.house.Logins.UseLink(ctx, g.link("Ben", login.DemoLink), "test"))
		if b, m := states("Ben"), states("Max"); b[people.ClaimWaiting] != 2 || m[people.ClaimWaiting] != 2 {
			t.Errorf("before the proof Ben has %v, Max %v", b, m)
		}
		must[login.Started](g)(g.house.Logins.UseLink(ctx, g.link("Ben", login.MailLink), "test"))
		if b, m := states("Ben"), states("Max"); b[people.ClaimApproved] != 1 || b[people.ClaimWaiting] != 1 || m[people.ClaimWaiting] != 2 {
			t.Errorf("after it Ben has %v, Max %v", b, m)
		}
		g.drain()
		if g.receipts(author) != 0 || g.receipts(g.actor("Ben").Author) == 0 {
			t.Error("receipts did not follow")
		}
	})
}

func TestWhatWasRefusedStaysRefusedWhenTheAddressIsProved(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ctx := context.Background()
		author := g.imported(access.Organisation)
		g.write(func(tx *db.Tx) error {
			_, err := tx.Exec("UPDATE people SET email = 'benny@example.org', email_ok_at = NULL WHERE id = $1", g.cast["Ben"].Person)
			return err
		})
		must[people.ClaimState](g)(g.house.People.Claim(ctx, g.actor("Ben"), author, ""))
		claim := must[[]people.Claim](g)(g.house.People.OwnClaims(ctx, g.actor("Ben")))[0]
		if err := g.house.People.DecideClaim(ctx, g.actor("Ada"), claim.ID, false); err != nil {
			t.Fatal(err)
		}
		must[login.Started](g)(g.house.Logins.UseLink(ctx, g.link("Ben", login.MailLink), "test"))
		if own := must[[]people.Claim](g)(g.house.People.OwnClaims(ctx, g.actor("Ben"))); own[0].State != people.ClaimRefused {
			t.Errorf("the claim is %s", own[0].State)
		}
	})
}

func TestAProfileOfAPrivateAudienceIsToldToItsMembersAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ctx := context.Background()
		author := g.imported(g.private)
		if found := must[[]people.ImportedProfile](g)(g.house.People.Profiles(ctx, g.actor("Max"), "benny")); len(found) != 0 {
			t.Errorf("an outsider finds %+v", found)
		}
		if _, err := g.house.People.Claim(ctx, g.actor("Max"), author, ""); err == nil {
			t.Error("an outsider claims it")
		}
		if found := must[[]people.ImportedProfile](g)(g.house.People.Profiles(ctx, g.actor("Mia"), "benny")); len(found) != 1 {
			t.Errorf("a member finds %+v", found)
		}
	})
}
