package whoknows

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/similar"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// big is an organisation of a size, with words, people and skills as frequent
// as they are in life: a few very, most hardly.
type big struct {
	people, questions, answers int
	draw                       *rand.Rand
	words, who, skills         *rand.Zipf
	authors                    []id.ID
}

func newBig(people, questions, answers int) *big {
	draw := rand.New(rand.NewPCG(7, 11))
	return &big{people: people, questions: questions, answers: answers, draw: draw,
		words: rand.NewZipf(draw, 1.15, 30, 120_000), who: rand.NewZipf(draw, 1.3, 40, uint64(people-1)), skills: rand.NewZipf(draw, 1.2, 10, 299)}
}

// text is n words about a subject: a third of them belong to its skill.
func (b *big) text(n int, skill uint64) string {
	var s strings.Builder
	for range n {
		w := b.words.Uint64()
		if b.draw.IntN(3) == 0 {
			w = 200_000 + skill*40 + uint64(b.draw.IntN(40))
		}
		s.WriteString("w" + strconv.FormatUint(w, 36) + " ")
	}
	return s.String()
}

// fill makes the organisation and returns its index and a reader. Answers are
// written as evidence and counted as a rebuild does it.
func (b *big) fill(t testing.TB, d *db.DB) (*Index, id.ID) {
	ctx := context.Background()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	c := clock.NewMoved(now)
	svc := people.New(d, c)
	b.authors = make([]id.ID, b.people)
	var reader id.ID
	if err := d.Write(ctx, func(tx *db.Tx) error { return access.EnsureOrganisation(tx, c) }); err != nil {
		t.Fatal(err)
	}
	for from := 0; from < b.people; from += 500 {
		if err := d.Write(ctx, func(tx *db.Tx) error {
			for i := from; i < min(b.people, from+500); i++ {
				j, err := svc.Join(tx, people.Joiner{Name: fmt.Sprintf("Person %d", i)}, true)
				if err != nil {
					return err
				}
				b.authors[i], reader = j.Author, j.Person
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	x := &Index{DB: d, Clock: c, Words: func(*db.Tx, []id.ID) (map[id.ID]Source, error) { return nil, nil }}
	type question struct {
		title string
		skill uint64
		at    time.Time
	}
	qs := make([]question, b.questions)
	for from := 0; from < b.questions; from += 1000 {
		var docs []similar.Prepared
		for i := from; i < min(b.questions, from+1000); i++ {
			skill := b.skills.Uint64()
			qs[i] = question{b.text(8, skill), skill, now.AddDate(0, 0, -b.draw.IntN(1500))}
			docs = append(docs, similar.Prepare(similar.Doc{Subject: id.ID(1<<40 + i), Audience: 1, Title: qs[i].title, Body: b.text(40, skill)}))
		}
		if err := d.Write(ctx, func(tx *db.Tx) error {
			for _, p := range docs {
				if err := p.Save(tx); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	for from := 0; from < b.answers; from += 1000 {
		var es []evidence
		for i := from; i < min(b.answers, from+1000); i++ {
			q := qs[b.draw.IntN(len(qs))]
			e := evidence{source: id.ID(1<<41 + i), author: b.authors[b.who.Uint64()], audience: 1, day: dayOf(q.at)}
			es = append(es, prove(e, Text{Title: q.title, Body: b.text(60, q.skill), Lang: "en"}, map[id.ID]float64{id.ID(1<<42 + q.skill): 1}, 1))
		}
		if err := x.keep(ctx, nil, es); err != nil {
			t.Fatal(err)
		}
	}
	kept := time.Since(began)
	if err := x.countAll(ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d answers judged and kept in %.1f s, counted in %.1f s", b.answers, kept.Seconds(), (time.Since(began) - kept).Seconds())
	return x, reader
}

// residentMB is the resident memory of this process in megabytes.
func residentMB(t testing.TB) float64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return math.NaN()
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return float64(pages*os.Getpagesize()) / (1 << 20)
}

// processor is the processor time of this process, which a busy machine does
// not blur.
func processor(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkWhoKnows asks an organisation of 10,000 people with 100,000
// questions and 300,000 answers. Set GUILDHALL_BENCH_SHARE to a share of that
// for a quick look.
func BenchmarkWhoKnows(b *testing.B) {
	share := 1.0
	if s := os.Getenv("GUILDHALL_BENCH_SHARE"); s != "" {
		var err error
		if share, err = strconv.ParseFloat(s, 64); err != nil {
			b.Fatal(err)
		}
	}
	size := func(n int) int { return int(float64(n) * share) }
	data := newBig(size(10_000), size(100_000), size(300_000))
	d := dbtest.SQLite(b)
	x, reader := data.fill(b, d)
	ctx := context.Background()
	ask := func(b *testing.B, f func(tx *db.Tx) error) {
		var took []time.Duration
		spent := processor(b)
		for b.Loop() {
			began := time.Now()
			if err := d.Read(ctx, f); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
		b.ReportMetric(float64((processor(b)-spent).Microseconds())/1000/float64(len(took)), "cpu-ms/op")
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		b.ReportMetric(residentMB(b), "RSS-MB")
	}
	for _, n := range []int{2, 5, 10, 60} {
		b.Run(fmt.Sprintf("words=%d", n), func(b *testing.B) {
			ask(b, func(tx *db.Tx) error {
				skill := data.skills.Uint64()
				_, err := x.Rank(tx, reader, Query{Words: data.text(n, skill)})
				return err
			})
		})
	}
	b.Run("words=6,skills=2", func(b *testing.B) {
		ask(b, func(tx *db.Tx) error {
			skill := data.skills.Uint64()
			_, err := x.Rank(tx, reader, Query{Words: data.text(6, skill), Skills: []id.ID{id.ID(1<<42 + skill), id.ID(1<<42 + data.skills.Uint64())}})
			return err
		})
	})
	n := 0
	for _, size := range []int{batch, 8 * batch} {
		b.Run(fmt.Sprintf("answers=%d", size), func(b *testing.B) {
			first, spent := n, processor(b)
			for b.Loop() {
				var es []evidence
				var sources []id.ID
				for range size {
					n++
					skill := data.skills.Uint64()
					e := evidence{source: id.ID(1<<43 + n), author: data.authors[data.who.Uint64()], audience: 1, day: dayOf(x.Clock.Now())}
					es = append(es, prove(e, Text{Title: data.text(8, skill), Body: data.text(60, skill)}, map[id.ID]float64{id.ID(1<<42 + skill): 1}, 1))
					sources = append(sources, e.source)
				}
				if err := d.Write(ctx, func(tx *db.Tx) error { return replace(tx, sources, es) }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((processor(b)-spent).Microseconds())/1000/float64(n-first), "cpu-ms/answer")
		})
	}
	b.Run("similar", func(b *testing.B) {
		ask(b, func(tx *db.Tx) error {
			_, err := similar.Find(tx, reader, similar.Query{Title: data.text(8, data.skills.Uint64())})
			return err
		})
	})
}
