package skills

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/guildhall/guildhall/internal/platform/id"
)

func vouch(from, to, skill id.ID) Vouch { return Vouch{From: from, To: to, Skill: skill} }

func TestVouchesInARingCountLess(t *testing.T) {
	const a, b, c, welding, baking = 1, 2, 3, 10, 11
	for _, x := range []struct {
		name   string
		around []Vouch
		want   float64
	}{
		{"alone", nil, 1},
		{"one who vouches for somebody else", []Vouch{vouch(b, c, welding), vouch(c, b, welding)}, 1},
		{"each other", []Vouch{vouch(b, a, welding)}, pairSameSkill},
		{"each other, for different work", []Vouch{vouch(b, a, baking)}, pairAnySkill},
		{"three in a ring", []Vouch{vouch(b, c, welding), vouch(c, a, welding)}, ringSameSkill},
		{"three in a ring of different work", []Vouch{vouch(b, c, welding), vouch(c, a, baking)}, 1},
		{"both", []Vouch{vouch(b, c, welding), vouch(c, a, welding), vouch(b, a, welding)}, pairSameSkill},
	} {
		if got := Discount(vouch(a, b, welding), x.around); got != x.want {
			t.Errorf("%s: %v, want %v", x.name, got, x.want)
		}
	}
}

// total is what all vouches for somebody in a skill are worth.
func total(all []Vouch, person, skill id.ID) float64 {
	var sum float64
	for _, v := range all {
		if v.To == person && v.Skill == skill {
			sum += Discount(v, all)
		}
	}
	return sum
}

func TestARingIsNeverWorthMoreThanItsHonestVouches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.IntRange(2, 7).Draw(t, "people")
		seen := map[Vouch]bool{}
		var all []Vouch
		for range rapid.IntRange(0, 25).Draw(t, "vouches") {
			v := vouch(id.ID(rapid.IntRange(1, people).Draw(t, "from")), id.ID(rapid.IntRange(1, people).Draw(t, "to")), id.ID(rapid.IntRange(10, 11).Draw(t, "skill")))
			if v.From != v.To && !seen[v] {
				seen[v] = true
				all = append(all, v)
			}
		}
		before := map[[2]id.ID]float64{}
		for p := 1; p <= people; p++ {
			for skill := id.ID(10); skill <= 11; skill++ {
				before[[2]id.ID{id.ID(p), skill}] = total(all, id.ID(p), skill)
			}
		}
		for i, v := range all {
			d := Discount(v, all)
			if d <= 0 || d > 1 {
				t.Fatalf("%v counts %v", v, d)
			}
			// Whoever is reached by nobody they reach back to within two more
			// steps is believed in full.
			ring := false
			for _, w := range all {
				if w.From != v.To {
					continue
				}
				ring = ring || w.To == v.From
				for _, x := range all {
					ring = ring || x.From == w.To && x.To == v.From
				}
			}
			if !ring && d != 1 {
				t.Fatalf("%v stands in no ring and counts %v", v, d)
			}
			// Vouching back never helps the one who vouches: what others gave
			// them for it is worth no more than without it.
			rest := append(append([]Vouch{}, all[:i]...), all[i+1:]...)
			for skill := id.ID(10); skill <= 11; skill++ {
				if with, without := before[[2]id.ID{v.From, skill}], total(rest, v.From, skill); with > without {
					t.Fatalf("vouching %v raises the own weight from %v to %v", v, without, with)
				}
			}
		}
	})
}
