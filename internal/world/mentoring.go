package world

import (
	"fmt"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// mentor gives the organisation a programme that has been going for five
// months, and one that waits to be matched.
func (w *world) mentor() error {
	if w.Mentoring == nil {
		return nil
	}
	w.tell("mentoring", 97)
	var by access.Actor
	for _, p := range w.people {
		if p.actor.Role == access.Organiser {
			by = p.actor
			break
		}
	}
	if !by.Known() {
		return nil
	}
	w.Clock.Set(w.until.AddDate(0, -5, 0))
	weights := mentoring.Weights{mentoring.BySkills: "5", mentoring.ByUnit: "3", mentoring.ByHours: "3", mentoring.ByLanguage: "3", mentoring.ByLine: "must"}
	spring, err := w.programme(by, mentoring.NewProgramme{
		Name: "New leads, summer", Purpose: "People who lead for the first time meet somebody who has done it for years, in another part of the house.", Weights: weights,
	}, 25, 55)
	if err != nil {
		return err
	}
	run, err := w.Mentoring.PairUp(w.ctx, by, spring, weights)
	if err != nil {
		return err
	}
	if err := w.Mentoring.Publish(w.ctx, by, spring, run); err != nil {
		return err
	}
	if err := w.Mentoring.CarryPublication(w.ctx, run, func(int, int) error { return nil }); err != nil {
		return err
	}
	rooms := map[id.ID]bool{}
	var all []mentoring.Mentorship
	for _, p := range w.people {
		list, _, err := w.Mentoring.Rooms(w.ctx, p.actor, 0, 10)
		if err != nil {
			return err
		}
		for _, m := range list {
			if !rooms[m.ID] {
				rooms[m.ID] = true
				all = append(all, m)
				if err := w.mentorship(m); err != nil {
					return fmt.Errorf("a mentorship of %s: %w", p.name, err)
				}
			}
		}
	}
	if err := w.pulses(all); err != nil {
		return err
	}
	w.Clock.Set(w.until.AddDate(0, 0, -20))
	if _, err = w.programme(by, mentoring.NewProgramme{
		Name: "Craft and code, winter", Purpose: "A colleague who masters it, half a year, one talk every two weeks.", Weights: weights,
	}, 120, 300); err != nil {
		return err
	}
	w.Clock.Set(w.until.AddDate(0, 0, -9))
	choose, err := w.programme(by, mentoring.NewProgramme{
		Name: "Over somebody's shoulder", Purpose: "A few hours beside somebody who does it well. You choose, they say yes or kindly no.", Way: mentoring.WaySelf, Weights: weights,
	}, 25, 50)
	if err != nil {
		return err
	}
	if err := w.Mentoring.SuggestAnew(w.ctx, choose, nil); err != nil {
		return err
	}
	return w.welcome(by)
}

// welcome lets people begin next week, for whom a buddy is asked.
func (w *world) welcome(by access.Actor) error {
	w.Clock.Set(w.until.AddDate(0, 0, -1))
	n, err := w.programme(by, mentoring.NewProgramme{
		Template: "joiners", Name: "A buddy for your first weeks", Purpose: "Everybody who is new gets a colleague who shows them around and answers the small questions.", Way: mentoring.WayJoiners,
		Weeks: 13, Weights: mentoring.Weights{mentoring.BySite: "5", mentoring.ByHours: "5", mentoring.ByUnit: "3"},
	}, 8, 0)
	if err != nil {
		return err
	}
	if err := w.DB.Write(w.ctx, func(tx *db.Tx) error {
		for i, name := range []string{"Noor Haddad", "Jonas Lindqvist", "Oluchi Eze"} {
			p := w.people[10+i]
			if _, err := w.People.Join(tx, people.Joiner{
				Name: name, Title: p.title, Unit: w.departments[p.unit.name], Site: w.places[p.site.name], Languages: languages(p.site), Starts: w.until.AddDate(0, 0, 8).Truncate(24 * time.Hour),
			}, true); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return w.Mentoring.Welcome(w.ctx, n)
}

// programme starts a programme in which so many mentors and mentees take part.
func (w *world) programme(by access.Actor, p mentoring.NewProgramme, mentors, mentees int) (id.ID, error) {
	p.Shape, p.Capacity, p.Questions = mentoring.ShapePairs, 3, []string{"What should your partner know about how you like to work?"}
	if p.Template == "" {
		p.Template, p.Weeks = "women", 26
	}
	n, err := w.Mentoring.Start(w.ctx, by, p)
	if err != nil {
		return 0, err
	}
	var offered []string // what the mentors before offer
	// The second of the cast mentors, the first is mentored, so that the demo's
	// sign-in links show both sides.
	order := append([]int{1, 0}, w.rng.Perm(len(w.people))...)
	seen := map[int]bool{}
	answers := []string{"Short and often.", "Tell me plainly.", "Walking helps me think.", "Before the shift, with coffee.", "In writing first, then talk."}
	for _, k := range order {
		p := w.people[k]
		if seen[k] || p.actor.Role == access.Guest || p.actor.Person == by.Person || mentors+mentees == 0 {
			continue
		}
		seen[k] = true
		e := mentoring.Enrol{Role: mentoring.Mentee, Capacity: 1, Answers: []string{answers[w.rng.IntN(len(answers))]}}
		switch {
		case len(p.can) >= 2 && mentors > 0 && k != 0:
			mentors--
			e.Role, e.Capacity = mentoring.Mentor, 2+w.rng.IntN(3)
			e.Skills = sortedKeys(p.can)
			e.Skills = e.Skills[:min(4, len(e.Skills))]
			offered = append(offered, e.Skills...)
			e.Goals = "I have done it for " + fmt.Sprint(3+w.rng.IntN(20)) + " years and made most of the mistakes."
		case mentees > 0 && len(offered) > 0:
			mentees--
			for range 2 + w.rng.IntN(2) {
				if s := offered[w.rng.IntN(len(offered))]; !slices.Contains(e.Skills, s) {
					e.Skills = append(e.Skills, s)
				}
			}
			e.Goals = "To do it alone by summer, and to know why it works."
		default:
			continue
		}
		if err := w.Mentoring.Enrol(w.ctx, p.actor, n, e); err != nil {
			return 0, fmt.Errorf("%s enrols: %w", p.name, err)
		}
		w.Clock.Advance(time.Minute)
	}
	return n, nil
}

// mentorship lets a proposed pair begin, meet and perhaps close.
func (w *world) mentorship(m mentoring.Mentorship) error {
	actors := make([]access.Actor, 0, len(m.People))
	var mentee access.Actor
	for _, x := range m.People {
		a, err := w.People.ActorOf(w.ctx, x.Person)
		if err != nil {
			return err
		}
		actors = append(actors, a)
		if x.Role == mentoring.Mentee {
			mentee = a
		}
	}
	luck := w.rng.IntN(100)
	if mentee.Person == w.people[0].actor.Person {
		luck = 50 // under way, for whoever looks at the demo
	}
	for i, a := range actors {
		if luck < 6 && i == 0 {
			return w.Mentoring.Answer(w.ctx, a, m.ID, false, "We work together every day already.")
		}
		if luck >= 94 && i == 0 {
			return nil // still to be answered
		}
		if err := w.Mentoring.Answer(w.ctx, a, m.ID, true, ""); err != nil {
			return err
		}
	}
	begun := w.Clock.Now()
	defer w.Clock.Set(begun)
	if err := w.Mentoring.Agree(w.ctx, mentee, m.ID, "Every two weeks, 45 minutes, in turn at each other's place.\nWhat is said stays between us."); err != nil {
		return err
	}
	skill := ""
	for _, f := range m.Fits {
		if len(f.Skill) > 0 {
			skill = w.skillName(f.Skill[0])
		}
	}
	goals := []string{"Run the Monday meeting without notes", "Explain it to somebody new so that they can do it", "Do it once from beginning to end, alone", "Say no to a deadline and keep the customer"}
	if _, err := w.Mentoring.SetGoal(w.ctx, mentee, m.ID, mentoring.NewGoal{Words: goals[w.rng.IntN(len(goals))], Skill: skill, Before: 1 + w.rng.IntN(2)}); err != nil {
		return err
	}
	promises := []string{"Write down three cases", "Watch one audit and take notes", "Ask for feedback from two colleagues", "Read the old report and mark what is unclear"}
	goesOn := luck < 60
	var days []time.Time
	for i := range 2 + w.rng.IntN(5) {
		days = append(days, begun.AddDate(0, 0, 14*(i+1)))
	}
	if goesOn { // the latest ones lie in the last weeks, and one is planned
		days = append(days, w.until.AddDate(0, 0, -17), w.until.AddDate(0, 0, -3-w.rng.IntN(2)), w.until.AddDate(0, 0, 11))
	}
	for i, day := range days {
		at := day.Truncate(24 * time.Hour).Add(time.Duration(10+w.rng.IntN(5)) * time.Hour)
		for at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			at = at.Add(24 * time.Hour)
		}
		w.Clock.Set(earlier(at.AddDate(0, 0, -3), w.until))
		var talk id.ID
		if err := w.DB.Write(w.ctx, func(tx *db.Tx) (err error) {
			talk, err = w.Mentoring.Meet.Plan(tx, actors[0], meet.New{
				Audience: m.Audience, About: m.ID, Kind: mentoring.Key, Title: "Mentoring talk", Start: at, End: at.Add(45 * time.Minute), Zone: "Europe/London",
				People: []id.ID{actors[0].Person, actors[1].Person}, Quiet: true,
			})
			return err
		}); err != nil {
			return err
		}
		if at.After(w.until) {
			break
		}
		w.Clock.Set(at.Add(time.Hour))
		met := "yes"
		if w.rng.IntN(10) == 0 {
			met = "no"
		}
		if err := w.DB.Write(w.ctx, func(tx *db.Tx) error { return w.Mentoring.Meet.ConfirmIn(tx, mentee, talk, met, true) }); err != nil {
			return err
		}
		if last := goesOn && i == len(days)-2; met == "yes" && !last && w.rng.IntN(3) > 0 {
			worth := mentoring.WorthYes - w.rng.IntN(7)/5 // most are
			if _, err := w.Mentoring.Check(w.ctx, mentee, m.ID, talk, worth); err != nil {
				return err
			}
		}
		if _, err := w.Mentoring.Promised(w.ctx, mentee, m.ID, promises[w.rng.IntN(len(promises))]); err != nil {
			return err
		}
	}
	if goesOn {
		return nil
	}
	// Some have come to an end.
	whole, err := w.Mentoring.Room(w.ctx, mentee, m.ID)
	if err != nil {
		return err
	}
	for _, g := range whole.Goals {
		if err := w.Mentoring.SettleGoal(w.ctx, mentee, m.ID, g.ID, "reached", min(4, g.Before+1+w.rng.IntN(2))); err != nil {
			return err
		}
	}
	return w.Mentoring.Close(w.ctx, mentee, m.ID, "I do it alone now, and I know whom to ask when it goes wrong.", "Thank you for your patience with my questions.", false)
}

// pulses lets most say how it goes. Whoever looks at the demo is asked.
func (w *world) pulses(rooms []mentoring.Mentorship) error {
	w.Clock.Set(w.until.AddDate(0, 0, -2))
	if err := w.Mentoring.AskPulses(w.ctx); err != nil {
		return err
	}
	for _, m := range rooms {
		for _, x := range m.People {
			if x.Person == w.people[0].actor.Person || w.rng.IntN(5) == 0 {
				continue
			}
			a, err := w.People.ActorOf(w.ctx, x.Person)
			if err != nil {
				return err
			}
			whole, err := w.Mentoring.Room(w.ctx, a, m.ID)
			if err != nil {
				return err
			}
			if whole.Pulse == 0 {
				continue
			}
			if err := w.Mentoring.Pulse(w.ctx, a, m.ID, whole.Pulse, min(5, 2+w.rng.IntN(3)+w.rng.IntN(2))); err != nil {
				return err
			}
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// skillName is the name of a skill, "" when nobody knows it.
func (w *world) skillName(n id.ID) (name string) {
	for _, p := range w.people[:1] {
		if s, err := w.Skills.Open(w.ctx, p.actor, n, 1); err == nil {
			name = s.Name
		}
	}
	return name
}
