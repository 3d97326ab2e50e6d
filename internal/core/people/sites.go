package people

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Site is a place with a time zone and a calendar.
type Site struct {
	ID      id.ID
	Name    string
	Zone    string // IANA
	Country string
	Hours   string // of those who have none of their own; "" is DefaultHours
	Days    []SiteDays
}

// SiteDays are days on which a site does not work, or works too much to be
// asked.
type SiteDays struct {
	Days
	Kind string // holiday, shutdown, busy
}

// SiteDaysText prints days, one stretch a line, as ParseSiteDays reads them.
func SiteDaysText(list []SiteDays) string {
	var b strings.Builder
	for _, d := range list {
		b.WriteString(d.First)
		if d.Last != d.First {
			b.WriteString(" " + d.Last)
		}
		b.WriteString(" " + d.Kind + " " + d.Name + "\n")
	}
	return b.String()
}

// ParseSiteDays reads days, one stretch a line: the first day, the last day
// when it is another, holiday, shutdown or busy, and a name:
//
//	2026-12-24 2026-12-26 holiday Christmas
//	2026-05-01 holiday May Day
//
// bad is the first line that cannot be read, 0 for none.
func ParseSiteDays(text string) (list []SiteDays, bad int) {
	for i, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		d := SiteDays{Days: Days{First: words[0], Last: words[0]}}
		words = words[1:]
		if len(words) > 0 && isDay(words[0]) {
			d.Last, words = words[0], words[1:]
		}
		if len(words) == 0 || len(list) >= 500 {
			return list, i + 1
		}
		d.Kind, d.Name = strings.ToLower(words[0]), strings.Join(words[1:], " ")
		if !isDay(d.First) || d.Last < d.First || d.Kind != "holiday" && d.Kind != "shutdown" && d.Kind != "busy" || utf8.RuneCountInString(d.Name) > 100 {
			return list, i + 1
		}
		list = append(list, d)
	}
	return list, 0
}

func isDay(s string) bool {
	t, err := time.Parse(time.DateOnly, s)
	return err == nil && t.Year() >= 2000 && t.Year() <= 2200
}

// AllSites returns every site with its days, for admins.
func (s *Service) AllSites(ctx context.Context, by access.Actor) (out []Site, err error) {
	if err := by.NeedAdmin(); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, allSitesSQL, func(r *db.Rows, x *Site) error {
			return r.Scan(&x.ID, &x.Name, &x.Zone, &x.Country, &x.Hours)
		})
		if err != nil {
			return err
		}
		at := map[id.ID]int{}
		for i, x := range out {
			at[x.ID] = i
		}
		_, err = db.All(tx, allSiteDaysSQL, func(r *db.Rows, _ *struct{}) error {
			var site id.ID
			var d SiteDays
			if err := r.Scan(&site, &d.Kind, &d.Name, &d.First, &d.Last); err != nil {
				return err
			}
			if i, ok := at[site]; ok {
				out[i].Days = append(out[i].Days, d)
			}
			return nil
		})
		return err
	})
	return out, err
}

// SaveSite changes a site, or makes one when it has no id. Only an admin does.
// days is as ParseSiteDays reads it.
func (s *Service) SaveSite(ctx context.Context, by access.Actor, x Site, days string) (id.ID, error) {
	if err := by.NeedAdmin(); err != nil {
		return 0, err
	}
	if x.ID != 0 {
		// What is wrong with the words does not matter where there is no site.
		if err := s.db.Read(ctx, func(tx *db.Tx) error {
			var n id.ID
			ok, err := tx.Row(siteByIDSQL, []any{&n}, x.ID)
			if err == nil && !ok {
				err = fault.Missing()
			}
			return err
		}); err != nil {
			return 0, err
		}
	}
	x.Name, x.Country = oneLine(x.Name), oneLine(x.Country)
	var c fault.Check
	c.Require(x.Name != "" && SortKey(x.Name) != "", "name", "fault.name_empty")
	c.Require(utf8.RuneCountInString(x.Name) <= 200, "name", "fault.too_long", "max", 200)
	c.Require(utf8.RuneCountInString(x.Country) <= 60, "country", "fault.too_long", "max", 60)
	_, err := time.LoadLocation(x.Zone)
	c.Require(err == nil && x.Zone != "" && x.Zone != "Local", "time_zone", "fault.zone_unknown")
	if x.Hours != "" {
		h, err := ParseHours(x.Hours)
		badHours(&c, "hours", err)
		if err == nil {
			x.Hours = h.String()
		}
	}
	list, bad := ParseSiteDays(days)
	c.Require(bad == 0, "days", "fault.site_days", "line", bad)
	if err := c.Err(); err != nil {
		return 0, err
	}
	n := x.ID
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n = x.ID
		var holder id.ID
		if _, err := tx.Row(siteByNameSQL, []any{&holder}, SortKey(x.Name)); err != nil {
			return err
		}
		if holder != 0 && holder != n {
			var c fault.Check
			c.Bad("name", "fault.site_taken", "name", x.Name)
			return c.Err()
		}
		now := s.clock.Now()
		if n == 0 {
			n = id.New(now)
			if _, err := tx.Exec(insertSiteSQL, n, x.Name, SortKey(x.Name), x.Zone, x.Country, db.At(now)); err != nil {
				return err
			}
		}
		changed, err := tx.Exec(saveSiteSQL, x.Name, SortKey(x.Name), x.Zone, x.Country, x.Hours, n)
		if err != nil {
			return err
		}
		if changed == 0 {
			return fault.Missing()
		}
		if _, err := tx.Exec(dropSiteDaysSQL, n); err != nil {
			return err
		}
		for _, d := range list {
			if _, err := tx.Exec(insertSiteDaysSQL, id.New(now), n, d.Kind, d.Name, d.First, d.Last); err != nil {
				return err
			}
		}
		return audit.Record(tx, audit.Act{Actor: by.Person, Action: "site.changed", Subject: n, Detail: fmt.Sprintf("%s, %d stretches of days", x.Name, len(list))})
	})
	return n, err
}
