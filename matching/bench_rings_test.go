package matching

import (
	"context"
	"testing"
)

func BenchmarkRings(b *testing.B) {
	for _, x := range []struct {
		name       string
		n, s, d, k int
		seed       uint64
	}{{"1000x150K3", 1000, 150, 8, 3, 11}, {"5000x150K3", 5000, 150, 8, 3, 11}, {"200x40K3", 200, 40, 12, 3, 21}} {
		p := RingsProblem{People: x.n, MaxLength: x.k, Arcs: swapInstance(x.n, x.s, x.d, x.seed)}
		b.Run(x.name, func(b *testing.B) {
			for b.Loop() {
				r, err := Rings(context.Background(), p, Options{Seed: 1})
				if err != nil || !r.Optimal {
					b.Fatal(err, r.Proof)
				}
			}
		})
	}
}
