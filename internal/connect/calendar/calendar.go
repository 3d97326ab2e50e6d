// Package calendar speaks iCalendar (RFC 5545) and its mail (RFC 5546, RFC
// 6047): invitations, changes and cancellations that Outlook, Google and Apple
// take, feeds they can subscribe to, and the replies they send.
package calendar

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	ical "github.com/emersion/go-ical"
)

// product names who writes the calendars.
const product = "-//Guildhall//Guildhall//EN"

// Event is a meeting as a calendar program shows it.
type Event struct {
	UID       string
	Sequence  int
	Start     time.Time
	End       time.Time
	Zone      string // IANA; its clock is the one the event is kept by
	Title     string
	Text      string // plain
	Place     string
	Link      string // "" for none
	Cancelled bool
	Changed   time.Time
	Organiser Address // zero in a feed
	Attendee  *Attendee
}

// Address is a mail address with a name.
type Address struct{ Name, Email string }

// Attendee is the one reader of an invitation. Others are named in the text:
// nobody learns an address from an invitation.
type Attendee struct {
	Address
	Answer string // "", yes, no, maybe
	Reply  bool   // answers to the organiser's address are read
}

// Method of a calendar in a mail.
const (
	Request = "REQUEST"
	Cancel  = "CANCEL"
	publish = "PUBLISH"
)

// Mail prints the calendar of a mail about one event, and its method.
//
// Errors: an unknown zone.
func Mail(e Event) (method string, text []byte, err error) {
	method = Request
	if e.Cancelled {
		method = Cancel
	}
	text, err = write(method, "", []Event{e})
	return method, text, err
}

// Feed prints a calendar to subscribe to.
//
// Errors: an unknown zone.
func Feed(name string, events []Event) ([]byte, error) { return write(publish, name, events) }

func write(method, name string, events []Event) ([]byte, error) {
	c := ical.NewCalendar()
	c.Props.SetText(ical.PropProductID, product)
	c.Props.SetText(ical.PropVersion, "2.0")
	c.Props.SetText(ical.PropCalendarScale, "GREGORIAN")
	c.Props.SetText(ical.PropMethod, method)
	if name != "" {
		c.Props.SetText(ical.PropName, clean(name))
		c.Props.SetText("X-WR-CALNAME", clean(name))
		set(c.Component, ical.PropRefreshInterval, "PT1H").Params.Set("VALUE", "DURATION")
	}
	zones, err := zonesOf(events)
	if err != nil {
		return nil, err
	}
	c.Children = zones
	for _, e := range events {
		v, err := component(e)
		if err != nil {
			return nil, err
		}
		c.Children = append(c.Children, v)
	}
	if len(events) == 0 {
		// A calendar holds at least one component; an empty feed describes a clock.
		c.Children = append(c.Children, zone(time.UTC, time.Unix(0, 0), time.Unix(0, 0)))
	}
	var b bytes.Buffer
	if err := ical.NewEncoder(&b).Encode(c); err != nil {
		return nil, fmt.Errorf("print a calendar: %w", err)
	}
	return fold(b.Bytes()), nil
}

// zonesOf describes the zones of the events, each once.
func zonesOf(events []Event) ([]*ical.Component, error) {
	type span struct{ from, until time.Time }
	spans := map[string]span{}
	var names []string
	for _, e := range events {
		if utc(e.Zone) {
			continue
		}
		s, ok := spans[e.Zone]
		if !ok {
			names = append(names, e.Zone)
			s = span{e.Start, e.End}
		}
		if e.Start.Before(s.from) {
			s.from = e.Start
		}
		if e.End.After(s.until) {
			s.until = e.End
		}
		spans[e.Zone] = s
	}
	out := make([]*ical.Component, len(names))
	for i, z := range names {
		loc, err := time.LoadLocation(z)
		if err != nil {
			return nil, err
		}
		out[i] = zone(loc, spans[z].from, spans[z].until)
	}
	return out, nil
}

// fold breaks lines after 75 bytes, never within a character (RFC 5545, 3.1).
func fold(text []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.SplitSeq(bytes.TrimSuffix(text, []byte("\r\n")), []byte("\r\n")) {
		for most := 75; len(line) > most; most = 74 {
			cut := most
			for !utf8.RuneStart(line[cut]) {
				cut--
			}
			out.Write(line[:cut])
			out.WriteString("\r\n ")
			line = line[cut:]
		}
		out.Write(line)
		out.WriteString("\r\n")
	}
	return out.Bytes()
}

func utc(zone string) bool { return zone == "" || zone == "UTC" || zone == "Etc/UTC" }

const local = "20060102T150405"

// set puts a value that needs no escaping.
func set(c *ical.Component, name, value string) *ical.Prop {
	p := ical.NewProp(name)
	p.Value = value
	c.Props.Set(p)
	return p
}

func component(e Event) (*ical.Component, error) {
	v := ical.NewComponent(ical.CompEvent)
	v.Props.SetText(ical.PropUID, e.UID)
	v.Props.SetDateTime(ical.PropDateTimeStamp, e.Changed.UTC())
	v.Props.SetDateTime(ical.PropLastModified, e.Changed.UTC())
	set(v, ical.PropSequence, strconv.Itoa(e.Sequence))
	if utc(e.Zone) {
		v.Props.SetDateTime(ical.PropDateTimeStart, e.Start.UTC())
		v.Props.SetDateTime(ical.PropDateTimeEnd, e.End.UTC())
	} else {
		loc, err := time.LoadLocation(e.Zone)
		if err != nil {
			return nil, err
		}
		set(v, ical.PropDateTimeStart, e.Start.In(loc).Format(local)).Params.Set(ical.PropTimezoneID, e.Zone)
		set(v, ical.PropDateTimeEnd, e.End.In(loc).Format(local)).Params.Set(ical.PropTimezoneID, e.Zone)
	}
	v.Props.SetText(ical.PropSummary, clean(e.Title))
	if e.Text != "" {
		v.Props.SetText(ical.PropDescription, clean(e.Text))
	}
	if e.Place != "" {
		v.Props.SetText(ical.PropLocation, clean(e.Place))
	} else if e.Link != "" {
		v.Props.SetText(ical.PropLocation, clean(e.Link))
	}
	if e.Link != "" {
		set(v, ical.PropURL, clean(e.Link))
	}
	status := "CONFIRMED"
	if e.Cancelled {
		status = "CANCELLED"
	}
	set(v, ical.PropStatus, status)
	set(v, ical.PropTransparency, "OPAQUE")
	if e.Organiser.Email != "" {
		set(v, ical.PropOrganizer, "mailto:"+e.Organiser.Email).Params.Set(ical.ParamCommonName, name(e.Organiser.Name))
	}
	if a := e.Attendee; a != nil {
		status := map[string]string{"yes": "ACCEPTED", "no": "DECLINED", "maybe": "TENTATIVE"}[a.Answer]
		if status == "" {
			status = "NEEDS-ACTION"
		}
		p := set(v, ical.PropAttendee, "mailto:"+a.Email)
		p.Params.Set(ical.ParamCalendarUserType, "INDIVIDUAL")
		p.Params.Set(ical.ParamRole, "REQ-PARTICIPANT")
		p.Params.Set(ical.ParamParticipationStatus, status)
		p.Params.Set(ical.ParamCommonName, name(a.Name))
		p.Params.Set(ical.ParamRSVP, strings.ToUpper(strconv.FormatBool(a.Reply)))
	}
	return v, nil
}

// clean takes away what no calendar may hold: control characters but the line
// break.
func clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// name is clean for a parameter, which holds no quote and no line break (RFC
// 5545, 3.2). Some programs take a backslash there for an escape.
func name(s string) string {
	return strings.NewReplacer("\"", "'", "\n", " ", "\\", "/").Replace(clean(s))
}

// Reply is the answer of a calendar program to an invitation.
type Reply struct {
	UID      string
	Sequence int
	Answer   string // yes, no, maybe
}

// ErrNoReply says that a calendar is something else than an answer.
var ErrNoReply = errors.New("calendar: no reply to an invitation")

// maxReply is how much of a reply is read, in bytes.
const maxReply = 256 << 10

// ParseReply reads the calendar of a REPLY (RFC 5546, 3.2.3). A wish for
// another time (COUNTER) is read as maybe.
//
// Errors: ErrNoReply, and what is wrong with the text.
func ParseReply(r io.Reader) (Reply, error) {
	var out Reply
	text, err := io.ReadAll(io.LimitReader(r, maxReply))
	if err != nil {
		return out, err
	}
	c, err := decode(text)
	if err != nil {
		return out, fmt.Errorf("read a reply: %w", err)
	}
	method := value(c.Component, ical.PropMethod)
	if method != "REPLY" && method != "COUNTER" {
		return out, ErrNoReply
	}
	var e *ical.Component
	for _, k := range c.Children {
		if k.Name == ical.CompEvent {
			e = k
			break
		}
	}
	if e == nil {
		return out, ErrNoReply
	}
	if out.UID, err = e.Props.Text(ical.PropUID); err != nil {
		return out, fmt.Errorf("read a reply: %w", err)
	}
	if p := e.Props.Get(ical.PropSequence); p != nil {
		if out.Sequence, err = strconv.Atoi(strings.TrimSpace(p.Value)); err != nil || out.Sequence < 0 {
			return out, ErrNoReply
		}
	}
	for _, a := range e.Props.Values(ical.PropAttendee) {
		switch strings.ToUpper(a.Params.Get(ical.ParamParticipationStatus)) {
		case "ACCEPTED":
			out.Answer = "yes"
		case "DECLINED":
			out.Answer = "no"
		case "TENTATIVE":
			out.Answer = "maybe"
		}
	}
	if method == "COUNTER" {
		out.Answer = "maybe"
	}
	if out.UID == "" || out.Answer == "" {
		return out, ErrNoReply
	}
	return out, nil
}

// decode reads a calendar that comes from outside. The decoder trips over some
// lines that end too early; that is an error like any other.
func decode(text []byte) (c *ical.Calendar, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("malformed: %v", x)
		}
	}()
	return ical.NewDecoder(bytes.NewReader(text)).Decode()
}

func value(c *ical.Component, name string) string {
	if p := c.Props.Get(name); p != nil {
		return strings.ToUpper(strings.TrimSpace(p.Value))
	}
	return ""
}
