package coffee

import (
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

func scanID(r *db.Rows, n *id.ID) error { return r.Scan(n) }

const insertGroupSQL = `
INSERT INTO coffee_groups (id, audience_id, author_id, name, every, size, mixing, zone, state, next_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10, $10)`

const changeGroupSQL = `
UPDATE coffee_groups
SET name = $1, every = $2, size = $3, mixing = $4, next_at = $5, updated_at = $6
WHERE id = $7`

const closeGroupSQL = `
UPDATE coffee_groups
SET state = 'closed', updated_at = $1
WHERE id = $2`

const groupColumnsFragmentSQL = `
SELECT g.id, g.audience_id, g.author_id, g.name, g.every, g.size, g.mixing, g.zone, g.state, g.next_at, g.created_at
FROM coffee_groups g`

func scanGroup(r *db.Rows, g *Group) error {
	var next, created db.Time
	if err := r.Scan(&g.ID, &g.Audience, &g.Author, &g.Name, &g.Every, &g.Size, &g.Mixing, &g.Zone, &g.State, &next, &created); err != nil {
		return err
	}
	g.Next, g.Created = next.Time(), created.Time()
	return nil
}

const seenGroupFragmentSQL = groupColumnsFragmentSQL + `
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = g.audience_id)`

const openGroupSQL = seenGroupFragmentSQL + `
  AND g.id = $2`

const listGroupsSQL = seenGroupFragmentSQL + `
  AND g.state = 'open' AND (g.created_at, g.id) < ($2, $3)
ORDER BY g.created_at DESC, g.id DESC
LIMIT $4`

const ownGroupsSQL = seenGroupFragmentSQL + `
  AND g.state = 'open' AND g.id IN (
    SELECT m.group_id FROM coffee_members m
    WHERE m.person_id = $1)
ORDER BY g.created_at DESC, g.id DESC
LIMIT 50`

// oneGroupSQL is for the drawing of lots, which is nobody's reading.
const oneGroupSQL = groupColumnsFragmentSQL + `
WHERE g.id = $1`

const dueGroupsSQL = `
SELECT id
FROM coffee_groups
WHERE state = 'open' AND next_at <= $1
ORDER BY next_at
LIMIT 100`

const planOfSQL = `
SELECT plan
FROM coffee_groups
WHERE id = $1`

const memberSQL = `
SELECT state, snoozed_until, silent
FROM coffee_members
WHERE person_id = $1 AND group_id = $2`

func scanMember(r *db.Rows, m *Membership) error {
	var until db.Time
	if err := r.Scan(&m.State, &until, &m.Silent); err != nil {
		return err
	}
	m.Snoozed = until.Time()
	return nil
}

const membersOfSQL = `
SELECT group_id, state, snoozed_until, silent
FROM coffee_members
WHERE person_id = $1
LIMIT 200`

const countMembersSQL = `
SELECT count(*)
FROM (
    SELECT 1 AS one FROM coffee_members
    WHERE group_id = $1
    LIMIT 1000) AS counted`

const joinGroupSQL = `
INSERT INTO coffee_members (person_id, group_id, state, joined_at)
VALUES ($1, $2, 'in', $3)
ON CONFLICT (person_id, group_id) DO UPDATE SET state = 'in', silent = 0, snoozed_until = NULL`

const leaveGroupSQL = `
DELETE FROM coffee_members
WHERE person_id = $1 AND group_id = $2`

const leaveEveryGroupSQL = `
DELETE FROM coffee_members
WHERE person_id = $1`

const snoozeSQL = `
UPDATE coffee_members
SET snoozed_until = $1
WHERE person_id = $2 AND group_id = $3`

// presentSQL are those who take part in the next round of a group.
const presentSQL = `
SELECT p.id, p.unit_id, p.site_id, m.silent
FROM coffee_members m
JOIN people p ON p.id = m.person_id AND p.state = 'active'
JOIN audience_members a ON a.person_id = p.id AND a.audience_id = $1
WHERE m.group_id = $2 AND m.state = 'in' AND (m.snoozed_until IS NULL OR m.snoozed_until <= $3)
ORDER BY m.person_id`

type presentRow struct {
	person, unit, site id.ID
	silent             int
}

func scanPresent(r *db.Rows, p *presentRow) error {
	return r.Scan(&p.person, &p.unit, &p.site, &p.silent)
}

const pauseSQL = `
UPDATE coffee_members
SET state = 'paused', silent = 0
WHERE person_id = $1 AND group_id = $2 AND state = 'in'`

const metSQL = `
SELECT low_id, high_id, MAX(at), COUNT(*)
FROM coffee_met
WHERE low_id = ANY($1)
GROUP BY low_id, high_id`

type metRow struct {
	low, high id.ID
	at        time.Time
	n         int
}

func scanMet(r *db.Rows, m *metRow) error {
	var at db.Time
	if err := r.Scan(&m.low, &m.high, &at, &m.n); err != nil {
		return err
	}
	m.at = at.Time()
	return nil
}

const avoidsAmongSQL = `
SELECT person_id, other_id
FROM coffee_avoids
WHERE person_id = ANY($1)`

type avoidRow struct{ person, other id.ID }

func scanAvoid(r *db.Rows, a *avoidRow) error { return r.Scan(&a.person, &a.other) }

const ownAvoidsSQL = `
SELECT other_id
FROM coffee_avoids
WHERE person_id = $1
ORDER BY created_at, other_id
LIMIT 200`

const addAvoidSQL = `
INSERT INTO coffee_avoids (person_id, other_id, created_at)
VALUES ($1, $2, $3)
ON CONFLICT (person_id, other_id) DO NOTHING`

const dropAvoidSQL = `
DELETE FROM coffee_avoids
WHERE person_id = $1 AND other_id = $2`

const lastRoundSQL = `
SELECT id, group_id, number, state, written, told, total, created_at, people
FROM coffee_rounds
WHERE group_id = $1
ORDER BY number DESC
LIMIT 1`

const roundSQL = `
SELECT id, group_id, number, state, written, told, total, created_at, people
FROM coffee_rounds
WHERE id = $1`

func scanRound(r *db.Rows, x *Round) error {
	var at db.Time
	if err := r.Scan(&x.ID, &x.Group, &x.Number, &x.State, &x.Written, &x.Told, &x.Total, &at, &x.People); err != nil {
		return err
	}
	x.At = at.Time()
	return nil
}

const openRoundsSQL = `
SELECT id
FROM coffee_rounds
WHERE state <> 'told'
ORDER BY id
LIMIT 100`

const drawnSQL = `
SELECT drawn
FROM coffee_rounds
WHERE id = $1`

const insertRoundSQL = `
INSERT INTO coffee_rounds (id, group_id, number, state, drawn, written, told, total, created_at, people)
VALUES ($1, $2, $3, 'writing', $4, 0, 0, $5, $6, $7)`

const writtenSQL = `
UPDATE coffee_rounds
SET written = $1
WHERE id = $2 AND written = $3 AND state = 'writing'`

const publishSQL = `
UPDATE coffee_rounds
SET state = 'published', published_at = $1
WHERE id = $2 AND written = total AND state = 'writing'`

const advanceSQL = `
UPDATE coffee_groups
SET next_at = $1, plan = $2
WHERE id = $3`

const toldSQL = `
UPDATE coffee_rounds
SET told = $1
WHERE id = $2 AND told = $3 AND state = 'published'`

const toldAllSQL = `
UPDATE coffee_rounds
SET state = 'told', drawn = ''
WHERE id = $1 AND told = total AND state = 'published'`

const insertPairSQL = `
INSERT INTO coffee_pairs (id, audience_id, kind, group_id, round_id, met_before, reasons, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

const insertPairPersonSQL = `
INSERT INTO coffee_pair_people (person_id, pair_id)
VALUES ($1, $2)`

const insertMetSQL = `
INSERT INTO coffee_met (low_id, high_id, pair_id, at)
VALUES ($1, $2, $3, $4)`

const silentSQL = `
UPDATE coffee_members
SET silent = silent + 1
WHERE person_id = $1 AND group_id = $2`

// pairColumnsFragmentSQL shows a pair only to its people, and only when its
// round is published.
const pairColumnsFragmentSQL = `
SELECT p.id, p.audience_id, p.kind, p.group_id, p.round_id, p.met_before, p.reasons, p.at
FROM coffee_pairs p
JOIN coffee_pair_people me ON me.pair_id = p.id
WHERE me.person_id = $1 AND EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = p.audience_id)
  AND (p.round_id IS NULL OR EXISTS (
    SELECT 1 FROM coffee_rounds r
    WHERE r.id = p.round_id AND r.state <> 'writing'))`

const openPairSQL = pairColumnsFragmentSQL + `
  AND me.pair_id = $2`

const ownPairsSQL = pairColumnsFragmentSQL + `
  AND me.pair_id < $2
ORDER BY me.pair_id DESC
LIMIT $3`

func scanPair(r *db.Rows, p *Pair) error {
	var before, at db.Time
	if err := r.Scan(&p.ID, &p.Audience, &p.Kind, &p.Group, &p.Round, &before, &p.reasons, &at); err != nil {
		return err
	}
	p.MetBefore, p.At = before.Time(), at.Time()
	return nil
}

const pairPeopleSQL = `
SELECT pair_id, person_id, met
FROM coffee_pair_people
WHERE pair_id = ANY($1)
ORDER BY pair_id, person_id`

type pairPersonRow struct {
	pair id.ID
	Partner
}

func scanPairPerson(r *db.Rows, p *pairPersonRow) error { return r.Scan(&p.pair, &p.Person, &p.Met) }

const confirmSQL = `
UPDATE coffee_pair_people
SET met = $1, sign = TRUE
WHERE person_id = $2 AND pair_id = $3`

const signSQL = `
UPDATE coffee_pair_people
SET sign = TRUE
WHERE person_id = $1 AND pair_id = $2`

const heardSQL = `
UPDATE coffee_members
SET silent = 0
WHERE person_id = $1 AND silent > 0 AND group_id IN (
    SELECT p.group_id FROM coffee_pairs p
    WHERE p.id = $2)`

const isPairSQL = `
SELECT 1
FROM coffee_pairs
WHERE id = $1`

const insertWordsSQL = `
INSERT INTO coffee_words (id, person_id, pair_id, author_id, words, at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (pair_id, author_id, person_id) DO UPDATE SET words = excluded.words`

const ownWordsSQL = `
SELECT id, author_id, pair_id, words, at
FROM coffee_words
WHERE person_id = $1 AND (at, id) < ($2, $3)
ORDER BY at DESC, id DESC
LIMIT $4`

func scanWords(r *db.Rows, w *Words) error {
	var at db.Time
	if err := r.Scan(&w.ID, &w.Author, &w.Pair, &w.Text, &at); err != nil {
		return err
	}
	w.At = at.Time()
	return nil
}

const dropWordsSQL = `
DELETE FROM coffee_words
WHERE id = $1 AND person_id = $2`

const saidToSQL = `
SELECT person_id
FROM coffee_words
WHERE pair_id = $1 AND author_id = $2`

const siteOfSQL = `
SELECT site_id
FROM people
WHERE id = $1 AND state = 'active'`

const waitLunchSQL = `
INSERT INTO coffee_lunches (person_id, site_id, until)
VALUES ($1, $2, $3)
ON CONFLICT (person_id) DO UPDATE SET site_id = excluded.site_id, until = excluded.until`

// companySQL is the best of those who wait at a site: whom the person never met,
// who has waited longest of these, else whom they met longest ago.
const companySQL = `
SELECT l.person_id, (
    SELECT m.at FROM coffee_met m
    WHERE m.low_id = CASE WHEN l.person_id < $1 THEN l.person_id ELSE $1 END
      AND m.high_id = CASE WHEN l.person_id < $1 THEN $1 ELSE l.person_id END
    ORDER BY m.at DESC
    LIMIT 1) AS before
FROM coffee_lunches l
JOIN people p ON p.id = l.person_id AND p.state = 'active'
WHERE l.site_id = $2 AND l.until > $3 AND l.person_id <> $1
  AND NOT EXISTS (
    SELECT 1 FROM coffee_avoids v
    WHERE v.person_id = l.person_id AND v.other_id = $1)
  AND NOT EXISTS (
    SELECT 1 FROM coffee_avoids v
    WHERE v.person_id = $1 AND v.other_id = l.person_id)
ORDER BY before NULLS FIRST, l.until, l.person_id
LIMIT 1`

const lunchOfSQL = `
SELECT until
FROM coffee_lunches
WHERE person_id = $1 AND until > $2`

const endLunchSQL = `
DELETE FROM coffee_lunches
WHERE person_id = $1`

const sweepLunchSQL = `
DELETE FROM coffee_lunches
WHERE until <= $1`

const pairPeopleOfSQL = `
SELECT person_id
FROM coffee_pair_people
WHERE pair_id = $1
ORDER BY person_id`

const dueNowSQL = `
UPDATE coffee_groups
SET next_at = $1
WHERE id = $2`

// pairOfRoundSQL finds the pair of two people in a round, for telling them.
const pairOfRoundSQL = `
SELECT p.id, p.audience_id
FROM coffee_met m
JOIN coffee_pairs p ON p.id = m.pair_id
WHERE m.low_id = $1 AND m.high_id = $2 AND p.round_id = $3`
