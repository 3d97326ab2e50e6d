package knows

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/core/terms"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/knows/pages"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/ui"
)

// Pages answers with the page of who knows.
type Pages struct {
	Service *Service
}

// Who is GET /who-knows?q=...: without=ID takes a skill away that was read from
// the words.
func (p *Pages) Who(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	words := query.Text("q")
	a := Asked{Text: words}
	for _, s := range query.All("without") {
		if n, err := id.Parse(s); err == nil {
			a.Not = append(a.Not, n)
		}
	}
	found, err := p.Service.Who(v.R.Context(), v.By, a)
	if err != nil {
		return err
	}
	view := pages.View{
		Words: words, Asked: words != "", AskAll: "/questions/new?" + url.Values{"title": {words}}.Encode(), Counting: found.Counting,
	}
	if words == "" {
		examples, err := p.Service.Examples(v.R.Context(), v.By)
		if err != nil {
			return err
		}
		for _, name := range examples {
			view.Examples = append(view.Examples, pages.TagView{Label: name, Href: "/who-knows?" + url.Values{"q": {name}}.Encode()})
		}
	}
	for _, t := range found.Skills {
		q := url.Values{"q": {words}, "without": {t.ID.String()}}
		for _, n := range a.Not {
			q.Add("without", n.String())
		}
		view.Read = append(view.Read, pages.TagView{Label: t.Name, Href: "/who-knows?" + q.Encode()})
	}
	for _, w := range wordsLeft(found) {
		without := func(x string) bool { return x == w }
		rest := strings.Join(slices.DeleteFunc(strings.Fields(words), without), " ")
		q := url.Values{"q": {rest}}
		for _, n := range a.Not {
			q.Add("without", n.String())
		}
		view.Read = append(view.Read, pages.TagView{Label: "“" + strings.TrimFunc(w, unicode.IsPunct) + "”", Href: "/who-knows?" + q.Encode()})
	}
	for _, x := range found.People {
		view.People = append(view.People, personView(v, x, words))
	}
	for _, x := range found.Near {
		if len(x.Reasons) == 0 {
			continue // only likely to answer because they answer much
		}
		view.Near = append(view.Near, personView(v, x, words))
	}
	if found.Newer != nil {
		newer := personView(v, *found.Newer, words)
		newer.Newer = v.T("knows.newer")
		view.Newer = &newer
	}
	view.Head = v.T("knows.people", "n", len(found.People))
	return v.Show(v.T("knows.title"), "who-knows", pages.Page(v.Frame, view))
}

// wordsShown is how many words of a long text are shown as read.
const wordsShown = 12

// wordsLeft are the words of the text that the ranking reads, as they were
// typed, beside those that name a skill.
func wordsLeft(found Answer) []string {
	named := map[string]bool{}
	for _, m := range found.Skills {
		for w := range strings.FieldsSeq(m.Words) {
			named[w] = true
		}
	}
	var out []string
	for w := range strings.FieldsSeq(found.Words) {
		counts := false
		terms.Words(w, "", func(string) { counts = true })
		if counts && !named[skills.Norm(w)] && !slices.Contains(out, w) && len(out) < wordsShown {
			out = append(out, w)
		}
	}
	return out
}

func personView(v *visit.Visit, p Person, words string) pages.PersonView {
	first, _, _ := strings.Cut(p.Name, " ")
	out := pages.PersonView{Face: visit.Face(p.Byline), First: first}
	place := p.Title
	for _, s := range []string{p.Unit, p.Site} {
		if s != "" {
			if place != "" {
				place += ", "
			}
			place += s
		}
	}
	switch {
	case p.Person == 0:
		out.Place, out.State = place, v.T("knows.imported")
	case p.Away:
		out.Place, out.State = v.T("knows.place", "title", cmp.Or(place, "none"), "time", v.LocalClock(p.Local)), v.T("knows.away")
	case p.Available:
		out.Place, out.State = v.T("knows.place", "title", cmp.Or(place, "none"), "time", v.LocalClock(p.Local)), v.T("knows.free")
	default:
		out.Place, out.State = v.T("knows.place", "title", cmp.Or(place, "none"), "time", v.LocalClock(p.Local)), v.T("knows.not_now")
	}
	switch p.Person {
	case 0:
	case v.By.Person:
		out.State = v.T("knows.you")
	default:
		out.Ask = "/questions/new?" + url.Values{"title": {words}, "ask": {p.Person.String()}}.Encode()
	}
	if p.Backup.ID != 0 {
		out.Backup, out.BackupHref = v.T("knows.backup", "name", p.Backup.Name), "/people/"+p.Backup.ID.String()
	}
	for _, r := range p.Reasons {
		out.Why = append(out.Why, ReasonView(v, r))
	}
	if p.Swap != nil {
		out.Swap = p.Swap.URL
		out.Why = append(out.Why, ui.Reason{Icon: ui.IconSwap, Text: v.T("knows.swap_wants", "skill", p.Swap.Teach.Name)})
	}
	return out
}

// ReasonView says in a line what speaks for somebody, with a link to it.
func ReasonView(v *visit.Visit, r Reason) ui.Reason {
	key, icon := "knows.why.other", ui.IconInfo
	switch r.Kind {
	case subject.Answer:
		key, icon = "knows.why.answer", ui.IconAsk
		if r.State == "accepted" {
			key, icon = "knows.why.answer_accepted", ui.IconTick
		}
	case subject.Endorsement:
		key, icon = "knows.why.endorsement", ui.IconKudos
	case subject.Person:
		key, icon = "knows.why.person_words", ui.IconPeople
		if r.Skill != "" {
			key = "knows.why.person"
		}
	}
	return ui.Reason{Icon: icon, Text: v.T(key, "title", r.Title, "skill", r.Skill), Href: r.URL}
}
