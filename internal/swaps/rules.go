package swaps

import (
	"context"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Rules are the rules of swaps.
type Rules = organisation.SwapRules

// Rules returns the rules as they hold, what nobody chose included.
//
// Errors: NotFound for those who do not organise.
func (s *Service) Rules(by access.Actor) (Rules, error) {
	if err := needOrganiser(by); err != nil {
		return Rules{}, err
	}
	r := s.Settings().Swaps
	if r.Weeks == 0 {
		r.Weeks = 1
	}
	r.Longest, r.Days = s.longest(), s.ringDays()
	return r, nil
}

// SetRules keeps rules that an organiser chose; rounds that run go on by those
// before.
//
// Errors: NotFound for those who do not organise, Invalid.
func (s *Service) SetRules(ctx context.Context, by access.Actor, r Rules) error {
	if err := needOrganiser(by); err != nil {
		return err
	}
	var c fault.Check
	c.Require(r.Longest >= 2 && r.Longest <= 5, "longest", "fault.choice_unknown")
	c.Require(r.Weeks == -1 || r.Weeks == 1 || r.Weeks == 2 || r.Weeks == 4, "weeks", "fault.choice_unknown")
	c.Require(r.Days >= 1 && r.Days <= 14, "days", "fault.swap_days", "max", 14)
	c.Require(r.Credit >= 0 && r.Credit <= 20, "credit", "fault.swap_credit", "max", 20)
	if err := c.Err(); err != nil {
		return err
	}
	return s.KeepRules(ctx, r)
}
