package ask

import (
	"context"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// SimilarJSON are questions close to some words.
type SimilarJSON struct {
	Items []QuestionJSON `json:"items" doc:"The closest first"`
}

// WaitingJSON is a question that waits for the caller.
type WaitingJSON struct {
	QuestionJSON
	Part  string    `json:"part" enum:"knows,addressed,learns,confirms,found,desk" doc:"As what you are asked"`
	Asked time.Time `json:"asked_at" doc:"When it was put to you"`
}

// TodayJSON is what a person's Home says about questions.
type TodayJSON struct {
	Waiting []WaitingJSON  `json:"waiting" doc:"Put to you, longest first; three at most"`
	Mine    []QuestionJSON `json:"mine" doc:"Asked by you and not settled; four at most, as in the lists below"`
	Teach   []QuestionJSON `json:"teach" doc:"Unanswered, about what you can teach"`
	Helped  []QuestionJSON `json:"helped" doc:"An answer of yours was accepted or useful in the last month"`
}

// UnaskedJSON is somebody whom the desk may put a question to.
type UnaskedJSON struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Title string `json:"title,omitempty" doc:"What they do here"`
	Unit  string `json:"unit,omitempty"`
	Site  string `json:"site,omitempty"`
}

// DeskJSON is what the desk sees of a question that came to it.
type DeskJSON struct {
	Likely []UnaskedJSON `json:"likely" doc:"Likely to know, free this week and not asked yet; five at most"`
}

type similarInput struct {
	Q       string `query:"q" required:"true" doc:"The title of a question, or some words"`
	Without string `query:"without" doc:"Id of a question to leave out"`
	Limit   int    `query:"limit" minimum:"1" maximum:"20" default:"4"`
}

// addFinding adds the operations that bring people and questions together.
func addFinding(a *api.API[access.Actor], s *Service, r *Routing, similar Similar) {
	const tag = "Questions"
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/questions/similar", ID: "list-similar", Summary: "Questions close to some words", Tag: tag},
		func(ctx context.Context, by access.Actor, in *similarInput) (*api.Body[SimilarJSON], error) {
			out := SimilarJSON{Items: []QuestionJSON{}}
			var without id.ID
			var err error
			if in.Without != "" {
				if without, err = id.Parse(in.Without); err != nil {
					return nil, fault.Missing()
				}
			}
			if similar == nil || strings.TrimSpace(in.Q) == "" {
				return api.OK(out), nil
			}
			ids, err := similar(ctx, by, in.Q, without, in.Limit)
			if err != nil {
				return nil, err
			}
			rows, err := s.Some(ctx, by, ids)
			if err != nil {
				return nil, err
			}
			out.Items, err = s.rowsJSON(ctx, by, rows)
			return api.OK(out), err
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/today", ID: "get-today", Summary: "The questions of your Home: those that wait for you, yours, and those you can help with", Tag: tag},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[TodayJSON], error) {
			return s.todayJSON(ctx, by)
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/questions/{id}/desk", ID: "list-unasked", Summary: "Whom the desk may put a question to", Tag: tag},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[DeskJSON], error) {
			return s.deskJSON(ctx, by, r, in.ID)
		})
}

func (s *Service) todayJSON(ctx context.Context, by access.Actor) (*api.Body[TodayJSON], error) {
	t, err := s.Today(ctx, by)
	if err != nil {
		return nil, err
	}
	waiting := make([]Row, len(t.Waiting))
	for i, w := range t.Waiting {
		waiting[i] = w.Row
	}
	var lists [4][]QuestionJSON
	for i, rows := range [][]Row{waiting, t.Mine, t.Teach, t.Helped} {
		if lists[i], err = s.rowsJSON(ctx, by, rows); err != nil {
			return nil, err
		}
	}
	out := TodayJSON{Waiting: make([]WaitingJSON, len(waiting)), Mine: lists[1], Teach: lists[2], Helped: lists[3]}
	for i, w := range t.Waiting {
		out.Waiting[i] = WaitingJSON{QuestionJSON: lists[0][i], Part: string(w.Part), Asked: w.Asked}
	}
	return api.OK(out), nil
}

func (s *Service) deskJSON(ctx context.Context, by access.Actor, r *Routing, raw string) (*api.Body[DeskJSON], error) {
	n, err := id.Parse(raw)
	if err != nil {
		return nil, api.NotFound()
	}
	q, err := s.LoadQuestion(ctx, by, n)
	if err != nil {
		return nil, err
	}
	if err := s.NeedDesk(ctx, by, n); err != nil {
		return nil, err
	}
	likely, err := r.Likely(ctx, q, likelyMost)
	if err != nil {
		return nil, err
	}
	var some map[id.ID]people.Entry
	if err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		some, err = people.Some(tx, by, likely)
		return err
	}); err != nil {
		return nil, err
	}
	out := DeskJSON{Likely: []UnaskedJSON{}}
	for _, l := range likely {
		if e, ok := some[l]; ok {
			out.Likely = append(out.Likely, UnaskedJSON{ID: l.String(), Name: e.Name, Title: e.Title, Unit: e.Unit, Site: e.Site})
		}
	}
	return api.OK(out), nil
}
