package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/platform/certs"
)

// place says which database a command works on.
type place struct {
	Data     string `name:"data" help:"Folder of the data." default:"guildhall-data" env:"GUILDHALL_DATA" type:"path"`
	Database string `help:"A PostgreSQL database (postgres://...) in place of SQLite in the data folder." env:"GUILDHALL_DATABASE" placeholder:"URL"`
}

// url is the database's address: a file in the data folder, which is made when
// it is not there, unless a PostgreSQL database is named.
func (p place) url() (string, error) {
	at, err := p.address()
	if err == nil && p.Database == "" {
		if err := os.MkdirAll(p.Data, 0o700); err != nil {
			return "", fmt.Errorf("the data folder cannot be made: %w", err)
		}
	}
	return at, err
}

// address is url where nothing is to be made.
func (p place) address() (string, error) {
	if p.Database == "" {
		return filepath.Join(p.Data, "guildhall.db"), nil
	}
	if !strings.HasPrefix(p.Database, "postgres://") && !strings.HasPrefix(p.Database, "postgresql://") {
		return "", fmt.Errorf("--database %q is no PostgreSQL address: give it as postgres://user:password@host/guildhall, or name a folder with --data", p.Database)
	}
	return p.Database, nil
}

// look tells what is in the place. Nothing is made; none says so in words where
// there is nothing.
func (p place) look(ctx context.Context) (standing app.Standing, none error, err error) {
	at, err := p.address()
	if err != nil {
		return standing, nil, err
	}
	if standing, err = app.Look(ctx, at); err != nil || standing != app.Nothing {
		return standing, nil, err
	}
	if p.Database != "" {
		return standing, errors.New("there is no Guildhall in that database: it has none of its tables"), nil
	}
	why := "it has no guildhall.db"
	if _, err := os.Stat(at); err == nil {
		why = "its guildhall.db is empty"
	}
	return standing, fmt.Errorf("there is no Guildhall in %s: %s. Name its folder with --data, or its database with --database", p.Data, why), nil
}

// openExisting opens the house for a command that would be pointless in a place
// where nothing is: a backup of a mistyped folder must not look like a backup.
func (p place) openExisting(ctx context.Context, c app.Config) (*app.House, error) {
	_, none, err := p.look(ctx)
	if err = errors.Join(err, none); err != nil {
		return nil, err
	}
	return p.open(ctx, c)
}

// openFor opens the house for an import. A preview writes nothing there: where
// nothing is yet it looks at the import from an empty house that done takes away.
func (p place) openFor(ctx context.Context, preview bool) (h *app.House, done func(), err error) {
	if !preview {
		if h, err = p.open(ctx, app.Config{}); err != nil {
			return nil, nil, err
		}
		return h, func() { h.Close() }, nil
	}
	standing, none, err := p.look(ctx)
	if err != nil {
		return nil, nil, err
	}
	switch standing {
	case app.Older:
		return nil, nil, errors.New("the database is of an older version, and a preview changes nothing: start guildhall serve, which brings it up to date, then preview again")
	case app.Current:
		at, err := p.address()
		if err != nil {
			return nil, nil, err
		}
		if h, err = app.Open(ctx, app.Config{Database: at, Preview: true}); err != nil {
			return nil, nil, err
		}
		return h, func() { h.Close() }, nil
	}
	fmt.Fprintf(os.Stderr, "%s\nSo everything counts as new.\n", none)
	dir, err := os.MkdirTemp("", "guildhall-preview-")
	if err != nil {
		return nil, nil, fmt.Errorf("there is no place for the preview: %w", err)
	}
	if h, err = app.Open(ctx, app.Config{Database: filepath.Join(dir, "guildhall.db"), Throwaway: true}); err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	return h, func() {
		h.Close()
		os.RemoveAll(dir)
	}, nil
}

// open opens the house for a command.
func (p place) open(ctx context.Context, c app.Config) (*app.House, error) {
	at, err := p.url()
	if err != nil {
		return nil, err
	}
	c.Database = at
	if c.Files == "" {
		c.Files = filepath.Join(p.Data, "files")
	}
	if c.Migrated == nil {
		c.Migrated = func(s string) { fmt.Fprintln(os.Stderr, s) }
	}
	return app.Open(ctx, c)
}

// front says where people reach the server.
type front struct {
	Listen       string   `help:"Address to answer on." default:"127.0.0.1:8080" env:"GUILDHALL_LISTEN"`
	PublicURL    string   `help:"Address that people type, when it is another." env:"GUILDHALL_PUBLIC_URL" placeholder:"URL"`
	TrustedProxy []string `help:"Networks of proxies whose X-Forwarded-For is believed." env:"GUILDHALL_TRUSTED_PROXY" placeholder:"CIDR"`
	TLSCert      string   `name:"tls-cert" help:"Certificate for https, a PEM file; read again when it changes." env:"GUILDHALL_TLS_CERT" placeholder:"FILE"`
	TLSKey       string   `name:"tls-key" help:"Key of the certificate, a PEM file." env:"GUILDHALL_TLS_KEY" placeholder:"FILE"`
	ACMEHost     []string `name:"acme-host" help:"Get a certificate for this host from Let's Encrypt, or whom --acme-directory names." env:"GUILDHALL_ACME_HOST" placeholder:"HOST"`
	ACMEEmail    string   `name:"acme-email" help:"Told when something is wrong with that certificate." env:"GUILDHALL_ACME_EMAIL" placeholder:"ADDRESS"`
	ACMEDir      string   `name:"acme-directory" help:"Another certificate authority that speaks ACME." env:"GUILDHALL_ACME_DIRECTORY" placeholder:"URL"`
	ACMECache    string   `name:"acme-cache" help:"Folder that keeps such certificates; acme in the data folder when left out." env:"GUILDHALL_ACME_CACHE" type:"path" placeholder:"DIR"`
	RedirectFrom string   `help:"While speaking https, answer here by http with the way to it: usually :80." env:"GUILDHALL_REDIRECT_FROM" placeholder:"ADDRESS"`
	MetricsToken string   `help:"Lets other machines read /metrics with Authorization: Bearer TOKEN; this one may without." env:"GUILDHALL_METRICS_TOKEN" placeholder:"TOKEN"`
	APIRate      int      `name:"api-rate" help:"Requests a second one person's programs may send for long; -1 is without limit." default:"500" env:"GUILDHALL_API_RATE" placeholder:"N"`
	Verbose      bool     `help:"Log every request." env:"GUILDHALL_VERBOSE"`
}

// https tells whether the server itself speaks https.
func (f front) https() bool { return f.TLSCert != "" || f.TLSKey != "" || len(f.ACMEHost) > 0 }

// config checks what was given and completes the house's configuration.
func (f front) config(c *app.Config) error {
	if f.PublicURL != "" {
		u, err := url.Parse(f.PublicURL)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("--public-url %q is no address: give it as https://guildhall.example.org", f.PublicURL)
		}
		c.PublicURL, c.Secure = u, u.Scheme == "https"
	}
	for _, s := range f.TrustedProxy {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, err2 := netip.ParseAddr(s)
			if err2 != nil {
				return fmt.Errorf("--trusted-proxy %q is no network: give it as 10.0.0.0/8", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		c.TrustedProxies = append(c.TrustedProxies, p)
	}
	level := slog.LevelInfo
	if f.Verbose {
		level = slog.LevelDebug
	}
	c.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	c.MetricsToken, c.APIRate = f.MetricsToken, f.APIRate
	return f.tls(c)
}

// tls prepares https.
func (f front) tls(c *app.Config) error {
	switch {
	case f.TLSCert == "" != (f.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key belong together: give both")
	case f.TLSCert != "" && len(f.ACMEHost) > 0:
		return errors.New("a certificate comes from --tls-cert or from --acme-host: give one of them")
	case f.RedirectFrom != "" && !f.https():
		return errors.New("--redirect-from leads to https: give --tls-cert and --tls-key, or --acme-host, as well")
	case !f.https():
		return nil
	}
	c.Secure = true
	var challenges func(http.Handler) http.Handler
	if f.TLSCert != "" {
		files, err := certs.Open(f.TLSCert, f.TLSKey, c.Log)
		if err != nil {
			return err
		}
		c.TLS = files.Config()
	} else {
		if f.PublicURL == "" && len(f.ACMEHost) == 1 {
			c.PublicURL = &url.URL{Scheme: "https", Host: f.ACMEHost[0]}
		}
		cache := f.ACMECache
		if cache == "" {
			base, err := os.UserCacheDir()
			if err != nil {
				return fmt.Errorf("say with --acme-cache where certificates are kept: %w", err)
			}
			cache = filepath.Join(base, "guildhall", "acme")
		}
		var err error
		if c.TLS, challenges, err = (certs.ACME{Hosts: f.ACMEHost, Email: f.ACMEEmail, Cache: cache, Directory: f.ACMEDir}).Config(); err != nil {
			return err
		}
	}
	if f.RedirectFrom != "" {
		l, err := net.Listen("tcp", f.RedirectFrom)
		if err != nil {
			return fmt.Errorf("cannot answer on %s: %w", f.RedirectFrom, err)
		}
		c.Redirect = &app.Redirect{Listener: l, Challenges: challenges}
	}
	return nil
}

// listen opens the address and returns the one where the server then answers.
func (f front) listen(ctx context.Context) (net.Listener, *url.URL, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", f.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot answer on %s: %w", f.Listen, err)
	}
	u := &url.URL{Scheme: "http", Host: l.Addr().String()}
	if f.https() {
		u.Scheme = "https"
	}
	if a, ok := l.Addr().(*net.TCPAddr); ok && a.IP.IsUnspecified() {
		// Every address of the machine; this one works on it.
		u.Host = net.JoinHostPort("localhost", strconv.Itoa(a.Port))
	}
	return l, u, nil
}

type serveCmd struct {
	place
	front
	MailIn        string `name:"mail-in" help:"Take mail by SMTP here from your mail server: answers of calendar programs." env:"GUILDHALL_MAIL_IN" placeholder:"ADDRESS"`
	MailInAddress string `name:"mail-in-address" help:"The address whose mail that is; answers go to it with a +token." env:"GUILDHALL_MAIL_IN_ADDRESS" placeholder:"guildhall@example.org"`
}

// mailIn opens where mail comes in.
func (s *serveCmd) mailIn(ctx context.Context, c *app.Config) error {
	if s.MailIn == "" && s.MailInAddress == "" {
		return nil
	}
	a, err := mail.ParseAddress(s.MailInAddress)
	if s.MailIn == "" || err != nil || strings.Contains(a.Address, "+") {
		return errors.New("--mail-in and --mail-in-address belong together: give an address to listen on and a mail address without +")
	}
	c.Replies = a.Address
	var lc net.ListenConfig
	if c.MailIn, err = lc.Listen(ctx, "tcp", s.MailIn); err != nil {
		return fmt.Errorf("cannot take mail on %s: %w", s.MailIn, err)
	}
	return nil
}

// Run serves until it is interrupted.
func (s *serveCmd) Run(ctx context.Context) error {
	var c app.Config
	if s.ACMECache == "" {
		s.ACMECache = filepath.Join(s.Data, "acme")
	}
	if err := s.config(&c); err != nil {
		return err
	}
	l, at, err := s.listen(ctx)
	if err != nil {
		return err
	}
	if err := s.mailIn(ctx, &c); err != nil {
		l.Close()
		return err
	}
	c.Address = at
	h, err := s.open(ctx, c)
	if err != nil {
		l.Close()
		return err
	}
	defer h.Close()
	fmt.Printf("Guildhall answers on %s\n", h.Link("/"))
	code, err := h.Admin.NewSetupCode(ctx)
	if err != nil {
		return err
	}
	if code != "" {
		fmt.Printf("Nobody looks after this Guildhall yet. Open %s and type the set-up code %s\n", h.Link("/setup"), code)
	}
	return h.Serve(ctx, l)
}
