package meet

import (
	"cmp"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/people"
)

// Slot is a time at which people could meet.
type Slot struct {
	Start, End time.Time
	// Outside are the indexes of those for whom it lies outside their working
	// hours. It is empty whenever a time exists at which all of them work.
	Outside []int
}

// Search says what kind of time is looked for.
type Search struct {
	From   time.Time     // nothing begins earlier
	Days   int           // how far to look; 14 when 0, at most 60
	Length time.Duration // 30 minutes when 0
	Most   int           // how many slots; 6 when 0
	Zone   *time.Location
}

// The bounds of what is thinkable outside working hours, as minutes of the
// local day, and how far from the working hours it may lie.
const (
	earliest = 7 * 60
	latest   = 21 * 60
	reach    = 90 * time.Minute
)

// Slots suggests times at which everybody works and nobody is taken, best
// first: on different days, away from the ends of the working day and from
// lunch as each one's clock shows it. When no such time exists it suggests
// times just outside some people's hours and names them. taken are the times
// at which each person has something else, in the order of calendars.
//
// It looks at 48 starts a day, on the half hours of Search.Zone, so it takes
// time in proportion to days x people.
func Slots(calendars []people.Calendar, taken [][]people.Span, s Search) []Slot {
	if s.Days <= 0 {
		s.Days = 14
	}
	s.Days = min(s.Days, 60)
	if s.Length <= 0 {
		s.Length = 30 * time.Minute
	}
	if s.Most <= 0 {
		s.Most = 6
	}
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	until := s.From.AddDate(0, 0, s.Days)
	work := make([][]people.Span, len(calendars))
	for i, c := range calendars {
		work[i] = c.Times(s.From.Add(-reach), until.Add(reach+s.Length))
	}
	var good, near []rated
	for at := halfHour(s.From, s.Zone); at.Before(until); at = at.Add(30 * time.Minute) {
		r := rated{Slot: Slot{Start: at, End: at.Add(s.Length)}}
		ok := true
		for i, c := range calendars {
			if i < len(taken) && overlaps(taken[i], r.Start, r.End) || c.Away(at) {
				ok = false
				break
			}
			cost, inside := discomfort(c, work[i], r.Start, r.End)
			if cost < 0 {
				ok = false
				break
			}
			if !inside {
				r.Outside = append(r.Outside, i)
			}
			r.cost = max(r.cost, cost) // fair: the worst-off counts
			r.sum += cost
		}
		switch {
		case !ok:
		case len(r.Outside) == 0:
			good = append(good, r)
		default:
			near = append(near, r)
		}
	}
	if len(good) == 0 {
		good = near
	}
	return spread(good, s)
}

type rated struct {
	Slot
	cost, sum float64
}

// halfHour is the first half hour of a local clock at or after t.
func halfHour(t time.Time, zone *time.Location) time.Time {
	l := t.In(zone)
	r := time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute()/30*30, 0, 0, zone)
	for r.Before(t) {
		r = r.Add(30 * time.Minute)
	}
	return r
}

func overlaps(list []people.Span, from, until time.Time) bool {
	for _, s := range list {
		if s.From.Before(until) && from.Before(s.Until) {
			return true
		}
	}
	return false
}

// discomfort rates a time for one person: 0 is the middle of a working
// morning, negative is out of the question.
func discomfort(c people.Calendar, work []people.Span, from, until time.Time) (cost float64, inside bool) {
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	if c.BusyOn(from) {
		cost += 6
	}
	var gap time.Duration = -1
	for _, w := range work {
		if !w.From.After(from) && !w.Until.Before(until) {
			inside = true
			if from.Sub(w.From) < 30*time.Minute || w.Until.Sub(until) < 30*time.Minute {
				cost++
			}
			break
		}
		g := max(w.From.Sub(from), until.Sub(w.Until))
		if gap < 0 || g < gap {
			gap = g
		}
	}
	l := from.In(zone)
	minute := l.Hour()*60 + l.Minute()
	end := minute + int(until.Sub(from)/time.Minute)
	if inside {
		if minute < 13*60 && end > 12*60 && !c.Hours.Shift() {
			cost += 2 // lunch
		}
		return cost, true
	}
	if gap < 0 || gap > reach || minute < earliest || end > latest || l.Weekday() == time.Sunday {
		return -1, false
	}
	return cost + 3 + gap.Hours()*2, false
}

// spread picks the best slots, on different days and at different times of day
// where it can, and prints them in the order of time.
func spread(list []rated, s Search) []Slot {
	for i := range list {
		// Sooner is better, slowly: a day is worth half of a lunch.
		late := list[i].Start.Sub(s.From).Hours() / 24
		list[i].cost += late * 0.25
		list[i].sum += late * 0.25
	}
	slices.SortStableFunc(list, func(a, b rated) int {
		return cmp.Or(cmp.Compare(len(a.Outside), len(b.Outside)), cmp.Compare(a.cost, b.cost), cmp.Compare(a.sum, b.sum), a.Start.Compare(b.Start))
	})
	var out []Slot
	for len(out) < s.Most {
		best, least := -1, 0.0
		for i, r := range list {
			if best >= 0 && (len(r.Outside) > len(list[best].Outside) || r.cost > least) {
				break // nothing later can be better
			}
			if near, cost := against(out, r.Slot, s.Zone); !near && (best < 0 || r.cost+cost < least) {
				best, least = i, r.cost+cost
			}
		}
		if best < 0 {
			break
		}
		out = append(out, list[best].Slot)
		list = slices.Delete(list, best, best+1)
	}
	slices.SortFunc(out, func(a, b Slot) int { return a.Start.Compare(b.Start) })
	return out
}

// against tells what speaks against a slot beside those that are chosen: too
// near to one, a third on the same day, or the same time of day again, so that
// people have mornings and afternoons to choose from.
func against(chosen []Slot, x Slot, zone *time.Location) (near bool, cost float64) {
	day := 0
	for _, o := range chosen {
		if d := o.Start.Sub(x.Start).Abs(); d < 2*time.Hour {
			return true, 0
		}
		if sameDay(o.Start, x.Start, zone) {
			day++
			cost += 2
		}
		if o.Start.In(zone).Hour()/2 == x.Start.In(zone).Hour()/2 {
			cost += 0.8
		}
	}
	return day >= 2, cost
}

func sameDay(a, b time.Time, zone *time.Location) bool {
	ay, am, ad := a.In(zone).Date()
	by, bm, bd := b.In(zone).Date()
	return ay == by && am == bm && ad == bd
}
