package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// createdID finds the id in an answer to POST: what the server has told
// somebody is there.
var createdID = regexp.MustCompile(`(?s)^HTTP/1\.1 201 .*"id":"([0-9a-z]{13})"`)

const (
	answerIDsSQL  = `SELECT id FROM answers ORDER BY id`
	miscountedSQL = `
SELECT COUNT(*) FROM questions q
WHERE q.answers <> (SELECT COUNT(*) FROM answers a WHERE a.question_id = q.id AND a.state <> 'deleted')`
	unlistedSQL = `
SELECT COUNT(*) FROM answers a
WHERE NOT EXISTS (SELECT 1 FROM subjects s WHERE s.id = a.id)
   OR NOT EXISTS (SELECT 1 FROM events e WHERE e.subject_id = a.id)`
)

// TestAPowerCutAtTheServerLosesNothingAcknowledged records the system calls of
// the real server while eight writers post over HTTP, reads from the record what
// it told them, and opens the states in which a power cut can leave the disk.
func TestAPowerCutAtTheServerLosesNothingAcknowledged(t *testing.T) {
	if testing.Short() {
		t.Skip("records system calls: not with -short")
	}
	path, dir := binary(t), t.TempDir()
	out, err := exec.Command(path, "token", "create", "--email", "ada@example.org", "--data", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	token := lines[len(lines)-1]
	start := map[string][]byte{}
	files, err := filepath.Glob(filepath.Join(dir, "guildhall.db*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, "-shm") {
			continue
		}
		if start[filepath.Base(f)], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	trace := filepath.Join(t.TempDir(), "trace")
	acknowledged := postTraced(t, trace, path, dir, token)
	record := dbtest.ReadTrace(t, trace, "guildhall.db", func(_ string, data []byte) []string {
		if m := createdID.FindSubmatch(data); m != nil {
			return []string{string(m[1])}
		}
		return nil
	})
	most := 0
	states := record.States(t, start, 101, func(dir string, acked []string, when string) {
		checkServer(t, filepath.Join(dir, "guildhall.db"), acked[min(len(acked), 1):], when) // the first is the question
		most = len(acked) - 1
	})
	// Whoever was told meanwhile that theirs is there stands in the record.
	if t.Failed() {
		return
	}
	if most < acknowledged || acknowledged < 8*answersEach || record.Syncs < 20 {
		t.Errorf("%d answers were acknowledged, the record has %d and %d syncs: it is not whole", acknowledged, most, record.Syncs)
	}
	t.Logf("%d answers acknowledged in %d syncs, %d states of the disk", most, record.Syncs, states)
}

const answersEach = 15

// postTraced lets eight writers post and returns how much was acknowledged.
func postTraced(t *testing.T, trace, path, dir, token string) int {
	cmd := dbtest.Strace(t, trace, path, "serve", "--listen", "127.0.0.1:0", "--api-rate=-1", "--data", dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log := &bytes.Buffer{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &running{cmd: cmd, log: log}
	words := bufio.NewScanner(stdout)
	for s.url == "" && words.Scan() {
		if at, ok := strings.CutPrefix(words.Text(), "Guildhall answers on "); ok {
			s.url = strings.TrimSuffix(at, "/")
		}
	}
	// strace passes no signal on, so the server itself is told to end.
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", cmd.Process.Pid, cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	server, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		t.Fatalf("%q: %v", children, err)
	}
	defer func() {
		_ = syscall.Kill(server, syscall.SIGKILL) // the power goes
		_, _ = io.Copy(io.Discard, stdout)
		_ = cmd.Wait()
	}()
	if s.url == "" {
		t.Fatalf("the server did not start:\n%s", log)
	}
	client := &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: pens, DisableCompression: true}}
	var asked struct{ ID string }
	if code, err := s.call(client, "POST", "/api/v1/questions", token, "", map[string]any{"title": "What happened before the lights went out?"}, &asked); err != nil || code != 201 {
		t.Fatalf("asking answers %d %v\n%s", code, err, log)
	}
	var acked atomic.Int64
	var all sync.WaitGroup
	for w := range pens {
		all.Go(func() {
			for i := range answersEach {
				key := ""
				if i%3 == 0 {
					key = fmt.Sprintf("%d-%d", w, i)
				}
				body := fmt.Sprintf("Writer %d, answer %d. %s", w, i, strings.Repeat("And so on. ", i*20))
				code, err := s.call(client, "POST", "/api/v1/questions/"+asked.ID+"/answers", token, key, map[string]any{"body": body}, nil)
				if err != nil || code != 201 {
					t.Errorf("an answer gets %d %v", code, err)
					return
				}
				acked.Add(1)
			}
		})
	}
	all.Wait()
	// A client has its answer before strace has written the line of it. Once
	// later requests were answered too, those lines are there.
	for range 3 * pens {
		res, err := client.Get(s.url + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	return int(acked.Load())
}

// checkServer opens one state of the disk.
func checkServer(t *testing.T, path string, acked []string, when string) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: path})
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	defer func() { _ = d.Close() }()
	damage, err := db.Sound(context.Background(), d)
	if err != nil || len(damage) > 0 {
		t.Errorf("%s: %q %v", when, damage, err)
	}
	if err := d.Read(t.Context(), func(tx *db.Tx) error {
		there, err := db.All(tx, answerIDsSQL, func(r *db.Rows, n *id.ID) error { return r.Scan(n) })
		if err != nil {
			return err
		}
		for _, name := range acked {
			n, err := id.Parse(name)
			if err != nil {
				return err
			}
			if _, ok := slices.BinarySearch(there, n); !ok {
				t.Errorf("%s: answer %s was acknowledged and is not there", when, name)
			}
		}
		for what, sql := range map[string]string{"questions count wrongly": miscountedSQL, "answers have no subject or event": unlistedSQL} {
			var n int
			if _, err := tx.Row(sql, []any{&n}); err != nil {
				return err
			}
			if n > 0 {
				t.Errorf("%s: %d %s", when, n, what)
			}
		}
		return nil
	}); err != nil {
		t.Errorf("%s: %v", when, err)
	}
}
