// Package export writes what an organisation has written and knows as files
// that people and programs can read without Guildhall: one file of JSON Lines
// for each kind of thing, words as Markdown, with the ids of where imported
// things came from.
//
// An export holds what the whole organisation may see. It leaves out what only
// some may see (other audiences), what was deleted, what its owner keeps to
// themselves (wishes and receipts that are not open, votes of single people,
// absences, budgets, reading) and every secret (passwords, tokens, links). To
// move or save a Guildhall as a whole, take a backup.
//
// The same content gives the same bytes: rows stand in the order of their ids,
// those of imported rows follow from their source, and nothing says when or
// where the export was made.
package export

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sort"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/blob"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Version is the version of the files. It rises when a field changes its
// meaning or goes; fields may be added at any time.
const Version = 1

// page is how many rows are read at a time.
const page = 500

// Unit is a line of units.jsonl.
type Unit struct {
	ID     id.ID   `json:"id"`
	Name   string  `json:"name"`
	Parent id.ID   `json:"parent,omitempty"`
	From   db.Time `json:"from"`
	Until  db.Time `json:"until"`
}

// Site is a line of sites.jsonl.
type Site struct {
	ID       id.ID     `json:"id"`
	Name     string    `json:"name"`
	TimeZone string    `json:"time_zone"`
	Country  string    `json:"country,omitempty"`
	Hours    string    `json:"hours,omitempty"`
	Days     []SiteDay `json:"days,omitempty"`
}

// SiteDay is a holiday, shutdown or busy time of a site.
type SiteDay struct {
	site  id.ID
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	First string `json:"first"`
	Last  string `json:"last"`
}

// Person is a line of people.jsonl.
type Person struct {
	ID          id.ID        `json:"id"`
	Author      id.ID        `json:"author"` // of what they wrote
	PersonnelNo *string      `json:"personnel_no,omitempty"`
	Name        string       `json:"name"`
	Email       *string      `json:"email,omitempty"`
	Role        string       `json:"role"`
	State       string       `json:"state"`
	Pronouns    string       `json:"pronouns,omitempty"`
	Title       string       `json:"title,omitempty"`
	AskMeAbout  string       `json:"ask_me_about,omitempty"`
	Unit        id.ID        `json:"unit,omitempty"`
	Site        id.ID        `json:"site,omitempty"`
	Manager     id.ID        `json:"manager,omitempty"`
	Backup      id.ID        `json:"backup,omitempty"`
	TimeZone    string       `json:"time_zone,omitempty"`
	Locale      string       `json:"locale,omitempty"`
	Languages   []string     `json:"languages,omitempty"`
	Hours       string       `json:"hours,omitempty"`
	Picture     string       `json:"picture,omitempty"` // its file in files/
	Units       []Membership `json:"units,omitempty"`
	Joined      db.Time      `json:"joined_at"`
	Left        db.Time      `json:"left_at"`
}

// Membership says when somebody belonged to a unit.
type Membership struct {
	person id.ID
	Unit   id.ID   `json:"unit"`
	From   db.Time `json:"from"`
	Until  db.Time `json:"until"`
}

// Author is a line of authors.jsonl: somebody to whom words belong.
type Author struct {
	ID       id.ID   `json:"id"`
	Kind     string  `json:"kind"`
	Person   id.ID   `json:"person,omitempty"`
	Label    string  `json:"label"`
	Origin   string  `json:"origin,omitempty"`
	SourceID string  `json:"source_id,omitempty"`
	About    string  `json:"about,omitempty"`
	Created  db.Time `json:"created_at"`
}

// Skill is a line of skills.jsonl. Other files refer to it by name.
type Skill struct {
	id          id.ID
	Kind        string       `json:"kind"`
	Name        string       `json:"name"`
	Names       []SkillName  `json:"other_names,omitempty"`
	Description string       `json:"description,omitempty"`
	Category    string       `json:"category,omitempty"`
	Parent      *string      `json:"parent,omitempty"`
	State       string       `json:"state"`
	MergedInto  *string      `json:"merged_into,omitempty"`
	Origin      string       `json:"origin,omitempty"`
	SourceID    string       `json:"source_id,omitempty"`
	Levels      []SkillLevel `json:"levels,omitempty"`
}

// SkillName is a synonym.
type SkillName struct {
	skill id.ID
	Name  string `json:"name"`
	Lang  string `json:"lang,omitempty"`
}

// SkillLevel describes what one level of a skill looks like at work.
type SkillLevel struct {
	skill id.ID
	Level int    `json:"level"`
	Text  string `json:"text"`
}

// Declared is a line of declared_skills.jsonl: what somebody openly says they
// can teach or want to learn.
type Declared struct {
	ID        id.ID   `json:"id"`
	Person    id.ID   `json:"person"`
	Skill     string  `json:"skill"`
	Direction string  `json:"direction"` // teach, want
	Level     int     `json:"level"`
	Work      bool    `json:"work"`
	Note      string  `json:"note,omitempty"`
	Created   db.Time `json:"created_at"`
}

// Endorsement is a line of endorsements.jsonl.
type Endorsement struct {
	ID      id.ID   `json:"id"`
	Person  id.ID   `json:"person"`
	Skill   string  `json:"skill"`
	Author  id.ID   `json:"author"`
	Note    string  `json:"note"`
	Created db.Time `json:"created_at"`
}

// Question is a line of questions.jsonl.
type Question struct {
	ID            id.ID    `json:"id"`
	Origin        string   `json:"origin,omitempty"`
	SourceID      string   `json:"source_id,omitempty"`
	Author        id.ID    `json:"author"`
	Title         string   `json:"title"`
	Body          string   `json:"body"`
	Lang          string   `json:"lang"`
	Skills        []string `json:"skills,omitempty"`
	State         string   `json:"state"`
	Settled       string   `json:"settled,omitempty"`
	Accepted      id.ID    `json:"accepted_answer,omitempty"`
	DuplicateOf   id.ID    `json:"duplicate_of,omitempty"`
	ObsoleteWhy   string   `json:"obsolete_why,omitempty"`
	ImportedScore int      `json:"imported_score"`
	MeToo         int      `json:"me_too"`
	Answers       int      `json:"answers"`
	Comments      int      `json:"comments"`
	Verified      db.Time  `json:"verified_at"`
	VerifiedBy    id.ID    `json:"verified_by,omitempty"`
	Created       db.Time  `json:"created_at"`
	Edited        db.Time  `json:"edited_at"`
	Active        db.Time  `json:"active_at"`
	OriginURL     string   `json:"origin_url,omitempty"`
	Licence       string   `json:"licence,omitempty"`
}

// Answer is a line of answers.jsonl.
type Answer struct {
	ID            id.ID   `json:"id"`
	Origin        string  `json:"origin,omitempty"`
	SourceID      string  `json:"source_id,omitempty"`
	Question      id.ID   `json:"question"`
	Author        id.ID   `json:"author"`
	Body          string  `json:"body"`
	Lang          string  `json:"lang"`
	State         string  `json:"state"`
	ObsoleteWhy   string  `json:"obsolete_why,omitempty"`
	ImportedScore int     `json:"imported_score"`
	Useful        int     `json:"useful"`
	Comments      int     `json:"comments"`
	Accepted      db.Time `json:"accepted_at"`
	Verified      db.Time `json:"verified_at"`
	VerifiedBy    id.ID   `json:"verified_by,omitempty"`
	Created       db.Time `json:"created_at"`
	Edited        db.Time `json:"edited_at"`
	Licence       string  `json:"licence,omitempty"`
}

// Comment is a line of comments.jsonl.
type Comment struct {
	ID            id.ID   `json:"id"`
	Origin        string  `json:"origin,omitempty"`
	SourceID      string  `json:"source_id,omitempty"`
	On            id.ID   `json:"on"` // a question or answer
	Question      id.ID   `json:"question"`
	Author        id.ID   `json:"author"`
	Body          string  `json:"body"`
	Lang          string  `json:"lang"`
	ImportedScore int     `json:"imported_score"`
	Created       db.Time `json:"created_at"`
	Edited        db.Time `json:"edited_at"`
}

// Revision is a line of revisions.jsonl: one version of a text.
type Revision struct {
	ID     id.ID    `json:"id"`
	Of     id.ID    `json:"of"`
	Kind   string   `json:"kind"` // of what it is a version
	Number int      `json:"number"`
	Author id.ID    `json:"author"`
	Title  string   `json:"title,omitempty"`
	Body   string   `json:"body"`
	Skills []string `json:"skills,omitempty"`
	Note   string   `json:"note,omitempty"`
	At     db.Time  `json:"at"`
}

// Receipt is a line of receipts.jsonl.
type Receipt struct {
	Source     id.ID   `json:"source"`
	SourceKind string  `json:"source_kind"`
	Author     id.ID   `json:"author"`
	Kind       string  `json:"kind"`
	Skill      string  `json:"skill,omitempty"`
	Weight     float64 `json:"weight"`
	At         db.Time `json:"at"`
}

// Attachment is a line of attachments.jsonl. Its content is files/HASH.
type Attachment struct {
	ID        id.ID   `json:"id"`
	On        id.ID   `json:"on"`
	Author    id.ID   `json:"author"`
	Hash      string  `json:"sha256"`
	Name      string  `json:"name"`
	MediaType string  `json:"media_type"`
	Bytes     int64   `json:"bytes"`
	Width     int     `json:"width,omitempty"`
	Height    int     `json:"height,omitempty"`
	Created   db.Time `json:"created_at"`
}

// Export writes everything the whole organisation may see.
type Export struct {
	DB    *db.DB
	Files blob.Store // nil when there are none
	// Create begins a file of the export; the one before is finished then.
	Create func(name string) (io.Writer, error)
	// Progress is told how many lines of which file are written; nil tells nobody.
	Progress func(name string, lines int)

	hashes map[string]bool
}

// Summary is export.json, the last file written: what the export holds.
type Summary struct {
	Format  string         `json:"format"`
	Version int            `json:"version"`
	Lines   map[string]int `json:"lines"` // of each file
	Files   int            `json:"files"` // in files/
}

// Run writes the export from one snapshot of the database.
func (x *Export) Run(ctx context.Context) (Summary, error) {
	s := Summary{Format: "guildhall export", Version: Version, Lines: map[string]int{}}
	x.hashes = map[string]bool{}
	err := x.DB.Read(ctx, func(tx *db.Tx) error {
		for _, f := range []struct {
			name  string
			write func(tx *db.Tx, line func(any) error) error
		}{
			{"units.jsonl", units}, {"sites.jsonl", sites}, {"people.jsonl", x.people}, {"authors.jsonl", authors},
			{"skills.jsonl", skills}, {"declared_skills.jsonl", declared}, {"endorsements.jsonl", endorsements},
			{"questions.jsonl", questions}, {"answers.jsonl", answers}, {"comments.jsonl", comments},
			{"revisions.jsonl", revisions}, {"receipts.jsonl", receipts}, {"attachments.jsonl", x.attachments},
		} {
			n, err := x.file(tx, f.name, f.write)
			if err != nil {
				return fmt.Errorf("export %s: %w", f.name, err)
			}
			s.Lines[f.name] = n
		}
		return nil
	})
	if err != nil {
		return s, err
	}
	if s.Files, err = x.files(ctx); err != nil {
		return s, err
	}
	w, err := x.Create("export.json")
	if err != nil {
		return s, err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return s, e.Encode(s)
}

func (x *Export) file(tx *db.Tx, name string, write func(*db.Tx, func(any) error) error) (int, error) {
	w, err := x.Create(name)
	if err != nil {
		return 0, err
	}
	buf := bufio.NewWriterSize(w, 64<<10)
	e := json.NewEncoder(buf)
	e.SetEscapeHTML(false)
	n := 0
	err = write(tx, func(v any) error {
		n++
		if x.Progress != nil && n%1000 == 0 {
			x.Progress(name, n)
		}
		return e.Encode(v)
	})
	if err != nil {
		return n, err
	}
	return n, buf.Flush()
}

// files copies what attachments and pictures refer to.
func (x *Export) files(ctx context.Context) (int, error) {
	if x.Files == nil {
		return 0, nil
	}
	names := make([]string, 0, len(x.hashes))
	for n := range x.hashes {
		names = append(names, n)
	}
	sort.Strings(names)
	n := 0
	for _, name := range names {
		f, err := x.Files.Open(ctx, blob.Name(name))
		if fault.Is(err, fault.NotFound) {
			continue // the line says which file it was
		}
		if err != nil {
			return n, fmt.Errorf("export file %s: %w", name, err)
		}
		w, err := x.Create("files/" + name)
		if err == nil {
			_, err = io.Copy(w, f)
		}
		f.Close()
		if err != nil {
			return n, fmt.Errorf("export file %s: %w", name, err)
		}
		n++
		if x.Progress != nil {
			x.Progress("files", n)
		}
	}
	return n, nil
}

// each reads pages along the key and hands them on.
func each[T any](tx *db.Tx, sql string, scan func(*db.Rows, *T) error, key func(*T) id.ID, args []any, use func([]T) error) error {
	after := id.ID(0)
	for {
		// The first key is a number, since the zero ID stands for NULL.
		list, err := db.All(tx, sql, scan, append(append([]any{int64(after)}, args...), page)...)
		if err != nil || len(list) == 0 {
			return err
		}
		if err := use(list); err != nil {
			return err
		}
		after = key(&list[len(list)-1])
	}
}

// lines hands every row of a page on.
func lines[T any](line func(any) error) func([]T) error {
	return func(list []T) error {
		for i := range list {
			if err := line(&list[i]); err != nil {
				return err
			}
		}
		return nil
	}
}

func keys[T any](list []T, key func(*T) id.ID) []id.ID {
	out := make([]id.ID, len(list))
	for i := range list {
		out[i] = key(&list[i])
	}
	return out
}

func units(tx *db.Tx, line func(any) error) error {
	return each(tx, unitsSQL, scanUnit, func(u *Unit) id.ID { return u.ID }, nil, lines[Unit](line))
}

func sites(tx *db.Tx, line func(any) error) error {
	key := func(s *Site) id.ID { return s.ID }
	return each(tx, sitesSQL, scanSite, key, nil, func(list []Site) error {
		days, err := db.All(tx, siteDaysSQL, scanSiteDay, keys(list, key))
		if err != nil {
			return err
		}
		of := map[id.ID][]SiteDay{}
		for _, d := range days {
			of[d.site] = append(of[d.site], d)
		}
		for i := range list {
			list[i].Days = of[list[i].ID]
		}
		return lines[Site](line)(list)
	})
}

func (x *Export) people(tx *db.Tx, line func(any) error) error {
	key := func(p *Person) id.ID { return p.ID }
	return each(tx, peopleSQL, scanPerson, key, nil, func(list []Person) error {
		members, err := db.All(tx, unitMembersSQL, scanUnitMember, keys(list, key))
		if err != nil {
			return err
		}
		of := map[id.ID][]Membership{}
		for _, m := range members {
			of[m.person] = append(of[m.person], m)
		}
		for i := range list {
			list[i].Units = of[list[i].ID]
			if list[i].Picture != "" {
				x.hashes[list[i].Picture] = true
			}
		}
		return lines[Person](line)(list)
	})
}

func authors(tx *db.Tx, line func(any) error) error {
	return each(tx, authorsSQL, scanAuthor, func(a *Author) id.ID { return a.ID }, nil, lines[Author](line))
}

func skills(tx *db.Tx, line func(any) error) error {
	list, err := db.All(tx, skillsSQL, scanSkill)
	if err != nil {
		return err
	}
	for len(list) > 0 {
		part := list[:min(page, len(list))]
		list = list[len(part):]
		ids := keys(part, func(s *Skill) id.ID { return s.id })
		names, err := db.All(tx, skillNamesSQL, scanSkillName, ids)
		if err != nil {
			return err
		}
		levels, err := db.All(tx, skillLevelsSQL, scanSkillLevel, ids)
		if err != nil {
			return err
		}
		namesOf, levelsOf := map[id.ID][]SkillName{}, map[id.ID][]SkillLevel{}
		for _, n := range names {
			namesOf[n.skill] = append(namesOf[n.skill], n)
		}
		for _, l := range levels {
			levelsOf[l.skill] = append(levelsOf[l.skill], l)
		}
		for i := range part {
			part[i].Names, part[i].Levels = namesOf[part[i].id], levelsOf[part[i].id]
		}
		if err := lines[Skill](line)(part); err != nil {
			return err
		}
	}
	return nil
}

func declared(tx *db.Tx, line func(any) error) error {
	return each(tx, declaredSQL, scanDeclared, func(d *Declared) id.ID { return d.ID }, nil, lines[Declared](line))
}

// everybody is the audience of an export.
func everybody() []any { return []any{access.Organisation} }

func endorsements(tx *db.Tx, line func(any) error) error {
	return each(tx, endorsementsSQL, scanEndorsement, func(e *Endorsement) id.ID { return e.ID }, everybody(), lines[Endorsement](line))
}

func questions(tx *db.Tx, line func(any) error) error {
	key := func(q *Question) id.ID { return q.ID }
	return each(tx, questionsSQL, scanQuestion, key, everybody(), func(list []Question) error {
		tags, err := db.All(tx, questionSkillsSQL, scanQuestionSkill, keys(list, key))
		if err != nil {
			return err
		}
		of := map[id.ID][]string{}
		for _, t := range tags {
			of[t.question] = append(of[t.question], t.name)
		}
		for i := range list {
			list[i].Skills = of[list[i].ID]
		}
		return lines[Question](line)(list)
	})
}

func answers(tx *db.Tx, line func(any) error) error {
	return each(tx, answersSQL, scanAnswer, func(a *Answer) id.ID { return a.ID }, everybody(), lines[Answer](line))
}

func comments(tx *db.Tx, line func(any) error) error {
	return each(tx, commentsSQL, scanComment, func(c *Comment) id.ID { return c.ID }, everybody(), lines[Comment](line))
}

func revisions(tx *db.Tx, line func(any) error) error {
	return each(tx, revisionsSQL, scanRevision, func(v *Revision) id.ID { return v.ID }, everybody(), lines[Revision](line))
}

func receipts(tx *db.Tx, line func(any) error) error {
	key := func(s *source) id.ID { return s.id }
	return each(tx, receiptSourcesSQL, scanSource, key, everybody(), func(list []source) error {
		kind := make(map[id.ID]string, len(list))
		for _, s := range list {
			kind[s.id] = s.kind
		}
		rows, err := db.All(tx, receiptsSQL, scanReceipt, keys(list, key), access.Organisation)
		if err != nil {
			return err
		}
		for i := range rows {
			rows[i].SourceKind = kind[rows[i].Source]
		}
		return lines[Receipt](line)(rows)
	})
}

func (x *Export) attachments(tx *db.Tx, line func(any) error) error {
	return each(tx, attachmentsSQL, scanAttachment, func(f *Attachment) id.ID { return f.ID }, everybody(), func(list []Attachment) error {
		for _, f := range list {
			x.hashes[f.Hash] = true
		}
		return lines[Attachment](line)(list)
	})
}
