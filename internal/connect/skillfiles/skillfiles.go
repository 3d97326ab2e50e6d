// Package skillfiles reads lists of skills: O*NET (content model reference,
// technology skills, occupations), ESCO (label files and the official zip of
// CSV files), and an organisation's own CSV. It knows no database.
//
// Sources of the formats: the O*NET database's data dictionary, the ESCO CSV
// download. Their licences ask for attribution; Set.Attribution is the sentence
// to show wherever the data is shown.
package skillfiles

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/connect/table"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Formats that are recognised.
const (
	ONETContent     = "O*NET content model"
	ONETTechnology  = "O*NET technology skills"
	ONETOccupations = "O*NET occupations"
	ESCOLabels      = "ESCO labels"
	ESCOZip         = "ESCO download"
	OwnCSV          = "CSV"
)

// Attributions by source; the second sentence of the first says that the data
// was changed, which its licence asks for.
const (
	onetAttribution = "This page includes information from the O*NET Database by the U.S. Department of Labor, Employment and Training Administration (USDOL/ETA). Used under the CC BY 4.0 license. O*NET® is a trademark of USDOL/ETA. Guildhall has modified some of this information."
	escoAttribution = "This service uses the ESCO classification of the European Commission."
)

// Attribution is the sentence that has to stand beside skills of an origin, ""
// when nothing is asked.
func Attribution(origin string) string {
	switch origin {
	case "onet":
		return onetAttribution
	case "esco":
		return escoAttribution
	}
	return ""
}

// Kinds of entries.
const (
	KindSkill      = "skill"
	KindKnowledge  = "knowledge"
	KindTool       = "tool"
	KindLanguage   = "language"
	KindGroup      = "group"      // only holds others
	KindOccupation = "occupation" // a role, for role profiles
)

// Skill is one entry.
type Skill struct {
	File        string
	Line        int
	Origin      string // "onet", "esco" or "csv"
	OriginID    string // what names it there: element id, URI; of "csv" its name
	Name        string
	Description string
	Synonyms    []string // without the name, without doubles
	Kind        string
	Parent      string // OriginID of another entry of the same set; "" for none
	Category    string // as the file words it, at most 100 characters; only of an own CSV
	Retired     bool   // the source says that it is obsolete
}

// Set is what one file holds. Parents come before or behind their children.
type Set struct {
	Format      string
	Attribution string // to be shown; "" when nothing is asked
	Lang        string // ISO 639-1; "" when the file does not say
	Skills      []Skill
	Problems    []badrow.Problem
}

// Limits.
const (
	maxSkills   = 200_000
	maxSynonyms = 60
	maxName     = 200  // characters
	maxText     = 4000 // characters
	maxCategory = 100  // characters
	maxZipFiles = 500
)

type reading struct {
	Set
	file string
	seen map[string]int // OriginID -> position in Skills
}

func (r *reading) bad(line int, column, code, reason string, kept bool) {
	if len(r.Problems) < 10_000 {
		r.Problems = append(r.Problems, badrow.Problem{File: r.file, Line: line, Column: column, Code: code, Reason: reason, Kept: kept})
	}
}

// Read reads a file of any of the formats; name is its base name, which tells
// the language of an ESCO file. It is a fault when the format is not known.
func Read(in io.ReaderAt, size int64, name string) (*Set, error) {
	r := &reading{file: path.Base(name), seen: map[string]int{}}
	magic := make([]byte, 4)
	if n, _ := in.ReadAt(magic, 0); n == 4 && bytes.Equal(magic, []byte("PK\x03\x04")) {
		return r.zip(in, size)
	}
	if err := r.text(io.NewSectionReader(in, 0, size)); err != nil {
		return nil, err
	}
	r.finish()
	return &r.Set, nil
}

// finish drops parents that are not in the set and says so.
func (r *reading) finish() {
	for i := range r.Skills {
		s := &r.Skills[i]
		if s.Parent == "" {
			continue
		}
		if _, ok := r.seen[s.Parent]; !ok || s.Parent == s.OriginID {
			if s.Origin == "csv" {
				r.Problems = append(r.Problems, badrow.Problem{File: s.File, Line: s.Line, Column: "parent", Code: "parent_unknown", Reason: fmt.Sprintf("%q is no skill of this file; it was left out", s.Parent), Kept: true})
			}
			s.Parent = ""
		}
	}
	// A chain of parents that comes back to itself is cut where it was found.
	state := make([]byte, len(r.Skills))
	for i := range r.Skills {
		var walk []int
		k := i
		for state[k] == 0 {
			state[k] = 1
			walk = append(walk, k)
			if r.Skills[k].Parent == "" {
				break
			}
			next := r.seen[r.Skills[k].Parent]
			if state[next] == 1 {
				s := &r.Skills[k]
				r.Problems = append(r.Problems, badrow.Problem{File: s.File, Line: s.Line, Column: "parent", Code: "parent_circle", Reason: fmt.Sprintf("%q is above and below itself; the parent was left out", s.Name), Kept: true})
				s.Parent = ""
				break
			}
			k = next
		}
		for _, w := range walk {
			state[w] = 2
		}
	}
	sort.SliceStable(r.Problems, func(i, j int) bool {
		a, b := r.Problems[i], r.Problems[j]
		return a.File < b.File || a.File == b.File && a.Line < b.Line
	})
}

// columns finds fields by their folded headings.
type columns map[string]int

func fold(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, s)
}

func (c columns) has(names ...string) bool {
	for _, n := range names {
		if _, ok := c[n]; !ok {
			return false
		}
	}
	return true
}

func (c columns) get(row table.Row, names ...string) string {
	for _, n := range names {
		if k, ok := c[n]; ok && k < len(row.Fields) {
			if v := table.Value(row.Fields[k]); v != "" {
				return v
			}
		}
	}
	return ""
}

// text reads one text file and adds its entries.
func (r *reading) text(in io.Reader) error {
	t, err := table.Read(in, r.file, 0, func(p badrow.Problem) { r.Problems = append(r.Problems, p) })
	if err != nil {
		return err
	}
	head, err := t.Next()
	for err == nil && head.Empty() {
		head, err = t.Next()
	}
	if err != nil && err != io.EOF {
		return err
	}
	c := columns{}
	for i, h := range head.Fields {
		if h = fold(h); h != "" {
			if _, have := c[h]; !have {
				c[h] = i
			}
		}
	}
	var each func(table.Row)
	after := func() {}
	switch {
	case c.has("elementid", "elementname", "description"):
		r.set(ONETContent, onetAttribution, "en")
		each = func(row table.Row) { r.element(row, c) }
	case c.has("onetsoccode", "example", "commoditytitle"):
		r.set(ONETTechnology, onetAttribution, "en")
		each = func(row table.Row) { r.technology(row, c) }
	case c.has("onetsoccode", "title", "description"):
		r.set(ONETOccupations, onetAttribution, "en")
		each = func(row table.Row) {
			r.add(Skill{Line: row.Line, Origin: "onet", OriginID: c.get(row, "onetsoccode"), Name: c.get(row, "title"), Description: c.get(row, "description"), Kind: KindOccupation})
		}
	case c.has("concepturi") && (c.has("preferredlabel")) || c.has("skilluri", "skilllabel"):
		r.set(ESCOLabels, escoAttribution, langOf(r.file))
		each = func(row table.Row) { r.esco(row, c) }
	case c.has("concepturi", "broaderuri"):
		r.set(ESCOLabels, escoAttribution, langOf(r.file))
		each = func(row table.Row) { r.broader(row, c) }
	case firstOf(c, ownName...) != "":
		r.set(OwnCSV, "", "")
		var rows []table.Row
		each = func(row table.Row) { rows = append(rows, row) }
		after = func() {
			for _, row := range rows {
				r.own(row, c)
			}
		}
	default:
		return fault.New(fault.Invalid, "fault.import.skills_unknown").With("file", r.file)
	}
	for {
		row, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if row.Empty() {
			continue
		}
		if len(r.Skills) >= maxSkills {
			r.bad(row.Line, "", "too_many_rows", fmt.Sprintf("more than %d skills; the rest was left out", maxSkills), false)
			break
		}
		each(row)
	}
	after()
	return nil
}

func (r *reading) set(format, attribution, lang string) {
	if r.Format == "" {
		r.Format, r.Attribution, r.Lang = format, attribution, lang
	}
}

// langOf reads the language from "skills_de.csv".
func langOf(file string) string {
	stem, _, _ := strings.Cut(path.Base(file), ".")
	if k := strings.LastIndexByte(stem, '_'); k >= 0 && len(stem) == k+3 {
		return strings.ToLower(stem[k+1:])
	}
	return ""
}

func firstOf(c columns, names ...string) string {
	for _, n := range names {
		if _, ok := c[n]; ok {
			return n
		}
	}
	return ""
}

// add keeps an entry once; what comes again adds its synonyms.
func (r *reading) add(s Skill) {
	s.File = r.file
	s.Name = squeeze(s.Name)
	switch {
	case s.Name == "":
		r.bad(s.Line, "", "name_missing", "there is no name", false)
		return
	case utf8.RuneCountInString(s.Name) > maxName:
		r.bad(s.Line, "", "name_too_long", fmt.Sprintf("the name has more than %d characters", maxName), false)
		return
	}
	if s.OriginID == "" {
		r.bad(s.Line, "", "id_missing", "there is no identifier", false)
		return
	}
	if utf8.RuneCountInString(s.Description) > maxText {
		s.Description = string([]rune(s.Description)[:maxText])
		r.bad(s.Line, "", "text_too_long", fmt.Sprintf("the description has more than %d characters; it was cut", maxText), true)
	}
	k, again := r.seen[s.OriginID]
	if !again {
		s.Synonyms = distinct(s.Name, s.Synonyms)
		r.seen[s.OriginID] = len(r.Skills)
		r.Skills = append(r.Skills, s)
		return
	}
	old := &r.Skills[k]
	if !strings.EqualFold(old.Name, s.Name) {
		s.Synonyms = append(s.Synonyms, s.Name)
	}
	old.Synonyms = distinct(old.Name, append(old.Synonyms, s.Synonyms...))
	if old.Description == "" {
		old.Description = s.Description
	}
	if old.Parent == "" {
		old.Parent = s.Parent
	}
	if old.Category == "" {
		old.Category = s.Category
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

func distinct(name string, synonyms []string) []string {
	seen := map[string]bool{strings.ToLower(name): true}
	var out []string
	for _, s := range synonyms {
		s = squeeze(s)
		if s == "" || seen[strings.ToLower(s)] || utf8.RuneCountInString(s) > maxName || len(out) == maxSynonyms {
			continue
		}
		seen[strings.ToLower(s)] = true
		out = append(out, s)
	}
	return out
}

// element reads the O*NET branches of what one can learn: 2.A and 2.B skills,
// 2.C knowledge. The others are traits, interests and circumstances.
func (r *reading) element(row table.Row, c columns) {
	n := c.get(row, "elementid")
	kind := ""
	switch {
	case strings.HasPrefix(n, "2.A"), strings.HasPrefix(n, "2.B"):
		kind = KindSkill
	case strings.HasPrefix(n, "2.C"):
		kind = KindKnowledge
	default:
		if n == "" {
			r.bad(row.Line, "Element ID", "id_missing", "there is no identifier", false)
		}
		return
	}
	parent := ""
	if k := strings.LastIndexByte(n, '.'); k > 1 {
		parent = n[:k]
	}
	r.add(Skill{Line: row.Line, Origin: "onet", OriginID: n, Name: c.get(row, "elementname"), Description: c.get(row, "description"), Kind: kind, Parent: parent})
	// Whoever is a parent is a group.
	if k, ok := r.seen[parent]; ok {
		r.Skills[k].Kind = KindGroup
	}
}

// technology reads one use of a tool in an occupation; a tool is kept once,
// below its commodity.
func (r *reading) technology(row table.Row, c columns) {
	code, title := c.get(row, "commoditycode"), c.get(row, "commoditytitle")
	group := ""
	if code != "" && title != "" {
		group = "commodity:" + code
		if _, ok := r.seen[group]; !ok {
			r.add(Skill{Line: row.Line, Origin: "onet", OriginID: group, Name: title, Kind: KindGroup})
		}
	}
	name := squeeze(c.get(row, "example"))
	n := "tool:" + strings.ToLower(name)
	if name == "" {
		r.bad(row.Line, "Example", "name_missing", "there is no name", false)
		return
	}
	if _, ok := r.seen[n]; !ok {
		r.add(Skill{Line: row.Line, Origin: "onet", OriginID: n, Name: name, Kind: KindTool, Parent: group})
	}
}

// esco reads a row of a label file, old or new.
func (r *reading) esco(row table.Row, c columns) {
	uri := c.get(row, "concepturi", "skilluri")
	if !strings.HasPrefix(uri, "http") {
		r.bad(row.Line, "conceptUri", "id_missing", "there is no URI", false)
		return
	}
	kind := KindSkill
	switch {
	case strings.Contains(uri, "/occupation/") || strings.Contains(uri, "/isco/"):
		kind = KindOccupation
	case strings.EqualFold(c.get(row, "concepttype"), "SkillGroup"):
		kind = KindGroup
	case strings.EqualFold(c.get(row, "skilltype"), "knowledge"):
		kind = KindKnowledge
	}
	var synonyms []string
	for _, f := range []string{"altlabels", "hiddenlabels"} {
		synonyms = append(synonyms, strings.FieldsFunc(c.get(row, f), func(c rune) bool { return c == '\n' || c == '|' })...)
	}
	r.add(Skill{
		Line: row.Line, Origin: "esco", OriginID: uri, Name: c.get(row, "preferredlabel", "skilllabel"), Description: c.get(row, "description", "definition"),
		Synonyms: synonyms, Kind: kind, Retired: strings.EqualFold(c.get(row, "status"), "obsolete"),
	})
}

func (r *reading) broader(row table.Row, c columns) {
	k, ok := r.seen[c.get(row, "concepturi")]
	if !ok || r.Skills[k].Parent != "" {
		return
	}
	parent := c.get(row, "broaderuri")
	if p, ok := r.seen[parent]; ok && p != k {
		r.Skills[k].Parent = parent
	}
}

// zip reads the official download. Languages of the same concepts would be
// synonyms of one another, so only files of one language are read: English when
// it is there, else the first.
func (r *reading) zip(in io.ReaderAt, size int64) (*Set, error) {
	z, err := zip.NewReader(in, size)
	if err != nil {
		return nil, fault.Because(fault.Invalid, "fault.import.zip_broken", err).With("file", r.file)
	}
	archive := r.file
	type entry struct {
		f    *zip.File
		rank int
	}
	var entries []entry
	langs := map[string]bool{}
	total := uint64(0)
	for i, f := range z.File {
		if i == maxZipFiles*200 {
			break
		}
		base := strings.ToLower(path.Base(strings.ReplaceAll(f.Name, `\`, "/")))
		rank := 0
		switch {
		case !strings.HasSuffix(base, ".csv") || f.Mode()&0o170000 != 0 && !f.Mode().IsRegular():
			continue
		case strings.HasPrefix(base, "skills_"):
			rank = 1
		case strings.HasPrefix(base, "skillgroups_"):
			rank = 2
		case strings.HasPrefix(base, "skillshierarchy"), strings.HasPrefix(base, "conceptschemes"), strings.HasPrefix(base, "dictionary"):
			continue
		case strings.HasPrefix(base, "broaderrelationsskillpillar"):
			rank = 3
		default:
			continue
		}
		langs[langOf(base)] = true
		entries = append(entries, entry{f, rank})
		total += f.UncompressedSize64
	}
	if len(entries) == 0 {
		return nil, fault.New(fault.Invalid, "fault.import.skills_unknown").With("file", archive)
	}
	if len(entries) > maxZipFiles || total > 4*table.MaxBytes {
		return nil, fault.New(fault.Invalid, "fault.import.file_too_large").With("file", archive).With("max_mb", 4*table.MaxBytes>>20)
	}
	lang := "en"
	if !langs["en"] {
		lang = langOf(strings.ToLower(path.Base(entries[0].f.Name)))
	}
	sort.SliceStable(entries, func(i, j int) bool { return entries[i].rank < entries[j].rank })
	r.set(ESCOZip, escoAttribution, lang)
	for _, e := range entries {
		base := path.Base(e.f.Name)
		if l := langOf(strings.ToLower(base)); l != lang && l != "" {
			continue
		}
		r.file = archive + "/" + base
		f, err := e.f.Open()
		if err != nil {
			r.bad(0, "", "zip_broken", "the file cannot be unpacked", false)
			continue
		}
		// The declared size may lie; table.Read stops at its own limit.
		err = r.text(f)
		f.Close()
		var other *fault.Fault
		if errors.As(err, &other) {
			r.bad(0, "", "file_unknown", "the file has not the expected columns", false)
		} else if err != nil {
			r.bad(0, "", "zip_broken", "the file cannot be unpacked to its end", false)
		}
	}
	if len(r.Skills) == 0 {
		return nil, fault.New(fault.Invalid, "fault.import.skills_unknown").With("file", archive)
	}
	r.finish()
	return &r.Set, nil
}

// Headings of an own CSV, folded.
var (
	ownName        = []string{"name", "skill", "skillname", "title", "kompetenz", "fähigkeit", "bezeichnung", "compétence", "nom", "nombre", "habilidad", "competencia", "competenza", "nome", "المهارة"}
	ownDescription = []string{"description", "definition", "beschreibung", "descripción", "descrizione", "descrição", "about"}
	ownSynonyms    = []string{"synonyms", "synonym", "aliases", "alias", "alternativelabels", "altlabels", "synonyme", "synonymes", "sinónimos", "sinonimi", "alsoknownas"}
	ownKind        = []string{"kind", "type", "art", "typ", "tipo"}
	ownParent      = []string{"parent", "broader", "parentskill", "oberbegriff"}
	ownCategory    = []string{"category", "group", "skillgroup", "kategorie", "gruppe", "catégorie", "categoría", "categoria"}
)

func (r *reading) own(row table.Row, c columns) {
	name := squeeze(c.get(row, ownName...))
	kind := KindSkill
	if v := c.get(row, ownKind...); v != "" {
		switch strings.ToLower(v) {
		case KindSkill, "fähigkeit", "compétence", "habilidad":
		case KindKnowledge, "wissen", "savoir", "conocimiento":
			kind = KindKnowledge
		case KindTool, "technology", "software", "machine", "thing", "werkzeug", "maschine", "outil", "herramienta":
			kind = KindTool
		case KindLanguage, "sprache", "langue", "idioma":
			kind = KindLanguage
		case KindGroup, "category", "gruppe", "kategorie":
			kind = KindGroup
		case KindOccupation, "role", "rolle", "beruf":
			kind = KindOccupation
		default:
			r.bad(row.Line, "kind", "kind_unknown", fmt.Sprintf("%q is no kind we know; it counts as a skill", v), true)
		}
	}
	category := squeeze(c.get(row, ownCategory...))
	if utf8.RuneCountInString(category) > maxCategory {
		category = string([]rune(category)[:maxCategory-1]) + "…"
		r.bad(row.Line, "category", "text_too_long", fmt.Sprintf("the category has more than %d characters; it was cut", maxCategory), true)
	}
	n := strings.ToLower(name)
	if k, ok := r.seen[n]; ok && name != "" {
		r.bad(row.Line, "name", "doubled", fmt.Sprintf("the same name as in line %d; its synonyms were added there", r.Skills[k].Line), true)
	}
	r.add(Skill{
		Line: row.Line, Origin: "csv", OriginID: n, Name: name, Description: c.get(row, ownDescription...), Kind: kind,
		Synonyms: strings.FieldsFunc(c.get(row, ownSynonyms...), func(c rune) bool { return c == '|' || c == ';' || c == '\n' || c == ',' }),
		Parent:   strings.ToLower(squeeze(c.get(row, ownParent...))), Category: category,
	})
}
