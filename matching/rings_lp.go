package matching

import (
	"context"
	"math"
)

// packLP is a linear programme max c·x, A x + s = 1, 0 <= x <= 1, s >= 0 with
// A of zeros and ones, kept
// optimal by the dual simplex method while columns and rows are added, columns
// forbidden and rows made tight. Every x is boxed, so each basis is made dual
// feasible by putting columns of positive reduced cost at 1: no first phase, and
// the long-step ratio test passes many bounds in one iteration (Maros 2003).
// Rows leave by dual steepest edge prices (Forrest and Goldfarb 1992).
type packLP struct {
	m      int
	tight  []bool // slack fixed at zero
	colInd [][]int32
	cost   []float64
	open   []bool    // false: the column is fixed at zero
	live   [][]int32 // columns of a row that were open when trim was called last
	near   lpNear    // the same columns, in the order of memory
	side   []float64 // -1 at zero, 1 at one, 0 basic or closed: of columns, in solve

	basis    []int32 // >= 0 a column, < 0 the slack of row ^v
	colPos   []int32 // position in the basis or -1
	slackPos []int32
	atUp     []bool
	xB       []float64
	d        []float64 // reduced costs of columns
	ds       []float64 // reduced costs of slacks; -ds is the price of the row
	weight   []float64
	f        factor
	inv      inverse // instead of f, of a small programme
	small    bool
	since    int // iterations since prices and values were computed afresh
	one      [1]int32

	iterations int64
	work       int64
	broken     int // numerical restarts in a row

	rhoOwn, rhoIn, aq, aqIn, tau, tauIn, flip, flipX []float64
	alpha                                            []float64
	touched                                          []int32
	inTouch                                          []bool
	cand                                             []lpCandidate
}

type lpCandidate struct {
	ratio, a float64
	v        int32
}

type lpStatus uint8

const (
	lpOptimal lpStatus = iota
	lpCutOff           // the dual value fell below the cut-off
	lpInfeasible
	lpStopped // iteration limit, context or numerical trouble
)

const (
	lpPrimalTol = 1e-8
	lpDualTol   = 1e-9
	lpEtaLimit  = 80
	lpTrusted   = 24   // updates after which the values are still taken as they are
	lpLongest   = 16   // entries of a column
	lpSlopeTol  = 1e-7 // a row met by the last bound passed is met
)

func newPackLP(rows int) *packLP {
	m := rows
	l := &packLP{
		m: m, tight: make([]bool, m), live: make([][]int32, m),
		basis: make([]int32, m), slackPos: make([]int32, m), xB: make([]float64, m),
		ds: make([]float64, m), weight: make([]float64, m),
	}
	for _, w := range []*[]float64{&l.rhoOwn, &l.rhoIn, &l.aq, &l.aqIn, &l.tau, &l.tauIn, &l.flip, &l.flipX} {
		*w = make([]float64, m)
	}
	for r := range l.basis {
		l.basis[r] = ^int32(r)
		l.slackPos[r] = int32(r)
		l.weight[r] = 1
	}
	return l
}

// addCol adds a column as nonbasic. The caller refactors before the next solve.
func (l *packLP) addCol(cost float64, ind []int32) int {
	j := len(l.cost)
	l.cost = append(l.cost, cost)
	l.open = append(l.open, true)
	l.colInd = append(l.colInd, ind)
	l.bring(int32(j))
	l.colPos = append(l.colPos, -1)
	l.atUp = append(l.atUp, false)
	l.d = append(l.d, 0)
	l.alpha = append(l.alpha, 0)
	l.inTouch = append(l.inTouch, false)
	l.side = append(l.side, 0)
	return j
}

// addRow adds a row with its slack in the basis. The caller adds it to columns,
// then trims and refactors.
func (l *packLP) addRow() int32 {
	r := int32(l.m)
	l.m++
	l.tight = append(l.tight, false)
	l.live = append(l.live, nil)
	l.basis = append(l.basis, ^r)
	l.slackPos = append(l.slackPos, r)
	l.xB, l.ds = append(l.xB, 0), append(l.ds, 0)
	l.weight = append(l.weight, 1)
	for _, w := range []*[]float64{&l.rhoOwn, &l.rhoIn, &l.aq, &l.aqIn, &l.tau, &l.tauIn, &l.flip, &l.flipX} {
		*w = append(*w, 0)
	}
	return r
}

// trim leaves closed columns out of what the iterations walk. It must be called
// again before a column that was closed then is opened.
func (l *packLP) trim() {
	for r := range l.live {
		l.live[r] = l.live[r][:0]
	}
	l.near.clear()
	for j, open := range l.open {
		if open {
			l.bring(int32(j))
		}
	}
	l.work += int64(len(l.cost))
}

// bring puts a column into what the iterations walk.
func (l *packLP) bring(j int32) {
	for _, r := range l.colInd[j] {
		l.live[r] = append(l.live[r], j)
	}
	l.near.add(j, l.colInd[j])
}

// lpNear are columns by length, with their rows behind each other.
type lpNear struct {
	count int
	cols  [lpLongest + 1][]int32
	rows  [lpLongest + 1][]int32
}

func (n *lpNear) clear() {
	n.count = 0
	for k := range n.cols {
		n.cols[k], n.rows[k] = n.cols[k][:0], n.rows[k][:0]
	}
}

func (n *lpNear) add(j int32, rows []int32) {
	k := len(rows)
	n.count++
	n.cols[k] = append(n.cols[k], j)
	n.rows[k] = append(n.rows[k], rows...)
}

// times writes to alpha what the row rho is times every column and lists the
// columns where that is not zero.
func (n *lpNear) times(rho, alpha []float64, touched []int32) []int32 {
	for k, cols := range &n.cols {
		if len(cols) == 0 {
			continue
		}
		rows := n.rows[k]
		switch k {
		case 2:
			for i, j := range cols {
				r := rows[2*i : 2*i+2 : 2*i+2]
				if a := rho[r[0]] + rho[r[1]]; a != 0 {
					alpha[j] = a
					touched = append(touched, j)
				}
			}
		case 3:
			for i, j := range cols {
				r := rows[3*i : 3*i+3 : 3*i+3]
				if a := rho[r[0]] + rho[r[1]] + rho[r[2]]; a != 0 {
					alpha[j] = a
					touched = append(touched, j)
				}
			}
		case 4:
			for i, j := range cols {
				r := rows[4*i : 4*i+4 : 4*i+4]
				if a := (rho[r[0]] + rho[r[1]]) + (rho[r[2]] + rho[r[3]]); a != 0 {
					alpha[j] = a
					touched = append(touched, j)
				}
			}
		case 5:
			for i, j := range cols {
				r := rows[5*i : 5*i+5 : 5*i+5]
				if a := (rho[r[0]] + rho[r[1]]) + (rho[r[2]] + rho[r[3]]) + rho[r[4]]; a != 0 {
					alpha[j] = a
					touched = append(touched, j)
				}
			}
		default:
			for i, j := range cols {
				a := 0.0
				for _, r := range rows[k*i : k*i+k] {
					a += rho[r]
				}
				if a != 0 {
					alpha[j] = a
					touched = append(touched, j)
				}
			}
		}
	}
	return touched
}

// setBasis installs a basis saved earlier; weights may be nil.
func (l *packLP) setBasis(basis []int32, weight []float64) {
	for j := range l.colPos {
		l.colPos[j] = -1
	}
	for r := range l.slackPos {
		l.slackPos[r] = -1
	}
	// Without a saved basis, the slacks.
	l.basis = append(l.basis[:0], basis...)
	for r := len(basis); r < l.m; r++ {
		l.basis = append(l.basis, ^int32(r))
	}
	for p, v := range l.basis {
		if v >= 0 {
			l.colPos[v] = int32(p)
		} else {
			l.slackPos[^v] = int32(p)
		}
	}
	for p := range l.weight {
		l.weight[p] = 1
		if p < len(weight) {
			l.weight[p] = weight[p]
		}
	}
}

// lpState is where a programme stood. It is good for going back as long as
// neither rows nor columns were added.
type lpState struct {
	basis, colPos, slackPos []int32
	atUp                    []bool
	xB, d, ds, weight       []float64
	made                    int64
	updates, entries        int
	inv                     inverse
	since                   int
}

func (l *packLP) save(s *lpState) {
	s.basis = append(s.basis[:0], l.basis...)
	s.colPos = append(s.colPos[:0], l.colPos...)
	s.slackPos = append(s.slackPos[:0], l.slackPos...)
	s.atUp = append(s.atUp[:0], l.atUp...)
	s.xB = append(s.xB[:0], l.xB...)
	s.d = append(s.d[:0], l.d...)
	s.ds = append(s.ds[:0], l.ds...)
	s.weight = append(s.weight[:0], l.weight...)
	s.since = l.since
	if l.small {
		l.inv.copyTo(&s.inv)
		l.work += int64(len(l.inv.a)) / 256
		return
	}
	s.made, s.updates, s.entries = l.f.made, len(l.f.eRow), len(l.f.eEnt)
}

// restore goes back to where save was called. Columns must be open or closed as
// they were then.
func (l *packLP) restore(s *lpState) {
	if !l.small && l.f.made != s.made || len(l.cost) != len(s.d) || l.m != len(s.basis) {
		l.setBasis(s.basis, s.weight)
		l.refactor()
		return
	}
	copy(l.basis, s.basis)
	copy(l.colPos, s.colPos)
	copy(l.slackPos, s.slackPos)
	copy(l.atUp, s.atUp)
	copy(l.xB, s.xB)
	copy(l.d, s.d)
	copy(l.ds, s.ds)
	copy(l.weight, s.weight)
	l.since = s.since
	if l.small {
		s.inv.copyTo(&l.inv)
		l.work += int64(len(l.cost))/16 + int64(len(l.inv.a))/256
		return
	}
	l.f.forgetUpdates(s.updates, s.entries)
	l.work += int64(len(l.cost)) / 2
}

// refactor factorises the basis afresh and recomputes prices, statuses and
// values.
func (l *packLP) refactor() { l.renew(false) }

func (l *packLP) renew(force bool) {
	l.small = l.m <= inverseLargest
	if l.small {
		l.invert(force)
	} else {
		l.factorise()
	}
	l.price()
	l.values()
}

// updates counts the iterations since the basis was factorised or inverted.
func (l *packLP) updates() int {
	if l.small {
		return l.inv.updates
	}
	return len(l.f.eRow)
}

// aged is after how many updates it pays to begin afresh before trying many
// things from here.
func (l *packLP) aged() int {
	if l.small {
		return inverseUpdates / 2
	}
	return lpTrusted / 2
}

// factorise computes the factors of the basis.
func (l *packLP) factorise() {
	var one [1]int32
	var lpOnes [lpLongest]float64
	for i := range lpOnes {
		lpOnes[i] = 1
	}
	column := func(p int) ([]int32, []float64) {
		v := l.basis[p]
		if v >= 0 {
			return l.colInd[v], lpOnes[:len(l.colInd[v])]
		}
		one[0] = ^v
		return one[:], lpOnes[:1]
	}
	for try := 0; ; try++ {
		badPos, badRow := l.f.compute(l.m, column)
		if len(badPos) == 0 {
			break
		}
		for k, p := range badPos {
			if v := l.basis[p]; v >= 0 {
				l.colPos[v] = -1
			} else {
				l.slackPos[^v] = -1
			}
			l.basis[p] = ^badRow[k]
			l.weight[p] = 1
		}
		for p, v := range l.basis {
			if v < 0 {
				l.slackPos[^v] = int32(p)
			}
		}
		l.broken++
	}
	l.work += int64(l.m) + int64(len(l.f.uRow)) + int64(len(l.f.lEnt))
}

// price computes the row prices and all reduced costs from the basis.
func (l *packLP) price() {
	c, y := l.aqIn, l.tauIn
	for p, v := range l.basis {
		if v >= 0 {
			c[p] = l.cost[v]
		} else {
			c[p] = 0
		}
	}
	if l.small {
		clear(y)
		for p, x := range c {
			if x != 0 {
				for r, a := range l.inv.of(p) {
					y[r] += x * a
				}
				c[p] = 0
			}
		}
		l.work += int64(len(l.cost))/4 + int64(l.m*l.m)/64
	} else {
		l.f.solveT(c, y)
		l.work += int64(len(l.cost)) * 3
	}
	for r := 0; r < l.m; r++ {
		l.ds[r] = -y[r]
		if l.slackPos[r] >= 0 {
			l.ds[r] = 0
		}
	}
	for j := range l.cost {
		if l.colPos[j] >= 0 {
			l.d[j] = 0
			continue
		}
		s := l.cost[j]
		for _, r := range l.colInd[j] {
			s -= y[r]
		}
		l.d[j] = s
		l.place(j)
	}
	for r := 0; r < l.m; r++ {
		y[r] = 0
	}
}

// place puts a nonbasic column at the bound its reduced cost asks for.
func (l *packLP) place(j int) {
	switch {
	case !l.open[j]:
		l.atUp[j] = false
	case l.d[j] > lpDualTol:
		l.atUp[j] = true
	case l.d[j] < -lpDualTol:
		l.atUp[j] = false
	}
}

// values computes the values of the basic variables.
func (l *packLP) values() {
	a, x := l.aqIn, l.xB
	for r := range a {
		a[r] = 1
	}
	for j, up := range l.atUp {
		if up && l.colPos[j] < 0 {
			for _, r := range l.colInd[j] {
				a[r]--
			}
		}
	}
	l.since = 0
	if l.small {
		l.inv.row = nonzeros(a, l.inv.row)
		for p := range x {
			row := l.inv.of(p)
			s := 0.0
			for _, r := range l.inv.row {
				s += row[r] * a[r]
			}
			x[p] = s
		}
		clear(a)
		l.work += int64(l.m*l.m) / 64
		return
	}
	clear(x)
	l.f.solve(a, x)
}

// changed makes statuses and values agree after columns were closed or opened.
func (l *packLP) changed() {
	if !l.small {
		for j := range l.open {
			if l.colPos[j] < 0 {
				l.place(j)
			}
		}
		l.values()
		return
	}
	moved := false
	for j, was := range l.atUp {
		if l.colPos[j] >= 0 {
			continue
		}
		l.place(j)
		if now := l.atUp[j]; now != was {
			moved = true
			step := -1.0
			if now {
				step = 1
			}
			for _, r := range l.colInd[j] {
				l.flip[r] += step
			}
		}
	}
	if moved {
		l.moveValues()
	}
}

// moveValues takes the inverse times l.flip from the values, and clears it.
func (l *packLP) moveValues() {
	v := &l.inv
	v.row = nonzeros(l.flip, v.row)
	for p := range l.xB {
		row := v.of(p)
		s := 0.0
		for _, r := range v.row {
			s += row[r] * l.flip[r]
		}
		l.xB[p] -= s
	}
	for _, r := range v.row {
		l.flip[r] = 0
	}
	l.work += int64(len(v.row)*l.m) / 32
}

// dualValue is an upper bound on the programme: with prices y, the worth of all
// rows plus what every open column is underpriced by.
func (l *packLP) dualValue() float64 {
	z := 0.0
	for r := 0; r < l.m; r++ {
		if l.slackPos[r] < 0 {
			z -= l.ds[r]
		}
	}
	for j, up := range l.atUp {
		if up && l.colPos[j] < 0 && l.open[j] {
			z += l.d[j]
		}
	}
	return z
}

func (l *packLP) upper(v int32) float64 {
	if v >= 0 {
		if l.open[v] {
			return 1
		}
		return 0
	}
	if l.tight[^v] {
		return 0
	}
	return math.Inf(1)
}

// sides writes l.side.
func (l *packLP) sides() {
	for j := range l.side {
		switch {
		case l.colPos[j] >= 0 || !l.open[j]:
			l.side[j] = 0
		case l.atUp[j]:
			l.side[j] = 1
		default:
			l.side[j] = -1
		}
	}
}

// solve runs the dual simplex until optimal, until the dual value is at most
// cutoff, until limit iterations are spent (0: no limit) or ctx ends. The basis
// must have been factorised by refactor.
func (l *packLP) solve(ctx context.Context, cutoff float64, limit int64) lpStatus {
	start := l.iterations
	banned := map[int32]bool{}
	fresh := l.updates() == 0
	l.sides()
	afresh := func() {
		l.renew(true)
		fresh = true
		l.sides()
	}
	for {
		n := l.iterations - start
		if limit > 0 && n >= limit {
			return lpStopped
		}
		if n&31 == 31 && ctx.Err() != nil {
			return lpStopped
		}
		if l.small && l.inv.updates >= inverseUpdates ||
			!l.small && (len(l.f.eRow) >= lpEtaLimit || len(l.f.eEnt) > 4*len(l.f.uRow)+8*l.m+1000) {
			afresh()
		}
		if n&3 == 3 && l.dualValue() <= cutoff {
			return lpCutOff
		}
		// Leaving row.
		p, best, down := -1, 0.0, false
		for i, x := range l.xB {
			var inf float64
			lower := false
			if x < -lpPrimalTol {
				inf, lower = -x, true
			} else if x > lpPrimalTol {
				u := l.upper(l.basis[i])
				if x <= u+lpPrimalTol {
					continue
				}
				inf = x - u
			} else {
				continue
			}
			if s := inf * inf / l.weight[i]; s > best {
				if len(banned) > 0 && banned[int32(i)] {
					continue
				}
				p, best, down = i, s, lower
			}
		}
		l.work += int64(l.m) / 4
		if p < 0 {
			if len(banned) > 0 {
				if fresh {
					return lpStopped
				}
				afresh()
				clear(banned)
				continue
			}
			if l.small && l.since > lpTrusted {
				// Confirm with exact values.
				l.price()
				l.values()
				l.sides()
				continue
			}
			if !l.small && !fresh && len(l.f.eRow) > lpTrusted {
				afresh()
				continue
			}
			return lpOptimal
		}
		l.iterations++
		leave := l.basis[p]
		sign := 1.0
		slope := -l.xB[p]
		target := 0.0
		if !down {
			sign = -1
			target = l.upper(leave)
			slope = l.xB[p] - target
		}
		// Pivot row.
		l.since++
		rho := l.rhoOwn
		if l.small {
			rho = l.inv.of(p)
		} else {
			l.rhoIn[p] = 1
			l.f.solveT(l.rhoIn, rho)
		}
		for _, j := range l.touched {
			l.alpha[j] = 0
			l.inTouch[j] = false
		}
		alpha, inTouch := l.alpha, l.inTouch
		l.touched = l.touched[:0]
		l.cand = l.cand[:0]
		// Beyond the first slack no bound can be passed: candidates further away
		// need not be looked at.
		reach := math.Inf(1)
		entries := 0
		for r := 0; r < l.m; r++ {
			v := rho[r]
			if v == 0 {
				continue
			}
			if math.Abs(v) < 1e-12 {
				rho[r] = 0
				continue
			}
			entries += len(l.live[r])
			if l.slackPos[r] < 0 && !l.tight[r] {
				if a := sign * v; a < -1e-9 {
					ratio := math.Max(0, l.ds[r]/a)
					l.cand = append(l.cand, lpCandidate{ratio, a, ^int32(r)})
					reach = math.Min(reach, ratio-lpDualTol/a)
				}
			}
		}
		if entries < 2*l.near.count {
			// By rows: few of them matter.
			for r, v := range rho {
				if v == 0 {
					continue
				}
				for _, j := range l.live[r] {
					if !inTouch[j] {
						inTouch[j] = true
						l.touched = append(l.touched, j)
					}
					alpha[j] += v
				}
			}
			l.work += int64(entries) / 4
		} else {
			// By columns, in the order of memory.
			l.touched = l.near.times(rho, alpha, l.touched)
			l.work += int64(l.near.count) / 4
		}
		for _, j := range l.touched {
			side := l.side[j]
			if a := sign * side * alpha[j]; a > 1e-9 && side*l.d[j] <= reach*a {
				l.cand = append(l.cand, lpCandidate{math.Max(0, side*l.d[j]/a), side * a, j})
			}
		}
		q, flips, ok := l.ratioTest(slope)
		if !ok {
			if l.cannot(rho) {
				return lpInfeasible
			}
			if !fresh {
				afresh()
				continue
			}
			banned[int32(p)] = true
			if len(banned) > 20 {
				return lpStopped
			}
			continue
		}
		// Entering column.
		aq := l.aq
		if l.small {
			l.inv.times(l.rowsIn(q.v), aq)
			l.inv.at = nonzeros(aq, l.inv.at)
		} else {
			clear(aq)
			for _, r := range l.rowsIn(q.v) {
				l.aqIn[r] = 1
			}
			l.f.solve(l.aqIn, aq)
		}
		pivot := aq[p]
		rowPivot := sign * q.a
		if math.Abs(pivot) < 1e-8 || math.Abs(pivot-rowPivot) > 1e-6*(1+math.Abs(pivot)) {
			if !fresh {
				afresh()
				continue
			}
			banned[int32(p)] = true
			if len(banned) > 20 {
				return lpStopped
			}
			continue
		}
		// Bound flips.
		if len(flips) > 0 {
			for _, c := range flips {
				step := 1.0
				if l.atUp[c.v] {
					step = -1
				}
				l.atUp[c.v] = !l.atUp[c.v]
				l.side[c.v] = -l.side[c.v]
				for _, r := range l.colInd[c.v] {
					l.flip[r] += step
				}
			}
			if l.small {
				l.moveValues()
			} else {
				clear(l.flipX)
				l.f.solve(l.flip, l.flipX)
				for i, v := range l.flipX {
					if v != 0 {
						l.xB[i] -= v
					}
				}
			}
		}
		theta := (l.xB[p] - target) / pivot
		var dq float64
		if q.v >= 0 {
			dq = l.d[q.v]
		} else {
			dq = l.ds[^q.v]
		}
		t := dq / rowPivot
		if sign*t < 0 {
			t = 0 // a slightly wrong sign is absorbed by the entering variable
		}
		wp := 0.0
		if l.small {
			for _, i := range l.inv.at {
				l.xB[i] -= theta * aq[i]
			}
			l.inv.row = nonzeros(rho, l.inv.row)
			for _, r := range l.inv.row {
				wp += rho[r] * rho[r]
			}
			l.work += int64(l.m)/4 + int64(len(l.inv.at)*len(l.inv.row))/16
		} else {
			for i, a := range aq {
				if a != 0 {
					l.xB[i] -= theta * a
				}
			}
			// Steepest edge weights.
			clear(l.tau)
			for r, v := range rho {
				if v != 0 {
					l.tauIn[r] = v
					wp += v * v
				}
			}
			l.f.solve(l.tauIn, l.tau)
			for i, a := range aq {
				if a == 0 || i == p {
					continue
				}
				k := a / pivot
				l.weight[i] = math.Max(l.weight[i]-2*k*l.tau[i]+k*k*wp, 1e-4)
			}
			l.work += 4 * int64(l.m)
		}
		// Reduced costs.
		if t != 0 {
			for _, j := range l.touched {
				if l.colPos[j] < 0 {
					l.d[j] -= t * l.alpha[j]
				}
			}
			for r, v := range rho {
				if v != 0 && l.slackPos[r] < 0 {
					l.ds[r] -= t * v
				}
			}
		}
		if leave >= 0 {
			l.colPos[leave] = -1
			l.d[leave] = -t
			l.atUp[leave] = !down && l.open[leave]
			switch {
			case !l.open[leave]:
				l.side[leave] = 0
			case down:
				l.side[leave] = -1
			default:
				l.side[leave] = 1
			}
		} else {
			l.slackPos[^leave] = -1
			l.ds[^leave] = -t
		}
		xq := theta
		if q.v >= 0 {
			if l.atUp[q.v] {
				xq += 1
			}
			l.colPos[q.v] = int32(p)
			l.d[q.v] = 0
			l.atUp[q.v] = false
			l.side[q.v] = 0
		} else {
			l.slackPos[^q.v] = int32(p)
			l.ds[^q.v] = 0
		}
		l.basis[p] = q.v
		l.xB[p] = xq
		if l.small {
			l.exchange(int32(p), q.v, wp)
		} else {
			l.f.update(int32(p), aq)
		}
		l.weight[p] = math.Max(wp/(pivot*pivot), 1e-4)
		fresh = false
	}
}

// cannot says whether the combination rho of the rows proves that nothing keeps
// them all. It holds for any numbers in rho: however large and small the open
// columns and the slacks, which are between 0 and 1, are chosen, the
// combination stays on one side of what it has to be. l.alpha must hold the
// combination's entries of open columns, listed in l.touched.
func (l *packLP) cannot(rho []float64) bool {
	want, least, most := 0.0, 0.0, 0.0
	for r, v := range rho {
		want += v
		if l.tight[r] {
			continue
		}
		if v > 0 {
			most += v
		} else {
			least += v
		}
	}
	for _, j := range l.touched {
		if !l.open[j] {
			continue
		}
		if a := l.alpha[j]; a > 0 {
			most += a
		} else {
			least += a
		}
	}
	margin := 1e-7 * (1 + math.Abs(want) + most - least)
	return want > most+margin || want < least-margin
}

// ratioTest chooses the entering variable. It passes the bounds of boxed
// columns as long as the dual value still improves, then takes the candidate
// with the largest pivot among those that tie within the tolerance (Harris
// 1973). The columns passed are returned as flips.
func (l *packLP) ratioTest(slope float64) (q lpCandidate, flips []lpCandidate, ok bool) {
	c := l.cand
	n := len(c)
	if n == 0 {
		return q, nil, false
	}
	for i := n/2 - 1; i >= 0; i-- {
		siftCandidate(c, i, n)
	}
	// Popped candidates gather behind the heap, in c[n:].
	end := n
	for n > 0 {
		c[0], c[n-1] = c[n-1], c[0]
		n--
		siftCandidate(c, 0, n)
		x := c[n]
		if x.v < 0 {
			break
		}
		slope -= math.Abs(x.a)
		if slope <= lpSlopeTol {
			break
		}
	}
	if slope > lpSlopeTol && c[n].v >= 0 {
		// Every bound can be passed and the row is still violated.
		return q, nil, false
	}
	stop := c[n]
	bound := stop.ratio + lpDualTol/math.Abs(stop.a)
	q = stop
	qi := n
	// Ties beyond the stopping candidate are still in the heap.
	for n > 0 && c[0].ratio <= bound {
		c[0], c[n-1] = c[n-1], c[0]
		n--
		siftCandidate(c, 0, n)
		x := c[n]
		if b := x.ratio + lpDualTol/math.Abs(x.a); b < bound {
			bound = b
		}
		if math.Abs(x.a) > math.Abs(q.a) {
			q = x
			qi = n
		}
	}
	// A tiny pivot is exchanged for the best one passed before.
	if math.Abs(q.a) < 1e-6 {
		for i := n; i < end; i++ {
			if math.Abs(c[i].a) > math.Abs(q.a)*100 {
				q, qi = c[i], i
			}
		}
	}
	flips = l.cand[:0:0]
	for i := n; i < end; i++ {
		if i != qi && c[i].v >= 0 && c[i].ratio < q.ratio {
			flips = append(flips, c[i])
		}
	}
	return q, flips, true
}

func siftCandidate(c []lpCandidate, i, n int) {
	for {
		k := 2*i + 1
		if k >= n {
			return
		}
		if k+1 < n && less(c[k+1], c[k]) {
			k++
		}
		if !less(c[k], c[i]) {
			return
		}
		c[i], c[k] = c[k], c[i]
		i = k
	}
}

func less(a, b lpCandidate) bool {
	return a.ratio < b.ratio || a.ratio == b.ratio && a.v < b.v
}

// primal writes the values of the columns to x.
func (l *packLP) primal(x []float64) {
	for j := range l.cost {
		switch p := l.colPos[j]; {
		case p >= 0:
			x[j] = math.Min(1, math.Max(0, l.xB[p]))
		case l.atUp[j]:
			x[j] = 1
		default:
			x[j] = 0
		}
	}
}

// prices writes the price of every row to y. Prices of rows that are not tight
// are never negative.
func (l *packLP) prices(y []float64) {
	for r := 0; r < l.m; r++ {
		y[r] = 0
		if l.slackPos[r] < 0 {
			y[r] = -l.ds[r]
		}
		if y[r] < 0 && !l.tight[r] {
			y[r] = 0
		}
	}
}
