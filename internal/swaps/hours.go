package swaps

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// houseAccount bears what nobody can owe.
const houseAccount id.ID = 0

// debtLimit is how many minutes a ring that broke may leave somebody owing. The
// house bears the rest: who gave them is owed them all the same.
const debtLimit = 10 * 60

// Kinds of entries.
const (
	entryBroken   = "broken"   // hours given in a ring that broke
	entryLaid     = "laid"     // laid aside for a swap
	entryGiven    = "given"    // taught for hours that were laid aside
	entryReturned = "returned" // laid aside and not used
)

type line struct {
	holder  id.ID
	minutes int
}

// post books an entry. Its lines add up to nothing, so no hour appears or
// disappears.
func (s *Service) post(tx *db.Tx, kind string, swap id.ID, lines []line) error {
	sum := 0
	lines = slices.DeleteFunc(lines, func(l line) bool { sum += l.minutes; return l.minutes == 0 })
	if sum != 0 {
		return fmt.Errorf("post %s of swap %s: the lines add up to %d minutes", kind, swap, sum)
	}
	if len(lines) == 0 {
		return nil
	}
	// Always in the same order, so that two entries never wait for each other.
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.holder, b.holder) })
	now := s.Clock.Now()
	entry := id.New(now)
	if _, err := tx.Exec(insertEntrySQL, entry, kind, swap, db.At(now)); err != nil {
		return err
	}
	for _, l := range lines {
		var balance int
		if _, err := tx.Row(moveHoursSQL, []any{&balance}, int64(l.holder), l.minutes); err != nil {
			return err
		}
		if _, err := tx.Exec(insertLineSQL, int64(l.holder), entry, l.minutes, balance); err != nil {
			return err
		}
	}
	return nil
}

func balanceOf(tx *db.Tx, holder id.ID) (minutes int, err error) {
	_, err = tx.Row(balanceSQL, []any{&minutes}, int64(holder))
	return minutes, err
}

// credit is how many minutes somebody may learn ahead of teaching.
func (s *Service) credit() int { return 60 * s.Settings().Swaps.Credit }

// mayOwe returns Conflict when somebody has not enough owed hours to learn for
// so many minutes.
func (s *Service) mayOwe(tx *db.Tx, person id.ID, minutes int) error {
	has, err := balanceOf(tx, person)
	if err == nil && has+s.credit() < minutes {
		err = fault.New(fault.Conflict, "fault.swap_hours")
	}
	return err
}

// lay lays the learner's hours aside, so that they are spent once.
func (s *Service) lay(tx *db.Tx, w Swap) error {
	learner := w.Members[0].Person
	if err := s.mayOwe(tx, learner, w.Whole()); err != nil {
		return err
	}
	return s.post(tx, entryLaid, w.ID, []line{{learner, -w.Whole()}, {w.ID, w.Whole()}})
}

// pay gives the teacher what a lesson is worth of what was laid aside.
func (s *Service) pay(tx *db.Tx, w Swap, minutes int) error {
	left, err := balanceOf(tx, w.ID)
	if err != nil {
		return err
	}
	minutes = min(minutes, left)
	return s.post(tx, entryGiven, w.ID, []line{{w.ID, -minutes}, {w.Members[1].Person, minutes}})
}

// settle books what the members of a swap that ends are owed. Hours that were
// laid aside and not used go back.
func (s *Service) settle(tx *db.Tx, w Swap) error {
	if w.Owed {
		left, err := balanceOf(tx, w.ID)
		if err != nil {
			return err
		}
		return s.post(tx, entryReturned, w.ID, []line{{w.ID, -left}, {w.Members[0].Person, left}})
	}
	var lines []line
	house := 0
	for i, m := range w.Members {
		net := m.Given - w.Teacher(i).Given
		if net < 0 {
			has, err := balanceOf(tx, m.Person)
			if err != nil {
				return err
			}
			// Never below the limit, however much was taught.
			most := max(0, has+debtLimit)
			if -net > most {
				house += net + most
				net = -most
			}
		}
		lines = append(lines, line{m.Person, net})
	}
	return s.post(tx, entryBroken, w.ID, append(lines, line{houseAccount, house}))
}

// Line is one line of somebody's statement.
type Line struct {
	ID      id.ID
	Kind    string
	Swap    id.ID
	Minutes int
	Balance int
	At      time.Time
}

// Statement returns the actor's balance in minutes and the lines of their
// account, latest first. It is theirs alone.
func (s *Service) Statement(ctx context.Context, by access.Actor, before id.ID, limit int) (balance int, list []Line, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return 0, nil, false, err
	}
	if limit <= 0 || limit > 100 {
		limit = 30
	}
	if before == 0 {
		before = 1<<63 - 1
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if err := access.NeedSees(tx, by, access.Organisation); err != nil {
			return err
		}
		if balance, err = balanceOf(tx, by.Person); err != nil {
			return err
		}
		list, err = db.All(tx, statementSQL, scanLine, by.Person, int64(before), limit+1)
		return err
	})
	more = len(list) > limit
	return balance, list[:min(len(list), limit)], more, err
}
