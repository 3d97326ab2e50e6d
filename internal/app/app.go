// Package app puts the house together: it opens the database, builds every
// service, wires what follows from events, and owns the table of routes.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"html"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/guildhall/guildhall/internal/admin"
	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/connect/mail"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/echo"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/ledger"
	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/core/vault"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/core/whoknows"
	"github.com/guildhall/guildhall/internal/find"
	"github.com/guildhall/guildhall/internal/knows"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/blob"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/i18n"
	"github.com/guildhall/guildhall/internal/platform/job"
	"github.com/guildhall/guildhall/internal/platform/lang"
	"github.com/guildhall/guildhall/internal/platform/markdown"
	"github.com/guildhall/guildhall/internal/platform/metrics"
	"github.com/guildhall/guildhall/internal/platform/once"
	"github.com/guildhall/guildhall/internal/platform/picture"
	"github.com/guildhall/guildhall/internal/platform/throttle"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/swaps"
	"github.com/guildhall/guildhall/internal/teamhour"
	"github.com/guildhall/guildhall/internal/ui"
	"github.com/guildhall/guildhall/internal/welcome"
	"github.com/guildhall/guildhall/migrations"
)

// Config says where the house stands. Zero values are working defaults.
type Config struct {
	Database       string // a SQLite file or postgres://...
	Log            *slog.Logger
	Clock          clock.Clock
	PublicURL      *url.URL // where people reach it; the settings say so when nil
	Address        *url.URL // where the server answers, for links when nobody said where people reach it
	TrustedProxies []netip.Prefix
	Secure         bool // people reach it by https
	// TLS makes the server itself speak https.
	TLS *tls.Config
	// Redirect answers on http, with challenges for certificates and the way to
	// https; nil is not there.
	Redirect *Redirect
	// APIRate is how many requests a second one person's programs may send over
	// a long time; 500 when 0, without limit when negative.
	APIRate int
	// MetricsToken lets somebody who is not on this machine read /metrics.
	MetricsToken string
	// Replies is the address that answers of calendar programs are sent to; ""
	// when nobody reads mail. A + and a token are put before its @.
	Replies string
	// MailIn is where the mail server hands over mail for Replies; nil takes
	// none.
	MailIn    net.Listener
	Preview   bool   // the schema is current and stays untouched, as do the skills that ship
	Throwaway bool   // nobody would miss the data: a demo
	Files     string // folder of uploaded files; "" keeps none
	// Migrated tells what the migrations did; nil tells nobody.
	Migrated func(string)
}

// House is the whole product, running or about to.
type House struct {
	DB           *db.DB
	Log          *slog.Logger
	Clock        clock.Clock
	Organisation *organisation.Keeper
	Catalogue    *i18n.Catalogue
	People       *people.Service
	Skills       *skills.Service
	Logins       *login.Service
	Ask          *ask.Service
	Ledger       *ledger.Ledger
	Index        *whoknows.Index
	Knows        *knows.Service
	Find         *find.Service
	Routing      *ask.Routing
	Notices      *notify.Service
	Effects      *event.Effects
	Files        blob.Store     // nil when no folder was given
	Press        *picture.Press // fits pictures, one at a time for the whole house: each may need 100 MB
	Jobs         *job.Workers
	Mail         *mail.Sender
	Meetings     *meet.Service
	Mentoring    *mentoring.Service
	Vault        *vault.Service
	Coffee       *coffee.Service
	Swaps        *swaps.Service
	Echo         *echo.Service
	Welcome      *welcome.Service
	TeamHours    *teamhour.Service
	Admin        *admin.Service

	config Config
	// streams ends when streams of events are to end with the server.
	streams    context.Context
	endStreams context.CancelFunc
	markdown   *markdown.Renderer
	visits     *visit.House
	requests   metrics.Requests
	once       *once.Keeper
	asked      throttle.Memory // by person, through the API
	edge       *web.Edge
}

// Open opens the database, brings its schema up to date and builds the house.
func Open(ctx context.Context, c Config) (*House, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	d, err := db.Open(ctx, db.Config{URL: c.Database, Log: c.Log, Clock: c.Clock, Throwaway: c.Throwaway})
	if err != nil {
		return nil, err
	}
	report := c.Migrated
	if report == nil {
		report = func(string) {}
	}
	if !c.Preview {
		if err := db.Migrate(ctx, d, migrations.Files, report); err != nil {
			d.Close()
			return nil, err
		}
	}
	h, err := Build(ctx, c, d)
	if err == nil && !c.Preview {
		err = h.Skills.Stock(ctx)
	}
	if err != nil {
		d.Close()
		return nil, err
	}
	return h, nil
}

// Build makes the house on an open, migrated database, which it then owns.
func Build(ctx context.Context, c Config, d *db.DB) (*House, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	h := &House{DB: d, Log: c.Log, Clock: c.Clock, config: c}
	h.streams, h.endStreams = context.WithCancel(context.Background())
	if err := d.Write(ctx, func(tx *db.Tx) error { return access.EnsureOrganisation(tx, c.Clock) }); err != nil {
		return nil, err
	}
	var err error
	if h.Catalogue, err = i18n.Load(); err != nil {
		return nil, err
	}
	if h.Organisation, err = organisation.Open(ctx, d, c.Clock); err != nil {
		return nil, err
	}
	if c.Files != "" {
		h.Press = picture.New(1)
		if h.Files, err = blob.New(d, c.Files, c.Clock); err != nil {
			return nil, err
		}
	}
	h.People = people.New(d, c.Clock)
	h.Skills = skills.New(d, c.Clock)
	h.Logins = login.New(d, c.Clock)
	h.People.OnLeave(login.EndAll)
	h.Logins.OnProved(h.People.Proved)
	h.Ask = ask.New(d, c.Clock, h.Skills, lang.Detect)
	h.Index = &whoknows.Index{DB: d, Clock: c.Clock, Words: words}
	h.Knows = knows.New(d, c.Clock, h.Index)
	h.Find = find.New(d)
	h.Find.Excerpts, h.Find.Plain = ask.Excerpts, markdown.Plain
	h.Ledger = &ledger.Ledger{
		DB: d, Clock: c.Clock, Changed: h.Index.Changed,
		Sources: []ledger.Source{ask.Receipts(), skills.Declared(), skills.Endorsed(), mentoring.Receipts(), swaps.Receipts(), echo.Receipts()},
	}
	h.Routing = h.newRouting()
	h.Effects = &event.Effects{DB: d, Log: c.Log}
	h.Effects.Add(h.Ledger.Effect())
	h.Effects.Add(h.claiming())
	h.Effects.Add(h.rewording())
	h.Effects.Add(h.finding())
	h.Effects.Add(h.Routing.Effect())
	h.Skills.OnMerge(h.Ledger.Merge)
	h.Skills.OnMerge(ask.MergeSkills)
	h.markdown = markdown.New(markdown.Options{})
	h.openDoors()
	h.openNotices()
	h.openMeetings()
	h.openMentoring()
	h.openCoffee()
	h.openSwaps()
	h.openEcho()
	h.openWelcome()
	h.openTeamHours()
	h.visits = &visit.House{
		DB: d, Logins: h.Logins, Organisation: h.Organisation, Catalogue: h.Catalogue, Clock: c.Clock, Frame: h.frame,
	}
	h.edge = &web.Edge{
		Log: c.Log, Clock: c.Clock, PublicURL: c.PublicURL, TrustedProxies: c.TrustedProxies, Secure: c.Secure,
		ErrorPage: h.errorPage, Words: h.words, Observe: h.requests.Answered,
	}
	return h, nil
}

// Close closes the database.
func (h *House) Close() error { return h.DB.Close() }

// Run carries out what follows from events until ctx ends.
func (h *House) Run(ctx context.Context) error {
	tasks := []func(context.Context) error{
		h.Effects.Run, h.Jobs.Run, h.runIndex, h.runRouting,
		func(ctx context.Context) error { return h.Organisation.Run(ctx, h.Log) },
	}
	if h.config.MailIn != nil {
		tasks = append(tasks, h.takeMail)
	}
	done := make(chan error, len(tasks))
	for _, task := range tasks {
		go func() { done <- task(ctx) }()
	}
	var err error
	for range tasks {
		err = errors.Join(err, <-done)
	}
	return err
}

// Handler answers every request of the house.
func (h *House) Handler() http.Handler {
	mux := http.NewServeMux()
	h.routes(mux)
	return h.edge.Wrap(mux)
}

// frame fills in the places around a page for somebody signed in.
func (h *House) frame(v *visit.Visit) error {
	v.Person = &ui.FramePerson{Face: ui.Face{Name: v.By.Name, Seed: v.By.Person.String(), Href: "/people/" + v.By.Person.String()}}
	v.Live = "/live"
	var waiting, unread, swapping int
	if err := h.DB.Read(v.R.Context(), func(tx *db.Tx) (err error) {
		if waiting, err = ask.WaitingCount(tx, v.By); err != nil {
			return err
		}
		if h.on("swaps")() {
			if swapping, err = swaps.Waiting(tx, v.By); err != nil {
				return err
			}
		}
		unread, err = notify.Unread(tx, v.By)
		return err
	}); err != nil {
		return err
	}
	v.Nav = []ui.NavGroup{
		{Title: v.T("nav.today"), Entries: []ui.NavEntry{{Key: "home", Label: v.T("nav.home"), Href: "/", Icon: ui.IconHome, Tab: 1},
			{Key: "notices", Label: v.T("nav.notices"), Href: "/notices", Icon: ui.IconBell, Count: unread}}},
		{Title: v.T("nav.learn"), Entries: []ui.NavEntry{{Key: "ask", Label: v.T("nav.ask"), Href: "/questions", Icon: ui.IconAsk, Tab: 2, Count: waiting}}},
		{Title: v.T("nav.meet"), Entries: h.meetingPlaces(v, swapping)},
		h.ownPlaces(v),
	}
	if h.on(echo.Key)() {
		v.Nav[1].Entries = append(v.Nav[1].Entries, ui.NavEntry{Key: "echo", Label: v.T("echo.title"), Href: "/echoes", Icon: ui.IconThumb})
	}
	v.Verbs = []ui.Verb{
		{Key: "q", Label: v.T("ask.new"), Href: "/questions/new"},
		{Key: "w", Label: v.T("nav.who_knows"), Href: "/who-knows"},
	}
	if h.Organisation.Settings().On(coffee.Key) {
		v.Nav[2].Entries = append(v.Nav[2].Entries, ui.NavEntry{Key: "coffee", Label: v.T("coffee.title"), Href: "/coffee", Icon: ui.IconCoffee})
	}
	return nil
}

// meetingPlaces are the places where people meet: always those of who knows
// whom, and the practices that are on.
func (h *House) meetingPlaces(v *visit.Visit, swapping int) []ui.NavEntry {
	out := []ui.NavEntry{
		{Key: "who-knows", Label: v.T("nav.who_knows"), Href: "/who-knows", Icon: ui.IconSearch, Tab: 3},
		{Key: "people", Label: v.T("nav.people"), Href: "/people", Icon: ui.IconPeople},
		{Key: "meetings", Label: v.T("meet.title"), Href: "/meetings", Icon: ui.IconSession},
	}
	on := h.Organisation.Settings().On
	for _, e := range []ui.NavEntry{
		{Key: mentoring.Key, Label: v.T("nav.mentoring"), Href: "/mentoring", Icon: ui.IconMentor},
		{Key: "swaps", Label: v.T("swaps.title"), Href: "/swaps", Icon: ui.IconSwap, Count: swapping},
		{Key: teamhour.Key, Label: v.T("teamhour.title"), Href: "/team-hours", Icon: ui.IconFacilitate},
	} {
		if on(e.Key) {
			out = append(out, e)
		}
	}
	return out
}

func (h *House) errorPage(w http.ResponseWriter, r *http.Request, p web.Problem) {
	v, err := h.visits.Open(w, r)
	if err == nil && v.By.Known() {
		err = h.frame(v)
	}
	if err != nil {
		v = h.visits.Nobody(w, r)
	}
	if err := ui.Write(w, r, p.Status, ui.Page(v.Frame, ui.ProblemPage(v.Frame, p))); err != nil {
		h.Log.Error("the error page failed", "error", err)
	}
}

func (h *House) words(r *http.Request, key string, args map[string]any) string {
	return h.Catalogue.Printer(h.Catalogue.Match(r.Header.Get("Accept-Language")), time.UTC, h.Clock.Now()).T(key, i18n.Pairs(args)...)
}

// html renders people's words. What cannot be rendered is shown as it is.
func (h *House) html(words string) string {
	out, err := h.markdown.HTML(words)
	if err != nil {
		return "<pre>" + html.EscapeString(words) + "</pre>"
	}
	return out
}
