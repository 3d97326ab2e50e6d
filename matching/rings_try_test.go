package matching

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func rr(s, i uint64) uint64 {
	z := s + (i+1)*0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

type swapArc struct {
	u, v int32
	w    float64
}

func swapInstance(n, S, deg int, seed uint64) []swapArc {
	f := func(k, u int) int {
		a, b := rr(seed, uint64(8*u+2*k))%uint64(S), rr(seed, uint64(8*u+2*k+1))%uint64(S)
		return int(min(a, b))
	}
	by := make([][]int32, S)
	off := make([][]int, n)
	want := make([][]int, n)
	for u := 0; u < n; u++ {
		off[u] = []int{f(0, u)}
		if x := f(1, u); x != off[u][0] {
			off[u] = append(off[u], x)
		}
		for k := 2; k < 4; k++ {
			x := f(k, u)
			if !slices.Contains(off[u], x) && !slices.Contains(want[u], x) {
				want[u] = append(want[u], x)
			}
		}
		for _, s := range off[u] {
			by[s] = append(by[s], int32(u))
		}
	}
	var out []swapArc
	for v := 0; v < n; v++ {
		var c []int32
		for _, s := range want[v] {
			for _, u := range by[s] {
				if int(u) != v && !slices.Contains(c, u) {
					c = append(c, u)
				}
			}
		}
		slices.SortFunc(c, func(a, b int32) int {
			x, y := rr(seed+7, uint64(int(a)*n+v)), rr(seed+7, uint64(int(b)*n+v))
			if x < y {
				return -1
			} else if x > y {
				return 1
			}
			return 0
		})
		if len(c) > deg {
			c = c[:deg]
		}
		for _, u := range c {
			out = append(out, swapArc{u, int32(v), float64(1 + rr(seed+9, uint64(int(u)*n+v))%100)})
		}
	}
	return out
}

func tryPack(n, K int, arcs []swapArc) *packing {
	g := &swapGraph{n: n, start: make([]int32, n+1)}
	slices.SortFunc(arcs, func(a, b swapArc) int {
		if a.u != b.u {
			return int(a.u - b.u)
		}
		return int(a.v - b.v)
	})
	w := map[[2]int32]float64{}
	for _, a := range arcs {
		g.start[a.u+1]++
		g.head = append(g.head, a.v)
		w[[2]int32{a.u, a.v}] = a.w
	}
	for i := 0; i < n; i++ {
		g.start[i+1] += g.start[i]
	}
	best := map[[5]int32]int32{}
	p := &packing{n: n, start: []int32{0}}
	g.cycles(K, func(path []int32) bool {
		key := [5]int32{-1, -1, -1, -1, -1}
		copy(key[:], path)
		slices.Sort(key[:])
		s := 0.0
		for i, u := range path {
			s += w[[2]int32{u, path[(i+1)%len(path)]}]
		}
		if c, ok := best[key]; ok {
			p.weight[c] = max(p.weight[c], s)
			return true
		}
		best[key] = int32(len(p.weight))
		p.vert = append(p.vert, path...)
		p.start = append(p.start, int32(len(p.vert)))
		p.weight = append(p.weight, s)
		return true
	})
	p.index()
	return p
}

func TestTry(t *testing.T) {
	if os.Getenv("TRY") == "" {
		t.Skip()
	}
	for i, x := range [][5]int{{3, 1000, 150, 8, 11}, {3, 5000, 150, 8, 11}, {3, 200, 40, 12, 21}, {3, 1000, 60, 20, 22}, {3, 2000, 100, 30, 23}, {3, 5000, 200, 40, 24}, {4, 200, 40, 12, 21}, {4, 500, 60, 12, 25}, {5, 120, 30, 8, 26}} {
		if !strings.Contains(os.Getenv("TRY"), fmt.Sprint(i)) {
			continue
		}
		p := tryPack(x[1], x[0], swapInstance(x[1], x[2], x[3], uint64(x[4])))
		p.grain = 1
		lim, _ := time.ParseDuration(os.Getenv("LIM"))
		if lim == 0 {
			lim = 20 * time.Second
		}
		ctx, cancel := context.WithTimeout(context.Background(), lim)
		t0 := time.Now()
		fmt.Println(x, "cycles", p.size())
		last := ""
		r := solvePacking(ctx, p, packLimits{seed: 1, progress: func(stage string, v, b float64, w int64) {
			k := fmt.Sprintf("%s %.1f %.3f", stage, v, b)
			if k != last {
				fmt.Println("   ", time.Since(t0), k, w)
			}
			last = k
		}})
		cancel()
		var u syscall.Rusage
		syscall.Getrusage(0, &u)
		fmt.Println("  cpu total", float64(u.Utime.Nano()+u.Stime.Nano())/1e9)
		fmt.Println("  value", r.value, "bound", r.bound, "root", r.root, "nodes", r.nodes, "work", r.work, time.Since(t0))
	}
}
