package echo

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const (
	// Few is the size of the smallest group about which a number is shown.
	Few = 5
	// pooled is how long answers about a skill wait for others about it.
	pooled = 180 * 24 * time.Hour
)

// said is an answer that is in no total, without its words.
type said struct {
	echo, learner, skill id.ID
	said                 string
	at                   time.Time
	helpers              []id.ID
}

// total is a set of answers as one row.
type total struct {
	skill                 id.ID // 0 for the pool
	used, notYet, noHelp  int
	echoes                []id.ID
	learners, helpersSeen map[id.ID]bool
}

func (t *total) add(x said) {
	if t.learners == nil {
		t.learners, t.helpersSeen = map[id.ID]bool{}, map[id.ID]bool{}
	}
	switch x.said {
	case Used:
		t.used++
	case NotYet:
		t.notYet++
	default:
		t.noHelp++
	}
	t.echoes = append(t.echoes, x.echo)
	t.learners[x.learner] = true
	for _, h := range x.helpers {
		t.helpersSeen[h] = true
	}
}

// shows tells whether the organisation may see it: see the package.
func (t *total) shows() bool {
	return len(t.learners) >= Few && len(t.helpersSeen) >= Few && t.used > 0
}

// totals are the totals that may be made of answers that are in none.
func totals(list []said, now time.Time) []total {
	by := map[id.ID]*total{}
	var order []id.ID
	for _, x := range list {
		if by[x.skill] == nil {
			by[x.skill] = &total{skill: x.skill}
			order = append(order, x.skill)
		}
		by[x.skill].add(x)
	}
	var out []total
	taken := map[id.ID]bool{}
	for _, skill := range order {
		if t := by[skill]; skill != 0 && t.shows() {
			out = append(out, *t)
			taken[skill] = true
		}
	}
	var pool total
	for _, x := range list {
		if !taken[x.skill] && (x.skill == 0 || now.Sub(x.at) > pooled) {
			pool.add(x)
		}
	}
	if pool.shows() {
		out = append(out, pool)
	}
	return out
}

// Count makes the totals of what was said before the month began.
func (s *Service) Count(ctx context.Context) error {
	now := s.Clock.Now().UTC()
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		list, err := db.All(tx, uncountedSQL, scanSaid, db.At(month))
		if err != nil || len(list) == 0 {
			return err
		}
		ids := make([]id.ID, len(list))
		for i, x := range list {
			ids[i] = x.echo
		}
		helpers, err := db.All(tx, helpersSQL, func(r *db.Rows, h *[2]id.ID) error { return r.Scan(&h[0], &h[1]) }, ids)
		if err != nil {
			return err
		}
		of := map[id.ID][]id.ID{}
		for _, h := range helpers {
			of[h[0]] = append(of[h[0]], h[1])
		}
		for i := range list {
			list[i].helpers = of[list[i].echo]
		}
		for _, t := range totals(list, now) {
			if _, err := tx.Exec(insertTotalSQL, id.New(now), t.skill, t.used, t.notYet, t.noHelp, db.At(now)); err != nil {
				return err
			}
			if _, err := tx.Exec(countedSQL, db.At(now), t.echoes); err != nil {
				return err
			}
		}
		return nil
	})
}

// Total is what was said about a skill.
type Total struct {
	Skill  id.ID  // 0 for all skills that make no five of their own
	Name   string // "" for those
	Used   int
	NotYet int
	NoHelp int
}

// Totals returns what was said, by skill, to those who look after the
// organisation. The whole is the sum of them.
//
// Errors: Forbidden to everybody else, NotFound to guests.
func (s *Service) Totals(ctx context.Context, by access.Actor) (list []Total, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		may, err := access.Stewards(tx, by, access.Organisation)
		if err != nil {
			return err
		}
		if !may {
			return fault.New(fault.Forbidden, "fault.echo_totals")
		}
		list, err = db.All(tx, totalsSQL, scanTotal)
		return err
	})
	return list, err
}
