package coffee

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// LunchFor is how long somebody waits for company.
const LunchFor = time.Hour

// lunchPart is what shows itself anew where somebody waits for company.
const lunchPart = "lunch"

// Now tells whether the pair has lunch at this moment.
func (p Pair) Now(now time.Time) bool {
	return p.Kind == "lunch" && now.Before(p.At.Add(LunchFor))
}

// LunchNow says that the actor would have lunch with somebody at their site
// within the hour. When somebody else said so, the two are a pair at once;
// otherwise the actor waits and pair is 0. Nobody sees who waits, or how many.
//
// Errors: Invalid for those without a site.
func (s *Service) LunchNow(ctx context.Context, by access.Actor) (pair id.ID, err error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		pair = 0
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		var site id.ID
		if _, err := tx.Row(siteOfSQL, []any{&site}, by.Person); err != nil {
			return err
		}
		if site == 0 {
			return fault.New(fault.Invalid, "fault.coffee_site")
		}
		now := s.Clock.Now()
		company, before, err := s.company(tx, by.Person, site, now)
		if err != nil {
			return err
		}
		if company == 0 {
			_, err := tx.Exec(waitLunchSQL, by.Person, site, db.At(now.Add(LunchFor)))
			return err
		}
		for _, n := range []id.ID{by.Person, company} {
			if _, err := tx.Exec(endLunchSQL, n); err != nil {
				return err
			}
		}
		both := []id.ID{min(by.Person, company), max(by.Person, company)}
		p, err := s.insertPair(tx, Pair{Kind: "lunch", MetBefore: before, At: now}, lot{
			People: both, Reasons: []Reason{{Kind: "site", From: both[0], To: both[1]}},
		})
		if err != nil {
			return err
		}
		pair = p.ID
		notify.Changed(tx, lunchPart, []id.ID{company}) // who waits may be looking at the page
		return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: "coffee.lunch", Subject: p.ID, Audience: p.Audience, Actor: by.Author})
	})
	return pair, err
}

// company is who of those waiting the person never met, else met longest ago;
// 0 when nobody waits whom both would have lunch with. One statement says so,
// and says the same of nobody as of somebody who avoids the person: neither
// what follows nor how long it takes tells the two apart.
func (s *Service) company(tx *db.Tx, person, site id.ID, now time.Time) (who id.ID, before time.Time, err error) {
	var at db.Time
	_, err = tx.Row(companySQL, []any{&who, &at}, person, site, db.At(now))
	return who, at.Time(), err
}

// LunchUntil is until when the actor waits for company, zero when they don't.
func (s *Service) LunchUntil(ctx context.Context, by access.Actor) (until time.Time, err error) {
	if err := by.NeedKnown(); err != nil {
		return until, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var at db.Time
		_, err := tx.Row(lunchOfSQL, []any{&at}, by.Person, db.At(s.Clock.Now()))
		until = at.Time()
		return err
	})
	return until, err
}

// NoLunch ends the actor's waiting.
func (s *Service) NoLunch(ctx context.Context, by access.Actor) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(endLunchSQL, by.Person)
		return err
	})
}

// Siteless tells whether the actor's profile names no site.
func (s *Service) Siteless(ctx context.Context, by access.Actor) (none bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var site id.ID
		_, err := tx.Row(siteOfSQL, []any{&site}, by.Person)
		none = site == 0
		return err
	})
	return none, err
}
