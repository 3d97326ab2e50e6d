package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/queryparam"

	"github.com/guildhall/guildhall/internal/platform/fault"
)

const (
	// largest is the number of bytes a request may have.
	largest = 1 << 20
	// patience is how long a body may take to arrive.
	patience = 5 * time.Second
)

// registered is an operation with what is known about its Go types. Schemas,
// checks and the description are huma's; only its registration is ours: it is
// generic in both types, so that every operation is compiled anew, which costs
// a tenth of the time this program takes to build.
type registered struct {
	Operation
	api    *operations
	in     reflect.Type
	params []param
	body   *field                 // nil without one
	sent   []int                  // the index of the file that is taken, nil without one
	file   bool                   // the answer is a file
	out    int                    // the index of the answer's Body, -1 without one
	status int                    // of success
	made   bool                   // what is made can be read at the operation's path and its id
	heads  map[string]*huma.Param // of the described success
	do     func(ctx context.Context, by, in any) (any, error)
}

// field is a field of the input and the schema it is checked against.
type field struct {
	index  []int
	schema *huma.Schema
}

// param is a value in the path or the query.
type param struct {
	field
	in, name string // path or query, id
	standard string // what it is when it is not given
	required bool
}

// register adds an operation with input of type in and answers of type out. It
// panics for types it has no meaning for: they are the program's own.
func (a *operations) register(op Operation, in, out reflect.Type, do func(ctx context.Context, by, in any) (any, error)) {
	a.ops = append(a.ops, op)
	r := &registered{Operation: op, api: a, in: in, out: -1, do: do}
	described := &huma.Operation{
		Method: op.Method, Path: op.Path, OperationID: op.ID, Summary: op.Summary, Description: op.Doc,
		Tags: []string{op.Tag}, Responses: map[string]*huma.Response{},
	}
	schemas := a.huma.OpenAPI().Components.Schemas
	failures := []int{401, 404, 422, 429, 500}
	takes := false
	for _, f := range reflect.VisibleFields(in) {
		takes = takes || f.Type == reflect.TypeFor[*Sent]()
	}
	if op.Method == http.MethodPost && !takes {
		described.Parameters = append(described.Parameters, &huma.Param{
			Name: IdempotencyKey, In: "header", Description: "Up to 255 printable characters. The same key with the same request within 24 hours gives the same answer, carried out once.",
			Schema: &huma.Schema{Type: huma.TypeString},
		})
		failures = append(failures, http.StatusConflict)
	}
	for _, f := range reflect.VisibleFields(in) {
		p := param{field: field{index: f.Index}, in: "path", name: f.Tag.Get("path"), standard: f.Tag.Get("default")}
		if p.name == "" {
			p.in, p.name = "query", f.Tag.Get("query")
		}
		p.required = p.in == "path" || f.Tag.Get("required") == "true"
		switch {
		case p.name != "":
			switch f.Type.Kind() {
			case reflect.String, reflect.Int, reflect.Bool:
			default:
				panic(fmt.Sprintf("%s: the parameter %s is no string, int or bool", op.ID, p.name))
			}
			p.schema = huma.SchemaFromField(schemas, f, "")
			r.params = append(r.params, p)
			shown := &huma.Param{Name: p.name, In: p.in, Description: p.schema.Description, Required: p.required, Schema: p.schema}
			if p.in == "query" {
				shown.Explode = new(bool)
			}
			described.Parameters = append(described.Parameters, shown)
		case f.Name == "Body":
			r.body = &field{f.Index, huma.SchemaFromField(schemas, f, named(in, op.ID+"Request"))}
			r.body.schema.PrecomputeMessages()
			described.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: r.body.schema}}}
		case f.Type == reflect.TypeFor[*Sent]():
			r.sent = f.Index
			described.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: binary()}}}
		case !f.Anonymous:
			panic(fmt.Sprintf("%s: %s is neither a parameter nor the body", op.ID, f.Name))
		}
	}
	r.status = op.Status
	success := &huma.Response{}
	if f, ok := out.FieldByName("Body"); ok {
		r.out = f.Index[0]
		success.Headers = map[string]*huma.Param{}
		success.Content = map[string]*huma.MediaType{"application/json": {Schema: huma.SchemaFromField(schemas, f, named(out, op.ID+"Response"))}}
	}
	if out == reflect.TypeFor[File]() {
		r.file = true
		success.Content = map[string]*huma.MediaType{"application/octet-stream": {Schema: binary()}}
	}
	if takes {
		failures = append(failures, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	switch {
	case r.status != 0:
	case r.out >= 0 || r.file:
		r.status = http.StatusOK
	default:
		r.status = http.StatusNoContent
	}
	success.Description = http.StatusText(r.status)
	described.Responses[strconv.Itoa(r.status)] = success
	problem := schemas.Schema(reflect.TypeFor[Problem](), true, "")
	for _, code := range failures {
		described.Responses[strconv.Itoa(code)] = &huma.Response{
			Description: http.StatusText(code),
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: problem}},
		}
	}
	r.heads = success.Headers
	a.locate(r)
	a.huma.OpenAPI().AddOperation(described)
	a.mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, req *http.Request) { a.identify(w, req, r) })
}

// locate links what makes a thing with what reads it, whichever comes first.
func (a *operations) locate(r *registered) {
	a.all[r.Method+" "+r.Path] = r
	maker := r
	if r.Method == http.MethodGet {
		at := strings.LastIndexByte(r.Path, '/')
		if !strings.HasPrefix(r.Path[at+1:], "{") {
			return
		}
		if maker = a.all["POST "+r.Path[:at]]; maker == nil {
			return
		}
	} else if r.Method != http.MethodPost || a.all["GET "+r.Path+"/{id}"] == nil {
		return
	}
	if maker.status != http.StatusCreated || maker.out < 0 {
		return
	}
	maker.made = true
	maker.heads["Location"] = &huma.Param{Description: "Where what was made is read", Schema: &huma.Schema{Type: huma.TypeString}}
}

// located says where a new thing is read, from the answer that holds its id.
func (r *registered) located(h http.Header, req *http.Request, answer []byte) {
	if !r.made {
		return
	}
	var made struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(answer, &made) == nil && made.ID != "" {
		h.Set("Location", req.URL.Path+"/"+url.PathEscape(made.ID))
	}
}

// binary is the schema of a file.
func binary() *huma.Schema { return &huma.Schema{Type: huma.TypeString, Format: "binary"} }

// named is what huma calls the body of a type: after the type, or after the
// operation when the type has no name.
func named(t reflect.Type, otherwise string) string {
	if t.Name() != "" {
		return t.Name() + "Body"
	}
	return otherwise
}

// answer reads and checks the input, carries the operation out and writes what
// came of it.
func (r *registered) answer(w http.ResponseWriter, req *http.Request, by any) {
	in := reflect.New(r.in)
	if err := r.read(w, req, in.Elem()); err != nil {
		r.api.refuse(w, req, err)
		return
	}
	var sent *Sent
	if r.sent != nil {
		var err error
		if sent, err = r.take(w, req); err != nil {
			r.api.refuse(w, req, err)
			return
		}
		in.Elem().FieldByIndex(r.sent).Set(reflect.ValueOf(sent))
	}
	out, err := r.do(req.Context(), by, in.Interface())
	if sent != nil {
		if cut := sent.over(); cut != nil {
			err = cut
		}
	}
	if err != nil {
		r.api.refuse(w, req, err)
		return
	}
	if r.file {
		out.(*File).serve(w, req)
		return
	}
	if r.out < 0 {
		w.WriteHeader(r.status)
		return
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(reflect.ValueOf(out).Elem().Field(r.out).Interface()); err != nil {
		r.api.refuse(w, req, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	r.located(w.Header(), req, b.Bytes())
	w.WriteHeader(r.status)
	_, _ = w.Write(b.Bytes()) // the caller is gone when this fails
}

// wrong is input that is not what the description says.
type wrong struct {
	status int
	fields []FieldError
	key    string // of what is said of it, fault.request when empty
}

func (e *wrong) Error() string { return fmt.Sprint(http.StatusText(e.status), " ", e.fields) }

// read fills the input. Every wrong parameter and field is named at once.
func (r *registered) read(w http.ResponseWriter, req *http.Request, in reflect.Value) error {
	var res huma.ValidateResult
	schemas := r.api.huma.OpenAPI().Components.Schemas
	path := huma.NewPathBuffer(nil, 0)
	for _, p := range r.params {
		path.Reset()
		path.Push(p.in)
		path.Push(p.name)
		text := ""
		if p.in == "path" {
			text = req.PathValue(p.name)
		} else {
			text = queryparam.Get(req.URL.RawQuery, p.name)
		}
		if text == "" {
			text = p.standard
		}
		if text == "" {
			if p.required {
				res.Add(path, "", "required "+p.in+" parameter is missing")
			}
			continue
		}
		value, err := set(in.FieldByIndex(p.index), text)
		if err != nil {
			res.Add(path, text, err.Error())
			continue
		}
		huma.Validate(schemas, p.schema, path, huma.ModeWriteToServer, value, &res)
	}
	status := http.StatusUnprocessableEntity
	if r.body != nil {
		sent, err := r.receive(w, req)
		if err != nil {
			return err
		}
		var any any
		if err := json.Unmarshal(sent, &any); err != nil {
			return &wrong{status: http.StatusBadRequest, fields: []FieldError{{"body", err.Error()}}}
		}
		path.Reset()
		path.Push("body")
		huma.Validate(schemas, r.body.schema, path, huma.ModeWriteToServer, any, &res)
		if len(res.Errors) == 0 {
			into := in.FieldByIndex(r.body.index)
			if err := json.Unmarshal(sent, into.Addr().Interface()); err != nil {
				res.Add(path, nil, err.Error())
			}
			lineEnds(into)
		}
	}
	if len(res.Errors) == 0 {
		return nil
	}
	bad := &wrong{status: status}
	for _, e := range res.Errors {
		var d *huma.ErrorDetail
		if errors.As(e, &d) {
			bad.fields = append(bad.fields, FieldError{d.Location, d.Message})
		} else {
			bad.fields = append(bad.fields, FieldError{"body", e.Error()})
		}
	}
	return bad
}

// lineEnds makes the line ends of every text within v those that forms bring:
// the same words sent either way are the same words.
func lineEnds(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); v.CanSet() && strings.IndexByte(s, '\r') >= 0 {
			v.SetString(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
		}
	case reflect.Pointer:
		lineEnds(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			lineEnds(v.Field(i))
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				lineEnds(v.Index(i))
			}
		}
	}
}

// whole reads a body that is no file.
func (op Operation) whole(w http.ResponseWriter, req *http.Request) ([]byte, error) {
	wait := http.NewResponseController(w)
	// A writer that cannot set a deadline is one that has the body already.
	_ = wait.SetReadDeadline(time.Now().Add(patience))
	sent, err := io.ReadAll(http.MaxBytesReader(w, req.Body, largest))
	// What takes its time afterwards is not cut off by it.
	_ = wait.SetReadDeadline(time.Time{})
	return sent, op.tooLarge(cut(err))
}

// receive reads a body of JSON.
func (r *registered) receive(w http.ResponseWriter, req *http.Request) ([]byte, error) {
	kind, _, _ := strings.Cut(req.Header.Get("Content-Type"), ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if kind != "" && kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return nil, &wrong{status: http.StatusUnsupportedMediaType, fields: []FieldError{{"header.Content-Type", "application/json is expected"}}}
	}
	sent, err := r.whole(w, req)
	switch {
	case err != nil:
		return nil, err
	case len(bytes.TrimSpace(sent)) == 0:
		return nil, &wrong{status: http.StatusBadRequest, fields: []FieldError{{"body", "a body of JSON is expected"}}}
	}
	return sent, nil
}

// set reads text into a value and returns it as huma checks it.
func set(v reflect.Value, text string) (any, error) {
	switch v.Kind() {
	case reflect.Int:
		n, err := strconv.ParseInt(text, 10, 0)
		if err != nil {
			return nil, errors.New("invalid integer")
		}
		v.SetInt(n)
		return n, nil
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return nil, errors.New("invalid boolean")
		}
		v.SetBool(b)
		return b, nil
	}
	v.SetString(text)
	return text, nil
}

// refuse answers with the problem of an error.
func (a *operations) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var bad *wrong
	if !errors.As(err, &bad) {
		a.write(w, a.problem(r, err))
		return
	}
	p := a.problem(r, fault.New(fault.Invalid, cmp.Or(bad.key, "fault.request")))
	p.Code, p.Title, p.Errors = bad.status, http.StatusText(bad.status), bad.fields
	a.write(w, p)
}
