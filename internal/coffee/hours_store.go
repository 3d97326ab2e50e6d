package coffee

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const insertHoursSQL = `
INSERT INTO coffee_hours (id, audience_id, author_id, person_id, title, place, link, zone, starts_at, every_days, minutes, seats, state, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open', $13)`

const hoursFragmentSQL = `
SELECT h.id, h.audience_id, h.author_id, h.person_id, h.title, h.place, h.link, h.zone, h.starts_at, h.every_days, h.minutes, h.seats, h.state, h.created_at
FROM coffee_hours h
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = h.audience_id)`

const openHoursSQL = hoursFragmentSQL + `
  AND h.id = $2`

const listHoursSQL = hoursFragmentSQL + `
  AND h.state = 'open' AND (h.created_at, h.id) < ($2, $3)
ORDER BY h.created_at DESC, h.id DESC
LIMIT $4`

func scanHours(r *db.Rows, h *Hours) error {
	var start, created db.Time
	if err := r.Scan(&h.ID, &h.Audience, &h.Author, &h.Person, &h.Title, &h.Place, &h.Link, &h.Zone, &start, &h.EveryDays, &h.Minutes, &h.Seats, &h.State, &created); err != nil {
		return err
	}
	h.Start, h.Created = start.Time(), created.Time()
	return nil
}

const closeHoursSQL = `
UPDATE coffee_hours
SET state = 'closed'
WHERE id = $1`

const bookSQL = `
INSERT INTO coffee_bookings (hours_id, starts_at, person_id, meeting_id)
VALUES ($1, $2, $3, $4)
ON CONFLICT (hours_id, starts_at) DO NOTHING`

const bookingsSQL = `
SELECT starts_at, person_id, meeting_id
FROM coffee_bookings
WHERE hours_id = $1 AND starts_at > $2
ORDER BY starts_at
LIMIT 500`

type bookingRow struct {
	at      db.Time
	person  id.ID
	meeting id.ID
}

func scanBooking(r *db.Rows, b *bookingRow) error { return r.Scan(&b.at, &b.person, &b.meeting) }

const freeSeatSQL = `
DELETE FROM coffee_bookings
WHERE meeting_id = $1`

const insertLotterySQL = `
INSERT INTO coffee_lotteries (id, audience_id, author_id, guest_id, title, place, link, zone, starts_at, minutes, seats, draw_at, state, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'open', $13)`

const lotteryColumnsFragmentSQL = `
SELECT l.id, l.audience_id, l.author_id, l.guest_id, l.title, l.place, l.link, l.zone, l.starts_at, l.minutes, l.seats, l.draw_at, l.state, l.created_at
FROM coffee_lotteries l`

const seenLotteryFragmentSQL = lotteryColumnsFragmentSQL + `
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = l.audience_id)`

const openLotterySQL = seenLotteryFragmentSQL + `
  AND l.id = $2`

const listLotteriesSQL = seenLotteryFragmentSQL + `
  AND (l.created_at, l.id) < ($2, $3)
ORDER BY l.created_at DESC, l.id DESC
LIMIT $4`

// oneLotterySQL is for the drawing of lots, which is nobody's reading.
const oneLotterySQL = lotteryColumnsFragmentSQL + `
WHERE l.id = $1`

func scanLottery(r *db.Rows, l *Lottery) error {
	var start, draw, created db.Time
	if err := r.Scan(&l.ID, &l.Audience, &l.Author, &l.Guest, &l.Title, &l.Place, &l.Link, &l.Zone, &start, &l.Minutes, &l.Seats, &draw, &l.State, &created); err != nil {
		return err
	}
	l.Start, l.DrawAt, l.Created = start.Time(), draw.Time(), created.Time()
	return nil
}

const dueLotteriesSQL = `
SELECT id
FROM coffee_lotteries
WHERE state = 'open' AND draw_at <= $1
ORDER BY draw_at
LIMIT 100`

const endLotterySQL = `
UPDATE coffee_lotteries
SET state = $1
WHERE id = $2 AND state = 'open'`

const crowdSizeSQL = `
SELECT count(*)
FROM (
    SELECT 1 AS one FROM audience_members
    WHERE audience_id = $1
    LIMIT 100) AS counted`

const enterSQL = `
INSERT INTO coffee_entries (person_id, lottery_id, at)
VALUES ($1, $2, $3)
ON CONFLICT (person_id, lottery_id) DO NOTHING`

const withdrawSQL = `
DELETE FROM coffee_entries
WHERE person_id = $1 AND lottery_id = $2 AND result = ''`

const entryOfSQL = `
SELECT result
FROM coffee_entries
WHERE person_id = $1 AND lottery_id = $2`

const entrantsSQL = `
SELECT e.person_id
FROM coffee_entries e
JOIN people p ON p.id = e.person_id AND p.state = 'active'
JOIN audience_members a ON a.person_id = p.id AND a.audience_id = $1
WHERE e.lottery_id = $2
ORDER BY e.person_id`

const resultsSQL = `
SELECT person_id, result
FROM coffee_entries
WHERE lottery_id = $1
ORDER BY person_id`

const pastResultsSQL = `
SELECT person_id, result
FROM coffee_entries
WHERE person_id = ANY($1) AND result <> ''
ORDER BY person_id, lottery_id DESC`

type resultRow struct {
	person int64
	result string
}

func scanResult(r *db.Rows, x *resultRow) error { return r.Scan(&x.person, &x.result) }

const setResultSQL = `
UPDATE coffee_entries
SET result = $1
WHERE person_id = $2 AND lottery_id = $3`
