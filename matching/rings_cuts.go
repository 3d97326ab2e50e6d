package matching

import (
	"math"
	"slices"
	"sort"
)

const (
	cutRounds   = 10
	cutPerCol   = lpLongest - 8 // cuts a column may be in
	cutViolated = 0.02          // by less than this a cut is left out
)

// cut tightens the programme of the root: of any three people at most one ring
// holds two or more (subset row inequalities, Jepsen, Petersen, Spoorendonk and
// Pisinger 2008). Each is a row like those of people, so its price takes part in
// every bound. The programme must be solved, with its solution in b.x; it is
// solved again on return, unless the status says otherwise.
func (b *packBranch) cut() lpStatus {
	first := b.bound
	for round := 0; round < cutRounds; round++ {
		list := b.violated(b.p.n/2 + 10)
		some := false
		for _, t := range list {
			some = b.addCut(t) || some
		}
		if !some {
			break
		}
		b.lp.trim()
		b.lp.refactor()
		bound, st := b.relax(true, 0)
		before := b.bound
		b.bound = math.Min(b.bound, bound)
		if st != lpOptimal {
			return st
		}
		b.noteRoot(bound)
		b.solution()
		if b.integral() != nil || before-b.bound < 0.1*(first-b.bound) || b.bound <= b.cutoff() {
			break
		}
	}
	if b.cuts == 0 {
		return lpOptimal
	}
	b.dropCuts()
	bound, st := b.relax(true, 0)
	b.bound = math.Min(b.bound, bound)
	if st == lpOptimal {
		b.noteRoot(bound)
		b.solution()
	}
	return st
}

// rowsOf lists the rows of a column: its people and the cuts it is in.
func (b *packBranch) rowsOf(c int32) []int32 {
	if b.cuts == 0 || len(b.cutsOf[c]) == 0 {
		return b.p.verts(c)
	}
	return append(slices.Clip(b.p.verts(c)), b.cutsOf[c]...)
}

// violated lists up to limit triples whose cuts the solution breaks, worst
// first.
func (b *packBranch) violated(limit int) [][3]int32 {
	type neighbour struct {
		v int32
		x float64
	}
	pair := map[[2]int32]float64{}
	triple := map[[3]int32]float64{}
	var pairs [][2]int32
	var verts []int32
	for j, x := range b.x {
		if x < 1e-6 || x > 1-1e-6 {
			continue
		}
		verts = append(verts[:0], b.p.verts(b.colOf[j])...)
		slices.Sort(verts)
		for i, u := range verts {
			for k, v := range verts[i+1:] {
				if _, ok := pair[[2]int32{u, v}]; !ok {
					pairs = append(pairs, [2]int32{u, v})
				}
				pair[[2]int32{u, v}] += x
				for _, w := range verts[i+k+2:] {
					triple[[3]int32{u, v, w}] += x
				}
			}
		}
	}
	near := map[int32][]neighbour{}
	for _, e := range pairs {
		x := pair[e]
		near[e[0]] = append(near[e[0]], neighbour{e[1], x})
		near[e[1]] = append(near[e[1]], neighbour{e[0], x})
	}
	type found struct {
		t [3]int32
		x float64
	}
	var list []found
	seen := map[[3]int32]bool{}
	for mid := int32(0); mid < int32(b.p.n); mid++ {
		around := near[mid]
		for i, e := range around {
			for _, f := range around[i+1:] {
				u, v := min(e.v, f.v), max(e.v, f.v)
				x := e.x + f.x + pair[[2]int32{u, v}]
				if x <= 1+cutViolated {
					continue
				}
				t := [3]int32{mid, u, v}
				slices.Sort(t[:])
				if x -= 2 * triple[t]; x > 1+cutViolated && !seen[t] {
					seen[t] = true
					list = append(list, found{t, x})
				}
			}
		}
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].x != list[j].x {
			return list[i].x > list[j].x
		}
		return slices.Compare(list[i].t[:], list[j].t[:]) < 0
	})
	var out [][3]int32
	for _, f := range list[:min(limit, len(list))] {
		out = append(out, f.t)
	}
	b.lp.work += int64(len(pairs)+len(triple)+len(seen)) * 20
	return out
}

// addCut adds the row of a triple, unless a column is in too many already. The
// caller trims and refactors.
func (b *packBranch) addCut(t [3]int32) bool {
	if b.cutsOf == nil {
		b.cutsOf = make([][]int32, b.p.size())
	}
	var in []int32
	for i, v := range t {
		for _, c := range b.p.of(v) {
			// Once, from the second of the three that the column holds.
			verts := b.p.verts(c)
			before := 0
			for _, u := range t[:i] {
				if slices.Contains(verts, u) {
					before++
				}
			}
			if before == 1 {
				if len(b.cutsOf[c]) >= cutPerCol {
					return false
				}
				in = append(in, c)
			}
		}
	}
	r := b.lp.addRow()
	for _, c := range in {
		b.cutsOf[c] = append(b.cutsOf[c], r)
		if j := b.lpOf[c]; j >= 0 {
			b.lp.colInd[j] = append(slices.Clip(b.lp.colInd[j]), r)
		}
	}
	b.cuts++
	return true
}

// dropCuts takes the cuts out of the programme that do not bind. Their slacks
// are in the basis, which stays one without them.
func (b *packBranch) dropCuts() {
	old := b.lp
	at := make([]int32, old.m)
	m := int32(0)
	for r := range at {
		at[r] = -1
		if r < b.p.n || old.slackPos[r] < 0 {
			at[r] = m
			m++
		}
	}
	if int(m) == old.m {
		return
	}
	b.cuts = int(m) - b.p.n
	for c, rows := range b.cutsOf {
		keep := rows[:0]
		for _, r := range rows {
			if at[r] >= 0 {
				keep = append(keep, at[r])
			}
		}
		b.cutsOf[c] = keep
	}
	l := newPackLP(int(m))
	l.iterations, l.work = old.iterations, old.work
	copy(l.tight, old.tight[:b.p.n])
	for j, c := range b.colOf {
		l.addCol(old.cost[j], b.rowsOf(c))
		l.open[j] = old.open[j]
	}
	var basis []int32
	var weight []float64
	for p, v := range old.basis {
		if v < 0 {
			if at[^v] < 0 {
				continue
			}
			v = ^at[^v]
		}
		basis, weight = append(basis, v), append(weight, old.weight[p])
	}
	l.setBasis(basis, weight)
	b.lp = l
	l.trim()
	l.refactor()
}
