package export

import (
	"strings"

	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Pages of rows, each along the primary key, so that an export of a large
// organisation takes little memory and no statement takes long.

const unitsSQL = `
SELECT u.id, u.name, u.parent_id, u.valid_from, u.valid_to
FROM units u
WHERE u.id > $1
ORDER BY u.id
LIMIT $2`

func scanUnit(r *db.Rows, u *Unit) error {
	return r.Scan(&u.ID, &u.Name, &u.Parent, &u.From, &u.Until)
}

const sitesSQL = `
SELECT s.id, s.name, s.time_zone, s.country, s.hours
FROM sites s
WHERE s.id > $1
ORDER BY s.id
LIMIT $2`

func scanSite(r *db.Rows, s *Site) error {
	return r.Scan(&s.ID, &s.Name, &s.TimeZone, &s.Country, &s.Hours)
}

const siteDaysSQL = `
SELECT d.site_id, d.kind, d.name, d.first_day, d.last_day
FROM site_days d
WHERE d.site_id = ANY($1)
ORDER BY d.site_id, d.first_day, d.kind, d.name`

func scanSiteDay(r *db.Rows, d *SiteDay) error {
	return r.Scan(&d.site, &d.Kind, &d.Name, &d.First, &d.Last)
}

const peopleSQL = `
SELECT p.id, a.id, p.personnel_no, p.name, p.email, p.role, p.state, p.pronouns, p.title, p.about, p.unit_id, p.site_id,
  p.manager_id, p.backup_id, p.time_zone, p.locale, p.languages, p.hours, p.picture, p.joined_at, p.left_at
FROM people p
LEFT JOIN authors a ON a.person_id = p.id AND a.kind IN ('person', 'left')
WHERE p.id > $1
ORDER BY p.id
LIMIT $2`

func scanPerson(r *db.Rows, p *Person) error {
	var languages string
	if err := r.Scan(&p.ID, &p.Author, &p.PersonnelNo, &p.Name, &p.Email, &p.Role, &p.State, &p.Pronouns, &p.Title, &p.AskMeAbout,
		&p.Unit, &p.Site, &p.Manager, &p.Backup, &p.TimeZone, &p.Locale, &languages, &p.Hours, &p.Picture, &p.Joined, &p.Left); err != nil {
		return err
	}
	p.Languages = strings.Fields(languages)
	return nil
}

const unitMembersSQL = `
SELECT m.person_id, m.unit_id, m.valid_from, m.valid_to
FROM unit_members m
WHERE m.person_id = ANY($1)
ORDER BY m.person_id, m.valid_from, m.id`

func scanUnitMember(r *db.Rows, m *Membership) error {
	return r.Scan(&m.person, &m.Unit, &m.From, &m.Until)
}

// Who somebody was before they became anonymous or were erased is not in
// authors, so it cannot be in an export either.
const authorsSQL = `
SELECT a.id, a.kind, a.person_id, a.label, a.origin, a.origin_id, a.about, a.created_at
FROM authors a
WHERE a.id > $1
ORDER BY a.id
LIMIT $2`

func scanAuthor(r *db.Rows, a *Author) error {
	return r.Scan(&a.ID, &a.Kind, &a.Person, &a.Label, &a.Origin, &a.SourceID, &a.About, &a.Created)
}

// Skills have ids of their own that no source knows, so they go by name.
const skillsSQL = `
SELECT s.id, s.kind, s.name, s.description, s.category, p.name, s.state, m.name, s.origin, s.origin_id
FROM skills s
LEFT JOIN skills p ON p.id = s.parent_id
LEFT JOIN skills m ON m.id = s.merged_into
ORDER BY s.sort_key, s.kind, s.name, s.id`

func scanSkill(r *db.Rows, s *Skill) error {
	return r.Scan(&s.id, &s.Kind, &s.Name, &s.Description, &s.Category, &s.Parent, &s.State, &s.MergedInto, &s.Origin, &s.SourceID)
}

const skillNamesSQL = `
SELECT n.skill_id, n.name, n.lang
FROM skill_names n
WHERE n.skill_id = ANY($1) AND NOT n.primary_name
ORDER BY n.skill_id, n.norm`

func scanSkillName(r *db.Rows, n *SkillName) error { return r.Scan(&n.skill, &n.Name, &n.Lang) }

const skillLevelsSQL = `
SELECT l.skill_id, l.level, l.text
FROM skill_levels l
WHERE l.skill_id = ANY($1)
ORDER BY l.skill_id, l.level`

func scanSkillLevel(r *db.Rows, l *SkillLevel) error { return r.Scan(&l.skill, &l.Level, &l.Text) }

// What its owner keeps to themselves stays with them.
const declaredSQL = `
SELECT d.id, d.person_id, s.name, d.direction, d.level, d.work, d.note, d.created_at
FROM person_skills d
JOIN skills s ON s.id = d.skill_id
WHERE d.id > $1 AND d.open
ORDER BY d.id
LIMIT $2`

func scanDeclared(r *db.Rows, d *Declared) error {
	return r.Scan(&d.ID, &d.Person, &d.Skill, &d.Direction, &d.Level, &d.Work, &d.Note, &d.Created)
}

const endorsementsSQL = `
SELECT e.id, e.person_id, s.name, e.author_id, e.note, e.created_at
FROM endorsements e
JOIN skills s ON s.id = e.skill_id
WHERE e.id > $1 AND e.audience_id = $2
ORDER BY e.id
LIMIT $3`

func scanEndorsement(r *db.Rows, e *Endorsement) error {
	return r.Scan(&e.ID, &e.Person, &e.Skill, &e.Author, &e.Note, &e.Created)
}

const questionsSQL = `
SELECT q.id, o.origin, o.origin_id, q.author_id, q.title, q.body, q.lang, q.state, q.settled, q.accepted_id, q.duplicate_of,
  q.obsolete_why, q.base_score, q.me_too, q.answers, q.comments, q.verified_at, q.verified_by, q.created_at, q.edited_at, q.active_at,
  q.origin_url, q.licence
FROM questions q
LEFT JOIN origins o ON o.local_id = q.id AND o.kind = 'question'
WHERE q.id > $1 AND q.audience_id = $2 AND q.state <> 'deleted'
ORDER BY q.id
LIMIT $3`

func scanQuestion(r *db.Rows, q *Question) error {
	var origin, source *string
	if err := r.Scan(&q.ID, &origin, &source, &q.Author, &q.Title, &q.Body, &q.Lang, &q.State, &q.Settled, &q.Accepted, &q.DuplicateOf,
		&q.ObsoleteWhy, &q.ImportedScore, &q.MeToo, &q.Answers, &q.Comments, &q.Verified, &q.VerifiedBy, &q.Created, &q.Edited, &q.Active,
		&q.OriginURL, &q.Licence); err != nil {
		return err
	}
	q.Origin, q.SourceID = orEmpty(origin), orEmpty(source)
	return nil
}

const questionSkillsSQL = `
SELECT t.question_id, s.name
FROM question_skills t
JOIN skills s ON s.id = t.skill_id
WHERE t.question_id = ANY($1)
ORDER BY t.question_id, t.position, s.name`

type questionSkill struct {
	question id.ID
	name     string
}

func scanQuestionSkill(r *db.Rows, s *questionSkill) error { return r.Scan(&s.question, &s.name) }

const answersSQL = `
SELECT a.id, o.origin, o.origin_id, a.question_id, a.author_id, a.body, a.lang, a.state, a.obsolete_why, a.base_score, a.useful,
  a.comments, a.accepted_at, a.verified_at, a.verified_by, a.created_at, a.edited_at, a.licence
FROM answers a
LEFT JOIN origins o ON o.local_id = a.id AND o.kind = 'answer'
JOIN questions q ON q.id = a.question_id
WHERE a.id > $1 AND a.audience_id = $2 AND a.state <> 'deleted' AND q.state <> 'deleted'
ORDER BY a.id
LIMIT $3`

func scanAnswer(r *db.Rows, a *Answer) error {
	var origin, source *string
	if err := r.Scan(&a.ID, &origin, &source, &a.Question, &a.Author, &a.Body, &a.Lang, &a.State, &a.ObsoleteWhy, &a.ImportedScore, &a.Useful,
		&a.Comments, &a.Accepted, &a.Verified, &a.VerifiedBy, &a.Created, &a.Edited, &a.Licence); err != nil {
		return err
	}
	a.Origin, a.SourceID = orEmpty(origin), orEmpty(source)
	return nil
}

const commentsSQL = `
SELECT c.id, o.origin, o.origin_id, c.on_id, c.question_id, c.author_id, c.body, c.lang, c.base_score, c.created_at, c.edited_at
FROM comments c
LEFT JOIN origins o ON o.local_id = c.id AND o.kind = 'comment'
JOIN questions q ON q.id = c.question_id
JOIN subjects s ON s.id = c.on_id
WHERE c.id > $1 AND c.audience_id = $2 AND c.state <> 'deleted' AND q.state <> 'deleted' AND s.state <> 'deleted'
ORDER BY c.id
LIMIT $3`

func scanComment(r *db.Rows, c *Comment) error {
	var origin, source *string
	if err := r.Scan(&c.ID, &origin, &source, &c.On, &c.Question, &c.Author, &c.Body, &c.Lang, &c.ImportedScore, &c.Created, &c.Edited); err != nil {
		return err
	}
	c.Origin, c.SourceID = orEmpty(origin), orEmpty(source)
	return nil
}

const revisionsSQL = `
SELECT r.id, r.subject_id, s.kind, r.number, r.author_id, r.title, r.body, r.skills, r.note, r.at
FROM revisions r
JOIN subjects s ON s.id = r.subject_id
WHERE r.id > $1 AND r.audience_id = $2 AND s.state <> 'deleted'
ORDER BY r.id
LIMIT $3`

func scanRevision(r *db.Rows, v *Revision) error {
	var skills string
	if err := r.Scan(&v.ID, &v.Of, &v.Kind, &v.Number, &v.Author, &v.Title, &v.Body, &skills, &v.Note, &v.At); err != nil {
		return err
	}
	if skills != "" {
		v.Skills = strings.Split(skills, "\n")
	}
	return nil
}

// Receipts have random ids and are known by their keys. A page is all receipts
// of some sources. The subject tells whether the source can still be seen.
const receiptSourcesSQL = `
SELECT s.id, s.kind
FROM subjects s
WHERE s.id > $1 AND s.audience_id = $2 AND s.state <> 'deleted'
ORDER BY s.id
LIMIT $3`

type source struct {
	id   id.ID
	kind string
}

func scanSource(r *db.Rows, s *source) error { return r.Scan(&s.id, &s.kind) }

const receiptsSQL = `
SELECT r.source_id, r.author_id, r.kind, s.name, r.weight, r.at
FROM receipts r
LEFT JOIN skills s ON s.id = r.skill_id
WHERE r.source_id = ANY($1) AND r.audience_id = $2 AND NOT r.hidden
ORDER BY r.source_id, r.author_id, r.kind, s.name`

func scanReceipt(r *db.Rows, x *Receipt) error {
	var skill *string
	if err := r.Scan(&x.Source, &x.Author, &x.Kind, &skill, &x.Weight, &x.At); err != nil {
		return err
	}
	x.Skill = orEmpty(skill)
	return nil
}

const attachmentsSQL = `
SELECT f.id, f.subject_id, f.author_id, f.hash, f.name, f.media_type, f.bytes, f.width, f.height, f.created_at
FROM attachments f
JOIN subjects s ON s.id = f.subject_id
WHERE f.id > $1 AND f.audience_id = $2 AND s.state <> 'deleted'
ORDER BY f.id
LIMIT $3`

func scanAttachment(r *db.Rows, f *Attachment) error {
	return r.Scan(&f.ID, &f.On, &f.Author, &f.Hash, &f.Name, &f.MediaType, &f.Bytes, &f.Width, &f.Height, &f.Created)
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
