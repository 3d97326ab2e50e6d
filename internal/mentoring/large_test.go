package mentoring

import (
	"math/rand/v2"
	"testing"

	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// crowd is a made-up cohort: everybody has three of 200 skills, the frequent
// ones more often, one of 40 departments, one of 6 sites and office hours.
func crowd(shape string, mentees, mentors int) Cohort {
	rng := rand.New(rand.NewPCG(5, 6))
	c := Cohort{Shape: shape, Weights: Weights{BySkills: "5", ByUnit: "3", ByHours: "3", ByLanguage: "3", ByLine: "1"}}
	one := func(k int) *Participant {
		p := &Participant{Trait: people.Trait{
			Person: id.ID(k + 1), Unit: id.ID(1 + rng.IntN(40)), Site: id.ID(1 + rng.IntN(6)), Manager: id.ID(1_000_000 + rng.IntN(900)), Languages: []string{"en"},
		}, Capacity: 1}
		if rng.IntN(3) == 0 {
			p.Languages = append(p.Languages, "pt-PT")
		}
		for len(p.Skills) < 3 {
			p.Skills = append(p.Skills, Wish{Skill: id.ID(1 + int(200*rng.Float64()*rng.Float64())), Level: 1 + rng.IntN(4)})
		}
		shift := rng.IntN(3)
		for d := range 10 {
			for h := range 16 {
				n := d*48 + 14 + 8*shift + h
				p.week[n/64] |= 1 << (n % 64)
			}
		}
		return p
	}
	for k := range mentees {
		c.Mentees = append(c.Mentees, one(k))
	}
	for k := range mentors {
		m := one(mentees + k)
		m.Capacity = 2 + k%3
		c.Mentors = append(c.Mentors, m)
	}
	return c
}

func TestAScoreIsNeverMoreThanAHundred(t *testing.T) {
	c := crowd(ShapePairs, 300, 100)
	for _, mentee := range c.Mentees {
		for _, mentor := range c.Mentors {
			if m := Weigh(c.Weights, mentee, mentor); m.Score < 0 || m.Score > 100 {
				t.Fatalf("%v and %v score %d", mentee.Skills, mentor.Skills, m.Score)
			}
		}
	}
	// A skill that was merged into another stands there twice.
	both := &Participant{Skills: []Wish{{Skill: 1, Level: 4}, {Skill: 1, Level: 4}}}
	if m := Weigh(Weights{BySkills: "5"}, both, both); m.Score != 100 || len(m.Fits[0].Skill) != 1 {
		t.Errorf("twice the same skill scores %d with %v", m.Score, m.Fits[0].Skill)
	}
}

// TestSuggestionsReachEverybodyAndFloodNobody is about the numbers behind a
// large programme whose mentees choose.
func TestSuggestionsReachEverybodyAndFloodNobody(t *testing.T) {
	c := crowd(ShapePairs, 600, 200)
	list, err := Suggest(t.Context(), c, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	places := 0
	for _, m := range c.Mentors {
		places += m.Capacity
	}
	each := (suggested*len(c.Mentees) + places - 1) / places
	seen, shown := make([]int, len(c.Mentees)), make([]int, len(c.Mentors))
	before := map[[2]id.ID]bool{}
	sum := 0
	for _, x := range list {
		seen[x.Mentee]++
		shown[x.Mentor]++
		sum += x.Score
		before[[2]id.ID{c.Mentees[x.Mentee].Person, c.Mentors[x.Mentor].Person}] = true
	}
	for i, n := range seen {
		if n != suggested {
			t.Errorf("mentee %d sees %d mentors", i, n)
		}
	}
	for j, n := range shown {
		if n > each*c.Mentors[j].Capacity {
			t.Errorf("mentor %d of %d places stands in %d lists, at most %d", j, c.Mentors[j].Capacity, n, each*c.Mentors[j].Capacity)
		}
	}
	// One mentor less: almost every list stays as it was.
	c.Mentors = c.Mentors[1:]
	again, err := Suggest(t.Context(), c, before, nil)
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for _, x := range again {
		if before[[2]id.ID{c.Mentees[x.Mentee].Person, c.Mentors[x.Mentor].Person}] {
			same++
		}
	}
	if lost := len(list) - same; lost > 10*each {
		t.Errorf("a mentor who leaves moves %d of %d suggestions", lost, len(list))
	}
	t.Logf("%d suggestions, %.0f a piece; at most %d lists for each place; %d stayed when a mentor left", len(list), float64(sum)/float64(len(list)), each, same)
}

func BenchmarkLargeRun(b *testing.B) {
	for name, c := range map[string]Cohort{"pairs": crowd(ShapePairs, 7000, 3000), "peers": crowd(ShapePeers, 10_000, 0)} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				r, err := Compute(b.Context(), c, nil)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(100*(r.Bound-r.Objective)/r.Objective, "%gap")
			}
		})
	}
	b.Run("suggestions", func(b *testing.B) {
		c := crowd(ShapePairs, 7000, 3000)
		for range b.N {
			if _, err := Suggest(b.Context(), c, nil, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}
