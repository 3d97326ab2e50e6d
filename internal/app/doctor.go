package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/guildhall/guildhall/internal/connect/mail"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/certs"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/job"
	"github.com/guildhall/guildhall/migrations"
)

// Grade is how a finding stands.
type Grade int

// The grades.
const (
	Well Grade = iota
	Note       // works, and could be better
	Bad        // does not work
)

// Finding is one thing that was looked at.
type Finding struct {
	What  string
	Grade Grade
	Words string
}

// Patient is what is examined: flags as they were given.
type Patient struct {
	Data, Database, Listen, PublicURL string
	TLSCert, TLSKey                   string
	ACMEHosts, TrustedProxies         []string
}

// examination collects findings.
type examination struct {
	Patient
	found []Finding
	now   time.Time
}

func (x *examination) say(what string, g Grade, format string, args ...any) {
	x.found = append(x.found, Finding{what, g, fmt.Sprintf(format, args...)})
}

// Examine looks at everything a server would stand on and changes nothing. It
// works beside a running server.
func Examine(ctx context.Context, p Patient) []Finding {
	x := &examination{Patient: p, now: clock.System{}.Now()}
	x.address()
	x.certificate()
	path := p.Database
	if path == "" {
		if !x.folder() {
			return x.found
		}
		path = filepath.Join(p.Data, "guildhall.db")
		i, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			x.say("database", Note, "%s is not there yet; guildhall serve makes it.", path)
			return x.found
		}
		if err != nil {
			x.say("database", Bad, "%s cannot be read: %v.", path, err)
			return x.found
		}
		if blank(path) {
			x.say("database", Note, "%s is empty, as a new one is; guildhall serve fills it.", path)
			return x.found
		}
		if i.Mode().Perm()&0o077 != 0 {
			x.say("database", Note, "Others on this machine may read %s; chmod 600 %s keeps it private.", path, path)
		}
	}
	d, err := db.Open(ctx, db.Config{URL: path})
	var shut *db.NotOpened
	if errors.As(err, &shut) {
		x.say("database", Bad, "%s cannot be opened: %s.", shut.Path, shut.Why)
		return x.found
	}
	if err != nil {
		x.say("database", Bad, "It cannot be opened: %v.", InWords(err))
		return x.found
	}
	defer d.Close()
	if x.database(ctx, d) {
		x.house(ctx, d)
	}
	return x.found
}

// Standing is how a database stands to this program.
type Standing int

// The standings.
const (
	Nothing Standing = iota // there is none, or nothing of Guildhall is in it
	Older                   // of an older version
	Current
)

// Look tells how a database stands and changes nothing. What is missing is not
// made.
func Look(ctx context.Context, url string) (Standing, error) {
	if !strings.Contains(url, "://") && blank(url) {
		return Nothing, nil
	}
	d, err := db.Open(ctx, db.Config{URL: url})
	if err != nil {
		return Nothing, err
	}
	defer d.Close()
	pending, err := db.Pending(ctx, d, migrations.Files)
	if err != nil {
		return Nothing, err
	}
	all, err := fs.Glob(migrations.Files, "*.sql")
	switch {
	case err != nil:
		return Nothing, err
	case len(pending) == len(all):
		return Nothing, nil
	case len(pending) > 0:
		return Older, nil
	}
	return Current, nil
}

// blank tells whether an SQLite file is not there or has nothing in it, as
// SQLite makes them, nor beside it.
func blank(path string) bool {
	for _, name := range []string{path, path + "-wal", path + "-journal"} {
		i, err := os.Stat(name)
		if err == nil && i.Size() > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	return true
}

func (x *examination) address() {
	for _, s := range x.TrustedProxies {
		if _, err := netip.ParsePrefix(s); err != nil {
			if _, err := netip.ParseAddr(s); err != nil {
				x.say("config", Bad, "--trusted-proxy %q is no network; give it as 10.0.0.0/8.", s)
			}
		}
	}
	if x.PublicURL == "" {
		return
	}
	u, err := url.Parse(x.PublicURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		x.say("config", Bad, "--public-url %q is no address; give it as https://guildhall.example.org.", x.PublicURL)
	case strings.Trim(u.Path, "/") != "":
		x.say("config", Bad, "--public-url %q has a path; Guildhall needs a host of its own.", x.PublicURL)
	default:
		x.say("config", Well, "People reach it at %s.", x.PublicURL)
	}
}

func (x *examination) certificate() {
	host := ""
	if u, err := url.Parse(x.PublicURL); err == nil {
		host = u.Hostname()
	}
	switch {
	case x.TLSCert != "" && x.TLSKey != "":
		l := certs.Look(x.TLSCert, x.TLSKey, host)
		left := l.Until.Sub(x.now)
		switch {
		case l.Problem != nil:
			x.say("tls", Bad, "The certificate cannot be used: %v.", l.Problem)
		case left <= 0:
			x.say("tls", Bad, "The certificate ended on %s.", l.Until.Format("2 January 2006"))
		case l.From.After(x.now):
			x.say("tls", Bad, "The certificate begins only on %s; is the clock right?", l.From.Format("2 January 2006"))
		case !l.Covers:
			x.say("tls", Bad, "The certificate is for %s and not for %s.", strings.Join(l.Names, ", "), host)
		case left < 14*24*time.Hour:
			x.say("tls", Note, "The certificate ends in %d days; renew it.", int(left.Hours()/24))
		default:
			x.say("tls", Well, "The certificate for %s is good until %s.", strings.Join(l.Names, ", "), l.Until.Format("2 January 2006"))
		}
	case x.TLSCert != "" || x.TLSKey != "":
		x.say("tls", Bad, "--tls-cert and --tls-key belong together; give both.")
	case len(x.ACMEHosts) > 0:
		x.say("tls", Well, "Certificates for %s come by ACME; their authority must reach this machine on port 443 or 80.", strings.Join(x.ACMEHosts, ", "))
	case strings.HasPrefix(x.PublicURL, "https://"):
		x.say("tls", Well, "Something in front of Guildhall speaks https; name it with --trusted-proxy.")
	default:
		x.say("tls", Note, "People reach it without encryption. Give --tls-cert and --tls-key, --acme-host, or put a proxy in front and say --public-url https://...")
	}
}

// folder looks at the data folder; false when there is none.
func (x *examination) folder() bool {
	i, err := os.Stat(x.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.say("folder", Note, "The data folder %s is not there yet; guildhall serve makes it.", x.Data)
		return false
	case err != nil || !i.IsDir():
		x.say("folder", Bad, "%s is no folder that can be read.", x.Data)
		return false
	}
	// Only writing tells whether one may.
	f, err := os.CreateTemp(x.Data, ".doctor-")
	if err != nil {
		x.say("folder", Bad, "Nothing can be written to %s: %v.", x.Data, err)
		return false
	}
	_ = f.Close()
	_ = os.Remove(f.Name())
	if i.Mode().Perm()&0o077 != 0 {
		x.say("folder", Note, "Others on this machine may look into %s; chmod 700 %s keeps it private.", x.Data, x.Data)
	}
	var s syscall.Statfs_t
	if err := syscall.Statfs(x.Data, &s); err != nil {
		x.say("disk", Note, "How much room is left cannot be told: %v.", err)
		return true
	}
	free := s.Bavail * uint64(s.Bsize) >> 20
	switch {
	case free < 200:
		x.say("disk", Bad, "Only %d MB are free at %s. Make room before something cannot be saved.", free, x.Data)
	case free < 2048:
		x.say("disk", Note, "%d MB are free at %s; that is little for backups and pictures.", free, x.Data)
	default:
		x.say("disk", Well, "%d GB are free at %s.", free>>10, x.Data)
	}
	return true
}

// database looks at the schema and for damage; false when no server could run
// on it.
func (x *examination) database(ctx context.Context, d *db.DB) bool {
	pending, err := db.Pending(ctx, d, migrations.Files)
	if err != nil {
		x.say("schema", Bad, "%v.", err)
		return false
	}
	damage, err := db.Sound(ctx, d)
	if err != nil {
		x.say("database", Bad, "It cannot be read: %v.", err)
		return false
	}
	for _, s := range damage {
		x.say("database", Bad, "Damaged: %s. Restore the last backup.", s)
	}
	if len(damage) == 0 {
		x.say("database", Well, "%s, undamaged.", map[db.Dialect]string{db.SQLite: "SQLite", db.Postgres: "PostgreSQL"}[d.Dialect()])
	}
	if len(pending) > 0 {
		x.say("schema", Note, "%d migrations wait (the first is %s); guildhall serve applies them.", len(pending), pending[0])
		return false
	}
	x.say("schema", Well, "Up to date.")
	return len(damage) == 0
}

// house looks at what is in the database.
func (x *examination) house(ctx context.Context, d *db.DB) {
	keeper, err := organisation.Open(ctx, d, clock.System{})
	if err != nil {
		x.say("settings", Bad, "They cannot be read: %v.", err)
		return
	}
	s := keeper.Settings()
	var lags []event.Lag
	var dead int64
	var latest db.Time
	var admin bool
	if err := d.Read(ctx, func(tx *db.Tx) (err error) {
		if admin, err = people.AnyAdmin(tx); err != nil {
			return err
		}
		if lags, err = event.Lags(tx); err != nil {
			return err
		}
		if latest, err = event.Latest(tx); err != nil {
			return err
		}
		counts, err := job.Counts(tx)
		dead = 0
		for _, c := range counts {
			if c.State == job.Dead {
				dead += c.N
			}
		}
		return err
	}); err != nil {
		x.say("database", Bad, "It cannot be read: %v.", err)
		return
	}
	switch {
	case !admin:
		x.say("set-up", Note, "Nobody looks after it yet. Start guildhall serve and open /setup with the code it prints.")
	case !s.SetUp:
		x.say("set-up", Note, "The guided set-up is not finished. Sign in as an admin and open /setup.")
	default:
		x.say("set-up", Well, "Finished; it belongs to %s.", s.Name)
	}
	if x.PublicURL == "" && s.PublicURL == "" {
		x.say("address", Note, "Nobody said where people reach it, so links in mail lead to %s. Set it under Administration, Organisation.", x.Listen)
	} else if x.PublicURL != "" && s.PublicURL != "" && strings.TrimRight(x.PublicURL, "/") != s.PublicURL {
		x.say("address", Note, "--public-url says %s and the settings say %s; the flag wins.", x.PublicURL, s.PublicURL)
	}
	x.mail(ctx, s)
	behind := int64(0)
	worst := ""
	for _, l := range lags {
		if l.Behind > behind {
			behind, worst = l.Behind, l.Name
		}
	}
	if behind > 10_000 {
		x.say("effects", Note, "%s is %d events behind. It catches up while the server runs; after an import that takes a minute.", worst, behind)
	} else {
		x.say("effects", Well, "At most %d events behind.", behind)
	}
	if dead > 0 {
		x.say("jobs", Note, "%d jobs failed for good; the log says why.", dead)
	}
	if latest.Time().Sub(x.now) > time.Minute {
		x.say("clock", Bad, "This machine's clock says %s and something happened here at %s. Set the clock (NTP) before anything else is saved.", x.now.Format(time.RFC3339), latest.Time().Format(time.RFC3339))
	} else {
		x.say("clock", Well, "%s.", x.now.Format(time.RFC3339))
	}
	if _, err := time.LoadLocation("Europe/Lisbon"); err != nil {
		x.say("clock", Bad, "Time zones cannot be read: %v.", err)
	}
}

func (x *examination) mail(ctx context.Context, s organisation.Settings) {
	if s.OutgoingPaused {
		x.say("mail", Note, "Outgoing mail is held back since a backup was restored. Let it go under Administration, Mail.")
	}
	switch {
	case s.Mail == nil:
		x.say("mail", Note, "No mail server is set, so nobody gets mail and sign-in links stand in the server's log. Set one under Administration, Mail.")
	case !s.OutgoingPaused:
		sender := &mail.Sender{Settings: func() organisation.Settings { return s }, Clock: clock.System{}, Timeout: 10 * time.Second}
		if err := sender.Check(ctx); err != nil {
			reason := err.Error()
			if f := fault.Of(err); f != nil && f.Cause != nil {
				reason = f.Cause.Error()
			}
			x.say("mail", Bad, "%s does not take mail from here: %s.", s.Mail.Host, reason)
			return
		}
		x.say("mail", Well, "%s takes mail from here.", s.Mail.Host)
	}
}
