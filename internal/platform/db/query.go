package db

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Query is a statement with optional filters: registered once, so that a test
// can prepare and explain the statement with each filter alone and with each
// pair.
//
//	var listQuestions = db.NewQuery(listQuestionsSQL, bySkillFilterSQL, unansweredFilterSQL)
//
//	const listQuestionsSQL = `SELECT ... WHERE m.person_id = $1 {filters} ORDER BY ... LIMIT $2`
//	const bySkillFilterSQL = `AND EXISTS (SELECT 1 FROM question_skills s WHERE s.question_id = q.id AND s.skill_id = $1)`
//
//	b := listQuestions.With(actor, limit)
//	b.If(skill != 0, bySkillFilterSQL, skill)
//	text, args := b.Build()
//
// Statement and filters each number their own parameters from $1; Build
// numbers them anew in the order in which they appear.
type Query struct {
	head, tail string
	filters    []string
	built      sync.Map // set of filters -> *plan
}

// Filters is where the filters stand in the statement.
const Filters = "{filters}"

// NewQuery registers a statement and every filter it may get, at most 32. It
// panics when the statement does not say {filters} exactly once: a mistake of
// the program.
func NewQuery(statement string, filters ...string) *Query {
	head, tail, found := strings.Cut(statement, Filters)
	if !found || strings.Contains(tail, Filters) || len(filters) > 32 {
		panic("db: the statement of a Query says " + Filters + " once: " + short(statement))
	}
	return &Query{head: head, tail: tail, filters: filters}
}

// Built is a Query with its arguments and the filters chosen for one run.
type Built struct {
	q    *Query
	args []any
	set  uint32
	own  [][]any // the arguments of each filter
}

// With begins a run with the arguments of the statement itself.
func (q *Query) With(args ...any) *Built {
	return &Built{q: q, args: args, own: make([][]any, len(q.filters))}
}

// If adds a registered filter with its own arguments when on is true. It
// panics when the filter was not registered.
func (b *Built) If(on bool, filter string, args ...any) *Built {
	for i, f := range b.q.filters {
		if f == filter {
			if on {
				b.set |= 1 << i
				b.own[i] = args
			}
			return b
		}
	}
	panic("db: filter was not registered: " + short(filter))
}

// Build returns the statement and its arguments for All, One or Query.
func (b *Built) Build() (string, []any) {
	v, ok := b.q.built.Load(b.set)
	if !ok {
		v, _ = b.q.built.LoadOrStore(b.set, b.q.assemble(b.set))
	}
	p := v.(*plan)
	args := make([]any, len(p.args))
	for i, a := range p.args {
		from := b.args
		if a.filter >= 0 {
			from = b.own[a.filter]
		}
		if a.n > len(from) {
			// One argument too few: the statement says so when it is bound.
			return p.text, args[:i]
		}
		args[i] = from[a.n-1]
	}
	return p.text, args
}

// plan is the text for one set of filters, and where its arguments come from.
type plan struct {
	text string
	args []origin
}

// origin is parameter n of a filter, of the statement itself when filter is
// -1.
type origin struct{ filter, n int }

func (q *Query) assemble(set uint32) *plan {
	p := &plan{}
	var b strings.Builder
	seen := map[origin]int{}
	p.add(&b, seen, -1, q.head)
	for i, f := range q.filters {
		if set&(1<<i) != 0 {
			b.WriteByte('\n')
			p.add(&b, seen, i, f)
		}
	}
	p.add(&b, seen, -1, q.tail)
	p.text = b.String()
	return p
}

// add writes text with its parameters numbered anew.
func (p *plan) add(b *strings.Builder, seen map[origin]int, filter int, text string) {
	for {
		head, rest, found := strings.Cut(text, "$")
		b.WriteString(head)
		if !found {
			return
		}
		end := 0
		for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
			end++
		}
		n, err := strconv.Atoi(rest[:end])
		if err != nil || n < 1 {
			panic(fmt.Sprintf("db: %q is no parameter in %s", "$"+rest[:end], short(text)))
		}
		from := origin{filter, n}
		if seen[from] == 0 {
			p.args = append(p.args, from)
			seen[from] = len(p.args)
		}
		b.WriteString("$" + strconv.Itoa(seen[from]))
		text = rest[end:]
	}
}

// Variants returns the statement without filters, with each alone, and with
// each pair, for tests.
func (q *Query) Variants() []string {
	sets := []uint32{0}
	for i := range q.filters {
		sets = append(sets, 1<<i)
		for k := range i {
			sets = append(sets, 1<<i|1<<k)
		}
	}
	list := make([]string, len(sets))
	for i, s := range sets {
		list[i] = q.assemble(s).text
	}
	return list
}
