package app

import (
	"context"
	"testing"

	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// keepSkills are the columns that hold a skill people said, asked or showed
// something about: after a merge none of them holds the one that is gone.
var keepSkills = map[string]string{
	"question_skills":  "SELECT COUNT(*) FROM question_skills WHERE skill_id = $1",
	"follows":          "SELECT COUNT(*) FROM follows WHERE subject_id = $1",
	"person_skills":    "SELECT COUNT(*) FROM person_skills WHERE skill_id = $1",
	"endorsements":     "SELECT COUNT(*) FROM endorsements WHERE skill_id = $1",
	"receipts":         "SELECT COUNT(*) FROM receipts WHERE skill_id = $1",
	"enrolment_skills": "SELECT COUNT(*) FROM enrolment_skills WHERE skill_id = $1",
	"mentoring_goals":  "SELECT COUNT(*) FROM mentoring_goals WHERE skill_id = $1",
}

// TestEverythingAboutASkillMovesWhenItIsMerged merges every skill of a furnished
// house into one.
func TestEverythingAboutASkillMovesWhenItIsMerged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		g := newGuild(t, d)
		g.furnish()
		g.drain()
		count := func(sql string, skill id.ID) (n int) {
			g.Helper()
			if err := d.Read(ctx, func(tx *db.Tx) error {
				_, err := tx.Row(sql, []any{&n}, skill)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		var used []id.ID
		if err := d.Read(ctx, func(tx *db.Tx) (err error) {
			used, err = db.All(tx, `
SELECT skill_id FROM question_skills
UNION SELECT skill_id FROM person_skills
UNION SELECT skill_id FROM enrolment_skills
UNION SELECT skill_id FROM mentoring_goals WHERE skill_id IS NOT NULL
ORDER BY skill_id`, func(r *db.Rows, n *id.ID) error { return r.Scan(n) })
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if len(used) < 3 {
			t.Fatalf("only %d skills are used", len(used))
		}
		into, rest := used[0], used[1:]
		for _, who := range []string{"Ben", "Mia"} {
			for _, s := range rest[:2] {
				if err := g.house.Ask.FollowThing(ctx, g.actor(who), subject.Skill, s, true); err != nil {
					t.Fatal(err)
				}
			}
		}
		g.write(func(tx *db.Tx) error { // goals of the furnished house have words only
			n, err := tx.Exec("UPDATE mentoring_goals SET skill_id = $1", rest[0])
			if n == 0 {
				t.Error("nobody has a goal")
			}
			return err
		})
		before := map[string]int{}
		for name, sql := range keepSkills {
			for _, s := range used {
				before[name] += count(sql, s)
			}
			if before[name] == 0 {
				t.Errorf("nothing stands in %s", name)
			}
		}
		for _, s := range rest {
			if err := g.house.Skills.Merge(ctx, g.actor("Ada"), s, into); err != nil {
				t.Fatal(err)
			}
		}
		for name, sql := range keepSkills {
			for _, s := range rest {
				if n := count(sql, s); n > 0 {
					t.Errorf("%d rows of %s still hold a skill that is gone", n, name)
				}
			}
			if count(sql, into) == 0 {
				t.Errorf("nothing of %d rows of %s moved", before[name], name)
			}
		}
		if n := count(keepSkills["follows"], into); n != 2 {
			t.Errorf("%d follow what is left of what two followed", n)
		}
		g.drain()
		was := count(keepSkills["receipts"], into)
		if err := g.house.Ledger.Rebuild(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if now := count(keepSkills["receipts"], into); now != was {
			t.Errorf("%d receipts, %d after a rebuild", was, now)
		}
	})
}
