package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/once"
)

// IdempotencyKey is the header with which a POST may be sent again.
const IdempotencyKey = "Idempotency-Key"

// once carries out a POST with a key at most once and answers the same again.
// Only what succeeded is kept: a refused request did nothing and may be sent
// again, changed or not.
func (a *API[A]) once(ctx huma.Context, r *http.Request, w http.ResponseWriter, c call[A], secret bool, next func(huma.Context)) {
	owner, key := a.config.Owner(c.by), r.Header.Get(IdempotencyKey)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.write(w, a.problem(r, err))
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	h := sha256.New()
	for _, part := range [][]byte{[]byte(r.Method), []byte(r.URL.RequestURI()), body} {
		sum := sha256.Sum256(part)
		h.Write(sum[:])
	}
	before, err := a.config.Once.Begin(r.Context(), owner, key, hex.EncodeToString(h.Sum(nil)))
	if err != nil {
		a.write(w, a.problem(r, err))
		return
	}
	if before != nil {
		if secret {
			a.write(w, a.problem(r, fault.New(fault.Conflict, "fault.once_secret")))
			return
		}
		w.Header().Set("Idempotent-Replayed", "true")
		if before.Body != "" {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(before.Status)
		_, _ = io.WriteString(w, before.Body) // the caller is gone when this fails
		return
	}
	// The end is written even when the caller went away meanwhile: that is when
	// it will be asked for.
	after := context.WithoutCancel(r.Context())
	rec := &kept{header: http.Header{}}
	finished := false
	defer func() {
		if !finished {
			_ = a.config.Once.Finish(after, owner, key, nil) // a panic is on its way and says more
		}
	}()
	next(huma.WithValue(humago.NewContext(ctx.Operation(), r, rec), callKey{}, c))
	finished = true
	var answer *once.Answer
	if rec.status < 300 {
		answer = &once.Answer{Status: rec.status}
		if !secret {
			answer.Body = rec.body.String()
		}
	}
	if err := a.config.Once.Finish(after, owner, key, answer); err != nil {
		a.write(w, a.problem(r, err))
		return
	}
	for name, v := range rec.header {
		w.Header()[name] = v
	}
	w.WriteHeader(rec.status)
	_, _ = w.Write(rec.body.Bytes())
}

// kept is an answer held back until it is kept.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header { return k.header }

func (k *kept) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

func (k *kept) Write(b []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(b)
}

// Onces is who keeps answers, see platform/once.
type Onces interface {
	Begin(ctx context.Context, owner id.ID, key, request string) (*once.Answer, error)
	Finish(ctx context.Context, owner id.ID, key string, a *once.Answer) error
}
