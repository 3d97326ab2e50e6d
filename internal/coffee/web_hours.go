package coffee

import (
	"net/http"
	"strconv"
	"time"

	"github.com/guildhall/guildhall/internal/coffee/pages"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/web"
	"github.com/guildhall/guildhall/internal/ui"
)

// offersPage is how many open hours, and how many draws, a page shows.
const offersPage = 10

// offers fills in what stands beside the reader's pairs: open hours and draws.
func (p *Pages) offers(v *visit.Visit, query *web.Values, view *pages.HomeView) error {
	if view.Guest {
		return nil
	}
	after, err := web.ParseCursor(query.Text("hours"))
	if err != nil {
		return err
	}
	hours, more, err := p.Service.AllHours(v.R.Context(), v.By, Mark{At: after.At, ID: after.ID}, offersPage)
	if err != nil {
		return err
	}
	if !after.IsZero() {
		view.HoursNext.Newer = "/coffee#hours"
	}
	if more {
		last := hours[len(hours)-1]
		view.HoursNext.Older = "/coffee?hours=" + web.Cursor{At: last.Created, ID: last.ID}.String() + "#hours"
	}
	var ids []id.ID
	for _, h := range hours {
		ids = append(ids, h.Person)
	}
	lines, err := p.bylines(v, ids)
	if err != nil {
		return err
	}
	for _, h := range hours {
		view.Hours = append(view.Hours, pages.HourRow{Href: "/coffee/hours/" + h.ID.String(), Title: h.Title, Line: v.T("coffee.hours_line", "name", lines[h.Person].Name, "every", h.EveryDays, "day", v.Day(h.Start)), Face: visit.Face(lines[h.Person])})
	}
	if after, err = web.ParseCursor(query.Text("lotteries")); err != nil {
		return err
	}
	lotteries, more, err := p.Service.Lotteries(v.R.Context(), v.By, Mark{At: after.At, ID: after.ID}, offersPage)
	if err != nil {
		return err
	}
	if !after.IsZero() {
		view.LotteriesNext.Newer = "/coffee#lotteries"
	}
	if more {
		last := lotteries[len(lotteries)-1]
		view.LotteriesNext.Older = "/coffee?lotteries=" + web.Cursor{At: last.Created, ID: last.ID}.String() + "#lotteries"
	}
	for _, l := range lotteries {
		view.Lotteries = append(view.Lotteries, pages.LotteryRow{Href: "/coffee/lotteries/" + l.ID.String(), Title: l.Title, Line: v.Day(l.Start), State: v.T("coffee.lottery_state", "state", l.State)})
	}
	return nil
}

// NewHours is GET /coffee/hours/new.
func (p *Pages) NewHours(v *visit.Visit) error { return p.offer(v, http.StatusOK, false, nil, nil) }

// NewLottery is GET /coffee/lotteries/new.
func (p *Pages) NewLottery(v *visit.Visit) error { return p.offer(v, http.StatusOK, true, nil, nil) }

func (p *Pages) offer(v *visit.Visit, status int, lottery bool, form *web.Values, wrong error) error {
	if v.By.Role == access.Guest {
		return fault.Missing()
	}
	view := pages.OfferView{Path: "/coffee/hours", Title: v.T("coffee.hours_offer"), Lede: v.T("coffee.hours_lede"), Seats: "3", Lottery: lottery, MayGuest: v.By.Organises(), Faults: v.Faults(wrong)}
	minutes, from := 20, time.Time{}
	if lottery {
		from = v.Now().Add(entryLeast + 2*time.Hour) // what is suggested still holds when the form is filled in
		view.Path, view.Title, view.Lede, view.Seats, minutes = "/coffee/lotteries", v.T("coffee.lottery_start"), v.T("coffee.lottery_lede"), "4", 60
	}
	every := "7"
	if form != nil {
		view.Name, view.Seats, view.Guest, every = form.Text("title"), form.Text("seats"), form.Text("guest"), form.Text("every")
	}
	for _, k := range []int{7, 14, 28, 0} {
		view.Every = append(view.Every, ui.Option{Value: strconv.Itoa(k), Label: v.T("coffee.every_days", "n", k), On: every == strconv.Itoa(k)})
	}
	var err error
	if view.When, err = p.Service.Meet.WhenFrom(v, []id.ID{v.By.Person}, minutes, from, form, wrong); err != nil {
		return err
	}
	crumb(v)
	return v.ShowStatus(status, view.Title, "coffee", pages.Offer(v.Frame, view))
}

// OfferHours is POST /coffee/hours.
func (p *Pages) OfferHours(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	w := meet.ReadWhen(v, form)
	seats, _ := form.Int("seats", 1) // what is no number is told with everything else
	every, err := form.Int("every", 7)
	if err != nil {
		every = -1 // 0 is once
	}
	n, err := p.Service.Offer(v.R.Context(), v.By, Hours{
		Title: form.Text("title"), Place: w.Place, Link: w.Link, Zone: w.Zone, Start: w.Start, EveryDays: every, Minutes: int(w.End.Sub(w.Start) / time.Minute), Seats: seats,
	})
	if fault.Is(err, fault.Invalid) {
		return p.offer(v, http.StatusUnprocessableEntity, false, form, err)
	}
	if err != nil {
		return err
	}
	return v.See("/coffee/hours/" + n.String())
}

// Hours is GET /coffee/hours/{id}.
func (p *Pages) Hours(v *visit.Visit) error { return p.hours(v, http.StatusOK, nil) }

func (p *Pages) hours(v *visit.Visit, status int, wrong error) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	h, seats, err := p.Service.OpenHours(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	people := []id.ID{h.Person}
	for _, x := range seats {
		if x.Person != 0 && x.Person != v.By.Person {
			people = append(people, x.Person)
		}
	}
	lines, err := p.bylines(v, people)
	if err != nil {
		return err
	}
	view := pages.HoursView{Path: "/coffee/hours/" + n.String(), Title: h.Title, Face: visit.Face(lines[h.Person]), Own: h.Person == v.By.Person, Closed: h.State != "open", Faults: v.Faults(wrong)}
	view.Facts = []ui.Fact{{Term: v.T("coffee.offer_every"), Text: v.T("coffee.every_days", "n", h.EveryDays)}, {Term: v.T("coffee.where"), Text: p.where(v, h.Place, h.Link)}}
	if len(seats) > 0 {
		view.Facts = append(view.Facts, clockFact(v, h.Zone, seats[0].Start)...)
	}
	for _, x := range seats {
		seat := pages.SeatView{Value: x.Start.UTC().Format(time.RFC3339), Label: v.T("coffee.meeting", "day", v.Day(x.Start), "time", v.Clock(x.Start)), Taken: x.Taken, Mine: x.Mine}
		if x.Meeting != 0 {
			seat.Meeting, seat.Who = "/meetings/"+x.Meeting.String(), lines[x.Person].Name
		}
		view.Booked = view.Booked || x.Mine
		view.Seats = append(view.Seats, seat)
	}
	crumb(v)
	return v.ShowStatus(status, h.Title, "coffee", pages.Hours(v.Frame, view))
}

// clockFact says what the reader's clock has to do with that of the zone in which
// the time was said; nothing when both show the same.
func clockFact(v *visit.Visit, zone string, at time.Time) []ui.Fact {
	there := meet.Clock(v, zone, at)
	if there == "" {
		return nil
	}
	return []ui.Fact{{Term: v.T("coffee.clock"), Text: v.T("coffee.clock_text", "here", v.Clock(at), "there", there, "zone", zone)}}
}

func (p *Pages) where(v *visit.Visit, place, link string) string {
	switch {
	case place != "":
		return place
	case link != "":
		return link
	case p.Service.Meet.Room != nil && p.Service.Meet.Room() != "":
		return v.T("meet.online") // a link comes with the meeting
	}
	return v.T("coffee.where_later")
}

// Book is POST /coffee/hours/{id}/bookings.
func (p *Pages) Book(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	h, _, err := p.Service.OpenHours(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	start, err := time.Parse(time.RFC3339, form.Text("seat"))
	if err != nil {
		start = time.Time{} // no seat begins then
	}
	err = p.Service.Book(v.R.Context(), v.By, n, start, h.Title)
	if fault.Is(err, fault.Invalid) {
		return p.hours(v, http.StatusUnprocessableEntity, err)
	}
	if fault.Is(err, fault.Conflict) {
		return p.hours(v, http.StatusConflict, err)
	}
	if err != nil {
		return err
	}
	ui.SetFlash(v.W, ui.Flash{Text: v.T("coffee.seat_booked")})
	return v.See("/coffee/hours/" + n.String())
}

// CloseHours is POST /coffee/hours/{id}/closing.
func (p *Pages) CloseHours(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := p.Service.CloseHours(v.R.Context(), v.By, n); err != nil {
		return err
	}
	return v.See("/coffee/hours/" + n.String())
}

// StartLottery is POST /coffee/lotteries.
func (p *Pages) StartLottery(v *visit.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	w := meet.ReadWhen(v, form)
	seats, _ := form.Int("seats", 1) // what is no number is told with everything else
	n, err := p.Service.StartLottery(v.R.Context(), v.By, Lottery{
		Title: form.Text("title"), Place: w.Place, Link: w.Link, Zone: w.Zone, Start: w.Start, Minutes: int(w.End.Sub(w.Start) / time.Minute), Seats: seats,
	}, form.Text("guest"))
	if fault.Is(err, fault.Invalid) {
		return p.offer(v, http.StatusUnprocessableEntity, true, form, err)
	}
	if err != nil {
		return err
	}
	return v.See("/coffee/lotteries/" + n.String())
}

// Lottery is GET /coffee/lotteries/{id}.
func (p *Pages) Lottery(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	l, mine, meeting, err := p.Service.OpenLottery(v.R.Context(), v.By, n)
	if err != nil {
		return err
	}
	lines, err := p.bylines(v, []id.ID{l.Guest})
	if err != nil {
		return err
	}
	view := pages.LotteryView{
		Path: "/coffee/lotteries/" + n.String(), Title: l.Title, Face: visit.Face(lines[l.Guest]), Open: l.State == "open", In: mine == "in",
		Guest: l.Guest == v.By.Person, Tends: l.Author == v.By.Author || v.By.Organises(),
	}
	state := l.State
	switch {
	case mine == "won", mine == "lost":
		state = mine
	case view.Guest && state != "cancelled":
		state = "guest_" + state
	}
	if meeting != 0 {
		view.Meeting = "/meetings/" + meeting.String()
	}
	view.State = v.T("coffee.lottery_now", "state", state, "day", v.Day(l.DrawAt))
	view.Facts = []ui.Fact{
		{Term: v.T("coffee.when"), Text: v.T("coffee.meeting", "day", v.Day(l.Start), "time", v.Clock(l.Start))},
		{Term: v.T("coffee.where"), Text: p.where(v, l.Place, l.Link)},
		{Term: v.T("coffee.seats"), Text: strconv.Itoa(l.Seats)},
	}
	view.Facts = append(view.Facts, clockFact(v, l.Zone, l.Start)...)
	crumb(v)
	return v.Show(l.Title, "coffee", pages.Lottery(v.Frame, view))
}

// Enter is POST /coffee/lotteries/{id}/entry.
func (p *Pages) Enter(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	form, err := v.Form()
	if err != nil {
		return err
	}
	if err := p.Service.Enter(v.R.Context(), v.By, n, form.Text("do") != "out"); err != nil {
		return err
	}
	return v.See("/coffee/lotteries/" + n.String())
}

// CancelLottery is POST /coffee/lotteries/{id}/cancellation.
func (p *Pages) CancelLottery(v *visit.Visit) error {
	n, err := v.ID("id")
	if err != nil {
		return err
	}
	if err := p.Service.CancelLottery(v.R.Context(), v.By, n); err != nil {
		return err
	}
	return v.See("/coffee/lotteries/" + n.String())
}
