package swaps

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const insertLessonSQL = `
INSERT INTO swap_lessons (meeting_id, swap_id, teacher_id, learner_id)
VALUES ($1, $2, $3, $4)`

// The lessons of a swap are read only after the swap itself was. They are few:
// at most twelve for each of five people, and those that were called off.
const lessonsSQL = `
SELECT l.meeting_id, l.teacher_id, l.learner_id, m.starts_at, m.ends_at, m.state, l.given
FROM swap_lessons l
JOIN meetings m ON m.id = l.meeting_id
WHERE l.swap_id = $1
ORDER BY m.starts_at, l.meeting_id`

const lessonSQL = `
SELECT l.meeting_id, l.teacher_id, l.learner_id, m.starts_at, m.ends_at, m.state, l.given
FROM swap_lessons l
JOIN meetings m ON m.id = l.meeting_id
WHERE l.swap_id = $1 AND l.meeting_id = $2`

func scanLesson(r *db.Rows, l *Lesson) error {
	var start, end db.Time
	err := r.Scan(&l.Meeting, &l.Teacher, &l.Learner, &start, &end, &l.State, &l.Given)
	l.Start, l.End = start.Time(), end.Time()
	return err
}

type lessonOf struct {
	Lesson
	swap id.ID
}

const lessonOfSQL = `
SELECT swap_id, teacher_id, learner_id, given
FROM swap_lessons
WHERE meeting_id = $1`

func scanLessonOf(r *db.Rows, l *lessonOf) error {
	return r.Scan(&l.swap, &l.Teacher, &l.Learner, &l.Given)
}

const givenSQL = `
UPDATE swap_lessons SET given = $1, given_at = $2
WHERE meeting_id = $3`

const memberGivenSQL = `
UPDATE swap_members SET given = given + $1
WHERE id = $2`

const thankSQL = `
INSERT INTO swap_thanks (meeting_id, person_id, words, shown, again, at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (meeting_id, person_id) DO UPDATE
SET words = excluded.words, shown = excluded.shown, at = excluded.at,
  again = CASE WHEN excluded.again = '' THEN swap_thanks.again ELSE excluded.again END`

const thanksSQL = `
SELECT t.meeting_id, t.person_id, t.words, t.shown
FROM swap_lessons l
JOIN swap_thanks t ON t.meeting_id = l.meeting_id
WHERE l.swap_id = $1 AND t.words <> ''
ORDER BY t.meeting_id, t.at`

func scanThanks(r *db.Rows, t *Thanks) error {
	return r.Scan(&t.Meeting, &t.Person, &t.Words, &t.Shown)
}

const authorSQL = `
SELECT id
FROM authors
WHERE person_id = $1 AND kind IN ('person', 'left')`

const teachingSQL = `
SELECT m.id, m.person_id, s.id, s.kind, s.name, COUNT(l.meeting_id), m.given, MAX(l.given_at)
FROM swap_members m
JOIN skills s ON s.id = m.skill_id
JOIN swap_lessons l ON l.swap_id = m.swap_id AND l.teacher_id = m.person_id AND l.given > 0
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = 1)
  AND m.id = $2 AND m.given > 0
GROUP BY m.id, m.person_id, s.id, s.kind, s.name, m.given`

func scanTaught(r *db.Rows, t *Taught) error {
	var last db.Time
	err := r.Scan(&t.ID, &t.Person, &t.Skill.ID, &t.Skill.Kind, &t.Skill.Name, &t.Lessons, &t.Minutes, &last)
	t.Last = last.Time()
	return err
}

const shownThanksSQL = `
SELECT t.words
FROM swap_members m
JOIN swap_lessons l ON l.swap_id = m.swap_id AND l.teacher_id = m.person_id
JOIN swap_thanks t ON t.meeting_id = l.meeting_id AND t.person_id = l.learner_id AND t.shown
WHERE m.id = $1
ORDER BY t.at DESC
LIMIT 20`
