package ask

import "github.com/guildhall/guildhall/internal/platform/db"

const listKeptSQL = `SELECT` + rowColumnsFragmentSQL + `, b.at
FROM bookmarks b
JOIN questions q ON q.id = b.subject_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND b.person_id = $1 AND q.state <> 'deleted' AND (b.at, b.subject_id) < ($2, $3)
ORDER BY b.at DESC, b.subject_id DESC
LIMIT $4`

const feedQuestionsSQL = `SELECT` + rowColumnsFragmentSQL + `, q.active_at
FROM follows f
JOIN questions q ON q.id = f.subject_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND f.person_id = $1 AND q.state <> 'deleted' AND (q.active_at, q.id) < ($2, $3)
ORDER BY q.active_at DESC, q.id DESC
LIMIT $4`

// feedAnswersSQL gives, for each question that one of the authors answered, the
// latest of these answers. Questions that are followed by themselves or for
// their skills are left out: they stand in the feed already.
const feedAnswersSQL = `SELECT` + rowColumnsFragmentSQL + `, a.created_at, a.author_id
FROM answers a
JOIN questions q ON q.id = a.question_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND a.author_id = ANY($2) AND a.state = 'open' AND q.state <> 'deleted' AND (a.created_at, q.id) < ($3, $4)
  AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.person_id = $1 AND f.subject_id = q.id)
  AND NOT EXISTS (
    SELECT 1 FROM question_skills qs
    JOIN follows f ON f.person_id = $1 AND f.subject_id = qs.skill_id
    WHERE qs.question_id = q.id)
  AND NOT EXISTS (
    SELECT 1 FROM answers o
    WHERE o.question_id = a.question_id AND o.author_id = ANY($2) AND o.state = 'open' AND (o.created_at, o.id) > (a.created_at, a.id))
ORDER BY a.created_at DESC, q.id DESC
LIMIT $5`

// scanRowAnd reads a row of a list and the columns behind it.
func scanRowAnd(r *db.Rows, q *Row, more ...any) error {
	var created, active, position db.Time
	into := append([]any{&q.ID, &q.Author, &q.Title, &q.Lang, &q.State, &q.Settled, &q.Answers, &q.Score, &created, &active, &position}, more...)
	if err := r.Scan(into...); err != nil {
		return err
	}
	q.Created, q.Active, q.Position = created.Time(), active.Time(), position.Time()
	return nil
}

const followedSQL = `
SELECT f.subject_id
FROM follows f
JOIN subjects s ON s.id = f.subject_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = s.audience_id)
  AND f.person_id = $1 AND s.kind = $2
ORDER BY f.at DESC, f.subject_id
LIMIT $3`

const followsThingSQL = `
SELECT 1
FROM follows
WHERE person_id = $1 AND subject_id = $2`

// ageingSQL shows accepted answers of the audiences somebody looks after, and
// their own, by how many people they serve.
const ageingSQL = `
SELECT d.answer_id, d.answerer_id, d.checked, d.demand, q.id, q.author_id, q.title, q.lang, q.state, q.settled, q.answers,
  q.base_score + q.me_too, q.created_at, q.active_at
FROM (
  SELECT a.id AS answer_id, a.question_id, a.author_id AS answerer_id, COALESCE(a.verified_at, a.edited_at, a.created_at) AS checked,
    q.base_score + q.me_too + a.base_score + a.useful AS demand
  FROM answers a
  JOIN questions q ON q.id = a.question_id AND q.state = 'open'
  JOIN audience_members m ON m.person_id = $1 AND m.audience_id = q.audience_id
  WHERE a.accepted_at IS NOT NULL AND a.state = 'open'
    AND (m.role = 'steward' OR $2 AND q.audience_id = 1 OR EXISTS (
      SELECT 1 FROM authors o WHERE o.id = a.author_id AND o.person_id = $1 AND o.kind IN ('person', 'claimed')))
    AND COALESCE(a.verified_at, a.edited_at, a.created_at) < $3) d
JOIN questions q ON q.id = d.question_id
WHERE (d.demand, d.answer_id) < ($4, $5)
ORDER BY d.demand DESC, d.answer_id DESC
LIMIT $6`

func scanAgeing(r *db.Rows, a *Ageing) error {
	var checked, created, active db.Time
	if err := r.Scan(&a.Answer, &a.Author, &checked, &a.Demand, &a.ID, &a.Row.Author, &a.Title, &a.Lang, &a.State, &a.Settled, &a.Answers,
		&a.Score, &created, &active); err != nil {
		return err
	}
	a.Checked, a.Created, a.Active = checked.Time(), created.Time(), active.Time()
	return nil
}
