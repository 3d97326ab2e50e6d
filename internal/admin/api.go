package admin

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// AddAPI adds the operations of the administration. They do not exist for
// those who are no admins. The practices are those that can be switched; link
// is the whole address of a path.
func AddAPI(a *api.API[access.Actor], s *Service, practices []Practice, link func(path string) string) {
	d := &desk{s, practices, link}
	d.addPeople(a)
	d.addSettings(a)
}

// desk answers the operations of the administration.
type desk struct {
	*Service
	practices []Practice
	link      func(path string) string
}

const tag = "Administration"

func (d *desk) addPeople(a *api.API[access.Actor]) {
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/admin/people", ID: "list-access", Summary: "People and how they come in", Tag: tag},
		func(ctx context.Context, by access.Actor, in *accessInput) (*api.Body[api.Page[AccessJSON]], error) {
			if err := by.NeedAdmin(); err != nil {
				return nil, err
			}
			f := Filter{Words: in.Q, NoWay: in.Show == "new", Admins: in.Show == "admins"}
			var err error
			if f.After, f.AfterID, err = api.ParseKeyCursor(in.Cursor); err != nil {
				return nil, err
			}
			list, more, err := d.List(ctx, by, f)
			if err != nil {
				return nil, err
			}
			out := api.Page[AccessJSON]{Items: make([]AccessJSON, len(list))}
			for i, p := range list {
				out.Items[i] = accessJSON(p)
			}
			if more {
				last := list[len(list)-1]
				out.NextCursor = api.KeyCursor(last.SortKey, last.ID)
			}
			return api.OK(out), nil
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/admin/people/{id}", ID: "get-access", Summary: "How a person comes in", Tag: tag},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.Body[AccessJSON], error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			p, err := d.Person(ctx, by, n)
			return api.OK(accessJSON(p)), err
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/admin/people/{id}/role", ID: "set-role", Summary: "Change what somebody is in the organisation", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *roleInput) (*api.None, error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			return &api.None{}, d.SetRole(ctx, by, n, access.Role(in.Body.Role))
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/admin/people/{id}/logins", ID: "end-logins", Summary: "Sign somebody out everywhere and revoke their tokens", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *api.ByID) (*api.None, error) {
			n, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			return &api.None{}, d.EndLogins(ctx, by, n)
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/admin/invitations", ID: "invite", Summary: "Invite people who may not be here yet", Tag: tag, Status: 201, Secret: true},
		func(ctx context.Context, by access.Actor, in *inviteInput) (*api.Body[api.Page[InvitedJSON]], error) {
			list, err := d.InviteNew(ctx, by, strings.Join(in.Body.People, "\n"), access.Role(in.Body.Role))
			return d.invited(list), err
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/admin/people/invitations", ID: "invite-again", Summary: "Invite people who are here; those without an e-mail address are left out", Tag: tag, Status: 201, Secret: true},
		func(ctx context.Context, by access.Actor, in *peopleInput) (*api.Body[api.Page[InvitedJSON]], error) {
			of, err := parseAll(in.Body.People)
			if err != nil {
				return nil, err
			}
			list, err := d.InviteAgain(ctx, by, of)
			return d.invited(list), err
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/admin/people/cards", ID: "make-cards", Summary: "Make cards with which people come in; cards they had end", Tag: tag, Status: 201, Secret: true},
		func(ctx context.Context, by access.Actor, in *peopleInput) (*api.Body[api.Page[CardJSON]], error) {
			of, err := parseAll(in.Body.People)
			if err != nil {
				return nil, err
			}
			cards, err := d.Logins.Cards(ctx, by, of)
			out := api.Page[CardJSON]{Items: make([]CardJSON, len(cards))}
			for i, c := range cards {
				out.Items[i] = CardJSON{Person: c.Person.String(), Name: c.Name, PersonnelNo: c.PersonnelNo, Code: c.Code, Expires: known(c.Expires)}
			}
			return api.OK(out), err
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/admin/audit", ID: "list-acts", Summary: "The log of acts, the latest first", Tag: tag},
		func(ctx context.Context, by access.Actor, in *auditInput) (*api.Body[api.Page[ActJSON]], error) {
			if err := by.NeedAdmin(); err != nil {
				return nil, err
			}
			c, err := web.ParseCursor(in.Cursor)
			if err != nil {
				return nil, err
			}
			acts, more, err := audit.List(ctx, d.DB, by, c.At, c.ID)
			if err != nil {
				return nil, err
			}
			out := api.Page[ActJSON]{Items: make([]ActJSON, len(acts))}
			for i, x := range acts {
				out.Items[i] = ActJSON{
					ID: x.ID.String(), At: x.At, Actor: x.Actor.String(), Name: x.Name, Action: x.Action, Subject: x.Subject.String(), Of: x.Of, Detail: x.Detail,
				}
			}
			if more {
				last := acts[len(acts)-1]
				out.NextCursor = web.Cursor{At: last.At, ID: last.ID}.String()
			}
			return api.OK(out), nil
		})
}

func (d *desk) invited(list []Invited) *api.Body[api.Page[InvitedJSON]] {
	out := api.Page[InvitedJSON]{Items: make([]InvitedJSON, len(list))}
	for i, x := range list {
		out.Items[i] = InvitedJSON{Person: x.Person.String(), Name: x.Name, Email: x.Email}
		if x.Token != "" {
			out.Items[i].Link = d.link("/login/link/" + x.Token)
		}
	}
	return api.OK(out)
}

func (d *desk) addSettings(a *api.API[access.Actor]) {
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/admin/organisation", ID: "get-organisation", Summary: "The organisation's settings", Tag: tag},
		func(_ context.Context, by access.Actor, _ *struct{}) (*api.Body[OrganisationJSON], error) {
			o := d.Organisation.Settings()
			return api.OK(OrganisationJSON{Name: o.Name, PublicURL: o.PublicURL, TimeZone: o.TimeZone, SignInHelp: o.SignInHelp, MeetingLink: o.MeetingLink}), by.NeedAdmin()
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/admin/organisation", ID: "set-organisation", Summary: "Change the organisation's settings", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *organisationInput) (*api.None, error) {
			return &api.None{}, d.SetOrganisation(ctx, by, Organisation(in.Body))
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/admin/practices", ID: "list-practices", Summary: "The practices and which are on", Tag: tag},
		func(_ context.Context, by access.Actor, _ *struct{}) (*api.Body[api.Page[PracticeJSON]], error) {
			o := d.Organisation.Settings()
			out := api.Page[PracticeJSON]{Items: make([]PracticeJSON, len(d.practices))}
			for i, p := range d.practices {
				out.Items[i] = PracticeJSON{Key: p.Key, On: p.Always || o.On(p.Key), Always: p.Always}
			}
			return api.OK(out), by.NeedAdmin()
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/admin/practices", ID: "set-practices", Summary: "Switch practices on and off", Tag: tag, Status: 204}, d.setPractices)
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/admin/questions", ID: "get-widening", Summary: "The desk, and when a question is put to more people", Tag: tag},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[WideningJSON], error) {
			q, err := d.Questions(ctx, by)
			out := WideningJSON{Desk: []string{}, Hours: []int{}}
			for line := range strings.Lines(q.Desk) {
				out.Desk = append(out.Desk, strings.TrimSpace(line))
			}
			for _, h := range d.Organisation.Settings().Widening() {
				out.Hours = append(out.Hours, int(h.Hours()))
			}
			return api.OK(out), err
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/admin/questions", ID: "set-widening", Summary: "Choose the desk, and when a question is put to more people", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *wideningInput) (*api.None, error) {
			hours := make([]string, len(in.Body.Hours))
			for i, h := range in.Body.Hours {
				hours[i] = strconv.Itoa(h)
			}
			return &api.None{}, d.SetQuestions(ctx, by, Questions{Desk: strings.Join(in.Body.Desk, "\n"), Hours: strings.Join(hours, " ")})
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/admin/set-up/end", ID: "finish-set-up", Summary: "End the guided set-up", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.None, error) {
			return &api.None{}, d.FinishSetUp(ctx, by)
		})
	api.Add(a, api.Operation{Method: "GET", Path: "/api/v1/admin/mail", ID: "get-mail", Summary: "How mail is sent, without secrets", Tag: tag},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[MailServerJSON], error) {
			o, err := d.Outgoing(ctx, by)
			if err != nil {
				return nil, err
			}
			out := mailJSON(d.Organisation.Settings())
			if out.Waiting, out.Said, out.Refused = o.Waiting, o.Said, []RefusedJSON{}; o.Waiting > 0 {
				out.Next = &o.Next
			}
			for _, m := range o.Refused {
				r := RefusedJSON{Name: m.Name, At: m.At, Said: m.Said}
				if m.Person != 0 {
					r.Person = m.Person.String()
				}
				out.Refused = append(out.Refused, r)
			}
			return api.OK(out), nil
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/admin/mail/retries", ID: "retry-mail", Summary: "Try all mail again that did not go out", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.None, error) {
			return &api.None{}, d.RetryMail(ctx, by)
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/admin/mail/refused", ID: "forget-mail", Summary: "Forget the mail that is tried no more", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.None, error) {
			return &api.None{}, d.ForgetMail(ctx, by)
		})
	api.Add(a, api.Operation{Method: "PUT", Path: "/api/v1/admin/mail", ID: "set-mail", Summary: "Keep a mail server", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *mailInput) (*api.None, error) {
			return &api.None{}, d.SetMail(ctx, by, Mail{With: in.Body.server()})
		})
	api.Add(a, api.Operation{Method: "DELETE", Path: "/api/v1/admin/mail", ID: "end-mail", Summary: "Send no mail, and forget the server", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.None, error) {
			return &api.None{}, d.SetMail(ctx, by, Mail{Off: true})
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/admin/mail/test", ID: "test-mail", Summary: "Send a mail through a server and keep the server when that goes well", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, in *testMailInput) (*api.None, error) {
			return &api.None{}, d.TestMail(ctx, by, in.Body.Server.server(), in.Body.To)
		})
	api.Add(a, api.Operation{Method: "POST", Path: "/api/v1/admin/mail/release", ID: "release-mail", Summary: "Let mail go that is held back", Tag: tag, Status: 204},
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.None, error) {
			return &api.None{}, d.SetMail(ctx, by, Mail{Go: true})
		})
}

func (d *desk) setPractices(ctx context.Context, by access.Actor, in *practicesInput) (*api.None, error) {
	if err := by.NeedAdmin(); err != nil {
		return nil, err
	}
	on := map[string]bool{}
	for _, p := range d.practices {
		on[p.Key] = p.Always
	}
	var c fault.Check
	for _, key := range in.Body.On {
		if _, ok := on[key]; !ok {
			c.Bad("on", "fault.choice_unknown")
		}
		on[key] = true
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	return &api.None{}, d.SetPractices(ctx, by, on)
}

func (m MailFormJSON) server() organisation.Mail {
	out := organisation.Mail{Host: m.Host, Port: m.Port, TLS: m.TLS, User: m.User, Password: m.Password, From: m.From}
	if o := m.OAuth; o != nil {
		out.OAuth = &organisation.OAuth{TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret, RefreshToken: o.RefreshToken, Scope: o.Scope}
	}
	return out
}

func mailJSON(o organisation.Settings) MailServerJSON {
	out := MailServerJSON{Set: o.Mail != nil, Paused: o.OutgoingPaused}
	if m := o.Mail; m != nil {
		out.Host, out.Port, out.TLS, out.User, out.From, out.Password = m.Host, m.Port, m.TLS, m.User, m.From, m.Password != ""
		if m.OAuth != nil {
			out.OAuth = &MailOAuthJSON{TokenURL: m.OAuth.TokenURL, ClientID: m.OAuth.ClientID, Scope: m.OAuth.Scope}
		}
	}
	return out
}

func accessJSON(p Person) AccessJSON {
	return AccessJSON{
		ID: p.ID.String(), Name: p.Name, Role: string(p.Role), State: p.State, Email: p.Email, PersonnelNo: p.PersonnelNo, Unit: p.Unit,
		Secret: p.Secret, Logins: p.Logins, Seen: known(p.Seen), Waiting: p.Waiting,
	}
}

func parseAll(texts []string) ([]id.ID, error) {
	out := make([]id.ID, len(texts))
	for i, text := range texts {
		n, err := id.Parse(text)
		if err != nil || n == 0 {
			return nil, api.NotFound()
		}
		out[i] = n
	}
	return out, nil
}

// known is the time, nil for none.
func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
