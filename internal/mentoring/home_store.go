package mentoring

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

type roomRow struct {
	id           id.ID
	title, words string
}

func scanRoom(r *db.Rows, x *roomRow) error { return r.Scan(&x.id, &x.title, &x.words) }

// askedNowSQL are the mentorships that wait for the reader's answer.
const askedNowSQL = `
SELECT m.id, x.name, ''
FROM mentorship_people p
JOIN mentorships m ON m.id = p.mentorship_id AND m.state = 'proposed'
JOIN programmes x ON x.id = m.programme_id
WHERE p.person_id = $1 AND p.answer = '' AND m.hears_at IS NULL AND EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = m.audience_id)
ORDER BY m.id
LIMIT 2`

// promisedSQL is what the reader promised for their next talk.
const promisedSQL = `
SELECT m.id, x.name, o.words
FROM mentorship_people p
JOIN mentorships m ON m.id = p.mentorship_id AND m.state = 'active'
JOIN mentoring_promises o ON o.mentorship_id = m.id AND o.person_id = p.person_id AND o.state = 'open'
JOIN programmes x ON x.id = m.programme_id
WHERE p.person_id = $1 AND EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = o.audience_id)
ORDER BY o.id DESC
LIMIT 1`

// togetherSQL are the mentorships of the reader and somebody else.
const togetherSQL = `
SELECT m.id, x.name, ''
FROM mentorship_people p
JOIN mentorship_people other ON other.mentorship_id = p.mentorship_id AND other.person_id = $1
JOIN mentorships m ON m.id = p.mentorship_id AND m.state = 'active'
JOIN programmes x ON x.id = m.programme_id
WHERE p.person_id = $2 AND EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $2 AND a.audience_id = m.audience_id)
ORDER BY m.id DESC
LIMIT 3`
