package teamhour

import (
	"context"
	"slices"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Swap is a swap that somebody of an hour proposed to another: what stands on
// no profile yet is put there by its owner, by proposing and by accepting.
type Swap struct {
	ID    id.ID
	From  id.ID
	Own   Entry // what they would show
	Asked Entry // what the other would show
}

// Propose proposes a swap: the actor shows one thing of theirs, which is put on
// their profile by that, and is shown one thing of somebody else's. Doing it
// twice changes nothing. Event: teamhour.swap.
//
// Errors: NotFound, Forbidden, Conflict while swaps are off, Invalid.
func (s *Service) Propose(ctx context.Context, by access.Actor, hour, own, asked id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Together(ctx, func(ctx context.Context, tx *db.Tx) error {
		h, err := open(tx, by, hour)
		if err != nil {
			return err
		}
		var a, b Entry
		for _, e := range h.Entries {
			switch e.ID {
			case own:
				a = e
			case asked:
				b = e
			}
		}
		switch {
		case s.Swap == nil || s.Swaps == nil || !s.Swaps():
			return fault.New(fault.Conflict, "fault.teamhour_no_swaps")
		case a.ID == 0 || b.ID == 0:
			return fault.Missing()
		case a.Person != by.Person || b.Person == by.Person || a.Kind != Show || b.Kind != Show:
			return fault.New(fault.Forbidden, "fault.teamhour_own")
		}
		if _, err := s.keep(ctx, tx, by, hour, own); err != nil {
			return err
		}
		now := s.Clock.Now()
		n, err := tx.Exec(insertSwapSQL, id.New(now), hour, h.Audience, by.Person, own, asked, db.At(now))
		if err != nil || n == 0 {
			return err
		}
		if err := changed(tx, hour); err != nil {
			return err
		}
		return event.Recorder{Clock: s.Clock}.Record(tx, event.Event{Kind: "teamhour.swap", Subject: hour, Audience: h.Audience, Actor: by.Author, Other: b.Person})
	})
}

// Proposed returns the swaps of an hour that the actor proposed or is asked.
//
// Errors: NotFound.
func (s *Service) Proposed(ctx context.Context, by access.Actor, hour id.ID) (list []Swap, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		list, err = proposed(tx, by, hour)
		return err
	})
	return list, err
}

func proposed(tx *db.Tx, by access.Actor, hour id.ID) ([]Swap, error) {
	if _, err := open(tx, by, hour); err != nil {
		return nil, err
	}
	return db.All(tx, swapsSQL, scanSwap, by.Person, hour)
}

// Answer answers a swap that the actor is asked. Accepting puts what they would
// show on their profile and begins the swap, whose id it returns: all of it
// happens or nothing. Declining tells nobody and publishes nothing. Whoever
// proposed it may decline it too.
//
// Errors: NotFound, Forbidden, Conflict.
func (s *Service) Answer(ctx context.Context, by access.Actor, hour, swap id.ID, yes bool) (begun id.ID, err error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	err = s.DB.Together(ctx, func(ctx context.Context, tx *db.Tx) error {
		begun = 0
		list, err := proposed(tx, by, hour)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(list, func(w Swap) bool { return w.ID == swap })
		if at < 0 {
			return fault.Missing()
		}
		w := list[at]
		if yes {
			switch {
			case w.Asked.Person != by.Person:
				return fault.New(fault.Forbidden, "fault.teamhour_own")
			case !s.Swaps():
				return fault.New(fault.Conflict, "fault.teamhour_no_swaps")
			}
			taught, err := s.keep(ctx, tx, by, hour, w.Asked.ID)
			if err != nil {
				return err
			}
			from, err := s.People.ActorOf(ctx, w.From)
			if err != nil {
				return err
			}
			if begun, err = s.Swap(ctx, from, by, w.Own.Skill, taught); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(dropSwapSQL, swap, w.Asked.ID, w.Own.ID); err != nil {
			return err
		}
		return changed(tx, hour)
	})
	return begun, err
}
