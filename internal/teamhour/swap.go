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
	var h Hour
	var a, b Entry
	h, err := s.Open(ctx, by, hour)
	if err != nil {
		return err
	}
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
	if err := s.Keep(ctx, by, hour, own); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
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
		if _, err := open(tx, by, hour); err != nil {
			return err
		}
		list, err = db.All(tx, swapsSQL, scanSwap, by.Person, hour)
		return err
	})
	return list, err
}

// Answer answers a swap that the actor is asked. Accepting puts what they would
// show on their profile and begins the swap, whose id it returns; declining
// tells nobody and publishes nothing. Whoever proposed it may decline it too.
//
// Errors: NotFound, Forbidden, Conflict.
func (s *Service) Answer(ctx context.Context, by access.Actor, hour, swap id.ID, yes bool) (begun id.ID, err error) {
	list, err := s.Proposed(ctx, by, hour)
	if err != nil {
		return 0, err
	}
	at := slices.IndexFunc(list, func(w Swap) bool { return w.ID == swap })
	if at < 0 {
		return 0, fault.Missing()
	}
	w := list[at]
	if yes {
		switch {
		case w.Asked.Person != by.Person:
			return 0, fault.New(fault.Forbidden, "fault.teamhour_own")
		case !s.Swaps():
			return 0, fault.New(fault.Conflict, "fault.teamhour_no_swaps")
		}
		if err := s.Keep(ctx, by, hour, w.Asked.ID); err != nil {
			return 0, err
		}
		h, err := s.Open(ctx, by, hour)
		if err != nil {
			return 0, err
		}
		skill := func(entry id.ID) id.ID {
			for _, e := range h.Entries {
				if e.ID == entry {
					return e.Skill
				}
			}
			return 0
		}
		from, err := s.People.ActorOf(ctx, w.From)
		if err != nil {
			return 0, err
		}
		if begun, err = s.Swap(ctx, from, by, skill(w.Own.ID), skill(w.Asked.ID)); err != nil {
			return 0, err
		}
	}
	return begun, s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(dropSwapSQL, swap, w.Asked.ID, w.Own.ID); err != nil {
			return err
		}
		return changed(tx, hour)
	})
}
