package metrics

import (
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRequestsArePrintedAsPrometheusReadsThem(t *testing.T) {
	var m Requests
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { m.Answered("GET /questions/{id}", 200, 2*time.Millisecond) })
	}
	wg.Wait()
	m.Answered("GET /questions/{id}", 404, 5*time.Second)
	m.Answered(`odd "route" \ `+"\n", 200, 0)
	var b strings.Builder
	if err := m.Write(&b, []Gauge{
		{Name: "guildhall_jobs", Help: "Jobs.", Labels: []string{"state", "dead"}, Value: 2},
		{Name: "guildhall_event_seq", Help: "Events.", Value: 41, Count: true},
		{Name: "guildhall_jobs", Help: "Jobs.", Labels: []string{"state", "waiting"}, Value: 3},
	}); err != nil {
		t.Fatal(err)
	}
	got := b.String()
	for _, want := range []string{
		`guildhall_requests_total{route="GET /questions/{id}",status="200"} 10` + "\n",
		`guildhall_requests_total{route="GET /questions/{id}",status="404"} 1` + "\n",
		`guildhall_requests_total{route="odd \"route\" \\ \n",status="200"} 1` + "\n",
		`guildhall_request_seconds_bucket{route="GET /questions/{id}",le="0.001"} 0` + "\n",
		`guildhall_request_seconds_bucket{route="GET /questions/{id}",le="0.0025"} 10` + "\n",
		`guildhall_request_seconds_bucket{route="GET /questions/{id}",le="2.5"} 10` + "\n",
		`guildhall_request_seconds_bucket{route="GET /questions/{id}",le="+Inf"} 11` + "\n",
		`guildhall_request_seconds_count{route="GET /questions/{id}"} 11` + "\n",
		"# TYPE guildhall_event_seq counter\nguildhall_event_seq 41\n",
		"# TYPE guildhall_jobs gauge\nguildhall_jobs{state=\"dead\"} 2\nguildhall_jobs{state=\"waiting\"} 3\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
	if strings.Count(got, "# TYPE guildhall_jobs ") != 1 {
		t.Error("a family is announced twice")
	}
}
