package mentoring

import (
	"cmp"
	"slices"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

func scanID(r *db.Rows, n *id.ID) error { return r.Scan(n) }

func sortChoices(list []Choice) {
	slices.SortStableFunc(list, func(a, b Choice) int { return cmp.Compare(b.Score, a.Score) })
}

const insertProgrammeSQL = `
INSERT INTO programmes (id, audience_id, author_id, owner_id, template, name, purpose, shape, way, unit_id, site_id, state, weeks, capacity, questions, weights,
    created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'open', $12, $13, $14, $15, $16, $16)`

const closeProgrammeSQL = `
UPDATE programmes SET state = 'closed', updated_at = $1
WHERE id = $2`

const programmeColumnsFragmentSQL = `
SELECT p.id, p.audience_id, p.author_id, p.owner_id, p.template, p.name, p.purpose, p.shape, p.way, p.unit_id, p.site_id, p.state, p.weeks, p.capacity,
    p.questions, p.weights, p.run_id, p.suggested_at, p.created_at
FROM programmes p`

func scanProgramme(r *db.Rows, p *Programme) error {
	var questions, weights string
	var suggested, created db.Time
	if err := r.Scan(&p.ID, &p.Audience, &p.Author, &p.Owner, &p.Template, &p.Name, &p.Purpose, &p.Shape, &p.Way, &p.Unit, &p.Site, &p.State, &p.Weeks, &p.Capacity,
		&questions, &weights, &p.Run, &suggested, &created); err != nil {
		return err
	}
	p.Suggested, p.Created = suggested.Time(), created.Time()
	if err := parseJSON(questions, &p.Questions); err != nil {
		return err
	}
	return parseJSON(weights, &p.Weights)
}

const seesProgrammeFragmentSQL = `
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = p.audience_id)`

const openProgrammeSQL = programmeColumnsFragmentSQL + seesProgrammeFragmentSQL + `
  AND p.id = $2`

// programmeOfSQL is for runs, which whoever organises has set going, and for
// those who are in a mentorship of the programme.
const programmeOfSQL = programmeColumnsFragmentSQL + `
WHERE p.id = $1`

const listProgrammesSQL = programmeColumnsFragmentSQL + seesProgrammeFragmentSQL + `
  AND p.state = $2 AND p.id < $3
ORDER BY p.id DESC
LIMIT $4`

const enrolSQL = `
INSERT INTO enrolments (id, programme_id, person_id, role, state, capacity, goals, answers, created_at, updated_at)
VALUES ($1, $2, $3, $4, 'in', $5, $6, $7, $8, $8)
ON CONFLICT (programme_id, person_id) DO UPDATE
SET role = excluded.role, state = 'in', capacity = excluded.capacity, goals = excluded.goals, answers = excluded.answers, updated_at = excluded.updated_at
RETURNING id`

const forgetSkillsSQL = `
DELETE FROM enrolment_skills
WHERE enrolment_id = $1`

const insertSkillSQL = `
INSERT INTO enrolment_skills (enrolment_id, skill_id, place, level)
VALUES ($1, $2, $3, $4)`

const withdrawSQL = `
UPDATE enrolments SET state = 'out', updated_at = $1
WHERE programme_id = $2 AND person_id = $3`

const enrolmentColumnsFragmentSQL = `
SELECT e.id, e.programme_id, e.person_id, e.role, e.state, e.capacity, e.goals, e.answers, e.updated_at
FROM enrolments e`

const enrolmentsSQL = enrolmentColumnsFragmentSQL + `
WHERE e.programme_id = $1 AND e.state = 'in'
ORDER BY e.person_id`

const enrolmentsOfSQL = enrolmentColumnsFragmentSQL + `
WHERE e.programme_id = $1 AND e.person_id = ANY($2) AND e.state = 'in'
ORDER BY e.person_id`

const enrolmentsPageSQL = enrolmentColumnsFragmentSQL + `
WHERE e.programme_id = $1 AND e.state = 'in' AND e.person_id > $2
ORDER BY e.person_id
LIMIT $3`

func scanEnrolment(r *db.Rows, e *Enrolment) error {
	var answers string
	var updated db.Time
	if err := r.Scan(&e.ID, &e.Programme, &e.Person, &e.Role, &e.State, &e.Capacity, &e.Goals, &answers, &updated); err != nil {
		return err
	}
	e.Updated = updated.Time()
	return parseJSON(answers, &e.Answers)
}

const enrolmentSkillsSQL = `
SELECT es.enrolment_id, COALESCE(s.merged_into, s.id), es.level, s.name
FROM enrolment_skills es
JOIN skills s ON s.id = es.skill_id
WHERE es.enrolment_id = ANY($1)
ORDER BY es.enrolment_id, es.place`

const enrolledInSQL = `
SELECT programme_id
FROM enrolments
WHERE person_id = $1 AND state = 'in'
ORDER BY programme_id DESC
LIMIT 500`

const programmeNamesSQL = `
SELECT p.id, p.name
FROM programmes p` + seesProgrammeFragmentSQL + `
  AND p.id = ANY($2)`

const countEnrolledSQL = `
SELECT COUNT(*)
FROM enrolments
WHERE programme_id = $1 AND state = 'in'`

const countRolesSQL = `
SELECT COUNT(*) FILTER (WHERE role = 'mentor'), COUNT(*) FILTER (WHERE role <> 'mentor')
FROM enrolments
WHERE programme_id = $1 AND state = 'in'`

// countFreeSQL counts who takes part, other than mentors, and is in no
// mentorship or waits for one.
const countFreeSQL = `
SELECT COUNT(*)
FROM enrolments e
WHERE e.programme_id = $1 AND e.state = 'in' AND e.role <> 'mentor' AND NOT EXISTS (
    SELECT 1 FROM mentorship_people x
    JOIN mentorships m ON m.id = x.mentorship_id
    WHERE x.person_id = e.person_id AND m.programme_id + 0 = e.programme_id AND m.state IN ('hidden', 'proposed', 'active'))`

const busySQL = `
SELECT id
FROM pairing_runs
WHERE programme_id = $1 AND state IN ('computing', 'publishing')`

const insertRunSQL = `
INSERT INTO pairing_runs (id, programme_id, state, weights, objective, bound, optimal, seconds, report, author_id, made_at)
VALUES ($1, $2, 'computing', $3, 0, 0, FALSE, 0, '{}', $4, $5)`

const weighSQL = `
UPDATE programmes SET weights = $1, run_id = $2, updated_at = $3
WHERE id = $4`

const dropRunSQL = `
UPDATE pairing_runs SET state = 'dropped'
WHERE id = $1 AND state = 'computing'`

const runSQL = `
SELECT id, programme_id, state, weights, objective, bound, optimal, seconds, report, job_id, made_at, published_at
FROM pairing_runs
WHERE id = $1`

func scanRun(r *db.Rows, x *Run) error {
	var weights, report string
	var made, published db.Time
	if err := r.Scan(&x.ID, &x.Programme, &x.State, &weights, &x.Objective, &x.Bound, &x.Optimal, &x.Seconds, &report, &x.Job, &made, &published); err != nil {
		return err
	}
	x.Made, x.Published = made.Time(), published.Time()
	if err := parseJSON(weights, &x.Weights); err != nil {
		return err
	}
	return parseJSON(report, &x.Report)
}

const jobSQL = `
UPDATE pairing_runs SET job_id = $1
WHERE id = $2`

const finishRunSQL = `
UPDATE pairing_runs SET state = 'draft', objective = $1, bound = $2, optimal = $3, seconds = $4, report = $5
WHERE id = $6 AND state = 'computing'`

const clearProposalsSQL = `
DELETE FROM proposals
WHERE run_id = $1`

const insertProposalSQL = `
INSERT INTO proposals (id, run_id, mentee_id, mentor_id, score, fits, caution, pinned, next_mentor, next_score)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

// takenSQL counts with how many others people are in mentorships of a programme.
// What a mentee asks for takes no place before it is accepted.
const takenSQL = `
SELECT mp.person_id, COUNT(*)
FROM mentorships m
JOIN mentorship_people mp ON mp.mentorship_id = m.id
JOIN mentorship_people other ON other.mentorship_id = m.id AND other.person_id <> mp.person_id
WHERE m.programme_id = $1 AND m.state IN ('hidden', 'proposed', 'active') AND (m.state <> 'proposed' OR m.origin <> 'request')
GROUP BY mp.person_id`

// takenBySQL counts for one person what takenSQL counts for everybody. The sum
// keeps SQLite from reading a programme of thousands for one of its people.
const takenBySQL = `
SELECT COUNT(*)
FROM mentorship_people mp
JOIN mentorships m ON m.id = mp.mentorship_id
JOIN mentorship_people other ON other.mentorship_id = m.id AND other.person_id <> mp.person_id
WHERE mp.person_id = $1 AND m.programme_id + 0 = $2 AND m.state IN ('hidden', 'proposed', 'active')
  AND (m.state <> 'proposed' OR m.origin <> 'request')`

const capacitySQL = `
SELECT capacity
FROM enrolments
WHERE programme_id = $1 AND person_id = $2 AND state = 'in'`

const rulesSQL = `
SELECT kind, a_id, b_id
FROM pairing_rules
WHERE programme_id = $1`

// formerSQL are the pairs of a programme that ended or were declined.
const formerSQL = `
SELECT a.person_id, b.person_id
FROM mentorships m
JOIN mentorship_people a ON a.mentorship_id = m.id
JOIN mentorship_people b ON b.mentorship_id = m.id AND b.person_id > a.person_id
WHERE m.programme_id = $1 AND m.state IN ('declined', 'closed')`

const ruleSQL = `
INSERT INTO pairing_rules (id, programme_id, kind, a_id, b_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (programme_id, a_id, b_id) DO UPDATE SET kind = excluded.kind`

const unruleSQL = `
DELETE FROM pairing_rules
WHERE programme_id = $1 AND a_id = $2 AND b_id = $3`

const unpinSQL = `
DELETE FROM pairing_rules
WHERE programme_id = $1 AND kind = 'pin' AND (a_id = $2 OR b_id = $2)`

const unpinAllSQL = `
DELETE FROM pairing_rules
WHERE programme_id = $1 AND kind = 'pin'`

const beginPublishSQL = `
UPDATE pairing_runs SET state = 'publishing'
WHERE id = $1 AND programme_id = $2 AND state = 'draft'`

const proposalsOfSQL = `
SELECT id, mentee_id, mentor_id, fits
FROM proposals
WHERE run_id = $1 AND mentor_id IS NOT NULL
ORDER BY id`

func scanProposal(r *db.Rows, p *proposal) error {
	return r.Scan(&p.id, &p.mentee, &p.mentor, &p.fits)
}

// madeSQL are the people who have their mentorship of a run already.
const madeSQL = `
SELECT mp.person_id
FROM mentorships m
JOIN mentorship_people mp ON mp.mentorship_id = m.id AND mp.role <> 'mentor'
WHERE m.run_id = $1`

const insertMentorshipSQL = `
INSERT INTO mentorships (id, audience_id, programme_id, run_id, origin, state, words, fits, answer_by, hears_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)`

const insertMemberSQL = `
INSERT INTO mentorship_people (mentorship_id, person_id, role)
VALUES ($1, $2, $3)`

const endPublishSQL = `
UPDATE pairing_runs SET state = 'published', published_at = $1
WHERE id = $2 AND state = 'publishing'`

const showSQL = `
UPDATE mentorships SET state = 'proposed', updated_at = $1
WHERE run_id = $2 AND state = 'hidden'`

const showSubjectsSQL = `
UPDATE subjects SET state = 'proposed', updated_at = $1
WHERE id IN (SELECT id FROM mentorships WHERE run_id = $2)`

const listProposalsSQL = `
SELECT id, mentee_id, mentor_id, score, fits, caution, pinned, next_mentor, next_score
FROM proposals
WHERE run_id = $1 AND (score, id) < ($2, $3)
  {filters}
ORDER BY score DESC, id DESC
LIMIT $4`

const lookFilterSQL = `AND caution <> ''`

var listProposals = db.NewQuery(listProposalsSQL, lookFilterSQL)

func scanProposalRow(r *db.Rows, p *Proposal) error {
	var fits string
	if err := r.Scan(&p.ID, &p.Mentee, &p.Mentor, &p.Score, &fits, &p.Look, &p.Pinned, &p.Next, &p.NextScore); err != nil {
		return err
	}
	return parseJSON(fits, &p.Fits)
}

const countProposalsSQL = `
SELECT COUNT(mentor_id), COUNT(*) FILTER (WHERE caution <> '' AND mentor_id IS NOT NULL), COUNT(*) FILTER (WHERE mentor_id IS NULL)
FROM proposals
WHERE run_id = $1`

const loadSQL = `
SELECT mentor_id, COUNT(*)
FROM proposals
WHERE run_id = $1 AND mentor_id IS NOT NULL
GROUP BY mentor_id`

const withdrawAllSQL = `
UPDATE enrolments SET state = 'out', updated_at = $1
WHERE person_id = $2 AND state = 'in'`

const openOfWaySQL = `
SELECT id
FROM programmes
WHERE state = 'open' AND way <> 'cohort' AND way = $1 AND id > $2
ORDER BY id
LIMIT $3`

// joinersSQL are people whose first day was said to be since a time and whom
// the rule of a programme lets in, who never took part in it.
const joinersSQL = `
SELECT p.id, p.starts_on
FROM people p
JOIN programmes g ON g.id = $1
WHERE p.starts_on IS NOT NULL AND p.starts_on >= $2 AND p.state = 'active' AND p.role <> 'guest'
  AND (g.unit_id IS NULL OR p.unit_id = g.unit_id) AND (g.site_id IS NULL OR p.site_id = g.site_id)
  AND NOT EXISTS (
    SELECT 1 FROM enrolments e
    WHERE e.programme_id = g.id AND e.person_id = p.id)
ORDER BY p.starts_on, p.id
LIMIT $3`

func scanJoiner(r *db.Rows, x *joiner) error {
	var starts db.Time
	err := r.Scan(&x.person, &starts)
	x.starts = starts.Time()
	return err
}

const enrolJoinerSQL = `
INSERT INTO enrolments (id, programme_id, person_id, role, state, capacity, goals, answers, created_at, updated_at)
VALUES ($1, $2, $3, 'mentee', 'in', 1, '', $4, $5, $5)
ON CONFLICT (programme_id, person_id) DO NOTHING`

const suggestedSQL = `
SELECT mentee_id, mentor_id
FROM mentoring_suggestions
WHERE programme_id = $1`

const suggestionsSQL = `
SELECT mentor_id, score, fits
FROM mentoring_suggestions
WHERE programme_id = $1 AND mentee_id = $2
ORDER BY score DESC, mentor_id`

const suggestionSQL = `
SELECT score, fits
FROM mentoring_suggestions
WHERE programme_id = $1 AND mentee_id = $2 AND mentor_id = $3`

const forgetSuggestionsSQL = `
DELETE FROM mentoring_suggestions
WHERE programme_id = $1 AND mentee_id = $2`

const insertSuggestionSQL = `
INSERT INTO mentoring_suggestions (programme_id, mentee_id, mentor_id, score, fits)
VALUES ($1, $2, $3, $4, $5)`

const suggestedAtSQL = `
UPDATE programmes SET suggested_at = $1
WHERE id = $2`

// whysSQL are the reasons that were given for a no between somebody and others,
// the latest last.
const whysSQL = `
SELECT other.person_id, CASE WHEN own.why <> '' THEN own.why ELSE other.why END
FROM mentorship_people own
JOIN mentorships m ON m.id = own.mentorship_id
JOIN mentorship_people other ON other.mentorship_id = m.id AND other.person_id <> own.person_id
WHERE own.person_id = $1 AND m.programme_id + 0 = $2 AND m.state = 'declined' AND (own.why <> '' OR other.why <> '')
ORDER BY m.id`
