package ask

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/connect/stackexchange"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// StackExchange brings a Stack Exchange data dump into the organisation:
// authors of kind imported, questions, answers, comments, tags, accepted
// answers, duplicates and the history of edits, at their original times.
//
// Each row is written once, together with a note of where it came from, in
// small transactions. So an import that was interrupted goes on where it
// stopped when it is run again, and one that is finished changes nothing. It is
// quiet: search and receipts follow, nobody is told.
type StackExchange struct {
	Service *Service
	People  *people.Service
	Dump    *stackexchange.Dump
	Site    string // quantumcomputing.stackexchange.com; names the origin and the links back
	DryRun  bool   // read, check and count everything as without it, write nothing
	// Markdown turns a post's HTML into Markdown.
	Markdown func(html string) (string, error)
	// Report is told of every row that cannot be used.
	Report func(badrow.Problem)
	// Progress is told how many rows of which file were read.
	Progress func(file string, rows int)

	Counts Imported

	origin string
	batch  []func(tx *db.Tx) error
	late   []badrow.Problem // found while writing; told after the commit
	would  map[string]bool  // in a dry run: the rows that would be here by now, as kind/number
}

// Imported counts what an import read, and what of it was new or changed here.
type Imported struct {
	Authors, Questions, Answers, Comments, Skills, Versions, Duplicates int
	New, Changed                                                        int
	Problems                                                            int
}

// batchRows is how many rows one transaction takes: few enough that others are
// not kept waiting.
const batchRows = 40

// Run carries the import out.
func (x *StackExchange) Run(ctx context.Context) error {
	x.origin = "stackexchange:" + x.Site
	x.would = map[string]bool{}
	report := x.report
	accepted, err := x.acceptances(ctx, report)
	if err != nil {
		return err
	}
	steps := []func() error{
		func() error { return x.users(ctx, report) },
		func() error { return x.questions(ctx, report) },
		func() error { return x.answers(ctx, report, accepted) },
		func() error { return x.comments(ctx, report) },
		func() error { return x.duplicates(ctx, report) },
		func() error { return x.history(ctx, report) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
		if err := x.flush(ctx); err != nil {
			return err
		}
	}
	return nil
}

// write adds a row to the batch and writes the batch when it is full.
func (x *StackExchange) write(ctx context.Context, row func(tx *db.Tx) error) error {
	x.batch = append(x.batch, row)
	if len(x.batch) < batchRows {
		return ctx.Err()
	}
	return x.flush(ctx)
}

func (x *StackExchange) flush(ctx context.Context) error {
	batch := x.batch
	x.batch = nil
	if len(batch) == 0 {
		return ctx.Err()
	}
	counts := x.Counts
	open := x.Service.db.Write
	if x.DryRun {
		open = x.Service.db.Read
	}
	err := open(ctx, func(tx *db.Tx) error {
		x.Counts, x.late = counts, nil // the closure may run twice
		for _, row := range batch {
			if err := row(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range x.late {
		x.report(p)
	}
	x.late = nil
	return ctx.Err()
}

func (x *StackExchange) report(p badrow.Problem) {
	x.Counts.Problems++
	if x.Report != nil {
		x.Report(p)
	}
}

func (x *StackExchange) progress(file string, rows int) {
	if x.Progress != nil && (rows%200 == 0 || rows < 0) {
		x.Progress(file, rows)
	}
}

// fresh tells whether a row is to be written, because it is new or changed, and
// notes it. In a dry run no row is.
func (x *StackExchange) fresh(tx *db.Tx, kind, originID string, local id.ID, checksum string) (was id.ID, changed bool, err error) {
	var sum string
	ok, err := tx.Row(originSQL, []any{&was, &sum}, x.origin, kind, originID)
	if err != nil {
		return 0, false, err
	}
	if ok && sum == checksum {
		return was, false, nil
	}
	if ok {
		x.Counts.Changed++
		local = was
	} else {
		x.Counts.New++
		was = 0
	}
	if x.DryRun {
		x.would[kind+"/"+originID] = true
		return was, false, nil
	}
	_, err = tx.Exec(saveOriginSQL, x.origin, kind, originID, local, checksum)
	return was, true, err
}

func checksum(parts ...any) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%v\x00", p)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

func (x *StackExchange) key(kind string, n int64) string {
	return x.origin + "/" + kind + "/" + strconv.FormatInt(n, 10)
}

// acceptances reads when answers were accepted.
func (x *StackExchange) acceptances(ctx context.Context, report stackexchange.Report) (map[int64]time.Time, error) {
	out := map[int64]time.Time{}
	if !x.Dump.Has(stackexchange.VotesFile) {
		return out, nil
	}
	n := 0
	for v, err := range x.Dump.Votes(ctx, report) {
		if err != nil {
			return nil, err
		}
		if v.Kind == stackexchange.VoteAccepted {
			out[v.PostID] = v.Created
		}
		n++
		x.progress(stackexchange.VotesFile, n)
	}
	return out, nil
}

func (x *StackExchange) users(ctx context.Context, report stackexchange.Report) error {
	if !x.Dump.Has(stackexchange.UsersFile) {
		return nil
	}
	for u, err := range x.Dump.Users(ctx, report) {
		if err != nil {
			return err
		}
		x.Counts.Authors++
		x.progress(stackexchange.UsersFile, x.Counts.Authors)
		about, err := x.Markdown(u.About)
		if err != nil {
			about = ""
		}
		sum := checksum(u.DisplayName, about)
		if err := x.write(ctx, func(tx *db.Tx) error {
			if x.DryRun {
				_, _, err := x.fresh(tx, "user", strconv.FormatInt(u.ID, 10), 0, sum)
				return err
			}
			n, err := x.People.Import(tx, people.Imported{
				Origin: x.origin, OriginID: strconv.FormatInt(u.ID, 10), Label: orUser(u.DisplayName, u.ID), About: about, Created: u.Created,
				EmailHash: u.EmailHash,
			})
			if err != nil {
				return err
			}
			was, changed, err := x.fresh(tx, "user", strconv.FormatInt(u.ID, 10), n, sum)
			if err != nil || !changed || was == 0 {
				return err
			}
			return people.Reimport(tx, n, orUser(u.DisplayName, u.ID), about)
		}); err != nil {
			return err
		}
	}
	return nil
}

func orUser(name string, n int64) string {
	if name = strings.TrimSpace(name); name != "" {
		return name
	}
	return "user" + strconv.FormatInt(n, 10)
}

// author returns the author of a row: the user, what remains of a deleted one,
// or the site's own account of those who left without a name.
func (x *StackExchange) author(tx *db.Tx, user int64, name string, at time.Time) (id.ID, error) {
	a := people.Imported{Origin: x.origin, Created: at}
	switch {
	case user != 0:
		// A user whom Users.xml does not hold is still one and the same.
		a.OriginID, a.Label = strconv.FormatInt(user, 10), orUser(name, user)
	case strings.TrimSpace(name) != "":
		a.OriginID, a.Label = "name:"+strings.TrimSpace(name), strings.TrimSpace(name)
	default:
		a.OriginID, a.Label = "left", x.Site
	}
	return x.People.Import(tx, a)
}

func (x *StackExchange) record(tx *db.Tx, kind string, subject, author, other id.ID, at time.Time) error {
	return x.Service.events.Record(tx, event.Event{
		Kind: kind, Subject: subject, Audience: access.Organisation, Actor: author, Other: other, Quiet: true, At: at,
	})
}

// local returns the row that an earlier row became, 0 when there is none. In a
// dry run a row that would be there by now has a number that nothing else has.
func (x *StackExchange) local(tx *db.Tx, kind string, n int64) (id.ID, error) {
	if x.would[kind+"/"+strconv.FormatInt(n, 10)] {
		return id.ID(-1 - n), nil
	}
	var out id.ID
	var sum string
	_, err := tx.Row(originSQL, []any{&out, &sum}, x.origin, kind, strconv.FormatInt(n, 10))
	return out, err
}
