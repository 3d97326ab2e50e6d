// Package trial measures who-knows on a question-and-answer archive in the
// format of a Stack Exchange data dump: it splits the archive in time, lets a
// ranking see only what was written before, and asks it who answers the
// questions that came after. It also holds six obvious rankings to compare
// with, so that a figure always stands beside what sheer activity or plain
// word search would have reached.
package trial

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// Question is one question of an archive. Owner is "" when the archive does
// not say who asked.
type Question struct {
	ID, Title, Body, Tags, Owner, Accepted string
	Created                                string
	Score                                  int
}

// Answer is one answer whose writer is known.
type Answer struct {
	ID, Parent, Body, Owner, Created string
	Score                            int
}

// Vote is one vote on a post, on the day it was given.
type Vote struct {
	Post, Day string
	Kind      VoteKind
}

// VoteKind is what a vote says.
type VoteKind string

// The votes that count, as a dump writes them.
const (
	Accepts VoteKind = "1"
	Up      VoteKind = "2"
	Down    VoteKind = "3"
)

// Archive is a dump held in memory: questions in the order of their time, all
// else in the order of the files.
type Archive struct {
	Name      string
	Questions []*Question
	Answers   []*Answer
	Votes     []Vote
	byID      map[string]*Question
	byParent  map[string][]*Answer
}

// timeLayout is how dumps write times; they compare as strings.
const timeLayout = "2006-01-02T15:04:05.999999999"

// Time reads a time of an archive, UTC.
func Time(s string) (time.Time, error) { return time.Parse(timeLayout, s) }

// Read reads Posts.xml and, when present, Votes.xml of a dump folder.
func Read(dir string) (*Archive, error) {
	a := &Archive{Name: filepath.Base(filepath.Clean(dir)), byID: map[string]*Question{}, byParent: map[string][]*Answer{}}
	err := rows(filepath.Join(dir, "Posts.xml"), func(r map[string]string) error {
		score, _ := strconv.Atoi(r["Score"])
		switch r["PostTypeId"] {
		case "1":
			q := &Question{ID: r["Id"], Title: r["Title"], Body: r["Body"], Tags: r["Tags"], Owner: r["OwnerUserId"],
				Accepted: r["AcceptedAnswerId"], Created: r["CreationDate"], Score: score}
			a.Questions = append(a.Questions, q)
			a.byID[q.ID] = q
		case "2":
			if r["OwnerUserId"] == "" {
				return nil
			}
			n := &Answer{ID: r["Id"], Parent: r["ParentId"], Body: r["Body"], Owner: r["OwnerUserId"], Created: r["CreationDate"], Score: score}
			a.Answers = append(a.Answers, n)
			a.byParent[n.Parent] = append(a.byParent[n.Parent], n)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(a.Questions) == 0 {
		return nil, fmt.Errorf("trial: %s holds no question", filepath.Join(dir, "Posts.xml"))
	}
	slices.SortStableFunc(a.Questions, func(x, y *Question) int {
		switch {
		case x.Created < y.Created:
			return -1
		case x.Created > y.Created:
			return 1
		}
		return 0
	})
	err = rows(filepath.Join(dir, "Votes.xml"), func(r map[string]string) error {
		if k := VoteKind(r["VoteTypeId"]); k == Accepts || k == Up || k == Down {
			a.Votes = append(a.Votes, Vote{Post: r["PostId"], Day: r["CreationDate"], Kind: k})
		}
		return nil
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return a, nil
}

// rows calls f with the attributes of every <row> of one file of a dump.
func rows(path string, f func(map[string]string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open dump: %w", err)
	}
	defer file.Close()
	in := bufio.NewReaderSize(file, 1<<16)
	if b, err := in.Peek(3); err == nil && string(b) == "\xef\xbb\xbf" {
		_, _ = in.Discard(3)
	}
	d := xml.NewDecoder(in)
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", filepath.Base(path), err)
		}
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != "row" {
			continue
		}
		r := make(map[string]string, len(e.Attr))
		for _, x := range e.Attr {
			r[x.Name.Local] = x.Value
		}
		if err := f(r); err != nil {
			return err
		}
	}
}

// Case is one question of the test part. Any holds everybody known before who
// answered it; Best is the accepted, else the best voted of them.
type Case struct {
	Question *Question
	Best     string
	Any      map[string]bool
}

// Split is an archive cut in two at a moment.
type Split struct {
	Archive *Archive
	At      string
	Train   []*Question // asked before At, in time order
	Answers []*Answer   // to them, written before At, in file order
	Known   map[string]bool
	Tests   []Case
}

// Split cuts the archive where the given share of its questions has been
// asked: what is asked later is the test, what is answered later is unknown.
// A test question counts when somebody other than its asker, who had answered
// before the cut, answered it.
func (a *Archive) Split(share float64) (*Split, error) {
	cut := int(float64(len(a.Questions)) * share)
	if cut < 0 || cut >= len(a.Questions) {
		return nil, fmt.Errorf("trial: a split at %v leaves no question after it", share)
	}
	s := &Split{Archive: a, At: a.Questions[cut].Created, Known: map[string]bool{}}
	for _, q := range a.Questions {
		if q.Created < s.At {
			s.Train = append(s.Train, q)
		}
	}
	for _, n := range a.Answers {
		if q := a.byID[n.Parent]; q != nil && q.Created < s.At && n.Created < s.At {
			s.Answers = append(s.Answers, n)
			s.Known[n.Owner] = true
		}
	}
	for _, q := range a.Questions {
		if q.Created < s.At {
			continue
		}
		var good []*Answer
		for _, n := range a.byParent[q.ID] {
			if s.Known[n.Owner] && n.Owner != q.Owner {
				good = append(good, n)
			}
		}
		if len(good) == 0 {
			continue
		}
		c := Case{Question: q, Any: map[string]bool{}}
		best := good[0]
		for _, n := range good {
			c.Any[n.Owner] = true
			if n.Score > best.Score {
				best = n
			}
		}
		for _, n := range good {
			if n.ID == q.Accepted {
				best = n
				break
			}
		}
		c.Best = best.Owner
		s.Tests = append(s.Tests, c)
	}
	return s, nil
}

// Question returns the question an answer belongs to.
func (s *Split) Question(n *Answer) *Question { return s.Archive.byID[n.Parent] }

// Title returns what the split is, in one line.
func (s *Split) Title() string {
	return fmt.Sprintf("%s: split at %s; %d train questions, %d train answers, %d answerers, %d test questions",
		s.Archive.Name, s.At, len(s.Train), len(s.Answers), len(s.Known), len(s.Tests))
}
