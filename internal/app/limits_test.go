package app

import (
	"context"
	"encoding/json"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// clients is how many act at the same time in a history.
const clients = 16

// crowd gives the guild that many more members and returns their names.
func (g *guild) crowd() []string {
	g.Helper()
	names := make([]string, clients)
	for i := range names {
		names[i] = fmt.Sprintf("Client %d", i)
		g.write(func(tx *db.Tx) (err error) {
			var a actor
			if a.Joined, err = g.house.People.Join(tx, people.Joiner{Name: names[i], Role: access.Member}, true); err != nil {
				return err
			}
			a.token, err = g.house.Logins.NewToken(tx, a.Person, "test", time.Time{})
			g.cast[names[i]] = a
			return err
		})
	}
	return names
}

// history lets every client do its steps at the same time and writes down when
// each was called and returned. A step returns what came back.
func history(t *testing.T, steps int, next func(client int, r *rand.Rand) any, do func(client int, in any) any) []porcupine.Operation {
	t.Helper()
	var mu sync.Mutex
	var out []porcupine.Operation
	var all sync.WaitGroup
	began := time.Now()
	for c := range clients {
		r := rand.New(rand.NewPCG(uint64(c), 9))
		all.Go(func() {
			for range steps {
				in := next(c, r)
				call := time.Since(began).Nanoseconds()
				result := do(c, in)
				back := time.Since(began).Nanoseconds()
				mu.Lock()
				out = append(out, porcupine.Operation{ClientId: c, Input: in, Call: call, Output: result, Return: back})
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return out
}

// explain fails the test when no order of the operations, each between its call
// and its return, gives what came back.
func explain(t *testing.T, model porcupine.Model, ops []porcupine.Operation) {
	t.Helper()
	if got := porcupine.CheckOperationsTimeout(model, ops, time.Minute); got != porcupine.Ok {
		t.Errorf("%d operations of %d clients: %s", len(ops), clients, got)
	}
}

type votes struct {
	who int  // of the crowd
	on  bool // or off
	see bool // only look
}

func TestEverybodysVoteCountsOnceWhoeverVotesAtTheSameTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		names := g.crowd()
		q, a, _ := g.thread(access.Organisation, "How is the loom threaded?", "By hand.")
		ops := history(t, 12, func(c int, r *rand.Rand) any {
			// Several clients are the same person on different devices.
			return votes{who: c % 5, on: r.IntN(2) == 0, see: r.IntN(3) == 0}
		}, func(_ int, in any) any {
			v := in.(votes)
			if v.see {
				var page struct{ List []struct{ Score int } }
				if code := g.call(names[v.who], "GET", "/api/v1/questions/"+q.String(), nil, &page); code != 200 || len(page.List) != 1 {
					t.Errorf("looking answers %d", code)
					return -1
				}
				return page.List[0].Score
			}
			method := "PUT"
			if !v.on {
				method = "DELETE"
			}
			if code := g.call(names[v.who], method, "/api/v1/answers/"+a.String()+"/useful", nil, nil); code != 204 {
				t.Errorf("voting answers %d", code)
			}
			return 0
		})
		explain(t, porcupine.Model{
			Init: func() any { return uint(0) },
			Step: func(state, in, out any) (bool, any) {
				s, v := state.(uint), in.(votes)
				switch {
				case v.see:
					return out.(int) == bits.OnesCount(s), s
				case v.on:
					return true, s | 1<<v.who
				}
				return true, s &^ (1 << v.who)
			},
		}, ops)
	})
}

func TestOneAnswerAtMostIsAcceptedWhoeverAcceptsAtTheSameTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ctx := context.Background()
		q := must[id.ID](g)(g.house.Ask.Ask(ctx, g.actor("Ben"), ask.Ask{Title: "How is the loom threaded?"}))
		answers := []string{""}
		for i := range 4 {
			answers = append(answers, must[id.ID](g)(g.house.Ask.Answer(ctx, g.actor("Mia"), q, fmt.Sprintf("Like so, %d.", i))).String())
		}
		path := "/api/v1/questions/" + q.String()
		ops := history(t, 10, func(_ int, r *rand.Rand) any { return r.IntN(len(answers)+3) - 3 }, func(_ int, in any) any {
			switch n := in.(int); {
			case n < 0:
				var page struct {
					Accepted string `json:"accepted_answer"`
					List     []struct {
						ID       string
						Accepted bool
					}
				}
				if code := g.call("Ben", "GET", path, nil, &page); code != 200 {
					t.Errorf("looking answers %d", code)
				}
				said := ""
				for _, a := range page.List {
					if a.Accepted {
						said += a.ID
					}
				}
				if said != page.Accepted {
					t.Errorf("the question says %q is accepted, the answers say %q", page.Accepted, said)
				}
				return page.Accepted
			case n == 0:
				if code := g.call("Ben", "DELETE", path+"/acceptance", nil, nil); code != 204 {
					t.Errorf("taking back answers %d", code)
				}
			default:
				if code := g.call("Ben", "PUT", path+"/acceptance", map[string]any{"answer": answers[n]}, nil); code != 204 {
					t.Errorf("accepting answers %d", code)
				}
			}
			return ""
		})
		explain(t, porcupine.Model{
			Init: func() any { return "" },
			Step: func(state, in, out any) (bool, any) {
				n := in.(int)
				if n < 0 {
					return out.(string) == state.(string), state
				}
				return true, answers[n]
			},
		}, ops)
	})
}

// keyed is one request with an idempotency key, and what came back.
type keyed struct{ key, words int }

type told struct {
	code int
	id   string
}

func TestARequestWithAKeyIsDoneOnceWhoeverSendsItAtTheSameTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ops := history(t, 8, func(_ int, r *rand.Rand) any { return keyed{r.IntN(12), r.IntN(2)} }, func(_ int, in any) any {
			k := in.(keyed)
			code, body, _ := g.again("Ben", "/api/v1/questions", fmt.Sprintf("key-%d", k.key), fmt.Sprintf(`{"title": "How is it done, %d of %d?"}`, k.words, k.key))
			var made struct{ ID string }
			if code == 201 {
				if err := json.Unmarshal([]byte(body), &made); err != nil {
					t.Error(err)
				}
			}
			return told{code, made.ID}
		})
		type kept struct {
			words int
			id    string
		}
		explain(t, porcupine.Model{
			Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
				by := make([][]porcupine.Operation, 12)
				for _, o := range all {
					k := o.Input.(keyed).key
					by[k] = append(by[k], o)
				}
				return by
			},
			Init: func() any { return kept{} },
			Step: func(state, in, out any) (bool, any) {
				s, k, o := state.(kept), in.(keyed), out.(told)
				switch {
				case s.id == "":
					return o.code == 201 && o.id != "", kept{k.words, o.id}
				case s.words == k.words:
					return o.code == 201 && o.id == s.id, s
				}
				return o.code == 422, s
			},
		}, ops)
		var n, distinct int
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row(`SELECT COUNT(*), COUNT(DISTINCT title) FROM questions`, []any{&n, &distinct})
			return err
		}); err != nil || n != distinct || n > 12 {
			t.Errorf("%d questions under 12 keys, %d of them different, %v", n, distinct, err)
		}
	})
}

// TestNobodyIsAskedMoreOftenThanTheyOffered lets many ask at the same time what
// the same few people know, while two servers put questions to people.
func TestNobodyIsAskedMoreOftenThanTheyOffered(t *testing.T) {
	const budget = 2
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		ctx := context.Background()
		names := g.crowd()
		second, err := Build(ctx, Config{Clock: clock.NewMoved(g.clock.Now()), Files: t.TempDir(), APIRate: -1}, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range []string{"Mia", "Max", "Stella"} {
			must[skills.Tag](g)(g.house.Skills.Declare(ctx, g.actor(who), skills.Declaration{Tag: skills.Tag{Name: "weaving"}, Direction: skills.Teach, Level: 4, Work: true, Open: true}))
		}
		g.write(func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE people SET weekly_budget = $1`, budget)
			return err
		})
		g.follow()
		var all sync.WaitGroup
		for _, n := range names {
			all.Go(func() {
				if code := g.call(n, "POST", "/api/v1/questions", map[string]any{"title": "How is the warp of " + n + " dressed?", "skills": []string{"weaving"}}, nil); code != 201 {
					t.Errorf("asking answers %d", code)
				}
			})
		}
		all.Wait()
		for _, h := range []*House{g.house, second} {
			all.Go(func() {
				for range 3 {
					if _, err := h.Effects.Drain(ctx); err != nil {
						t.Error(err)
					}
					if err := h.Routing.Widen(ctx); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		asked := 0
		if err := d.Read(ctx, func(tx *db.Tx) error {
			rows, err := tx.Query(`SELECT p.name, COUNT(*) FROM routings r JOIN people p ON p.id = r.person_id WHERE r.part <> 'desk' GROUP BY p.name ORDER BY p.name`)
			if err != nil {
				return err
			}
			for rows.Next() {
				var name string
				var n int
				if err := rows.Scan(&name, &n); err != nil {
					return err
				}
				asked += n
				if n > budget {
					t.Errorf("%s was asked %d times this week and offered %d", name, n, budget)
				}
			}
			var routed int
			if err := rows.Err(); err != nil {
				return err
			}
			if _, err := tx.Row(`SELECT COUNT(*) FROM question_routes`, []any{&routed}); err != nil {
				return err
			}
			if routed != clients {
				t.Errorf("%d questions are under way, want all %d", routed, clients)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if asked < 3*budget {
			t.Errorf("those who know were asked %d times, they offered %d", asked, 3*budget)
		}
	})
}
