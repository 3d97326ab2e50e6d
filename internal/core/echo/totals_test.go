package echo

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guildhall/guildhall/internal/platform/id"
)

// drawSaid draws answers of few people about few skills, so that groups around
// the smallest size come up often.
func drawSaid(t *rapid.T, now time.Time) []said {
	n := rapid.IntRange(0, 40).Draw(t, "answers")
	list := make([]said, n)
	for i := range list {
		list[i] = said{
			echo: id.ID(i + 1), learner: id.ID(rapid.IntRange(1, 9).Draw(t, "learner")), skill: id.ID(rapid.IntRange(0, 4).Draw(t, "skill")),
			said: rapid.SampledFrom([]string{Used, NotYet, NoHelp}).Draw(t, "said"), at: now.AddDate(0, 0, -rapid.IntRange(31, 400).Draw(t, "days")),
		}
		for range rapid.IntRange(1, 2).Draw(t, "helpers") {
			list[i].helpers = append(list[i].helpers, id.ID(100+rapid.IntRange(1, 9).Draw(t, "helper")))
		}
	}
	return list
}

func TestEveryTotalIsOfFivePeopleAndFiveHelpersAndNoAnswerIsInTwo(t *testing.T) {
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	shown := 0
	rapid.Check(t, func(t *rapid.T) {
		list := drawSaid(t, now)
		by := map[id.ID]said{}
		for _, x := range list {
			by[x.echo] = x
		}
		in := map[id.ID]bool{}
		for _, x := range totals(list, now) {
			shown++
			learners, helpers := map[id.ID]bool{}, map[id.ID]bool{}
			count := map[string]int{}
			for _, e := range x.echoes {
				if in[e] {
					t.Fatalf("answer %d is in two totals", e)
				}
				in[e] = true
				a := by[e]
				learners[a.learner] = true
				count[a.said]++
				for _, h := range a.helpers {
					helpers[h] = true
				}
				if x.skill != 0 && a.skill != x.skill || x.skill == 0 && a.skill != 0 && now.Sub(a.at) <= pooled {
					t.Fatalf("answer %+v is in the total of skill %d", a, x.skill)
				}
			}
			if len(learners) < 5 || len(helpers) < 5 || count[Used] == 0 {
				t.Fatalf("a total of %d people about %d helpers, %d used it", len(learners), len(helpers), count[Used])
			}
			if x.used != count[Used] || x.notYet != count[NotYet] || x.noHelp != count[NoHelp] {
				t.Fatalf("%+v is not what was said: %v", x, count)
			}
		}
	})
	if shown == 0 {
		t.Fatal("nothing was ever shown: the check says nothing")
	}
}

// Whoever looks before and after others answered learns of five people or of
// nobody: what was counted is gone, so the next totals are made of new answers
// alone.
func TestTwoLooksDifferByFivePeopleOrByNone(t *testing.T) {
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		list := drawSaid(t, now)
		cut := rapid.IntRange(0, len(list)).Draw(t, "cut")
		counted := map[id.ID]bool{}
		for _, x := range totals(list[:cut], now) {
			for _, e := range x.echoes {
				counted[e] = true
			}
		}
		var left []said
		for _, x := range list {
			if !counted[x.echo] {
				left = append(left, x)
			}
		}
		for _, x := range totals(left, now.AddDate(0, 1, 0)) {
			if len(x.learners) < 5 {
				t.Fatalf("the second look shows %d people more", len(x.learners))
			}
			for _, e := range x.echoes {
				if counted[e] {
					t.Fatalf("answer %d is counted twice", e)
				}
			}
		}
	})
}
