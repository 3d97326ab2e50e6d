package app

import (
	"net/http"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/core/echo"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/find"
	"github.com/guildhall/guildhall/internal/home"
	"github.com/guildhall/guildhall/internal/knows"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/teamhour"
	"github.com/guildhall/guildhall/internal/ui"
	"github.com/guildhall/guildhall/internal/welcome"
)

// Gate says who is let in to a route. What they then see and may do there is
// the service's business.
type Gate int

// The gates.
const (
	Everybody Gate = iota
	SignedIn
	Admins
)

// Route is one line of the table of routes.
type Route struct {
	Pattern string
	Gate    Gate
	Page    visit.Page
}

// practice is the routes of a practice, which are not there while it is off.
type practice struct {
	key    string
	routes []Route
}

// on tells whether a practice is on, for its operations.
func (h *House) on(practice string) func() bool {
	return func() bool { return h.Organisation.Settings().On(practice) }
}

// attachments keeps what people put into their posts, nil where files have no
// place.
func (h *House) attachments() *ask.Attachments {
	if h.Files == nil {
		return nil
	}
	return &ask.Attachments{Service: h.Ask, Files: h.Files, Press: h.Press}
}

// every is every page of the house, also those of practices that are off.
func (h *House) every() []Route {
	out := h.table()
	for _, p := range h.practices() {
		out = append(out, p.routes...)
	}
	return out
}

// practices are the pages of the practices that can be switched off.
func (h *House) practices() []practice {
	return []practice{
		h.mentoringRoutes(),
		{coffee.Key, h.coffeeRoutes()},
		{"swaps", h.swapRoutes()},
		{echo.Key, h.echoRoutes()},
		{welcome.Key, h.welcomeRoutes()},
		{teamhour.Key, h.teamHourRoutes()},
	}
}

// table is every page that is always there.
func (h *House) table() []Route {
	a := &ask.Pages{Service: h.Ask, HTML: h.html, Similar: h.similarTo, Routing: h.Routing, Likely: h.likely, Attachments: h.attachments()}
	told := &notify.Pages{Service: h.Notices, Logins: h.Logins, Ends: h.streams.Done(), Shown: h.told}
	met := h.meetingPages()
	finder := &find.Pages{Service: h.Find}
	door := h.door()
	office := h.administration(door)
	front := &home.Pages{Panels: append([]home.Panel{
		func(v *visit.Visit) (home.Block, error) {
			b, err := a.Home(v)
			return home.Block{Lede: b.Lede, Now: b.Now, Main: b.Main, Aside: b.Aside}, err
		},
	}, h.homePanels()...)}
	d := h.directoryPages(a)
	front.Quiet = h.quietPanels(a, d)
	manual := h.reference()
	return []Route{
		{"GET /{$}", SignedIn, front.Home},
		{"GET /login", Everybody, door.Door},
		{"POST /login", Everybody, door.SignIn},
		{"POST /login/link", Everybody, door.WantLink},
		{"GET /login/link/{token}", Everybody, door.Link},
		{"POST /login/link/{token}", Everybody, door.UseLink},
		{"GET /demo/{token}", Everybody, door.Demo},
		{"POST /logout", Everybody, door.SignOut},
		{"GET /claim", Everybody, door.Claim},
		{"POST /claim", Everybody, door.UseCard},
		{"GET /settings", SignedIn, door.Settings},
		{"POST /settings/secret", SignedIn, door.Secret},
		{"POST /settings/logins", SignedIn, door.EndLogins},
		{"POST /settings/tokens", SignedIn, door.Tokens},
		{"POST /settings/preferences", SignedIn, door.Preferences},
		{"GET /notices", SignedIn, told.List},
		{"POST /notices/read", SignedIn, told.Read},
		{"GET /settings/notices", SignedIn, told.Choices},
		{"POST /settings/notices", SignedIn, told.Choose},
		{"GET /unsubscribe/{token}", Everybody, told.UnsubscribeForm},
		{"POST /unsubscribe/{token}", Everybody, told.Unsubscribe},
		{"GET /live", SignedIn, told.Live},
		{"GET /meetings", SignedIn, met.List},
		{"GET /meetings/sheet", SignedIn, met.Sheet},
		{"POST /meetings/feed", SignedIn, met.MakeFeed},
		{"GET /calendar/{token}", Everybody, met.Feed},
		{"GET /met/{token}", Everybody, met.SignedForm},
		{"POST /met/{token}", Everybody, met.Signed},
		{"GET /meetings/{id}", SignedIn, met.Open},
		{"POST /meetings/{id}", SignedIn, met.Edit},
		{"GET /meetings/{id}/edit", SignedIn, met.EditForm},
		{"POST /meetings/{id}/answer", SignedIn, met.Answer},
		{"POST /meetings/{id}/confirmation", SignedIn, met.Confirm},
		{"GET /meetings/{id}/cancellation", SignedIn, met.CancelForm},
		{"POST /meetings/{id}/cancellation", SignedIn, met.Cancel},
		{"GET /api", Everybody, manual.Root},
		{"GET /reference", Everybody, manual.List},
		{"GET /reference/{id}", Everybody, manual.Open},
		{"GET /search", SignedIn, finder.Search},
		{"GET /search.json", SignedIn, finder.Palette},
		{"GET /who-knows", SignedIn, (&knows.Pages{Service: h.Knows}).Who},
		{"GET /setup", Everybody, office.SetUp},
		{"POST /setup", Everybody, office.Found},
		{"POST /setup/done", Admins, office.Finish},
		{"GET /admin", Admins, office.People},
		{"POST /admin/people", Admins, office.Many},
		{"GET /admin/people/{id}", Admins, office.Person},
		{"POST /admin/people/{id}", Admins, office.ChangePerson},
		{"GET /admin/invitations", Admins, office.Invitations},
		{"POST /admin/invitations", Admins, office.Invite},
		{"GET /admin/organisation", Admins, office.Organisation},
		{"POST /admin/organisation", Admins, office.SetOrganisation},
		{"GET /admin/questions", Admins, office.Questions},
		{"POST /admin/questions", Admins, office.SetQuestions},
		{"GET /admin/mail", Admins, office.Mail},
		{"POST /admin/mail", Admins, office.SetMail},
		{"GET /admin/practices", Admins, office.PracticesPage},
		{"POST /admin/practices", Admins, office.SetPractices},
		{"GET /admin/audit", Admins, office.Audit},
		{"GET /questions", SignedIn, a.List},
		{"POST /questions", SignedIn, a.Ask},
		{"GET /questions/new", SignedIn, a.New},
		{"GET /questions/similar", SignedIn, a.SimilarTo},
		{"GET /questions/{id}/beside", SignedIn, a.Beside},
		{"GET /questions/ageing", SignedIn, a.Ageing},
		{"GET /questions/{id}", SignedIn, a.Open},
		{"POST /questions/{id}", SignedIn, a.Edit},
		{"GET /questions/{id}/edit", SignedIn, a.EditForm},
		{"GET /questions/{id}/history", SignedIn, a.History},
		{"GET /questions/{id}/state", SignedIn, a.StateForm},
		{"POST /questions/{id}/state", SignedIn, a.State},
		{"POST /questions/{id}/answers", SignedIn, a.Answer},
		{"POST /questions/{id}/comments", SignedIn, a.Comment},
		{"POST /questions/{id}/acceptance", SignedIn, a.Accept},
		{"POST /questions/{id}/pass", SignedIn, a.Pass},
		{"GET /questions/{id}/desk", SignedIn, a.Desk},
		{"POST /questions/{id}/forwarding", SignedIn, a.Forward},
		{"POST /questions/{id}/nobody", SignedIn, a.NobodyKnows},
		{"POST /questions/{id}/me-too", SignedIn, a.MeToo},
		{"POST /questions/{id}/following", SignedIn, a.Follow},
		{"POST /questions/{id}/bookmark", SignedIn, a.Bookmark},
		{"GET /files/{id}", SignedIn, a.File},
		{"POST /answers/{id}", SignedIn, a.EditAnswer},
		{"GET /answers/{id}/edit", SignedIn, a.EditAnswerForm},
		{"GET /answers/{id}/history", SignedIn, a.AnswerHistory},
		{"GET /answers/{id}/state", SignedIn, a.AnswerStateForm},
		{"POST /answers/{id}/state", SignedIn, a.AnswerState},
		{"POST /answers/{id}/useful", SignedIn, a.Useful},
		{"POST /comments/{id}", SignedIn, a.EditComment},
		{"GET /comments/{id}/edit", SignedIn, a.EditCommentForm},
		{"GET /people", SignedIn, d.List},
		{"GET /people/chart", SignedIn, d.Chart},
		{"GET /people/{id}", SignedIn, d.Open},
		{"GET /people/{id}/vouches", SignedIn, d.Vouches},
		{"POST /people/{id}/vouches", SignedIn, d.Vouch},
		{"POST /people/{id}/following", SignedIn, a.FollowPerson},
		{"GET /people/{id}/departure", Admins, d.DepartureForm},
		{"POST /people/{id}/departure", Admins, d.Departure},
		{"GET /people/me", SignedIn, d.Me},
		{"GET /people/me/edit", SignedIn, d.EditForm},
		{"POST /people/me/edit", SignedIn, d.Edit},
		{"POST /people/me/picture", SignedIn, d.SetPicture},
		{"GET /people/me/skills", SignedIn, d.OwnSkills},
		{"POST /people/me/skills", SignedIn, d.Declare},
		{"GET /people/me/skills/{id}", SignedIn, d.OwnSkill},
		{"POST /people/me/skills/{id}", SignedIn, d.ChangeSkill},
		{"GET /people/me/receipts", SignedIn, d.Receipts},
		{"POST /people/me/receipts/{id}", SignedIn, d.HideReceipt},
		{"GET /pictures/{hash}", SignedIn, d.PictureOf},
		{"GET /endorsements/{id}", SignedIn, d.Endorsement},
		{"POST /endorsements/{id}/withdrawal", SignedIn, d.Withdraw},
		{"GET /skills", SignedIn, d.ListSkills},
		{"GET /skills.json", SignedIn, d.SuggestSkills},
		{"GET /skills/{id}", SignedIn, d.OpenSkill},
		{"POST /skills/{id}/following", SignedIn, a.FollowSkill},
		{"GET /skills/{id}/edit", Admins, d.EditSkillForm},
		{"POST /skills/{id}/edit", Admins, d.EditSkill},
		{"POST /skills/{id}/merge", Admins, d.MergeSkill},
		{"POST /skills/{id}/deprecation", Admins, d.DeprecateSkill},
		{"GET /admin/import", Admins, d.ImportForm},
		{"POST /admin/import", Admins, d.Import},
		{"GET /people/me/profiles", SignedIn, d.Profiles},
		{"POST /people/me/profiles", SignedIn, d.ClaimProfile},
		{"GET /admin/claims", Admins, d.Claims},
		{"POST /admin/claims/{id}", Admins, d.DecideClaim},
		{"GET /admin/skills", Admins, d.SkillImports},
		{"POST /admin/skills", Admins, d.ImportSkills},
		{"GET /admin/sites", Admins, d.Sites},
		{"POST /admin/sites", Admins, d.SaveSite},
	}
}

// told tells whether people choose how they hear of a group of notices: not of
// what a practice says that is off.
func (h *House) told(group string) bool {
	practice, ok := map[string]string{
		"mentorship": mentoring.Key, "swap": "swaps", "coffee": coffee.Key, "teamhour": teamhour.Key, "echo": echo.Key, "welcome": welcome.Key,
	}[group]
	return !ok || h.Organisation.Settings().On(practice)
}

// whileOn answers as if nothing were there while the practice is off.
func (h *House) whileOn(practice string, next web.Handler) web.Handler {
	if practice == "" {
		return next
	}
	missing := h.visits.Public(func(v *visit.Visit) error { return fault.Missing() })
	return func(w http.ResponseWriter, r *http.Request) error {
		if !h.Organisation.Settings().On(practice) {
			return missing(w, r)
		}
		return next(w, r)
	}
}

func (h *House) route(mux *http.ServeMux, practice string, routes []Route) {
	for _, r := range routes {
		var handler web.Handler
		switch r.Gate {
		case Everybody:
			handler = h.visits.Public(r.Page)
		case Admins:
			handler = h.visits.Admin(r.Page)
		default:
			handler = h.visits.SignedIn(r.Page)
		}
		mux.Handle(r.Pattern, h.edge.Page(h.founded(h.whileOn(practice, handler))))
	}
}

func (h *House) routes(mux *http.ServeMux) {
	h.route(mux, "", h.table())
	for _, p := range h.practices() {
		h.route(mux, p.key, p.routes)
	}
	operations := h.newAPI(mux)
	mux.Handle("GET /assets/", ui.Assets())
	mux.Handle("POST /theme", h.edge.Page(ui.SwitchTheme))
	mux.Handle("GET /metrics", h.edge.API(h.metrics))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.Handle("GET /readyz", h.edge.API(func(w http.ResponseWriter, r *http.Request) error {
		if err := h.DB.Ping(r.Context()); err != nil {
			return err
		}
		_, err := w.Write([]byte("ok\n"))
		return err
	}))
	missing := h.edge.Page(h.founded(h.visits.Public(func(v *visit.Visit) error { return fault.Missing() })))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if !operations.WrongMethod(w, r) {
			missing.ServeHTTP(w, r)
		}
	})
}
