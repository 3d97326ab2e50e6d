package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/once"
)

// IdempotencyKey is the header with which a POST may be sent again.
const IdempotencyKey = "Idempotency-Key"

// once carries out a POST with a key at most once and answers the same again.
// Only what succeeded is kept: a refused request did nothing and may be sent
// again, changed or not.
func (a *operations) once(w http.ResponseWriter, r *http.Request, op *registered, by any) {
	owner, key := a.config.Owner(by), r.Header.Get(IdempotencyKey)
	body, err := op.whole(w, r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	h := sha256.New()
	for _, part := range [][]byte{[]byte(r.Method), []byte(r.URL.RequestURI()), body} {
		sum := sha256.Sum256(part)
		h.Write(sum[:])
	}
	var rec *kept
	answer, earlier, err := a.config.Once.Do(r.Context(), owner, key, hex.EncodeToString(h.Sum(nil)), func(within context.Context) *once.Answer {
		rec = &kept{header: http.Header{}}
		again := r.WithContext(within)
		again.Body = io.NopCloser(bytes.NewReader(body))
		op.answer(rec, again, by)
		if rec.status >= 300 {
			return nil
		}
		answer := &once.Answer{Status: rec.status}
		if !op.Secret {
			answer.Body = rec.body.String()
		}
		return answer
	})
	switch {
	case err != nil:
		a.write(w, a.problem(r, err))
		return
	case earlier && op.Secret:
		a.write(w, a.problem(r, fault.New(fault.Conflict, "fault.once_secret")))
		return
	case earlier:
		w.Header().Set("Idempotent-Replayed", "true")
		if answer.Body != "" {
			w.Header().Set("Content-Type", "application/json")
			op.located(w.Header(), r, []byte(answer.Body))
		}
		w.WriteHeader(answer.Status)
		_, _ = io.WriteString(w, answer.Body) // the caller is gone when this fails
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
	Do(ctx context.Context, owner id.ID, key, request string, do func(context.Context) *once.Answer) (a *once.Answer, earlier bool, err error)
}
