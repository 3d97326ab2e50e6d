// Package certs provides the certificates with which the server speaks https:
// from files that may be renewed while it runs, or from a certificate
// authority that speaks ACME (RFC 8555).
package certs

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// lookEvery is how often the files are looked at, at most.
const lookEvery = 5 * time.Second

// Files is a certificate in two PEM files. When they change, connections that
// begin afterwards get the new one; when the new one cannot be read, they get
// the old one and the log says so.
type Files struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	held   *tls.Certificate
	stamp  string    // of the files held
	looked time.Time // of the machine, not of the house: files have its times
}

// Open reads the files.
func Open(cert, key string, log *slog.Logger) (*Files, error) {
	f := &Files{cert: cert, key: key, log: log}
	stamp, err := f.stampNow()
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("the certificate %s with the key %s: %w", cert, key, err)
	}
	f.held, f.stamp, f.looked = &pair, stamp, time.Now()
	return f, nil
}

func (f *Files) stampNow() (string, error) {
	var s string
	for _, name := range []string{f.cert, f.key} {
		i, err := os.Stat(name)
		if err != nil {
			return "", err
		}
		s += fmt.Sprintf("%d %d;", i.Size(), i.ModTime().UnixNano())
	}
	return s, nil
}

// look reads the files again when they changed.
func (f *Files) look() *tls.Certificate {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if now.Sub(f.looked) < lookEvery {
		return f.held
	}
	f.looked = now
	return f.reload()
}

func (f *Files) reload() *tls.Certificate {
	stamp, err := f.stampNow()
	if err == nil && stamp == f.stamp {
		return f.held
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(f.cert, f.key)
	}
	if err != nil {
		f.log.Error("the certificate changed and cannot be read; the old one stays", "certificate", f.cert, "error", err)
		return f.held
	}
	f.log.Info("the certificate was read again", "certificate", f.cert)
	f.held, f.stamp = &pair, stamp
	return f.held
}

// Config is the configuration of a server with the certificate.
func (f *Files) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return f.look(), nil },
	}
}

// ACME gets certificates for hosts from a certificate authority.
type ACME struct {
	Hosts     []string
	Email     string // told when something is wrong with a certificate
	Cache     string // a folder that outlives the server
	Directory string // of the authority; Let's Encrypt when ""
}

// Config is the configuration of a server, and the handler of challenges that
// come by http; other requests go to next.
func (a ACME) Config() (*tls.Config, func(next http.Handler) http.Handler, error) {
	if len(a.Hosts) == 0 {
		return nil, nil, errors.New("certs: no host to get a certificate for")
	}
	if err := os.MkdirAll(a.Cache, 0o700); err != nil {
		return nil, nil, fmt.Errorf("the folder for certificates cannot be made: %w", err)
	}
	m := &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(a.Cache), Email: a.Email,
		HostPolicy: autocert.HostWhitelist(a.Hosts...),
	}
	if a.Directory != "" {
		m.Client = &acme.Client{DirectoryURL: a.Directory}
	}
	c := m.TLSConfig()
	c.MinVersion = tls.VersionTLS12
	return c, m.HTTPHandler, nil
}

// Redirect sends requests that come by http to the https address of the host
// that base names, never to one the request names.
func Redirect(base func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to := base()
		if to == "" {
			http.NotFound(w, r)
			return
		}
		code := http.StatusPermanentRedirect
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			code = http.StatusMovedPermanently
		}
		w.Header().Set("Connection", "close")
		http.Redirect(w, r, to+r.URL.RequestURI(), code)
	})
}

// Leaf is what doctor says of a certificate in files.
type Leaf struct {
	Names   []string
	From    time.Time
	Until   time.Time
	Covers  bool // the host asked for
	Problem error
}

// Look reads the certificate in the files and says for whom and how long it
// is.
func Look(cert, key, host string) Leaf {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return Leaf{Problem: err}
	}
	l := Leaf{Names: pair.Leaf.DNSNames, From: pair.Leaf.NotBefore, Until: pair.Leaf.NotAfter}
	for _, ip := range pair.Leaf.IPAddresses {
		l.Names = append(l.Names, ip.String())
	}
	l.Covers = host == "" || pair.Leaf.VerifyHostname(host) == nil
	return l
}
