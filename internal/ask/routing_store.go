package ask

import (
	"encoding/json"

	"github.com/guildhall/guildhall/internal/platform/db"
)

// routableSQL reads a question to put it to people, in the name of nobody:
// whom it is put to is chosen among its audience.
const routableSQL = questionColumnsSQL + `
WHERE q.id = $1 AND q.state = 'open' AND q.answers = 0`

const askedPeopleSQL = `
SELECT person_id
FROM routings
WHERE question_id = $1`

const insertRoutingSQL = `
INSERT INTO routings (id, question_id, person_id, wave, part, state, reason, asked_at)
VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7)
ON CONFLICT (question_id, person_id) DO NOTHING`

// askWithinBudgetSQL asks somebody who has been asked less often since $8 than
// they offered to take. It is decided where it is written: whoever plans a wave
// has not seen what others plan at the same time.
const askWithinBudgetSQL = `
INSERT INTO routings (id, question_id, person_id, wave, part, state, reason, asked_at)
SELECT $1, $2, p.id, $3, $4, 'waiting', $5, $6
FROM people p
WHERE p.id = $7 AND p.state = 'active' AND p.weekly_budget > (
  SELECT COUNT(*)
  FROM routings r
  WHERE r.person_id = p.id AND r.asked_at > $8 AND r.state <> 'passed')
ON CONFLICT (question_id, person_id) DO NOTHING`

// putAtDeskSQL puts a question to the desk, which may have been asked before.
const putAtDeskSQL = `
INSERT INTO routings (id, question_id, person_id, wave, part, state, reason, asked_at)
VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7)
ON CONFLICT (question_id, person_id) DO UPDATE
SET wave = excluded.wave, part = excluded.part, state = excluded.state, reason = excluded.reason, asked_at = excluded.asked_at, done_at = NULL`

const addresseeSQL = `
SELECT person_id
FROM question_addressees
WHERE question_id = $1`

const insertAddresseeSQL = `
INSERT INTO question_addressees (question_id, person_id)
VALUES ($1, $2)`

const setAddresseeSQL = `
UPDATE question_addressees SET state = $1
WHERE question_id = $2`

// confirmableSQL reads a question whose answer by a learner is to be
// confirmed, in the name of nobody.
const confirmableSQL = questionColumnsSQL + `
WHERE q.id = $1 AND q.state = 'open' AND q.settled <> 'accepted' AND q.learner_first`

const learnsSQL = `
SELECT 1
FROM routings
WHERE question_id = $1 AND person_id = $2 AND part = 'learns'`

const clearDeskSQL = `
UPDATE routings SET state = 'passed', done_at = $1
WHERE question_id = $2 AND part = 'desk' AND state = 'waiting'`

// lastAtDeskSQL finds the one at the desk with whom the way would end in
// silence.
const lastAtDeskSQL = `
SELECT 1
FROM routings r
WHERE r.question_id = $1 AND r.person_id = $2 AND r.part = 'desk' AND r.state = 'waiting' AND NOT EXISTS (
  SELECT 1 FROM routings o
  WHERE o.question_id = r.question_id AND o.person_id <> r.person_id AND o.part = 'desk' AND o.state = 'waiting')`

const waySQL = `
SELECT COALESCE(w.state, ''), w.next_at, (SELECT COUNT(*) FROM routings r WHERE r.question_id = q.id AND r.part <> 'desk'),
  a.person_id, COALESCE(a.state, '') = 'busy'
FROM questions q
LEFT JOIN question_routes w ON w.question_id = q.id
LEFT JOIN question_addressees a ON a.question_id = q.id
WHERE q.id = $1`

func scanWay(r *db.Rows, w *Way) error {
	var next db.Time
	if err := r.Scan(&w.State, &next, &w.Asked, &w.Addressee, &w.Busy); err != nil {
		return err
	}
	w.Next = next.Time()
	return nil
}

const saveRouteSQL = `
INSERT INTO question_routes (question_id, wave, next_at, state)
VALUES ($1, $2, $3, $4)
ON CONFLICT (question_id) DO UPDATE SET wave = excluded.wave, next_at = excluded.next_at, state = excluded.state`

const answeredRoutingSQL = `
UPDATE routings SET state = 'answered', done_at = $1
WHERE question_id = $2 AND person_id = $3 AND state = 'waiting'`

const closeRoutingsSQL = `
UPDATE routings SET state = 'closed', done_at = $1
WHERE question_id = $2 AND state = 'waiting'`

const endRouteSQL = `
UPDATE question_routes SET state = 'done', next_at = NULL
WHERE question_id = $1`

// hastenOfPersonSQL lets the questions that wait for somebody who leaves go on
// at once, those at the desk to the desk as it is then.
const hastenOfPersonSQL = `
UPDATE question_routes SET next_at = $1, wave = CASE WHEN state = 'desk' THEN 8 ELSE wave END, state = 'asking'
WHERE state IN ('asking', 'desk') AND question_id IN (
  SELECT question_id FROM routings WHERE person_id = $2 AND state = 'waiting')`

const releaseRoutingsSQL = `
UPDATE routings SET state = 'closed', done_at = $1
WHERE person_id = $2 AND state = 'waiting'`

const dueRoutesSQL = `
SELECT question_id, wave, next_at
FROM question_routes
WHERE next_at <= $1
ORDER BY next_at
LIMIT $2`

func scanRoute(r *db.Rows, v *routeRow) error {
	var next db.Time
	if err := r.Scan(&v.question, &v.wave, &next); err != nil {
		return err
	}
	v.next = next.Time()
	return nil
}

const claimRouteSQL = `
UPDATE question_routes SET next_at = NULL
WHERE question_id = $1 AND wave = $2 AND next_at = $3`

const waitingSQL = `
SELECT r.id, r.part, r.reason, r.asked_at,
  q.id, q.author_id, q.title, q.lang, q.state, q.settled, q.answers, q.base_score + q.me_too, q.created_at, q.active_at, q.created_at
FROM routings r
JOIN questions q ON q.id = r.question_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND r.person_id = $1 AND r.state = 'waiting' AND q.state = 'open'
ORDER BY r.asked_at, r.id
LIMIT $2`

func scanWaiting(r *db.Rows, w *Waiting) error {
	var reasons string
	var at, created, active, position db.Time
	if err := r.Scan(&w.Routing, &w.Part, &reasons, &at,
		&w.ID, &w.Author, &w.Title, &w.Lang, &w.State, &w.Settled, &w.Answers, &w.Score, &created, &active, &position); err != nil {
		return err
	}
	w.Asked, w.Created, w.Active, w.Position = at.Time(), created.Time(), active.Time(), position.Time()
	return json.Unmarshal([]byte(reasons), &w.Reasons)
}

const waitingCountSQL = `
SELECT COUNT(*)
FROM routings r
JOIN questions q ON q.id = r.question_id
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = q.audience_id)
  AND r.person_id = $1 AND r.state = 'waiting' AND q.state = 'open'`

const passSQL = `
UPDATE routings SET state = 'passed', done_at = $1
WHERE question_id = $2 AND person_id = $3 AND state = 'waiting'`

const hastenSQL = `
UPDATE question_routes SET next_at = $1
WHERE question_id = $2 AND state = 'asking' AND NOT EXISTS (
  SELECT 1 FROM routings r WHERE r.question_id = question_routes.question_id AND r.state = 'waiting')`

const atDeskSQL = `
SELECT 1
FROM routings
WHERE question_id = $1 AND person_id = $2 AND part = 'desk' AND state = 'waiting'`
