// Package api is the door to the JSON API: it wraps huma, which derives the
// OpenAPI 3.1 description from Go types and checks requests against it. An
// operation is a plain function of the caller and its input; who the caller is
// is found out once, here.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// Config describes an API whose callers are of type A, which is no interface.
type Config[A any] struct {
	Title       string
	Version     string
	Description string
	Log         *slog.Logger
	// Caller finds out who calls. It returns Unauthenticated for nobody.
	Caller func(r *http.Request) (A, error)
	// Owner is whose a caller's idempotency keys are.
	Owner func(A) id.ID
	// Once keeps the answers to requests with a key; nil takes no notice of
	// keys.
	Once Onces
	// Slow returns how long a caller has to wait before asking again, zero when
	// they need not; nil lets everybody ask as often as they like.
	Slow func(A) time.Duration
	// Words prints a sentence of the catalogue.
	Words func(r *http.Request, key string, args map[string]any) string
}

// API is the set of operations for callers of type A.
type API[A any] struct{ *operations }

// operations is what an API is without the type of its callers: a generic type
// is compiled again, with all its methods, in each package that adds operations.
type operations struct {
	huma   huma.API // schemas and the description
	mux    *http.ServeMux
	config Config[any]
	ops    []Operation
	all    map[string]*registered // by method and path
}

// Operation says where an operation stands and what it is for.
type Operation struct {
	Method  string
	Path    string // /api/v1/questions/{id}
	ID      string // ask-question
	Summary string // Ask a question
	Doc     string
	Tag     string
	Status  int   // of success; 200, or 204 without a body, when 0
	Secret  bool  // the answer holds a secret that is shown once, so it is not kept
	Most    int64 // bytes of the file that is sent, for an input with Sent
	// Larger is the key of what is said of a request that is too large, "" for
	// what is always said.
	Larger string
	// On tells whether the operation is there; nil always is.
	On func() bool
}

// New returns an API that answers on the mux.
func New[A any](mux *http.ServeMux, c Config[A]) *API[A] {
	hc := huma.DefaultConfig(c.Title, c.Version)
	hc.OpenAPIPath = "/api/openapi"
	hc.DocsPath = ""
	hc.SchemasPath = ""
	// No $schema links in answers: they would name a host.
	hc.CreateHooks = nil
	hc.Info.Description = c.Description
	hc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "A personal token, made in the settings or with guildhall token create."},
	}
	hc.Security = []map[string][]string{{"token": {}}}
	return &API[A]{&operations{huma: humago.New(mux, hc), mux: mux, config: untyped(c), all: map[string]*registered{}}}
}

// untyped is c for callers whose type only c knows.
func untyped[A any](c Config[A]) Config[any] {
	u := Config[any]{
		Title: c.Title, Version: c.Version, Description: c.Description, Log: c.Log, Once: c.Once, Words: c.Words,
		Caller: func(r *http.Request) (any, error) { return c.Caller(r) },
		Owner:  func(by any) id.ID { return c.Owner(by.(A)) },
	}
	if c.Slow != nil {
		u.Slow = func(by any) time.Duration { return c.Slow(by.(A)) }
	}
	return u
}

// Operations returns what was added, for the readable pages and the
// permissions table.
func (a *operations) Operations() []Operation { return a.ops }

// OpenAPI returns the description as JSON.
func (a *operations) OpenAPI() ([]byte, error) { return json.Marshal(a.huma.OpenAPI()) }

// Add adds an operation. The function gets the caller and the checked input;
// faults become problem+json. It is compiled for every pair of types, so it
// does nothing but forget them.
func Add[A, I, O any](a *API[A], op Operation, do func(ctx context.Context, by A, in *I) (*O, error)) {
	a.register(op, reflect.TypeFor[I](), reflect.TypeFor[O](), func(ctx context.Context, by, in any) (any, error) {
		return do(ctx, by.(A), in.(*I))
	})
}

// identify finds out who calls and whether they may now.
func (a *operations) identify(w http.ResponseWriter, r *http.Request, op *registered) {
	by, err := a.config.Caller(r)
	if err != nil {
		a.write(w, a.problem(r, err))
		return
	}
	if op.On != nil && !op.On() {
		a.write(w, a.problem(r, NotFound()))
		return
	}
	if a.config.Slow != nil {
		if wait := a.config.Slow(by); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
			a.write(w, a.problem(r, fault.New(fault.TooMany, "fault.too_many")))
			return
		}
	}
	if r.Method == http.MethodPost && op.sent == nil && a.config.Once != nil && len(r.Header.Values(IdempotencyKey)) > 0 {
		a.once(w, r, op, by)
		return
	}
	op.answer(w, r, by)
}

// methods are those that a path may have.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// WrongMethod answers 405 to a request for an operation's path with a method it
// has not, and tells whether it did. Whether the thing is there, and whether the
// caller may see it, is not looked at: the answer says what everybody can read
// in the description.
func (a *operations) WrongMethod(w http.ResponseWriter, r *http.Request) bool {
	var allowed []string
	for _, m := range methods {
		as := r.Clone(r.Context())
		as.Method = m
		_, pattern := a.mux.Handler(as)
		if op := a.all[pattern]; op == nil || op.On != nil && !op.On() {
			continue
		}
		allowed = append(allowed, m)
		if m == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
	}
	if len(allowed) == 0 || slices.Contains(allowed, r.Method) {
		return false
	}
	list := strings.Join(allowed, ", ")
	w.Header().Set("Allow", list)
	p := a.problem(r, fault.New(fault.Invalid, "fault.method").With("allowed", list))
	p.Code = http.StatusMethodNotAllowed
	p.Title = http.StatusText(p.Code)
	a.write(w, p)
	return true
}

// Problem is the body of an error, RFC 9457.
type Problem struct {
	Type   string       `json:"type" doc:"Always about:blank: the status says what kind of problem it is"`
	Title  string       `json:"title" doc:"The status in words"`
	Code   int          `json:"status" doc:"The HTTP status"`
	Detail string       `json:"detail,omitempty" doc:"What went wrong and what to do, in a sentence for a person"`
	Errors []FieldError `json:"errors,omitempty" nullable:"false" doc:"What is wrong with the request, field by field"`
}

// FieldError is one wrong field.
type FieldError struct {
	Location string `json:"location" doc:"Where it is: body.title, query.limit"`
	Message  string `json:"message" doc:"What is wrong with it"`
}

// tooLarge says of a request that is too large what the operation has to say.
func (op Operation) tooLarge(err error) error {
	var large *http.MaxBytesError
	if op.Larger == "" || !errors.As(err, &large) {
		return err
	}
	return &wrong{status: http.StatusRequestEntityTooLarge, key: op.Larger}
}

func (a *operations) problem(r *http.Request, err error) *Problem {
	p := web.NewProblem(r, err)
	if p.Status >= 500 && a.config.Log != nil {
		a.config.Log.Error("an operation failed", "method", r.Method, "path", r.URL.Path, "request", p.RequestID, "cause", err)
	}
	out := &Problem{Type: "about:blank", Title: http.StatusText(p.Status), Code: p.Status, Detail: a.config.Words(r, p.Key, p.Args)}
	for _, f := range p.Fields {
		out.Errors = append(out.Errors, FieldError{Location: "body." + f.Name, Message: a.config.Words(r, f.Key, f.Args)})
	}
	return out
}

func (a *operations) write(w http.ResponseWriter, p *Problem) {
	if p.Code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="guildhall"`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Code)
	_ = json.NewEncoder(w).Encode(p) // the caller is gone when this fails
}

// Bearer returns the token of an Authorization header, "" without one.
func Bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Page is a page of a list. An empty NextCursor is the end.
type Page[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor"`
}

// Body is an answer with a JSON body.
type Body[T any] struct{ Body T }

// OK wraps a body.
func OK[T any](v T) *Body[T] { return &Body[T]{Body: v} }

// None is an answer without a body.
type None struct{}

// ByID is the input of operations on one thing.
type ByID struct {
	ID string `path:"id" doc:"13 characters"`
}

// NotFound is what a malformed id in a path is: there is nothing at it.
func NotFound() error { return fault.Missing() }
