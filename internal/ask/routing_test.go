package ask

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// road is a scene whose questions go to Chidi, then to Dana, then to the desk,
// which is Ada.
type road struct {
	*scene
	*Routing
	busy    []id.ID // can take no question now
	learns  []id.ID
	effects event.Effects
}

func roads(t *testing.T, fn func(r *road)) {
	each(t, func(s *scene) {
		r := &road{scene: s}
		order := []id.ID{s.chidi.Person, s.dana.Person}
		r.Routing = &Routing{
			Service: s.ask,
			Knows: func(_ context.Context, _ Question, limit int) ([]Candidate, error) {
				// Each wave may ask one person more than were asked before.
				var out []Candidate
				for _, p := range order[:min(len(order), max(1, limit-asked(0)+1))] {
					out = append(out, Candidate{Person: p, Reasons: []Reason{{Key: "ask.reason.active"}}})
				}
				return out, nil
			},
			Learners: func(context.Context, Question, int) ([]Candidate, error) {
				var out []Candidate
				for _, p := range r.learns {
					out = append(out, Candidate{Person: p, Reasons: []Reason{{Key: "ask.reason.learning", Args: map[string]string{"skill": "Calibration"}}}})
				}
				return out, nil
			},
			Free: func(_ context.Context, p id.ID) (bool, error) { return !slices.Contains(r.busy, p), nil },
			After: func(_ context.Context, _ []id.ID, from time.Time, work time.Duration) (time.Time, error) {
				return from.Add(work), nil
			},
			Widening: func() []time.Duration { return []time.Duration{2 * time.Hour, 8 * time.Hour} },
			Desk:     func(context.Context) ([][]id.ID, error) { return [][]id.ID{{s.ada.Person}}, nil },
		}
		r.effects.DB = s.db
		r.effects.Add(r.Effect())
		fn(r)
	})
}

// follow carries out what follows from what was done.
func (r *road) follow() {
	r.Helper()
	if _, err := r.effects.Drain(r.ctx); err != nil {
		r.Fatal(err)
	}
}

// later lets time pass and questions widen.
func (r *road) later(d time.Duration) {
	r.Helper()
	r.clock.Advance(d)
	r.want("widening", r.Widen(r.ctx), fault.Internal)
}

// asks fails unless exactly these people are asked now, as that.
func (r *road) asks(what string, part Part, people ...access.Actor) {
	r.Helper()
	for _, p := range []access.Actor{r.ada, r.ben, r.chidi, r.dana} {
		list, err := r.scene.ask.Waiting(r.ctx, p, 10)
		if err != nil {
			r.Fatal(err)
		}
		is := len(list) == 1 && list[0].Part == part
		if want := slices.ContainsFunc(people, func(x access.Actor) bool { return x.Person == p.Person }); is != want || !want && len(list) > 0 {
			r.Errorf("%s: what waits for %s is %+v", what, p.Name, list)
		}
	}
}

func (r *road) way(q id.ID) Way {
	r.Helper()
	w, err := r.scene.ask.Open(r.ctx, r.ben, q, 0)
	if err != nil {
		r.Fatal(err)
	}
	return w.Way
}

// ask without the service's own name.
func (r *road) put(a Ask) id.ID {
	r.Helper()
	a.Title, a.Skills = "How do I calibrate the probe?", []string{"Calibration"}
	n, err := r.scene.ask.Ask(r.ctx, r.ben, a)
	if err != nil {
		r.Fatal(err)
	}
	r.follow()
	return n
}

// atDesk brings a question to the desk.
func (r *road) atDesk() id.ID {
	r.Helper()
	q := r.put(Ask{})
	for _, p := range []access.Actor{r.chidi, r.dana} {
		if err := r.scene.ask.Pass(r.ctx, p, q); err != nil {
			r.Fatal(err)
		}
		r.later(0)
		if p.Person == r.chidi.Person {
			r.asks("after Chidi passed", Knows, r.dana)
		}
	}
	r.asks("in the end", AtDesk, r.ada)
	return q
}

func TestAQuestionWidensAndEndsAtTheDesk(t *testing.T) {
	roads(t, func(r *road) {
		q := r.put(Ask{})
		r.asks("first", Knows, r.chidi)
		r.later(time.Hour)
		r.asks("too early", Knows, r.chidi)
		r.later(90 * time.Minute)
		r.asks("then", Knows, r.chidi, r.dana)
		if w := r.way(q); w.State != RouteAsking || w.Asked != 2 || w.Next.IsZero() {
			t.Errorf("the asker sees %+v", w)
		}
		r.want("Dana passes", r.scene.ask.Pass(r.ctx, r.dana, q), fault.Internal)
		r.want("Chidi passes", r.scene.ask.Pass(r.ctx, r.chidi, q), fault.Internal)
		r.later(0)
		r.asks("nobody is left", AtDesk, r.ada)
		if w := r.way(q); w.State != RouteDesk {
			t.Errorf("the asker sees %+v", w)
		}
		r.want("somebody else speaks for the desk", r.scene.ask.NobodyKnows(r.ctx, r.chidi, q, "Nobody."), fault.Forbidden)
		r.want("without a word", r.scene.ask.NobodyKnows(r.ctx, r.ada, q, " "), fault.Invalid)
		r.want("the desk says that nobody knows", r.scene.ask.NobodyKnows(r.ctx, r.ada, q, "Nobody here knows; the maker's hotline does."), fault.Internal)
		r.asks("it is said", AtDesk)
		w, err := r.scene.ask.Open(r.ctx, r.ben, q, 0)
		if err != nil || len(w.Comments[q]) != 1 || w.Way.State != RouteNobody {
			t.Errorf("the asker reads it: %+v %+v, %v", w.Comments, w.Way, err)
		}
	})
}

func TestWhoeverTheDeskFoundIsAskedAndTheDeskHearsAgainWhenTheyPass(t *testing.T) {
	roads(t, func(r *road) {
		q := r.atDesk()
		erin, err := r.join("Erin")
		if err != nil {
			t.Fatal(err)
		}
		r.want("the last at the desk passes", r.scene.ask.Pass(r.ctx, r.ada, q), fault.Conflict)
		r.want("somebody else forwards", r.Forward(r.ctx, r.dana, q, erin.Person), fault.Forbidden)
		r.want("to somebody who was asked", r.Forward(r.ctx, r.ada, q, r.chidi.Person), fault.Invalid)
		r.want("to nobody there is", r.Forward(r.ctx, r.ada, q, id.New(r.clock.Now())), fault.Invalid)
		r.want("to Erin", r.Forward(r.ctx, r.ada, q, erin.Person), fault.Internal)
		r.asks("the desk is done for now", AtDesk)
		list, err := r.scene.ask.Waiting(r.ctx, erin, 10)
		if err != nil || len(list) != 1 || list[0].Part != Found || list[0].Reasons[0].Args["name"] != "Ada" {
			t.Errorf("Erin is asked %+v, %v", list, err)
		}
		r.want("Erin passes", r.scene.ask.Pass(r.ctx, erin, q), fault.Internal)
		r.later(0)
		r.asks("back at the desk", AtDesk, r.ada)
	})
}

func TestAQuestionAtTheDeskWaitsForNobodyWhoLeft(t *testing.T) {
	roads(t, func(r *road) {
		r.atDesk()
		r.Desk = func(context.Context) ([][]id.ID, error) { return [][]id.ID{{r.dana.Person}}, nil }
		if err := r.db.Write(r.ctx, func(tx *db.Tx) error { return r.release(tx, r.ada.Person) }); err != nil {
			t.Fatal(err)
		}
		r.later(0)
		r.asks("the desk as it is now", AtDesk, r.dana)
	})
}

func TestWhomTheAskerChoseIsAskedFirstIfTheyCan(t *testing.T) {
	roads(t, func(r *road) {
		q := r.put(Ask{First: r.dana.Person})
		r.asks("first", Addressed, r.dana)
		if w := r.way(q); w.Name != "Dana" || w.Busy || w.Asked != 1 {
			t.Errorf("the asker sees %+v", w)
		}
		r.want("Dana passes", r.scene.ask.Pass(r.ctx, r.dana, q), fault.Internal)
		r.later(0)
		r.asks("then those who know", Knows, r.chidi)
	})
	roads(t, func(r *road) {
		r.busy = []id.ID{r.dana.Person}
		q := r.put(Ask{First: r.dana.Person})
		r.asks("somebody else at once", Knows, r.chidi)
		if w := r.way(q); w.Name != "Dana" || !w.Busy || w.Asked != 1 {
			t.Errorf("the asker sees %+v", w)
		}
		_, err := r.scene.ask.Ask(r.ctx, r.ben, Ask{Title: "How do I ask myself?", First: r.ben.Person})
		r.want("asking oneself", err, fault.Invalid)
		_, err = r.scene.ask.Ask(r.ctx, r.ben, Ask{Title: "How do I ask nobody?", First: id.New(r.clock.Now())})
		r.want("asking nobody there is", err, fault.Invalid)
	})
}

func TestALearnerGoesFirstAndSomebodyWhoKnowsConfirms(t *testing.T) {
	roads(t, func(r *road) {
		r.learns = []id.ID{r.dana.Person}
		r.put(Ask{})
		r.asks("nobody agreed to it", Knows, r.chidi)
	})
	roads(t, func(r *road) {
		r.learns = []id.ID{r.dana.Person}
		q := r.put(Ask{LearnerFirst: true})
		r.asks("first", Learns, r.dana)
		a := r.answer(r.dana, q, "With the reference.")
		r.follow()
		r.asks("somebody who knows looks at it", Confirms, r.chidi)
		w, err := r.scene.ask.Open(r.ctx, r.chidi, q, 0)
		if err != nil || w.Part != Confirms {
			t.Errorf("Chidi is asked as %q, %v", w.Part, err)
		}
		r.want("Chidi confirms", r.scene.ask.VerifyAnswer(r.ctx, r.chidi, a), fault.Internal)
		r.follow()
		r.asks("it is done", Confirms)
		var credited []string
		if err := r.db.Read(r.ctx, func(tx *db.Tx) error {
			_, list, err := receiptsOf(tx, []id.ID{a})
			credited = nil
			for _, x := range list {
				for name, p := range map[string]access.Actor{"Chidi": r.chidi, "Dana": r.dana} {
					if x.Author == p.Author {
						credited = append(credited, name+" "+string(x.Kind))
					}
				}
			}
			slices.Sort(credited)
			return err
		}); err != nil || !slices.Equal(credited, []string{"Chidi verified", "Dana answered"}) {
			t.Errorf("credited are %v, %v", credited, err)
		}
	})
}
