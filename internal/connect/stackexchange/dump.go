package stackexchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// The files of a dump. Any but Posts may be missing.
const (
	PostsFile       = "Posts.xml"
	UsersFile       = "Users.xml"
	CommentsFile    = "Comments.xml"
	VotesFile       = "Votes.xml"
	TagsFile        = "Tags.xml"
	PostHistoryFile = "PostHistory.xml"
	PostLinksFile   = "PostLinks.xml"
	BadgesFile      = "Badges.xml"
)

// Report is told of every row that was left out or mended.
type Report func(badrow.Problem)

// Dump is one site's folder of files. Its sequences may be read one after the
// other or at the same time.
type Dump struct {
	fsys  fs.FS
	names map[string]string // our name -> name in the folder
	size  int64
	read  atomic.Int64
}

// Open looks into a folder (os.DirFS for a path). File names may be written in
// any case. It is a fault when Posts.xml is missing.
func Open(fsys fs.FS) (*Dump, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fault.Because(fault.Invalid, "fault.import.folder_unreadable", err)
	}
	d := &Dump{fsys: fsys, names: map[string]string{}}
	for _, want := range []string{PostsFile, UsersFile, CommentsFile, VotesFile, TagsFile, PostHistoryFile, PostLinksFile, BadgesFile} {
		for _, e := range entries {
			if e.IsDir() || !strings.EqualFold(e.Name(), want) {
				continue
			}
			d.names[want] = e.Name()
			if info, err := fs.Stat(fsys, e.Name()); err == nil {
				d.size += info.Size()
			}
			break
		}
	}
	if d.names[PostsFile] == "" {
		return nil, fault.New(fault.Invalid, "fault.import.posts_missing").With("file", PostsFile)
	}
	return d, nil
}

// Has tells whether the dump has the file.
func (d *Dump) Has(file string) bool { return d.names[file] != "" }

// Size is the number of bytes of all files of the dump.
func (d *Dump) Size() int64 { return d.size }

// BytesRead is how many bytes the sequences have read so far, to be compared
// with Size for a progress bar. A file read twice counts twice.
func (d *Dump) BytesRead() int64 { return d.read.Load() }

type counted struct {
	r io.Reader
	n *atomic.Int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// each opens a file and yields what pick makes of each row. A missing file is
// an empty sequence. The sequence's error is the disk's or the context's and
// ends it.
func each[T any](ctx context.Context, d *Dump, file string, bad Report, pick func(*fields) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		name, ok := d.names[file]
		if !ok {
			return
		}
		f, err := d.fsys.Open(name)
		if err != nil {
			yield(zero, fmt.Errorf("open %s: %w", file, err))
			return
		}
		defer f.Close()
		for v, err := range read(ctx, counted{f, &d.read}, file, bad, pick) {
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

func read[T any](ctx context.Context, r io.Reader, file string, bad Report, pick func(*fields) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		if bad == nil {
			bad = func(badrow.Problem) {}
		}
		s := newScanner(r)
		for n := 0; ; n++ {
			if n%256 == 0 && ctx.Err() != nil {
				yield(zero, ctx.Err())
				return
			}
			x, err := s.next()
			if err == io.EOF {
				return
			}
			if errors.Is(err, errNotUTF8) {
				bad(badrow.Problem{File: file, Code: "not_utf8", Reason: "the file is not UTF-8; nothing of it was read"})
				return
			}
			if f, ok := err.(*syntaxFault); ok {
				bad(badrow.Problem{File: file, Line: f.line, Code: f.code, Reason: f.reason})
				continue
			}
			if err != nil {
				yield(zero, fmt.Errorf("read %s: %w", file, err))
				return
			}
			g := fields{row: x}
			v := pick(&g)
			if g.code != "" {
				bad(badrow.Problem{File: file, Line: x.line, Column: g.column, Code: g.code, Reason: g.reason})
				continue
			}
			if x.mended {
				bad(badrow.Problem{File: file, Line: x.line, Column: g.mended, Code: "characters_mended",
					Reason: "characters that are no text were replaced", Kept: true})
			}
			if !yield(v, nil) {
				return
			}
		}
	}
}

// fields reads the attributes of one row and keeps the first fault.
type fields struct {
	row          *row
	column, code string
	reason       string
	mended       string
}

func (g *fields) fail(column, code, reason string) {
	if g.code == "" {
		g.column, g.code, g.reason = column, code, reason
	}
}

func (g *fields) raw(name string) ([]byte, bool) {
	for k := range g.row.attrs {
		if g.row.attrs[k].name == name {
			return g.row.attrs[k].raw, true
		}
	}
	return nil, false
}

func (g *fields) text(name string) string {
	b, ok := g.raw(name)
	if !ok {
		return ""
	}
	v, mended, err := text(b)
	if err != nil {
		g.fail(name, "value_broken", err.Error())
		return ""
	}
	if mended {
		g.row.mended, g.mended = true, name
	}
	return v
}

// number reads an integer, 0 when it is missing and need not be there.
func (g *fields) number(name string, needed bool) int64 {
	v := strings.TrimSpace(g.text(name))
	if v == "" {
		if needed {
			g.fail(name, "value_missing", "is missing")
		}
		return 0
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		g.fail(name, "not_a_number", fmt.Sprintf("%s is not a whole number", clip(v)))
	}
	return n
}

func (g *fields) integer(name string) int {
	n := g.number(name, false)
	if n > 1<<31-1 || n < -1<<31 {
		g.fail(name, "not_a_number", fmt.Sprintf("%d is out of range", n))
		return 0
	}
	return int(n)
}

func (g *fields) time(name string, needed bool) time.Time {
	v := strings.TrimSpace(g.text(name))
	if v == "" {
		if needed {
			g.fail(name, "value_missing", "is missing")
		}
		return time.Time{}
	}
	t, ok := parseTime(v)
	if !ok {
		g.fail(name, "date_unreadable", fmt.Sprintf("%s is not a date like 2018-03-12T17:00:45.567", clip(v)))
	}
	return t
}

func clip(s string) string {
	if len(s) > 40 {
		s = strings.ToValidUTF8(s[:40], "") + "…"
	}
	return strconv.Quote(s)
}

// The forms in which dumps of different years write times. Those without a
// zone are UTC.
var timeForms = []string{
	"2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02",
}

func parseTime(v string) (time.Time, bool) {
	for _, form := range timeForms {
		if t, err := time.Parse(form, v); err == nil {
			t = t.UTC().Truncate(time.Microsecond)
			return t, t.Year() >= 1970 && t.Year() < 2200
		}
	}
	return time.Time{}, false
}

// parseTags reads both notations, "<go><sql-server>" and "|go|sql-server|".
// Doubles and empty names are left out, and what comes after 64 tags.
func parseTags(v string) []string {
	parts := strings.FieldsFunc(v, func(r rune) bool { return r == '<' || r == '>' || r == '|' })
	var tags []string
next:
	for _, t := range parts {
		t = strings.TrimSpace(t)
		if t == "" {
			continue
		}
		if len(tags) == 64 {
			break
		}
		for _, have := range tags {
			if have == t {
				continue next
			}
		}
		tags = append(tags, t)
	}
	return tags
}
