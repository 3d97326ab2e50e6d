package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/connect/stackexchange"
	"github.com/guildhall/guildhall/internal/platform/markdown"
)

// smallDump writes a dump of our own: questions, answers, comments, votes,
// users, edits and a duplicate, with a deleted user and both notations of tags.
func smallDump(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "looms")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var posts, users, comments, votes, history strings.Builder
	for n := 1; n <= 120; n++ {
		at := time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(n) * 97 * time.Minute).Format("2006-01-02T15:04:05.000")
		owner := fmt.Sprintf(` OwnerUserId="%d"`, 1+n%17)
		if n%19 == 0 {
			owner = ` OwnerDisplayName="user gone"`
		}
		body := fmt.Sprintf("&lt;p&gt;Thread %d tears at &lt;b&gt;heddle %d&lt;/b&gt; &amp;amp; nothing helps.&lt;/p&gt;", n, n%7)
		if n%3 == 1 {
			accepted, tags := "", "&lt;loom&gt;&lt;warp-tension&gt;"
			if n%2 == 1 && n < 119 {
				accepted = fmt.Sprintf(` AcceptedAnswerId="%d"`, n+1)
			}
			if n%4 == 1 {
				tags = "|loom|shuttle|"
			}
			fmt.Fprintf(&posts, `<row Id="%d" PostTypeId="1"%s CreationDate="%s" Score="%d" Body="%s"%s LastActivityDate="%s" Title="Why does thread %d tear?" Tags="%s" ContentLicense="CC BY-SA 4.0"/>`+"\n",
				n, accepted, at, n%11-2, body, owner, at, n, tags)
		} else {
			fmt.Fprintf(&posts, `<row Id="%d" PostTypeId="2" ParentId="%d" CreationDate="%s" Score="%d" Body="%s"%s LastActivityDate="%s" ContentLicense="CC BY-SA 4.0"/>`+"\n",
				n, n-(n+2)%3, at, n%5, body, owner, at)
		}
		fmt.Fprintf(&comments, `<row Id="%d" PostId="%d" Score="%d" Text="Same on machine %d." CreationDate="%s" UserId="%d"/>`+"\n", n, n, n%3, n, at, 1+n%13)
		fmt.Fprintf(&votes, `<row Id="%d" PostId="%d" VoteTypeId="1" CreationDate="%s"/>`+"\n", n, n, at)
		for k, kind := range []int{2, 5} {
			fmt.Fprintf(&history, `<row Id="%d" PostHistoryTypeId="%d" PostId="%d" RevisionGUID="%08d-%d" CreationDate="%s" UserId="%d" Text="version %d of %d"/>`+"\n",
				2*n+k, kind, n, n, k, at, 1+n%17, k, n)
		}
	}
	for n := 1; n <= 17; n++ {
		fmt.Fprintf(&users, `<row Id="%d" DisplayName="Weaver %d" CreationDate="2024-01-0%dT00:00:00.000" AboutMe="&lt;p&gt;I weave.&lt;/p&gt;"/>`+"\n", n, n, 1+n%9)
	}
	for name, rows := range map[string]string{
		"Posts.xml": posts.String(), "Users.xml": users.String(), "Comments.xml": comments.String(), "Votes.xml": votes.String(), "PostHistory.xml": history.String(),
		"PostLinks.xml": `<row Id="1" CreationDate="2024-04-01T00:00:00.000" PostId="7" RelatedPostId="4" LinkTypeId="3"/>`,
	} {
		root := strings.ToLower(strings.TrimSuffix(name, ".xml"))
		text := `<?xml version="1.0" encoding="utf-8"?>` + "\n<" + root + ">\n" + rows + "</" + root + ">\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// importUntil imports in this process until the context ends.
func importUntil(ctx context.Context, dump, data string) error {
	p := place{Data: data}
	h, err := p.open(context.WithoutCancel(ctx), app.Config{Migrated: func(string) {}})
	if err != nil {
		return err
	}
	defer h.Close()
	d, err := stackexchange.Open(os.DirFS(dump))
	if err != nil {
		return err
	}
	x := &ask.StackExchange{Service: h.Ask, People: h.People, Dump: d, Site: siteOf(dump), Markdown: markdown.FromHTML}
	if err := x.Run(ctx); err != nil {
		return err
	}
	return h.Follow(ctx)
}

// TestAnImportThatWasKilledAndRunAgainExportsTheSame disturbs an import by
// cancelling it and by killing its process at random moments.
func TestAnImportThatWasKilledAndRunAgainExportsTheSame(t *testing.T) {
	dumps := []string{smallDump(t)}
	if dir := sharedData(t, "stackexchange/conlang-meta"); dir != "" {
		dumps = append(dumps, dir)
	}
	for _, dump := range dumps {
		t.Run(filepath.Base(dump), func(t *testing.T) {
			folder := t.TempDir()
			quiet, out := filepath.Join(folder, "quiet"), filepath.Join(folder, "quiet-out")
			began := time.Now()
			guildhall(t, "import", "stackexchange", dump, "--data", quiet)
			took := time.Since(began)
			guildhall(t, "export", "--data", quiet, "--out", out)
			want := folderText(t, out)
			compareWithDump(t, dump, want)
			// Importing once more changes nothing.
			guildhall(t, "import", "stackexchange", dump, "--data", quiet)
			guildhall(t, "export", "--data", quiet, "--out", out+"-2")
			same(t, want, folderText(t, out+"-2"))

			seed := uint64(time.Now().UnixNano())
			rng := rand.New(rand.NewPCG(seed, 1))
			t.Logf("seed %d, undisturbed %v", seed, took)
			// A machine that was busy with something else while took was measured
			// imports before it is disturbed: then again, in half the time.
			disturbed := func(name string, disturb func(data string, took time.Duration) int) {
				t.Helper()
				for again := range 12 {
					data := filepath.Join(folder, fmt.Sprint(name, again))
					n := disturb(data, took>>again)
					guildhall(t, "import", "stackexchange", dump, "--data", data)
					guildhall(t, "export", "--data", data, "--out", data+"-out")
					same(t, want, folderText(t, data+"-out"))
					if n > 0 {
						t.Logf("%s %d times", name, n)
						return
					}
				}
				t.Errorf("no import was %s", name)
			}
			disturbed("cancelled", func(data string, took time.Duration) (n int) {
				for range 6 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.Int64N(int64(took/3))))
					err := importUntil(ctx, dump, data)
					cancel()
					if err == nil {
						break
					}
					if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
						t.Fatal(err)
					}
					n++
				}
				return n
			})
			disturbed("killed", func(data string, took time.Duration) (n int) {
				for range 3 {
					c := program(t, "import", "stackexchange", dump, "--data", data)
					if err := c.Start(); err != nil {
						t.Fatal(err)
					}
					timer := time.AfterFunc(took/10+time.Duration(rng.Int64N(int64(took/2))), func() { _ = c.Process.Kill() })
					if err := c.Wait(); err != nil {
						n++
					}
					timer.Stop()
				}
				return n
			})
		})
	}
}

func TestAnExportedZipHoldsWhatTheFolderHolds(t *testing.T) {
	data, out := filepath.Join(t.TempDir(), "data"), t.TempDir()
	guildhall(t, "import", "stackexchange", smallDump(t), "--data", data)
	guildhall(t, "export", "--data", data, "--out", filepath.Join(out, "a"))
	guildhall(t, "export", "--data", data, "--out", filepath.Join(out, "a.zip"))
	z, err := zip.OpenReader(filepath.Join(out, "a.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	got := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		got[f.Name] = string(b)
	}
	same(t, folderText(t, filepath.Join(out, "a")), got)
	if b, err := program(t, "export", "--data", data, "--out", filepath.Join(out, "a")).CombinedOutput(); err == nil || !bytes.Contains(b, []byte("holds something already")) {
		t.Errorf("an export over another one: %v, %s", err, b)
	}
	if left, _ := filepath.Glob(filepath.Join(out, ".guildhall-export-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func folderText(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, path))
		all[path] = string(b)
		return err
	})
	if err != nil || len(all) < 10 {
		t.Fatalf("%d files: %v", len(all), err)
	}
	return all
}

func same(t *testing.T, want, got map[string]string) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%d files, not %d", len(got), len(want))
	}
	for name, text := range want {
		if got[name] == text {
			continue
		}
		a, b := strings.Split(text, "\n"), strings.Split(got[name], "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Errorf("%s differs in line %d:\n%.400s\n%.400s", name, i+1, a[i], b[i])
				break
			}
		}
		t.Errorf("%s: %d lines, not %d", name, len(b), len(a))
	}
}

// compareWithDump reads the dump by itself and finds its posts, scores,
// acceptances and comments in the export.
func compareWithDump(t *testing.T, dump string, got map[string]string) {
	t.Helper()
	type row struct {
		ID       string `xml:"Id,attr"`
		Kind     string `xml:"PostTypeId,attr"`
		Parent   string `xml:"ParentId,attr"`
		Accepted string `xml:"AcceptedAnswerId,attr"`
		Score    int    `xml:"Score,attr"`
		Post     string `xml:"PostId,attr"`
	}
	read := func(name string) (rows []row) {
		f, err := os.Open(filepath.Join(dump, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		d := xml.NewDecoder(f)
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				return rows
			}
			if err != nil {
				t.Fatal(err)
			}
			if s, ok := token.(xml.StartElement); ok && s.Name.Local == "row" {
				var r row
				if err := d.DecodeElement(&r, &s); err != nil {
					t.Fatal(err)
				}
				rows = append(rows, r)
			}
		}
	}
	type line struct {
		ID            string `json:"id"`
		SourceID      string `json:"source_id"`
		Question      string `json:"question"`
		On            string `json:"on"`
		Accepted      string `json:"accepted_answer"`
		ImportedScore int    `json:"imported_score"`
	}
	byID := map[string]string{} // our id to that of the source
	lines := func(name string) map[string]line {
		out := map[string]line{}
		s := bufio.NewScanner(strings.NewReader(got[name]))
		s.Buffer(nil, 16<<20)
		for s.Scan() {
			var l line
			if err := json.Unmarshal(s.Bytes(), &l); err != nil {
				t.Fatal(err)
			}
			out[l.SourceID], byID[l.ID] = l, l.SourceID
		}
		return out
	}
	questions, answers, comments := lines("questions.jsonl"), lines("answers.jsonl"), lines("comments.jsonl")
	asked, answered, accepted := 0, 0, 0
	for _, r := range read("Posts.xml") {
		switch r.Kind {
		case "1":
			asked++
			q, ok := questions[r.ID]
			if !ok || q.ImportedScore != r.Score || byID[q.Accepted] != r.Accepted {
				t.Errorf("question %s: %+v, want %+v", r.ID, q, r)
			}
			if r.Accepted != "" {
				accepted++
			}
		case "2":
			answered++
			a, ok := answers[r.ID]
			if !ok || a.ImportedScore != r.Score || byID[a.Question] != r.Parent {
				t.Errorf("answer %s: %+v, want %+v", r.ID, a, r)
			}
		}
	}
	remarks := 0
	for _, r := range read("Comments.xml") {
		c, ok := comments[r.ID]
		if !ok || c.ImportedScore != r.Score || byID[c.On] != r.Post {
			t.Errorf("comment %s: %+v, want %+v", r.ID, c, r)
			continue
		}
		remarks++
	}
	if len(questions) != asked || len(answers) != answered || len(comments) != remarks || asked == 0 || accepted == 0 {
		t.Errorf("%d questions, %d answers, %d comments, the dump has %d, %d, %d", len(questions), len(answers), len(comments), asked, answered, remarks)
	}
	t.Logf("%d questions (%d accepted), %d answers, %d comments", asked, accepted, answered, remarks)
}
