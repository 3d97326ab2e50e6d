package meet

import (
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/meet/pages"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// When is what the fields of pages.When hold.
type When struct {
	Start, End time.Time
	Zone       string
	Place      string
	Link       string
	Online     bool
}

// ReadWhen reads the fields of pages.When, which stand in the reader's clock. A
// time that cannot be read is the zero time, and a length is 0, so that they are
// told together with everything else that is wrong: see CheckStart.
func ReadWhen(v *visit.Visit, form *web.Values) When {
	zone := v.Zone()
	w := When{Zone: zone.String(), Place: form.Text("place"), Link: form.Text("link"), Online: form.Bool("online")}
	minutes, err := form.Int("minutes", 30)
	if err != nil {
		minutes = 0
	}
	if slot := form.Text("slot"); slot != "" && slot != "own" {
		w.Start, err = time.Parse(time.RFC3339, slot)
	} else {
		w.Start, err = time.ParseInLocation("2006-01-02 15:04", form.Text("day")+" "+form.Text("time"), zone)
	}
	if err != nil {
		w.Start = time.Time{}
	}
	w.End = w.Start.Add(time.Duration(minutes) * time.Minute)
	return w
}

// WhenView prepares the fields of pages.When: suggested times, and what was
// typed before when form is not nil. People are named when a time lies outside
// their hours, and told their own clock's time when it differs.
func (s *Service) WhenView(v *visit.Visit, list []id.ID, minutes int, form *web.Values, wrong error) (pages.WhenView, error) {
	return s.WhenFrom(v, list, minutes, time.Time{}, form, wrong)
}

// WhenFrom is WhenView for what may not begin before a time.
func (s *Service) WhenFrom(v *visit.Visit, list []id.ID, minutes int, from time.Time, form *web.Values, wrong error) (pages.WhenView, error) {
	faults := v.Faults(wrong)
	view := pages.WhenView{
		Minutes: strconv.Itoa(minutes), Wrong: faults.For("when"), WrongMinutes: faults.For("minutes"),
		WrongPlace: faults.For("place"), WrongLink: faults.For("link"), Tool: s.Room != nil && s.Room() != "",
		Alone: len(list) == 1,
	}
	chosen := ""
	if form != nil {
		view.Minutes, view.Day, view.Time, view.Place, view.Link, view.Online = form.Text("minutes"), form.Text("day"), form.Text("time"), form.Text("place"), form.Text("link"), form.Bool("online")
		chosen = form.Text("slot")
		if n, err := strconv.Atoi(view.Minutes); err == nil && n >= 5 && n <= 720 {
			minutes = n
		}
	}
	slots, err := s.Suggest(v.R.Context(), list, Search{From: from, Length: time.Duration(minutes) * time.Minute, Zone: v.Zone()})
	if err != nil {
		return view, err
	}
	who, err := s.entries(v, list)
	if err != nil {
		return view, err
	}
	for _, x := range slots {
		view.Near = view.Near || len(x.Outside) > 0
		view.Slots = append(view.Slots, ui.Option{
			Value: x.Start.UTC().Format(time.RFC3339), Label: v.T("meet.slot", "day", v.Day(x.Start), "time", v.Clock(x.Start)),
			Note: slotNote(v, x, list, who), On: chosen == x.Start.UTC().Format(time.RFC3339),
		})
	}
	view.Own = chosen == "own" || len(slots) == 0 || chosen == "" && view.Day != ""
	return view, nil
}

// slotNote says whose hours a time lies outside of, and what other clocks show.
func slotNote(v *visit.Visit, x Slot, list []id.ID, who map[id.ID]people.Entry) string {
	var outside, clocks []string
	for _, i := range x.Outside {
		if e, ok := who[list[i]]; ok {
			outside = append(outside, e.Name)
		}
	}
	for _, n := range list {
		e, ok := who[n]
		if !ok || n == v.By.Person {
			continue
		}
		if local := Clock(v, e.Zone, x.Start); local != "" {
			clocks = append(clocks, v.T("meet.clock_of", "time", local, "name", first(e.Name)))
		}
	}
	var notes []string
	if len(outside) > 0 {
		notes = append(notes, v.T("meet.outside", "names", v.List(outside)))
	}
	if len(clocks) > 0 {
		notes = append(notes, v.List(clocks))
	}
	return strings.Join(notes, " · ")
}

// Clock is what a clock of the IANA zone shows at the time, with the weekday
// when that is another one there; "" when it shows what the reader's does, and
// for a zone that is not known.
func Clock(v *visit.Visit, zone string, at time.Time) string {
	local, err := time.LoadLocation(zone)
	if err != nil {
		return ""
	}
	here, there := at.In(v.Zone()), at.In(local)
	_, mine := here.Zone()
	if _, theirs := there.Zone(); theirs == mine {
		return ""
	}
	if there.Weekday() != here.Weekday() {
		return v.T("meet.clock_day", "weekday", v.Weekday(there.Weekday()), "time", v.LocalClock(there))
	}
	return v.LocalClock(there)
}

func first(name string) string {
	f, _, _ := strings.Cut(name, " ")
	return f
}
