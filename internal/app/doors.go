package app

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/admin"
	"github.com/guildhall/guildhall/internal/connect/mail"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
	"github.com/guildhall/guildhall/internal/platform/once"
	"github.com/guildhall/guildhall/internal/platform/throttle"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/signin"
	"github.com/guildhall/guildhall/internal/ui"
)

// openDoors builds how people come in and who looks after the house, and what
// they set in motion.
func (h *House) openDoors() {
	h.Mail = &mail.Sender{Settings: h.Organisation.Settings, Clock: h.Clock, Host: h.mailHost}
	h.Jobs = job.New(h.DB, job.Config{Log: h.Log, Queues: map[string]int{job.DefaultQueue: 8, notify.Queue: 4, linkQueue: 2}})
	h.Admin = &admin.Service{
		DB: h.DB, Clock: h.Clock, People: h.People, Logins: h.Logins, Organisation: h.Organisation,
		Invite: h.invite, Mails: h.Mail.Ready, Test: h.testMail, Letters: []string{linkKind, notify.LettersJob, meet.LetterJob},
	}
	h.once = &once.Keeper{DB: h.DB, Clock: h.Clock}
	rate := h.config.APIRate
	if rate == 0 {
		rate = 500
	}
	if rate > 0 {
		// A program may fetch or bring a great deal at once, but not for ever:
		// 500 a second is about a third of what a server on two cores answers.
		h.asked.Clock = clock.System{}
		h.asked.Rate = throttle.Rate{Burst: 40 * rate, Every: time.Second / time.Duration(rate)}
	}
	job.Handle(h.Jobs, linkKind, h.sendLink)
	if h.Files != nil {
		h.skillLists().Work(h.Jobs)
	}
	h.Jobs.Every("login.sweep", job.Interval(time.Hour), h.sweep)
	h.Jobs.Every("files.sweep", job.Daily{Hour: 3, Minute: 17}, h.sweepFiles)
}

// public is the address people type: what the command line says, else what an
// admin set, else where the server answers. It never comes from a request,
// whose Host anybody may write; nil when nothing of it is known.
func (h *House) public() *url.URL {
	if h.config.PublicURL != nil {
		return h.config.PublicURL
	}
	if s := h.Organisation.Settings().PublicURL; s != "" {
		if u, err := url.Parse(s); err == nil && u.Host != "" {
			return u
		}
	}
	return h.config.Address
}

// Link is the whole address of a path of the house, for mail and terminals.
func (h *House) Link(path string) string {
	u := h.public()
	if u == nil {
		return path
	}
	return strings.TrimRight(u.String(), "/") + path
}

func (h *House) door() *signin.Pages {
	return &signin.Pages{House: h.visits, Logins: h.Logins, Send: h.wantLink, Mails: h.Mail.Ready, Public: h.public}
}

// linkJob asks for a one-time link to be made and sent. It holds no token:
// that is made when the mail is, so none waits in the database.
type linkJob struct {
	Person id.ID     `json:"person"`
	To     string    `json:"to,omitempty"` // where the link leads afterwards
	Invite bool      `json:"invite,omitempty"`
	By     string    `json:"by,omitempty"` // who invites
	Asked  time.Time `json:"asked"`
}

const linkKind = "login.link"

// linkQueue is the queue of mailed links: whoever waits for one to come in
// waits for no other mail, and nothing waits for a mail server.
const linkQueue = "links"

// wantLink has a link sent in the transaction.
func (h *House) wantLink(tx *db.Tx, person id.ID, to string) error {
	return job.Enqueue(tx, job.Job{
		Kind: linkKind, Args: linkJob{Person: person, To: to, Asked: h.Clock.Now()}, Priority: job.High, MaxAttempts: 6, Queue: linkQueue,
	})
}

// sendLink makes a one-time link and mails it. Without mail it stands in the
// log, for whoever runs the server.
func (h *House) sendLink(ctx context.Context, _ *job.Run, a linkJob) error {
	life, kind, key := login.LinkLife, login.MailLink, "link"
	if a.Invite {
		life, kind, key = login.InviteLife, login.InviteLink, "invite"
	}
	if h.Clock.Now().Sub(a.Asked) > life {
		return job.Never(errors.New("whoever asked for the link waits no longer"))
	}
	var to people.Address
	var token string
	if err := h.DB.Write(ctx, func(tx *db.Tx) (err error) {
		if to, err = people.AddressOf(tx, a.Person); err != nil {
			return err
		}
		token, err = h.Logins.NewLink(tx, a.Person, kind, life)
		return err
	}); err != nil {
		return err
	}
	path := "/login/link/" + token
	if a.To != "" {
		path += "?" + url.Values{"to": {a.To}}.Encode()
	}
	if !h.Mail.Ready() {
		h.Log.Info("a sign-in link was asked for and there is no mail server to send it through", "person", to.Name, "link", h.Link(path))
		return nil
	}
	if to.Email == "" {
		// Somebody without an address asked by personnel number: a card or a
		// colleague helps them, not mail.
		return nil
	}
	p := h.Catalogue.Printer(to.Locale, time.UTC, h.Clock.Now())
	org := cmp.Or(h.Organisation.Settings().Name, "Guildhall")
	page := h.mailPage(p)
	page.Hello, page.Lede = p.T("notice.mail.hello", "name", firstName(to.Name)), p.T("mail."+key+"_lede", "org", org, "by", cmp.Or(a.By, "none"))
	page.Button, page.Note = mail.Link{Name: p.T("mail." + key + "_do"), URL: h.Link(path)}, p.T("mail."+key+"_note")
	err := h.Mail.Send(ctx, mail.Message{To: to.Email, Name: to.Name, Subject: p.T("mail."+key+"_subject", "org", org), Text: page.Text(), HTML: page.HTML()})
	if fault.Is(err, fault.Invalid) {
		return job.Never(err)
	}
	return err
}

// slow returns how long a person's programs have to wait.
func (h *House) slow(by access.Actor) time.Duration {
	if h.asked.Rate.Burst == 0 {
		return 0
	}
	return h.asked.Take(by.Person.String())
}

// sweep forgets what is over.
func (h *House) sweep(ctx context.Context, _ *job.Run) error {
	if _, err := h.Logins.Sweep(ctx); err != nil {
		return err
	}
	_, err := h.once.Sweep(ctx)
	return err
}

// mailHost is what Message-IDs end in.
func (h *House) mailHost() string {
	if u := h.public(); u != nil {
		return u.Hostname()
	}
	return ""
}

// invite has an invitation sent in the transaction.
func (h *House) invite(tx *db.Tx, by access.Actor, person id.ID) error {
	return job.Enqueue(tx, job.Job{Kind: linkKind, Args: linkJob{Person: person, Invite: true, By: by.Name, Asked: h.Clock.Now()}, Queue: linkQueue})
}

// testPatience is how long somebody who tries a mail server waits for it.
const testPatience = 40 * time.Second

// testMail sends a mail through a server that is not saved yet.
func (h *House) testMail(ctx context.Context, by access.Actor, m organisation.Mail, to string) error {
	p := h.Catalogue.Printer(by.Locale, time.UTC, h.Clock.Now())
	org := cmp.Or(h.Organisation.Settings().Name, "Guildhall")
	page := h.mailPage(p)
	page.Lede = p.T("mail.test_text")
	ctx, cancel := context.WithTimeout(ctx, testPatience)
	defer cancel()
	return h.Mail.Through(ctx, m, org, mail.Message{
		To: to, Name: by.Name, Subject: p.T("mail.test_subject", "org", org), Text: page.Text(), HTML: page.HTML(),
		// Each test is a mail of its own: a mailbox that knows the last one
		// would hide it.
		MessageID: "test-" + id.New(h.Clock.Now()).String() + "@" + h.messageHost(),
	})
}

func (h *House) administration(door *signin.Pages) *admin.Pages {
	return &admin.Pages{
		Service: h.Admin, House: h.visits, Link: h.Link, Enter: door.Enter,
		Practices: practices(),
	}
}

// practices are those that an admin switches on and off.
func practices() []admin.Practice {
	return []admin.Practice{{Key: "ask", Always: true}, {Key: "mentoring"}, {Key: "coffee"}, {Key: "swaps"}, {Key: "echo"}, {Key: "welcome"}, {Key: "teamhour"}}
}

// founded leads every page to the set-up while the house has no admin.
func (h *House) founded(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ok, err := h.Admin.Claimed(r.Context())
		if err != nil {
			return err
		}
		if !ok && !strings.HasPrefix(r.URL.Path, "/api/") && r.URL.Path != "/setup" {
			return web.See(w, r, "/setup")
		}
		return next(w, r)
	}
}

// settingUp tells whether the guided set-up is not finished.
func (h *House) settingUp() bool {
	s := h.Organisation.Settings()
	return !s.SetUp && !s.Demo
}

// ownPlaces are the places about the reader and, for admins, the house.
func (h *House) ownPlaces(v *visit.Visit) ui.NavGroup {
	g := ui.NavGroup{Title: v.T("nav.you"), Entries: []ui.NavEntry{
		{Key: "settings", Label: v.T("nav.settings"), Href: "/settings", Icon: ui.IconLock},
	}}
	if v.By.Administers() {
		g.Entries = append(g.Entries, ui.NavEntry{Key: "admin", Label: v.T("nav.admin"), Href: "/admin", Icon: ui.IconAdmin})
		if h.settingUp() {
			g.Entries = append(g.Entries, ui.NavEntry{Key: "setup", Label: v.T("nav.setup"), Href: "/setup", Icon: ui.IconNext})
		}
	}
	return g
}
