//go:build unix

package preview

import (
	"bytes"
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/i18n"
	"github.com/guildhall/guildhall/internal/ui"
)

func BenchmarkListPage(b *testing.B) {
	f := Frame(i18n.Must(), i18n.Source)
	f.Current = "ask"
	list := rows()
	var buf bytes.Buffer
	b.ReportAllocs()
	began := processor(b)
	for b.Loop() {
		buf.Reset()
		if err := ui.Page(f, List(f, list)).Render(context.Background(), &buf); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(buf.Len()))
	b.ReportMetric(float64(processor(b)-began)/float64(b.N), "cpu-ns/op")
}

// processor is the time this process has spent computing, which a busy machine
// does not change.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
