package matching

import "math"

// entry is one non-zero of a sparse vector: at is a row or a basis position,
// as the holder says.
type entry struct {
	at  int32
	val float64
}

// factor is a sparse LU factorisation of a simplex basis with product-form
// updates. The pivot order is Markowitz' (1957): columns and rows with one
// entry first, which takes most of a packing basis without any fill, then the
// entry with the smallest product of row and column counts among those that are
// not much smaller than the largest of their row.
type factor struct {
	m int

	// L as a sequence of column operations: x[i] -= l * x[lRow[k]].
	lRow   []int32
	lStart []int32
	lEnt   []entry

	// U by pivot step: row pivRow[k], basis position pivPos[k], value diag[k].
	pivRow, pivPos []int32
	diag           []float64
	uRowStart      []int32
	uRow           []entry // at = basis position
	uColStart      []int32 // per pivot step
	uCol           []entry // at = row

	made int64 // factorisations so far

	// Updates since the factorisation.
	eRow   []int32
	ePiv   []float64
	eStart []int32
	eEnt   []entry

	// Working storage of the factorisation.
	rows     [][]entry
	cols     [][]int32
	colCount []int32
	doneRow  []bool
	doneCol  []bool
	work     []float64
	mark     []int32
	stamp    int32
	stepOf   []int32
	fill     []int32
	z        []float64
}

const (
	pivotTolerance = 1e-9
	dropTolerance  = 1e-13
)

func (f *factor) resize(m int) {
	if cap(f.rows) < m {
		rows := make([][]entry, m+m/4+16)
		copy(rows, f.rows[:cap(f.rows)])
		f.rows = rows
		cols := make([][]int32, m+m/4+16)
		copy(cols, f.cols[:cap(f.cols)])
		f.cols = cols
		n := len(rows)
		f.colCount = make([]int32, n)
		f.doneRow = make([]bool, n)
		f.doneCol = make([]bool, n)
		f.work = make([]float64, n)
		f.mark = make([]int32, n)
		f.stepOf = make([]int32, n)
		f.z = make([]float64, n)
		f.stamp = 0
	}
	f.rows = f.rows[:m]
	f.cols = f.cols[:m]
	f.m = m
}

// compute factorises the basis whose column at position p is column(p), given
// as rows and values. It returns the positions whose columns depend on the
// others and the rows left without a pivot (equally many); both are empty when
// the basis is regular.
func (f *factor) compute(m int, column func(p int) ([]int32, []float64)) (badPos, badRow []int32) {
	f.resize(m)
	f.made++
	f.lRow, f.lStart, f.lEnt = f.lRow[:0], append(f.lStart[:0], 0), f.lEnt[:0]
	f.pivRow, f.pivPos, f.diag = f.pivRow[:0], f.pivPos[:0], f.diag[:0]
	f.uRowStart, f.uRow = append(f.uRowStart[:0], 0), f.uRow[:0]
	f.eRow, f.ePiv, f.eStart, f.eEnt = f.eRow[:0], f.ePiv[:0], append(f.eStart[:0], 0), f.eEnt[:0]
	for i := 0; i < m; i++ {
		f.rows[i] = f.rows[i][:0]
		f.cols[i] = f.cols[i][:0]
		f.doneRow[i], f.doneCol[i] = false, false
	}
	for p := 0; p < m; p++ {
		ind, val := column(p)
		for k, r := range ind {
			if val[k] == 0 {
				continue
			}
			f.rows[r] = append(f.rows[r], entry{int32(p), val[k]})
			f.cols[p] = append(f.cols[p], r)
		}
	}
	var colQueue, rowQueue []int32
	for p := 0; p < m; p++ {
		f.colCount[p] = int32(len(f.cols[p]))
		if f.colCount[p] == 1 {
			colQueue = append(colQueue, int32(p))
		}
	}
	for r := 0; r < m; r++ {
		if len(f.rows[r]) == 1 {
			rowQueue = append(rowQueue, int32(r))
		}
	}
	// Columns in buckets by count serve the Markowitz search; stale entries are
	// skipped when they come up.
	var heap [][]int32
	push := func(p int32) {
		c := int(f.colCount[p])
		for len(heap) <= c {
			heap = append(heap, nil)
		}
		heap[c] = append(heap[c], p)
	}
	started := false
	for {
		var r, c int32 = -1, -1
		for len(colQueue) > 0 && c < 0 {
			p := colQueue[len(colQueue)-1]
			colQueue = colQueue[:len(colQueue)-1]
			if f.doneCol[p] || f.colCount[p] != 1 {
				continue
			}
			for _, i := range f.cols[p] {
				if !f.doneRow[i] {
					if v := f.at(i, p); math.Abs(v) > pivotTolerance {
						r, c = i, p
					}
				}
			}
		}
		for len(rowQueue) > 0 && c < 0 {
			i := rowQueue[len(rowQueue)-1]
			rowQueue = rowQueue[:len(rowQueue)-1]
			if f.doneRow[i] || len(f.rows[i]) != 1 {
				continue
			}
			if e := f.rows[i][0]; math.Abs(e.val) > pivotTolerance {
				r, c = i, e.at
			}
		}
		if c < 0 {
			if !started {
				started = true
				for p := 0; p < m; p++ {
					if !f.doneCol[p] {
						push(int32(p))
					}
				}
			}
			r, c = f.markowitz(heap)
		}
		if c < 0 {
			break
		}
		f.eliminate(r, c, &colQueue, &rowQueue, started, push)
	}
	for p := 0; p < m; p++ {
		if !f.doneCol[p] {
			badPos = append(badPos, int32(p))
		}
		if !f.doneRow[p] {
			badRow = append(badRow, int32(p))
		}
	}
	if len(badPos) > 0 {
		return badPos, badRow
	}
	// Columns of U by pivot step.
	for k, p := range f.pivPos {
		f.stepOf[p] = int32(k)
	}
	n := len(f.pivPos)
	if cap(f.uColStart) < n+2 {
		f.uColStart = make([]int32, n+2+n/4)
	}
	f.uColStart = f.uColStart[:n+1]
	for i := range f.uColStart {
		f.uColStart[i] = 0
	}
	for _, e := range f.uRow {
		f.uColStart[f.stepOf[e.at]+1]++
	}
	for k := 0; k < n; k++ {
		f.uColStart[k+1] += f.uColStart[k]
	}
	if cap(f.uCol) < len(f.uRow) {
		f.uCol = make([]entry, len(f.uRow)+len(f.uRow)/4)
	}
	f.uCol = f.uCol[:len(f.uRow)]
	f.fill = append(f.fill[:0], f.uColStart[:n]...)
	for k := 0; k < n; k++ {
		for _, e := range f.uRow[f.uRowStart[k]:f.uRowStart[k+1]] {
			s := f.stepOf[e.at]
			f.uCol[f.fill[s]] = entry{f.pivRow[k], e.val}
			f.fill[s]++
		}
	}
	return nil, nil
}

func (f *factor) at(r, p int32) float64 {
	for _, e := range f.rows[r] {
		if e.at == p {
			return e.val
		}
	}
	return 0
}

// markowitz looks at the two shortest columns for the entry with the smallest
// product of counts whose size is at least a tenth of the largest in its row.
func (f *factor) markowitz(heap [][]int32) (row, col int32) {
	row, col = -1, -1
	best := int64(math.MaxInt64)
	bestAbs := 0.0
	looked := 0
	for c := 1; c < len(heap); c++ {
		if best <= int64(c-1)*int64(c-1) {
			break
		}
		list := heap[c]
		keep := list[:0]
		for x, p := range list {
			if f.doneCol[p] || int(f.colCount[p]) != c {
				continue
			}
			keep = append(keep, p)
			// Only live rows count; the pattern is cleaned on the way.
			live := f.cols[p][:0]
			for _, i := range f.cols[p] {
				if !f.doneRow[i] {
					live = append(live, i)
				}
			}
			f.cols[p] = live
			for _, i := range live {
				largest, v := 0.0, 0.0
				for _, e := range f.rows[i] {
					a := math.Abs(e.val)
					if a > largest {
						largest = a
					}
					if e.at == p {
						v = a
					}
				}
				if v <= pivotTolerance || v < 0.1*largest {
					continue
				}
				cost := int64(len(f.rows[i])-1) * int64(c-1)
				if cost < best || cost == best && v > bestAbs {
					best, bestAbs, row, col = cost, v, i, p
				}
			}
			looked++
			if looked >= 2 && col >= 0 {
				keep = append(keep, list[x+1:]...)
				heap[c] = keep
				return row, col
			}
		}
		heap[c] = keep
	}
	return row, col
}

func (f *factor) eliminate(r, c int32, colQueue, rowQueue *[]int32, started bool, push func(int32)) {
	pivot := f.at(r, c)
	f.doneRow[r], f.doneCol[c] = true, true
	f.pivRow = append(f.pivRow, r)
	f.pivPos = append(f.pivPos, c)
	f.diag = append(f.diag, pivot)
	urow := len(f.uRow)
	for _, e := range f.rows[r] {
		if e.at == c {
			continue
		}
		f.uRow = append(f.uRow, e)
		f.colCount[e.at]--
		if f.colCount[e.at] == 1 {
			*colQueue = append(*colQueue, e.at)
		}
		if started {
			push(e.at)
		}
	}
	f.uRowStart = append(f.uRowStart, int32(len(f.uRow)))
	others := f.uRow[urow:]
	any := false
	for _, i := range f.cols[c] {
		if f.doneRow[i] {
			continue
		}
		// Row i loses column c and takes mult times the pivot row.
		row := f.rows[i]
		k := 0
		for k = range row {
			if row[k].at == c {
				break
			}
		}
		mult := row[k].val / pivot
		row[k] = row[len(row)-1]
		row = row[:len(row)-1]
		f.lEnt = append(f.lEnt, entry{i, mult})
		any = true
		if len(others) > 0 {
			f.stamp++
			for _, e := range others {
				f.work[e.at] = e.val
				f.mark[e.at] = f.stamp
			}
			w := 0
			for _, e := range row {
				if f.mark[e.at] == f.stamp {
					e.val -= mult * f.work[e.at]
					f.mark[e.at] = f.stamp - 1
					if math.Abs(e.val) < dropTolerance {
						f.colCount[e.at]--
						f.dropFromColumn(e.at, i)
						if f.colCount[e.at] == 1 {
							*colQueue = append(*colQueue, e.at)
						}
						if started {
							push(e.at)
						}
						continue
					}
				}
				row[w] = e
				w++
			}
			row = row[:w]
			for _, e := range others {
				if f.mark[e.at] == f.stamp {
					row = append(row, entry{e.at, -mult * e.val})
					f.cols[e.at] = append(f.cols[e.at], i)
					f.colCount[e.at]++
					if started {
						push(e.at)
					}
				}
			}
			f.stamp++
		}
		f.rows[i] = row
		if len(row) == 1 {
			*rowQueue = append(*rowQueue, i)
		}
	}
	if any {
		f.lRow = append(f.lRow, r)
		f.lStart = append(f.lStart, int32(len(f.lEnt)))
	}
}

func (f *factor) dropFromColumn(p, r int32) {
	c := f.cols[p]
	for k, i := range c {
		if i == r {
			c[k] = c[len(c)-1]
			f.cols[p] = c[:len(c)-1]
			return
		}
	}
}

// solve computes B x = a. a is indexed by row and destroyed (left zero), x is
// indexed by basis position and must be zero on entry.
func (f *factor) solve(a, x []float64) {
	for k, r := range f.lRow {
		v := a[r]
		if v == 0 {
			continue
		}
		for _, e := range f.lEnt[f.lStart[k]:f.lStart[k+1]] {
			a[e.at] -= e.val * v
		}
	}
	for k := len(f.pivRow) - 1; k >= 0; k-- {
		r := f.pivRow[k]
		v := a[r]
		if v == 0 {
			continue
		}
		a[r] = 0
		if math.Abs(v) < 1e-14 {
			continue
		}
		v /= f.diag[k]
		x[f.pivPos[k]] = v
		for _, e := range f.uCol[f.uColStart[k]:f.uColStart[k+1]] {
			a[e.at] -= e.val * v
		}
	}
	for k, p := range f.eRow {
		v := x[p]
		if v == 0 {
			continue
		}
		v /= f.ePiv[k]
		x[p] = v
		for _, e := range f.eEnt[f.eStart[k]:f.eStart[k+1]] {
			x[e.at] -= e.val * v
		}
	}
}

// solveT computes Bᵀ y = c. c is indexed by basis position and destroyed, y is
// indexed by row and overwritten.
func (f *factor) solveT(c, y []float64) {
	for k := len(f.eRow) - 1; k >= 0; k-- {
		p := f.eRow[k]
		s := c[p]
		for _, e := range f.eEnt[f.eStart[k]:f.eStart[k+1]] {
			s -= e.val * c[e.at]
		}
		if s != 0 {
			c[p] = s / f.ePiv[k]
		} else {
			c[p] = 0
		}
	}
	for k, r := range f.pivRow {
		v := c[f.pivPos[k]]
		if v == 0 {
			y[r] = 0
			continue
		}
		v /= f.diag[k]
		y[r] = v
		for _, e := range f.uRow[f.uRowStart[k]:f.uRowStart[k+1]] {
			c[e.at] -= e.val * v
		}
	}
	for k := len(f.lRow) - 1; k >= 0; k-- {
		r := f.lRow[k]
		s := y[r]
		for _, e := range f.lEnt[f.lStart[k]:f.lStart[k+1]] {
			s -= e.val * y[e.at]
		}
		y[r] = s
	}
	for p := 0; p < f.m; p++ {
		c[p] = 0
	}
}

// update records that the column at position p was replaced by one whose
// solution against the old basis is alpha.
func (f *factor) update(p int32, alpha []float64) {
	for i := 0; i < f.m; i++ {
		if v := alpha[i]; v != 0 && int32(i) != p && math.Abs(v) > dropTolerance {
			f.eEnt = append(f.eEnt, entry{int32(i), v})
		}
	}
	f.eRow = append(f.eRow, p)
	f.ePiv = append(f.ePiv, alpha[p])
	f.eStart = append(f.eStart, int32(len(f.eEnt)))
}

// forgetUpdates goes back to the first count updates, which had entries entries.
func (f *factor) forgetUpdates(count, entries int) {
	f.eRow, f.ePiv, f.eStart, f.eEnt = f.eRow[:count], f.ePiv[:count], f.eStart[:count+1], f.eEnt[:entries]
}
