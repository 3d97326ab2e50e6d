package matching

import (
	"context"
	"math"
	"math/bits"
)

// fewPeople is how many people's partitions are looked at one and all: 4,096
// possible teams and at most half a million steps for every team.
const fewPeople = 12

// exact finds the best partition of few people by a dynamic programme over the
// sets of people who have a team (Björklund, Husfeldt and Koivisto 2009 give the
// general method; for so few the plain one is fast). The next team always holds
// the first person without one, so that no partition is met twice. ok is false
// when there are too many people, no partition keeps the hard rules, or the
// context ends. Work is in steps.
func (p *TeamsProblem) exact(ctx context.Context) (teams [][]int32, work int64, ok bool) {
	n := p.People
	if n > fewPeople {
		return nil, 0, false
	}
	full := uint32(1)<<n - 1
	worth := make([]float64, full+1)
	for set := range worth {
		worth[set] = math.Inf(-1)
		if size := bits.OnesCount32(uint32(set)); size < p.MinSize || size > p.MaxSize || size == 0 {
			continue
		}
		if team := members(uint32(set)); p.allowed(team) {
			terms, _ := p.Explain([][]int32{team})
			worth[set] = terms[0].Value
		}
		work++
	}
	// best[k][set] is the most that k teams of exactly these people are worth,
	// last[k][set] the last of them.
	best, last := make([][]float64, p.Teams+1), make([][]uint32, p.Teams+1)
	for k := range best {
		best[k], last[k] = make([]float64, full+1), make([]uint32, full+1)
		for set := range best[k] {
			best[k][set] = math.Inf(-1)
		}
	}
	best[0][0] = 0
	for k := range p.Teams {
		if ctx.Err() != nil {
			return nil, work, false
		}
		for set, value := range best[k] {
			rest := full &^ uint32(set)
			if math.IsInf(value, -1) || rest == 0 {
				continue
			}
			first := rest & -rest
			rest &^= first
			for more := rest; ; more = (more - 1) & rest {
				work++
				team := more | first
				if z := value + worth[team]; z > best[k+1][uint32(set)|team] {
					best[k+1][uint32(set)|team], last[k+1][uint32(set)|team] = z, team
				}
				if more == 0 {
					break
				}
			}
		}
	}
	if math.IsInf(best[p.Teams][full], -1) {
		return nil, work, false
	}
	set := full
	for k := p.Teams; k > 0; k-- {
		team := last[k][set]
		teams = append(teams, members(team))
		set &^= team
	}
	return teams, work, true
}

// members lists a set of people.
func members(set uint32) (list []int32) {
	for ; set != 0; set &= set - 1 {
		list = append(list, int32(bits.TrailingZeros32(set)))
	}
	return list
}
