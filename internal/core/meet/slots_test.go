package meet

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/guildhall/guildhall/internal/core/people"
)

func hours(t interface{ Fatal(...any) }, text string) people.Hours {
	h, err := people.ParseHours(text)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestSlotsLieWhereEverybodyWorksAndNobodyIsTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zones := []string{"Europe/Lisbon", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca", "Pacific/Apia"}
		texts := []string{people.DefaultHours, "Mon-Thu 08:00-12:00,13:00-17:00", "shift 2026-01-05 3E 2L 2- 3N 4-; E=06:00-14:00; L=14:00-22:00; N=22:00-06:00", "Tue,Thu 07:00-11:30", "Sat-Sun 20:00-02:00"}
		// Changes of the clock, a leap day and an ordinary week.
		from := rapid.SampledFrom([]time.Time{
			time.Date(2026, 3, 26, 7, 10, 0, 0, time.UTC), time.Date(2028, 2, 27, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 30, 23, 59, 59, 0, time.UTC), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
		}).Draw(t, "from")
		n := rapid.IntRange(1, 4).Draw(t, "people")
		var list []people.Calendar
		var taken [][]people.Span
		for range n {
			c := people.Calendar{Zone: zone(t, rapid.SampledFrom(zones).Draw(t, "zone")), Hours: hours(t, rapid.SampledFrom(texts).Draw(t, "hours"))}
			if rapid.Bool().Draw(t, "away") {
				c.AwayFrom = from.Add(time.Duration(rapid.IntRange(-48, 200).Draw(t, "away from")) * time.Hour)
				c.AwayUntil = c.AwayFrom.Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "away for")) * time.Hour)
			}
			if rapid.Bool().Draw(t, "holiday") {
				day := from.AddDate(0, 0, rapid.IntRange(0, 6).Draw(t, "day")).Format(time.DateOnly)
				c.Closed = []people.Days{{First: day, Last: day}}
			}
			var busy []people.Span
			for range rapid.IntRange(0, 3).Draw(t, "meetings") {
				at := from.Add(time.Duration(rapid.IntRange(0, 14*24).Draw(t, "at")) * time.Hour)
				busy = append(busy, people.Span{From: at, Until: at.Add(time.Hour)})
			}
			list, taken = append(list, c), append(taken, busy)
		}
		s := Search{From: from, Days: 14, Length: time.Duration(rapid.SampledFrom([]int{15, 30, 60, 180}).Draw(t, "length")) * time.Minute, Most: 6, Zone: list[0].Zone}
		slots := Slots(list, taken, s)
		free := func(at time.Time) bool {
			for i, c := range list {
				inside := false
				for _, w := range c.Times(from.AddDate(0, 0, -2), from.AddDate(0, 0, 20)) {
					inside = inside || !w.From.After(at) && !w.Until.Before(at.Add(s.Length))
				}
				if !inside || overlaps(taken[i], at, at.Add(s.Length)) {
					return false
				}
			}
			return true
		}
		exists := false
		for at := halfHour(from, s.Zone); at.Before(from.AddDate(0, 0, 14)); at = at.Add(30 * time.Minute) {
			exists = exists || free(at)
		}
		if exists != (len(slots) > 0 && len(slots[0].Outside) == 0) {
			t.Fatalf("a common time exists: %v; suggested: %+v", exists, slots)
		}
		last := time.Time{}
		for _, x := range slots {
			if x.Start.Before(from) || x.End.Sub(x.Start) != s.Length || !x.Start.After(last) {
				t.Fatalf("%+v from %v", x, from)
			}
			last = x.Start
			if exists && !free(x.Start) {
				t.Fatalf("%v is not free for all", x.Start)
			}
			for i, c := range list {
				if c.Away(x.Start) || overlaps(taken[i], x.Start, x.End) {
					t.Fatalf("%v: person %d is away or taken", x.Start, i)
				}
			}
			for _, i := range x.Outside {
				l := x.Start.In(list[i].Zone)
				if l.Hour() < 7 || l.Hour() >= 21 || l.Weekday() == time.Sunday {
					t.Fatalf("%v is no time to meet", l)
				}
			}
		}
		if len(slots) > s.Most {
			t.Fatalf("%d slots", len(slots))
		}
	})
}

func TestTwoWhoNeverWorkAtTheSameTimeGetATimeThatSaysWhoseHoursItLeaves(t *testing.T) {
	early := people.Calendar{Zone: time.UTC, Hours: hours(t, "Mon-Fri 06:00-14:00")}
	late := people.Calendar{Zone: time.UTC, Hours: hours(t, "Mon-Fri 14:00-22:00")}
	slots := Slots([]people.Calendar{early, late}, nil, Search{From: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Zone: time.UTC})
	if len(slots) == 0 {
		t.Fatal("no time at all")
	}
	for _, s := range slots {
		if len(s.Outside) != 1 {
			t.Errorf("%v leaves the hours of %v", s.Start, s.Outside)
		}
	}
}
