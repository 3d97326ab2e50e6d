package knows

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

type budget struct {
	person        id.ID
	asked, budget int
}

// budgetsSQL compares what people were asked since a time with what they
// offered to take. The numbers never leave this package.
const budgetsSQL = `
SELECT p.id, (SELECT COUNT(*) FROM routings r WHERE r.person_id = p.id AND r.asked_at > $1 AND r.state <> 'passed'), p.weekly_budget
FROM people p
WHERE p.state = 'active' AND p.id = ANY($2)`

func scanBudget(r *db.Rows, b *budget) error { return r.Scan(&b.person, &b.asked, &b.budget) }

// barredSQL lists the authors who are not to be asked: those who left, are
// away, or were asked as often this week as they offered. Adding nothing keeps
// SQLite from reading every routing there ever was in the order of people.
const barredSQL = `
SELECT a.id
FROM people p
JOIN authors a ON a.person_id = p.id AND a.kind = 'person'
WHERE p.away_from IS NOT NULL AND p.away_from <= $1 AND p.state = 'active' AND (p.away_until IS NULL OR p.away_until > $1)
UNION
SELECT a.id
FROM (
  SELECT person_id + 0 AS asked_of, COUNT(*) AS asked
  FROM routings
  WHERE asked_at > $2 AND state <> 'passed'
  GROUP BY person_id + 0) r
JOIN people p ON p.id = r.asked_of AND p.weekly_budget <= r.asked
JOIN authors a ON a.person_id = p.id AND a.kind = 'person'`

func scanID(r *db.Rows, n *id.ID) error { return r.Scan(n) }

// learnersSQL reads who is learning skills, to ask them: nobody is shown it.
const learnersSQL = `
SELECT ps.person_id, s.name
FROM person_skills ps
JOIN skills s ON s.id = ps.skill_id
JOIN people p ON p.id = ps.person_id AND p.state = 'active'
WHERE ps.skill_id = ANY($1) AND ps.direction IN ('want', 'teach') AND (ps.direction = 'want' OR ps.level <= 2)
ORDER BY CASE ps.direction WHEN 'teach' THEN 0 ELSE 1 END, ps.updated_at DESC, ps.person_id
LIMIT $2`

func scanLearner(r *db.Rows, l *Learner) error { return r.Scan(&l.Person, &l.Skill) }
