package directory

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// VouchJSON is somebody's word for a skill of somebody else.
type VouchJSON struct {
	ID    string         `json:"id"`
	URL   string         `json:"url"`
	For   string         `json:"for" doc:"Id of the person it is for"`
	Skill PersonNameJSON `json:"skill"`
	Note  string         `json:"note" doc:"Which work showed it"`
	By    VoucherJSON    `json:"by"`
	At    time.Time      `json:"at"`
}

// VoucherJSON is who vouched.
type VoucherJSON struct {
	Name   string `json:"name"`
	Person string `json:"person,omitempty" doc:"Id, when there is a profile to open"`
}

type vouchesInput struct {
	api.ByID
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"40"`
}

// Vouched returns somebody and what colleagues vouched for, newest first, with
// the bylines of those who did.
//
// Errors: NotFound, also for guests, whom nobody vouches for.
func (s *Service) Vouched(ctx context.Context, by access.Actor, person id.ID, after time.Time, afterID id.ID, limit int) (who people.Profile, list []skills.Endorsement, names map[id.ID]people.Byline, more bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if who, err = people.Open(tx, by, person); err != nil {
			return err
		}
		if who.Guest {
			return fault.Missing()
		}
		if list, more, err = skills.Endorsements(tx, by, person, after, afterID, limit); err != nil {
			return err
		}
		authors := make([]id.ID, len(list))
		for i, e := range list {
			authors[i] = e.Author
		}
		names, err = people.Bylines(tx, by, authors)
		return err
	})
	return who, list, names, more, err
}

func addVouchesAPI(a *api.API[access.Actor], s *Service) {
	const tag = "People and skills"
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/people/{id}/vouches", ID: "list-vouches", Summary: "What colleagues vouched for, the latest first", Tag: tag},
		func(ctx context.Context, by access.Actor, in *vouchesInput) (*api.Body[api.Page[VouchJSON]], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			after, wrong := web.ParseCursor(in.Cursor)
			_, list, names, more, err := s.Vouched(ctx, by, n, after.At, after.ID, in.Limit)
			if err == nil {
				err = wrong // that nobody is there is said first
			}
			if err != nil {
				return nil, err
			}
			page := api.Page[VouchJSON]{Items: make([]VouchJSON, len(list))}
			for i, e := range list {
				page.Items[i] = vouchJSON(e, names[e.Author])
			}
			if more {
				last := list[len(list)-1]
				page.NextCursor = web.Cursor{At: last.At, ID: last.ID}.String()
			}
			return api.OK(page), nil
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/endorsements/{id}", ID: "open-vouch", Summary: "A vouch", Tag: tag},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[VouchJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			e, err := s.Skills.OpenEndorsement(ctx, by, n)
			if err != nil {
				return nil, err
			}
			var names map[id.ID]people.Byline
			if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
				names, err = people.Bylines(tx, by, []id.ID{e.Author})
				return err
			}); err != nil {
				return nil, err
			}
			return api.OK(vouchJSON(e, names[e.Author])), nil
		})
}

func vouchJSON(e skills.Endorsement, b people.Byline) VouchJSON {
	return VouchJSON{
		ID: e.ID.String(), URL: "/endorsements/" + e.ID.String(), For: e.Person.String(), Skill: PersonNameJSON{e.Skill.ID.String(), e.Skill.Name},
		Note: e.Note, By: VoucherJSON{Name: b.Name, Person: b.Person.String()}, At: e.At,
	}
}
