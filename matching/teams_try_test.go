package matching

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"testing"
)

func teamInstance(n, t int, s uint64) TeamsProblem {
	p := TeamsProblem{People: n, Teams: t, MinSize: n / t, MaxSize: n / t}
	dept, band, exp := make([]int32, n), make([]int32, n), make([]float64, n)
	var has [4][]bool
	for k := range has {
		has[k] = make([]bool, n)
	}
	for i := 0; i < n; i++ {
		dept[i] = int32(ringMix(s, uint64(10*i)) % 6)
		band[i] = int32(ringMix(s, uint64(10*i+1)) % 3)
		exp[i] = float64(ringMix(s, uint64(10*i+2)) % 21)
		for k := range has {
			has[k][i] = ringMix(s, uint64(10*i+3))>>(8*k)&255 < 64
		}
	}
	for k := range has {
		p.Skills = append(p.Skills, TeamSkill{Has: has[k], Worth: 50, Need: 1})
	}
	p.Categories = []TeamCategory{{dept, 10}, {band, -6}}
	p.Balances = []TeamBalance{{exp, 1}}
	seen := map[[2]int32]bool{}
	for j := 0; j < 3*n; j++ {
		a, b := int32(ringMix(s+1, uint64(2*j))%uint64(n)), int32(ringMix(s+1, uint64(2*j+1))%uint64(n))
		k := [2]int32{min(a, b), max(a, b)}
		if a == b || seen[k] {
			continue
		}
		seen[k] = true
		p.Pairs = append(p.Pairs, TeamPair{A: k[0], B: k[1], Worth: []float64{8, -30, -2}[j%3]})
	}
	return p
}

func TestTeamsTry(t *testing.T) {
	if os.Getenv("TRY") == "" {
		t.Skip()
	}
	for _, x := range [][2]int{{60, 12}, {600, 100}} {
		p := teamInstance(x[0], x[1], 1)
		for _, wl := range []int64{1.5e6} {
			var a, b syscall.Rusage
			syscall.Getrusage(0, &a)
			r, err := Teams(context.Background(), p, Options{Seed: 1, WorkLimit: wl, Progress: func(q Progress) {
				if q.Stage == "bound" {
					fmt.Println("     ", q.Bound)
				}
			}})
			syscall.Getrusage(0, &b)
			fmt.Println(x, wl, r.Objective, r.Bound, err, len(r.Broken), "cpu", float64(b.Utime.Nano()-a.Utime.Nano())/1e9)
			var sk, c0, c1, ba, pa float64
			for _, e := range r.Terms {
				for _, k := range e.Skill {
					sk += k
				}
				c0 += e.Category[0]
				c1 += e.Category[1]
				ba += e.Balance[0]
				pa += e.Pair
			}
			fmt.Println("   skill", sk, "dept", c0, "band", c1, "exp", ba, "pair", pa)
		}
	}
}
