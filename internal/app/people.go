package app

import (
	"time"

	"github.com/guildhall/guildhall/internal/admin"
	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/directory"
)

// directory composes what is shown of people and skills.
func (h *House) directory() *directory.Service {
	return &directory.Service{
		DB: h.DB, Clock: h.Clock, People: h.People, Skills: h.Skills, Ledger: h.Ledger, CanTake: h.Ask.WithinBudget,
	}
}

func (h *House) directoryPages(a *ask.Pages) *directory.Pages {
	d := &directory.Pages{Service: h.directory(), Questions: a.OfSkill, Follow: a.FollowButton, Languages: h.Catalogue.Languages(), NewImport: h.PeopleImport, Places: admin.Tabs}
	d.Panels = h.profilePanels()
	if h.Files != nil {
		d.Lists = h.skillLists()
		d.Portraits = &directory.Portraits{Files: h.Files, Press: h.Press}
	}
	return d
}

// skillLists brings lists of skills.
func (h *House) skillLists() *directory.SkillLists {
	return &directory.SkillLists{DB: h.DB, Skills: h.Skills, Files: h.Files}
}

// PeopleImport is an import of people, to be completed and run.
func (h *House) PeopleImport() *directory.PeopleImport {
	s := h.Organisation.Settings()
	return &directory.PeopleImport{
		Service: h.People, Now: h.Clock.Now(), Zone: s.TimeZone,
		Former: h.Catalogue.Printer(s.Locale, time.UTC, h.Clock.Now()).T("people.former"),
	}
}
