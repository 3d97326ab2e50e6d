package stackexchange

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"
	"time"

	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/hostile"
)

func open(t testing.TB, files map[string]string) *Dump {
	t.Helper()
	m := fstest.MapFS{}
	for n, c := range files {
		m[n] = &fstest.MapFile{Data: []byte(c)}
	}
	d, err := Open(m)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func all[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var out []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

const head = "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<posts>\r\n"

func posts(t testing.TB, rows string) ([]Post, []badrow.Problem) {
	t.Helper()
	d := open(t, map[string]string{PostsFile: head + rows + "</posts>"})
	var bad []badrow.Problem
	got := all(t, d.Posts(context.Background(), func(p badrow.Problem) { bad = append(bad, p) }))
	if d.BytesRead() != d.Size() {
		t.Errorf("read %d of %d bytes", d.BytesRead(), d.Size())
	}
	return got, bad
}

func TestAPostIsReadWhole(t *testing.T) {
	got, bad := posts(t, `  <row Id="7" PostTypeId="1" AcceptedAnswerId="9" CreationDate="2018-03-12T17:00:45.567" Score="-3" ViewCount="11" Body="&lt;p&gt;a &amp;amp; b&lt;/p&gt;&#xA;&#x1F600;" OwnerUserId="5" LastEditorUserId="6" LastEditDate="2018-03-13T00:00:00" LastActivityDate="2018-03-14T01:02:03Z" Title="Q &quot;x&quot;" Tags="&lt;go&gt;&lt;c#&gt;&lt;go&gt;" AnswerCount="1" CommentCount="2" FavoriteCount="3" ContentLicense="CC BY-SA 4.0" />
`)
	if len(bad) > 0 || len(got) != 1 {
		t.Fatalf("%d posts, problems %v", len(got), bad)
	}
	p := got[0]
	if p.Line != 3 || p.ID != 7 || p.Kind != Question || p.AcceptedAnswerID != 9 || p.Score != -3 || p.Views != 11 || p.OwnerUserID != 5 {
		t.Errorf("%+v", p)
	}
	if p.Body != "<p>a &amp; b</p>\n😀" || p.Title != `Q "x"` || fmt.Sprint(p.Tags) != "[go c#]" || p.License != "CC BY-SA 4.0" {
		t.Errorf("%+v", p)
	}
	if want := time.Date(2018, 3, 12, 17, 0, 45, 567e6, time.UTC); !p.Created.Equal(want) || p.Created.Location() != time.UTC {
		t.Errorf("created %v", p.Created)
	}
	if p.LastEdited.Day() != 13 || p.LastActive.Hour() != 1 {
		t.Errorf("%v %v", p.LastEdited, p.LastActive)
	}
}

func TestBothTagNotations(t *testing.T) {
	for in, want := range map[string]string{
		"<a><b-c>": "[a b-c]", "|a|b-c|": "[a b-c]", "": "[]", "<>": "[]", "||": "[]", "a": "[a]", "< a >": "[a]", "|c++|.net|": "[c++ .net]",
	} {
		if got := fmt.Sprint(parseTags(in)); got != want {
			t.Errorf("parseTags(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestTimesInAllNotations(t *testing.T) {
	for in, want := range map[string]string{
		"2018-02-06T20:08:57.353":           "2018-02-06T20:08:57.353Z",
		"2018-02-06T20:08:57":               "2018-02-06T20:08:57Z",
		"2018-02-06T20:08:57Z":              "2018-02-06T20:08:57Z",
		"2018-02-06T20:08:57.3531234+02:00": "2018-02-06T18:08:57.353123Z",
		"2018-02-06 20:08:57":               "2018-02-06T20:08:57Z",
		"2018-02-06":                        "2018-02-06T00:00:00Z",
		"0001-01-01T00:00:00":               "",
		"06/02/2018":                        "",
		"2018-02-30T00:00:00":               "",
	} {
		got, ok := parseTime(in)
		s := got.Format(time.RFC3339Nano)
		if !ok {
			s = ""
		}
		if s != want {
			t.Errorf("parseTime(%q) = %q, want %q", in, s, want)
		}
	}
}

func TestBadRowsAreReportedAndTheRestIsKept(t *testing.T) {
	const good = `<row Id="%d" PostTypeId="1" CreationDate="2018-03-12T17:00:45.567" Title="ok" />` + "\n"
	for _, c := range []struct{ bad, column, code string }{
		{`<row PostTypeId="1" CreationDate="2018-03-12T17:00:45.567" />`, "Id", "value_missing"},
		{`<row Id="x" PostTypeId="1" CreationDate="2018-03-12T17:00:45.567" />`, "Id", "not_a_number"},
		{`<row Id="99999999999999999999" PostTypeId="1" CreationDate="2018-03-12" />`, "Id", "not_a_number"},
		{`<row Id="2" PostTypeId="1" CreationDate="yesterday" />`, "CreationDate", "date_unreadable"},
		{`<row Id="2" PostTypeId="1" />`, "CreationDate", "value_missing"},
		{`<row Id="2" PostTypeId="2" CreationDate="2018-03-12" />`, "ParentId", "value_missing"},
		{`<row Id="2" PostTypeId="1" CreationDate="2018-03-12" Score="99999999999" />`, "Score", "not_a_number"},
		{`<row Id="2" PostTypeId="1" CreationDate="2018-03-12" Body="&nbsp;" />`, "Body", "value_broken"},
		{`<row Id="2" PostTypeId="1" CreationDate="2018-03-12" Body="a & b" />`, "Body", "value_broken"},
		{`<row Id="2" PostTypeId="1" CreationDate="2018-03-12" Body="<p>" />`, "", "xml_broken"},
		{`<row Id="2" PostTypeId="1" CreationDate="2018-03-12" Body="never closed />`, "", "xml_broken"},
		{`<row Id="2" PostTypeId="1" CreationDate=2018-03-12 />`, "", "xml_broken"},
		{`<row Id="2"PostTypeId="1" />`, "", "xml_broken"},
		{`<row Id="2" Title />`, "", "xml_broken"},
		{`<row Id="2" / >`, "", "xml_broken"},
		{`<row Id="2" $="1" />`, "", "xml_broken"},
		{`<row Id="2" PostTypeId="1" CreationDate="2018`, "", "xml_broken"},
	} {
		got, bad := posts(t, fmt.Sprintf(good, 1)+c.bad+"\n"+fmt.Sprintf(good, 3))
		if len(got) != 2 || got[0].ID != 1 || got[1].ID != 3 {
			t.Errorf("%s: kept %+v", c.bad, got)
		}
		if len(bad) != 1 || bad[0].Line != 4 || bad[0].Column != c.column || bad[0].Code != c.code || bad[0].File != PostsFile || bad[0].Kept {
			t.Errorf("%s: problems %v", c.bad, bad)
		}
	}
}

func TestWhatIsNoTextIsMendedAndKept(t *testing.T) {
	got, bad := posts(t, "<row Id=\"1\" PostTypeId=\"1\" CreationDate=\"2018-03-12\" Title=\"a&#x1;b\xffc\x02d\" />\n")
	if len(got) != 1 || got[0].Title != "a\ufffdb\ufffdc\ufffdd" {
		t.Fatalf("%+v", got)
	}
	if len(bad) != 1 || !bad[0].Kept || bad[0].Column != "Title" || bad[0].Line != 3 {
		t.Errorf("%v", bad)
	}
	if want := `Posts.xml:3: Title: characters that are no text were replaced (row kept)`; bad[0].String() != want {
		t.Errorf("%s", bad[0])
	}
}

func TestCutOffFileKeepsWhatIsWhole(t *testing.T) {
	d := open(t, map[string]string{PostsFile: head + `<row Id="1" PostTypeId="1" CreationDate="2018-03-12" />` + "\n" + `<row Id="2" PostTypeId="1" Body="abc`})
	var bad []badrow.Problem
	got := all(t, d.Posts(context.Background(), func(p badrow.Problem) { bad = append(bad, p) }))
	if len(got) != 1 || len(bad) != 1 || bad[0].Code != "row_cut_off" || bad[0].Line != 4 {
		t.Errorf("%v, %v", got, bad)
	}
}

func TestCommentsAndForeignElementsArePassedOver(t *testing.T) {
	got, bad := posts(t, `<!-- <row Id="8" /> --><!DOCTYPE x [<!ENTITY a "b">]><rowan Id="1"/><row Id='5' PostTypeId='1' CreationDate='2018-03-12' Title='"'></row>`)
	if len(got) != 1 || got[0].ID != 5 || got[0].Title != `"` || len(bad) > 0 {
		t.Errorf("%+v %v", got, bad)
	}
}

func TestTooLongRowsAreReportedInBoundedMemory(t *testing.T) {
	long := `<row Id="2" PostTypeId="1" CreationDate="2018-03-12" Body="` + strings.Repeat("a", maxRowBytes+10) + `" />` + "\n"
	wide := `<row Id="3" PostTypeId="1" CreationDate="2018-03-12" Body="` + strings.Repeat("a", maxAttrBytes+10) + `" />` + "\n"
	many := `<row ` + strings.Repeat(`a="" `, maxAttrs+1) + `/>` + "\n"
	got, bad := posts(t, long+wide+many+`<row Id="4" PostTypeId="1" CreationDate="2018-03-12" />`)
	if len(got) != 1 || got[0].ID != 4 || len(bad) != 3 {
		t.Fatalf("%d %v", len(got), bad)
	}
	if bad[0].Code != "row_too_long" || bad[1].Code != "value_broken" || bad[2].Code != "xml_broken" || bad[2].Line != 5 {
		t.Errorf("%v", bad)
	}
}

func TestOnlyUTF8IsRead(t *testing.T) {
	d := open(t, map[string]string{PostsFile: "\xff\xfe<\x00p\x00"})
	var bad []badrow.Problem
	got := all(t, d.Posts(context.Background(), func(p badrow.Problem) { bad = append(bad, p) }))
	if len(got) != 0 || len(bad) != 1 || bad[0].Code != "not_utf8" {
		t.Errorf("%v %v", got, bad)
	}
}

func TestADumpNeedsPostsAndNothingElse(t *testing.T) {
	if _, err := Open(fstest.MapFS{UsersFile: {}}); !fault.Is(err, fault.Invalid) {
		t.Errorf("without posts: %v", err)
	}
	d := open(t, map[string]string{"posts.xml": "<posts></posts>"})
	if !d.Has(PostsFile) || d.Has(UsersFile) {
		t.Error("file names are found in any case")
	}
	ctx := context.Background()
	if n := len(all(t, d.Users(ctx, nil))) + len(all(t, d.Posts(ctx, nil))) + len(all(t, d.Badges(ctx, nil))); n != 0 {
		t.Errorf("%d rows from nothing", n)
	}
}

func TestReadersErrorAndCancelEndTheSequence(t *testing.T) {
	broken := errors.New("disk")
	r := io.MultiReader(strings.NewReader(head+`<row Id="1" PostTypeId="1" CreationDate="2018-03-12" />`), iotest.ErrReader(broken))
	var n int
	var last error
	for _, err := range read(context.Background(), r, PostsFile, nil, pickPost) {
		n++
		last = err
	}
	if n != 2 || !errors.Is(last, broken) {
		t.Errorf("%d %v", n, last)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range read(ctx, strings.NewReader(head), PostsFile, nil, pickPost) {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("%v", last)
	}
}

func TestHistoryNamesItsOriginals(t *testing.T) {
	h := History{Kind: PostClosed, Text: `{"OriginalQuestionIds":[119,7],"Voters":[]}`}
	if fmt.Sprint(h.Originals()) != "[119 7]" {
		t.Errorf("%v", h.Originals())
	}
	if (History{Kind: PostClosed, Text: "{"}).Originals() != nil || (History{Kind: EditBody, Text: h.Text}).Originals() != nil {
		t.Error("originals out of nothing")
	}
}

// rowsByXML is what encoding/xml finds in a well-formed document.
func rowsByXML(b []byte) (rows []map[string]string, ok bool) {
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		t, err := d.Token()
		if err == io.EOF {
			return rows, true
		}
		if err != nil {
			return nil, false
		}
		if e, is := t.(xml.StartElement); is && e.Name.Local == "row" && e.Name.Space == "" {
			m := map[string]string{}
			for _, a := range e.Attr {
				name := a.Name.Local
				if a.Name.Space != "" {
					name = a.Name.Space + ":" + name
				}
				if _, have := m[name]; !have {
					m[name] = a.Value
				}
			}
			rows = append(rows, m)
		}
	}
}

func rowsByScanner(t testing.TB, b []byte) (rows []map[string]string, clean bool) {
	s := newScanner(iotest.OneByteReader(bytes.NewReader(b)))
	if len(b) > 4096 {
		s = newScanner(bytes.NewReader(b))
	}
	clean = true
	for n := 0; ; n++ {
		if n > len(b)+1 {
			t.Fatal("the scanner does not end")
		}
		x, err := s.next()
		if err == io.EOF {
			if want := 1 + bytes.Count(b, []byte("\n")); s.line != want {
				t.Fatalf("line %d at the end, want %d", s.line, want)
			}
			return rows, clean
		}
		if err != nil {
			clean = false
			if errors.Is(err, errNotUTF8) {
				return rows, false
			}
			continue
		}
		m := map[string]string{}
		for _, a := range x.attrs {
			v, mended, err := text(a.raw)
			if err != nil || mended {
				clean = false
			}
			if _, have := m[a.name]; !have {
				m[a.name] = v
			}
		}
		rows = append(rows, m)
	}
}

func sameRows(t testing.TB, b []byte) {
	want, ok := rowsByXML(b)
	got, clean := rowsByScanner(t, b)
	if !ok {
		return
	}
	// Rows hidden in CDATA, directives or processing instructions are not rows
	// for encoding/xml; dumps have none.
	if bytes.Count(b, []byte("<!")) != bytes.Count(b, []byte("<!--")) || bytes.Count(b, []byte("<?")) > bytes.Count(b, []byte("<?xml")) || bytes.Contains(b, []byte("xmlns")) {
		return
	}
	if !clean || len(got) != len(want) {
		t.Fatalf("%d rows (clean %v), encoding/xml finds %d in %q", len(got), clean, len(want), b)
	}
	for k := range want {
		if len(got[k]) != len(want[k]) {
			t.Fatalf("row %d: %v, want %v", k, got[k], want[k])
		}
		for n, v := range want[k] {
			if got[k][n] != v {
				t.Fatalf("row %d %s: %q, want %q", k, n, got[k][n], v)
			}
		}
	}
}

func FuzzScannerAgreesWithEncodingXML(f *testing.F) {
	f.Add([]byte(head + `<row Id="1" Body="&lt;p&gt;&#xA;&#10;" />` + "\n</posts>"))
	f.Add([]byte(`<row a='1' b="&quot;&apos;"></row>`))
	f.Add([]byte("<row\na=\"x\r\ny\rz\"\n/>"))
	f.Add([]byte(`<row a="b`))
	f.Add([]byte(`<!-- <row/> --><row/>`))
	f.Add([]byte("\xff\xfe<row/>"))
	f.Fuzz(func(t *testing.T, b []byte) { sameRows(t, b) })
}

func TestSharedDumps(t *testing.T) {
	for _, site := range []struct {
		name                                               string
		questions, answers, comments, users, votes, accept int
		badges, tags, links, history                       int
	}{
		{"quantumcomputing", 612, 1060, 3413, 3461, 12560, 0, 0, 0, 0, 0},
		{"conlang-meta", 54, 115, 0, 0, 0, 0, 0, 0, 0, 450},
	} {
		dir := hostile.Path(t, "stackexchange", site.name)
		d, err := Open(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		stop := func(p badrow.Problem) { t.Errorf("%s: %s", site.name, p) }
		questions, answers := 0, 0
		for p, err := range d.Posts(ctx, stop) {
			if err != nil {
				t.Fatal(err)
			}
			switch p.Kind {
			case Question:
				questions++
				if p.Title == "" || len(p.Tags) == 0 {
					t.Errorf("question %d without title or tags", p.ID)
				}
			case Answer:
				answers++
			}
		}
		if questions != site.questions || answers != site.answers {
			t.Errorf("%s: %d questions, %d answers; want %d, %d", site.name, questions, answers, site.questions, site.answers)
		}
		comments, users, votes := len(all(t, d.Comments(ctx, stop))), len(all(t, d.Users(ctx, stop))), len(all(t, d.Votes(ctx, stop)))
		if site.comments > 0 && (comments != site.comments || users != site.users || votes != site.votes) {
			t.Errorf("%s: %d comments, %d users, %d votes", site.name, comments, users, votes)
		}
		badges, tags, links, history := len(all(t, d.Badges(ctx, stop))), len(all(t, d.Tags(ctx, stop))), len(all(t, d.PostLinks(ctx, stop))), all(t, d.PostHistory(ctx, stop))
		if badges == 0 || tags == 0 || links == 0 {
			t.Errorf("%s: %d badges, %d tags, %d links", site.name, badges, tags, links)
		}
		if len(history) != site.history {
			t.Errorf("%s: %d rows of history, want %d", site.name, len(history), site.history)
		}
		if d.BytesRead() != d.Size() {
			t.Errorf("%s: read %d of %d bytes", site.name, d.BytesRead(), d.Size())
		}
		files, _ := filepath.Glob(filepath.Join(dir, "*.xml"))
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			sameRows(t, b)
		}
	}
}

// TestADumpWithHolesLosesOnlyTheHoles tears a piece out of a real file and
// finds every row that was not touched.
func TestADumpWithHolesLosesOnlyTheHoles(t *testing.T) {
	b := hostile.Read(t, "stackexchange", "conlang-meta", PostsFile)
	whole, _ := rowsByScanner(t, b)
	for cut := 500; cut < len(b)-2000; cut += 7919 {
		torn := append(append([]byte{}, b[:cut]...), b[cut+700:]...)
		lines := bytes.Count(b[cut:cut+700], []byte("\n"))
		got, _ := rowsByScanner(t, torn)
		if len(got) < len(whole)-lines-1 {
			t.Fatalf("torn at %d over %d line ends: %d rows of %d", cut, lines, len(got), len(whole))
		}
	}
}

func BenchmarkPosts(b *testing.B) {
	data := hostile.Read(b, "stackexchange", "quantumcomputing", PostsFile)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range read(context.Background(), bytes.NewReader(data), PostsFile, nil, pickPost) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkVotes(b *testing.B) {
	dir := hostile.Path(b, "stackexchange", "quantumcomputing")
	d, err := Open(os.DirFS(dir))
	if err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, VotesFile))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		for _, err := range d.Votes(context.Background(), nil) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
