package ask

import (
	"context"
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/skills"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// PageSize is how many questions a list shows at a time.
const PageSize = 25

// AnswersPage is how many answers a question's page shows at a time, and
// CommentsMost how many comments it shows in all.
const (
	AnswersPage  = 50
	CommentsMost = 500
)

// Row is one question in a list.
type Row struct {
	ID       id.ID
	Author   id.ID
	Title    string
	Lang     string
	State    State
	Settled  string
	Answers  int
	Score    int
	Created  time.Time
	Active   time.Time
	Skills   []skills.Tag
	Position time.Time // where it stands in its list: with ID, the cursor of the next page
	Because  Because   // in a feed: why it is there
}

// Which of the questions a list shows.
type Which string

// The lists.
const (
	Active     Which = "active"     // latest activity first
	Newest     Which = "newest"     // latest question first
	Unanswered Which = "unanswered" // open questions nobody answered, latest first
	Feed       Which = "feed"       // what happens on what the reader follows
	Kept       Which = "kept"       // bookmarked by the reader, latest bookmark first
)

// Filter narrows a list. After and AfterID are the cursor; zero is the start.
type Filter struct {
	Which   Which // Active when empty
	Skill   id.ID
	After   time.Time
	AfterID id.ID
	Limit   int // PageSize when 0
}

// lastID is after every question made at the same time.
const lastID = id.ID(1<<63 - 1)

// far is later than every question.
func far() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }

// List returns the questions the actor may see, a page of them and whether
// there are more.
func (s *Service) List(ctx context.Context, by access.Actor, f Filter) (rows []Row, more bool, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, false, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		rows, more, err = list(tx, by, f)
		return err
	})
	return rows, more, err
}

func list(tx *db.Tx, by access.Actor, f Filter) ([]Row, bool, error) {
	if f.After.IsZero() {
		f.After, f.AfterID = far(), lastID
	}
	if f.Limit <= 0 || f.Limit > 100 {
		f.Limit = PageSize
	}
	var rows []Row
	var err error
	switch {
	case f.Skill != 0:
		rows, err = db.All(tx, listBySkillSQL, scanRow, by.Person, f.Skill, db.At(f.After), f.AfterID, f.Limit+1)
	case f.Which == Newest:
		rows, err = db.All(tx, listNewestSQL, scanRow, by.Person, db.At(f.After), f.AfterID, f.Limit+1)
	case f.Which == Unanswered:
		rows, err = db.All(tx, listUnansweredSQL, scanRow, by.Person, db.At(f.After), f.AfterID, f.Limit+1)
	case f.Which == Kept:
		rows, err = db.All(tx, listKeptSQL, scanRow, by.Person, db.At(f.After), f.AfterID, f.Limit+1)
	case f.Which == Feed:
		rows, err = feed(tx, by, f)
	default:
		rows, err = db.All(tx, listActiveSQL, scanRow, by.Person, db.At(f.After), f.AfterID, f.Limit+1)
	}
	if err != nil {
		return nil, false, err
	}
	more := len(rows) > f.Limit
	if more {
		rows = rows[:f.Limit]
	}
	return rows, more, withSkills(tx, rows)
}

// withSkills reads the skills of a page of questions in one query.
func withSkills(tx *db.Tx, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	at := make(map[id.ID]int, len(rows))
	ids := make([]id.ID, len(rows))
	for i, r := range rows {
		at[r.ID], ids[i] = i, r.ID
	}
	tags, err := db.All(tx, skillsOfQuestionsSQL, func(r *db.Rows, t *questionTag) error {
		return r.Scan(&t.question, &t.position, &t.ID, &t.Kind, &t.Name)
	}, ids)
	// The database would sort those of each question by themselves.
	slices.SortFunc(tags, func(a, b questionTag) int { return a.position - b.position })
	for _, t := range tags {
		i := at[t.question]
		rows[i].Skills = append(rows[i].Skills, t.Tag)
	}
	return err
}

type questionTag struct {
	question id.ID
	position int
	skills.Tag
}

// Whole is a question with all its page shows.
type Whole struct {
	Question
	Answers   []Answer
	More      bool // more answers than the page shows
	Comments  map[id.ID][]Comment
	Bylines   map[id.ID]people.Byline
	MeToo     bool // the reader has this question too
	Followed  bool
	Kept      bool // bookmarked by the reader
	Mine      bool // the reader asked it
	Tends     bool // the reader may edit it
	Stewards  bool // the reader looks after its audience
	Original  *Row // the question it duplicates
	PageStart int  // answers before the first one shown
	Part      Part // as what the reader is asked now, "" when they are not
	Way       Way  // how far the question has come, for its asker alone while it is unanswered
}

// own tells whether an author of the page is the reader, under their own name
// or a profile they claimed.
func (w Whole) own(by access.Actor, author id.ID) bool {
	return author == by.Author || by.Known() && w.Bylines[author].Person == by.Person
}

// Open returns a question the actor may see with its answers and comments.
// from is the number of answers to leave out at the start.
func (s *Service) Open(ctx context.Context, by access.Actor, question id.ID, from int) (Whole, error) {
	var w Whole
	if err := by.NeedKnown(); err != nil {
		return w, err
	}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		q, err := load(tx, by, question)
		if err != nil {
			return err
		}
		w = Whole{Question: q, Comments: map[id.ID][]Comment{}, PageStart: from}
		if w.Answers, err = db.All(tx, answersSQL, scanAnswer, by.Person, q.ID, AnswersPage+1, from); err != nil {
			return err
		}
		if w.More = len(w.Answers) > AnswersPage; w.More {
			w.Answers = w.Answers[:AnswersPage]
		}
		authors := []id.ID{q.Author, q.VerifiedBy}
		for _, a := range w.Answers {
			authors = append(authors, a.Author, a.VerifiedBy)
		}
		if q.Comments > 0 {
			comments, err := db.All(tx, commentsSQL, scanComment, by.Person, q.ID, CommentsMost)
			if err != nil {
				return err
			}
			for _, c := range comments {
				w.Comments[c.On] = append(w.Comments[c.On], c)
				authors = append(authors, c.Author)
			}
		}
		if w.Bylines, err = people.Bylines(tx, by, authors); err != nil {
			return err
		}
		if _, err := tx.Row(relationSQL, []any{&w.MeToo, &w.Followed, &w.Kept, &w.Part}, by.Person, q.ID); err != nil {
			return err
		}
		w.Mine = w.own(by, q.Author)
		if w.Mine && q.State == Open && q.Answers == 0 {
			if w.Way, err = way(tx, by, q.ID); err != nil {
				return err
			}
		}
		if w.Stewards, err = access.Stewards(tx, by, q.Audience); err != nil {
			return err
		}
		w.Tends = w.Mine || w.Stewards
		if q.DuplicateOf != 0 {
			row, ok, err := db.One(tx, rowSQL, scanRow, by.Person, q.DuplicateOf)
			if err != nil {
				return err
			}
			if ok {
				w.Original = &row
			}
		}
		return nil
	})
	return w, err
}

// Follow lets the actor hear of what happens on a question, or no longer.
func (s *Service) Follow(ctx context.Context, by access.Actor, question id.ID, on bool) error {
	return s.mark(ctx, by, question, on, followSQL, unfollowSQL)
}

// Bookmark keeps a question in the actor's list, or no longer.
func (s *Service) Bookmark(ctx context.Context, by access.Actor, question id.ID, on bool) error {
	return s.mark(ctx, by, question, on, bookmarkSQL, unbookmarkSQL)
}

func (s *Service) mark(ctx context.Context, by access.Actor, question id.ID, on bool, set, unset string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		q, err := load(tx, by, question)
		if err != nil {
			return err
		}
		if on {
			_, err = tx.Exec(set, by.Person, q.ID, db.At(s.clock.Now()))
		} else {
			_, err = tx.Exec(unset, by.Person, q.ID)
		}
		return err
	})
}

// Some returns those of the questions that the actor may see, in the given
// order.
func (s *Service) Some(ctx context.Context, by access.Actor, ids []id.ID) ([]Row, error) {
	var out []Row
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		out = out[:0]
		for _, n := range ids {
			r, ok, err := db.One(tx, rowSQL, scanRow, by.Person, n)
			if err != nil {
				return err
			}
			if ok {
				out = append(out, r)
			}
		}
		return withSkills(tx, out)
	})
	return out, err
}

// LoadAnswer returns an answer the actor may see, and its question.
func (s *Service) LoadAnswer(ctx context.Context, by access.Actor, answer id.ID) (a Answer, q Question, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		a, q, err = loadAnswer(tx, by, answer)
		return err
	})
	return a, q, err
}

// LoadQuestion returns a question the actor may see.
func (s *Service) LoadQuestion(ctx context.Context, by access.Actor, question id.ID) (q Question, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		q, err = load(tx, by, question)
		return err
	})
	return q, err
}

// LoadComment returns a comment the actor may see.
func (s *Service) LoadComment(ctx context.Context, by access.Actor, comment id.ID) (c Comment, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		var ok bool
		c, ok, err = db.One(tx, commentSQL, scanComment, by.Person, comment)
		if err == nil && !ok {
			err = fault.Missing()
		}
		return err
	})
	return c, err
}

// MayTend returns nil when the actor wrote it or looks after the audience,
// else Forbidden.
func (s *Service) MayTend(ctx context.Context, by access.Actor, author, audience id.ID) error {
	return s.db.Read(ctx, func(tx *db.Tx) error { return mayTend(tx, by, author, audience) })
}
