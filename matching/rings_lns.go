package matching

import (
	"context"
	"math"
	"slices"
)

// packLNS improves a packing by large neighbourhood search (Shaw 1998): it
// frees the rings in one neighbourhood and packs it again, exactly. Regions
// grow along columns that are near the prices, for those are the ones a better
// packing would use.
type packLNS struct {
	ctx  context.Context
	p    *packing
	d    []float64 // reduced costs
	near [][]int32 // columns near the prices, of every vertex
	wide float64   // columns further than this from the prices are left out
	rnd  random
	s    *packState

	in     []bool
	region []int32
	size   int
	work   int64
}

func newPackLNS(ctx context.Context, p *packing, d []float64, close, wide float64, cols []int32, seed uint64) *packLNS {
	l := &packLNS{ctx: ctx, p: p, d: d, wide: wide, rnd: random{seed}, s: newPackState(p), in: make([]bool, p.n)}
	l.s.set(cols)
	l.near = make([][]int32, p.n)
	for c, x := range d {
		if x > -close {
			for _, v := range p.verts(int32(c)) {
				l.near[v] = append(l.near[v], int32(c))
			}
		}
	}
	l.size = 40
	return l
}

// add puts v and everybody in its ring into the region.
func (l *packLNS) add(v int32) {
	if l.in[v] {
		return
	}
	if c := l.s.owner[v]; c >= 0 {
		for _, u := range l.p.verts(c) {
			l.in[u] = true
			l.region = append(l.region, u)
		}
		return
	}
	l.in[v] = true
	l.region = append(l.region, v)
}

// run tries regions until the work is spent, or the packing reaches target.
func (l *packLNS) run(work int64, target float64) {
	misses := 0
	mean := 0.0
	for _, w := range l.p.weight {
		mean += w
	}
	mean /= math.Max(1, float64(l.p.size()))
	for start := l.work; l.work-start < work && l.ctx.Err() == nil && l.s.value < target-1e-9; {
		for _, v := range l.region {
			l.in[v] = false
		}
		l.region = l.region[:0]
		// Every second start is a person who is not served.
		v := int32(l.rnd.below(l.p.n))
		if l.rnd.next()&1 == 0 {
			for k := 0; k < 30 && l.s.owner[v] >= 0; k++ {
				v = int32(l.rnd.below(l.p.n))
			}
		}
		size := min(l.size, l.p.n)
		l.add(v)
		for stuck := 0; len(l.region) < size && stuck < 50; {
			before := len(l.region)
			u := l.region[l.rnd.below(len(l.region))]
			if list := l.near[u]; len(list) > 0 {
				for _, x := range l.p.verts(list[l.rnd.below(len(list))]) {
					l.add(x)
				}
			}
			if len(l.region) == before {
				stuck++
			}
		}
		l.work += int64(len(l.region)) * 4
		if l.improve() {
			misses = 0
		} else if misses++; misses > 20+2*l.p.n/l.size {
			misses = 0
			if l.size += l.size / 4; l.size > min(l.p.n, 300) {
				l.size = min(l.p.n, 40)
			}
		}
	}
}

// around packs those people again whose rings the solution of the programme
// does not have (after Danna, Rothberg and Le Pape 2005).
func (l *packLNS) around(b *packBranch) bool {
	for _, v := range l.region {
		l.in[v] = false
	}
	l.region = l.region[:0]
	for v := int32(0); v < int32(l.p.n); v++ {
		if c := l.s.owner[v]; c >= 0 {
			if j := b.lpOf[c]; j >= 0 && b.x[j] > 0.9 {
				continue
			}
		}
		l.in[v] = true
		l.region = append(l.region, v)
	}
	l.work += int64(l.p.n)
	return len(l.region)*10 < l.p.n*6 && l.improve()
}

// improve packs the region again and says whether that was better.
func (l *packLNS) improve() bool {
	var cols []int32
	old := 0.0
	for _, v := range l.region {
		if c := l.s.owner[v]; c >= 0 && l.p.verts(c)[0] == v {
			old += l.p.weight[c]
		}
	columns:
		for _, c := range l.p.of(v) {
			if l.d[c] < -l.wide {
				continue
			}
			// Each column once, from its first vertex.
			verts := l.p.verts(c)
			if verts[0] != v {
				continue
			}
			for _, u := range verts {
				if !l.in[u] {
					continue columns
				}
			}
			cols = append(cols, c)
		}
		l.work += int64(len(l.p.of(v)))
	}
	if len(cols) < 2 {
		return false
	}
	slices.Sort(cols)
	sub, _ := l.p.compact(cols)
	b := newPackBranch(l.ctx, sub, l.rnd.next())
	b.bestValue = old
	for c := range cols {
		b.activate(int32(c))
	}
	b.lp.refactor()
	bound, st := b.relax(true, 0)
	defer func() { l.work += b.lp.work + int64(sub.size())*20 }()
	if st != lpOptimal || bound <= b.cutoff() {
		return false
	}
	b.bound = bound
	b.nodeLimit = 40
	b.trial = true
	b.start()
	b.run()
	if b.best == nil || b.bestValue <= old+1e-9 {
		return false
	}
	for _, v := range l.region {
		if c := l.s.owner[v]; c >= 0 {
			l.s.drop(c)
		}
	}
	for _, c := range b.best {
		l.s.insert(cols[c])
	}
	return true
}
