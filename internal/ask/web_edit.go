package ask

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/guildhall/guildhall/internal/ask/pages"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// EditForm is GET /questions/{id}/edit.
func (p *Pages) EditForm(v *visit.Visit) error {
	q, err := p.mine(v)
	if err != nil {
		return err
	}
	return p.editForm(v, http.StatusOK, q, pages.Words{
		Title: q.Title, Body: q.Body, Skills: strings.Join(tagNames(q.Skills), ", "),
	}, nil)
}

// mine loads the question of the path for somebody who may edit it.
func (p *Pages) mine(v *visit.Visit) (Question, error) {
	n, err := v.ID("id")
	if err != nil {
		return Question{}, err
	}
	q, err := p.Service.LoadQuestion(v.R.Context(), v.By, n)
	if err != nil {
		return q, err
	}
	return q, p.Service.MayTend(v.R.Context(), v.By, q.Author, q.Audience)
}

func (p *Pages) editForm(v *visit.Visit, status int, q Question, w pages.Words, wrong error) error {
	path := "/questions/" + q.ID.String()
	v.Crumbs = []ui.Crumb{{Label: v.T("ask.heading"), Href: "/questions"}, {Label: q.Title, Href: path}}
	title := v.T("ask.edit_question")
	return v.ShowStatus(status, title, "ask", pages.New(v.Frame, pages.NewView{
		Title: title, Action: path, Submit: v.T("ask.save"), Words: w, Edit: true, Draft: "edit-" + q.ID.String(),
		Faults: v.Faults(wrong), Seen: v.T("ask.question_seen"),
	}))
}

// Edit is POST /questions/{id}.
func (p *Pages) Edit(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	q, err := p.mine(v)
	if err != nil {
		return err
	}
	w := pages.Words{Title: form.Text("title"), Body: form.Get("body"), Skills: form.Get("skills"), Note: form.Text("note")}
	err = p.Service.Edit(v.R.Context(), v.By, q.ID, Edit{Title: w.Title, Body: w.Body, Skills: splitNames(w.Skills), Note: w.Note})
	if fault.Is(err, fault.Invalid) {
		return p.editForm(v, http.StatusUnprocessableEntity, q, w, err)
	}
	if err != nil {
		return err
	}
	return v.See("/questions/" + q.ID.String())
}

// EditAnswerForm is GET /answers/{id}/edit.
func (p *Pages) EditAnswerForm(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	a, q, err := p.Service.LoadAnswer(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	if err := p.Service.MayTend(v.R.Context(), v.By, a.Author, a.Audience); err != nil {
		return err
	}
	return p.answerForm(v, http.StatusOK, a, q, a.Body, "", nil)
}

func (p *Pages) answerForm(v *visit.Visit, status int, a Answer, q Question, words, note string, wrong error) error {
	v.Crumbs = []ui.Crumb{{Label: v.T("ask.heading"), Href: "/questions"}, {Label: q.Title, Href: "/questions/" + q.ID.String()}}
	title := v.T("ask.edit_answer")
	return v.ShowStatus(status, title, "ask", pages.Text(v.Frame, pages.TextView{
		Title: title, Action: "/answers/" + a.ID.String(), Name: "body", Label: v.T("ask.your_answer"), Words: words, Note: note,
		Max: MaxBody, Faults: v.Faults(wrong),
	}))
}

// EditAnswer is POST /answers/{id}.
func (p *Pages) EditAnswer(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	err = p.Service.EditAnswer(v.R.Context(), v.By, n, form.Get("body"), form.Text("note"))
	if fault.Is(err, fault.Invalid) {
		a, q, err2 := p.Service.LoadAnswer(v.R.Context(), v.By, n)
		if err2 != nil {
			return err2
		}
		return p.answerForm(v, http.StatusUnprocessableEntity, a, q, form.Get("body"), form.Text("note"), err)
	}
	if err != nil {
		return err
	}
	return p.seeAnswer(v, n)
}

// EditCommentForm is GET /comments/{id}/edit.
func (p *Pages) EditCommentForm(v *visit.Visit) error {
	c, err := p.comment(v)
	if err != nil {
		return err
	}
	if err := p.Service.MayTend(v.R.Context(), v.By, c.Author, c.Audience); err != nil {
		return err
	}
	return p.commentForm(v, http.StatusOK, c, c.Body, nil)
}

func (p *Pages) comment(v *visit.Visit) (Comment, error) {
	n, err := v.ID("id")
	if err != nil {
		return Comment{}, err
	}
	return p.Service.LoadComment(v.R.Context(), v.By, n)
}

func (p *Pages) commentForm(v *visit.Visit, status int, c Comment, words string, wrong error) error {
	title := v.T("ask.edit_comment")
	return v.ShowStatus(status, title, "ask", pages.Text(v.Frame, pages.TextView{
		Title: title, Action: "/comments/" + c.ID.String(), Name: "comment", Label: title, Words: words, Lines: 3, Max: MaxComment,
		Faults: v.Faults(wrong), Remove: v.T("ask.delete_comment"),
	}))
}

// EditComment is POST /comments/{id}.
func (p *Pages) EditComment(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	c, err := p.comment(v)
	if err != nil {
		return err
	}
	if form.Bool("delete") {
		if err := p.Service.DeleteComment(v.R.Context(), v.By, c.ID); err != nil {
			return err
		}
		return v.See("/questions/" + c.Question.String())
	}
	err = p.Service.EditComment(v.R.Context(), v.By, c.ID, form.Get("comment"))
	if fault.Is(err, fault.Invalid) {
		return p.commentForm(v, http.StatusUnprocessableEntity, c, form.Get("comment"), err)
	}
	if err != nil {
		return err
	}
	return v.See("/questions/" + c.Question.String() + "#comment-" + c.ID.String())
}

// StateForm is GET /questions/{id}/state.
func (p *Pages) StateForm(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	q, err := p.Service.LoadQuestion(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	return p.stateForm(v, http.StatusOK, q, "", "", "", nil)
}

func (p *Pages) stateForm(v *visit.Visit, status int, q Question, chosen, why, of string, wrong error) error {
	path := "/questions/" + q.ID.String()
	v.Crumbs = []ui.Crumb{{Label: v.T("ask.heading"), Href: "/questions"}, {Label: q.Title, Href: path}}
	title := v.T("ask.state_question")
	tends, err := p.tends(v, q.Author, q.Audience)
	if err != nil {
		return err
	}
	var options []ui.Option
	if q.Settled == "accepted" && q.State == Open {
		options = append(options, option(v, "verified", true))
	}
	if tends && q.State != Open {
		options = append(options, option(v, "open", false))
	}
	if tends {
		options = append(options, option(v, "duplicate", true), option(v, "obsolete", true), option(v, "deleted", true))
	}
	if len(options) == 0 {
		return fault.New(fault.Forbidden, "fault.not_yours")
	}
	return v.ShowStatus(status, title, "ask", pages.State(v.Frame, pages.StateView{
		Title: title, Lede: q.Title, Action: path + "/state", Question: tends, Reasons: tends, Why: why, Of: of, Faults: v.Faults(wrong),
		Choice: ui.Choice{Name: "state", Legend: title, Options: choose(options, chosen)},
	}))
}

// tends tells whether the reader may do more than say that a post is still true.
func (p *Pages) tends(v *visit.Visit, author, audience id.ID) (bool, error) {
	err := p.Service.MayTend(v.R.Context(), v.By, author, audience)
	if fault.Is(err, fault.Forbidden) {
		return false, nil
	}
	return err == nil, err
}

func choose(options []ui.Option, chosen string) []ui.Option {
	for i := range options {
		options[i].On = options[i].Value == chosen
	}
	return options
}

// State is POST /questions/{id}/state.
func (p *Pages) State(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	ctx, to := v.R.Context(), "/questions/"+n.String()
	switch State(form.Text("state")) {
	case "verified":
		err = p.Service.Verify(ctx, v.By, n)
	case Open:
		err = p.Service.Reopen(ctx, v.By, n)
	case Duplicate:
		err = p.Service.markDuplicate(ctx, v.By, n, form.Text("of"))
	case Obsolete:
		err = p.Service.MarkObsolete(ctx, v.By, n, form.Text("why"))
	case Deleted:
		err, to = p.Service.Delete(ctx, v.By, n), "/questions"
	default:
		var c fault.Check
		c.Bad("state", "fault.choice_unknown")
		err = c.Err()
	}
	if k := fault.KindOf(err); err != nil && (k == fault.Invalid || k == fault.Conflict) {
		q, err2 := p.Service.LoadQuestion(ctx, v.By, n)
		if err2 != nil {
			return err2
		}
		return p.stateForm(v, http.StatusUnprocessableEntity, q, form.Text("state"), form.Text("why"), form.Text("of"), err)
	}
	if err != nil {
		return err
	}
	return v.See(to)
}

// markDuplicate marks a duplicate of what is at an address. That there is no
// such question is said at the field.
func (s *Service) markDuplicate(ctx context.Context, by access.Actor, question id.ID, address string) error {
	of, err := questionIn(address)
	if err != nil {
		return err
	}
	err = s.MarkDuplicate(ctx, by, question, of)
	if fault.Is(err, fault.NotFound) {
		if _, gone := s.LoadQuestion(ctx, by, question); gone == nil {
			_, err = questionIn("")
		}
	}
	return err
}

// questionIn finds the id of a question in its address, or in the id alone.
func questionIn(address string) (id.ID, error) {
	s := strings.TrimSpace(address)
	if i := strings.LastIndex(s, "/questions/"); i >= 0 {
		s = s[i+len("/questions/"):]
	}
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s = s[:i]
	}
	n, err := id.Parse(s)
	if err != nil {
		var c fault.Check
		c.Bad("of", "fault.duplicate_unknown")
		return 0, c.Err()
	}
	return n, nil
}

// AnswerStateForm is GET /answers/{id}/state.
func (p *Pages) AnswerStateForm(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	a, q, err := p.Service.LoadAnswer(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	return p.answerStateForm(v, http.StatusOK, a, q, "", "", nil)
}

func (p *Pages) answerStateForm(v *visit.Visit, status int, a Answer, q Question, chosen, why string, wrong error) error {
	v.Crumbs = []ui.Crumb{{Label: v.T("ask.heading"), Href: "/questions"}, {Label: q.Title, Href: "/questions/" + q.ID.String()}}
	title := v.T("ask.state_answer")
	tends, err := p.tends(v, a.Author, a.Audience)
	if err != nil {
		return err
	}
	var options []ui.Option
	switch {
	case a.State == Open:
		options = append(options, option(v, "verified", true))
	case tends:
		options = append(options, option(v, "open", false))
	}
	if tends {
		options = append(options, option(v, "obsolete", true), option(v, "deleted", false))
	}
	if len(options) == 0 {
		return fault.New(fault.Forbidden, "fault.not_yours")
	}
	return v.ShowStatus(status, title, "ask", pages.State(v.Frame, pages.StateView{
		Title: title, Lede: q.Title, Action: "/answers/" + a.ID.String() + "/state", Reasons: tends, Why: why, Faults: v.Faults(wrong),
		Choice: ui.Choice{Name: "state", Legend: title, Options: choose(options, chosen)},
	}))
}

// AnswerState is POST /answers/{id}/state.
func (p *Pages) AnswerState(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	ctx := v.R.Context()
	a, q, err := p.Service.LoadAnswer(ctx, v.By, n)
	if err != nil {
		return err
	}
	switch State(form.Text("state")) {
	case "verified":
		err = p.Service.VerifyAnswer(ctx, v.By, n)
	case Open:
		err = p.Service.RestoreAnswer(ctx, v.By, n)
	case Obsolete:
		err = p.Service.MarkAnswerObsolete(ctx, v.By, n, form.Text("why"))
	case Deleted:
		err = p.Service.DeleteAnswer(ctx, v.By, n)
	default:
		var c fault.Check
		c.Bad("state", "fault.choice_unknown")
		err = c.Err()
	}
	if k := fault.KindOf(err); err != nil && (k == fault.Invalid || k == fault.Conflict) {
		return p.answerStateForm(v, http.StatusUnprocessableEntity, a, q, form.Text("state"), form.Text("why"), err)
	}
	if err != nil {
		return err
	}
	return v.See(web.Local(form.Get("back"), "/questions/"+q.ID.String()))
}

// History is GET /questions/{id}/history.
func (p *Pages) History(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	q, err := p.Service.LoadQuestion(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	return p.history(v, q, "/questions/"+q.ID.String()+"/history", q.ID)
}

// AnswerHistory is GET /answers/{id}/history.
func (p *Pages) AnswerHistory(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	a, q, err := p.Service.LoadAnswer(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	return p.history(v, q, "/answers/"+a.ID.String()+"/history", a.ID)
}

// versionsMost is how many versions a page of history shows.
const versionsMost = 50

func (p *Pages) history(v *visit.Visit, q Question, path string, subject id.ID) error {
	query, err := v.Query()
	if err != nil {
		return err
	}
	before, err := versionBefore(query.Text("before"))
	if err != nil {
		return fault.Missing()
	}
	changes, more, err := p.Service.History(v.R.Context(), v.By, subject, before, versionsMost)
	if err != nil {
		return err
	}
	v.Crumbs = []ui.Crumb{{Label: v.T("ask.heading"), Href: "/questions"}, {Label: q.Title, Href: "/questions/" + q.ID.String()}}
	title := v.T("ask.history_of", "title", q.Title)
	view := pages.HistoryView{Title: title}
	if before != 0 {
		view.Pages.Newer = path
	}
	if more {
		view.Pages.Older = path + "?before=" + strconv.Itoa(changes[len(changes)-1].Number)
	}
	for _, x := range changes {
		version := pages.VersionView{Line: v.T("ask.version", "n", x.Number, "name", x.By.Name, "ago", v.Ago(x.At)), Note: x.Note}
		if x.Number == 1 {
			version.Note = v.T("ask.version_first")
		}
		for _, l := range x.Diff {
			version.Diff = append(version.Diff, pages.DiffLine{Op: l.Op, Text: l.Text})
		}
		view.Versions = append(view.Versions, version)
	}
	return v.Show(title, "ask", pages.History(v.Frame, view))
}

func option(v *visit.Visit, state string, noted bool) ui.Option {
	o := ui.Option{Value: state, Label: v.T("ask.state." + state)}
	if noted {
		o.Note = v.T("ask.state." + state + "_note")
	}
	return o
}
