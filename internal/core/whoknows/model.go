package whoknows

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/terms"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// The constants of the model. docs/who-knows.md has the reason of each and
// what happens when it is changed.
const (
	// halfLife is the age at which what somebody knew counts half. It is the
	// half-life of the ledger's receipts.
	halfLife = 2 * 365 * 24 * time.Hour
	// saturation and lengthShare are k1 and b of BM25; usualLength is the
	// length in words at which a text is neither short nor long.
	saturation, lengthShare, usualLength = 1.2, 0.75, 120.0
	// titleTimes is how often a word of a title counts.
	titleTimes = 2
	// mostTerms is how many terms of a text are kept, titles first, then the
	// most frequent.
	mostTerms = 24
	// askedTerms is how many words of a question are looked up: those that
	// say most.
	askedTerms = 16
	// mostTimes is how often a repeated word of a question counts at most.
	mostTimes = 3
	// skillDoubt is the number of receipts of a skill at which half of what
	// they say is believed.
	skillDoubt = 2.0
	// memory is the share of the organisation's history at which being active
	// counts a quarter of being active today.
	memory = 0.4
	// shortestMemory is the least it comes to, for organisations that began
	// last week.
	shortestMemory = 7.0 // days
	// witness is what all evidence about a question weighs against all else
	// that somebody has shown.
	witness = 1.5
	// eagerness is the power of being active: who answers much answers more
	// than their share, since they see the question first.
	eagerness = 1.2
	// faint is how active somebody counts who never did anything.
	faint = 0.01
)

// epoch is where weights that grow with time begin, and unit is one receipt of
// that day: weights are whole numbers, double every half-life, and fit 63 bits
// until 2070.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

const unit = 1024

// Strengths of what a receipt is for, in answers. A text that somebody wrote
// about themselves counts a quarter.
const (
	strengthAnswered = 1.0
	strengthAccepted = 0.5
	strengthUseful   = 0.25
	strengthVerified = 0.5
	strengthEndorsed = 1.0
	strengthProfile  = 0.25
)

// dayOf is the number of the day, UTC, since 1970.
func dayOf(t time.Time) int64 {
	return int64(math.Floor(float64(t.Unix()) / 86400))
}

// grown is what a receipt of the day weighs when no receipt is ever rewritten
// to make it older: later ones weigh more instead.
func grown(strength float64, day int64) float64 {
	age := float64(day-dayOf(epoch)) / (halfLife.Hours() / 24)
	return strength * unit * math.Exp2(min(age, 36))
}

// whole rounds a weight so that no evidence vanishes.
func whole(w float64) int64 { return max(1, int64(math.Round(w))) }

// skillTerm is the term of a skill. Skills have the numbers above those of
// words.
func skillTerm(skill id.ID) terms.Term { return 1<<40 | terms.Of(skill.String()) }

// evidence is one (source, author) pair ready to be counted.
type evidence struct {
	source, author, audience id.ID
	day                      int64
	strength                 int64           // 1024 is one answer
	weight                   int64           // strength, doubled every half-life since the epoch
	postings                 []terms.Posting // by term
}

// Text is what a source says, as who-knows counts it: the words of an answer
// stand under the title and the skills of its question.
type Text struct {
	Title string // counts twice: a question's title, names of its skills, a job title
	Body  string // Markdown or plain text
	Lang  string // BCP 47, "und" when unknown
}

// weigh makes the postings of evidence.
func weigh(t Text, skills map[id.ID]float64, strength float64, day int64) []terms.Posting {
	counted := terms.Count(t.Lang, terms.Field{Text: t.Title, Times: titleTimes}, terms.Field{Text: t.Body, Times: 1})
	length := 0
	for _, c := range counted {
		length += c.Times
	}
	if len(counted) > mostTerms {
		slices.SortStableFunc(counted, func(a, b terms.Counted) int { return b.Times - a.Times })
		counted = counted[:mostTerms]
	}
	grownUp := grown(strength, day)
	out := make([]terms.Posting, 0, len(counted)+len(skills))
	for _, c := range counted {
		f := float64(c.Times)
		s := f * (saturation + 1) / (f + saturation*(1-lengthShare+lengthShare*float64(length)/usualLength))
		out = append(out, terms.Posting{Term: c.Term, Impact: whole(grownUp * s)})
	}
	for s, own := range skills {
		out = append(out, terms.Posting{Term: skillTerm(s), Impact: whole(grown(own, day))})
	}
	slices.SortFunc(out, func(a, b terms.Posting) int { return cmp.Compare(a.Term, b.Term) })
	return slices.CompactFunc(out, func(a, b terms.Posting) bool { return a.Term == b.Term })
}

// totals are what the whole organisation may see, in sum.
type totals struct {
	pieces        int64 // of evidence
	weight        int64
	first, newest int64 // days
	// what they were when everybody's liveliness was computed
	countedFirst, countedNewest int64
	building                    int64 // while everything is counted again: when that last went on, in seconds since 1970
}

// memoryDays is the age, in days, at which being active counts a quarter.
func (t totals) memoryDays() float64 {
	return max(shortestMemory, memory*float64(t.newest-t.first))
}

// liveliness is how active somebody is at the newest day of the organisation:
// time stands still while nobody does anything, so that an archive is read as
// on its last day. days are the days of their receipts and the strengths of
// what they did then.
func liveliness(days []activeDay, t totals) float64 {
	m := t.memoryDays()
	sum := 0.0
	for _, d := range days {
		age := float64(max(0, t.newest-d.day))
		sum += float64(d.strength) / unit / ((1 + age/m) * (1 + age/m))
	}
	return sum
}

// activeDay is what somebody did on a day: strengths in units.
type activeDay struct {
	day      int64
	strength int64
}

// rarity is how much it says that a text has a word that docs of all texts
// have.
func rarity(docs, all int64) float64 {
	return math.Log(1 + (float64(max(all, docs)-docs)+0.5)/(float64(docs)+0.5))
}

// score is the model: active is how lively somebody is, about the share of the
// evidence about the question that is theirs (words and skills, 0 to 1), and
// portion their share of all evidence.
//
// With Bayes' rule, who has more of the evidence about the question than of
// all evidence is who knows.
func score(active, about, portion float64) float64 {
	return eagerness*math.Log(active+faint) + math.Log1p(witness*about/max(portion, 1e-9))
}
