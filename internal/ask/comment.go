package ask

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Comment is a short remark on a question or an answer.
type Comment struct {
	ID       id.ID
	On       id.ID // the question or answer
	Question id.ID
	Audience id.ID
	Author   id.ID
	Body     string // Markdown, one paragraph
	Lang     string
	State    State
	Score    int
	Created  time.Time
	Edited   time.Time
}

// Comment remarks on a question, or on one of its answers. Event:
// comment.posted.
func (s *Service) Comment(ctx context.Context, by access.Actor, question, on id.ID, body string) (id.ID, error) {
	if err := by.NeedKnown(); err != nil {
		return 0, err
	}
	body, wrong := checkComment(body)
	language := s.language(body)
	var n id.ID
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		q, err := load(tx, by, question)
		if err != nil {
			return err
		}
		if on != q.ID {
			a, _, err := loadAnswer(tx, by, on)
			if err != nil {
				return err
			}
			if a.Question != q.ID {
				return fault.Missing()
			}
		}
		if wrong != nil {
			return wrong
		}
		now := s.clock.Now()
		n = id.New(now)
		if err := insertComment(tx, Comment{
			ID: n, On: on, Question: q.ID, Audience: q.Audience, Author: by.Author, Body: body, Lang: language, State: Open, Created: now,
		}, q.Title); err != nil {
			return err
		}
		if err := bump(tx, q.ID, now, 0, 1); err != nil {
			return err
		}
		if _, err := tx.Exec(followSQL, by.Person, q.ID, db.At(now)); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: "comment.posted", Subject: n, Audience: q.Audience, Actor: by.Author, Other: on})
	})
	return n, err
}

func checkComment(body string) (string, error) {
	body = strings.TrimSpace(body)
	var c fault.Check
	c.Require(body != "", "comment", "fault.comment_empty")
	c.Require(utf8.RuneCountInString(body) <= MaxComment, "comment", "fault.too_long", "max", MaxComment)
	return body, c.Err()
}

// insertComment writes the comment and its subject, and counts it where it
// stands.
func insertComment(tx *db.Tx, c Comment, title string) error {
	if _, err := tx.Exec(insertCommentSQL, c.ID, c.On, c.Question, c.Audience, c.Author, c.Body, c.Lang, string(c.State), c.Score,
		db.At(c.Created), db.At(c.Edited)); err != nil {
		return err
	}
	if c.On != c.Question {
		if _, err := tx.Exec(countAnswerCommentsSQL, c.On); err != nil {
			return err
		}
	}
	return subject.Save(tx, subject.Subject{
		Ref: subject.Ref{Kind: subject.Comment, ID: c.ID}, Audience: c.Audience, Author: c.Author, Parent: c.Question,
		Title: title, State: string(c.State), Created: c.Created, Updated: c.Created,
	})
}

// EditComment changes a comment's words. Event: comment.edited.
func (s *Service) EditComment(ctx context.Context, by access.Actor, comment id.ID, body string) error {
	body, wrong := checkComment(body)
	return s.changeComment(ctx, by, comment, "comment.edited", func(tx *db.Tx, c *Comment) error {
		if wrong != nil {
			return wrong
		}
		c.Body, c.Lang, c.Edited = body, s.language(body), s.clock.Now()
		return nil
	})
}

// DeleteComment takes a comment away. Event: comment.deleted.
func (s *Service) DeleteComment(ctx context.Context, by access.Actor, comment id.ID) error {
	return s.changeComment(ctx, by, comment, "comment.deleted", func(tx *db.Tx, c *Comment) error {
		c.State = Deleted
		return subject.Touch(tx, c.ID, subject.Deleted, s.clock.Now())
	})
}

func (s *Service) changeComment(ctx context.Context, by access.Actor, comment id.ID, kind string, rule func(*db.Tx, *Comment) error) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, ok, err := db.One(tx, commentSQL, scanComment, by.Person, comment)
		if err != nil {
			return err
		}
		if !ok {
			return fault.Missing()
		}
		if err := mayTend(tx, by, c.Author, c.Audience); err != nil {
			return err
		}
		if err := rule(tx, &c); err != nil {
			return err
		}
		if _, err := tx.Exec(changeCommentSQL, c.Body, c.Lang, string(c.State), db.At(c.Edited), c.ID); err != nil {
			return err
		}
		if c.On != c.Question {
			if _, err := tx.Exec(countAnswerCommentsSQL, c.On); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(recountSQL, c.Question); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: kind, Subject: c.ID, Audience: c.Audience, Actor: by.Author, Other: c.On})
	})
}
