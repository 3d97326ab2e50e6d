package main

import (
	"cmp"
	"context"
	_ "embed" // the source of the baseline
	bytesOf "encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"github.com/guildhall/guildhall/matching"
)

//go:embed baseline/lemon.cpp
var lemonSource string

// shape is a graph unlike the instances everybody measures: what people know of
// each other is sparse, dense, tied, local, in groups.
type shape struct {
	name        string
	left, right int // right is 0 for pairs
	edges       []matching.Edge
	demand      []int32
	capacity    []int32
}

// shapes builds graphs from numbers that are drawn at a counter.
type shapes struct {
	at   uint64
	list []*shape
}

func (s *shapes) draw(n int) int {
	s.at++
	return int(benchRandom(77, s.at) % uint64(n))
}

func (s *shapes) weight() int64 { return int64(1 + s.draw(1000)) }

// pairs adds a graph of one list of people; f calls join, which ignores loops
// and pairs that are there already.
func (s *shapes) pairs(name string, n int, f func(join func(u, v int, w int64))) {
	g := &shape{name: name, left: n}
	seen := map[[2]int]bool{}
	f(func(u, v int, w int64) {
		k := [2]int{min(u, v), max(u, v)}
		if u != v && !seen[k] {
			seen[k] = true
			g.edges = append(g.edges, matching.Edge{Left: int32(u), Right: int32(v), Weight: w})
		}
	})
	s.list = append(s.list, g)
}

// sides adds a graph of two sides.
func (s *shapes) sides(name string, n, m int, demand, capacity int32, f func(join func(u, v int, w int64))) {
	g := &shape{name: name, left: n, right: m, demand: make([]int32, n), capacity: make([]int32, m)}
	for u := range g.demand {
		g.demand[u] = demand
	}
	for v := range g.capacity {
		g.capacity[v] = capacity
	}
	seen := map[[2]int]bool{}
	f(func(u, v int, w int64) {
		if !seen[[2]int{u, v}] {
			seen[[2]int{u, v}] = true
			g.edges = append(g.edges, matching.Edge{Left: int32(u), Right: int32(v), Weight: w})
		}
	})
	s.list = append(s.list, g)
}

// nearest joins everybody to the nearest of so many points in a square; the
// nearer the better.
func (s *shapes) nearest(n, k int, join func(u, v int, w int64)) {
	const size = 1 << 20
	side := int(math.Sqrt(float64(n) / 2))
	x, y := make([]int, n), make([]int, n)
	cells := make([][]int, side*side)
	cell := func(i int) (int, int) { return x[i] * side / size, y[i] * side / size }
	for i := range n {
		x[i], y[i] = s.draw(size), s.draw(size)
		a, b := cell(i)
		cells[a*side+b] = append(cells[a*side+b], i)
	}
	for i := range n {
		type near struct{ distance, who int }
		var list []near
		a, b := cell(i)
		for p := max(0, a-3); p <= min(side-1, a+3); p++ {
			for q := max(0, b-3); q <= min(side-1, b+3); q++ {
				for _, j := range cells[p*side+q] {
					if j != i {
						list = append(list, near{int(math.Hypot(float64(x[i]-x[j]), float64(y[i]-y[j]))), j})
					}
				}
			}
		}
		slices.SortFunc(list, func(a, b near) int { return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.who, b.who)) })
		for _, p := range list[:min(k, len(list))] {
			join(i, p.who, int64(size-p.distance))
		}
	}
}

// random joins so many random pairs.
func (s *shapes) random(n, m, edges int, weight func() int64, join func(u, v int, w int64)) {
	for range edges {
		join(s.draw(n), s.draw(m), weight())
	}
}

func benchPairShapes() []*shape {
	s := &shapes{}
	one := func() int64 { return 1 }
	few := func() int64 { return int64(1 + s.draw(3)) }
	big := func() int64 { return int64(1 + s.draw(1_000_000_000)) }
	s.pairs("random, 3 each", 100000, func(join func(u, v int, w int64)) { s.random(100000, 100000, 150000, s.weight, join) })
	s.pairs("random, 4 each", 10000, func(join func(u, v int, w int64)) { s.random(10000, 10000, 20000, s.weight, join) })
	s.pairs("random, 10 each", 10000, func(join func(u, v int, w int64)) { s.random(10000, 10000, 50000, s.weight, join) })
	s.pairs("random, 200 each", 3000, func(join func(u, v int, w int64)) { s.random(3000, 3000, 300000, s.weight, join) })
	s.pairs("4 each, all worth the same", 10000, func(join func(u, v int, w int64)) { s.random(10000, 10000, 20000, one, join) })
	s.pairs("20 each, three weights", 10000, func(join func(u, v int, w int64)) { s.random(10000, 10000, 100000, few, join) })
	s.pairs("20 each, large weights", 10000, func(join func(u, v int, w int64)) { s.random(10000, 10000, 100000, big, join) })
	s.pairs("the 8 nearest", 50000, func(join func(u, v int, w int64)) { s.nearest(50000, 8, join) })
	s.pairs("two sides, 10 each", 10000, func(join func(u, v int, w int64)) {
		for range 50000 {
			join(s.draw(5000), 5000+s.draw(5000), s.weight())
		}
	})
	s.pairs("a grid with diagonals", 90000, func(join func(u, v int, w int64)) {
		for i := range 300 {
			for j := range 300 {
				for _, d := range [][2]int{{1, 0}, {0, 1}, {1, 1}} {
					if i+d[0] < 300 && j+d[1] < 300 {
						join(i*300+j, (i+d[0])*300+j+d[1], s.weight())
					}
				}
			}
		}
	})
	s.pairs("a path", 20001, func(join func(u, v int, w int64)) {
		for i := range 20000 {
			join(i, i+1, s.weight())
		}
	})
	s.pairs("triangles in a row", 9999, func(join func(u, v int, w int64)) {
		for i := 0; i < 9999; i += 3 {
			join(i, i+1, 500+s.weight())
			join(i+1, i+2, 500+s.weight())
			join(i, i+2, 500+s.weight())
			if i+3 < 9999 {
				join(i+2, i+3, s.weight())
			}
		}
	})
	s.pairs("groups of five apart", 10000, func(join func(u, v int, w int64)) {
		for i := 0; i < 10000; i += 5 {
			for a := range 5 {
				for b := range a {
					join(i+a, i+b, s.weight())
				}
			}
		}
	})
	s.pairs("everybody knows ten stars", 10000, func(join func(u, v int, w int64)) {
		for i := range 10000 {
			join(s.draw(10), i, s.weight())
			join(s.draw(10), i, s.weight())
		}
	})
	return s.list
}

func benchSideShapes() []*shape {
	s := &shapes{}
	one := func() int64 { return 1 }
	few := func() int64 { return int64(1 + s.draw(3)) }
	s.sides("4 each", 10000, 10000, 1, 1, func(join func(u, v int, w int64)) { s.random(10000, 10000, 40000, s.weight, join) })
	s.sides("10 each, all worth the same", 10000, 10000, 1, 1, func(join func(u, v int, w int64)) { s.random(10000, 10000, 100000, one, join) })
	s.sides("everybody with everybody", 1000, 1000, 1, 1, func(join func(u, v int, w int64)) {
		for u := range 1000 {
			for v := range 1000 {
				join(u, v, s.weight())
			}
		}
	})
	s.sides("worth the product of ranks", 1000, 1000, 1, 1, func(join func(u, v int, w int64)) {
		for u := range 1000 {
			for v := range 1000 {
				join(u, v, int64(u+1)*int64(v+1))
			}
		}
	})
	s.sides("too few places", 5000, 500, 1, 2, func(join func(u, v int, w int64)) { s.random(5000, 500, 100000, s.weight, join) })
	s.sides("twenty mentors of 400 each", 5000, 20, 1, 400, func(join func(u, v int, w int64)) { s.random(5000, 20, 50000, s.weight, join) })
	s.sides("three wanted of 30", 5000, 5000, 3, 3, func(join func(u, v int, w int64)) { s.random(5000, 5000, 150000, s.weight, join) })
	s.sides("five wanted, four had, three weights", 5000, 5000, 5, 4, func(join func(u, v int, w int64)) { s.random(5000, 5000, 150000, few, join) })
	s.sides("the nearest", 10000, 10000, 1, 1, func(join func(u, v int, w int64)) {
		s.nearest(20000, 12, func(u, v int, w int64) {
			if u < 10000 && v >= 10000 {
				join(u, v-10000, w)
			}
		})
	})
	return s.list
}

// write puts the shape where the baseline reads it.
func (g *shape) write(place string) error {
	kind := int64(0)
	if g.right > 0 {
		kind = 2
	}
	var b []byte
	put := func(x int64) { b = bytesOf.LittleEndian.AppendUint64(b, uint64(x)) }
	for _, x := range []int64{kind, int64(g.left), int64(g.right), int64(len(g.edges)), 0} {
		put(x)
	}
	for _, e := range g.edges {
		put(int64(e.Left))
		put(int64(e.Right))
		put(e.Weight)
	}
	for _, x := range slices.Concat(g.demand, g.capacity) {
		put(int64(x))
	}
	return os.WriteFile(place, b, 0o600)
}

var shapeLine = regexp.MustCompile(`(?m)^(\w+) (-?\d+) ([\d.]+)$`)

// shapes prints pairs and assign on graphs of other forms.
func (b *benchMatchingCmd) shapes(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "guildhall-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	source, program, place := filepath.Join(dir, "lemon.cpp"), filepath.Join(dir, "lemon"), filepath.Join(dir, "instance")
	if err := os.WriteFile(source, []byte(lemonSource), 0o600); err != nil {
		return err
	}
	missing := compileLemon(ctx, source, program)
	for _, part := range []struct {
		title string
		list  []*shape
	}{{"pairs, other shapes", benchPairShapes()}, {"assign, other shapes", benchSideShapes()}} {
		t := b.table(fmt.Sprintf("%s (median of %d, CPU seconds)", part.title, b.Rounds),
			"shape", 38, "people", 8, "edges", 9, "objective", 16, "LEMON", 10, "ours", 9, "LEMON", 9, "ratio", 6)
		for _, g := range part.list {
			if err := g.write(place); err != nil {
				return err
			}
			run := pairsRun(&matching.PairsProblem{People: g.left, Edges: g.edges})
			if g.right > 0 {
				run = assignRun(&matching.AssignProblem{Left: g.left, Right: g.right, Edges: g.edges, Demand: g.demand, Capacity: g.capacity})
			}
			var ours, theirs, ratio []float64
			verdict := missing
			objective := 0.0
			for range b.Rounds {
				var c benchClock
				p, err := run(ctx, &c)
				if err != nil {
					return fmt.Errorf("%s: %w", g.name, err)
				}
				objective = p.Objective
				ours = append(ours, c.cpu)
				if missing != "" {
					continue
				}
				out, err := exec.CommandContext(ctx, program, place).Output()
				if err != nil {
					return fmt.Errorf("run LEMON: %w", err)
				}
				best := math.Inf(1)
				for _, m := range shapeLine.FindAllStringSubmatch(string(out), -1) {
					o, _ := strconv.ParseFloat(m[2], 64)
					s, _ := strconv.ParseFloat(m[3], 64)
					verdict = "same"
					if o != p.Objective {
						verdict = m[2]
					}
					best = min(best, s)
				}
				if math.IsInf(best, 1) {
					return errors.New("LEMON printed no result")
				}
				theirs, ratio = append(theirs, best), append(ratio, c.cpu/max(best, 1e-4))
			}
			t.row(g.name, g.left+g.right, len(g.edges), fmt.Sprintf("%.0f", objective), verdict,
				fmt.Sprintf("%.4f", median(ours)), fmt.Sprintf("%.4f", median(theirs)), fmt.Sprintf("%.2f", median(ratio)))
		}
		t.end()
	}
	return nil
}
