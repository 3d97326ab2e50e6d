package whoknows

import (
	"github.com/guildhall/guildhall/internal/core/terms"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const markStaleSQL = `
INSERT INTO whoknows_stale (source_id, mark)
VALUES ($1, $2)
ON CONFLICT (source_id) DO UPDATE SET mark = excluded.mark`

const staleSQL = `
SELECT source_id, mark
FROM whoknows_stale
ORDER BY mark, source_id
LIMIT $1`

const freshSQL = `
DELETE FROM whoknows_stale
WHERE source_id = $1 AND mark = $2`

// receiptsSQL reads the receipts of sources to count them: the index is about
// everybody's receipts, and each row of it carries the source's audience.
const receiptsSQL = `
SELECT source_id, author_id, kind, skill_id, audience_id, weight, at
FROM receipts
WHERE source_id = ANY($1) AND hidden = FALSE
ORDER BY source_id, author_id, at, kind, skill_id`

const nextSourcesSQL = `
SELECT DISTINCT source_id
FROM receipts
WHERE source_id > $1
ORDER BY source_id
LIMIT $2`

// nextUnprovedSQL and nextChangedSQL list the sources without receipts that
// have evidence or have changed: profiles, and what is to be forgotten.
const nextUnprovedSQL = `
SELECT DISTINCT e.source_id
FROM whoknows_evidence e
WHERE e.source_id > $1 AND NOT EXISTS (SELECT 1 FROM receipts r WHERE r.source_id = e.source_id)
ORDER BY e.source_id
LIMIT $2`

const nextChangedSQL = `
SELECT s.source_id
FROM whoknows_stale s
WHERE s.source_id > $1 AND NOT EXISTS (SELECT 1 FROM receipts r WHERE r.source_id = s.source_id)
ORDER BY s.source_id
LIMIT $2`

const forgetSourcesSQL = `
DELETE FROM whoknows_evidence
WHERE source_id = ANY($1)`

const evidenceOfSQL = `
SELECT source_id, author_id, audience_id, day, strength, weight, terms
FROM whoknows_evidence
WHERE source_id = ANY($1)
ORDER BY source_id, author_id`

const evidenceByAuthorSQL = `
SELECT source_id, audience_id, terms
FROM whoknows_evidence
WHERE author_id = $1`

const addEvidenceSQL = `
INSERT INTO whoknows_evidence (source_id, author_id, audience_id, day, strength, weight, terms)
VALUES ($1, $2, $3, $4, $5, $6, $7)`

const dropEvidenceSQL = `
DELETE FROM whoknows_evidence
WHERE author_id = $1 AND source_id = $2`

// addPostingSQL and addPostings8SQL add impacts. The best source is the one of
// the greatest impact, of equal ones the newest.
const addPostingSQL = `
INSERT INTO whoknows_postings (term, author_id, audience_id, impact, best_impact, best_id)
VALUES ($1, $2, $3, $4, $5, $6)` + keepBest

const addPostings8SQL = `
INSERT INTO whoknows_postings (term, author_id, audience_id, impact, best_impact, best_id)
VALUES ($1, $2, $3, $4, $5, $6), ($7, $8, $9, $10, $11, $12), ($13, $14, $15, $16, $17, $18),
  ($19, $20, $21, $22, $23, $24), ($25, $26, $27, $28, $29, $30), ($31, $32, $33, $34, $35, $36),
  ($37, $38, $39, $40, $41, $42), ($43, $44, $45, $46, $47, $48)` + keepBest

const keepBest = `
ON CONFLICT (term, author_id, audience_id) DO UPDATE SET
  impact = whoknows_postings.impact + excluded.impact,
  best_id = CASE WHEN excluded.best_impact > whoknows_postings.best_impact
      OR (excluded.best_impact = whoknows_postings.best_impact AND excluded.best_id > whoknows_postings.best_id)
    THEN excluded.best_id ELSE whoknows_postings.best_id END,
  best_impact = CASE WHEN excluded.best_impact > whoknows_postings.best_impact
    THEN excluded.best_impact ELSE whoknows_postings.best_impact END`

const postingSQL = `
SELECT impact, best_id
FROM whoknows_postings
WHERE term = $1 AND author_id = $2 AND audience_id = $3`

const setPostingSQL = `
UPDATE whoknows_postings SET impact = $1, best_impact = $2, best_id = $3
WHERE term = $4 AND author_id = $5 AND audience_id = $6`

const lowerPostingSQL = `
UPDATE whoknows_postings SET impact = $1
WHERE term = $2 AND author_id = $3 AND audience_id = $4`

const dropPostingSQL = `
DELETE FROM whoknows_postings
WHERE term = $1 AND author_id = $2 AND audience_id = $3`

const addTermSQL = `
INSERT INTO whoknows_terms (term, docs, impact)
VALUES ($1, $2, $3)
ON CONFLICT (term) DO UPDATE SET docs = whoknows_terms.docs + excluded.docs, impact = whoknows_terms.impact + excluded.impact`

const addTerms8SQL = `
INSERT INTO whoknows_terms (term, docs, impact)
VALUES ($1, $2, $3), ($4, $5, $6), ($7, $8, $9), ($10, $11, $12), ($13, $14, $15), ($16, $17, $18), ($19, $20, $21), ($22, $23, $24)
ON CONFLICT (term) DO UPDATE SET docs = whoknows_terms.docs + excluded.docs, impact = whoknows_terms.impact + excluded.impact`

const dropTermSQL = `
DELETE FROM whoknows_terms
WHERE term = $1 AND docs = 0`

const addPersonSQL = `
INSERT INTO whoknows_people (author_id, audience_id, pieces, weight, first_day, active)
VALUES ($1, $2, $3, $4, 0, 0)
ON CONFLICT (author_id, audience_id) DO UPDATE SET pieces = whoknows_people.pieces + excluded.pieces, weight = whoknows_people.weight + excluded.weight`

const dropPersonSQL = `
DELETE FROM whoknows_people
WHERE author_id = $1 AND audience_id = $2 AND pieces = 0`

const addDaySQL = `
INSERT INTO whoknows_days (author_id, audience_id, day, strength)
VALUES ($1, $2, $3, $4)
ON CONFLICT (author_id, audience_id, day) DO UPDATE SET strength = whoknows_days.strength + excluded.strength`

const dropDaySQL = `
DELETE FROM whoknows_days
WHERE author_id = $1 AND audience_id = $2 AND day = $3 AND strength = 0`

// daysSQL reads when somebody was active, to keep how lively they are.
const daysSQL = `
SELECT day, strength
FROM whoknows_days
WHERE author_id = $1 AND audience_id = $2
ORDER BY day`

const setActiveSQL = `
UPDATE whoknows_people SET active = $1, first_day = $2
WHERE author_id = $3 AND audience_id = $4`

const addTotalsSQL = `
UPDATE whoknows_totals SET pieces = pieces + $1, weight = weight + $2
WHERE id = 1`

const totalsSQL = `
SELECT t.pieces, t.weight,
  COALESCE((SELECT MIN(day) FROM whoknows_days WHERE audience_id = 1), 0),
  COALESCE((SELECT MAX(day) FROM whoknows_days WHERE audience_id = 1), 0),
  t.first_day, t.newest_day, t.building
FROM whoknows_totals t
WHERE t.id = 1`

const countedSQL = `
UPDATE whoknows_totals SET first_day = $1, newest_day = $2
WHERE id = 1`

// nextPeopleSQL reads rows to keep them up to date.
const nextPeopleSQL = `
SELECT author_id, audience_id, active
FROM whoknows_people
WHERE (author_id, audience_id) > ($1, $2)
ORDER BY author_id, audience_id
LIMIT $3`

const clearPostingsSQL = `
DELETE FROM whoknows_postings
WHERE term IN (SELECT term FROM whoknows_postings LIMIT $1)`

const clearTermsSQL = `
DELETE FROM whoknows_terms
WHERE term IN (SELECT term FROM whoknows_terms LIMIT $1)`

const clearPeopleSQL = `
DELETE FROM whoknows_people
WHERE author_id IN (SELECT author_id FROM whoknows_people LIMIT $1)`

const clearDaysSQL = `
DELETE FROM whoknows_days
WHERE author_id IN (SELECT author_id FROM whoknows_days LIMIT $1)`

// beginBuildingSQL takes the rebuild over when nobody has gone on with it since
// the second moment.
const beginBuildingSQL = `
UPDATE whoknows_totals SET building = $1
WHERE id = 1 AND building < $2`

const goOnBuildingSQL = `
UPDATE whoknows_totals SET building = $1
WHERE id = 1`

const endBuildingSQL = `
UPDATE whoknows_totals SET building = 0, pieces = $1, weight = $2, first_day = 0, newest_day = -1
WHERE id = 1`

const buildingSQL = `
SELECT building
FROM whoknows_totals
WHERE id = 1`

// forgetStaleSQL drops notes made before a rebuild began.
const forgetStaleSQL = `
DELETE FROM whoknows_stale
WHERE source_id IN (SELECT source_id FROM whoknows_stale WHERE mark < $1 LIMIT $2)`

const staleCountSQL = `
SELECT COUNT(*)
FROM whoknows_stale`

// nextEvidenceSQL reads all evidence in the order of its key, to count it.
const nextEvidenceSQL = `
SELECT source_id, author_id, audience_id, day, strength, weight, terms
FROM whoknows_evidence
WHERE (author_id, source_id) > ($1, $2)
ORDER BY author_id, source_id
LIMIT $3`

// The statements that count everything write whole values, so that a second
// server doing the same changes nothing.
const putPosting = `
ON CONFLICT (term, author_id, audience_id) DO UPDATE SET
  impact = excluded.impact, best_impact = excluded.best_impact, best_id = excluded.best_id`

const putPostingSQL = `
INSERT INTO whoknows_postings (term, author_id, audience_id, impact, best_impact, best_id)
VALUES ($1, $2, $3, $4, $5, $6)` + putPosting

const putPostings8SQL = `
INSERT INTO whoknows_postings (term, author_id, audience_id, impact, best_impact, best_id)
VALUES ($1, $2, $3, $4, $5, $6), ($7, $8, $9, $10, $11, $12), ($13, $14, $15, $16, $17, $18),
  ($19, $20, $21, $22, $23, $24), ($25, $26, $27, $28, $29, $30), ($31, $32, $33, $34, $35, $36),
  ($37, $38, $39, $40, $41, $42), ($43, $44, $45, $46, $47, $48)` + putPosting

const putTermSQL = `
INSERT INTO whoknows_terms (term, docs, impact)
VALUES ($1, $2, $3)
ON CONFLICT (term) DO UPDATE SET docs = excluded.docs, impact = excluded.impact`

const putPersonSQL = `
INSERT INTO whoknows_people (author_id, audience_id, pieces, weight, first_day, active)
VALUES ($1, $2, $3, $4, $5, 0)
ON CONFLICT (author_id, audience_id) DO UPDATE SET pieces = excluded.pieces, weight = excluded.weight, first_day = excluded.first_day`

const putDaySQL = `
INSERT INTO whoknows_days (author_id, audience_id, day, strength)
VALUES ($1, $2, $3, $4)
ON CONFLICT (author_id, audience_id, day) DO UPDATE SET strength = excluded.strength`

// termsSQL reads how rare words are in what the whole organisation may see.
const termsSQL = `
SELECT term, docs, impact
FROM whoknows_terms
WHERE term = ANY($1)`

// bestSQL asks once whether the reader belongs to the organisation, whose
// audience nearly every row has, and row by row for the others only: a join of
// every row took longer than all the rest.
const bestSQL = `
SELECT p.author_id, p.audience_id, p.impact
FROM whoknows_postings p
WHERE CASE WHEN p.audience_id = 1
    THEN EXISTS (SELECT 1 FROM audience_members o WHERE o.person_id = $1 AND o.audience_id = 1)
    ELSE EXISTS (SELECT 1 FROM audience_members m WHERE m.person_id = $1 AND m.audience_id = p.audience_id) END
  AND p.term = $2
ORDER BY p.impact DESC
LIMIT $3`

// activeSQL lists who is lively in what the whole organisation may see, for
// readers who belong to it.
const activeSQL = `
SELECT w.author_id
FROM whoknows_people w
WHERE w.audience_id = 1 AND EXISTS (SELECT 1 FROM audience_members m WHERE m.person_id = $1 AND m.audience_id = 1)
ORDER BY w.active DESC, w.author_id
LIMIT $2`

// peopleSQL reads what the reader may see of people who can be asked: those
// who are here, and imported profiles.
const peopleSQL = `
SELECT w.author_id, w.pieces, w.weight, w.first_day, w.active
FROM whoknows_people w
JOIN audience_members m ON m.person_id = $1 AND m.audience_id = w.audience_id
JOIN authors a ON a.id = w.author_id
WHERE w.author_id = ANY($2) AND a.kind IN ('person', 'imported')`

const proofsSQL = `
SELECT p.author_id, p.term, p.best_impact, p.best_id
FROM whoknows_postings p
JOIN audience_members m ON m.person_id = $1 AND m.audience_id = p.audience_id
WHERE p.term = ANY($2) AND p.author_id = ANY($3)`

type receipt struct {
	source, author, skill, audience id.ID
	kind                            string
	weight                          float64
	at                              db.Time
}

func scanReceipt(r *db.Rows, v *receipt) error {
	return r.Scan(&v.source, &v.author, &v.kind, &v.skill, &v.audience, &v.weight, &v.at)
}

func scanEvidence(r *db.Rows, v *evidence) error {
	var packed []byte
	err := r.Scan(&v.source, &v.author, &v.audience, &v.day, &v.strength, &v.weight, &packed)
	v.postings = terms.Unpack(packed)
	return err
}

func scanID(r *db.Rows, v *id.ID) error { return r.Scan(v) }

type staleSource struct {
	source id.ID
	mark   int64
}

func scanStale(r *db.Rows, v *staleSource) error { return r.Scan(&v.source, &v.mark) }

func scanDay(r *db.Rows, v *activeDay) error { return r.Scan(&v.day, &v.strength) }

func readTotals(tx *db.Tx) (t totals, err error) {
	_, err = tx.Row(totalsSQL, []any{&t.pieces, &t.weight, &t.first, &t.newest, &t.countedFirst, &t.countedNewest, &t.building})
	return t, err
}

type termRow struct {
	term         terms.Term
	docs, impact int64
}

func scanTerm(r *db.Rows, v *termRow) error { return r.Scan((*int64)(&v.term), &v.docs, &v.impact) }

type personRow struct {
	author, audience id.ID
	pieces, weight   int64
	first            int64
	active           float64
}

func scanPerson(r *db.Rows, v *personRow) error {
	return r.Scan(&v.author, &v.pieces, &v.weight, &v.first, &v.active)
}

func scanPage(r *db.Rows, v *personRow) error { return r.Scan(&v.author, &v.audience, &v.active) }
