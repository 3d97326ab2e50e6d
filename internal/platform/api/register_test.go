package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

type thing struct {
	Name  string   `json:"name" maxLength:"5"`
	Size  int      `json:"size,omitempty" minimum:"1" maximum:"9"`
	Tags  []string `json:"tags,omitempty"`
	Since *time.Time
}

// bench returns an API with operations on things, and what they were given.
func bench(t *testing.T) (*API[string], http.Handler, *[]any) {
	mux := http.NewServeMux()
	a := New(mux, Config[string]{
		Title: "Things", Version: "1",
		Caller: func(r *http.Request) (string, error) { return "Ada", nil },
		Words:  func(_ *http.Request, key string, _ map[string]any) string { return key },
	})
	var got []any
	type list struct {
		ByID
		Kind  string `query:"kind" enum:"a,b"`
		Limit int    `query:"limit" default:"25" minimum:"1" maximum:"100"`
		Open  bool   `query:"open"`
		Q     string `query:"q" required:"true"`
	}
	Add(a, Operation{Method: "GET", Path: "/shelves/{id}", ID: "list", Tag: "T"}, func(_ context.Context, by string, in *list) (*Body[Page[thing]], error) {
		got = append(got, by, *in)
		return OK(Page[thing]{Items: []thing{{Name: "a<b"}}}), nil
	})
	type put struct {
		ByID
		Body thing
	}
	Add(a, Operation{Method: "PUT", Path: "/things/{id}", ID: "put", Tag: "T"}, func(_ context.Context, by string, in *put) (*None, error) {
		got = append(got, in.ID, in.Body)
		return nil, nil
	})
	Add(a, Operation{Method: "DELETE", Path: "/things/{id}", ID: "drop", Tag: "T"}, func(context.Context, string, *ByID) (*None, error) {
		return nil, errors.New("the disk is on fire")
	})
	return a, mux, &got
}

func send(h http.Handler, method, path, kind, body string) (int, string, *Problem) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var p *Problem
	if w.Header().Get("Content-Type") == "application/problem+json" {
		p = new(Problem)
		if err := json.Unmarshal(w.Body.Bytes(), p); err != nil {
			panic(err)
		}
	}
	return w.Code, w.Body.String(), p
}

func TestInputIsReadAsDescribed(t *testing.T) {
	_, h, got := bench(t)
	code, body, _ := send(h, "GET", "/shelves/7?q=x&open=true&kind=b", "", "")
	if code != 200 || body != `{"items":[{"name":"a<b","Since":null}],"next_cursor":""}`+"\n" {
		t.Errorf("%d %s", code, body)
	}
	in := (*got)[1]
	if s, _ := json.Marshal(in); string(s) != `{"ID":"7","Kind":"b","Limit":25,"Open":true,"Q":"x"}` || (*got)[0] != "Ada" {
		t.Errorf("%s", s)
	}
	for _, kind := range []string{"", "application/json; charset=utf-8", "application/merge-patch+json"} {
		if code, body, _ := send(h, "PUT", "/things/9", kind, `{"name": "nut", "size": 3, "Since": null}`); code != 204 || body != "" {
			t.Errorf("%q: %d %s", kind, code, body)
		}
	}
	if in := (*got)[len(*got)-1].(thing); in.Name != "nut" || in.Size != 3 {
		t.Errorf("%+v", in)
	}
	// Line ends are those that forms bring, wherever a text stands.
	if code, body, _ := send(h, "PUT", "/things/9", "", `{"name": "a\r\nb\r", "tags": ["c\u000d\nd", "\\r"], "Since": null}`); code != 204 {
		t.Errorf("%d %s", code, body)
	}
	if in := (*got)[len(*got)-1].(thing); in.Name != "a\nb\n" || !slices.Equal(in.Tags, []string{"c\nd", `\r`}) {
		t.Errorf("%q %q", in.Name, in.Tags)
	}
}

func TestWrongInputIsNamedAllAtOnceAndNothingIsDone(t *testing.T) {
	_, h, got := bench(t)
	for _, c := range []struct {
		method, path, kind, body string
		code                     int
		at                       []string
	}{
		{"GET", "/shelves/7?kind=c&limit=0&open=perhaps", "", "", 422, []string{"query.kind", "query.limit", "query.open", "query.q"}},
		{"GET", "/shelves/7?q=x&limit=many", "", "", 422, []string{"query.limit"}},
		{"GET", "/shelves/7?q=x&limit=99999999999999999999", "", "", 422, []string{"query.limit"}},
		{"PUT", "/things/9", "", `{"size": 10, "colour": "red", "Since": null}`, 422, []string{"body", "body.colour", "body.size"}},
		{"PUT", "/things/9", "", `{"name": "walnut", "tags": [1], "Since": "yesterday"}`, 422, []string{"body.Since", "body.name", "body.tags[0]"}},
		{"PUT", "/things/9", "", `{"name": `, 400, []string{"body"}},
		{"PUT", "/things/9", "", " ", 400, []string{"body"}},
		{"PUT", "/things/9", "text/plain", `{"name": "nut", "Since": null}`, 415, []string{"header.Content-Type"}},
		{"PUT", "/things/9", "", `{"name": "` + strings.Repeat("n", largest), 413, nil},
	} {
		code, body, p := send(h, c.method, c.path, c.kind, c.body)
		if code != c.code || p == nil || p.Code != c.code || p.Type != "about:blank" || p.Detail == "" {
			t.Errorf("%s %.40s: %d %s", c.path, c.body, code, body)
			continue
		}
		var at []string
		for _, e := range p.Errors {
			at = append(at, e.Location)
		}
		slices.Sort(at)
		if !slices.Equal(at, c.at) {
			t.Errorf("%s %.40s: %v instead of %v", c.path, c.body, at, c.at)
		}
	}
	if len(*got) > 0 {
		t.Errorf("carried out: %v", *got)
	}
}

func TestWhatFailsInsideSaysNothingOfIt(t *testing.T) {
	_, h, _ := bench(t)
	code, body, p := send(h, "DELETE", "/things/9", "", "")
	if code != 500 || p == nil || strings.Contains(body, "fire") {
		t.Errorf("%d %s", code, body)
	}
}

func TestAnOperationWithoutMeaningStopsTheProgram(t *testing.T) {
	a, _, _ := bench(t)
	type odd struct {
		When time.Time `query:"when"`
	}
	type lost struct{ Name string }
	for name, add := range map[string]func(){
		"a time": func() {
			Add(a, Operation{Method: "GET", Path: "/1", ID: "one"}, func(context.Context, string, *odd) (*None, error) { return nil, nil })
		},
		"a lost field": func() {
			Add(a, Operation{Method: "GET", Path: "/2", ID: "two"}, func(context.Context, string, *lost) (*None, error) { return nil, nil })
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is taken", name)
				}
			}()
			add()
		}()
	}
}

// slowly is a body that never arrives.
type slowly struct{}

func (slowly) Read([]byte) (int, error) { return 0, timeout{} }

type timeout struct{}

func (timeout) Error() string { return "late" }
func (timeout) Timeout() bool { return true }

func TestABodyThatDoesNotArriveIsToldSo(t *testing.T) {
	_, h, _ := bench(t)
	r := httptest.NewRequest("PUT", "/things/9", io.NopCloser(slowly{}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusRequestTimeout {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
