package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// ratio compares what pages cost with a handler that does nothing.
func (b *serveBench) ratio(pages []benchCost) error {
	s, err := start(b.ctx, "/", "bench", "serve", "--bare")
	if err != nil {
		return err
	}
	defer s.stop()
	if _, _, err := b.each(s, []string{"/"}, 80, 8); err != nil {
		return err
	}
	cpu, _, err := b.each(s, []string{"/"}, b.cmd.Requests, 8)
	if err != nil {
		return err
	}
	base := percentile(cpu, 0.5)
	b.line("bare handler of the same program: processor time, median", 0, base)
	for _, p := range pages {
		b.lines = append(b.lines, benchLine{p.what + " in bare handlers", "", fmt.Sprintf("%.1f", float64(p.cpu)/float64(max(base, 1))), true})
	}
	return nil
}

// bare answers every request with the same few bytes.
func bare(ctx context.Context) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "here") // the other side went away
	})}
	go func() {
		<-ctx.Done()
		srv.Close()
	}()
	fmt.Printf("answers on http://%s\n", l.Addr())
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
