package app

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"

	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/job"
	"github.com/guildhall/guildhall/internal/platform/metrics"
)

// metrics is GET /metrics: for programs on this machine and for those that
// have the token. For others there is nothing here.
func (h *House) metrics(w http.ResponseWriter, r *http.Request) error {
	if !h.mayMeasure(r) {
		return fault.Missing()
	}
	s := h.DB.Stats()
	gauges := []metrics.Gauge{
		{Name: "guildhall_db_reads_total", Help: "Reads of this server.", Value: float64(s.Reads), Count: true},
		{Name: "guildhall_db_writes_total", Help: "Writes of this server that were committed.", Value: float64(s.Writes), Count: true},
		{Name: "guildhall_db_commits_total", Help: "Commits of this server; one may carry several writes.", Value: float64(s.Groups), Count: true},
		{Name: "guildhall_db_again_total", Help: "Writes of this server that ran once more.", Value: float64(s.Again), Count: true},
	}
	if err := h.DB.Read(r.Context(), func(tx *db.Tx) error {
		gauges = gauges[:4]
		seq, err := event.LastSeq(tx)
		if err != nil {
			return err
		}
		gauges = append(gauges, metrics.Gauge{Name: "guildhall_event_seq", Help: "Number of the last event.", Value: float64(seq), Count: true})
		lags, err := event.Lags(tx)
		if err != nil {
			return err
		}
		for _, l := range lags {
			gauges = append(gauges, metrics.Gauge{
				Name: "guildhall_effects_behind", Help: "Events whose effects have not happened yet.",
				Labels: []string{"effect", l.Name}, Value: float64(l.Behind),
			})
		}
		counts, err := job.Counts(tx)
		if err != nil {
			return err
		}
		for _, c := range counts {
			gauges = append(gauges, metrics.Gauge{
				Name: "guildhall_jobs", Help: "Jobs by queue and state.", Labels: []string{"queue", c.Queue, "state", string(c.State)}, Value: float64(c.N),
			})
		}
		return nil
	}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	return h.requests.Write(w, gauges)
}

// mayMeasure tells whether the request comes from a program on this machine,
// and not through a proxy on it, or brings the token.
func (h *House) mayMeasure(r *http.Request) bool {
	if t := h.config.MetricsToken; t != "" && subtle.ConstantTimeCompare([]byte(api.Bearer(r)), []byte(t)) == 1 {
		return true
	}
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
