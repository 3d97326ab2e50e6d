package coffee

import "github.com/guildhall/guildhall/internal/platform/db"

type unmetRow struct {
	pair  int64
	title string
}

// unmetSQL is the latest pair whose reader has not said whether they met.
const unmetSQL = `
SELECT p.id, x.title
FROM coffee_pair_people me
JOIN coffee_pairs p ON p.id = me.pair_id
JOIN subjects x ON x.id = p.id
WHERE me.person_id = $1 AND EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = p.audience_id)
  AND me.pair_id > $2 AND me.met = '' AND (p.round_id IS NULL OR EXISTS (
    SELECT 1 FROM coffee_rounds r
    WHERE r.id = p.round_id AND r.state <> 'writing'))
ORDER BY me.pair_id DESC
LIMIT 1`

func scanUnmet(r *db.Rows, x *unmetRow) error { return r.Scan(&x.pair, &x.title) }

// hoursOfSQL are somebody's open hours.
const hoursOfSQL = hoursFragmentSQL + `
  AND h.person_id = $2 AND h.state = 'open'
ORDER BY h.id DESC
LIMIT 3`
