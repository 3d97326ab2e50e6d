package mentoring

import (
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Criterion is something that makes two people fit.
type Criterion string

// The criteria, in the order in which they are shown.
const (
	BySkills   Criterion = "skills"   // the mentor offers what the mentee wants to learn
	ByUnit     Criterion = "unit"     // they come from different departments
	ByHours    Criterion = "hours"    // they are at work at the same time
	ByLanguage Criterion = "language" // they share a language
	BySite     Criterion = "site"     // they are at the same site
	ByLine     Criterion = "line"     // they report to different people
)

// Criteria are all of them.
var Criteria = [...]Criterion{BySkills, ByUnit, ByHours, ByLanguage, BySite, ByLine}

// Importance is how much a criterion counts: off, 1, 3, 5 or must. What must be
// counts five, and rules a pair out where it fits less than half.
type Importance string

// The importances, most first.
var Importances = [...]Importance{"must", "5", "3", "1", "off"}

func (i Importance) points() float64 {
	switch i {
	case "must", "5":
		return 5
	case "3":
		return 3
	case "1":
		return 1
	}
	return 0
}

// Weights say how much each criterion counts; one that is not named is off.
type Weights map[Criterion]Importance

// valid drops what is neither a criterion nor an importance.
func (w Weights) valid() Weights {
	out := Weights{}
	for _, c := range Criteria {
		if slices.Contains(Importances[:], w[c]) {
			out[c] = w[c]
		}
	}
	return out
}

// Wish is one skill of an enrolment: what a mentee wants, or a mentor offers at
// a level.
type Wish struct {
	Skill id.ID
	Level int // 1 to 4, a mentor's
}

// Participant is somebody to be matched.
type Participant struct {
	people.Trait
	Capacity int
	Skills   []Wish // what matters most first
	week     presence
}

// presence is the half hours of two weeks in which somebody works: 14 days of
// 48.
type presence [11]uint64

// at fills in when the participant works in the two weeks from a moment.
func (p *Participant) at(c people.Calendar, from time.Time) {
	for _, s := range c.Times(from, from.AddDate(0, 0, 14)) {
		for t := s.From.Sub(from); t < s.Until.Sub(from); t += 30 * time.Minute {
			n := int(t / (30 * time.Minute))
			p.week[n/64] |= 1 << (n % 64)
		}
	}
}

// overlap is how many hours a week both work.
func overlap(a, b *Participant) float64 {
	n := 0
	for i := range a.week {
		n += bits.OnesCount64(a.week[i] & b.week[i])
	}
	return float64(n) / 4 // half hours of two weeks
}

// Fit is how well two people fit by one criterion, and the fact behind it.
type Fit struct {
	By    Criterion `json:"by"`
	Share float64   `json:"share"`           // 0 to 1
	Skill []id.ID   `json:"skill,omitempty"` // of BySkills: those that meet
	Hours int       `json:"hours,omitempty"` // of ByHours: a week
	Lang  string    `json:"lang,omitempty"`  // of ByLanguage
}

// Match is how well a mentor fits a mentee.
type Match struct {
	Score int // 0 to 100
	Fits  []Fit
	Never bool // ruled out by what must be
}

// enoughHours of overlap a week are as good as any more.
const enoughHours = 20

// Weigh tells how well a mentor fits a mentee. The score is the share of the
// points that the weights give. It depends on nothing but its arguments; age,
// gender, nationality, pay and how quickly somebody replies are not among them.
func Weigh(w Weights, mentee, mentor *Participant) Match {
	var m Match
	m.Score, m.Never = worth(w, mentee, mentor)
	for _, c := range Criteria {
		if w[c].points() > 0 {
			m.Fits = append(m.Fits, fit(c, mentee, mentor, true))
		}
	}
	return m
}

// worth is the score of Weigh and whether the pair is ruled out. It is asked
// millions of times and allocates nothing.
func worth(w Weights, mentee, mentor *Participant) (score int, never bool) {
	var got, all float64
	for _, c := range Criteria {
		points := w[c].points()
		if points == 0 {
			continue
		}
		share := fit(c, mentee, mentor, false).Share
		if w[c] == "must" && share < 0.5 {
			never = true
		}
		got += points * share
		all += points
	}
	if all > 0 {
		score = int(got/all*100 + 0.5)
	}
	return score, never
}

// fit is how well two people fit by a criterion, with facts also which skills
// meet.
func fit(c Criterion, mentee, mentor *Participant, facts bool) Fit {
	f := Fit{By: c}
	switch c {
	case BySkills:
		// The first wish counts most: 1, 1/2, 1/3 ... A mentor at level III is
		// worth four fifths of one at level IV; below that one learns together.
		var got, all float64
		for i, want := range mentee.Skills {
			worth := 1 / float64(i+1)
			all += worth
			// Skills that were merged may stand there twice.
			level := -1
			for _, offer := range mentor.Skills {
				if offer.Skill == want.Skill {
					level = max(level, offer.Level, 0)
				}
			}
			if level < 0 {
				continue
			}
			got += worth * [...]float64{0.4, 0.4, 0.6, 0.8, 1}[min(level, 4)]
			if facts && !slices.Contains(f.Skill, want.Skill) {
				f.Skill = append(f.Skill, want.Skill)
			}
		}
		if all > 0 {
			f.Share = got / all
		}
	case ByUnit:
		switch {
		case mentee.Unit == 0 || mentor.Unit == 0:
			f.Share = 0.5 // not known: neither for nor against
		case mentee.Unit != mentor.Unit:
			f.Share = 1
		}
	case ByHours:
		hours := overlap(mentee, mentor)
		f.Hours = int(hours + 0.5)
		f.Share = min(hours/enoughHours, 1)
	case ByLanguage:
		for _, l := range mentee.Languages {
			if slices.ContainsFunc(mentor.Languages, func(x string) bool { return primary(x) == primary(l) }) {
				f.Share, f.Lang = 1, primary(l)
				break
			}
		}
		if len(mentee.Languages) == 0 || len(mentor.Languages) == 0 {
			f.Share = 0.5 // not known: neither for nor against
		}
	case BySite:
		if mentee.Site != 0 && mentee.Site == mentor.Site {
			f.Share = 1
		}
	case ByLine:
		f.Share = 1
		if mentee.Manager != 0 && mentee.Manager == mentor.Manager {
			f.Share = 0
		}
	}
	return f
}

func primary(tag string) string {
	t, _, _ := strings.Cut(tag, "-")
	return strings.ToLower(t)
}

// inLine tells whether one reports to the other: never a pair.
func inLine(a, b *Participant) bool { return a.Manager == b.Person || b.Manager == a.Person }

// caution is why an organiser should look at a pair, "" when nothing speaks
// against it. It is a key of a message.
func caution(m Match) string {
	for _, f := range m.Fits {
		switch {
		case f.By == BySkills && f.Share == 0:
			return "skills"
		case f.By == ByHours && f.Hours < 4:
			return "hours"
		case f.By == ByUnit && f.Share == 0:
			return "unit"
		case f.By == ByLanguage && f.Share == 0:
			return "language"
		}
	}
	if m.Score < 50 {
		return "low"
	}
	return ""
}
