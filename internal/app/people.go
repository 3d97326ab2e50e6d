package app

import (
	"time"

	"github.com/guildhall/guildhall/internal/admin"
	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/directory"
	"github.com/guildhall/guildhall/internal/platform/i18n"
)

// directory composes what is shown of people and skills.
func (h *House) directory() *directory.Service {
	return &directory.Service{
		DB: h.DB, Clock: h.Clock, People: h.People, Skills: h.Skills, Ledger: h.Ledger, CanTake: h.Ask.WithinBudget,
	}
}

func (h *House) directoryPages(a *ask.Pages) *directory.Pages {
	d := &directory.Pages{Service: h.directory(), Questions: a.OfSkill, Follow: a.FollowButton, Languages: h.Catalogue.Languages(), NewImport: h.PeopleImport, Places: admin.Tabs, SettingUp: h.settingUp}
	d.Panels = h.profilePanels()
	f := h.directoryFiles()
	d.Lists, d.Portraits = f.Lists, f.Portraits
	return d
}

// directoryFiles is what takes files of people and skills.
func (h *House) directoryFiles() directory.Files {
	f := directory.Files{Begin: h.PeopleImport, Say: func(by access.Actor, key string, args map[string]any) string {
		return h.Catalogue.Printer(by.Locale, time.UTC, h.Clock.Now()).T(key, i18n.Pairs(args)...)
	}}
	if h.Files != nil {
		f.Lists = h.skillLists()
		f.Portraits = &directory.Portraits{Files: h.Files, Press: h.Press}
	}
	return f
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
