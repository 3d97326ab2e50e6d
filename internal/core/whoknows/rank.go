package whoknows

import (
	"cmp"
	"slices"

	"github.com/guildhall/guildhall/internal/core/terms"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Query is what somebody wants to know.
type Query struct {
	Skills []id.ID // read from the question or named by the asker
	Title  string  // counts twice
	Words  string
	Lang   string  // BCP 47, "und" when unknown
	Asker  id.ID   // author who asks and is left out; 0 for nobody
	Not    []id.ID // authors who are not to be named: away, or asked enough this week
	Own    id.ID   // author of the reader, who is named but needs somebody else; 0 for nobody
	Limit  int     // how many people; 10 when 0
}

// Reason is a source that speaks for somebody. Skill is set when it does so by
// showing a skill that was asked for, not by its words.
type Reason struct {
	Source id.ID
	Skill  id.ID
}

// Found is one person.
type Found struct {
	Author id.ID
	// Reasons are up to three sources, strongest first. They are empty for
	// somebody who is only likely to answer because they answer much.
	Reasons []Reason
	// Near tells that little of what was asked is covered, beside the best of the
	// others the reader may ask: a near miss.
	Near bool
	// score orders; nobody is ever shown it.
	score float64
}

// Ranking is who knows, best first. Newer is somebody with little but fresh
// evidence who is not among the first of them, nil when there is nobody.
type Ranking struct {
	People []Found
	Newer  *Found
	// Counting tells that everything is being counted again, as after a large
	// import: until that ends, people and what speaks for them are missing.
	Counting bool
}

const (
	// rowsRead is how many rows of postings a question reads at most.
	rowsRead = 3000
	// unheardTerms is how many words are looked up that nothing has which the
	// whole organisation may see.
	unheardTerms = 8
	// byTopic and byActivity are how many people are looked at more closely
	// because of what they showed about the question, and because they are
	// lively.
	byTopic, byActivity = 200, 100
	// nearShare is the share of the best person's coverage of the question
	// below which somebody is a near miss.
	nearShare = 0.25
	// newerPieces is how much evidence a newer voice has at most, and
	// newerDays how long ago the first of it was.
	newerPieces, newerDays = 5, 180
)

// wanted is one term of a question.
type wanted struct {
	term  terms.Term
	skill id.ID
	says  float64 // how much having it says, per unit of impact
	all   float64 // sum of the impacts of everybody
	limit int
}

type candidate struct {
	personRow
	words, skills float64 // shares of the evidence about the question
	covers        float64
}

// Rank finds who knows, as far as the person reading may see what shows it.
// It reads a bounded number of rows.
func (x *Index) Rank(tx *db.Tx, reader id.ID, q Query) (Ranking, error) {
	if q.Limit == 0 {
		q.Limit = 10
	}
	total, err := readTotals(tx)
	if err != nil {
		return Ranking{}, err
	}
	want, err := understand(tx, q, total)
	if err != nil {
		return Ranking{}, err
	}
	found, err := gather(tx, reader, want, total)
	if err != nil {
		return Ranking{}, err
	}
	shortlist, err := meet(tx, reader, q, found)
	if err != nil {
		return Ranking{}, err
	}
	ranked := judgeAll(shortlist, total, q.Own)
	out := Ranking{People: ranked, Counting: total.building != 0}
	if len(ranked) > q.Limit {
		out.People = ranked[:q.Limit]
		out.Newer = newer(ranked[q.Limit:], shortlist, total)
	}
	if err := reasons(tx, reader, want, &out); err != nil {
		return Ranking{}, err
	}
	return out, nil
}

// understand turns the question into the terms that say most.
func understand(tx *db.Tx, q Query, total totals) ([]wanted, error) {
	counted := terms.Count(q.Lang, terms.Field{Text: q.Title, Times: titleTimes}, terms.Field{Text: q.Words, Times: 1})
	list := make([]int64, 0, len(counted)+len(q.Skills))
	for _, c := range counted {
		list = append(list, int64(c.Term))
	}
	for _, s := range q.Skills {
		list = append(list, int64(skillTerm(s)))
	}
	rows, err := db.All(tx, termsSQL, scanTerm, list)
	if err != nil {
		return nil, err
	}
	known := make(map[terms.Term]termRow, len(rows))
	for _, r := range rows {
		known[r.term] = r
	}
	// Looked up are the words that say most by their number and rarity. Words
	// nobody has used before the whole organisation say nothing there, but may
	// in an audience of the reader: a few of them are looked up besides.
	type word struct {
		wanted
		first float64
	}
	var common, unheard []word
	for _, c := range counted {
		r := known[c.Term]
		rare := rarity(max(1, r.docs), total.pieces)
		times := float64(min(c.Times, mostTimes))
		// Rarity counts twice in what a word says: once for the question and
		// once for the evidence.
		w := word{wanted{term: c.Term, says: times * rare * rare, all: float64(r.impact)}, times * rare}
		if r.docs > 0 {
			common = append(common, w)
		} else {
			unheard = append(unheard, w)
		}
	}
	slices.SortStableFunc(common, func(a, b word) int { return cmp.Compare(b.first, a.first) })
	slices.SortStableFunc(unheard, func(a, b word) int { return cmp.Compare(b.first, a.first) })
	var out []wanted
	for _, w := range append(common[:min(len(common), askedTerms)], unheard[:min(len(unheard), unheardTerms)]...) {
		out = append(out, w.wanted)
	}
	for _, s := range q.Skills {
		t := skillTerm(s)
		r := known[t]
		doubt := skillDoubt * grown(1, total.newest)
		out = append(out, wanted{term: t, skill: s, says: 1 / (float64(r.impact) + doubt) / float64(len(q.Skills)), all: float64(r.impact)})
	}
	limit := max(100, rowsRead/max(1, len(out)))
	for i := range out {
		out[i].limit = limit
	}
	return out, nil
}

// gather adds up what everybody has shown about the question.
func gather(tx *db.Tx, reader id.ID, want []wanted, total totals) (map[id.ID]*candidate, error) {
	found := map[id.ID]*candidate{}
	at := func(author id.ID) *candidate {
		c := found[author]
		if c == nil {
			c = &candidate{}
			c.author = author
			found[author] = c
		}
		return c
	}
	allWords, allSays := 0.0, 0.0
	bySkill, byWord := false, false
	skill := 1.0 // how much of the question a skill is: what its rarest word is at least
	for _, w := range want {
		if w.skill == 0 {
			skill = max(skill, w.says)
		}
	}
	for i, w := range want {
		rows, err := tx.Query(bestSQL, reader, int64(w.term), w.limit)
		if err != nil {
			return nil, err
		}
		hidden := 0.0
		for rows.Next() {
			var author, audience id.ID
			var impact int64
			if err := rows.Scan(&author, &audience, &impact); err != nil {
				rows.Close()
				return nil, err
			}
			if audience != organisation {
				hidden += float64(impact)
			}
			c := at(author)
			if w.skill != 0 {
				c.skills += w.says * float64(impact)
			} else {
				c.words += w.says * float64(impact)
			}
			c.covers += coverage(w, skill)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
		want[i].all += hidden
		if w.skill != 0 {
			bySkill = true
		} else {
			byWord = true
			allWords += w.says * want[i].all
		}
		allSays += coverage(w, skill)
	}
	// Words and skills count half each; alone, either counts for both.
	half := 0.5
	if !bySkill || !byWord {
		half = 1
	}
	for _, c := range found {
		if allWords > 0 {
			c.words *= half / allWords
		}
		c.skills *= half
		c.covers /= allSays
	}
	// Who is lively may be asked although nothing shows that they know.
	lively, err := db.All(tx, activeSQL, scanID, reader, byActivity)
	if err != nil {
		return nil, err
	}
	best := make([]*candidate, 0, len(found))
	for _, c := range found {
		best = append(best, c)
	}
	slices.SortFunc(best, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(b.words+b.skills, a.words+a.skills), cmp.Compare(a.author, b.author))
	})
	short := make(map[id.ID]*candidate, byTopic+byActivity)
	for _, c := range best[:min(len(best), byTopic)] {
		short[c.author] = c
	}
	for _, a := range lively {
		short[a] = at(a)
	}
	return short, nil
}

// coverage is how much of the question a term is.
func coverage(w wanted, skill float64) float64 {
	if w.skill != 0 {
		return skill
	}
	return w.says
}

// meet reads who the candidates are, leaving out the asker, those not wanted
// and those who cannot be asked.
func meet(tx *db.Tx, reader id.ID, q Query, found map[id.ID]*candidate) ([]*candidate, error) {
	list := make([]id.ID, 0, len(found))
	for a := range found {
		if a != q.Asker && !slices.Contains(q.Not, a) {
			list = append(list, a)
		}
	}
	slices.Sort(list)
	rows, err := db.All(tx, peopleSQL, scanPerson, reader, list)
	if err != nil {
		return nil, err
	}
	var out []*candidate
	for _, r := range rows {
		c := found[r.author]
		if c.pieces == 0 {
			out = append(out, c)
			c.first = r.first
		}
		c.first = min(c.first, r.first)
		c.pieces += r.pieces
		c.weight += r.weight
		c.active += r.active
	}
	return out, nil
}

// judgeAll scores and sorts. Nobody is a near miss beside the reader, who needs
// somebody else; own is the reader's author.
func judgeAll(list []*candidate, total totals, own id.ID) []Found {
	out := make([]Found, len(list))
	best, shown := 0.0, false
	for _, c := range list {
		if c.author != own {
			best = max(best, c.covers)
			shown = shown || c.skills > 0
		}
	}
	for i, c := range list {
		about := c.words + c.skills
		if shown && c.skills == 0 {
			about = 0 // others showed a skill that was named: words alone are beside the point
		}
		portion := float64(c.weight) / float64(max(1, total.weight))
		out[i] = Found{Author: c.author, Near: c.covers < nearShare*best || c.covers == 0, score: score(c.active, about, portion)}
	}
	slices.SortFunc(out, func(a, b Found) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.Author, b.Author))
	})
	return out
}

// newer picks the best of the rest who is new to this.
func newer(rest []Found, list []*candidate, total totals) *Found {
	fresh := map[id.ID]bool{}
	for _, c := range list {
		if c.words+c.skills > 0 && c.pieces <= newerPieces && c.first >= total.newest-newerDays {
			fresh[c.author] = true
		}
	}
	for _, f := range rest {
		if fresh[f.Author] && !f.Near {
			return &f
		}
	}
	return nil
}

// reasons finds the sources that contribute most to each person.
func reasons(tx *db.Tx, reader id.ID, want []wanted, out *Ranking) error {
	people := make([]*Found, 0, len(out.People)+1)
	for i := range out.People {
		people = append(people, &out.People[i])
	}
	if out.Newer != nil {
		people = append(people, out.Newer)
	}
	// Nobody reads the reasons of more people than fit a page.
	people = people[:min(len(people), 25)]
	if len(want) == 0 || len(people) == 0 {
		return nil
	}
	list := make([]int64, len(want))
	by := make(map[terms.Term]wanted, len(want))
	words := 0.0
	for i, w := range want {
		list[i] = int64(w.term)
		by[w.term] = w
		if w.skill == 0 {
			words += w.says * w.all
		}
	}
	authors := make([]id.ID, len(people))
	for i, p := range people {
		authors[i] = p.Author
	}
	type key struct{ author, source id.ID }
	type worth struct {
		skill           id.ID
		bySkill, byWord float64
	}
	sum := map[key]worth{}
	rows, err := tx.Query(proofsSQL, reader, list, authors)
	if err != nil {
		return err
	}
	for rows.Next() {
		var author, source id.ID
		var term, impact int64
		if err := rows.Scan(&author, &term, &impact, &source); err != nil {
			rows.Close()
			return err
		}
		w := by[terms.Term(term)]
		v := sum[key{author, source}]
		if w.skill != 0 {
			v.skill = w.skill
			v.bySkill += w.says * float64(impact)
		} else if words > 0 {
			v.byWord += w.says * float64(impact) / words
		}
		sum[key{author, source}] = v
	}
	if err := rows.Err(); err != nil {
		return err
	}
	mine := map[id.ID][]key{}
	for k := range sum {
		mine[k.author] = append(mine[k.author], k)
	}
	for _, p := range people {
		ks := mine[p.Author]
		slices.SortFunc(ks, func(a, b key) int {
			x, y := sum[a], sum[b]
			return cmp.Or(cmp.Compare(y.bySkill+y.byWord, x.bySkill+x.byWord), cmp.Compare(b.source, a.source))
		})
		for _, k := range ks[:min(3, len(ks))] {
			r := Reason{Source: k.source}
			if v := sum[k]; v.bySkill > v.byWord {
				r.Skill = v.skill
			}
			p.Reasons = append(p.Reasons, r)
		}
	}
	return nil
}
