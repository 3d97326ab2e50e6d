package app

import (
	"context"
	"html"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/coffee"
	"github.com/guildhall/guildhall/internal/connect/mail"
	"github.com/guildhall/guildhall/internal/core/echo"
	"github.com/guildhall/guildhall/internal/core/meet"
	"github.com/guildhall/guildhall/internal/core/notify"
	"github.com/guildhall/guildhall/internal/directory"
	"github.com/guildhall/guildhall/internal/mentoring"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/i18n"
	"github.com/guildhall/guildhall/internal/platform/job"
	"github.com/guildhall/guildhall/internal/swaps"
	"github.com/guildhall/guildhall/internal/teamhour"
	"github.com/guildhall/guildhall/internal/welcome"
)

// openNotices wires whom events concern and how they are told.
func (h *House) openNotices() {
	h.Notices = &notify.Service{
		DB: h.DB, Clock: h.Clock, Sources: []notify.Source{ask.Notices(h.markdown.Mentions), meet.Notices(), mentoring.Notices(), coffee.Notices(), swaps.Notices(), echo.Notices(), welcome.Notices(), teamhour.Notices(), directory.Notices()}, Post: h.postLetter, Mails: h.Mail.Ready,
	}
	h.Notices.Work(h.Jobs)
	h.Effects.Add(h.Notices.Effect())
}

// postLetter writes a mail in its reader's words and sends it. It says what
// happened and where to read on; it never quotes anybody.
func (h *House) postLetter(ctx context.Context, l notify.Letter) error {
	if !h.Mail.Ready() {
		return job.Later(10 * time.Minute)
	}
	zone, err := time.LoadLocation(l.Reader.Zone)
	if err != nil {
		zone = time.UTC
	}
	locale := l.Reader.Locale
	if locale == "" {
		locale = h.Organisation.Settings().Locale
	}
	p := h.Catalogue.Printer(locale, zone, h.Clock.Now())
	subject := notify.Sentence(p, l.Notices[0])
	if l.Digest {
		subject = p.T("notice.mail.digest_subject", "n", len(l.Notices))
	}
	text, rich, err := h.letterText(ctx, p, l)
	if err != nil {
		return err
	}
	err = h.Mail.Send(ctx, mail.Message{
		To: l.Reader.Email, Name: l.Reader.Name, Subject: subject, Text: text, HTML: rich, MessageID: l.MessageID,
		Unsubscribe: h.Link(l.Unsubscribe), Headers: map[string]string{"Auto-Submitted": "auto-generated"},
	})
	if fault.Is(err, fault.Invalid) {
		return job.Never(err)
	}
	return err
}

// letterText prints the mail as plain text and as HTML.
func (h *House) letterText(ctx context.Context, p *i18n.Printer, l notify.Letter) (text, rich string, err error) {
	first, _, _ := strings.Cut(l.Reader.Name, " ")
	var t, r strings.Builder
	hello := p.T("notice.mail.hello", "name", first)
	t.WriteString(hello + "\n\n")
	r.WriteString("<!DOCTYPE html><html lang=\"" + p.Lang() + "\" dir=\"" + p.Dir() + "\"><meta charset=\"utf-8\"><body><p>" + html.EscapeString(hello) + "</p>")
	for _, n := range l.Notices {
		sentence, link := notify.Sentence(p, n), h.Link(n.About.URL)
		if n.Kind == meet.NoticeOver {
			// "Did you meet?" is answered from the mail, without signing in.
			path, err := h.Meetings.MetPath(ctx, n.About.ID, l.Reader.Person)
			if err != nil {
				return "", "", err
			}
			link = h.Link(path)
		}
		if n.Kind == echo.NoticeAsked {
			path, err := h.Echo.Path(ctx, n.About.ID, l.Reader.Person)
			if err != nil {
				return "", "", err
			}
			link = h.Link(path)
		}
		t.WriteString(sentence + "\n" + link + "\n\n")
		r.WriteString("<p><a href=\"" + html.EscapeString(link) + "\">" + html.EscapeString(sentence) + "</a></p>")
	}
	why := p.T("notice.mail.why", "settings", h.Link("/settings/notices"))
	stop := p.T("notice.mail.stop", "link", h.Link(l.Unsubscribe))
	t.WriteString("-- \n" + why + "\n" + stop + "\n")
	r.WriteString("<hr><p><small>" + html.EscapeString(why) + "<br>" + html.EscapeString(stop) + "</small></p></body></html>")
	return t.String(), r.String(), nil
}
