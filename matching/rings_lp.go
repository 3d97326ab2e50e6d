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
	// The same columns, with their rows behind each other.
	near, nearInd, nearEnd []int32

	basis    []int32 // >= 0 a column, < 0 the slack of row ^v
	colPos   []int32 // position in the basis or -1
	slackPos []int32
	atUp     []bool
	xB       []float64
	d        []float64 // reduced costs of columns
	ds       []float64 // reduced costs of slacks; -ds is the price of the row
	weight   []float64
	f        factor

	iterations int64
	work       int64
	broken     int // numerical restarts in a row

	rho, rhoIn, aq, aqIn, tau, tauIn, flip, flipX []float64
	alpha                                         []float64
	touched                                       []int32
	inTouch                                       []bool
	cand                                          []lpCandidate
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
	for _, w := range []*[]float64{&l.rho, &l.rhoIn, &l.aq, &l.aqIn, &l.tau, &l.tauIn, &l.flip, &l.flipX} {
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
	for _, w := range []*[]float64{&l.rho, &l.rhoIn, &l.aq, &l.aqIn, &l.tau, &l.tauIn, &l.flip, &l.flipX} {
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
	l.near, l.nearInd, l.nearEnd = l.near[:0], l.nearInd[:0], l.nearEnd[:0]
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
	l.near = append(l.near, j)
	l.nearInd = append(l.nearInd, l.colInd[j]...)
	l.nearEnd = append(l.nearEnd, int32(len(l.nearInd)))
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
	s.made, s.updates, s.entries = l.f.made, len(l.f.eRow), len(l.f.eEnt)
}

// restore goes back to where save was called. Columns must be open or closed as
// they were then.
func (l *packLP) restore(s *lpState) {
	if l.f.made != s.made || len(l.cost) != len(s.d) || l.m != len(s.basis) {
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
	l.f.forgetUpdates(s.updates, s.entries)
	l.work += int64(len(l.cost)) / 2
}

// refactor factorises the basis afresh and recomputes prices, statuses and
// values.
func (l *packLP) refactor() {
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
	l.price()
	l.values()
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
	l.f.solveT(c, y)
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
	l.work += int64(len(l.cost)) * 3
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
	for p := range x {
		x[p] = 0
	}
	l.f.solve(a, x)
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

// solve runs the dual simplex until optimal, until the dual value is at most
// cutoff, until limit iterations are spent (0: no limit) or ctx ends. The basis
// must have been factorised by refactor.
func (l *packLP) solve(ctx context.Context, cutoff float64, limit int64) lpStatus {
	start := l.iterations
	banned := map[int32]bool{}
	fresh := len(l.f.eRow) == 0
	for {
		n := l.iterations - start
		if limit > 0 && n >= limit {
			return lpStopped
		}
		if n&31 == 31 && ctx.Err() != nil {
			return lpStopped
		}
		if len(l.f.eRow) >= lpEtaLimit || len(l.f.eEnt) > 4*len(l.f.uRow)+8*l.m+1000 {
			l.refactor()
			fresh = true
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
				l.refactor()
				fresh = true
				clear(banned)
				continue
			}
			if !fresh && len(l.f.eRow) > lpTrusted {
				// Confirm with exact values.
				l.refactor()
				fresh = true
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
		rho := l.rho
		l.rhoIn[p] = 1
		l.f.solveT(l.rhoIn, rho)
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
		if entries < 2*len(l.near) {
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
			l.work += int64(entries)
		} else {
			// By columns, in the order of memory.
			at := 0
			for k, j := range l.near {
				end := int(l.nearEnd[k])
				a := 0.0
				for _, r := range l.nearInd[at:end] {
					a += rho[r]
				}
				at = end
				if a != 0 {
					alpha[j] = a
					l.touched = append(l.touched, j)
				}
			}
			l.work += int64(len(l.near))
		}
		for _, j := range l.touched {
			if l.colPos[j] >= 0 || !l.open[j] {
				continue
			}
			a, d := sign*alpha[j], l.d[j]
			if !l.atUp[j] {
				a, d = -a, -d
			}
			if a > 1e-9 && d <= reach*a {
				if !l.atUp[j] {
					l.cand = append(l.cand, lpCandidate{math.Max(0, d/a), -a, j})
				} else {
					l.cand = append(l.cand, lpCandidate{math.Max(0, d/a), a, j})
				}
			}
		}
		q, flips, ok := l.ratioTest(slope)
		if !ok {
			if !fresh {
				l.refactor()
				fresh = true
				continue
			}
			return lpInfeasible
		}
		// Entering column.
		aq := l.aq
		for i := range aq {
			aq[i] = 0
		}
		if q.v >= 0 {
			for _, r := range l.colInd[q.v] {
				l.aqIn[r] = 1
			}
		} else {
			l.aqIn[^q.v] = 1
		}
		l.f.solve(l.aqIn, aq)
		pivot := aq[p]
		rowPivot := sign * q.a
		if math.Abs(pivot) < 1e-8 || math.Abs(pivot-rowPivot) > 1e-6*(1+math.Abs(pivot)) {
			if !fresh {
				l.refactor()
				fresh = true
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
				for _, r := range l.colInd[c.v] {
					l.flip[r] += step
				}
			}
			for i := range l.flipX {
				l.flipX[i] = 0
			}
			l.f.solve(l.flip, l.flipX)
			for i, v := range l.flipX {
				if v != 0 {
					l.xB[i] -= v
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
		for i, a := range aq {
			if a != 0 {
				l.xB[i] -= theta * a
			}
		}
		// Steepest edge weights.
		for i := range l.tau {
			l.tau[i] = 0
		}
		wp := 0.0
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
			w := l.weight[i] - 2*k*l.tau[i] + k*k*wp
			if w < 1e-4 {
				w = 1e-4
			}
			l.weight[i] = w
		}
		l.weight[p] = math.Max(wp/(pivot*pivot), 1e-4)
		l.work += 4 * int64(l.m)
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
		} else {
			l.slackPos[^q.v] = int32(p)
			l.ds[^q.v] = 0
		}
		l.basis[p] = q.v
		l.xB[p] = xq
		l.f.update(int32(p), aq)
		fresh = false
	}
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
