package coffee

import (
	"slices"
	"strings"

	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Speaker prints a sentence in its reader's language.
type Speaker interface {
	T(key string, args ...any) string
}

// plain are beginnings for those whose profiles say little.
var plain = [...]string{
	"coffee.start.surprise", "coffee.start.stuck", "coffee.start.proud", "coffee.start.first_week", "coffee.start.change", "coffee.start.ask",
}

func first(name string) string {
	f, _, _ := strings.Cut(name, " ")
	return f
}

// Starters are three ways to begin a talk, written from what the profiles of
// the pair say openly, so that everybody of it reads the same three.
func (w Whole) Starters(s Speaker) []string {
	var list []people.Profile
	for _, x := range w.People {
		if p, ok := w.Profiles[x.Person]; ok {
			list = append(list, p)
		}
	}
	var out []string
	add := func(text string) {
		if len(out) < 3 && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	for i, a := range list {
		for _, b := range list[:i] {
			if k := w.teaches(b.ID, a.ID, true); k != "" {
				add(s.T("coffee.start.learn", "teacher", first(b.Name), "learner", first(a.Name), "skill", k))
			}
			if k := w.teaches(a.ID, b.ID, true); k != "" {
				add(s.T("coffee.start.learn", "teacher", first(a.Name), "learner", first(b.Name), "skill", k))
			}
			if k := w.shared(a.ID, b.ID); k != "" {
				add(s.T("coffee.start.shared", "skill", k, "one", first(b.Name), "other", first(a.Name)))
			}
		}
	}
	for _, p := range list {
		if p.About != "" {
			add(s.T("coffee.start.about", "name", first(p.Name), "about", strings.TrimRight(short(p.About, 120), ".")))
		}
	}
	for _, p := range list {
		for _, d := range w.Says[p.ID] {
			if d.Direction == skills.Teach && !d.Work {
				add(s.T("coffee.start.leisure", "name", first(p.Name), "skill", d.Name))
				break
			}
		}
	}
	if len(list) > 1 && list[0].Unit.Name != "" && list[1].Unit.Name != "" && list[0].Unit.ID != list[1].Unit.ID {
		add(s.T("coffee.start.units", "one", list[0].Unit.Name, "other", list[1].Unit.Name))
	}
	for i := range plain {
		add(s.T(plain[(int(w.ID%id.ID(len(plain)))+i)%len(plain)]))
	}
	return out
}

// Message is a first message from the reader to the others. It proposes the time
// when, "" for none, and says so when that is near: outside somebody's hours,
// because those of all never meet.
func (w Whole) Message(s Speaker, reader id.ID, names, when string, near, now bool) string {
	me := w.Profiles[reader]
	lines := []string{s.T("coffee.hello", "names", names)}
	where := "none"
	if me.Unit.Name != "" {
		where = me.Unit.Name
	}
	lines = append(lines, s.T("coffee.i_am", "unit", where, "lunch", w.Kind))
	for _, x := range w.People {
		if x.Person == reader {
			continue
		}
		p, ok := w.Profiles[x.Person]
		if !ok {
			continue
		}
		// An own closed wish is not put into words that somebody else reads.
		if k := w.teaches(p.ID, reader, true); k != "" {
			lines = append(lines, s.T("coffee.you_show", "name", first(p.Name), "skill", k))
		} else if k := w.teaches(reader, p.ID, true); k != "" {
			lines = append(lines, s.T("coffee.i_show", "name", first(p.Name), "skill", k))
		} else if p.About != "" {
			lines = append(lines, s.T("coffee.your_about", "name", first(p.Name), "about", strings.TrimRight(short(p.About, 120), ".")))
		}
	}
	switch {
	case now:
		lines = append(lines, s.T("coffee.shall_we"))
	case when == "":
		lines = append(lines, s.T("coffee.when_suits"))
	case near:
		lines = append(lines, s.T("coffee.would_near", "when", when))
	default:
		lines = append(lines, s.T("coffee.would_suit", "when", when))
	}
	return strings.Join(lines, "\n") + "\n" + first(me.Name)
}

// teaches is a skill that one shows openly and the other openly wants to learn.
func (w Whole) teaches(teacher, learner id.ID, open bool) string {
	for _, d := range w.Says[learner] {
		if d.Direction != skills.Want || d.Open != open {
			continue
		}
		for _, t := range w.Says[teacher] {
			if t.Direction == skills.Teach && t.ID == d.ID && t.Level >= skills.Doing {
				return d.Name
			}
		}
	}
	return ""
}

// shared is a skill that both show.
func (w Whole) shared(a, b id.ID) string {
	for _, d := range w.Says[a] {
		if d.Direction == skills.Teach && says(w.Says[b], d.ID, skills.Teach) {
			return d.Name
		}
	}
	return ""
}

// short cuts a text at a word.
func short(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	if len([]rune(text)) <= most {
		return text
	}
	cut := string([]rune(text)[:most])
	if i := strings.LastIndexByte(cut, ' '); i > most/2 {
		cut = cut[:i]
	}
	return cut + " …"
}
