package ask

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/connect/stackexchange"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

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
