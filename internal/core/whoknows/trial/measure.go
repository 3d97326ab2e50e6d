package trial

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Measures of a ranking of one question or, averaged, of many. P1: the first
// is one who answered. RR: 1 / place of the first who answered within 100.
// R5: share of those who answered among the first five. N3: NDCG of the first
// three. RB: 1 / place of the one who answered best.
type Measures [5]float64

// MeasureNames heads the columns of Measures.
func MeasureNames() []string { return []string{"P@1", "MRR", "R@5", "NDCG@3", "MRR(best)"} }

// Score measures one ranking; the asker is left out of it.
func Score(c Case, ranking []string) Measures {
	r := make([]string, 0, min(len(ranking), 100))
	for _, u := range ranking {
		if u != c.Question.Owner {
			if r = append(r, u); len(r) == 100 {
				break
			}
		}
	}
	var m Measures
	var ideal float64
	for i := range min(3, len(c.Any)) {
		ideal += 1 / math.Log2(float64(i+2))
	}
	for i, u := range r {
		if u == c.Best {
			m[4] = 1 / float64(i+1)
		}
		if !c.Any[u] {
			continue
		}
		if i == 0 {
			m[0] = 1
		}
		if m[1] == 0 {
			m[1] = 1 / float64(i+1)
		}
		if i < 5 {
			m[2] += 1 / float64(len(c.Any))
		}
		if i < 3 {
			m[3] += 1 / math.Log2(float64(i+2)) / ideal
		}
	}
	return m
}

// Run measures a ranking on every test question, in their order.
func (s *Split) Run(rank Ranker) ([]Measures, error) {
	out := make([]Measures, len(s.Tests))
	for i, c := range s.Tests {
		r, err := rank(c.Question)
		if err != nil {
			return nil, fmt.Errorf("rank for question %s: %w", c.Question.ID, err)
		}
		out[i] = Score(c, r)
	}
	return out, nil
}

// Mean averages measures.
func Mean(ms []Measures) Measures {
	var sum Measures
	for _, m := range ms {
		for k, v := range m {
			sum[k] += v
		}
	}
	for k := range sum {
		sum[k] /= float64(max(len(ms), 1))
	}
	return sum
}

// Interval is a mean difference with its 95 % bootstrap interval.
type Interval struct{ Mean, Low, High float64 }

// resamples is how often the bootstrap draws: enough that the third digit of
// an interval stands still.
const resamples = 5000

// Paired compares two rankings question by question: the mean of ours minus
// theirs per measure, with the interval that holds the middle 95 % of the
// means of resampled questions. The draws are the same every time.
func Paired(ours, theirs []Measures) [5]Interval {
	var out [5]Interval
	n := len(ours)
	if n == 0 {
		return out
	}
	diff := make([]Measures, n)
	for i := range diff {
		for k := range diff[i] {
			diff[i][k] = ours[i][k] - theirs[i][k]
		}
	}
	draw := rand.New(rand.NewPCG(1, 2))
	var means [5][]float64
	for range resamples {
		var sum Measures
		for range n {
			d := &diff[draw.IntN(n)]
			for k, v := range d {
				sum[k] += v
			}
		}
		for k, v := range sum {
			means[k] = append(means[k], v/float64(n))
		}
	}
	centre := Mean(diff)
	for k := range out {
		slices.Sort(means[k])
		out[k] = Interval{Mean: centre[k], Low: means[k][resamples*25/1000], High: means[k][resamples*975/1000-1]}
	}
	return out
}

// Guarded is a ranking under the overload guard: of each question the first
// so many people are asked, and whoever has been asked the budget of the week
// is not named until the next. Questions must come in the order of their time.
func Guarded(rank func(q *Question, not []string) ([]string, error), budget, asked int) Ranker {
	week := int64(-1)
	load := map[string]int{}
	return func(q *Question) ([]string, error) {
		at, err := Time(q.Created)
		if err != nil {
			return nil, err
		}
		// Day 4 of 1970 was a Monday.
		if w := (at.Unix()/86400 + 3) / 7; w != week {
			week = w
			clear(load)
		}
		var not []string
		for who, n := range load {
			if n >= budget {
				not = append(not, who)
			}
		}
		slices.Sort(not)
		r, err := rank(q, not)
		if err != nil {
			return nil, err
		}
		for _, who := range r[:min(asked, len(r))] {
			load[who]++
		}
		return r, nil
	}
}
