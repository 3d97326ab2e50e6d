package swaps

import "github.com/guildhall/guildhall/internal/platform/db"

const nextSwapsSQL = `
SELECT id
FROM swaps
WHERE id > $1
ORDER BY id
LIMIT $2`

// proofsSQL reads what took place. The receipts carry the audience.
const proofsSQL = `
SELECT w.id, m.id, t.id, v.id, m.skill_id, w.audience_id, COUNT(l.meeting_id), MAX(x.ends_at)
FROM swaps w
JOIN swap_lessons l ON l.swap_id = w.id AND l.given > 0
JOIN meetings x ON x.id = l.meeting_id
JOIN swap_members m ON m.swap_id = w.id AND m.person_id = l.teacher_id
JOIN authors t ON t.person_id = l.teacher_id AND t.kind IN ('person', 'left')
JOIN authors v ON v.person_id = l.learner_id AND v.kind IN ('person', 'left')
WHERE w.id = ANY($1)
GROUP BY w.id, m.id, t.id, v.id, m.skill_id, w.audience_id
ORDER BY w.id, m.id`

func scanProof(r *db.Rows, p *proof) error {
	var last db.Time
	err := r.Scan(&p.swap, &p.member, &p.teacher, &p.learner, &p.skill, &p.audience, &p.lessons, &last)
	p.last = last.Time()
	return err
}

const taughtWordsSQL = `
SELECT m.id, s.name
FROM swap_members m
JOIN skills s ON s.id = m.skill_id
WHERE m.id = ANY($1)`

const mergeMembersSQL = `
UPDATE swap_members SET skill_id = $1
WHERE skill_id = $2`

const mergePrioritiesSQL = `
UPDATE swap_priorities SET skill_id = $1
WHERE skill_id = $2 AND NOT EXISTS (
    SELECT 1 FROM swap_priorities o
    WHERE o.person_id = swap_priorities.person_id AND o.direction = swap_priorities.direction AND o.skill_id = $1)`

const dropPrioritiesSQL = `
DELETE FROM swap_priorities
WHERE skill_id = $1`

const mergeRefusalsSQL = `
UPDATE swap_refusals SET skill_id = $1
WHERE skill_id = $2`
