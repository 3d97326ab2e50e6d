package ask

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"github.com/guildhall/guildhall/internal/ask/pages"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/ui"
)

// MergeSkills moves questions from one skill to another, and who follows it, in
// the transaction that merges the skills.
func MergeSkills(tx *db.Tx, from, into id.ID) error {
	for _, text := range []string{mergeQuestionSkillsSQL, mergeFollowsSQL} {
		if _, err := tx.Exec(text, into, from); err != nil {
			return err
		}
	}
	for _, text := range []string{dropQuestionSkillsSQL, dropFollowsSQL} {
		if _, err := tx.Exec(text, from); err != nil {
			return err
		}
	}
	return nil
}

// WithinBudget returns those of the people who were put fewer questions in the
// last seven days than they offered to take in a week.
func (s *Service) WithinBudget(ctx context.Context, persons []id.ID) (map[id.ID]bool, error) {
	out := make(map[id.ID]bool, len(persons))
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		list, err := db.All(tx, withinBudgetSQL, scanID, persons, db.At(s.clock.Now().Add(-7*24*time.Hour)))
		for _, n := range list {
			out[n] = true
		}
		return err
	})
	return out, err
}

// OfSkill draws the questions about a skill that were active last, nothing when
// there are none.
func (p *Pages) OfSkill(v *visit.Visit, skill id.ID) (templ.Component, error) {
	rows, more, err := p.Service.List(v.R.Context(), v.By, Filter{Skill: skill, Limit: 8})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	view := pages.OfSkillView{Section: ui.Section{ID: "questions", Title: v.T("ask.of_skill")}}
	if more {
		view.Section.Link, view.Section.Href = v.T("ask.all_of_skill"), "/questions?skill="+skill.String()
	}
	if view.Rows, err = p.Rows(v, rows); err != nil {
		return nil, err
	}
	return pages.OfSkill(v.Frame, view), nil
}
