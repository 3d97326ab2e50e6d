// Package metrics counts what the server does and prints it in the text format
// that Prometheus and its kin read (version 0.0.4). The format is twenty lines
// to write; the client library would bring a dozen modules for it.
package metrics

import (
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// bounds are the upper bounds of the duration histogram in seconds: from a
// page in half a millisecond to a search that went wrong.
var bounds = [...]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5}

// Gauge is a number read when it is asked for.
type Gauge struct {
	Name   string // guildhall_...
	Help   string
	Labels []string // name, value, name, value ...
	Value  float64
	Count  bool // it only grows
}

type answered struct {
	route  string
	status int
}

type took struct {
	buckets [len(bounds) + 1]uint64
	sum     float64
}

// Requests counts answers by route and status. The zero value is ready and
// safe for concurrent use.
type Requests struct {
	mu    sync.Mutex
	count map[answered]uint64
	took  map[string]*took
}

// Answered counts one answer. route is a pattern, never a path: there are only
// so many.
func (m *Requests) Answered(route string, status int, d time.Duration) {
	s := d.Seconds()
	b := sort.SearchFloat64s(bounds[:], s)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.count == nil {
		m.count, m.took = map[answered]uint64{}, map[string]*took{}
	}
	m.count[answered{route, status}]++
	t := m.took[route]
	if t == nil {
		t = &took{}
		m.took[route] = t
	}
	t.buckets[b]++
	t.sum += s
}

// Write prints the requests and then the gauges, which are grouped by name.
func (m *Requests) Write(w io.Writer, gauges []Gauge) error {
	var b strings.Builder
	m.mu.Lock()
	m.requests(&b)
	m.mu.Unlock()
	last := ""
	slices.SortStableFunc(gauges, func(a, b Gauge) int { return strings.Compare(a.Name, b.Name) })
	for _, g := range gauges {
		if g.Name != last {
			kind := "gauge"
			if g.Count {
				kind = "counter"
			}
			head(&b, g.Name, g.Help, kind)
			last = g.Name
		}
		line(&b, g.Name, g.Labels, g.Value)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (m *Requests) requests(b *strings.Builder) {
	keys := make([]answered, 0, len(m.count))
	for k := range m.count {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b answered) int {
		if c := strings.Compare(a.route, b.route); c != 0 {
			return c
		}
		return a.status - b.status
	})
	head(b, "guildhall_requests_total", "Requests answered, by route and status.", "counter")
	for _, k := range keys {
		line(b, "guildhall_requests_total", []string{"route", k.route, "status", strconv.Itoa(k.status)}, float64(m.count[k]))
	}
	routes := make([]string, 0, len(m.took))
	for r := range m.took {
		routes = append(routes, r)
	}
	slices.Sort(routes)
	head(b, "guildhall_request_seconds", "How long answers took, by route.", "histogram")
	for _, r := range routes {
		t := m.took[r]
		var n uint64
		for i, c := range t.buckets {
			n += c
			le := "+Inf"
			if i < len(bounds) {
				le = number(bounds[i])
			}
			line(b, "guildhall_request_seconds_bucket", []string{"route", r, "le", le}, float64(n))
		}
		line(b, "guildhall_request_seconds_sum", []string{"route", r}, t.sum)
		line(b, "guildhall_request_seconds_count", []string{"route", r}, float64(n))
	}
}

func head(b *strings.Builder, name, help, kind string) {
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n", name, strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(help), name, kind)
}

func line(b *strings.Builder, name string, labels []string, v float64) {
	b.WriteString(name)
	for i := 0; i+1 < len(labels); i += 2 {
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(labels[i])
		b.WriteString(`="`)
		b.WriteString(strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`).Replace(strings.ToValidUTF8(labels[i+1], "")))
		b.WriteByte('"')
	}
	if len(labels) > 1 {
		b.WriteByte('}')
	}
	b.WriteByte(' ')
	b.WriteString(number(v))
	b.WriteByte('\n')
}

func number(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
