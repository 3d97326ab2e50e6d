package db_test

import (
	"strings"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// TestAShortListBuildsNoFilter looks at the plan of a list with the check that
// every list has. A filter over all members costs more than 30 rows.
func TestAShortListBuildsNoFilter(t *testing.T) {
	d := dbtest.SQLite(t)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, sql := range []string{
			`CREATE TABLE posts (id BIGINT PRIMARY KEY, audience_id BIGINT NOT NULL, at TIMESTAMP NOT NULL)`,
			`CREATE INDEX posts_at ON posts (at DESC, id DESC)`,
			`CREATE TABLE members (audience_id BIGINT NOT NULL, person_id BIGINT NOT NULL, PRIMARY KEY (person_id, audience_id))`,
			`CREATE INDEX members_audience ON members (audience_id, person_id)`,
			`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO members SELECT 1, i FROM n`,
			`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) INSERT INTO posts SELECT i, 1, '2026-03-02' FROM n`,
			`ANALYZE`,
		} {
			if _, err := tx.Exec(sql); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	lines, err := d.Plan(t.Context(), `
SELECT p.id
FROM posts p
WHERE EXISTS (
    SELECT 1 FROM members m
    WHERE m.person_id = $1 AND m.audience_id = p.audience_id)
  AND (p.at, p.id) < ($2, $3)
ORDER BY p.at DESC, p.id DESC
LIMIT $4`)
	plan := strings.Join(lines, "\n")
	if err != nil || strings.Contains(plan, "BLOOM") || !strings.Contains(plan, "posts_at") {
		t.Errorf("%v\n%s", err, plan)
	}
}
