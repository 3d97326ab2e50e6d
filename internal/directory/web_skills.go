package directory

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/connect/skillfiles"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/ledger"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/directory/pages"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// suggested is what the picker reads.
type suggested struct {
	Items []suggestion `json:"items"`
}

type suggestion struct {
	Title string `json:"title"`
	Kind  string `json:"kind,omitempty"` // a word or two behind it
	URL   string `json:"url"`
}

// SuggestSkills is GET /skills.json?q=...
func (p *Pages) SuggestSkills(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	found, err := p.Skills.Suggest(v.R.Context(), v.By, q.Text("q"), 8)
	if err != nil {
		return err
	}
	out := suggested{Items: []suggestion{}}
	for _, s := range found {
		x := suggestion{Title: s.Name, URL: "/skills/" + s.ID.String()}
		switch {
		case s.By != "":
			x.Kind = s.By
		case s.Kind == skills.Thing:
			x.Kind = v.T("skills.kind.thing")
		}
		out.Items = append(out.Items, x)
	}
	v.W.Header().Set("Content-Type", "application/json")
	v.W.Header().Set("Cache-Control", "private, max-age=60")
	return json.NewEncoder(v.W).Encode(out)
}

// ListSkills is GET /skills.
func (p *Pages) ListSkills(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	if err := p.member(v); err != nil {
		return err
	}
	ctx := v.R.Context()
	f := skills.ListFilter{Kind: skills.Kind(q.Text("kind")), Category: q.Text("category"), AfterKey: q.Get("after_name")}
	if f.AfterID, err = q.ID("after"); err != nil {
		return err
	}
	view := pages.SkillsView{
		Tabs: p.tabs(v, "skills"), Query: q.Text("q"), Admin: v.By.Administers(),
		Empty: ui.EmptyState{Title: v.T("skills.none_title"), Text: v.T("skills.none")},
		Kinds: []ui.Option{{Label: v.T("skills.kind.any")}},
	}
	for _, k := range []skills.Kind{skills.Skill, skills.Thing} {
		view.Kinds = append(view.Kinds, ui.Option{Value: string(k), Label: v.T("skills.kind." + string(k)), On: f.Kind == k})
	}
	categories, err := p.Skills.Categories(ctx, v.By)
	if err != nil {
		return err
	}
	view.Categories = []ui.Option{{Label: v.T("skills.category_any")}}
	for _, c := range categories {
		view.Categories = append(view.Categories, ui.Option{Value: c, Label: c, On: c == f.Category})
	}
	if view.Query != "" {
		found, err := p.Skills.Suggest(ctx, v.By, view.Query, 30)
		if err != nil {
			return err
		}
		for _, s := range found {
			if f.Kind != "" && s.Kind != f.Kind {
				continue
			}
			line := skillLine(v, s.Tag)
			if s.By != "" {
				line.Note = v.T("skills.also", "names", s.By)
			}
			view.Rows = append(view.Rows, line)
		}
		origins, err := p.Skills.Origins(v.R.Context())
		if err != nil {
			return err
		}
		for _, o := range origins {
			view.Sources = append(view.Sources, skillfiles.Attribution(o))
		}
		return v.Show(v.T("skills.heading"), "people", pages.Skills(v.Frame, view))
	}
	rows, more, err := p.Skills.List(ctx, v.By, f)
	if err != nil {
		return err
	}
	for _, s := range rows {
		line := skillLine(v, s.Tag)
		if s.Teach > 0 {
			line.Who = v.T("skills.who", "n", s.Teach)
		}
		view.Rows = append(view.Rows, line)
	}
	keep := q.Values
	keep.Del("after")
	keep.Del("after_name")
	if f.AfterID != 0 {
		view.Pages.Newer = "/skills?" + keep.Encode()
	}
	if more {
		last := rows[len(rows)-1]
		keep.Set("after", last.ID.String())
		keep.Set("after_name", last.SortKey)
		view.Pages.Older = "/skills?" + keep.Encode()
	}
	origins, err := p.Skills.Origins(v.R.Context())
	if err != nil {
		return err
	}
	for _, o := range origins {
		view.Sources = append(view.Sources, skillfiles.Attribution(o))
	}
	return v.Show(v.T("skills.heading"), "people", pages.Skills(v.Frame, view))
}

func skillLine(v *visit.Visit, t skills.Tag) pages.SkillLine {
	l := pages.SkillLine{Name: t.Name, Href: "/skills/" + t.ID.String()}
	if t.Kind == skills.Thing {
		l.Kind = v.T("skills.kind.thing")
	}
	return l
}

// member is NotFound to those who do not belong to the organisation.
func (p *Pages) member(v *visit.Visit) error {
	return p.DB.Read(v.R.Context(), func(tx *db.Tx) error { return access.NeedSees(tx, v.By, access.Organisation) })
}

// OpenSkill is GET /skills/{id}.
func (p *Pages) OpenSkill(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	w, experts, err := p.Skill(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	if w.State == "merged" {
		return v.See("/skills/" + w.MergedInto.String())
	}
	path := "/skills/" + n.String()
	view := pages.SkillPage{
		Path: path, Name: w.Name, Description: w.Description,
		Empty: ui.EmptyState{Title: v.T("skills.nobody_title"), Text: v.T("skills.nobody"), Label: v.T("ask.new"), Href: "/questions/new?skills=" + n.String()},
		Actions: []ui.Button{
			{Label: v.T("skills.ask"), Href: "/questions/new?skills=" + url.QueryEscape(w.Name), Kind: "primary", Icon: ui.IconAsk},
			{Label: v.T("skills.i_can"), Href: "/people/me/skills?skill=" + url.QueryEscape(w.Name)},
			{Label: v.T("skills.i_want"), Href: "/people/me/skills?list=want&skill=" + url.QueryEscape(w.Name), Kind: "quiet"},
		},
	}
	view.Attribution = skillfiles.Attribution(w.Origin)
	view.Empty.Href = "/questions/new?skills=" + url.QueryEscape(w.Name)
	if v.By.Administers() {
		view.Actions = append(view.Actions, ui.Button{Label: v.T("skills.edit"), Href: path + "/edit", Kind: "quiet", Icon: ui.IconEdit})
	}
	if w.Kind == skills.Thing {
		view.Kind = v.T("skills.kind.thing")
	} else if w.Category != "" {
		view.Kind = w.Category
	}
	if w.State == "deprecated" {
		view.State = v.T("skills.is_deprecated")
	}
	if len(w.Synonyms) > 0 {
		view.Synonyms = v.T("skills.also", "names", strings.Join(w.Synonyms, ", "))
	}
	if w.Parent.ID != 0 {
		view.Parent = &pages.TagView{Label: w.Parent.Name, Href: "/skills/" + w.Parent.ID.String()}
	}
	for _, t := range w.Narrower {
		view.Narrower = append(view.Narrower, pages.TagView{Label: t.Name, Href: "/skills/" + t.ID.String()})
	}
	for i := skills.Learning; i <= skills.Teaching; i++ {
		view.Levels = append(view.Levels, ui.Fact{Term: ui.Roman(i) + " " + v.T(levelKey(i)), Text: levelText(v, w.Levels, i)})
	}
	for _, e := range experts {
		view.People = append(view.People, p.expertView(v, e))
	}
	for _, c := range w.Coverage {
		x := pages.CoverageView{Unit: c.Unit}
		if x.Unit == "" {
			x.Unit = v.T("skills.no_unit")
		}
		for i := range x.Counts {
			x.Counts[i] = v.Number(int64(c.Levels[i+1]))
		}
		view.Coverage = append(view.Coverage, x)
	}
	if p.Questions != nil {
		if view.Questions, err = p.Questions(v, n); err != nil {
			return err
		}
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("skills.heading"), Href: "/skills"}}
	return v.Show(w.Name, "people", pages.Skill(v.Frame, view))
}

// levelText is the skill's own description of a level, else the general one.
func levelText(v *visit.Visit, own map[int]string, level int) string {
	if text := own[level]; text != "" {
		return text
	}
	return v.T("skills.level_text." + strconv.Itoa(level))
}

func (p *Pages) expertView(v *visit.Visit, e Expert) pages.SkillPerson {
	f := visit.Face(e.Byline)
	f.Note = ""
	x := pages.SkillPerson{Face: f, Line: e.Unit, Vouches: e.Endorsed, Level: e.Says.Level, Year: p.Clock.Now().Year()}
	if e.Kind == "imported" {
		x.Line = v.T("skills.imported")
	}
	if !e.Last.IsZero() {
		x.Year = e.Last.In(v.Zone()).Year()
	}
	if e.Says.Level > 0 {
		x.Says = v.T("skills.says", "level", v.T(levelKey(e.Says.Level)))
	}
	if e.Endorsed > 0 {
		href := ""
		if e.Person != 0 {
			href = "/people/" + e.Person.String() + "/vouches"
		}
		x.Reasons = append(x.Reasons, ui.Reason{Icon: ui.IconKudos, Text: v.T("people.vouched_short", "n", e.Endorsed), Href: href})
	}
	if text := evidence(v, e.Standing); text != "" {
		x.Reasons = append(x.Reasons, ui.Reason{Icon: ui.IconTick, Text: text})
	}
	if e.Verified > 0 {
		x.Reasons = append(x.Reasons, ui.Reason{Icon: ui.IconReview, Text: v.T("skills.verified", "n", e.Verified)})
	}
	if e.Says.Note != "" {
		x.Reasons = append(x.Reasons, ui.Reason{Icon: ui.IconQuote, Text: e.Says.Note})
	}
	if len(x.Reasons) == 0 {
		x.Reasons = append(x.Reasons, ui.Reason{Icon: ui.IconInfo, Text: v.T("skills.own_word")})
	}
	return x
}

// OwnSkills is GET /people/me/skills.
func (p *Pages) OwnSkills(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	want := q.Text("list") == "want"
	return p.ownSkills(v, http.StatusOK, skills.Declaration{
		Tag: skills.Tag{Name: q.Text("skill")}, Direction: direction(want), Level: defaultLevel(want), Work: true, Open: !want,
	}, false, nil)
}

func direction(want bool) skills.Direction {
	if want {
		return skills.Want
	}
	return skills.Teach
}

func defaultLevel(want bool) int {
	if want {
		return skills.Learning
	}
	return skills.Confident
}

// ownSkills shows what the person says of themselves and the form, with d in
// it; edit shows the form of that skill alone.
func (p *Pages) ownSkills(v *visit.Visit, status int, d skills.Declaration, edit bool, wrong error) error {
	var all []skills.Declaration
	var levels map[int]string
	if err := p.DB.Read(v.R.Context(), func(tx *db.Tx) (err error) {
		if err := access.NeedSees(tx, v.By, access.Organisation); err != nil {
			return err
		}
		if edit {
			m, err := skills.LevelsOf(tx, []id.ID{d.ID})
			levels = m[d.ID]
			return err
		}
		all, err = skills.OfPerson(tx, v.By, v.By.Person)
		return err
	}); err != nil {
		return err
	}
	want := d.Direction == skills.Want
	view := pages.OwnSkillsView{
		Title: v.T("skills.mine"), Lede: v.T("skills.mine_lede"), Want: want, Edit: edit, Action: "/people/me/skills?list=" + string(d.Direction),
		Skill: d.Name, Work: d.Work, Open: d.Open, Note: d.Note, Faults: v.Faults(wrong),
	}
	if edit {
		view.Title, view.Lede = d.Name, ""
		view.Action = "/people/me/skills/" + d.ID.String() + "?list=" + string(d.Direction)
	}
	if want {
		view.Empty = ui.EmptyState{Title: v.T("skills.no_wants_title"), Text: v.T("skills.no_wants")}
	} else {
		view.Empty = ui.EmptyState{Title: v.T("skills.no_teach_title"), Text: v.T("skills.no_teach")}
	}
	count := map[skills.Direction]int{}
	for _, x := range all {
		count[x.Direction]++
		if x.Direction != d.Direction {
			continue
		}
		href := "/people/me/skills/" + x.ID.String() + "?list=" + string(x.Direction)
		s := pages.OwnSkill{Name: x.Name, Href: href, Remove: href, Level: x.Level, Says: v.T(levelKey(x.Level)), Note: x.Note}
		if !x.Work {
			s.Chips = append(s.Chips, v.T("skills.outside"))
		}
		if !x.Open {
			s.Chips = append(s.Chips, v.T("skills.closed"))
		}
		view.Rows = append(view.Rows, s)
	}
	for _, k := range []skills.Direction{skills.Teach, skills.Want} {
		view.Tabs = append(view.Tabs, ui.Tab{
			Label: v.T("skills.list." + string(k)), Href: "/people/me/skills?list=" + string(k), Count: v.Number(int64(count[k])), Current: k == d.Direction,
		})
	}
	view.Levels = ui.Choice{Name: "level", Legend: v.T("skills.level"), Error: view.Faults.For("level")}
	if want {
		view.Levels.Legend = v.T("skills.level_now")
	}
	for i := skills.Learning; i <= skills.Teaching; i++ {
		view.Levels.Options = append(view.Levels.Options, ui.Option{
			Value: strconv.Itoa(i), Label: ui.Roman(i) + " " + v.T(levelKey(i)), Note: levelText(v, levels, i), On: i == d.Level,
		})
	}
	v.Crumbs = []ui.Crumb{{Label: v.By.Name, Href: "/people/" + v.By.Person.String()}}
	if edit {
		v.Crumbs = append(v.Crumbs, ui.Crumb{Label: v.T("skills.mine"), Href: "/people/me/skills?list=" + string(d.Direction)})
	}
	return v.ShowStatus(status, view.Title, "people", pages.OwnSkills(v.Frame, view))
}

func declaration(form *web.Values) (skills.Declaration, error) {
	d := skills.Declaration{
		Direction: direction(form.Text("list") == "want"), Work: form.Bool("work"), Open: form.Bool("open"), Note: form.Get("note"),
	}
	var err error
	d.Level, err = form.Int("level", 0)
	return d, err
}

// Declare is POST /people/me/skills: one skill or several, separated by commas.
func (p *Pages) Declare(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	d, err := declaration(form)
	text := form.Get("skill")
	names := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' })
	if err == nil && len(names) > 20 {
		var c fault.Check
		c.Bad("skill", "fault.too_many_skills", "max", 20)
		err = c.Err()
	}
	if len(names) == 0 {
		names = []string{""}
	}
	for _, name := range names {
		if err != nil {
			break
		}
		d.Tag = skills.Tag{Name: name}
		_, err = p.Skills.Declare(v.R.Context(), v.By, d)
	}
	if fault.Is(err, fault.Invalid) {
		d.Tag = skills.Tag{Name: text}
		return p.ownSkills(v, http.StatusUnprocessableEntity, d, false, err)
	}
	if err != nil {
		return err
	}
	return v.See("/people/me/skills?list=" + string(d.Direction))
}

// own finds what the person said about one skill.
func (p *Pages) own(ctx context.Context, by access.Actor, skill id.ID, dir skills.Direction) (d skills.Declaration, err error) {
	err = p.DB.Read(ctx, func(tx *db.Tx) error {
		all, err := skills.OfPerson(tx, by, by.Person)
		for _, x := range all {
			if x.ID == skill && x.Direction == dir {
				d = x
			}
		}
		return err
	})
	if err == nil && d.ID == 0 {
		err = fault.Missing()
	}
	return d, err
}

// OwnSkill is GET /people/me/skills/{id}.
func (p *Pages) OwnSkill(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	q, err := v.Query()
	if err != nil {
		return err
	}
	d, err := p.own(v.R.Context(), v.By, n, direction(q.Text("list") == "want"))
	if err != nil {
		return err
	}
	return p.ownSkills(v, http.StatusOK, d, true, nil)
}

// ChangeSkill is POST /people/me/skills/{id}.
func (p *Pages) ChangeSkill(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	was, err := p.own(v.R.Context(), v.By, n, direction(form.Text("list") == "want"))
	if err != nil {
		return err
	}
	to := "/people/me/skills?list=" + string(was.Direction)
	if form.Bool("remove") {
		if err := p.Skills.Undeclare(v.R.Context(), v.By, n, was.Direction); err != nil {
			return err
		}
		return v.See(to)
	}
	d, err := declaration(form)
	d.Tag = was.Tag
	if err == nil {
		_, err = p.Skills.Declare(v.R.Context(), v.By, d)
	}
	if fault.Is(err, fault.Invalid) {
		return p.ownSkills(v, http.StatusUnprocessableEntity, d, true, err)
	}
	if err != nil {
		return err
	}
	return v.See(to)
}

// Receipts is GET /people/me/receipts.
func (p *Pages) Receipts(v *visit.Visit) error {
	q, err := v.Query()
	if err != nil {
		return err
	}
	after, err := web.ParseCursor(q.Get("after"))
	if err != nil {
		return err
	}
	lines, more, err := p.Ledger.Own(v.R.Context(), v.By, after.At, after.ID, 40)
	if err != nil {
		return err
	}
	cards, err := p.sources(v.R.Context(), v.By, lines)
	if err != nil {
		return err
	}
	view := pages.ReceiptsView{Empty: ui.EmptyState{
		Title: v.T("receipts.none_title"), Text: v.T("receipts.none"), Label: v.T("ask.list.unanswered"), Href: "/questions?list=unanswered",
	}}
	for _, l := range lines {
		view.Rows = append(view.Rows, p.receiptView(v, l, cards[l.Source]))
	}
	if !after.IsZero() {
		view.Pages.Newer = "/people/me/receipts"
	}
	if more {
		last := lines[len(lines)-1]
		view.Pages.Older = "/people/me/receipts?after=" + web.Cursor{At: last.At, ID: last.ID}.String()
	}
	v.Crumbs = []ui.Crumb{{Label: v.By.Name, Href: "/people/" + v.By.Person.String()}}
	return v.Show(v.T("receipts.heading"), "people", pages.Receipts(v.Frame, view))
}

// sources resolves what the lines stand for.
func (s *Service) sources(ctx context.Context, by access.Actor, lines []ledger.Line) (cards map[id.ID]subject.Card, err error) {
	ids := make([]id.ID, len(lines))
	for i, l := range lines {
		ids[i] = l.Source
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		cards, err = subject.Resolve(tx, by, ids)
		return err
	})
	return cards, err
}

func (p *Pages) receiptView(v *visit.Visit, l ledger.Line, c subject.Card) pages.ReceiptView {
	r := pages.ReceiptView{Skill: l.Name, Title: c.Title, Href: c.URL, At: l.At, Hidden: l.Hidden, Action: "/people/me/receipts/" + l.ID.String()}
	if r.Skill == "" {
		r.Skill = v.T("receipts.no_skill")
	}
	if c.Kind == subject.Person {
		r.Title, r.Href = v.T("receipts.own_word"), "/people/me/skills"
	}
	if c.Kind == subject.Endorsement {
		r.Title = v.T("receipts.vouch")
	}
	kinds := make([]string, len(l.Kinds))
	for i, k := range l.Kinds {
		kinds[i] = v.T("receipts.kind." + string(k))
	}
	r.Kinds = v.List(kinds)
	return r
}

// HideReceipt is POST /people/me/receipts/{id}.
func (p *Pages) HideReceipt(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	if err := p.Ledger.Hide(v.R.Context(), v.By, n, form.Bool("hidden")); err != nil {
		return err
	}
	return v.See("/people/me/receipts")
}

// EditSkillForm is GET /skills/{id}/edit, for admins.
func (p *Pages) EditSkillForm(v *visit.Visit) error {
	w, err := p.whole(v)
	if err != nil {
		return err
	}
	return p.editSkill(v, http.StatusOK, w, strings.Join(w.Synonyms, "\n"), "", nil, nil)
}

func (p *Pages) whole(v *visit.Visit) (w skills.Whole, err error) {
	n, err := v.ID("id")
	if err != nil {
		return w, err
	}
	if w, err = p.Skills.Open(v.R.Context(), v.By, n, 1); err == nil && w.State == "merged" {
		err = fault.Missing()
	}
	return w, err
}

func (p *Pages) editSkill(v *visit.Visit, status int, w skills.Whole, synonyms, into string, wrong, wrongMerge error) error {
	view := pages.SkillEdit{
		Title: v.T("skills.edit_of", "name", w.Name), Path: "/skills/" + w.ID.String(), Name: w.Name, Description: w.Description,
		Category: w.Category, Synonyms: synonyms, Into: into, Deprecated: w.State == "deprecated",
		Faults: v.Faults(wrong), MergeFaults: v.Faults(wrongMerge),
	}
	view.Kinds = ui.Choice{Name: "kind", Legend: v.T("skills.kind")}
	for _, k := range []skills.Kind{skills.Skill, skills.Thing} {
		view.Kinds.Options = append(view.Kinds.Options, ui.Option{Value: string(k), Label: v.T("skills.kind." + string(k)), On: w.Kind == k})
	}
	for i := skills.Learning; i <= skills.Teaching; i++ {
		view.Levels = append(view.Levels, ui.Input{
			Name: "level_" + strconv.Itoa(i), Label: v.T("skills.level_label", "level", ui.Roman(i)+" "+v.T(levelKey(i))),
			Hint: v.T("skills.level_text." + strconv.Itoa(i)), Value: w.Levels[i], Max: 500, Lines: 2, Optional: true,
		})
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("skills.heading"), Href: "/skills"}, {Label: w.Name, Href: view.Path}}
	return v.ShowStatus(status, view.Title, "people", pages.EditSkill(v.Frame, view))
}

// EditSkill is POST /skills/{id}/edit, for admins.
func (p *Pages) EditSkill(v *visit.Visit) error {
	w, err := p.whole(v)
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	d := skills.Draft{
		Kind: skills.Kind(form.Text("kind")), Name: form.Get("name"), Description: form.Get("description"), Category: form.Get("category"),
		Synonyms: lines(form.Get("synonyms")),
	}
	var levels [5]string
	for i := skills.Learning; i <= skills.Teaching; i++ {
		levels[i] = form.Get("level_" + strconv.Itoa(i))
	}
	err = p.Skills.Describe(v.R.Context(), v.By, w.ID, d, levels)
	if fault.Is(err, fault.Invalid) {
		w.Name, w.Kind, w.Description, w.Category = d.Name, d.Kind, d.Description, d.Category
		for i, text := range levels {
			w.Levels[i] = text
		}
		return p.editSkill(v, http.StatusUnprocessableEntity, w, form.Get("synonyms"), "", err, nil)
	}
	if err != nil {
		return err
	}
	return v.See("/skills/" + w.ID.String())
}

func lines(text string) []string {
	var out []string
	for _, l := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == ',' }) {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// MergeSkill is POST /skills/{id}/merge, for admins.
func (p *Pages) MergeSkill(v *visit.Visit) error {
	w, err := p.whole(v)
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	text := form.Text("into")
	into, err := p.exactly(v, text)
	if err == nil {
		err = p.Skills.Merge(v.R.Context(), v.By, w.ID, into)
	}
	if fault.Is(err, fault.Invalid) {
		return p.editSkill(v, http.StatusUnprocessableEntity, w, strings.Join(w.Synonyms, "\n"), text, nil, err)
	}
	if err != nil {
		return err
	}
	return v.See("/skills/" + into.String())
}

// exactly finds the skill with the name, synonym or id. Merging cannot be
// undone, so a near spelling is not enough.
func (p *Pages) exactly(v *visit.Visit, text string) (id.ID, error) {
	raw := text
	if i := strings.LastIndex(raw, "/skills/"); i >= 0 {
		raw = raw[i+len("/skills/"):]
	}
	if n, err := id.Parse(raw); err == nil {
		return n, nil
	}
	found, err := p.Skills.Suggest(v.R.Context(), v.By, text, 8)
	if err != nil {
		return 0, err
	}
	for _, s := range found {
		if skills.Norm(s.Name) == skills.Norm(text) || s.By != "" && skills.Norm(s.By) == skills.Norm(text) {
			return s.ID, nil
		}
	}
	var c fault.Check
	c.Bad("into", "fault.skill_unknown", "name", text)
	return 0, c.Err()
}

// DeprecateSkill is POST /skills/{id}/deprecation, for admins.
func (p *Pages) DeprecateSkill(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	if err := p.Skills.Deprecate(v.R.Context(), v.By, n, form.Bool("on")); err != nil {
		return err
	}
	return v.See("/skills/" + n.String())
}

func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
