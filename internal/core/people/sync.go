package people

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Staff is one person as a personnel system knows them. Fields that its export
// does not have are empty.
type Staff struct {
	Line     int
	Key      string // who this is, the same in every export
	Number   string
	Email    string // lower case
	Name     string
	Title    string
	Unit     string
	Site     string
	Zone     string // IANA
	Language string // BCP 47
	Start    time.Time
	Left     bool // no longer there, or not there any more today
	Manager  Boss
}

// Boss is whom somebody reports to: the line in the same export, else what it
// says of them.
type Boss struct {
	Line                int
	Number, Email, Name string
}

func (b Boss) none() bool { return b == Boss{} }

// Export is everybody in a personnel system. Who is managed by it and missing
// has left.
type Export struct {
	Staff []Staff
	// Has names the fields that the export has a column for: title, unit,
	// site, email, manager. Others are left as they are.
	Has map[string]bool
}

// Trouble is something in an export that could not be used.
type Trouble struct {
	Line   int
	Field  string
	Code   string
	Reason string // an English sentence without full stop
	Kept   bool   // the person was kept without it
}

// Step is what an export does to one person.
type Step struct {
	Line int // 0 for a leaver who is not in the export
	Name string
	What string // the unit for joiners and movers
	Was  string // the unit before, of movers
}

// Plan is what an export would do, or did.
type Plan struct {
	Joiners   []Step
	Returners []Step
	Movers    []Step // to another unit
	Changed   []Step // anything else
	Leavers   []Step
	Same      int
	People    int // active and managed by the export before
	Troubles  []Trouble

	work []work
}

// TooManyLeave tells whether so many would leave that somebody must say so
// first: more than one in twenty, and at least five.
func (p Plan) TooManyLeave() bool {
	return len(p.Leavers) >= 5 && len(p.Leavers)*20 > p.People
}

// work is one person to be brought in line.
type work struct {
	staff  Staff
	known  *known // nil for a joiner
	leaves bool
	same   bool
}

// known is a person of ours.
type known struct {
	id, manager, unit, site id.ID
	state, role, name, key  string
	email, number, title    string
	origin, sum             string // key and checksum of the row brought last
}

// originHR is the origin under which people of a personnel system stand.
const originHR = "hr"

// sum identifies what an export says of somebody, so that the same again
// changes nothing, not even what the person changed since.
func (s Staff) sum(has map[string]bool) string {
	fields := []string{s.Number, s.Email, s.Name, s.Title, s.Unit, s.Site, s.Manager.Number, s.Manager.Email, s.Manager.Name}
	if !s.Start.IsZero() {
		fields = append(fields, s.Start.Format(time.DateOnly))
	}
	for _, f := range []string{"email", "title", "unit", "site", "manager"} {
		if has[f] {
			fields = append(fields, f)
		}
	}
	h := sha256.Sum256([]byte(strings.Join(fields, "\x00")))
	return hex.EncodeToString(h[:12])
}

// book finds people of ours.
type book struct {
	all      []*known
	byNumber map[string]*known
	byEmail  map[string]*known
	byOrigin map[string]*known
	byName   map[string][]*known
	byID     map[id.ID]*known
}

func (s *Service) book(ctx context.Context) (b book, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		b = book{byNumber: map[string]*known{}, byEmail: map[string]*known{}, byOrigin: map[string]*known{}, byName: map[string][]*known{}, byID: map[id.ID]*known{}}
		after := id.ID(0)
		for {
			rows, err := db.All(tx, bookSQL, scanKnown, int64(after), 1000)
			if err != nil || len(rows) == 0 {
				return err
			}
			for i := range rows {
				k := &rows[i]
				b.all = append(b.all, k)
				b.byID[k.id] = k
				if k.number != "" {
					b.byNumber[k.number] = k
				}
				if k.email != "" {
					b.byEmail[k.email] = k
				}
				if k.origin != "" {
					b.byOrigin[k.origin] = k
				}
				b.byName[k.key] = append(b.byName[k.key], k)
				after = k.id
			}
		}
	})
	return b, err
}

// find returns whom the row means: the number decides, then what it was brought
// under before, then the e-mail, then a name that only one person without both
// bears.
func (b book) find(s Staff) *known {
	if k := b.byNumber[s.Number]; s.Number != "" && k != nil {
		return k
	}
	if k := b.byOrigin[s.Key]; k != nil && (s.Number == "" || k.number == "" || k.number == s.Number) {
		return k
	}
	if k := b.byEmail[s.Email]; s.Email != "" && k != nil && (s.Number == "" || k.number == "") && k.state == "active" {
		return k
	}
	if s.Number == "" && s.Email == "" {
		var only *known
		for _, k := range b.byName[SortKey(s.Name)] {
			if k.number == "" && k.email == "" {
				if only != nil {
					return nil
				}
				only = k
			}
		}
		return only
	}
	return nil
}

// Compare says what an export would do, and does nothing.
func (s *Service) Compare(ctx context.Context, e Export) (Plan, error) {
	p, b, err := s.compare(ctx, e)
	if err != nil || !e.Has["manager"] {
		return p, err
	}
	// Joiners have no id yet: one that comes after all ids and keeps the order
	// of the lines stands for it.
	at := map[int]id.ID{}
	for _, w := range p.work {
		switch {
		case w.leaves || w.staff.Line == 0:
		case w.known != nil:
			at[w.staff.Line] = w.known.id
		default:
			at[w.staff.Line] = id.ID(1<<62 + w.staff.Line)
		}
	}
	_, troubles := bosses(b, e, at)
	p.Troubles = append(p.Troubles, troubles...)
	return p, nil
}

func (s *Service) compare(ctx context.Context, e Export) (p Plan, b book, err error) {
	if b, err = s.book(ctx); err != nil {
		return p, b, err
	}
	units, err := s.names(ctx, unitNamesSQL)
	if err != nil {
		return p, b, err
	}
	taken := map[*known]int{}
	for _, row := range e.Staff {
		k := b.find(row)
		if k != nil && taken[k] != 0 {
			p.Troubles = append(p.Troubles, Trouble{row.Line, "", "person_twice", fmt.Sprintf("the same person as in line %d", taken[k]), false})
			continue
		}
		if k != nil {
			taken[k] = row.Line
		}
		step := Step{Line: row.Line, Name: row.Name, What: row.Unit}
		w := work{staff: row, known: k}
		switch {
		case row.Left && (k == nil || k.state == "left"):
			p.Same++ // who left before they were here, or is known to have left
			continue
		case row.Left:
			w.leaves = true
			p.Leavers = append(p.Leavers, step)
		case k == nil:
			p.Joiners = append(p.Joiners, step)
		case k.state == "left":
			p.Returners = append(p.Returners, step)
		case k.sum == row.sum(e.Has) && k.origin == row.Key:
			p.Same++
			w.same = true
		case e.Has["unit"] && row.Unit != "" && SortKey(row.Unit) != SortKey(units[k.unit]):
			step.Was = units[k.unit]
			p.Movers = append(p.Movers, step)
		default:
			p.Changed = append(p.Changed, step)
		}
		p.work = append(p.work, w)
	}
	admins := 0
	for _, k := range b.all {
		if k.state != "active" {
			continue
		}
		if k.role == string(access.Admin) {
			admins++
		}
		if k.origin == "" {
			continue
		}
		p.People++
		if taken[k] == 0 {
			p.Leavers = append(p.Leavers, Step{Name: k.name, What: units[k.unit]})
			p.work = append(p.work, work{known: k, leaves: true})
		}
	}
	p.keepAnAdmin(admins)
	return p, b, nil
}

// keepAnAdmin takes the last admin from the leavers: a house without one could
// not be opened again.
func (p *Plan) keepAnAdmin(admins int) {
	for i := range p.work {
		w := &p.work[i]
		if !w.leaves || w.known.role != string(access.Admin) {
			continue
		}
		if admins > 1 {
			admins--
			continue
		}
		w.leaves, w.same = false, true
		p.Troubles = append(p.Troubles, Trouble{w.staff.Line, "", "last_admin", w.known.name + " is the last admin and stays; make somebody else admin first", true})
		p.Leavers = slices.DeleteFunc(p.Leavers, func(s Step) bool {
			return s.Line == w.staff.Line && s.Name == w.known.name || s.Line == w.staff.Line && s.Line != 0
		})
	}
}

func (s *Service) names(ctx context.Context, sql string) (map[id.ID]string, error) {
	out := map[id.ID]string{}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		list, err := db.All(tx, sql, scanNamed)
		for _, n := range list {
			out[n.ID] = n.Name
		}
		return err
	})
	return out, err
}

// Sync brings people in line with an export, quietly: joiners, returners,
// movers, changes, managers after all of them, then leavers. It works in small
// steps; interrupted, it is run again and goes on. Applying an export twice
// changes nothing the second time. More leavers than TooManyLeave allows are a
// Conflict unless accepted, before anything is done.
func (s *Service) Sync(ctx context.Context, by access.Actor, e Export, acceptLeavers bool, former, zone string, progress func(done, of int)) (Plan, error) {
	p, _, err := s.compare(ctx, e)
	if err != nil {
		return p, err
	}
	if p.TooManyLeave() && !acceptLeavers {
		return p, fault.New(fault.Conflict, "fault.many_leavers").With("n", len(p.Leavers)).With("people", p.People)
	}
	places, err := s.places(ctx, e, zone)
	if err != nil {
		return p, err
	}
	steps := 0
	tell := func(n int) {
		if steps += n; progress != nil {
			progress(steps, len(p.work))
		}
	}
	at := map[int]id.ID{} // line -> person
	var leavers []*known
	for _, chunk := range chunks(p.work, 25) {
		type made struct {
			line   int
			person id.ID
		}
		var ids []made
		var troubles []Trouble
		if err := s.db.Write(ctx, func(tx *db.Tx) error {
			ids, troubles = ids[:0], troubles[:0]
			for _, w := range chunk {
				if w.leaves {
					continue
				}
				n := id.ID(0)
				if w.known != nil {
					n = w.known.id
				}
				if !w.same {
					var t []Trouble
					var err error
					if n, t, err = s.bring(tx, by, w, e.Has, places); err != nil {
						return fmt.Errorf("line %d: %w", w.staff.Line, err)
					}
					troubles = append(troubles, t...)
				}
				if n != 0 && w.staff.Line != 0 {
					ids = append(ids, made{w.staff.Line, n})
				}
			}
			return nil
		}); err != nil {
			return p, err
		}
		p.Troubles = append(p.Troubles, troubles...)
		for _, m := range ids {
			at[m.line] = m.person
		}
		for _, w := range chunk {
			if w.leaves {
				leavers = append(leavers, w.known)
			}
		}
		tell(len(chunk))
	}
	if e.Has["manager"] {
		if err := s.managers(ctx, &p, e, at); err != nil {
			return p, err
		}
	}
	for _, k := range leavers {
		if err := s.db.Write(ctx, func(tx *db.Tx) error { return s.Leave(tx, k.id, by.Author, former, true) }); err != nil {
			return p, err
		}
	}
	return p, nil
}

func chunks[T any](list []T, n int) [][]T {
	var out [][]T
	for len(list) > n {
		out = append(out, list[:n])
		list = list[n:]
	}
	if len(list) > 0 {
		out = append(out, list)
	}
	return out
}

// places makes the units and sites that an export names, and returns them by
// their folded name.
type places struct{ units, sites map[string]id.ID }

func (s *Service) places(ctx context.Context, e Export, zone string) (places, error) {
	p := places{map[string]id.ID{}, map[string]id.ID{}}
	zones := map[string]string{} // of a site: that of the first person there who has one
	for _, row := range e.Staff {
		if key := SortKey(row.Site); key != "" && zones[key] == "" {
			zones[key] = row.Zone
		}
	}
	if zone == "" {
		zone = "UTC"
	}
	for _, chunk := range chunks(e.Staff, 200) {
		var units, sites map[string]id.ID
		if err := s.db.Write(ctx, func(tx *db.Tx) error {
			units, sites = map[string]id.ID{}, map[string]id.ID{}
			for _, row := range chunk {
				if row.Left {
					continue
				}
				if key := SortKey(row.Unit); key != "" && p.units[key] == 0 && units[key] == 0 {
					n, err := EnsureUnit(tx, row.Unit, 0, s.clock.Now())
					if err != nil {
						return err
					}
					units[key] = n
				}
				if key := SortKey(row.Site); key != "" && p.sites[key] == 0 && sites[key] == 0 {
					z := zones[key]
					if z == "" {
						z = zone
					}
					n, err := EnsureSite(tx, s.clock, row.Site, z, "")
					if err != nil {
						return err
					}
					sites[key] = n
				}
			}
			return nil
		}); err != nil {
			return p, err
		}
		for k, n := range units {
			p.units[k] = n
		}
		for k, n := range sites {
			p.sites[k] = n
		}
	}
	return p, nil
}

// bring makes or changes one person as the export says.
func (s *Service) bring(tx *db.Tx, by access.Actor, w work, has map[string]bool, at places) (id.ID, []Trouble, error) {
	row := w.staff
	var troubles []Trouble
	trouble := func(field, code, reason string) {
		troubles = append(troubles, Trouble{row.Line, field, code, reason, true})
	}
	if row.Email != "" && !EmailOK(row.Email) {
		trouble("email", "email_malformed", "this is no e-mail address; it was left out")
		row.Email = ""
	}
	own := id.ID(0)
	if w.known != nil {
		own = w.known.id
	}
	if row.Email != "" {
		var holder id.ID
		var state string
		if _, err := tx.Row(emailHolderSQL, []any{&holder, &state}, row.Email); err != nil {
			return 0, nil, err
		}
		switch {
		case holder == 0 || holder == own:
		case state == "left":
			// An address may be given to somebody new.
			if _, err := tx.Exec(dropEmailSQL, holder); err != nil {
				return 0, nil, err
			}
		default:
			trouble("email", "email_taken", "somebody else has this address; it was left out")
			row.Email = ""
		}
	}
	now := s.clock.Now()
	unit, site := at.units[SortKey(row.Unit)], at.sites[SortKey(row.Site)]
	if w.known == nil {
		j := Joiner{
			Name: row.Name, Email: row.Email, PersonnelNo: row.Number, Title: row.Title, Unit: unit, Site: site,
			Languages: row.Language, Joined: row.Start, Starts: row.Start,
		}
		if _, err := time.LoadLocation(row.Zone); row.Zone != "" && err == nil {
			j.TimeZone = row.Zone
		}
		made, err := s.Join(tx, j, true)
		if fault.Is(err, fault.Invalid) {
			reason := "this person could not be made"
			if f := fault.Of(err); len(f.Fields) > 0 {
				reason = "the " + strings.ReplaceAll(f.Fields[0].Name, "_", " ") + " can't be used"
			}
			return 0, append(troubles, Trouble{row.Line, "", "row_refused", reason, false}), nil
		}
		if err != nil {
			return 0, nil, err
		}
		_, err = tx.Exec(saveOriginSQL, originHR, row.Key, made.Person, w.staff.sum(has))
		return made.Person, troubles, err
	}
	k := *w.known
	if row.Name == "" {
		row.Name = k.name
	}
	keep := func(field string, value, was string) string {
		if has[field] && value != "" {
			return value
		}
		return was
	}
	row.Title, row.Email = keep("title", row.Title, k.title), keep("email", row.Email, k.email)
	if row.Number == "" {
		row.Number = k.number
	}
	if unit == 0 {
		unit = k.unit
	}
	if site == 0 {
		site = k.site
	}
	if _, err := tx.Exec(bringSQL, row.Name, SortKey(row.Name), nullable(row.Email), nullable(row.Number), row.Title, unit, site, db.At(row.Start), db.At(now), k.id); err != nil {
		return 0, nil, err
	}
	if _, err := tx.Exec(dropOriginSQL, originHR, k.id); err != nil {
		return 0, nil, err
	}
	if _, err := tx.Exec(saveOriginSQL, originHR, row.Key, k.id, w.staff.sum(has)); err != nil {
		return 0, nil, err
	}
	if k.state == "left" {
		return k.id, troubles, s.Return(tx, k.id, by.Author, true)
	}
	if unit != k.unit {
		if err := move(tx, k.id, unit, now); err != nil {
			return 0, nil, err
		}
	}
	return k.id, troubles, s.changed(tx, k.id, "person.changed", by.Author, true)
}

// managers sets whom people report to, after everybody is there. A line that
// would come round is refused as a whole.
func (s *Service) managers(ctx context.Context, p *Plan, e Export, at map[int]id.ID) error {
	b, err := s.book(ctx)
	if err != nil {
		return err
	}
	wanted, troubles := bosses(b, e, at)
	p.Troubles = append(p.Troubles, troubles...)
	people := make([]id.ID, 0, len(wanted))
	for who := range wanted {
		people = append(people, who)
	}
	slices.Sort(people)
	var changed []id.ID
	for _, who := range people {
		if k := b.byID[who]; k != nil && k.manager != wanted[who] {
			changed = append(changed, who)
		}
	}
	// First nobody reports to the old one, then to the new: so that no line
	// ever comes round in between.
	for _, sql := range []string{noManagerSQL, managerSQL} {
		for _, chunk := range chunks(changed, 100) {
			if err := s.db.Write(ctx, func(tx *db.Tx) error {
				for _, who := range chunk {
					args := []any{who}
					if sql == managerSQL {
						args = []any{wanted[who], who}
					}
					if _, err := tx.Exec(sql, args...); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// bosses says to whom everybody of an export is to report, by the ids of their
// lines, and which lines cannot be followed.
func bosses(b book, e Export, at map[int]id.ID) (wanted map[id.ID]id.ID, troubles []Trouble) {
	wanted, troubles = map[id.ID]id.ID{}, nil
	lineOf := map[id.ID]int{}
	for _, row := range e.Staff {
		who := at[row.Line]
		if who == 0 || row.Left {
			continue
		}
		lineOf[who] = row.Line
		boss := at[row.Manager.Line]
		if row.Manager.Line == 0 {
			boss = 0
			if k := b.boss(row.Manager); k != nil && k.state == "active" {
				boss = k.id
			}
			if boss == 0 && !row.Manager.none() {
				troubles = append(troubles, Trouble{row.Line, "manager", "manager_unknown", "nobody here is this manager; it was left out", true})
			}
		}
		if boss == who {
			boss = 0
		}
		wanted[who] = boss
	}
	// The line as it would be: what the export says, else what was there.
	above := func(n id.ID) id.ID {
		if boss, ok := wanted[n]; ok {
			return boss
		}
		if k := b.byID[n]; k != nil {
			return k.manager
		}
		return 0
	}
	people := make([]id.ID, 0, len(wanted))
	for who := range wanted {
		people = append(people, who)
	}
	slices.Sort(people)
	for _, who := range people {
		seen := 0
		for n := above(who); n != 0; n = above(n) {
			if n == who || seen > len(b.all)+len(wanted) {
				troubles = append(troubles, Trouble{lineOf[who], "manager", "manager_circle", "this manager reports to this person, directly or through others; it was left out", true})
				wanted[who] = 0
				break
			}
			seen++
		}
	}
	return wanted, troubles
}

// boss finds a manager who is not in the export.
func (b book) boss(m Boss) *known {
	if k := b.byNumber[m.Number]; m.Number != "" && k != nil {
		return k
	}
	if k := b.byEmail[m.Email]; m.Email != "" && k != nil {
		return k
	}
	if list := b.byName[SortKey(m.Name)]; m.Name != "" && len(list) == 1 {
		return list[0]
	}
	return nil
}
