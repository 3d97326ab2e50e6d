package app

import (
	"context"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/connect/calendar"
	"github.com/guildhall/guildhall/internal/connect/mail"
	"github.com/guildhall/guildhall/internal/connect/mailin"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/i18n"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// openMeetings wires meetings with calendars and mail.
func (h *House) openMeetings() {
	h.Meetings = &meet.Service{
		DB: h.DB, Clock: h.Clock, MAC: h.Notices.MAC, Post: h.postCalendar,
		Room: func() string { return h.Organisation.Settings().MeetingLink },
	}
	h.Meetings.Work(h.Jobs)
}

func (h *House) meetingPages() *meet.Pages {
	return &meet.Pages{
		Service: h.Meetings, HTML: h.html, Link: h.Link, Print: h.printFeed,
		Agenda: func(v *visit.Visit, m meet.Meeting) (string, error) {
			return h.agendaOf(v.R.Context(), v.By, v, m)
		},
	}
}

// agendaOf is what a meeting is about as it stands now, to one of its people.
func (h *House) agendaOf(ctx context.Context, by access.Actor, say mentoring.Speaker, m meet.Meeting) (string, error) {
	if m.Kind == mentoring.Key && h.on(mentoring.Key)() {
		return (&mentoring.Pages{Service: h.Mentoring}).AgendaOf(ctx, by, say, m)
	}
	return m.Agenda, nil
}

// agendaFor is agendaOf for somebody who is written to.
func (h *House) agendaFor(ctx context.Context, person id.ID, say mentoring.Speaker, m meet.Meeting) (string, error) {
	if m.Kind != mentoring.Key {
		return m.Agenda, nil
	}
	by, err := h.People.ActorOf(ctx, person)
	if err != nil || !by.Known() {
		return m.Agenda, err
	}
	return h.agendaOf(ctx, by, say, m)
}

// postCalendar writes a calendar mail in its reader's words and sends it.
// Without a mail server everybody has the meeting in the app alone.
func (h *House) postCalendar(ctx context.Context, l meet.Letter) error {
	if !h.Mail.Ready() {
		return nil
	}
	p := h.printer(l.Reader.Locale, l.Reader.Zone)
	m := l.Meeting
	agenda, err := h.agendaFor(ctx, l.Reader.Person, p, m)
	if err != nil {
		return err
	}
	m.Agenda = agenda
	key := "meet.mail.invited"
	switch {
	case m.State == meet.Cancelled:
		key = "meet.mail.cancelled"
	case m.Sequence > 0:
		key = "meet.mail.changed"
	}
	stop, err := h.Notices.Token(ctx, l.Reader.Person, meet.NoticeCalendar)
	if err != nil {
		return err
	}
	e := h.calendarEvent(p, m, l.With)
	e.Organiser = calendar.Address{Name: h.Organisation.Settings().Name, Email: h.replyAddress(l.Reply)}
	if e.Organiser.Name == "" {
		e.Organiser.Name = p.T("meet.feed_name")
	}
	mine, _ := m.Attends(l.Reader.Person)
	e.Attendee = &calendar.Attendee{
		Address: calendar.Address{Name: l.Reader.Name, Email: l.Reader.Email}, Answer: mine.Answer, Reply: h.config.Replies != "",
	}
	method, text, err := calendar.Mail(e)
	if err != nil {
		return job.Never(err)
	}
	page := h.mailPage(p)
	page.Items = []mail.Item{{Text: p.T(key, "title", m.Title)}}
	page.Facts = []string{p.T("meet.mail.when", "day", p.Day(m.Start), "time", p.Clock(m.Start), "length", p.Duration(m.End.Sub(m.Start)))}
	if names := named(l.With); len(names) > 0 {
		page.Facts = append(page.Facts, p.T("meet.mail.with", "names", p.List(names)))
	}
	for _, s := range []string{m.Place, m.Link, m.Agenda} {
		if s != "" {
			page.Facts = append(page.Facts, s)
		}
	}
	page.Button = mail.Link{Name: p.T("meet.mail.open"), URL: h.Link("/meetings/" + m.ID.String())}
	page.Links = []mail.Link{{Name: p.T("meet.mail.stop"), URL: h.Link("/unsubscribe/" + stop)}}
	err = h.Mail.Send(ctx, mail.Message{
		To: l.Reader.Email, Name: l.Reader.Name, Subject: p.T(key, "title", m.Title), MessageID: l.MessageID + "@" + h.messageHost(),
		Text: page.Text(), HTML: page.HTML(),
		Unsubscribe: h.Link("/unsubscribe/" + stop), Calendar: &mail.Calendar{Method: method, Text: text},
	})
	if fault.Is(err, fault.Invalid) {
		return job.Never(err)
	}
	return err
}

// takeMail takes the answers of calendar programs until ctx ends.
func (h *House) takeMail(ctx context.Context) error {
	s := &mailin.Server{
		Address: h.config.Replies, Log: h.Log, Known: h.Meetings.KnowsReply,
		Reply: func(ctx context.Context, token string, r calendar.Reply) error {
			return h.Meetings.Replied(ctx, meet.Reply{To: token, UID: r.UID, Sequence: r.Sequence, Answer: r.Answer})
		},
	}
	return s.Serve(ctx, h.config.MailIn)
}

// replyAddress is where a calendar program sends an answer: an address with a
// token that only the reader knows, else that of the house, which nobody reads.
func (h *House) replyAddress(token string) string {
	if local, host, ok := strings.Cut(h.config.Replies, "@"); ok {
		return local + "+" + token + "@" + host
	}
	if m := h.Organisation.Settings().Mail; m != nil {
		return bare(m.From)
	}
	return ""
}

// messageHost is what Message-IDs end in.
func (h *House) messageHost() string {
	if host := h.mailHost(); host != "" {
		return host
	}
	return "guildhall.invalid"
}

// bare is the address alone of "Mill <mill@example.org>".
func bare(address string) string {
	if i := strings.LastIndexByte(address, '<'); i >= 0 {
		return strings.TrimSuffix(address[i+1:], ">")
	}
	return address
}

func named(with []people.Byline) []string {
	var out []string
	for _, b := range with {
		out = append(out, b.Name)
	}
	return out
}

// calendarEvent is a meeting as a calendar shows it to one reader.
func (h *House) calendarEvent(p *i18n.Printer, m meet.Meeting, with []people.Byline) calendar.Event {
	var about []string
	if names := named(with); len(names) > 0 {
		about = append(about, p.T("meet.mail.with", "names", p.List(names)))
	}
	if m.Agenda != "" {
		about = append(about, m.Agenda)
	}
	about = append(about, h.Link("/meetings/"+m.ID.String()))
	return calendar.Event{
		UID: m.UID, Sequence: m.Sequence, Start: m.Start, End: m.End, Zone: m.Zone, Title: m.Title, Text: strings.Join(about, "\n\n"),
		Place: m.Place, Link: m.Link, Cancelled: m.State == meet.Cancelled, Changed: m.Updated,
	}
}

// printFeed prints somebody's meetings for their calendar program.
func (h *House) printFeed(ctx context.Context, person id.ID, list []meet.Meeting, lines map[id.ID]people.Byline) ([]byte, error) {
	var to people.Address
	if err := h.DB.Read(ctx, func(tx *db.Tx) (err error) {
		to, err = people.AddressOf(tx, person)
		return err
	}); err != nil {
		return nil, err
	}
	p := h.printer(to.Locale, "")
	events := make([]calendar.Event, len(list))
	for i, m := range list {
		var with []people.Byline
		for _, a := range m.People {
			if b, ok := lines[a.Person]; ok && a.Person != person {
				with = append(with, b)
			}
		}
		agenda, err := h.agendaFor(ctx, person, p, m)
		if err != nil {
			return nil, err
		}
		m.Agenda = agenda
		events[i] = h.calendarEvent(p, m, with)
	}
	return calendar.Feed(p.T("meet.feed_name"), events)
}

// printer prints for a reader outside a visit.
func (h *House) printer(locale, zone string) *i18n.Printer {
	in, err := time.LoadLocation(zone)
	if err != nil {
		in = time.UTC
	}
	if locale == "" {
		locale = h.Organisation.Settings().Locale
	}
	return h.Catalogue.Printer(locale, in, h.Clock.Now())
}
