package app

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/connect/stackexchange"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/revise"
	"github.com/guildhall/guildhall/internal/core/whoknows/trial"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/db/dbtest"
	"github.com/guildhall/guildhall/internal/platform/hostile"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/markdown"
)

// counted is one post as it is here, by its id in the dump.
type counted struct {
	score    int
	accepted string
	answers  int
	created  string
}

// imported brings a dump into a new house and reads its posts back.
func imported(t *testing.T, d *db.DB, dir string) (questions, answers map[string]counted, comments int) {
	t.Helper()
	g := newGuild(t, d)
	dump, err := stackexchange.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	x := &ask.StackExchange{Service: g.house.Ask, People: g.house.People, Dump: dump, Site: "archive.example", Markdown: markdown.FromHTML}
	if err := x.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	questions, answers = map[string]counted{}, map[string]counted{}
	if err := d.Read(context.Background(), func(tx *db.Tx) error {
		rows, err := tx.Query(`
SELECT o.origin_id, q.base_score + q.me_too, COALESCE((SELECT a.origin_id FROM origins a WHERE a.local_id = q.accepted_id AND a.kind = 'answer'), ''), q.answers, q.created_at
FROM questions q
JOIN origins o ON o.local_id = q.id AND o.kind = 'question'`)
		if err != nil {
			return err
		}
		for rows.Next() {
			var n string
			var c counted
			var at db.Time
			if err := rows.Scan(&n, &c.score, &c.accepted, &c.answers, &at); err != nil {
				return err
			}
			c.created = at.Time().Format("2006-01-02T15:04:05.000")
			questions[n] = c
		}
		if err := rows.Err(); err != nil {
			return err
		}
		rows, err = tx.Query(`
SELECT o.origin_id, a.base_score + a.useful, a.accepted_at IS NOT NULL, a.created_at
FROM answers a
JOIN origins o ON o.local_id = a.id AND o.kind = 'answer'`)
		if err != nil {
			return err
		}
		for rows.Next() {
			var n string
			var c counted
			var accepted bool
			var at db.Time
			if err := rows.Scan(&n, &c.score, &accepted, &at); err != nil {
				return err
			}
			if c.created = at.Time().Format("2006-01-02T15:04:05.000"); accepted {
				c.accepted = "yes"
			}
			answers[n] = c
		}
		if err := rows.Err(); err != nil {
			return err
		}
		_, err = tx.Row(`SELECT COUNT(*) FROM comments`, []any{&comments})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return questions, answers, comments
}

// TestAnImportedArchiveIsTheArchive compares every score, every accepted answer
// and every time with the files they came from, read by other code.
func TestAnImportedArchiveIsTheArchive(t *testing.T) {
	compare := func(t *testing.T, d *db.DB, dir string, nq, na, nc int) {
		a, err := trial.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		questions, answers, comments := imported(t, d, dir)
		if len(questions) != nq || len(answers) != na || comments != nc {
			t.Errorf("%d questions, %d answers, %d comments; the archive has %d, %d, %d", len(questions), len(answers), comments, nq, na, nc)
		}
		number, accepted := map[string]int{}, 0
		for _, n := range a.Answers { // those without a writer are not among them
			number[n.Parent]++
			got, ok := answers[n.ID]
			if want := n.Created; !ok || got.score != n.Score || got.created != want {
				t.Errorf("answer %s: %v, want %d of %s", n.ID, got, n.Score, want)
			}
		}
		for _, q := range a.Questions {
			got := questions[q.ID]
			if got.score != q.Score || got.accepted != q.Accepted || got.created != q.Created {
				t.Errorf("question %s: %v, want %d, %q of %s", q.ID, got, q.Score, q.Accepted, q.Created)
			}
			if got.answers < number[q.ID] {
				t.Errorf("question %s counts %d answers, at least %d are there", q.ID, got.answers, number[q.ID])
			}
			if q.Accepted != "" {
				if accepted++; answers[q.Accepted].accepted != "yes" {
					t.Errorf("answer %s was accepted and does not say so", q.Accepted)
				}
			}
		}
		for n, c := range answers {
			if c.accepted == "yes" {
				if accepted--; accepted < 0 {
					t.Errorf("answer %s was never accepted", n)
				}
			}
		}
	}
	t.Run("small", func(t *testing.T) {
		dir := hostile.Path(t, "stackexchange", "conlang-meta")
		dbtest.Each(t, func(t *testing.T, d *db.DB) { compare(t, d, dir, 54, 115, 230) })
	})
	t.Run("large", func(t *testing.T) {
		compare(t, dbtest.SQLite(t), hostile.Path(t, "stackexchange", "quantumcomputing"), 612, 1060, 3413)
	})
}

// TestALookAtAnArchiveSaysWhatTheImportSays holds a dry run to the same counts
// and the same report as the import, and to writing nothing.
func TestALookAtAnArchiveSaysWhatTheImportSays(t *testing.T) {
	dump := fstest.MapFS{
		"Posts.xml": {Data: []byte(`<posts>
<row Id="1" PostTypeId="1" AcceptedAnswerId="3" CreationDate="2019-03-04T10:00:00.000" Score="4" Body="&lt;p&gt;The gauge sticks.&lt;/p&gt;" OwnerUserId="7" Title="Why does the gauge stick?" Tags="|gauges|" />
<row Id="2" PostTypeId="1" CreationDate="some day" Body="&lt;p&gt;Lost.&lt;/p&gt;" Title="Which oil?" Tags="&lt;oil&gt;" />
<row Id="3" PostTypeId="2" ParentId="1" CreationDate="2019-03-04T11:00:00.000" Score="2" Body="&lt;p&gt;Clean it.&lt;/p&gt;" OwnerUserId="8" />
<row Id="4" PostTypeId="2" ParentId="2" CreationDate="2019-03-05T11:00:00.000" Score="1" Body="&lt;p&gt;The thin one.&lt;/p&gt;" OwnerUserId="8" />
<row Id="5" PostTypeId="1" CreationDate="2019-03-06T10:00:00.000" Score="0" Body="&lt;p&gt;It sticks again.&lt;/p&gt;" OwnerUserId="8" Title="Does the gauge stick again?" Tags="&lt;gauges&gt;" />
</posts>`)},
		"Users.xml": {Data: []byte(`<users><row Id="7" CreationDate="2018-01-01T00:00:00.000" DisplayName="Ada" /></users>`)},
		"Comments.xml": {Data: []byte(`<comments>
<row Id="20" PostId="3" Score="0" Text="It works." CreationDate="2019-03-04T12:00:00.000" UserId="7" />
<row Id="21" PostId="4" Score="0" Text="Not here." CreationDate="2019-03-05T12:00:00.000" UserId="7" />
</comments>`)},
		"PostLinks.xml": {Data: []byte(`<postlinks><row Id="30" CreationDate="2019-03-06T12:00:00.000" PostId="5" RelatedPostId="1" LinkTypeId="3" /></postlinks>`)},
		"PostHistory.xml": {Data: []byte(`<posthistory>
<row Id="40" PostHistoryTypeId="2" PostId="3" RevisionGUID="a" CreationDate="2019-03-04T11:00:00.000" UserId="8" Text="It sticks?&#xD;&#xA;&#xD;&#xA;Clean." />
<row Id="41" PostHistoryTypeId="5" PostId="3" RevisionGUID="b" CreationDate="2019-03-04T11:30:00.000" UserId="8" Text="It sticks?&#xA;&#xA;Clean it." />
<row Id="42" PostHistoryTypeId="2" PostId="9" RevisionGUID="c" CreationDate="2019-03-04T11:00:00.000" UserId="8" Text="Elsewhere." />
<row Id="43" PostHistoryTypeId="5" PostId="9" RevisionGUID="d" CreationDate="2019-03-04T11:30:00.000" UserId="8" Text="Elsewhere, again." />
</posthistory>`)},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		run := func(look bool) (ask.Imported, []string) {
			t.Helper()
			files, err := stackexchange.Open(dump)
			if err != nil {
				t.Fatal(err)
			}
			var report []string
			x := &ask.StackExchange{
				Service: g.house.Ask, People: g.house.People, Dump: files, Site: "archive.example", Markdown: markdown.FromHTML, DryRun: look,
				Report: func(b badrow.Problem) { report = append(report, b.String()) },
			}
			if err := x.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			return x.Counts, report
		}
		rows := func() (n int) {
			if err := d.Read(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Row(`SELECT (SELECT COUNT(*) FROM origins) + (SELECT COUNT(*) FROM subjects) + (SELECT COUNT(*) FROM authors)`, []any{&n})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := rows()
		would, warned := run(true)
		if rows() != before {
			t.Error("a look wrote something")
		}
		did, told := run(false)
		if want := (ask.Imported{Authors: 1, Questions: 2, Answers: 1, Comments: 1, Versions: 2, Duplicates: 1, New: 8, Problems: 3}); did != want {
			t.Errorf("imported %+v, want %+v", did, want)
		}
		// The line ends of an old version are no change of the new one.
		var carriage int
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row(`SELECT COUNT(*) FROM revisions WHERE body LIKE $1`, []any{&carriage}, "%\r%")
			return err
		}); err != nil || carriage != 0 {
			t.Errorf("%d versions have another system's line ends: %v", carriage, err)
		}
		if would != did {
			t.Errorf("would import %+v, did import %+v", would, did)
		}
		if !slices.Equal(warned, told) {
			t.Errorf("the look reports\n%s\nthe import\n%s", strings.Join(warned, "\n"), strings.Join(told, "\n"))
		}
		if again, _ := run(true); again.New != 0 || again.Changed != 0 || again.Questions != did.Questions {
			t.Errorf("a look afterwards counts %+v", again)
		}
	})
}

// TestANewerArchiveGoesOnWhereEditsHereAndEditsThereMeet imports an archive, then
// one in which a version says something else and a post that was edited here has
// been edited there too.
func TestANewerArchiveGoesOnWhereEditsHereAndEditsThereMeet(t *testing.T) {
	const posts = `<posts>
<row Id="1" PostTypeId="1" CreationDate="2019-03-04T10:00:00.000" Score="4" Body="&lt;p&gt;It sticks.&lt;/p&gt;" OwnerUserId="7" Title="Why does the gauge stick?" Tags="|gauges|" />
<row Id="3" PostTypeId="2" ParentId="1" CreationDate="2019-03-04T11:00:00.000" Score="2" Body="&lt;p&gt;Clean it.&lt;/p&gt;" OwnerUserId="8" />
</posts>`
	const question = `
<row Id="40" PostHistoryTypeId="2" PostId="1" RevisionGUID="a" CreationDate="2019-03-04T10:00:00.000" UserId="7" Text="Sticks." />
<row Id="41" PostHistoryTypeId="5" PostId="1" RevisionGUID="b" CreationDate="2019-03-04T10:30:00.000" UserId="7" Text="It sticks." Comment="%s" />`
	const answer = `
<row Id="42" PostHistoryTypeId="2" PostId="3" RevisionGUID="c" CreationDate="2019-03-04T11:00:00.000" UserId="8" Text="Clean." />
<row Id="43" PostHistoryTypeId="5" PostId="3" RevisionGUID="d" CreationDate="2019-03-04T11:30:00.000" UserId="8" Text="Clean it." />`
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		g := newGuild(t, d)
		run := func(history string) ask.Imported {
			t.Helper()
			files, err := stackexchange.Open(fstest.MapFS{"Posts.xml": {Data: []byte(posts)}, "PostHistory.xml": {Data: []byte("<posthistory>" + history + "</posthistory>")}})
			if err != nil {
				t.Fatal(err)
			}
			x := &ask.StackExchange{Service: g.house.Ask, People: g.house.People, Dump: files, Site: "archive.example", Markdown: markdown.FromHTML}
			if err := x.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			return x.Counts
		}
		run(fmt.Sprintf(question, "first"))
		var q, a id.ID
		if err := d.Read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Row(`SELECT q.id, a.id FROM questions q JOIN answers a ON a.question_id = q.id`, []any{&q, &a})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			at := g.clock.Now()
			v := revise.Version{Subject: a, Audience: access.Organisation, Author: g.cast["Ben"].Author, Body: "Clean it.", At: at}
			now := v
			now.Body = "Clean it well."
			return revise.Keep(tx, g.clock, v, now)
		}); err != nil {
			t.Fatal(err)
		}
		if n := run(fmt.Sprintf(question, "second") + answer); n.New != 2 || n.Changed != 1 {
			t.Errorf("the newer archive brings %+v", n)
		}
		if n := run(fmt.Sprintf(question, "second") + answer); n.New != 0 || n.Changed != 0 {
			t.Errorf("the same again brings %+v", n)
		}
		says := func(subject id.ID) (out []string) {
			if err := d.Read(t.Context(), func(tx *db.Tx) error {
				list, err := revise.History(tx, g.actor("Ben"), subject, 0, 10)
				for _, v := range list {
					out = append(out, v.Body+"/"+v.Note)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return out
		}
		if got := says(q); !slices.Equal(got, []string{"It sticks./second", "Sticks./"}) {
			t.Errorf("the question's history is %q", got)
		}
		if got := says(a); !slices.Equal(got, []string{"Clean it well./", "Clean it./"}) {
			t.Errorf("the history of the answer that was changed here is %q", got)
		}
	})
}

func TestWhatIsWrongWithAnExportIsToldByLine(t *testing.T) {
	s := play(t, dbtest.SQLite(t))
	i := s.house.PeopleImport()
	i.Preview = true
	out, err := i.Run(t.Context(), strings.NewReader("number;name;email;manager number\n1;Dora;dora@example.org;99\n2;Emil;no address;\n"), "staff.csv")
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	for _, p := range out.Problems {
		lines = append(lines, p.Line)
	}
	if !slices.Equal(lines, []int{2, 3}) {
		t.Errorf("told of lines %d: %v", lines, out.Problems)
	}
}
