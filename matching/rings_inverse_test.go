package matching

import (
	"math"
	"testing"
)

// TestTheInverseFollowsTheBasis changes bases at random, also to ones that are
// none, and multiplies the inverse by its basis.
func TestTheInverseFollowsTheBasis(t *testing.T) {
	rnd := random{5}
	for round := 0; round < 200; round++ {
		m := 1 + rnd.below(40)
		l := newPackLP(m)
		for range 3 * m {
			rows := map[int32]bool{}
			for range 1 + rnd.below(min(5, m)) {
				rows[int32(rnd.below(m))] = true
			}
			var ind []int32
			for r := int32(0); r < int32(m); r++ {
				if rows[r] {
					ind = append(ind, r)
				}
			}
			l.addCol(1, ind)
		}
		for change := 0; change < 5; change++ {
			// Every position gets a column or keeps its slack.
			var basis []int32
			used := map[int32]bool{}
			for p := range m {
				x := int32(rnd.below(3 * m))
				if rnd.below(3) == 0 || used[x] {
					x = ^int32(p)
				}
				used[x] = true
				basis = append(basis, x)
			}
			l.setBasis(basis, nil)
			l.refactor()
			if !l.small {
				t.Fatalf("%d rows are not few", m)
			}
			for p, x := range l.basis {
				if x >= 0 && l.colPos[x] != int32(p) || x < 0 && l.slackPos[^x] != int32(p) || l.inv.basis[p] != x {
					t.Fatalf("position %d holds %d, noted elsewhere", p, x)
				}
				column := make([]float64, m)
				l.inv.times(l.rowsIn(x), column)
				for q, a := range column {
					want := 0.0
					if q == p {
						want = 1
					}
					if math.Abs(a-want) > 1e-6 {
						t.Fatalf("round %d: inverse times column %d is %v at %d", round, p, a, q)
					}
				}
			}
		}
	}
}

// TestRowsThatCannotBeKeptAreProven closes all columns of somebody who has to
// be served.
func TestRowsThatCannotBeKeptAreProven(t *testing.T) {
	l := newPackLP(3)
	l.addCol(5, []int32{0, 1})
	l.addCol(3, []int32{1, 2})
	l.tight[0], l.tight[2] = true, true
	l.trim()
	l.refactor()
	if st := l.solve(t.Context(), math.Inf(-1), 0); st != lpInfeasible {
		t.Fatalf("both rings need the second person: %v", st)
	}
	l.tight[2] = false
	l.setBasis(nil, nil)
	l.refactor()
	if st := l.solve(t.Context(), math.Inf(-1), 0); st != lpOptimal || math.Abs(l.dualValue()-5) > 1e-6 {
		t.Fatalf("%v %v", st, l.dualValue())
	}
}
