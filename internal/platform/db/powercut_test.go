package db_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

const (
	createPowerSQL  = `CREATE TABLE power (id BIGINT NOT NULL UNIQUE, data BYTEA NOT NULL)`
	insertPowerSQL  = `INSERT INTO power (id, data) VALUES ($1, $2)`
	lastPowerSQL    = `SELECT COALESCE(MAX(id), 0), COUNT(*) FROM power`
	integritySQLite = `PRAGMA integrity_check`
)

// powerWriters is the program whose system calls are recorded: several writers
// in groups, each acknowledging on the standard output what is durable.
func powerWriters(path string) error {
	d, err := db.Open(context.Background(), db.Config{URL: path})
	if err != nil {
		return err
	}
	if err := d.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(createPowerSQL)
		return err
	}); err != nil {
		return err
	}
	var mu sync.Mutex
	var most int64
	var all sync.WaitGroup
	errs := make(chan error, 8)
	for w := range 8 {
		all.Go(func() {
			for n := range 25 {
				data := bytes.Repeat([]byte{byte(w)}, 100+n*200)
				var mine int64
				err := d.Write(context.Background(), func(tx *db.Tx) error {
					var rows int64
					if _, err := tx.Row(lastPowerSQL, []any{&mine, &rows}); err != nil {
						return err
					}
					mine++
					_, err := tx.Exec(insertPowerSQL, mine, data)
					return err
				})
				if err != nil {
					errs <- err
					return
				}
				mu.Lock()
				if mine > most {
					most = mine
					_, _ = fmt.Fprintf(os.Stdout, "ACK %d\n", mine)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	select {
	case err := <-errs:
		return err
	default:
		os.Exit(0) // the database is not closed: the power goes
		return nil
	}
}

const powerEnv = "GUILDHALL_TEST_POWER_PATH"

// TestAPowerCutLosesNothingAcknowledged records every write and sync of a
// program that posts in groups, and tries the states in which a power cut
// after any of them can leave the disk: what was synced is there, what was
// written since is there in part, wholly, torn, or not at all. Each state is
// opened: it must be sound, without gaps, and hold all that was acknowledged.
func TestAPowerCutLosesNothingAcknowledged(t *testing.T) {
	if path := os.Getenv(powerEnv); path != "" {
		if err := powerWriters(path); err != nil {
			t.Fatal(err)
		}
		return
	}
	if testing.Short() {
		t.Skip("records system calls: not with -short")
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatal("strace is needed to record system calls: apt-get install strace, or: make deps")
	}
	dir := t.TempDir()
	path, trace := filepath.Join(dir, "power.db"), filepath.Join(dir, "trace")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(strace, "-f", "-xx", "-s", "1000000", "-o", trace,
		"-e", "trace=open,openat,close,pwrite64,write,fdatasync,fsync,ftruncate,unlink,unlinkat",
		self, "-test.run", "^TestAPowerCutLosesNothingAcknowledged$")
	cmd.Env = append(os.Environ(), powerEnv+"="+path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("strace: %v\n%s", err, out)
	}
	ops := readTrace(t, trace, filepath.Base(path))
	r := rand.New(rand.NewPCG(7, 7))
	durable := map[string][]byte{}
	var pending []diskOp
	var acknowledged int64
	syncs, states := 0, 0
	for i, op := range ops {
		switch op.what {
		case "ack":
			acknowledged = op.at
		case "sync":
			syncs++
			var rest []diskOp
			for _, p := range pending {
				if p.file == op.file || p.what == "unlink" {
					p.apply(durable, -1)
				} else {
					rest = append(rest, p)
				}
			}
			pending = rest
		default:
			pending = append(pending, op)
		}
		// Around an acknowledgement every state counts; elsewhere each seventh.
		if i%7 != 0 && op.what != "ack" {
			continue
		}
		for _, variant := range []string{"none", "all", "some", "torn"} {
			image := map[string][]byte{}
			for name, b := range durable {
				image[name] = bytes.Clone(b)
			}
			for _, p := range pending {
				keep := -1
				switch {
				case variant == "none", variant == "some" && r.IntN(2) == 0, variant == "torn" && r.IntN(5) < 2:
					continue
				case variant == "torn" && r.IntN(3) == 0:
					keep = len(p.data) / 2 &^ 511
				}
				p.apply(image, keep)
			}
			states++
			checkPower(t, image, filepath.Base(path), acknowledged, fmt.Sprintf("after call %d of %d (%s), %s of the unsynced", i, len(ops), op.what, variant))
			if t.Failed() {
				return
			}
		}
	}
	if acknowledged != 200 || syncs < 10 || states < 400 {
		t.Errorf("only %d acknowledged, %d syncs, %d states: the record is not whole", acknowledged, syncs, states)
	}
	t.Logf("%d calls, %d syncs, %d states of the disk", len(ops), syncs, states)
}

// checkPower opens one state of the disk.
func checkPower(t *testing.T, image map[string][]byte, name string, acknowledged int64, when string) {
	t.Helper()
	dir, err := os.MkdirTemp(dbtest.Folder(t), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for file, b := range image {
		if err := os.WriteFile(filepath.Join(dir, file), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := db.Open(t.Context(), db.Config{URL: filepath.Join(dir, name)})
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	defer func() { _ = d.Close() }()
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		var sound string
		if _, err := tx.Row(integritySQLite, []any{&sound}); err != nil {
			return err
		}
		if sound != "ok" {
			t.Errorf("%s: %s", when, sound)
		}
		var last, rows int64
		if _, err := tx.Row(lastPowerSQL, []any{&last, &rows}); err != nil {
			if acknowledged == 0 && strings.Contains(err.Error(), "no such table") {
				return nil
			}
			return err
		}
		if last != rows {
			t.Errorf("%s: %d rows, the last is %d", when, rows, last)
		}
		if last < acknowledged {
			t.Errorf("%s: %d acknowledged, %d there", when, acknowledged, last)
		}
		return nil
	})
	if err != nil {
		t.Errorf("%s: %v", when, err)
	}
}

// diskOp is a system call that changes the disk, or an acknowledgement.
type diskOp struct {
	what string // write, truncate, unlink, sync, ack
	file string // base name
	at   int64  // offset, length or acknowledged number
	data []byte
}

// apply does the operation on an image, only the first keep bytes of a write
// unless keep is negative.
func (o diskOp) apply(image map[string][]byte, keep int) {
	b := image[o.file]
	switch o.what {
	case "unlink":
		delete(image, o.file)
		return
	case "truncate":
		if int64(len(b)) > o.at {
			b = b[:o.at]
		}
		b = append(b, make([]byte, o.at-int64(len(b)))...)
	case "write":
		data := o.data
		if keep >= 0 {
			data = data[:keep]
		}
		if end := int(o.at) + len(data); end > len(b) {
			b = append(b, make([]byte, end-len(b))...)
		}
		copy(b[o.at:], data)
	}
	image[o.file] = b
}

var (
	unfinished = regexp.MustCompile(`^(\d+) +(.*) <unfinished \.\.\.>$`)
	resumed    = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)$`)
	callLine   = regexp.MustCompile(`^(\d+) +(\w+)\((.*)\) += (-?\d+)`)
)

// readTrace reads strace's record of one process in the order in which calls
// returned.
func readTrace(t *testing.T, path, name string) []diskOp {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	begun := map[string]string{}
	open := map[string]string{} // descriptor -> base name
	var ops []diskOp
	for lines.Scan() {
		line := lines.Text()
		if m := unfinished.FindStringSubmatch(line); m != nil {
			begun[m[1]] = m[2]
			continue
		}
		if m := resumed.FindStringSubmatch(line); m != nil {
			line = m[1] + " " + begun[m[1]] + m[2]
		}
		m := callLine.FindStringSubmatch(line)
		if m == nil || strings.HasPrefix(m[4], "-") {
			continue
		}
		args := strings.Split(m[3], ", ")
		fd := args[0]
		file := open[fd]
		ours := strings.HasPrefix(file, name) && !strings.HasSuffix(file, "-shm")
		switch m[2] {
		case "open":
			open[m[4]] = filepath.Base(string(unquote(t, args[0])))
		case "openat":
			open[m[4]] = filepath.Base(string(unquote(t, args[1])))
		case "close":
			delete(open, fd)
		case "pwrite64":
			if ours {
				data := unquote(t, args[1])
				if n, err := strconv.Atoi(m[4]); err != nil || n != len(data) {
					t.Fatalf("a write of %s bytes was recorded as %d", m[4], len(data))
				}
				ops = append(ops, diskOp{"write", file, number(t, args[3]), data})
			}
		case "ftruncate":
			if ours {
				ops = append(ops, diskOp{"truncate", file, number(t, args[1]), nil})
			}
		case "fsync", "fdatasync":
			if ours {
				ops = append(ops, diskOp{"sync", file, 0, nil})
			}
		case "unlink", "unlinkat":
			arg := args[0]
			if m[2] == "unlinkat" {
				arg = args[1]
			}
			if base := filepath.Base(string(unquote(t, arg))); strings.HasPrefix(base, name) && !strings.HasSuffix(base, "-shm") {
				ops = append(ops, diskOp{"unlink", base, 0, nil})
			}
		case "write":
			if text, ok := strings.CutPrefix(string(unquote(t, args[1])), "ACK "); ok && fd == "1" {
				ops = append(ops, diskOp{"ack", "", number(t, strings.TrimSpace(text)), nil})
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return ops
}

func number(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// unquote reads "\x41\x42" as strace -xx prints it.
func unquote(t *testing.T, s string) []byte {
	t.Helper()
	s = strings.Trim(s, `"`)
	if len(s)%4 != 0 {
		t.Fatal(errors.New("not as strace -xx prints it: " + s[:min(len(s), 40)]))
	}
	b := make([]byte, len(s)/4)
	for i := range b {
		v, err := strconv.ParseUint(s[4*i+2:4*i+4], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		b[i] = byte(v)
	}
	return b
}
