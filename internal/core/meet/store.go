package meet

import (
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

func scanID(r *db.Rows, n *id.ID) error { return r.Scan(n) }

const insertSQL = `
INSERT INTO meetings (id, audience_id, about_id, kind, uid, sequence, title, agenda, place, link,
    starts_at, ends_at, zone, every_days, state, author_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)`

const insertPersonSQL = `
INSERT INTO meeting_people (meeting_id, person_id, starts_at, answer)
VALUES ($1, $2, $3, $4)`

const releaseSQL = `
DELETE FROM meeting_people
WHERE person_id = $1 AND meeting_id = $2`

// activeInSQL are those of the people who are here and see the audience.
const activeInSQL = `
SELECT p.id
FROM people p
JOIN audience_members m ON m.person_id = p.id AND m.audience_id = $1
WHERE p.state = 'active' AND p.id = ANY($2)`

const columnsFragmentSQL = `
SELECT m.id, m.audience_id, m.about_id, m.kind, m.uid, m.sequence, m.title, m.agenda, m.place, m.link,
    m.starts_at, m.ends_at, m.zone, m.every_days, m.next_id, m.state, m.author_id, m.created_at, m.updated_at
FROM meetings m`

func scanMeeting(r *db.Rows, m *Meeting) error {
	var start, end, created, updated db.Time
	if err := r.Scan(&m.ID, &m.Audience, &m.About, &m.Kind, &m.UID, &m.Sequence, &m.Title, &m.Agenda, &m.Place, &m.Link,
		&start, &end, &m.Zone, &m.EveryDays, &m.Next, &m.State, &m.Author, &created, &updated); err != nil {
		return err
	}
	m.Start, m.End, m.Created, m.Updated = start.Time(), end.Time(), created.Time(), updated.Time()
	return nil
}

const seenFirstFragmentSQL = columnsFragmentSQL + `
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = m.audience_id)`

const openSQL = seenFirstFragmentSQL + `
  AND m.id = $2`

const aboutSQL = seenFirstFragmentSQL + `
  AND m.about_id = $2
ORDER BY m.starts_at DESC, m.id DESC
LIMIT $3`

// comingOfSQL is for the house itself, which calls them off.
const comingOfSQL = columnsFragmentSQL + `
WHERE m.about_id = $1 AND m.state = 'planned' AND m.starts_at > $2
ORDER BY m.starts_at, m.id
LIMIT 200`

// oneSQL is for the house itself: whom it writes to is decided by who is meant
// to come.
const oneSQL = columnsFragmentSQL + `
WHERE m.id = $1`

const mineFragmentSQL = columnsFragmentSQL + `
JOIN meeting_people p ON p.meeting_id = m.id
WHERE p.person_id = $1 AND EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = m.audience_id)`

const comingSQL = mineFragmentSQL + `
  AND (p.starts_at, p.meeting_id) > ($2, COALESCE($3, 0)) AND m.ends_at > $4 AND m.state = 'planned'
ORDER BY p.starts_at, p.meeting_id
LIMIT $5`

const pastSQL = mineFragmentSQL + `
  AND (p.starts_at, p.meeting_id) < ($2, COALESCE($3, 0)) AND m.ends_at <= $4 AND m.state = 'planned'
ORDER BY p.starts_at DESC, p.meeting_id DESC
LIMIT $5`

const feedSQL = mineFragmentSQL + `
  AND p.starts_at > $2
ORDER BY p.starts_at, p.meeting_id
LIMIT 500`

const peopleSQL = `
SELECT meeting_id, person_id, answer, met
FROM meeting_people
WHERE meeting_id = ANY($1)
ORDER BY meeting_id, person_id`

type attendeeRow struct {
	meeting id.ID
	Attendee
}

func scanAttendee(r *db.Rows, a *attendeeRow) error {
	return r.Scan(&a.meeting, &a.Person, &a.Answer, &a.Met)
}

const changeSQL = `
UPDATE meetings
SET sequence = $1, title = $2, agenda = $3, place = $4, link = $5, starts_at = $6, ends_at = $7, zone = $8, updated_at = $9
WHERE id = $10`

// askAnewSQL forgets the answers to another time but that of who moved it.
const askAnewSQL = `
UPDATE meeting_people
SET starts_at = $1, answer = CASE WHEN person_id = $2 THEN 'yes' ELSE '' END, answered_at = NULL
WHERE meeting_id = $3`

const cancelSQL = `
UPDATE meetings
SET sequence = $1, state = 'cancelled', updated_at = $2
WHERE id = $3`

// endSeriesSQL is for what has begun and is not followed by a meeting yet.
const endSeriesSQL = `
UPDATE meetings SET every_days = 0
WHERE about_id = $1 AND starts_at <= $2 AND next_id IS NULL AND every_days > 0`

const answerSQL = `
UPDATE meeting_people
SET answer = $1, answered_at = $2
WHERE person_id = $3 AND meeting_id = $4`

const confirmSQL = `
UPDATE meeting_people
SET met = $1, met_at = $2
WHERE person_id = $3 AND meeting_id = $4`

const nextSQL = `
UPDATE meetings SET next_id = $1
WHERE id = $2`

// takenSQL is what people have planned, whatever it is: only times are read.
const takenSQL = `
SELECT p.person_id, m.starts_at, m.ends_at
FROM meeting_people p
JOIN meetings m ON m.id = p.meeting_id
WHERE p.person_id = ANY($1) AND p.starts_at > $2 AND p.starts_at < $3 AND m.state = 'planned' AND p.answer <> 'no'
ORDER BY p.person_id, p.starts_at`

type takenRow struct {
	person id.ID
	people.Span
}

func scanTaken(r *db.Rows, t *takenRow) error {
	var from, until db.Time
	if err := r.Scan(&t.person, &from, &until); err != nil {
		return err
	}
	t.From, t.Until = from.Time(), until.Time()
	return nil
}

const readerSQL = `
SELECT p.id, p.name, COALESCE(p.email, ''), p.locale, COALESCE(NULLIF(p.time_zone, ''), s.time_zone, 'UTC')
FROM people p
LEFT JOIN sites s ON s.id = p.site_id
WHERE p.id = $1 AND p.state = 'active'`

const saveFeedSQL = `
INSERT INTO meeting_feeds (person_id, token_hash, created_at)
VALUES ($1, $2, $3)
ON CONFLICT (person_id) DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at`

const endFeedSQL = `
DELETE FROM meeting_feeds
WHERE person_id = $1`

const hasFeedSQL = `
SELECT created_at
FROM meeting_feeds
WHERE person_id = $1`

const feedPersonSQL = `
SELECT f.person_id
FROM meeting_feeds f
JOIN people p ON p.id = f.person_id AND p.state = 'active'
WHERE f.token_hash = $1`
