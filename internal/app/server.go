package app

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/platform/certs"
)

// Redirect is where the server answers on http while it speaks https.
type Redirect struct {
	Listener net.Listener
	// Challenges answers what a certificate authority asks by http, and gives
	// the rest to next; nil has none.
	Challenges func(next http.Handler) http.Handler
}

// httpServer has the limits that keep slow strangers from holding connections.
func httpServer(ctx context.Context, h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
}

// Serve answers on the listener until ctx ends, then lets requests under way
// finish for at most ten seconds.
func (h *House) Serve(ctx context.Context, l net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ran := make(chan error, 1)
	go func() { ran <- h.Run(ctx) }()
	s := httpServer(ctx, h.Handler())
	s.RegisterOnShutdown(h.endStreams) // a stream would hold the server until it is cut off
	servers := []*http.Server{s}
	redirected := make(chan error, 1)
	if r := h.config.Redirect; r != nil {
		to := certs.Redirect(func() string {
			if u := h.public(); u != nil && u.Scheme == "https" {
				return strings.TrimRight(u.String(), "/")
			}
			return ""
		})
		if r.Challenges != nil {
			to = r.Challenges(to)
		}
		plain := httpServer(ctx, to)
		plain.ReadTimeout, plain.WriteTimeout = 10*time.Second, 10*time.Second
		servers = append(servers, plain)
		go func() { redirected <- plain.Serve(r.Listener) }()
	} else {
		redirected <- nil
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		<-ctx.Done()
		last, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		for _, s := range servers {
			if s.Shutdown(last) != nil {
				_ = s.Close() // what is left is cut off
			}
		}
	}()
	var err error
	if h.config.TLS != nil {
		s.TLSConfig = h.config.TLS
		err = s.ServeTLS(l, "", "")
	} else {
		err = s.Serve(l)
	}
	stop()
	<-gone
	return errors.Join(closed(err), closed(<-redirected), <-ran)
}

// closed takes the error of a server that was asked to end for none.
func closed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
