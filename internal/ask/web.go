package ask

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/guildhall/guildhall/internal/ask/pages"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// Similar finds questions close to some words, best first, without one of them.
type Similar func(ctx context.Context, by access.Actor, words string, without id.ID, limit int) ([]id.ID, error)

// Pages answers with the pages of questions and answers.
type Pages struct {
	Service *Service
	// HTML renders people's Markdown, sanitised.
	HTML func(markdown string) string
	// Attachments keeps files; nil keeps none and offers no field for them.
	Attachments *Attachments
	// Similar finds questions close to a title; nil finds none.
	Similar Similar
	// Routing lets the desk act.
	Routing *Routing
	// Likely finds people likely to know the answer to a title, those first who
	// can take a question now, without one of them and the reader; nil finds
	// nobody.
	Likely func(v *visit.Visit, title string, without id.ID, limit int) ([]pages.LikelyView, error)
}

// List is GET /questions.
func (p *Pages) List(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	f, err := filter(query)
	if err != nil {
		return err
	}
	rows, more, err := p.Service.List(v.R.Context(), v.By, f)
	if err != nil {
		return err
	}
	view := pages.ListView{Title: v.T("ask.heading"), Lede: v.T("ask.lede"), Tabs: tabs(v, string(f.Which)), Empty: ui.EmptyState{
		Title: v.T("ask.empty_title"), Text: v.T("ask.empty"), Label: v.T("ask.new"), Href: "/questions/new",
	}}
	switch f.Which {
	case Feed:
		view.Empty.Title, view.Empty.Text = v.T("ask.feed_empty_title"), v.T("ask.feed_empty")
	case Kept:
		view.Empty = ui.EmptyState{Title: v.T("ask.kept_empty_title"), Text: v.T("ask.kept_empty"), Label: v.T("ask.all"), Href: "/questions"}
	}
	if view.Rows, err = p.Rows(v, rows); err != nil {
		return err
	}
	here := "/questions?list=" + string(f.Which)
	if f.Skill != 0 {
		view.Tabs = nil // questions about one skill have one order
		here += "&skill=" + f.Skill.String()
	}
	if f.AfterID != 0 {
		view.Pages.Newer = here
	}
	if more {
		view.Pages.Older = here + "&after=" + rows[len(rows)-1].Cursor()
	}
	return v.Show(view.Title, "ask", pages.List(v.Frame, view))
}

// tabs are the lists of questions.
func tabs(v *visit.Visit, current string) []ui.Tab {
	var out []ui.Tab
	for _, w := range []Which{Active, Newest, Unanswered, Feed, Kept} {
		out = append(out, ui.Tab{Label: v.T("ask.list." + string(w)), Href: "/questions?list=" + string(w), Current: current == string(w)})
	}
	return append(out, ui.Tab{Label: v.T("ask.list.ageing"), Href: "/questions/ageing", Current: current == "ageing"})
}

// Cursor says where a list goes on after this row.
func (r Row) Cursor() string { return web.Cursor{At: r.Position, ID: r.ID}.String() }

func filter(q *web.Values) (Filter, error) {
	f := Filter{Which: Which(q.Text("list"))}
	switch f.Which {
	case Newest, Unanswered, Feed, Kept:
	default:
		f.Which = Active
	}
	c, err := web.ParseCursor(q.Get("after"))
	if err != nil {
		return f, err
	}
	f.After, f.AfterID = c.At, c.ID
	f.Skill, err = q.ID("skill")
	return f, err
}

// Rows turns questions into rows of a list.
func (p *Pages) Rows(v *visit.Visit, rows []Row) ([]pages.RowView, error) {
	authors := make([]id.ID, len(rows))
	for i, r := range rows {
		authors[i] = r.Author
	}
	var by map[id.ID]people.Byline
	if err := p.Service.db.Read(v.R.Context(), func(tx *db.Tx) (err error) {
		by, err = people.Bylines(tx, v.By, authors)
		return err
	}); err != nil {
		return nil, err
	}
	out := make([]pages.RowView, len(rows))
	for i, r := range rows {
		out[i] = rowView(v, r, by[r.Author])
	}
	return out, nil
}

func rowView(v *visit.Visit, r Row, by people.Byline) pages.RowView {
	face := visit.Face(by)
	key := "ask.asked"
	if r.Answers > 0 {
		key = "ask.asked_active"
	}
	row := pages.RowView{
		Href: "/questions/" + r.ID.String(), Title: r.Title, Lang: known(r.Lang), By: face,
		Line:    v.T(key, "name", by.Name, "unit", cmp.Or(by.Unit, "none"), "ago", v.Ago(r.Created), "active", v.Ago(r.Active)),
		Answers: v.T("ask.answers", "n", r.Answers), Tags: tagViews(r.Skills),
	}
	switch {
	case r.Because.Person != "":
		row.Why = v.T("ask.because_person", "name", r.Because.Person)
	case r.Because.Skill != "":
		row.Why = v.T("ask.because_skill", "skill", r.Because.Skill)
	}
	switch {
	case r.State == Duplicate:
		row.Chip = v.T("ask.chip.duplicate")
	case r.State == Obsolete:
		row.Chip = v.T("ask.chip.obsolete")
	case r.Settled == "accepted":
		row.Chip, row.Tone, row.Icon = v.T("ask.chip.accepted"), ui.Good, ui.IconTick
	}
	return row
}

// known is a language for the lang attribute, "" when it could not be told.
func known(language string) string {
	if language == "und" {
		return ""
	}
	return language
}

func tagViews(tags []skills.Tag) []pages.TagView {
	out := make([]pages.TagView, len(tags))
	for i, t := range tags {
		out[i] = pages.TagView{Label: t.Name, Href: "/skills/" + t.ID.String()}
	}
	return out
}

// New is GET /questions/new.
func (p *Pages) New(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	return p.form(v, http.StatusOK, query, pages.Words{
		Title: query.Text("title"), Body: query.Get("body"), Skills: query.Text("skills"),
	}, nil, nil)
}

// form shows the form for a question with what was typed and chosen so far.
func (p *Pages) form(v *visit.Visit, status int, chosen *web.Values, w pages.Words, similar []pages.RowView, wrong error) error {
	title := v.T("ask.new")
	v.Crumbs = []ui.Crumb{{Label: v.T("ask.heading"), Href: "/questions"}}
	first, err := p.first(v, chosen, w.Title)
	if err != nil {
		return err
	}
	return v.ShowStatus(status, title, "ask", pages.New(v.Frame, pages.NewView{
		Title: title, Lede: v.T("ask.new_lede"), Action: "/questions", Submit: v.T("ask.post"), Words: w, Draft: "question-new",
		Faults: v.Faults(wrong), Similar: similar, Seen: v.T("ask.question_seen"), Attach: p.Attachments != nil, First: first,
		Learner: &ui.Option{Value: "1", Label: v.T("ask.learner_first"), Note: v.T("ask.learner_first_note"), On: chosen.Bool("learner_first")},
	}))
}

// Ask is POST /questions. Without JavaScript the form comes back once with the
// questions that are close to this one.
func (p *Pages) Ask(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	w := pages.Words{Title: form.Text("title"), Skills: form.Get("skills")}
	body, err := p.attached(v, form, access.Organisation)
	w.Body = body
	if fault.Is(err, fault.Invalid) {
		return p.form(v, http.StatusUnprocessableEntity, form, w, nil, err)
	}
	if err != nil {
		return err
	}
	a := Ask{Title: w.Title, Body: w.Body, Skills: splitNames(w.Skills), LearnerFirst: form.Bool("learner_first")}
	if form.Text("ask") != "" {
		if a.First, err = form.ID("ask"); err != nil {
			return fault.Missing()
		}
	}
	if p.Similar != nil && !form.Bool("seen") && (&a).tidy() == nil {
		rows, err := p.similar(v, w.Title, 0)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			return p.form(v, http.StatusOK, form, w, rows, nil)
		}
	}
	n, err := p.Service.Ask(v.R.Context(), v.By, a)
	if fault.Is(err, fault.Invalid) {
		return p.form(v, http.StatusUnprocessableEntity, form, w, nil, err)
	}
	if err != nil {
		return err
	}
	return v.See("/questions/" + n.String())
}

// splitNames reads the names of skills from one field.
func splitNames(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '\n' })
}

// SimilarTo is GET /questions/similar?q=...: a piece of page while typing.
func (p *Pages) SimilarTo(v *visit.Visit) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	rows, err := p.similar(v, query.Text("q"), 0)
	if err != nil {
		return err
	}
	return ui.Write(v.W, v.R, http.StatusOK, pages.Similar(v.Frame, rows))
}

func (p *Pages) similar(v *visit.Visit, words string, without id.ID) ([]pages.RowView, error) {
	if p.Similar == nil || strings.TrimSpace(words) == "" {
		return nil, nil
	}
	ids, err := p.Similar(v.R.Context(), v.By, words, without, 4)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	rows, err := p.Service.Some(v.R.Context(), v.By, ids)
	if err != nil {
		return nil, err
	}
	return p.Rows(v, rows)
}

// Beside is GET /questions/{id}/beside: who is likely to know and what is close
// to the question. It is a piece of page that comes after the question, because
// finding both takes longer than all the rest of the page.
func (p *Pages) Beside(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	found, err := p.Service.Some(v.R.Context(), v.By, []id.ID{n})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fault.Missing()
	}
	view := pages.BesideView{Title: found[0].Title}
	if p.Likely != nil {
		if view.Likely, err = p.Likely(v, found[0].Title, found[0].Author, 3); err != nil {
			return err
		}
	}
	if view.Close, err = p.similar(v, found[0].Title, n); err != nil {
		return err
	}
	return ui.Write(v.W, v.R, http.StatusOK, pages.Beside(v.Frame, view))
}

// Open is GET /questions/{id}.
func (p *Pages) Open(v *visit.Visit) error {
	return p.open(v, http.StatusOK, refused{})
}

// refused are words that could not be posted, and what was wrong about them.
type refused struct {
	Answering bool
	Answer    string
	Comment   string
	On        id.ID // what the comment is on; 0 when it is no comment
	Wrong     error
}

// open shows a question's page, with words that could not be posted where they
// were written.
func (p *Pages) open(v *visit.Visit, status int, words refused) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	query, err := v.Query()
	if err != nil {
		return err
	}
	from, err := query.Int("from", 0)
	if err != nil || from < 0 || from > 1_000_000 {
		return fault.Missing()
	}
	q, err := p.Service.Open(v.R.Context(), v.By, n, from)
	if err != nil {
		return err
	}
	view := p.questionView(v, q)
	switch faults := v.Faults(words.Wrong); {
	case words.On != 0:
		view.Refused = pages.RefusedView{On: words.On.String(), Words: words.Comment, Faults: faults}
	case words.Answering && (view.CanAnswer || words.Answer != ""):
		view.CanAnswer = true // also where none is taken any more: the words are not lost
		view.Editor.Value, view.Editor.Error, view.Faults = words.Answer, faults.For("body"), faults
	default:
		view.Above = faults
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("ask.heading"), Href: "/questions"}}
	return v.ShowStatus(status, q.Title, "ask", pages.Question(v.Frame, view))
}

func (p *Pages) questionView(v *visit.Visit, q Whole) pages.QuestionView {
	path := "/questions/" + q.ID.String()
	view := pages.QuestionView{
		ID: q.ID.String(), Path: path, Title: q.Title, Lang: known(q.Lang), By: visit.Face(q.Bylines[q.Author]), Created: q.Created,
		Body: p.HTML(q.Body), Tags: tagViews(q.Skills), Heading: v.T("ask.answers", "n", q.Question.Answers),
		CanAnswer: q.State == Open, Licence: q.Licence, SourceURL: q.OriginURL,
		MeToo:  toggle(ui.Button{Label: v.T("ask.me_too"), Icon: ui.IconUp, Count: count(v, q.Score)}, q.MeToo),
		Follow: toggle(ui.Button{Label: v.T("ask.follow"), Icon: ui.IconBell, Kind: "quiet"}, q.Followed),
		Keep:   toggle(ui.Button{Label: v.T("ask.keep"), Icon: ui.IconPin, Kind: "quiet"}, q.Kept),
		Editor: ui.Editor{
			Name: "body", Label: v.T("ask.your_answer"), Placeholder: v.T("ask.answer_hint"), Max: MaxBody,
			Draft: "answer-" + q.ID.String(), Submit: v.T("ask.post_answer"), Attach: p.Attachments != nil,
		},
	}
	if q.Mine {
		view.MeToo.Why = v.T("ask.own_question")
	}
	if !q.Edited.IsZero() {
		view.Edited = v.T("ask.edited", "ago", v.Ago(q.Edited))
	}
	if q.OriginURL != "" || q.Licence != "" {
		view.Source = v.T("ask.imported")
	}
	switch q.State {
	case Duplicate:
		view.State = v.T("ask.is_duplicate")
		if q.Original != nil {
			view.StateLink, view.StateName = "/questions/"+q.Original.ID.String(), q.Original.Title
		}
	case Obsolete:
		view.State = v.T("ask.is_obsolete", "why", q.ObsoleteWhy)
	}
	view.Way = wayLines(v, q.Way)
	switch q.Part {
	case AtDesk:
		view.Desk = path + "/desk"
	case Confirms:
		view.Confirm = v.T("ask.confirm_asked")
	}
	if q.Tends {
		view.Menu = append(view.Menu, ui.MenuItem{Label: v.T("ask.edit"), Icon: ui.IconEdit, Href: path + "/edit"},
			ui.MenuItem{Label: v.T("ask.state"), Icon: ui.IconFlag, Href: path + "/state"})
	}
	if !q.Edited.IsZero() {
		view.Menu = append(view.Menu, ui.MenuItem{Label: v.T("ask.history"), Icon: ui.IconClock, Href: path + "/history"})
	}
	view.Comments = p.comments(v, q, q.ID)
	for _, a := range q.Answers {
		view.Answers = append(view.Answers, p.answerView(v, q, a))
	}
	if q.PageStart > 0 {
		view.From = "?from=" + strconv.Itoa(q.PageStart)
		view.Pages.Newer = path
	}
	if q.More {
		view.Pages.Older = path + "?from=" + strconv.Itoa(q.PageStart+AnswersPage) + "#answers"
	}
	return view
}

func (p *Pages) answerView(v *visit.Visit, q Whole, a Answer) pages.AnswerView {
	by := q.Bylines[a.Author]
	view := pages.AnswerView{
		ID: a.ID.String(), Path: "/answers/" + a.ID.String(), By: visit.Face(by), Lang: known(a.Lang), Body: p.HTML(a.Body),
		Line: v.Ago(a.Created), Comments: p.comments(v, q, a.ID), Licence: a.Licence, AcceptTo: "/questions/" + q.ID.String() + "/acceptance",
		Useful: toggle(ui.Button{Label: v.T("ask.useful"), Icon: ui.IconThumb, Count: count(v, a.Score), For: v.T("ask.of", "name", by.Name)}, a.Mine),
	}
	if q.own(v.By, a.Author) {
		view.Useful.Why = v.T("ask.own_answer")
	}
	if !a.Edited.IsZero() {
		view.Line = v.T("ask.answered_edited", "ago", v.Ago(a.Created), "edited", v.Ago(a.Edited))
	}
	if !a.Accepted.IsZero() {
		view.Accepted = v.T("ask.accepted_after", "name", q.Bylines[q.Author].Name, "after", a.Accepted.Sub(q.Created))
	}
	if a.State == Obsolete {
		view.State = v.T("ask.answer_obsolete", "why", a.ObsoleteWhy)
	}
	if !a.VerifiedAt.IsZero() {
		view.Verified = v.T("ask.verified", "name", q.Bylines[a.VerifiedBy].Name, "ago", v.Ago(a.VerifiedAt))
	}
	if q.Tends && a.State == Open && q.State != Obsolete {
		b := ui.Button{Label: v.T("ask.accept"), Icon: ui.IconTick, For: v.T("ask.of", "name", by.Name), Toggle: true, Pressed: !a.Accepted.IsZero(), Name: "on", Value: "1"}
		if b.Pressed {
			b.Value = "0"
		}
		view.Accept = &b
	}
	if q.Part == Confirms && a.State == Open && !q.own(v.By, a.Author) && a.VerifiedAt.IsZero() {
		view.Confirm = &ui.Button{Label: v.T("ask.confirm"), Icon: ui.IconTick, For: v.T("ask.of", "name", by.Name), Name: "state", Value: "verified"}
	}
	if q.own(v.By, a.Author) || q.Stewards {
		view.Menu = append(view.Menu, ui.MenuItem{Label: v.T("ask.edit"), Icon: ui.IconEdit, Href: view.Path + "/edit"})
	}
	view.Menu = append(view.Menu, ui.MenuItem{Label: v.T("ask.state"), Icon: ui.IconFlag, Href: view.Path + "/state"})
	if !a.Edited.IsZero() {
		view.Menu = append(view.Menu, ui.MenuItem{Label: v.T("ask.history"), Icon: ui.IconClock, Href: view.Path + "/history"})
	}
	return view
}

func (p *Pages) comments(v *visit.Visit, q Whole, on id.ID) []pages.CommentView {
	list := q.Comments[on]
	out := make([]pages.CommentView, len(list))
	for i, c := range list {
		out[i] = pages.CommentView{
			ID: c.ID.String(), By: visit.Face(q.Bylines[c.Author]), Lang: known(c.Lang), Body: p.HTML(c.Body), Line: v.Ago(c.Created),
		}
		if q.own(v.By, c.Author) || q.Stewards {
			out[i].Menu = []ui.MenuItem{{Label: v.T("ask.edit"), Icon: ui.IconEdit, Href: "/comments/" + c.ID.String() + "/edit"}}
		}
	}
	return out
}

// toggle is a button that says whether it is on and posts the other.
func toggle(b ui.Button, on bool) ui.Button {
	b.Toggle, b.Pressed, b.Name, b.Value, b.Small = true, on, "on", "1", true
	if on {
		b.Value = "0"
	}
	return b
}

func count(v *visit.Visit, n int) string {
	if n == 0 {
		return ""
	}
	return v.Number(int64(n))
}

// Answer is POST /questions/{id}/answers.
func (p *Pages) Answer(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	q, err := v.ID("id")
	if err != nil {
		return err
	}
	about, err := p.Service.LoadQuestion(v.R.Context(), v.By, q)
	if err != nil {
		return err
	}
	var a id.ID
	body, err := p.attached(v, form, about.Audience)
	if err == nil {
		a, err = p.Service.Answer(v.R.Context(), v.By, q, body)
	}
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		return p.open(v, web.Status(fault.KindOf(err)), refused{Answering: true, Answer: body, Wrong: err})
	}
	if err != nil {
		return err
	}
	return v.See("/questions/" + q.String() + "#answer-" + a.String())
}

// Comment is POST /questions/{id}/comments.
func (p *Pages) Comment(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	q, err := v.ID("id")
	if err != nil {
		return err
	}
	on := q
	if form.Text("on") != "" {
		if on, err = form.ID("on"); err != nil {
			return fault.Missing()
		}
	}
	c, err := p.Service.Comment(v.R.Context(), v.By, q, on, form.Get("comment"))
	if fault.Is(err, fault.Invalid) {
		return p.open(v, http.StatusUnprocessableEntity, refused{Comment: form.Get("comment"), On: on, Wrong: err})
	}
	if err != nil {
		return err
	}
	return v.See("/questions/" + q.String() + "#comment-" + c.String())
}

// Accept is POST /questions/{id}/acceptance.
func (p *Pages) Accept(v *visit.Visit) error {
	return p.toggle(v, func(ctx context.Context, q id.ID, form *web.Values) (string, error) {
		if !form.Bool("on") {
			return "#answers", p.Service.Unaccept(ctx, v.By, q)
		}
		a, err := form.ID("answer")
		if err != nil {
			return "", fault.Missing()
		}
		return "#answer-" + a.String(), p.Service.Accept(ctx, v.By, q, a)
	})
}

// MeToo is POST /questions/{id}/me-too.
func (p *Pages) MeToo(v *visit.Visit) error {
	return p.toggle(v, func(ctx context.Context, q id.ID, form *web.Values) (string, error) {
		return "", p.Service.MeToo(ctx, v.By, q, form.Bool("on"))
	})
}

// Follow is POST /questions/{id}/following.
func (p *Pages) Follow(v *visit.Visit) error {
	return p.toggle(v, func(ctx context.Context, q id.ID, form *web.Values) (string, error) {
		return "", p.Service.Follow(ctx, v.By, q, form.Bool("on"))
	})
}

// Bookmark is POST /questions/{id}/bookmark.
func (p *Pages) Bookmark(v *visit.Visit) error {
	return p.toggle(v, func(ctx context.Context, q id.ID, form *web.Values) (string, error) {
		return "", p.Service.Bookmark(ctx, v.By, q, form.Bool("on"))
	})
}

// toggle carries out a post of one button and goes back to the question. A
// conflict is said on the page itself.
func (p *Pages) toggle(v *visit.Visit, do func(ctx context.Context, q id.ID, form *web.Values) (anchor string, err error)) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	q, err := v.ID("id")
	if err != nil {
		return err
	}
	anchor, err := do(v.R.Context(), q, form)
	if fault.Is(err, fault.Conflict) {
		return p.open(v, http.StatusConflict, refused{Wrong: err})
	}
	if err != nil {
		return err
	}
	return v.See("/questions/" + q.String() + anchor)
}

// Useful is POST /answers/{id}/useful.
func (p *Pages) Useful(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	a, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := p.Service.Useful(v.R.Context(), v.By, a, form.Bool("on")); err != nil {
		return err
	}
	return p.seeAnswer(v, a)
}

// seeAnswer goes to an answer on its question's page.
func (p *Pages) seeAnswer(v *visit.Visit, answer id.ID) error {
	a, _, err := p.Service.LoadAnswer(v.R.Context(), v.By, answer)
	if err != nil {
		return err
	}
	return v.See("/questions/" + a.Question.String() + "#answer-" + a.ID.String())
}
