package peoplecsv

import (
	"fmt"
	"io"
	"sort"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/connect/badrow"
	"github.com/guildhall/guildhall/internal/connect/table"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Options say what the file alone does not.
type Options struct {
	Mapping   map[string]Field // heading -> field, before what is recognised; see ParseMapping
	Dates     Order            // how dates like 03/04/2020 are read
	Delimiter byte             // 0: look
}

// MaxPeople is how many people one file may hold.
const MaxPeople = 500_000

// ManagerRef is whom a person reports to. Line is set when that is somebody in
// the same file; the rest is what the file says, for looking elsewhere.
type ManagerRef struct {
	Line   int
	Number string
	Email  string
	Name   string
}

// Person is one row that can be used.
type Person struct {
	Line     int
	Key      string // who this is: "number:…", "email:…" or, when there is neither, "name:…"
	Number   string
	Email    string // lower case; "" is allowed
	Name     string // given name first
	First    string // when the file has it apart
	Last     string
	Title    string
	Unit     string
	Site     string
	Manager  ManagerRef
	Start    time.Time // midnight UTC; zero when not given
	End      time.Time // last day; zero when not given
	Zone     string    // IANA name
	Language string    // ISO 639-1
	Presence Presence
}

// Column is what was made of a heading.
type Column struct {
	Heading string
	Field   Field // "" when it is not used
	Dates   Order // of a column with dates
}

// Result is what a file holds.
type Result struct {
	People    []Person
	Columns   []Column
	Problems  []badrow.Problem
	Encoding  string
	Delimiter byte
	// AskDates names the columns whose dates can be read as day or month first;
	// they were left out. Options.Dates decides.
	AskDates []string
}

// ParseMapping reads a mapping: one line per column, the heading, an equals
// sign or comma, the field ("Pers.-Nr. = number"). Empty lines and lines that
// begin with # are passed over; "@dates = dmy" sets the order of dates.
func ParseMapping(r io.Reader) (map[string]Field, Order, error) {
	b, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return nil, Auto, fmt.Errorf("read mapping: %w", err)
	}
	valid := map[Field]bool{}
	for _, f := range Fields() {
		valid[f] = true
	}
	m := map[string]Field{}
	order := Auto
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(b), "\ufeff")) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		k := strings.LastIndexAny(line, "=,;\t")
		if k <= 0 {
			return nil, Auto, fault.New(fault.Invalid, "fault.import.mapping_line").With("line", n)
		}
		heading, field := strings.Trim(strings.TrimSpace(line[:k]), `"`), Field(strings.ToLower(strings.TrimSpace(line[k+1:])))
		if heading == "@dates" {
			order = Order(field)
			if order != DayFirst && order != MonFirst {
				return nil, Auto, fault.New(fault.Invalid, "fault.import.mapping_dates").With("line", n)
			}
			continue
		}
		if !valid[field] {
			return nil, Auto, fault.New(fault.Invalid, "fault.import.mapping_field").With("line", n).With("field", string(field)).With("fields", fieldList())
		}
		m[fold(heading)] = field
	}
	return m, order, nil
}

type reading struct {
	Result
	file  string
	opt   Options
	where map[Field]int // field -> column
	rows  []table.Row
}

func (r *reading) bad(line int, column Field, code, reason string, kept bool) {
	heading := ""
	if k, ok := r.where[column]; ok {
		heading = r.Columns[k].Heading
	}
	r.Problems = append(r.Problems, badrow.Problem{File: r.file, Line: line, Column: heading, Code: code, Reason: reason, Kept: kept})
}

// Read reads a file. It is a fault when there is no row of headings in which
// somebody's name, number or e-mail can be found.
func Read(in io.Reader, file string, opt Options) (*Result, error) {
	r := &reading{file: file, opt: opt, where: map[Field]int{}}
	t, err := table.Read(in, file, opt.Delimiter, func(p badrow.Problem) { r.Problems = append(r.Problems, p) })
	if err != nil {
		return nil, err
	}
	r.Encoding, r.Delimiter = t.Encoding, t.Delimiter
	if err := r.headings(t); err != nil {
		return nil, err
	}
	for {
		row, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if row.Empty() {
			continue
		}
		if len(r.rows) == MaxPeople {
			r.bad(row.Line, "", "too_many_rows", fmt.Sprintf("more than %d rows; the rest was left out", MaxPeople), false)
			break
		}
		r.rows = append(r.rows, row)
	}
	r.dateOrders()
	r.partNames()
	r.people()
	r.managers()
	r.circles()
	sort.SliceStable(r.Problems, func(i, j int) bool { return r.Problems[i].Line < r.Problems[j].Line })
	return &r.Result, nil
}

// headings finds the row of headings among the first rows: reports often have a
// title above it.
func (r *reading) headings(t *table.Reader) error {
	known := fieldOf()
	for n := 0; n < 15; n++ {
		row, err := t.Next()
		if err != nil {
			break
		}
		where := map[Field]int{}
		columns := make([]Column, len(row.Fields))
		ranks := map[Field]int{} // a column that is mapped goes before one that is recognised
		var doubled []int
		for i, h := range row.Fields {
			h = table.Value(h)
			columns[i].Heading = h
			f, mapped := r.opt.Mapping[fold(h)]
			if !mapped {
				f = recognise(known, h)
			}
			if f == "" || f == Ignore || h == "" {
				continue
			}
			rank := 1
			if mapped {
				rank = 2
			} else if costCentre(fold(h)) {
				rank = 0
			}
			if k, have := where[f]; have {
				if rank <= ranks[f] {
					doubled = append(doubled, i)
					continue
				}
				doubled = append(doubled, k)
				columns[k].Field = ""
			}
			where[f], ranks[f] = i, rank
			columns[i].Field = f
		}
		// "Nombre" is a given name beside "Apellidos", and a whole one alone.
		one := func(part, other Field) {
			k, have := where[part]
			_, hasOther := where[other]
			_, hasName := where[Name]
			if have && !hasOther && !hasName {
				delete(where, part)
				where[Name], columns[k].Field = k, Name
			}
		}
		one(First, Last)
		one(Last, First)
		_, name := where[Name]
		_, last := where[Last]
		_, email := where[Email]
		_, number := where[Number]
		if !(name || last || email) || len(where) < 2 && !(name || email) || !name && !last && !number && len(where) < 2 {
			continue
		}
		r.where, r.Columns = where, columns
		for _, i := range doubled {
			r.Problems = append(r.Problems, badrow.Problem{File: r.file, Line: row.Line, Column: columns[i].Heading, Code: "column_doubled", Reason: "another column already says this; this one is not used", Kept: true})
		}
		return nil
	}
	return fault.New(fault.Invalid, "fault.import.people_headings").With("file", r.file)
}

// partNames looks whether a column called "Name" holds one part of names only:
// beside "Vorname" it is usually the family name, beside "Surname" the given
// one. The rows decide, because a whole name may also stand beside its parts.
func (r *reading) partNames() {
	for _, x := range []struct{ beside, missing Field }{{First, Last}, {Last, First}} {
		k, whole := r.where[Name]
		_, beside := r.where[x.beside]
		_, missing := r.where[x.missing]
		if !whole || !beside || missing {
			continue
		}
		both, within := 0, 0
		for _, row := range r.rows {
			name, part := r.peek(row, Name), r.peek(row, x.beside)
			if name == "" || part == "" {
				continue
			}
			both++
			if strings.Contains(words(name), words(part)) {
				within++
			}
		}
		if both > 0 && within*2 < both {
			delete(r.where, Name)
			r.where[x.missing], r.Columns[k].Field = k, x.missing
		}
	}
}

// words are the folded words of a name, each between spaces.
func words(name string) string {
	out := " "
	for _, w := range strings.FieldsFunc(name, func(c rune) bool { return unicode.IsSpace(c) || c == ',' }) {
		out += fold(w) + " "
	}
	return out
}

// peek is a value as it stands, without any report.
func (r *reading) peek(row table.Row, f Field) string {
	if k, ok := r.where[f]; ok && k < len(row.Fields) {
		return table.Value(row.Fields[k])
	}
	return ""
}

// Unused names the columns from which nothing was taken, as their headings are.
func (r *Result) Unused() []string {
	var out []string
	for _, c := range r.Columns {
		if c.Field == "" && c.Heading != "" {
			out = append(out, c.Heading)
		}
	}
	return out
}

func (r *reading) value(row table.Row, f Field) string {
	k, ok := r.where[f]
	if !ok || k >= len(row.Fields) {
		return ""
	}
	v := strings.Join(strings.Fields(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) && c != '\u200c' && c != '\u200d' {
			return ' '
		}
		return c
	}, table.Value(row.Fields[k]))), " ")
	switch strings.ToLower(v) {
	case "-", "--", "n/a", "#n/a", "null", "none", "(null)", "k.a.", "#ref!", "#value!":
		return ""
	}
	if utf8.RuneCountInString(v) > 300 {
		r.bad(row.Line, f, "value_too_long", "more than 300 characters; it was cut", true)
		v = string([]rune(v)[:300])
	}
	return v
}

func (r *reading) dateOrders() {
	for _, f := range []Field{Start, End} {
		k, ok := r.where[f]
		if !ok {
			continue
		}
		var values []string
		for _, row := range r.rows {
			if v := r.value(row, f); v != "" {
				values = append(values, v)
			}
		}
		order, sure := orderOf(values)
		if !sure {
			order = r.opt.Dates
		}
		r.Columns[k].Dates = order
		if order == Auto {
			r.AskDates = append(r.AskDates, r.Columns[k].Heading)
			r.bad(1, f, "dates_ambiguous", "day and month cannot be told apart; say which comes first", true)
		}
	}
}

func (r *reading) date(row table.Row, f Field) time.Time {
	v := r.value(row, f)
	if v == "" {
		return time.Time{}
	}
	order := r.Columns[r.where[f]].Dates
	w, ok := readDate(v)
	if !ok {
		r.bad(row.Line, f, "date_unreadable", fmt.Sprintf("%q is no date; it was left out", v), true)
		return time.Time{}
	}
	if w.form == '?' && order == Auto {
		switch {
		case w.parts[0] > 12 || w.parts[0] == w.parts[1]:
			order = DayFirst
		case w.parts[1] > 12:
			order = MonFirst
		default:
			return time.Time{}
		}
	}
	t, ok := w.date(order)
	if ok && f == Start && t.Year() > 2199 {
		ok = false
	}
	if !ok {
		r.bad(row.Line, f, "date_unreadable", fmt.Sprintf("%q is no date; it was left out", v), true)
		return time.Time{}
	}
	// Personnel systems write "for ever" as a year far away.
	if f == End && t.Year() >= 2099 {
		return time.Time{}
	}
	return t
}

// people turns rows into people and drops those that say nobody or say somebody
// twice.
func (r *reading) people() {
	status := map[string]Presence{}
	for p, words := range statuses {
		for w := range strings.SplitSeq(words, ",") {
			status[fold(w)] = p
		}
	}
	tongues := map[string]string{}
	for code, words := range languages {
		tongues[code] = code
		for w := range strings.SplitSeq(words, ",") {
			tongues[fold(w)] = code
		}
	}
	// In a column of "Obi, Ada" the comma says which name is which.
	seen := map[string]int{}   // key -> line
	emails := map[string]int{} // e-mail -> line
	told := map[string]bool{}  // words already reported
	zones := map[string]bool{}
	for _, row := range r.rows {
		p := Person{
			Line: row.Line, Number: r.value(row, Number), Title: r.value(row, Title), Unit: r.value(row, Unit), Site: r.value(row, Site),
			First: r.value(row, First), Last: r.value(row, Last), Name: r.value(row, Name),
		}
		if v := r.value(row, Email); v != "" {
			e, ok := cleanEmail(v)
			if !ok {
				r.bad(row.Line, Email, "email_unreadable", fmt.Sprintf("%q is no e-mail address; it was left out", v), true)
			}
			p.Email = e
		}
		if p.Name == "" {
			p.Name = strings.TrimSpace(p.First + " " + p.Last)
		} else {
			p.Name, p.First, p.Last = inOrder(p.Name, p.First, p.Last)
		}
		if p.Name == "" && p.Email != "" {
			p.Name = nameOfEmail(p.Email)
			if p.Name != "" {
				r.bad(row.Line, Name, "name_missing", "there is no name; it was taken from the e-mail address", true)
			}
		}
		if p.Name == "" && p.Number != "" {
			p.Name = p.Number
			r.bad(row.Line, Name, "name_missing", "there is no name; the personnel number stands for it", true)
		}
		if p.Name == "" {
			r.bad(row.Line, "", "nobody", "there is no name, number or e-mail address", false)
			continue
		}
		switch {
		case p.Number != "":
			p.Key = "number:" + strings.ToLower(p.Number)
		case p.Email != "":
			p.Key = "email:" + p.Email
		default:
			p.Key = "name:" + fold(p.Name)
		}
		if first, ok := seen[p.Key]; ok {
			r.bad(row.Line, "", "doubled", fmt.Sprintf("the same person as in line %d; this row was left out", first), false)
			continue
		}
		if p.Email != "" {
			if first, ok := emails[p.Email]; ok {
				if p.Number == "" {
					r.bad(row.Line, Email, "doubled", fmt.Sprintf("the same person as in line %d; this row was left out", first), false)
					continue
				}
				r.bad(row.Line, Email, "email_shared", fmt.Sprintf("line %d has the same e-mail address; it was left out here", first), true)
				p.Email = ""
			} else {
				emails[p.Email] = row.Line
			}
		}
		seen[p.Key] = row.Line

		p.Start, p.End = r.date(row, Start), r.date(row, End)
		if !p.Start.IsZero() && !p.End.IsZero() && p.End.Before(p.Start) {
			r.bad(row.Line, End, "end_before_start", "the end is before the start; it was left out", true)
			p.End = time.Time{}
		}
		if v := r.value(row, Zone); v != "" {
			ok, known := zones[v]
			if !known {
				_, err := time.LoadLocation(v)
				ok = err == nil && v != "Local" && !strings.HasPrefix(v, "Etc/") && (strings.Contains(v, "/") || v == "UTC")
				if len(zones) < 5000 {
					zones[v] = ok
				}
			}
			if ok {
				p.Zone = v
			} else {
				r.bad(row.Line, Zone, "zone_unknown", fmt.Sprintf("%q is no time zone like Europe/Berlin; it was left out", v), true)
			}
		}
		if v := r.value(row, Language); v != "" {
			code, ok := tongues[fold(v)]
			if !ok {
				// "de-DE", "English (UK)"
				if k := strings.IndexAny(v, "-_ (,;/"); k > 0 {
					code, ok = tongues[fold(v[:k])]
				}
			}
			if !ok && !told["language "+v] {
				told["language "+v] = true
				r.bad(row.Line, Language, "language_unknown", fmt.Sprintf("%q is no language we know; it was left out", v), true)
			}
			p.Language = code
		}
		if v := r.value(row, Status); v != "" {
			s, ok := status[fold(v)]
			if !ok && !told["status "+v] {
				told["status "+v] = true
				r.bad(row.Line, Status, "status_unknown", fmt.Sprintf("%q says neither active nor left; such people count as active", v), true)
			}
			p.Presence = s
		}
		p.Manager = ManagerRef{Number: r.value(row, ManagerNumber), Email: strings.ToLower(r.value(row, ManagerEmail)), Name: r.value(row, ManagerName)}
		if v := r.value(row, Manager); v != "" {
			e, isEmail := cleanEmail(v)
			digits := strings.IndexFunc(v, unicode.IsDigit) >= 0
			switch {
			case isEmail && p.Manager.Email == "":
				p.Manager.Email = e
			case digits && p.Manager.Number == "" && !strings.Contains(v, " "):
				p.Manager.Number = v
			case !isEmail && p.Manager.Name == "":
				p.Manager.Name, p.Manager.Number = splitManager(v, p.Manager.Number)
			}
		}
		if p.Manager.Name != "" {
			p.Manager.Name, _, _ = inOrder(p.Manager.Name, "", "")
		}
		r.People = append(r.People, p)
	}
}

// splitManager reads "Ada Obi (1042)".
func splitManager(v, number string) (string, string) {
	open, shut := strings.LastIndexByte(v, '('), strings.LastIndexByte(v, ')')
	if open <= 0 || shut < open || number != "" {
		return v, number
	}
	in := strings.TrimSpace(v[open+1 : shut])
	if strings.IndexFunc(in, unicode.IsDigit) < 0 || strings.Contains(in, " ") {
		return v, number
	}
	return strings.TrimSpace(v[:open]), in
}

// inOrder puts a given name first: "Obi, Ada" is Ada Obi. What stands behind
// the comma may be a title instead.
func inOrder(name, first, last string) (string, string, string) {
	a, b, ok := strings.Cut(name, ",")
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	if !ok || a == "" || b == "" || strings.Contains(b, ",") {
		return name, first, last
	}
	switch fold(b) {
	case "jr", "sr", "ii", "iii", "iv", "phd", "md", "mba", "dr", "msc", "bsc", "esq":
		return name, first, last
	}
	if first == "" {
		first = b
	}
	if last == "" {
		last = a
	}
	return b + " " + a, first, last
}

// cleanEmail reads an address, also "Ada Obi <ada@example.org>" and "mailto:".
func cleanEmail(v string) (string, bool) {
	if open, shut := strings.LastIndexByte(v, '<'), strings.LastIndexByte(v, '>'); open >= 0 && shut > open {
		v = v[open+1 : shut]
	}
	v = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(v)), "mailto:")
	at := strings.LastIndexByte(v, '@')
	if at < 1 || at == len(v)-1 || len(v) > 254 || strings.Count(v, "@") != 1 || strings.ContainsAny(v, " ,;:\"()[]<>\\") {
		return "", false
	}
	domain := v[at+1:]
	if domain[0] == '.' || domain[len(domain)-1] == '.' || domain[0] == '-' || strings.Contains(v, "..") {
		return "", false
	}
	return v, true
}

// nameOfEmail guesses "Ada Obi" from ada.obi@example.org.
func nameOfEmail(e string) string {
	local, _, _ := strings.Cut(e, "@")
	parts := strings.FieldsFunc(local, func(r rune) bool { return r == '.' || r == '_' || r == '-' || r == '+' })
	for i, p := range parts {
		c, n := utf8.DecodeRuneInString(p)
		parts[i] = string(unicode.ToUpper(c)) + p[n:]
	}
	return strings.Join(parts, " ")
}

// managers finds the people in this file that others report to.
func (r *reading) managers() {
	numbers, emails, names := map[string]int{}, map[string]int{}, map[string][]int{}
	for i, p := range r.People {
		if p.Number != "" {
			numbers[bareNumber(p.Number)] = i
		}
		if p.Email != "" {
			emails[p.Email] = i
		}
		names[nameKey(p.Name)] = append(names[nameKey(p.Name)], i)
	}
	for i := range r.People {
		p := &r.People[i]
		m := &p.Manager
		found := -1
		column := ManagerNumber
		if k, ok := numbers[bareNumber(m.Number)]; ok && m.Number != "" {
			found = k
		} else if k, ok := emails[m.Email]; ok && m.Email != "" {
			found, column = k, ManagerEmail
		} else if m.Name != "" && m.Number == "" && m.Email == "" {
			column = ManagerName
			switch same := names[nameKey(m.Name)]; len(same) {
			case 0:
			case 1:
				found = same[0]
			default:
				r.managerBad(p.Line, column, "manager_ambiguous", fmt.Sprintf("%d people are called %q; the manager was left out", len(same), m.Name))
				*m = ManagerRef{}
			}
		}
		switch {
		case found == i:
			// The person at the top is often entered as their own manager.
			*m = ManagerRef{}
		case found >= 0:
			m.Line = r.People[found].Line
		}
	}
}

// managerBad reports under the heading that the file uses for managers.
func (r *reading) managerBad(line int, column Field, code, reason string) {
	if _, ok := r.where[column]; !ok {
		column = Manager
	}
	r.bad(line, column, code, reason, true)
}

// bareNumber lets 00042, 42 and 42.0 be the same number, which spreadsheets
// make of each other.
func bareNumber(s string) string {
	s = strings.ToLower(strings.TrimSuffix(s, ".0"))
	if t := strings.TrimLeft(s, "0"); t != "" {
		return t
	}
	return s
}

// nameKey is a name with its words in alphabetical order.
func nameKey(s string) string {
	words := strings.Fields(s)
	for i := range words {
		words[i] = fold(words[i])
	}
	sort.Strings(words)
	return strings.Join(words, " ")
}

// circles finds reporting lines that come back to where they began, names them,
// and leaves those managers out.
func (r *reading) circles() {
	at := map[int]int{} // line -> index
	for i, p := range r.People {
		at[p.Line] = i
	}
	const fresh, walking, done = 0, 1, 2
	state := make([]int, len(r.People))
	for start := range r.People {
		var path []int
		i, ends := start, false
		for state[i] == fresh && !ends {
			state[i] = walking
			path = append(path, i)
			if line := r.People[i].Manager.Line; line != 0 {
				i = at[line]
			} else {
				ends = true
			}
		}
		if !ends && state[i] == walking {
			from := 0
			for path[from] != i {
				from++
			}
			r.refuse(path[from:])
		}
		for _, k := range path {
			state[k] = done
		}
	}
}

func (r *reading) refuse(circle []int) {
	// Begin with the first in the file, so that the report reads the same
	// wherever the walk began.
	first := 0
	for k := range circle {
		if circle[k] < circle[first] {
			first = k
		}
	}
	circle = append(append([]int{}, circle[first:]...), circle[:first]...)
	var b strings.Builder
	for k, i := range circle {
		if k == 12 {
			fmt.Fprintf(&b, "… (%d more) → ", len(circle)-k)
			break
		}
		fmt.Fprintf(&b, "%s (line %d) → ", r.People[i].Name, r.People[i].Line)
	}
	b.WriteString(r.People[circle[0]].Name)
	column := ManagerNumber
	for _, f := range []Field{ManagerNumber, ManagerEmail, ManagerName, Manager} {
		if _, ok := r.where[f]; ok {
			column = f
			break
		}
	}
	for _, i := range circle {
		r.People[i].Manager = ManagerRef{}
	}
	r.bad(r.People[circle[0]].Line, column, "manager_circle", "the reporting line is a circle: "+b.String()+"; these managers were left out", true)
}
