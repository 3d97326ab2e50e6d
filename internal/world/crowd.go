package world

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// crowdSkills are how many skills the crowd asks about, and crowdWords how many
// words it knows. Both are used as unevenly as people use theirs.
const (
	crowdSkills = 300
	crowdWords  = 30_000
)

// Crowd fills an empty organisation with many people, questions and three times
// as many answers, to measure with: the same seed gives the same words from the
// same people at the same times. People answer mostly about what they are good
// at, and each field has words of its own.
func Crowd(ctx context.Context, s Services, seed uint64, until time.Time, persons, questions int, progress func(what string, done, all int)) error {
	c := &crowd{Services: s, rng: rand.New(rand.NewPCG(seed, 0x63726f7764)), vocabulary: vocabulary(), start: until.AddDate(-3, 0, 0)}
	if err := c.join(ctx, persons, progress); err != nil {
		return err
	}
	span := until.Sub(c.start)
	const batch = 50
	for done := 0; done < questions; done += batch {
		n := min(batch, questions-done)
		type thread struct {
			q       ask.Question
			answers []ask.Answer
		}
		threads := make([]thread, n)
		for i := range threads {
			at := c.start.Add(time.Duration(float64(span) * float64(done+i) / float64(questions)))
			threads[i].q, threads[i].answers = c.thread(done+i, at, until)
		}
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			for _, t := range threads {
				if err := s.Ask.Bring(tx, t.q, t.answers); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		progress("questions", done+n, questions)
	}
	return nil
}

type crowd struct {
	Services
	rng        *rand.Rand
	vocabulary []string
	start      time.Time
	authors    []id.ID
	tags       []skills.Tag
	knowers    [][]int // by skill
}

// vocabulary makes words that can be said: syllables, the frequent ones short.
func vocabulary() []string {
	onset := strings.Fields("b br c d dr f g gr h k l m n p pl pr r s sh st t tr v w")
	vowel := strings.Fields("a e i o u ai ea ou")
	coda := strings.Fields("n r l t s nd ck m ng st")
	rng := rand.New(rand.NewPCG(7, 7))
	seen := map[string]bool{}
	var out []string
	for len(out) < crowdWords {
		var b strings.Builder
		for range 1 + int(math.Log10(float64(len(out)+10))/1.4) {
			b.WriteString(onset[rng.IntN(len(onset))] + vowel[rng.IntN(len(vowel))])
		}
		b.WriteString(coda[rng.IntN(len(coda))])
		if w := b.String(); !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// CrowdWords are the words of the crowd, the most frequent one first. Making
// them takes some time.
func CrowdWords() []string { return vocabulary() }

// CrowdSkill is the name of a skill of the crowd.
func CrowdSkill(n int) string { return fmt.Sprintf("Field %03d", n) }

func (c *crowd) join(ctx context.Context, persons int, progress func(string, int, int)) error {
	first := strings.Fields("Ada Ben Chidi Dora Emil Fay Gus Hana Ivo Jun Kai Lea Mio Nia Oleg Pia Quim Rosa Sami Tess Uma Vito Wren Yara Zoe")
	for done := 0; done < persons; {
		n := min(100, persons-done)
		joiners := make([]people.Joiner, n)
		for i := range joiners {
			k := done + i
			w := c.vocabulary[200+k%20_000]
			joiners[i] = people.Joiner{
				Name: first[k%len(first)] + " " + strings.ToUpper(w[:1]) + w[1:], Email: fmt.Sprintf("person%d@crowd.example", k),
				Title: "Specialist for " + CrowdSkill(k%crowdSkills), Role: access.Member,
			}
			if k == 0 {
				joiners[i].Role = access.Admin
			}
		}
		var joined []id.ID
		if err := c.DB.Write(ctx, func(tx *db.Tx) error {
			joined = nil
			for _, j := range joiners {
				x, err := c.People.Join(tx, j, true)
				if err != nil {
					return err
				}
				joined = append(joined, x.Author)
			}
			return nil
		}); err != nil {
			return err
		}
		c.authors = append(c.authors, joined...)
		done += n
		progress("people", done, persons)
	}
	names := make([]string, crowdSkills)
	for i := range names {
		names[i] = CrowdSkill(i)
	}
	c.knowers = make([][]int, crowdSkills)
	for p := range c.authors {
		for range 3 {
			k := c.skewed(crowdSkills)
			c.knowers[k] = append(c.knowers[k], p)
		}
	}
	return c.DB.Write(ctx, func(tx *db.Tx) (err error) {
		c.tags, err = c.Skills.Named(tx, access.Actor{}, access.Organisation, names, true)
		return err
	})
}

// skewed is a number under n, small ones more often (as Zipf found of words).
func (c *crowd) skewed(n int) int {
	return int(math.Exp(c.rng.Float64()*math.Log(float64(n)+1))) - 1
}

// words are n words about a field: every third is one of its own.
func (c *crowd) words(n, field int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		k := min(c.skewed(crowdWords), crowdWords-1)
		if i%3 == 2 {
			k = 300 + (field*97+c.skewed(90))%(crowdWords-300)
		}
		b.WriteString(c.vocabulary[k])
		if i%12 == 11 {
			b.WriteByte('.')
		}
	}
	return b.String()
}

func (c *crowd) thread(n int, at, until time.Time) (ask.Question, []ask.Answer) {
	field := min(c.skewed(crowdSkills), crowdSkills-1)
	tags := []skills.Tag{c.tags[field]}
	if other := c.rng.IntN(crowdSkills); other != field && n%2 == 0 {
		tags = append(tags, c.tags[other])
	}
	title := c.words(6+c.rng.IntN(6), field)
	q := ask.Question{
		ID: id.Derived(at, fmt.Sprintf("crowd/question/%d", n)), Audience: access.Organisation, Author: c.authors[c.rng.IntN(len(c.authors))],
		Title: strings.ToUpper(title[:1]) + title[1:] + "?", Body: c.words(30+c.rng.IntN(60), field), Lang: "en", State: ask.Open,
		Created: at, Active: at, Skills: tags,
	}
	answers := make([]ask.Answer, c.rng.IntN(7)) // three in the mean
	for i := range answers {
		by := c.rng.IntN(len(c.authors))
		if know := c.knowers[field]; len(know) > 0 && i < 4 {
			by = know[min(c.skewed(len(know)), len(know)-1)]
		}
		when := at.Add(time.Duration(1+c.rng.IntN(72*60)) * time.Minute)
		if when.After(until) {
			when = until
		}
		answers[i] = ask.Answer{
			ID: id.Derived(when, fmt.Sprintf("crowd/answer/%d/%d", n, i)), Question: q.ID, Audience: access.Organisation, Author: c.authors[by],
			Body: c.words(25+c.rng.IntN(60), field), Lang: "en", State: ask.Open, Created: when,
		}
		if i == 0 && n%3 != 0 {
			answers[i].Accepted = when
		}
	}
	return q, answers
}
