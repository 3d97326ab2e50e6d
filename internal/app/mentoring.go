package app

import (
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/vault"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/mentoring"
)

// openMentoring wires mentoring programmes.
func (h *House) openMentoring() {
	h.Mentoring = &mentoring.Service{DB: h.DB, Clock: h.Clock, Skills: h.Skills, Meet: h.Meetings, SignedIn: login.SignedIn}
	h.Mentoring.Work(h.Jobs, h.on(mentoring.Key))
	h.Effects.Add(h.Mentoring.Effect(h.on(mentoring.Key)))
	h.People.OnLeave(h.Mentoring.Gone)
	h.Skills.OnMerge(mentoring.MergeSkills)
	h.Vault = &vault.Service{DB: h.DB, Clock: h.Clock}
}

// mentoringRoutes are the pages of mentoring.
func (h *House) mentoringRoutes() practice {
	m := &mentoring.Pages{Service: h.Mentoring, Directory: h.People, HTML: h.html, Language: func(v *visit.Visit, tag string) string { return people.LanguageName(v.Lang(), tag) }}
	return practice{mentoring.Key, []Route{
		{"GET /mentoring", SignedIn, m.List},
		{"POST /mentoring", SignedIn, m.Start},
		{"GET /mentoring/new", SignedIn, m.NewForm},
		{"GET /mentoring/{id}", SignedIn, m.Open},
		{"GET /mentoring/{id}/enrolment", SignedIn, m.EnrolForm},
		{"POST /mentoring/{id}/enrolment", SignedIn, m.Enrol},
		{"POST /mentoring/{id}/withdrawal", SignedIn, m.Withdraw},
		{"GET /mentoring/{id}/people", SignedIn, m.People},
		{"GET /mentoring/{id}/pairing", SignedIn, m.Pairing},
		{"POST /mentoring/{id}/pairing", SignedIn, m.Run},
		{"GET /mentoring/{id}/pairing/{person}", SignedIn, m.Choices},
		{"POST /mentoring/{id}/rules", SignedIn, m.Rule},
		{"POST /mentoring/{id}/publication", SignedIn, m.Publish},
		{"GET /mentoring/{id}/joiners", SignedIn, m.Joiners},
		{"GET /mentoring/{id}/choosing", SignedIn, m.Choosing},
		{"POST /mentoring/{id}/requests", SignedIn, m.Request},
		{"GET /mentoring/{id}/health", SignedIn, m.Health},
		{"POST /mentoring/{id}/end", SignedIn, m.End},
		{"GET /mentorships/{id}", SignedIn, m.Room},
		{"POST /mentorships/{id}/answer", SignedIn, m.Answer},
		{"POST /mentorships/{id}/agreement", SignedIn, m.Agree},
		{"POST /mentorships/{id}/goals", SignedIn, m.SetGoal},
		{"POST /mentorships/{id}/goals/{goal}", SignedIn, m.SettleGoal},
		{"POST /mentorships/{id}/promises", SignedIn, m.Promised},
		{"POST /mentorships/{id}/promises/{promise}", SignedIn, m.Kept},
		{"POST /mentorships/{id}/pulse", SignedIn, m.Pulse},
		{"POST /mentorships/{id}/talks", SignedIn, m.Check},
		{"GET /mentorships/{id}/notes", SignedIn, m.NoteParts},
		{"GET /mentorships/{id}/meetings/new", SignedIn, m.PlanForm},
		{"POST /mentorships/{id}/meetings", SignedIn, m.Plan},
		{"GET /mentorships/{id}/certificate", SignedIn, m.Certificate},
		{"GET /mentorships/{id}/closing", SignedIn, m.ClosingForm},
		{"POST /mentorships/{id}/closing", SignedIn, m.Close},
		{"POST /mentorships/{id}/leaving", SignedIn, m.Leave},
	}}
}
