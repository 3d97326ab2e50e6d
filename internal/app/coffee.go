package app

import (
	"github.com/guildhall/guildhall/internal/coffee"
)

// openCoffee wires coffee with meetings, jobs and what follows from events.
func (h *House) openCoffee() {
	h.Coffee = &coffee.Service{DB: h.DB, Clock: h.Clock, Meet: h.Meetings, People: h.People}
	h.Coffee.Work(h.Jobs, h.on(coffee.Key))
	h.Effects.Add(h.Coffee.Effect())
	h.People.OnLeave(coffee.LeaveAll)
}

func (h *House) coffeeRoutes() []Route {
	c := &coffee.Pages{Service: h.Coffee}
	return []Route{
		{"GET /coffee", SignedIn, c.Home},
		{"GET /coffee/groups/new", SignedIn, c.New},
		{"POST /coffee/groups", SignedIn, c.Start},
		{"GET /coffee/groups/{id}", SignedIn, c.Group},
		{"POST /coffee/groups/{id}", SignedIn, c.Edit},
		{"GET /coffee/groups/{id}/edit", SignedIn, c.EditForm},
		{"POST /coffee/groups/{id}/membership", SignedIn, c.Membership},
		{"POST /coffee/groups/{id}/rounds", SignedIn, c.Draw},
		{"POST /coffee/groups/{id}/closing", SignedIn, c.Close},
		{"GET /coffee/avoid", SignedIn, c.Avoid},
		{"POST /coffee/avoid", SignedIn, c.SetAvoid},
		{"POST /coffee/lunch", SignedIn, c.Lunch},
		{"GET /coffee/kept", SignedIn, c.Kept},
		{"POST /coffee/kept/{id}/removal", SignedIn, c.Drop},
		{"GET /coffee/hours/new", SignedIn, c.NewHours},
		{"POST /coffee/hours", SignedIn, c.OfferHours},
		{"GET /coffee/hours/{id}", SignedIn, c.Hours},
		{"POST /coffee/hours/{id}/bookings", SignedIn, c.Book},
		{"POST /coffee/hours/{id}/closing", SignedIn, c.CloseHours},
		{"GET /coffee/lotteries/new", SignedIn, c.NewLottery},
		{"POST /coffee/lotteries", SignedIn, c.StartLottery},
		{"GET /coffee/lotteries/{id}", SignedIn, c.Lottery},
		{"POST /coffee/lotteries/{id}/entry", SignedIn, c.Enter},
		{"POST /coffee/lotteries/{id}/cancellation", SignedIn, c.CancelLottery},
		{"GET /coffee/pairs/{id}", SignedIn, c.Pair},
		{"GET /coffee/pairs/{id}/meeting", SignedIn, c.PlanForm},
		{"POST /coffee/pairs/{id}/meeting", SignedIn, c.Plan},
		{"POST /coffee/pairs/{id}/confirmation", SignedIn, c.Confirm},
		{"POST /coffee/pairs/{id}/words", SignedIn, c.Thank},
	}
}
