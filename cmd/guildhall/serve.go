package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"

	"github.com/guildhall/guildhall/internal/app"
)

// place says which database a command works on.
type place struct {
	Data     string `name:"data" help:"Folder of the data." default:"guildhall-data" env:"GUILDHALL_DATA" type:"path"`
	Database string `help:"A PostgreSQL database (postgres://...) in place of SQLite in the data folder." env:"GUILDHALL_DATABASE" placeholder:"URL"`
}

// url is the database's address: a file in the data folder, which is made when
// it is not there, unless a PostgreSQL database is named.
func (p place) url() (string, error) {
	if p.Database != "" {
		return p.Database, nil
	}
	if err := os.MkdirAll(p.Data, 0o700); err != nil {
		return "", fmt.Errorf("the data folder cannot be made: %w", err)
	}
	return filepath.Join(p.Data, "guildhall.db"), nil
}

// open opens the house for a command.
func (p place) open(ctx context.Context, c app.Config) (*app.House, error) {
	at, err := p.url()
	if err != nil {
		return nil, err
	}
	c.Database = at
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
	Verbose      bool     `help:"Log every request." env:"GUILDHALL_VERBOSE"`
}

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
	return nil
}

// listen opens the address and returns the one where the server then answers.
func (f front) listen(ctx context.Context) (net.Listener, *url.URL, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", f.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot answer on %s: %w", f.Listen, err)
	}
	return l, &url.URL{Scheme: "http", Host: l.Addr().String()}, nil
}

type serveCmd struct {
	place
	front
}

// Run serves until it is interrupted.
func (s *serveCmd) Run(ctx context.Context) error {
	var c app.Config
	if err := s.config(&c); err != nil {
		return err
	}
	l, at, err := s.listen(ctx)
	if err != nil {
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
