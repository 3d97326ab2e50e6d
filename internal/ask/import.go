package ask

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/connect/stackexchange"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/revise"
	"github.com/guildhall/guildhall/internal/core/subject"
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

func (x *StackExchange) questions(ctx context.Context, report stackexchange.Report) error {
	rows := 0
	for p, err := range x.Dump.Posts(ctx, report) {
		if err != nil {
			return err
		}
		rows++
		x.progress(stackexchange.PostsFile, rows)
		if p.Kind != stackexchange.Question {
			continue
		}
		body, err := x.Markdown(p.Body)
		if err != nil {
			report(badrow.Problem{File: stackexchange.PostsFile, Line: p.Line, Reason: "the text of question " + strconv.FormatInt(p.ID, 10) + " cannot be read: " + err.Error()})
			continue
		}
		title := strings.Join(strings.Fields(p.Title), " ")
		if title == "" {
			report(badrow.Problem{File: stackexchange.PostsFile, Line: p.Line, Reason: "question " + strconv.FormatInt(p.ID, 10) + " has no title"})
			continue
		}
		x.Counts.Questions++
		language := x.Service.language(title + "\n" + body)
		active := p.LastActive
		if active.IsZero() {
			active = p.Created
		}
		if err := x.write(ctx, func(tx *db.Tx) error {
			local := id.Derived(p.Created, x.key("question", p.ID))
			was, changed, err := x.fresh(tx, "question", strconv.FormatInt(p.ID, 10), local,
				checksum(title, p.Body, p.Score, p.Tags, p.LastEdited, active))
			if err != nil || !changed {
				return err
			}
			tags, err := x.Service.skills.Named(tx, access.Actor{}, access.Organisation, tagWords(p.Tags), true)
			if err != nil {
				return err
			}
			author, err := x.author(tx, p.OwnerUserID, p.OwnerDisplayName, p.Created)
			if err != nil {
				return err
			}
			q := Question{
				ID: local, Audience: access.Organisation, Author: author, Title: title, Body: body, Lang: language, State: Open,
				Score: p.Score, Created: p.Created, Edited: p.LastEdited, Active: active, Skills: tags,
				OriginURL: "https://" + x.Site + "/q/" + strconv.FormatInt(p.ID, 10), Licence: p.License,
			}
			if was != 0 {
				return x.changeQuestion(tx, q)
			}
			if err := insertQuestion(tx, q); err != nil {
				return err
			}
			return x.record(tx, "question.asked", q.ID, q.Author, 0, q.Created)
		}); err != nil {
			return err
		}
	}
	return nil
}

// tagWords are names of skills as people write them: "quantum-gate" is
// "quantum gate".
func tagWords(tags []string) []string {
	out := make([]string, len(tags))
	for i, t := range tags {
		out[i] = strings.ReplaceAll(t, "-", " ")
	}
	return out
}

// changeQuestion brings a question that was imported before in line with a
// newer dump, unless somebody changed it here.
func (x *StackExchange) changeQuestion(tx *db.Tx, q Question) error {
	n, err := tx.Exec(importedQuestionSQL, q.Title, q.Body, q.Lang, q.Score, db.At(q.Edited), q.ID)
	if err != nil || n == 0 {
		return err
	}
	if _, err := tx.Exec(deleteQuestionSkillsSQL, q.ID); err != nil {
		return err
	}
	if err := insertSkills(tx, q.ID, q.Skills, q.Active); err != nil {
		return err
	}
	if err := indexQuestion(tx, q); err != nil {
		return err
	}
	return x.record(tx, "question.edited", q.ID, q.Author, 0, q.Active)
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

func (x *StackExchange) answers(ctx context.Context, report stackexchange.Report, accepted map[int64]time.Time) error {
	// Which answer settled which question stands with the question, which
	// may come after it in the file.
	settles := map[int64]bool{}
	for p, err := range x.Dump.Posts(ctx, func(badrow.Problem) {}) {
		if err != nil {
			return err
		}
		if p.Kind == stackexchange.Question && p.AcceptedAnswerID != 0 {
			settles[p.AcceptedAnswerID] = true
		}
	}
	rows := 0
	for p, err := range x.Dump.Posts(ctx, func(badrow.Problem) {}) {
		if err != nil {
			return err
		}
		rows++
		x.progress(stackexchange.PostsFile, rows)
		if p.Kind != stackexchange.Answer {
			continue
		}
		body, err := x.Markdown(p.Body)
		if err != nil {
			report(badrow.Problem{File: stackexchange.PostsFile, Line: p.Line, Reason: "the text of answer " + strconv.FormatInt(p.ID, 10) + " cannot be read: " + err.Error()})
			continue
		}
		language := x.Service.language(body)
		var when time.Time
		if settles[p.ID] {
			if when = accepted[p.ID]; when.Before(p.Created) {
				when = p.Created // votes are dated by day
			}
		}
		if err := x.write(ctx, func(tx *db.Tx) error {
			question, err := x.local(tx, "question", p.ParentID)
			if err != nil {
				return err
			}
			if question == 0 {
				x.late = append(x.late, badrow.Problem{File: stackexchange.PostsFile, Line: p.Line, Reason: "answer " + strconv.FormatInt(p.ID, 10) + " stands under question " + strconv.FormatInt(p.ParentID, 10) + ", which is not in the dump"})
				return nil
			}
			x.Counts.Answers++
			local := id.Derived(p.Created, x.key("answer", p.ID))
			was, changed, err := x.fresh(tx, "answer", strconv.FormatInt(p.ID, 10), local, checksum(p.Body, p.Score, p.LastEdited, when))
			if err != nil || !changed {
				return err
			}
			author, err := x.author(tx, p.OwnerUserID, p.OwnerDisplayName, p.Created)
			if err != nil {
				return err
			}
			a := Answer{
				ID: local, Question: question, Audience: access.Organisation, Author: author, Body: body, Lang: language, State: Open,
				Score: p.Score, Accepted: when, Created: p.Created, Edited: p.LastEdited, Licence: p.License,
			}
			kind := "answer.posted"
			if was != 0 {
				kind = "answer.edited"
				if n, err := tx.Exec(importedAnswerSQL, a.Body, a.Lang, a.Score, db.At(a.Accepted), db.At(a.Edited), a.ID); err != nil || n == 0 {
					return err
				}
			} else {
				var title string
				if _, err := tx.Row(importedTitleSQL, []any{&title}, question); err != nil {
					return err
				}
				if err := insertAnswer(tx, a, title); err != nil {
					return err
				}
			}
			if !when.IsZero() {
				if _, err := tx.Exec(setAcceptedSQL, a.ID, question); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(recountSQL, question); err != nil {
				return err
			}
			if _, err := tx.Exec(standingSQL, question); err != nil {
				return err
			}
			return x.record(tx, kind, a.ID, a.Author, question, a.Created)
		}); err != nil {
			return err
		}
	}
	return nil
}

func (x *StackExchange) comments(ctx context.Context, report stackexchange.Report) error {
	if !x.Dump.Has(stackexchange.CommentsFile) {
		return nil
	}
	rows := 0
	for c, err := range x.Dump.Comments(ctx, report) {
		if err != nil {
			return err
		}
		rows++
		x.progress(stackexchange.CommentsFile, rows)
		text := strings.TrimSpace(c.Text)
		if text == "" {
			report(badrow.Problem{File: stackexchange.CommentsFile, Line: c.Line, Reason: "comment " + strconv.FormatInt(c.ID, 10) + " is empty"})
			continue
		}
		language := x.Service.language(text)
		if err := x.write(ctx, func(tx *db.Tx) error {
			on, err := x.local(tx, "question", c.PostID)
			if err != nil {
				return err
			}
			question := on
			if on == 0 {
				if on, err = x.local(tx, "answer", c.PostID); err != nil {
					return err
				}
				if on == 0 {
					x.late = append(x.late, badrow.Problem{File: stackexchange.CommentsFile, Line: c.Line, Reason: "comment " + strconv.FormatInt(c.ID, 10) + " stands under post " + strconv.FormatInt(c.PostID, 10) + ", which is not in the dump"})
					return nil
				}
				if _, err := tx.Row(importedQuestionOfSQL, []any{&question}, on); err != nil {
					return err
				}
			}
			x.Counts.Comments++
			local := id.Derived(c.Created, x.key("comment", c.ID))
			was, changed, err := x.fresh(tx, "comment", strconv.FormatInt(c.ID, 10), local, checksum(text, c.Score))
			if err != nil || !changed {
				return err
			}
			if was != 0 {
				_, err := tx.Exec(importedCommentSQL, text, language, c.Score, was)
				return err
			}
			author, err := x.author(tx, c.UserID, c.UserDisplayName, c.Created)
			if err != nil {
				return err
			}
			var title string
			if _, err := tx.Row(importedTitleSQL, []any{&title}, question); err != nil {
				return err
			}
			if err := insertComment(tx, Comment{
				ID: local, On: on, Question: question, Audience: access.Organisation, Author: author, Body: text, Lang: language, State: Open,
				Score: c.Score, Created: c.Created,
			}, title); err != nil {
				return err
			}
			if _, err := tx.Exec(recountSQL, question); err != nil {
				return err
			}
			return x.record(tx, "comment.posted", local, author, on, c.Created)
		}); err != nil {
			return err
		}
	}
	return nil
}

func (x *StackExchange) duplicates(ctx context.Context, report stackexchange.Report) error {
	if !x.Dump.Has(stackexchange.PostLinksFile) {
		return nil
	}
	for l, err := range x.Dump.PostLinks(ctx, report) {
		if err != nil {
			return err
		}
		if l.Kind != stackexchange.LinkDuplicate {
			continue
		}
		if err := x.write(ctx, func(tx *db.Tx) error {
			q, err := x.local(tx, "question", l.PostID)
			if err != nil {
				return err
			}
			of, err := x.local(tx, "question", l.RelatedPostID)
			if err != nil || q == 0 || of == 0 || q == of {
				return err // links to what is not in the dump are common
			}
			x.Counts.Duplicates++
			_, changed, err := x.fresh(tx, "link", strconv.FormatInt(l.ID, 10), q, checksum(l.PostID, l.RelatedPostID))
			if err != nil || !changed {
				return err
			}
			if n, err := tx.Exec(importedDuplicateSQL, of, q); err != nil || n == 0 {
				return err
			}
			if err := subject.Touch(tx, q, string(Duplicate), l.Created); err != nil {
				return err
			}
			return x.record(tx, "question.duplicated", q, 0, of, l.Created)
		}); err != nil {
			return err
		}
	}
	return nil
}

// version is one revision of a post while its rows are read.
type version struct {
	post     int64
	revision string
	at       time.Time
	user     int64
	name     string
	note     string
	title    *string
	body     *string
	tags     []string
	hasTags  bool
}

// history brings the versions of posts that were edited. Rows of one revision
// hold only what it changed; the rest is as it was before.
func (x *StackExchange) history(ctx context.Context, report stackexchange.Report) error {
	if !x.Dump.Has(stackexchange.PostHistoryFile) {
		return nil
	}
	versions := map[int64][]*version{}
	byRevision := map[string]*version{}
	rows := 0
	for h, err := range x.Dump.PostHistory(ctx, report) {
		if err != nil {
			return err
		}
		rows++
		x.progress(stackexchange.PostHistoryFile, rows)
		if h.Kind < stackexchange.FirstTitle || h.Kind > stackexchange.RollbackTags {
			continue
		}
		k := strconv.FormatInt(h.PostID, 10) + "/" + h.Revision
		v := byRevision[k]
		if v == nil {
			v = &version{post: h.PostID, revision: h.Revision, at: h.Created, user: h.UserID, name: h.UserDisplayName, note: h.Comment}
			byRevision[k] = v
			versions[h.PostID] = append(versions[h.PostID], v)
		}
		// Browsers sent their line ends, whoever edited by other means did not: an
		// edit would seem to change every line.
		text := strings.ReplaceAll(h.Text, "\r\n", "\n")
		switch h.Kind {
		case stackexchange.FirstTitle, stackexchange.EditTitle, stackexchange.RollbackTitle:
			v.title = &text
		case stackexchange.FirstBody, stackexchange.EditBody, stackexchange.RollbackBody:
			v.body = &text
		default:
			v.tags, v.hasTags = h.Tags(), true
		}
	}
	for _, post := range slices.Sorted(maps.Keys(versions)) {
		list := versions[post]
		if len(list) < 2 {
			continue // never edited
		}
		if err := x.write(ctx, func(tx *db.Tx) error { return x.versions(tx, post, list) }); err != nil {
			return err
		}
	}
	return nil
}

func (x *StackExchange) versions(tx *db.Tx, post int64, list []*version) error {
	local, err := x.local(tx, "question", post)
	if err == nil && local == 0 {
		local, err = x.local(tx, "answer", post)
	}
	if err != nil || local == 0 {
		return err // tag descriptions have a history too
	}
	x.Counts.Versions += len(list)
	var title, body string
	var tags []string
	for i, v := range list {
		if v.title != nil {
			title = *v.title
		}
		if v.body != nil {
			body = *v.body
		}
		if v.hasTags {
			tags = tagWords(v.tags)
		}
		_, changed, err := x.fresh(tx, "version", strconv.FormatInt(post, 10)+"/"+v.revision, local, checksum(title, body, tags, v.note))
		if err != nil {
			return err
		}
		if !changed {
			continue
		}
		author, err := x.author(tx, v.user, v.name, v.at)
		if err != nil {
			return err
		}
		err = revise.Import(tx, revise.Version{
			ID: id.Derived(v.at, x.origin+"/version/"+v.revision), Subject: local, Audience: access.Organisation, Number: i + 1, Author: author,
			Title: title, Body: body, Skills: tags, Note: v.note, At: v.at,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
