package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
)

// crashes is how often the server is killed: GUILDHALL_CRASHES says so for
// `make crash`, else n.
func crashes(t *testing.T, n int) int {
	t.Helper()
	if s := os.Getenv("GUILDHALL_CRASHES"); s != "" {
		m, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("GUILDHALL_CRASHES=%s is no number", s)
		}
		return m
	}
	if testing.Short() {
		return min(n, 3)
	}
	return n
}

// binary builds the real command.
func binary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "guildhall")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// running is a server of our own that answers.
type running struct {
	cmd *exec.Cmd
	url string
	log *bytes.Buffer
}

// serving starts the server and returns when it says where it answers.
func serving(t *testing.T, path string, args ...string) *running {
	t.Helper()
	r := &running{cmd: exec.Command(path, append([]string{"serve", "--listen", "127.0.0.1:0", "--api-rate=-1"}, args...)...), log: &bytes.Buffer{}}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r.cmd.Stderr = r.log
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if at, ok := strings.CutPrefix(lines.Text(), "Guildhall answers on "); ok {
			r.url = strings.TrimSuffix(at, "/")
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return r
		}
	}
	r.kill()
	t.Fatalf("the server did not start:\n%s", r.log)
	return nil
}

// kill ends our own child at once: it can tidy nothing up.
func (r *running) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

// call asks the API, with an idempotency key unless it is empty; an error is a
// server that is gone.
func (r *running) call(client *http.Client, method, path, token, key string, in, out any) (int, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return 0, err
	}
	req, err := http.NewRequest(method, r.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	if out != nil && res.StatusCode < 300 {
		err = json.Unmarshal(b, out)
	}
	return res.StatusCode, err
}

// round is what happened on one question between a start and a kill.
type round struct {
	number   int
	question string
	acked    map[string]string // id of the answer by its words
	unknown  map[string]sender // words sent with a key whose end is unknown
	sent     int               // without a key and without an end: there once or not at all
}

type sender struct {
	pen int
	key string
}

const pens = 8

// words are what a writer says; every second time it sends a key with them.
func (r *round) words(pen, i int) (words, key string) {
	words = fmt.Sprintf("Round %d, writer %d, answer %d.", r.number, pen, i)
	if i%2 == 0 {
		key = fmt.Sprintf("%d-%d-%d", r.number, pen, i)
	}
	return words, key
}

// crash kills a server under eight writers n times. After every start it sends
// again what had a key and no answer, as a careful program does, and checks
// that each acknowledged answer is there exactly once, nothing is there twice,
// and what is counted is what is there.
func crash(t *testing.T, n int, place ...string) {
	path := binary(t)
	out, err := exec.Command(path, append([]string{"token", "create", "--email", "ada@example.org"}, place...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	first := lines[len(lines)-1]
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: pens}}
	random := rand.New(rand.NewPCG(2, uint64(n)))
	var tokens []string
	var rounds []*round
	s := serving(t, path, place...)
	defer func() { s.kill() }()
	for range pens {
		var made struct{ Token string }
		if code, err := s.call(client, "POST", "/api/v1/me/tokens", first, "", map[string]any{"label": "writer"}, &made); err != nil || code != 201 {
			t.Fatal(code, err)
		}
		tokens = append(tokens, made.Token)
	}
	again, late := 0, 0
	for cycle := range n {
		r := &round{number: cycle, acked: map[string]string{}, unknown: map[string]sender{}}
		rounds = append(rounds, r)
		var asked struct{ ID string }
		if code, err := s.call(client, "POST", "/api/v1/questions", first, "", map[string]any{"title": fmt.Sprintf("What happened in round %d?", cycle)}, &asked); err != nil || code != 201 {
			t.Fatalf("round %d: asking answers %d %v\n%s", cycle, code, err, s.log)
		}
		r.question = asked.ID
		var mu sync.Mutex
		var all sync.WaitGroup
		going := make(chan struct{})
		var once sync.Once
		for w := range pens {
			all.Go(func() {
				for i := 0; ; i++ {
					words, key := r.words(w, i)
					var made struct{ ID string }
					code, err := s.call(client, "POST", "/api/v1/questions/"+r.question+"/answers", tokens[w], key, map[string]any{"body": words}, &made)
					mu.Lock()
					switch {
					case err != nil && key != "":
						r.unknown[words] = sender{w, key}
					case err != nil:
						r.sent++
					case code != 201:
						t.Errorf("round %d: an answer gets %d", cycle, code)
					default:
						r.acked[words] = made.ID
						once.Do(func() { close(going) })
					}
					mu.Unlock()
					if err != nil || code != 201 {
						return // killed
					}
				}
			})
		}
		select {
		case <-going:
		case <-time.After(20 * time.Second):
			t.Errorf("round %d: nothing was acknowledged", cycle)
		}
		time.Sleep(time.Duration(random.IntN(250_000)) * time.Microsecond) // the kill comes at a random moment
		s.kill()
		all.Wait()
		s = serving(t, path, place...)
		written, _, _ := s.answers(t, client, first, r)
		for words, from := range r.unknown {
			var made struct{ ID string }
			there := written[words]
			code, err := s.call(client, "POST", "/api/v1/questions/"+r.question+"/answers", tokens[from.pen], from.key, map[string]any{"body": words}, &made)
			if err != nil || code != 201 {
				t.Errorf("round %d: %q sent again with its key gets %d %v", cycle, words, code, err)
				continue
			}
			if there != "" && there != made.ID {
				t.Errorf("round %d: %q was there as %s, sent again it is %s", cycle, words, there, made.ID)
			}
			if again++; there != "" {
				late++
			}
			r.acked[words] = made.ID
		}
		check(t, s, client, first, r)
		if t.Failed() {
			t.Fatalf("after %d kills", cycle+1)
		}
	}
	acked := 0
	for _, r := range rounds { // none of the later kills took anything away
		check(t, s, client, first, r)
		acked += len(r.acked)
	}
	t.Logf("%d kills: %d answers acknowledged, all there exactly once; %d sent again with their keys, of which %d had been written already", n, acked, again, late)
}

// answers reads everything on a question: ids by words.
func (r *running) answers(t *testing.T, client *http.Client, token string, q *round) (ids map[string]string, twice []string, count int) {
	t.Helper()
	ids = map[string]string{}
	for from := 0; ; from += 50 {
		var page struct {
			Answers int
			More    bool
			List    []struct{ ID, Body string }
		}
		if code, err := r.call(client, "GET", fmt.Sprintf("/api/v1/questions/%s?from=%d", q.question, from), token, "", nil, &page); err != nil || code != 200 {
			t.Fatalf("reading the question back answers %d %v\n%s", code, err, r.log)
		}
		for _, a := range page.List {
			if ids[a.Body] != "" {
				twice = append(twice, a.Body)
			}
			ids[a.Body] = a.ID
		}
		if !page.More {
			return ids, twice, page.Answers
		}
	}
}

// check compares what was acknowledged on a question with what is there.
func check(t *testing.T, s *running, client *http.Client, token string, r *round) {
	t.Helper()
	ids, twice, count := s.answers(t, client, token, r)
	if len(twice) > 0 {
		t.Errorf("there twice: %q", twice)
	}
	for words, id := range r.acked {
		if ids[words] != id {
			t.Errorf("%q was acknowledged as %s and is there as %q", words, id, ids[words])
		}
	}
	if count != len(ids) {
		t.Errorf("the question counts %d answers and has %d", count, len(ids))
	}
	if len(ids) > len(r.acked)+r.sent {
		t.Errorf("%d answers are there, %d were sent", len(ids), len(r.acked)+r.sent)
	}
}

func TestCrashLosesNothingAcknowledgedOnSQLite(t *testing.T) {
	dir := t.TempDir()
	crash(t, crashes(t, 25), "--data", dir)
	h, err := app.Open(context.Background(), app.Config{Database: filepath.Join(dir, "guildhall.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.DB.Read(context.Background(), func(tx *db.Tx) error {
		var verdict string
		_, err := tx.Row("PRAGMA integrity_check", []any{&verdict})
		if verdict != "ok" {
			t.Errorf("the file is damaged: %s", verdict)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestCrashLosesNothingAcknowledgedOnPostgreSQL(t *testing.T) {
	crash(t, crashes(t, 25), "--data", t.TempDir(), "--database", dbtest.PostgresURL(t))
}
