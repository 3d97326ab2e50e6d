package find

import (
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/find/pages"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/ui"
)

// Pages answers with the search page and the palette's answers.
type Pages struct {
	Service *Service
}

var kinds = [...]subject.Kind{"", subject.Question, subject.Answer, subject.Person, subject.Skill}

func kindOf(s string) (subject.Kind, bool) {
	for _, k := range kinds {
		if string(k) == s {
			return k, true
		}
	}
	return "", false
}

// Search is GET /search?q=...&kind=...
func (p *Pages) Search(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	kind, ok := kindOf(query.Text("kind"))
	if !ok {
		return fault.Missing()
	}
	from, err := query.Int("from", 0)
	if err != nil || from < 0 {
		return fault.Missing()
	}
	words := query.Text("q")
	view := pages.View{
		Words: words, Asked: words != "", Ask: "/questions/new?" + url.Values{"title": {words}}.Encode(),
		Knows: "/who-knows?" + url.Values{"q": {words}}.Encode(),
	}
	address := func(kind subject.Kind, from int) string {
		q := url.Values{"q": {words}}
		if kind != "" {
			q.Set("kind", string(kind))
		}
		if from > 0 {
			q.Set("from", strconv.Itoa(from))
		}
		return "/search?" + q.Encode()
	}
	if view.Asked {
		found, err := p.Service.Find(v.R.Context(), v.By, Asked{Words: words, Kind: kind, From: from})
		if err != nil {
			return err
		}
		view.Instead = found.Instead
		for _, i := range found.Items {
			view.Items = append(view.Items, itemView(v, i))
		}
		if from > 0 {
			view.Pages.Newer = address(kind, max(from-PageSize, 0))
		}
		if found.More {
			view.Pages.Older = address(kind, from+PageSize)
		}
		for _, k := range kinds {
			name := string(k)
			if name == "" {
				name = "all"
			}
			view.Tabs = append(view.Tabs, ui.Tab{Label: v.T("find.kind." + name), Href: address(k, 0), Current: k == kind})
		}
	}
	return v.Show(v.T("find.title"), "search", pages.Page(v.Frame, view))
}

func itemView(v *visit.Visit, i Item) pages.ItemView {
	out := pages.ItemView{Href: i.URL, Title: i.Title, Excerpt: i.Excerpt, Icon: ui.IconBook}
	face := visit.Face(i.By)
	switch i.Kind {
	case subject.Question:
		out.Face, out.Line = &face, v.T("find.asked_by", "name", i.By.Name, "ago", v.Ago(i.At))
	case subject.Answer, subject.Comment:
		out.Face, out.Line = &face, v.T("find.answered_by", "name", i.By.Name, "ago", v.Ago(i.At))
	case subject.Person:
		out.Face, out.Line = &face, i.By.Unit
	}
	if i.State == "accepted" {
		out.Chip = v.T("find.solved")
	}
	return out
}

// paletteItem is what the palette shows.
type paletteItem struct {
	Title string `json:"title"`
	URL   string `json:"url"`
	Kind  string `json:"kind"`
}

// Palette is GET /search.json?q=...
func (p *Pages) Palette(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	found, err := p.Service.Find(v.R.Context(), v.By, Asked{Words: query.Text("q"), Typing: true, Limit: 8})
	if err != nil {
		return err
	}
	out := struct {
		Items []paletteItem `json:"items"`
	}{Items: []paletteItem{}}
	for _, i := range found.Items {
		kind := ""
		if _, ok := kindOf(string(i.Kind)); ok {
			kind = v.T("find.kind." + string(i.Kind))
		}
		out.Items = append(out.Items, paletteItem{i.Title, i.URL, kind})
	}
	v.W.Header().Set("Content-Type", "application/json")
	v.W.Header().Set("Cache-Control", "private, no-store")
	return json.NewEncoder(v.W).Encode(out)
}
