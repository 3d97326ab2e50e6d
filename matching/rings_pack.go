package matching

import (
	"math"
	"slices"
)

// packing is a weighted set packing problem: choose columns (sets of vertices)
// of greatest total weight so that no vertex is in two of them. A ring is a
// column over the people in it.
type packing struct {
	n      int
	start  []int32
	vert   []int32
	weight []float64
	// Columns of every vertex.
	inStart []int32
	in      []int32
	// grain is the step between possible totals: all weights are multiples of
	// it. 0 when there is no such step.
	grain float64
}

func (p *packing) size() int { return len(p.weight) }

func (p *packing) verts(c int32) []int32 { return p.vert[p.start[c]:p.start[c+1]] }

func (p *packing) of(v int32) []int32 { return p.in[p.inStart[v]:p.inStart[v+1]] }

// index builds the lists of columns of every vertex.
func (p *packing) index() {
	p.inStart = make([]int32, p.n+1)
	for _, v := range p.vert {
		p.inStart[v+1]++
	}
	for v := 0; v < p.n; v++ {
		p.inStart[v+1] += p.inStart[v]
	}
	p.in = make([]int32, len(p.vert))
	at := slices.Clone(p.inStart[:p.n])
	for c := 0; c < p.size(); c++ {
		for _, v := range p.verts(int32(c)) {
			p.in[at[v]] = int32(c)
			at[v]++
		}
	}
}

// subset keeps the columns listed, in that order, over the same vertices.
func (p *packing) subset(keep []int32) *packing {
	q := &packing{n: p.n, grain: p.grain, start: make([]int32, 1, len(keep)+1), weight: make([]float64, 0, len(keep))}
	for _, c := range keep {
		q.vert = append(q.vert, p.verts(c)...)
		q.start = append(q.start, int32(len(q.vert)))
		q.weight = append(q.weight, p.weight[c])
	}
	q.index()
	return q
}

// value adds up the weights of the columns.
func (p *packing) value(cols []int32) float64 {
	s := 0.0
	for _, c := range cols {
		s += p.weight[c]
	}
	return s
}

// findGrain looks for the largest step of which all weights are multiples,
// trying whole numbers and up to six decimals.
func findGrain(weights []float64) float64 {
	for _, scale := range []float64{1, 10, 100, 1000, 10000, 100000, 1000000} {
		g, ok := int64(0), true
		for _, w := range weights {
			x := w * scale
			r := math.Round(x)
			if math.Abs(x-r) > 1e-9*math.Max(1, math.Abs(x)) || math.Abs(r) > 1e15 {
				ok = false
				break
			}
			g = gcd(g, int64(math.Abs(r)))
		}
		if ok && g > 0 {
			return float64(g) / scale
		}
	}
	return 0
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// random is the counter-based generator splitmix64 (Steele, Lea and Flood
// 2014).
type random struct{ s uint64 }

func (r *random) next() uint64 {
	r.s += 0x9E3779B97F4A7C15
	z := r.s
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// below returns a number in [0, n).
func (r *random) below(n int) int {
	return int((r.next() >> 32) * uint64(n) >> 32)
}

func (r *random) unit() float64 { return float64(r.next()>>11) / (1 << 53) }

// packState is a packing being improved: who owns each vertex and the total.
type packState struct {
	p     *packing
	owner []int32
	value float64
}

func newPackState(p *packing) *packState {
	s := &packState{p: p, owner: make([]int32, p.n)}
	for v := range s.owner {
		s.owner[v] = -1
	}
	return s
}

func (s *packState) columns() []int32 {
	var out []int32
	for v, c := range s.owner {
		if c >= 0 && s.p.verts(c)[0] == int32(v) {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return out
}

func (s *packState) set(cols []int32) {
	for v := range s.owner {
		s.owner[v] = -1
	}
	s.value = 0
	for _, c := range cols {
		for _, v := range s.p.verts(c) {
			s.owner[v] = c
		}
		s.value += s.p.weight[c]
	}
}

// insert puts c in and drops what it collides with.
func (s *packState) insert(c int32) {
	for _, v := range s.p.verts(c) {
		if o := s.owner[v]; o >= 0 {
			s.drop(o)
		}
	}
	for _, v := range s.p.verts(c) {
		s.owner[v] = c
	}
	s.value += s.p.weight[c]
}

func (s *packState) drop(c int32) {
	for _, v := range s.p.verts(c) {
		s.owner[v] = -1
	}
	s.value -= s.p.weight[c]
}

// delta is what inserting c would change.
func (s *packState) delta(c int32) float64 {
	d := s.p.weight[c]
	verts := s.p.verts(c)
	for i, v := range verts {
		o := s.owner[v]
		if o < 0 {
			continue
		}
		seen := false
		for _, u := range verts[:i] {
			if s.owner[u] == o {
				seen = true
				break
			}
		}
		if !seen {
			d -= s.p.weight[o]
		}
	}
	return d
}

// annealLogs are the logarithms of 1024 evenly spread numbers in (0, 1).
var annealLogs = func() (logs [1024]float64) {
	for i := range logs {
		logs[i] = math.Log((float64(i) + 0.5) / 1024)
	}
	return logs
}()

// anneal improves by annealing: a random column goes in and pushes out what it
// collides with, if that pays or the temperature allows it. A column's score
// may be its weight or a reduced cost; only the weights decide.
//
// moves is the number of columns looked at. The best state is left in s. pick
// lists the columns to draw from.
func (s *packState) anneal(pick []int32, moves int64, hot, cold float64, rnd *random, stop func() bool) {
	if len(pick) == 0 || moves <= 0 {
		return
	}
	logs := &annealLogs
	best := s.value
	bestOwner := slices.Clone(s.owner)
	improved := false
	block := int(min(1024, moves))
	blocks := (moves + int64(block) - 1) / int64(block)
	cool := math.Pow(cold/hot, 1/math.Max(1, float64(blocks-1)))
	temperature := hot
	p := s.p
	for b := int64(0); b < blocks; b++ {
		if b&15 == 15 && stop != nil && stop() {
			break
		}
		for i := 0; i < block; i++ {
			z := rnd.next()
			c := pick[int((z>>32)*uint64(len(pick))>>32)]
			verts := p.vert[p.start[c]:p.start[c+1]]
			if s.owner[verts[0]] == c {
				continue
			}
			d := p.weight[c]
			limit := temperature * logs[z&1023]
			var out [8]int32
			k := 0
		scan:
			for _, v := range verts {
				o := s.owner[v]
				if o < 0 {
					continue
				}
				for _, e := range out[:k] {
					if e == o {
						continue scan
					}
				}
				out[k] = o
				k++
				d -= p.weight[o]
			}
			if d < limit {
				continue
			}
			for _, o := range out[:k] {
				for _, v := range p.vert[p.start[o]:p.start[o+1]] {
					s.owner[v] = -1
				}
			}
			for _, v := range verts {
				s.owner[v] = c
			}
			if d < 0 && s.value > best+1e-9 {
				best = s.value
				copy(bestOwner, s.owner)
				// The copy was taken after the move: undo it there.
				for _, v := range verts {
					bestOwner[v] = -1
				}
				for _, o := range out[:k] {
					for _, v := range p.vert[p.start[o]:p.start[o+1]] {
						bestOwner[v] = o
					}
				}
				improved = true
			}
			s.value += d
		}
		temperature *= cool
	}
	if s.value > best+1e-9 {
		return
	}
	if improved || s.value < best {
		copy(s.owner, bestOwner)
		s.value = best
	}
}

// polish inserts every column that pays, until none does.
func (s *packState) polish(pick []int32) {
	for again := true; again; {
		again = false
		for _, c := range pick {
			if s.owner[s.p.verts(c)[0]] != c && s.delta(c) > 1e-9 {
				s.insert(c)
				again = true
			}
		}
	}
}
