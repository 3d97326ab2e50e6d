package ask

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/ask/pages"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// HomeBlock is what Home shows of questions.
type HomeBlock struct {
	Lede             string
	Now, Main, Aside templ.Component
}

// Today is what a person's Home says about questions.
type Today struct {
	Waiting []Waiting // put to them, longest first
	Mine    []Row     // asked by them and not settled, latest activity first
	Teach   []Row     // unanswered, about what they can teach
	Helped  []Row     // questions on which an answer of theirs was accepted or useful in the last month
}

// todayRows is how many questions each list of Home has.
const todayRows = 4

// Today returns what a person's Home says about questions.
func (s *Service) Today(ctx context.Context, by access.Actor) (t Today, err error) {
	if t.Waiting, err = s.Waiting(ctx, by, WaitingMost); err != nil {
		return t, err
	}
	since := s.clock.Now().AddDate(0, -1, 0)
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if t.Mine, err = db.All(tx, mineOpenSQL, scanRow, by.Person, by.Author, todayRows); err != nil {
			return err
		}
		var teaches bool
		if _, err = tx.Row(teachesSQL, []any{&teaches}, by.Person); err != nil {
			return err
		}
		t.Teach = nil
		if teaches {
			if t.Teach, err = db.All(tx, teachableSQL, scanRow, by.Person, by.Author, db.At(since), todayRows); err != nil {
				return err
			}
		}
		t.Helped, err = helped(tx, by, since)
		return err
	})
	return t, err
}

// helped are the questions on which the actor helped somebody, latest first.
func helped(tx *db.Tx, by access.Actor, since time.Time) ([]Row, error) {
	accepted, err := db.All(tx, acceptedSQL, scanRow, by.Person, by.Author, db.At(since), todayRows)
	if err != nil {
		return nil, err
	}
	useful, err := db.All(tx, usefulSQL, scanRow, by.Person, by.Author, db.At(since), todayRows)
	if err != nil {
		return nil, err
	}
	all := append(accepted, useful...)
	slices.SortStableFunc(all, func(a, b Row) int { return b.Position.Compare(a.Position) })
	var out []Row
	for _, r := range all {
		if len(out) < todayRows && !slices.ContainsFunc(out, func(o Row) bool { return o.ID == r.ID }) {
			out = append(out, r)
		}
	}
	return out, nil
}

// Home is the panel of questions on Home.
func (p *Pages) Home(v *visit.Visit) (HomeBlock, error) {
	var b HomeBlock
	t, err := p.Service.Today(v.R.Context(), v.By)
	if err != nil {
		return b, err
	}
	var authors []id.ID
	for _, w := range t.Waiting {
		authors = append(authors, w.Author)
	}
	shown := map[id.ID]bool{}
	if len(t.Waiting) > 0 {
		var by map[id.ID]people.Byline
		if err := p.Service.db.Read(v.R.Context(), func(tx *db.Tx) (err error) {
			by, err = people.Bylines(tx, v.By, authors)
			return err
		}); err != nil {
			return b, err
		}
		views := make([]pages.WaitingView, len(t.Waiting))
		for i, w := range t.Waiting {
			shown[w.ID] = true
			a := by[w.Author]
			views[i] = pages.WaitingView{
				Href: "/questions/" + w.ID.String(), Title: w.Title, Lang: known(w.Lang), Pass: "/questions/" + w.ID.String() + "/pass",
				Line: v.T("ask.waits", "name", a.Name, "unit", cmp.Or(a.Unit, "none"), "waited", v.Waited(w.Created)), Why: reasonLine(v, w.Reasons),
				Look: w.Part == Confirms,
			}
			if w.Part == AtDesk {
				views[i].Desk = "/questions/" + w.ID.String() + "/desk"
			}
		}
		b.Lede = v.T("ask.stuck", "n", len(t.Waiting))
		b.Now = pages.Waiting(v.Frame, views)
	}
	var main []templ.Component
	for _, list := range []struct {
		title, link, href string
		rows              []Row
	}{
		{v.T("ask.teachable"), v.T("ask.all_unanswered"), "/questions?list=unanswered", without(t.Teach, shown)},
		{v.T("ask.yours"), "", "", t.Mine},
	} {
		if len(list.rows) == 0 {
			continue
		}
		rows, err := p.Rows(v, list.rows)
		if err != nil {
			return b, err
		}
		main = append(main, pages.Some(v.Frame, list.title, list.link, list.href, rows))
	}
	if len(main) > 0 {
		b.Main = templ.Join(main...)
	}
	if len(t.Helped) > 0 {
		rows, err := p.Rows(v, t.Helped)
		if err != nil {
			return b, err
		}
		b.Aside = pages.Helped(v.Frame, v.T("ask.helped", "n", len(rows)), rows)
	}
	return b, nil
}

// Unanswered is for the Home of somebody for whom nothing waits: the newest
// questions of others that nobody has answered, nil when there are none.
func (p *Pages) Unanswered(v *visit.Visit) (templ.Component, error) {
	rows, _, err := p.Service.List(v.R.Context(), v.By, Filter{Which: Unanswered, Limit: todayRows})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	views, err := p.Rows(v, rows)
	if err != nil {
		return nil, err
	}
	return pages.Some(v.Frame, v.T("ask.nobody_yet"), v.T("ask.all_unanswered"), "/questions?list=unanswered", views), nil
}

func without(rows []Row, shown map[id.ID]bool) []Row {
	var out []Row
	for _, r := range rows {
		if !shown[r.ID] {
			out = append(out, r)
		}
	}
	return out
}

// reasonLine says why somebody is asked, the strongest reason alone.
func reasonLine(v *visit.Visit, reasons []Reason) string {
	if len(reasons) == 0 {
		return v.T("ask.reason.active")
	}
	var args []any
	for name, x := range reasons[0].Args {
		args = append(args, name, x)
	}
	return v.T(reasons[0].Key, args...)
}

// Pass is POST /questions/{id}/pass.
func (p *Pages) Pass(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	err = p.Service.Pass(v.R.Context(), v.By, n)
	if fault.Is(err, fault.Conflict) {
		return v.See("/questions/" + n.String() + "/desk")
	}
	if err != nil {
		return err
	}
	return v.See("/")
}
