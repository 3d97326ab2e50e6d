package matching

import (
	"math"
	"slices"
)

// inverse is the explicit inverse of a small simplex basis, kept up to date by
// elimination. Packing bases are sparse and so are, to a lesser degree, their
// inverses: a row is ready without solving anything, and an update touches only
// where the entering column meets the leaving row. From about a hundred rows on
// the inverse is too full and factors are faster.
type inverse struct {
	m, stride int
	a         []float64 // row by basis position, column by row of the programme
	basis     []int32   // the variables it belongs to, by position
	updates   int       // since it was made from the slacks

	column  []float64
	at, row []int32 // positions of entries
}

const (
	inverseLargest = 90  // rows
	inverseUpdates = 150 // before it is made afresh
	inversePivot   = 0.1 // smaller ones have to wait
)

func (v *inverse) of(p int) []float64 { return v.a[p*v.stride : p*v.stride+v.m] }

// reset makes it the inverse of the basis of slacks.
func (v *inverse) reset(m int) {
	v.m, v.stride = m, m|1 // odd: rows do not all begin in the same places of the cache
	if cap(v.a) < m*v.stride {
		v.a = make([]float64, m*v.stride+m*v.stride/8)
		v.column = make([]float64, m+m/8)
	}
	v.a, v.column = v.a[:m*v.stride], v.column[:m]
	clear(v.a)
	v.basis = v.basis[:0]
	for p := range m {
		v.a[p*v.stride+p] = 1
		v.basis = append(v.basis, ^int32(p))
	}
	v.updates = 0
}

// copyTo makes w the same.
func (v *inverse) copyTo(w *inverse) {
	w.m, w.stride, w.updates = v.m, v.stride, v.updates
	w.a = append(w.a[:0], v.a...)
	w.basis = append(w.basis[:0], v.basis...)
	if cap(w.column) < v.m {
		w.column = make([]float64, v.m)
	}
	w.column = w.column[:v.m]
}

// times writes the inverse times a column of ones in the rows listed.
func (v *inverse) times(ind []int32, x []float64) {
	switch len(ind) {
	case 1:
		a := v.a[ind[0]:]
		for p := range x {
			x[p] = a[p*v.stride]
		}
	case 3:
		i, j, k := int(ind[0]), int(ind[1]), int(ind[2])
		for p, at := 0, 0; p < v.m; p, at = p+1, at+v.stride {
			row := v.a[at : at+v.m]
			x[p] = row[i] + row[j] + row[k]
		}
	case 4:
		i, j, k, l := int(ind[0]), int(ind[1]), int(ind[2]), int(ind[3])
		for p, at := 0, 0; p < v.m; p, at = p+1, at+v.stride {
			row := v.a[at : at+v.m]
			x[p] = row[i] + row[j] + row[k] + row[l]
		}
	default:
		for p := range x {
			row := v.of(p)
			s := 0.0
			for _, r := range ind {
				s += row[r]
			}
			x[p] = s
		}
	}
}

// nonzeros lists where x is not zero, and makes what is nearly zero so.
func nonzeros(x []float64, list []int32) []int32 {
	list = list[:0]
	for i, v := range x {
		if v > 1e-12 || v < -1e-12 {
			list = append(list, int32(i))
		} else if v != 0 {
			x[i] = 0
		}
	}
	return list
}

// exchange puts a variable in at position p. column is the inverse times its
// column, with entries at at; row lists the entries of the leaving row.
func (v *inverse) exchange(p int32, variable int32, column []float64, at, row []int32) {
	own := v.of(int(p))
	pivot := column[p]
	for _, i := range at {
		if i == p {
			continue
		}
		f := column[i] / pivot
		other := v.of(int(i))
		for _, r := range row {
			other[r] -= f * own[r]
		}
	}
	for _, r := range row {
		own[r] /= pivot
	}
	v.basis[p] = variable
	v.updates++
}

// exchange does as the inverse's, with the column l.aq, and brings the steepest
// edge weights up to date on the way. norm is that of the leaving row.
func (l *packLP) exchange(p, variable int32, norm float64) {
	v := &l.inv
	own, pivot := v.of(int(p)), l.aq[p]
	for _, i := range v.at {
		if i == p {
			continue
		}
		f := l.aq[i] / pivot
		other := v.of(int(i))
		t := 0.0
		for _, r := range v.row {
			x := other[r]
			t += x * own[r]
			other[r] = x - f*own[r]
		}
		l.weight[i] = math.Max(l.weight[i]-2*f*t+f*f*norm, 1e-4)
	}
	for _, r := range v.row {
		own[r] /= pivot
	}
	v.basis[p] = variable
	v.updates++
}

// invert makes the inverse of the programme's basis, from the one before where
// that is near, and puts the basis into its order. Columns that depend on others
// leave the basis; the slacks of the rows they leave without a pivot stay. With
// force it is not taken as it is where nothing changed.
func (l *packLP) invert(force bool) {
	v := &l.inv
	weight := map[int32]float64{}
	for p, x := range l.basis {
		if w := l.weight[p]; w != 1 {
			weight[x] = w
		}
	}
	stays := func(x int32) bool {
		if x >= 0 {
			return l.colPos[x] >= 0
		}
		return l.slackPos[^x] >= 0
	}
	near := false
	if v.m == l.m && len(v.basis) == l.m {
		missing := 0
		for _, x := range v.basis {
			if !stays(x) {
				missing++
			}
		}
		near = !(force && missing == 0) && v.updates+missing <= inverseUpdates
	}
	for {
		if !near {
			v.reset(l.m)
		}
		if l.enter(stays) || !near {
			break
		}
		near = false
	}
	for j := range l.colPos {
		l.colPos[j] = -1
	}
	for r := range l.slackPos {
		l.slackPos[r] = -1
	}
	copy(l.basis, v.basis)
	for p, x := range l.basis {
		if x >= 0 {
			l.colPos[x] = int32(p)
		} else {
			l.slackPos[^x] = int32(p)
		}
		l.weight[p] = 1
		if w, ok := weight[x]; ok {
			l.weight[p] = w
		}
	}
}

// enter exchanges what has to leave the basis of the inverse for what has to
// come in, as far as that is possible, and says whether it was.
func (l *packLP) enter(stays func(x int32) bool) bool {
	v := &l.inv
	leaves := make([]bool, l.m)
	here := make(map[int32]bool, l.m)
	for p, x := range v.basis {
		leaves[p] = !stays(x)
		here[x] = true
	}
	var come []int32
	for _, x := range l.basis {
		if !here[x] {
			come = append(come, x)
		}
	}
	slices.SortStableFunc(come, func(a, b int32) int { return len(l.rowsIn(a)) - len(l.rowsIn(b)) })
	for least := inversePivot; len(come) > 0; {
		late := come[:0]
		for _, x := range come {
			v.times(l.rowsIn(x), v.column)
			v.at = nonzeros(v.column, v.at)
			p, best := int32(-1), least
			for _, i := range v.at {
				if a := math.Abs(v.column[i]); leaves[i] && a >= best*1.001 {
					p, best = i, a
				}
			}
			if p < 0 {
				late = append(late, x)
				continue
			}
			v.row = nonzeros(v.of(int(p)), v.row)
			l.work += int64(len(v.at)*len(v.row)+l.m) / 16
			v.exchange(p, x, v.column, v.at, v.row)
			leaves[p] = false
		}
		if len(late) == len(come) {
			if least < inversePivot {
				l.broken++
				return false
			}
			least = 1e-7
		}
		come = late
	}
	return true
}

// rowsIn lists the rows of a variable.
func (l *packLP) rowsIn(x int32) []int32 {
	if x >= 0 {
		return l.colInd[x]
	}
	l.one[0] = ^x
	return l.one[:]
}
