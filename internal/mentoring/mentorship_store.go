package mentoring

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const mentorshipColumnsFragmentSQL = `
SELECT m.id, m.audience_id, m.programme_id, m.run_id, m.origin, m.state, m.words, m.answer_by, m.hears_at, m.agreement, m.fits, m.starts_at, m.ends_at, m.outcome, m.created_at
FROM mentorships m`

func scanMentorship(r *db.Rows, m *Mentorship) error {
	var fits string
	var by, hears, starts, ends, created db.Time
	if err := r.Scan(&m.ID, &m.Audience, &m.Programme, &m.Run, &m.Origin, &m.State, &m.Words, &by, &hears, &m.Agreement, &fits, &starts, &ends, &m.Outcome, &created); err != nil {
		return err
	}
	m.AnswerBy, m.Hears = by.Time(), hears.Time()
	m.Starts, m.Ends, m.Created = starts.Time(), ends.Time(), created.Time()
	return parseJSON(fits, &m.Fits)
}

const openMentorshipSQL = mentorshipColumnsFragmentSQL + `
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = m.audience_id)
  AND m.id = $2 AND m.state <> 'hidden'`

const roomsSQL = mentorshipColumnsFragmentSQL + `
JOIN mentorship_people p ON p.mentorship_id = m.id
WHERE p.person_id = $1 AND EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = m.audience_id)
  AND m.state <> 'hidden' AND m.id < $2
ORDER BY m.id DESC
LIMIT $3`

const membersSQL = `
SELECT person_id, role, answer, thanks
FROM mentorship_people
WHERE mentorship_id = $1
ORDER BY person_id`

func scanMember(r *db.Rows, m *Member) error { return r.Scan(&m.Person, &m.Role, &m.Answer, &m.Thanks) }

const membersOfSQL = `
SELECT mentorship_id, person_id, role, answer, thanks
FROM mentorship_people
WHERE mentorship_id = ANY($1)
ORDER BY mentorship_id, person_id`

const answerSQL = `
UPDATE mentorship_people SET answer = $1, why = $2, answered_at = $3
WHERE person_id = $4 AND mentorship_id = $5`

const leaveSQL = `
DELETE FROM mentorship_people
WHERE person_id = $1 AND mentorship_id = $2`

const weeksSQL = `
SELECT weeks
FROM programmes
WHERE id = $1`

const beginSQL = `
UPDATE mentorships SET state = 'active', starts_at = $1, ends_at = $2, updated_at = $3
WHERE id = $4`

const stateSQL = `
UPDATE mentorships SET state = $1, updated_at = $2
WHERE id = $3`

const agreeSQL = `
UPDATE mentorships SET agreement = $1, updated_at = $2
WHERE id = $3`

const closeSQL = `
UPDATE mentorships SET state = 'closed', outcome = $1, updated_at = $2
WHERE id = $3`

const thankSQL = `
UPDATE mentorship_people SET thanks = $1
WHERE person_id = $2 AND mentorship_id = $3`

const goalsSQL = `
SELECT g.id, g.person_id, g.skill_id, COALESCE(s.name, ''), g.words, g.before_level, g.after_level, g.state, g.created_at, g.settled_at
FROM mentoring_goals g
LEFT JOIN skills s ON s.id = g.skill_id
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = g.audience_id)
  AND g.mentorship_id = $2
ORDER BY g.id`

func scanGoal(r *db.Rows, g *Goal) error {
	var created, settled db.Time
	err := r.Scan(&g.ID, &g.Person, &g.Skill, &g.Name, &g.Words, &g.Before, &g.After, &g.State, &created, &settled)
	g.Created, g.Settled = created.Time(), settled.Time()
	return err
}

const countGoalsSQL = `
SELECT COUNT(*)
FROM mentoring_goals
WHERE mentorship_id = $1`

const insertGoalSQL = `
INSERT INTO mentoring_goals (id, mentorship_id, audience_id, person_id, skill_id, words, before_level, state, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8)`

const settleGoalSQL = `
UPDATE mentoring_goals SET state = $1, after_level = $2, settled_at = $3
WHERE id = $4 AND mentorship_id = $5 AND person_id = $6`

const promisesSQL = `
SELECT p.id, p.person_id, p.words, p.state, p.created_at
FROM mentoring_promises p
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = p.audience_id)
  AND p.mentorship_id = $2 AND p.id < $3
ORDER BY p.id DESC
LIMIT $4`

// openPromisesSQL are those before a promise that are open.
const openPromisesSQL = `
SELECT p.id, p.person_id, p.words, p.state, p.created_at
FROM mentoring_promises p
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = p.audience_id)
  AND p.mentorship_id = $2 AND p.id < $3 AND p.state = 'open'
ORDER BY p.id DESC
LIMIT $4`

func scanPromise(r *db.Rows, p *Promise) error {
	var created db.Time
	err := r.Scan(&p.ID, &p.Person, &p.Words, &p.State, &created)
	p.Created = created.Time()
	return err
}

const insertPromiseSQL = `
INSERT INTO mentoring_promises (id, mentorship_id, audience_id, person_id, words, state, created_at)
VALUES ($1, $2, $3, $4, $5, 'open', $6)`

const moveOnSQL = `
UPDATE mentoring_promises SET state = 'moved', settled_at = $1
WHERE mentorship_id = $2 AND person_id = $3 AND state = 'open'`

const settlePromiseSQL = `
UPDATE mentoring_promises SET state = $1, settled_at = $2
WHERE id = $3 AND mentorship_id = $4 AND person_id = $5`

// activeSQL is for the job that asks how it goes.
const activeSQL = mentorshipColumnsFragmentSQL + `
WHERE m.state = 'active' AND m.starts_at <= $1 AND m.id > $2
ORDER BY m.id
LIMIT $3`

const askPulseSQL = `
INSERT INTO mentoring_pulses (mentorship_id, person_id, day, asked_at)
SELECT mentorship_id, person_id, $1, $2
FROM mentorship_people
WHERE mentorship_id = $3
ON CONFLICT (mentorship_id, person_id, day) DO NOTHING`

const waitingPulseSQL = `
SELECT day
FROM mentoring_pulses
WHERE mentorship_id = $1 AND person_id = $2 AND answer = 0 AND day = (
    SELECT MAX(l.day) FROM mentoring_pulses l
    WHERE l.mentorship_id = $1 AND l.person_id = $2)`

// latestPulseSQL is what somebody answered last since a time.
const latestPulseSQL = `
SELECT answer
FROM mentoring_pulses
WHERE mentorship_id = $1 AND person_id = $2 AND answer > 0 AND answered_at > $3
ORDER BY day DESC
LIMIT 1`

const answerPulseSQL = `
UPDATE mentoring_pulses SET answer = $1, answered_at = $2
WHERE mentorship_id = $3 AND person_id = $4 AND day = $5`

// uncheckedSQL finds the latest talk that somebody says took place and has not
// judged.
const uncheckedSQL = `
SELECT t.id, t.title, t.starts_at
FROM meetings t
JOIN audience_members a ON a.person_id = $1 AND a.audience_id = t.audience_id
JOIN meeting_people p ON p.meeting_id = t.id AND p.person_id = a.person_id AND p.met = 'yes'
WHERE t.about_id = $2 AND t.state = 'planned' AND t.ends_at <= $3 AND t.starts_at > $4 AND NOT EXISTS (
    SELECT 1 FROM mentoring_checks c
    WHERE c.meeting_id = t.id AND c.person_id = p.person_id)
ORDER BY t.starts_at DESC, t.id DESC
LIMIT 1`

func scanTalk(r *db.Rows, t *Talk) error {
	var start db.Time
	err := r.Scan(&t.Meeting, &t.Title, &start)
	t.Start = start.Time()
	return err
}

const checkSQL = `
INSERT INTO mentoring_checks (meeting_id, person_id, mentorship_id, met_at, answer, answered_at)
SELECT t.id, p.person_id, t.about_id, t.starts_at, $1, $2
FROM meetings t
JOIN audience_members a ON a.person_id = $3 AND a.audience_id = t.audience_id
JOIN meeting_people p ON p.meeting_id = t.id AND p.person_id = a.person_id AND p.met = 'yes'
WHERE t.id = $4 AND t.about_id = $5 AND t.state = 'planned' AND t.ends_at <= $2
ON CONFLICT (meeting_id, person_id) DO UPDATE SET answer = excluded.answer, answered_at = excluded.answered_at`

// checksSQL are the two latest answers of somebody.
const checksSQL = `
SELECT answer, answered_at
FROM mentoring_checks
WHERE mentorship_id = $1 AND person_id = $2
ORDER BY met_at DESC
LIMIT 2`

// worthSQL adds up everybody's judgement of their latest talk.
const worthSQL = `
SELECT COALESCE(SUM(x.answer), 0), COUNT(*)
FROM mentorships m
JOIN mentoring_checks x ON x.mentorship_id = m.id
WHERE m.programme_id = $1 AND NOT EXISTS (
    SELECT 1 FROM mentoring_checks y
    WHERE y.mentorship_id = x.mentorship_id AND y.person_id = x.person_id AND y.met_at > x.met_at)`

const countStatesSQL = `
SELECT COUNT(*) FILTER (WHERE state = 'proposed'), COUNT(*) FILTER (WHERE state = 'active'),
    COUNT(*) FILTER (WHERE state = 'declined'), COUNT(*) FILTER (WHERE state = 'closed')
FROM mentorships
WHERE programme_id = $1`

const countMetSQL = `
SELECT COUNT(*)
FROM mentorships m
WHERE m.programme_id = $1 AND m.state IN ('active', 'closed') AND EXISTS (
    SELECT 1 FROM meetings t
    JOIN meeting_people p ON p.meeting_id = t.id AND p.met = 'yes'
    WHERE t.about_id = m.id)`

// pulseSQL adds up the latest answer of everybody.
const pulseSQL = `
SELECT COALESCE(SUM(x.answer), 0), COUNT(*)
FROM mentorships m
JOIN mentoring_pulses x ON x.mentorship_id = m.id AND x.answer > 0
WHERE m.programme_id = $1 AND m.state = 'active' AND NOT EXISTS (
    SELECT 1 FROM mentoring_pulses y
    WHERE y.mentorship_id = x.mentorship_id AND y.person_id = x.person_id AND y.day > x.day AND y.answer > 0)`

const reachedSQL = `
SELECT COUNT(*), COUNT(DISTINCT g.person_id)
FROM mentorships m
JOIN mentoring_goals g ON g.mentorship_id = m.id AND g.state = 'reached'
WHERE m.programme_id = $1`

const tellSQL = `
SELECT person_id, role
FROM mentorship_people
WHERE mentorship_id = $1`

// roomsOfRunSQL are the rooms that a run made, with who proposed them.
const roomsOfRunSQL = `
SELECT id, audience_id
FROM mentorships
WHERE run_id = $1
ORDER BY id`

// receiptsSQL are the goals that were reached, with who helped: everybody else
// in the room that is a mentor or a peer.
const receiptsSQL = `
SELECT m.id, m.audience_id, g.skill_id, own.id, other.id, g.settled_at
FROM mentorships m
JOIN mentoring_goals g ON g.mentorship_id = m.id AND g.state = 'reached' AND g.skill_id IS NOT NULL
JOIN authors own ON own.person_id = g.person_id AND own.kind IN ('person', 'left')
JOIN mentorship_people p ON p.mentorship_id = m.id AND p.person_id <> g.person_id AND p.role <> 'mentee'
JOIN authors other ON other.person_id = p.person_id AND other.kind IN ('person', 'left')
WHERE m.id = ANY($1)`

const nextRoomsSQL = `
SELECT id
FROM mentorships
WHERE id > $1
ORDER BY id
LIMIT $2`

// requestsOfSQL are the requests to or of somebody that wait in a programme. The
// sum keeps SQLite from reading a programme of thousands for one of its people.
const requestsOfSQL = mentorshipColumnsFragmentSQL + `
JOIN mentorship_people p ON p.mentorship_id = m.id
WHERE p.person_id = $1 AND m.programme_id + 0 = $2 AND m.state = 'proposed' AND m.origin = 'request'
ORDER BY m.id`

// buddiesOfSQL are the joiners whom somebody was asked to be the buddy of.
const buddiesOfSQL = mentorshipColumnsFragmentSQL + `
JOIN mentorship_people p ON p.mentorship_id = m.id
WHERE p.person_id = $1 AND m.programme_id + 0 = $2 AND m.state = 'proposed' AND m.origin = 'joiner'
ORDER BY m.id`

// liveOfSQL is for somebody who leaves the organisation.
const liveOfSQL = mentorshipColumnsFragmentSQL + `
JOIN mentorship_people p ON p.mentorship_id = m.id
WHERE p.person_id = $1 AND m.state IN ('proposed', 'active')
ORDER BY m.id`

const heardSQL = `
UPDATE mentorships SET hears_at = NULL, updated_at = $1
WHERE id = $2 AND state = 'proposed' AND hears_at IS NOT NULL`

// hearing is a mentorship of which a joiner is still to hear.
type hearing struct {
	Mentorship
	mentee id.ID
}

// waitsToHearSQL are the joiners whose buddy said yes.
const waitsToHearSQL = `
SELECT m.id, m.audience_id, m.programme_id, m.hears_at, p.person_id
FROM mentorships m
JOIN mentorship_people mentor ON mentor.mentorship_id = m.id AND mentor.role = 'mentor' AND mentor.answer = 'yes'
JOIN mentorship_people p ON p.mentorship_id = m.id AND p.role = 'mentee'
WHERE m.state = 'proposed' AND m.hears_at IS NOT NULL
ORDER BY m.hears_at
LIMIT 1000`

func scanHearing(r *db.Rows, x *hearing) error {
	var hears db.Time
	err := r.Scan(&x.ID, &x.Audience, &x.Programme, &hears, &x.mentee)
	x.Hears = hears.Time()
	return err
}

// overdueSQL are mentors who were asked and have not answered in time.
const overdueSQL = mentorshipColumnsFragmentSQL + `
WHERE m.state = 'proposed' AND m.answer_by IS NOT NULL AND m.answer_by <= $1 AND NOT EXISTS (
    SELECT 1 FROM mentorship_people p
    WHERE p.mentorship_id = m.id AND p.role = 'mentor' AND p.answer <> '')
ORDER BY m.answer_by
LIMIT $2`

const stillWaitsSQL = `
SELECT m.state, COUNT(p.person_id)
FROM mentorships m
LEFT JOIN mentorship_people p ON p.mentorship_id = m.id AND p.role = 'mentor' AND p.answer <> ''
WHERE m.id = $1
GROUP BY m.state`

// groupOfMentorSQL is the group that a mentor has in a programme of groups, other
// than one.
const groupOfMentorSQL = mentorshipColumnsFragmentSQL + `
JOIN mentorship_people p ON p.mentorship_id = m.id AND p.role = 'mentor'
JOIN programmes g ON g.id = m.programme_id AND g.shape = 'groups'
WHERE p.person_id = $1 AND m.programme_id + 0 = $2 AND m.state = 'active' AND m.id <> $3
ORDER BY m.id
LIMIT 1`

// liveOfProgrammeSQL is the mentorship that a mentee has, or waits for.
const liveOfProgrammeSQL = `
SELECT m.id, m.state
FROM mentorship_people p
JOIN mentorships m ON m.id = p.mentorship_id
WHERE p.person_id = $1 AND m.programme_id + 0 = $2 AND p.role <> 'mentor' AND m.state IN ('proposed', 'active')
ORDER BY m.id DESC
LIMIT 1`

// waitingSQL are mentees who have no mentorship that has begun and not ended.
const waitingSQL = `
SELECT e.person_id, p.starts_on
FROM enrolments e
JOIN people p ON p.id = e.person_id AND p.state = 'active'
WHERE e.programme_id = $1 AND e.state = 'in' AND e.role = 'mentee' AND e.person_id > $2 AND NOT EXISTS (
    SELECT 1 FROM mentorship_people x
    JOIN mentorships m ON m.id = x.mentorship_id
    WHERE x.person_id = e.person_id AND m.programme_id + 0 = e.programme_id AND m.state = 'active')
ORDER BY e.person_id
LIMIT $3`

func scanWaiting(r *db.Rows, x *Joiner) error {
	var starts db.Time
	err := r.Scan(&x.Person, &starts)
	x.Starts = starts.Time()
	return err
}

// askedForSQL are the mentors who were asked for mentees, the latest last.
const askedForSQL = `
SELECT x.person_id, mentor.person_id, m.state, mentor.answer, m.answer_by, m.hears_at
FROM mentorship_people x
JOIN mentorships m ON m.id = x.mentorship_id
JOIN mentorship_people mentor ON mentor.mentorship_id = m.id AND mentor.role = 'mentor'
WHERE m.programme_id + 0 = $1 AND m.state IN ('proposed', 'declined') AND x.person_id = ANY($2) AND x.role = 'mentee'
ORDER BY m.id`

const openRequestsSQL = `
SELECT mentor.person_id, mentee.person_id
FROM mentorships m
JOIN mentorship_people mentor ON mentor.mentorship_id = m.id AND mentor.role = 'mentor'
JOIN mentorship_people mentee ON mentee.mentorship_id = m.id AND mentee.role = 'mentee'
WHERE m.programme_id = $1 AND m.state = 'proposed' AND m.origin = 'request'`

// Who enrolled with both of two skills that are merged keeps the place of the
// one that stays.
const mergeEnrolmentSkillsSQL = `
UPDATE enrolment_skills SET skill_id = $1
WHERE skill_id = $2 AND NOT EXISTS (
    SELECT 1 FROM enrolment_skills o
    WHERE o.enrolment_id = enrolment_skills.enrolment_id AND o.skill_id = $1)`

const dropEnrolmentSkillsSQL = `
DELETE FROM enrolment_skills
WHERE skill_id = $1`

const mergeGoalsSQL = `
UPDATE mentoring_goals SET skill_id = $1
WHERE skill_id = $2`
