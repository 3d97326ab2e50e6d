package app

import (
	"cmp"
	"context"
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
	if !h.Mail.Ready() || h.Organisation.Settings().OutgoingPaused {
		return job.Later(10 * time.Minute)
	}
	p := h.printer(l.Reader.Locale, l.Reader.Zone)
	page, err := h.letterPage(ctx, p, l)
	if err != nil {
		return err
	}
	subject := notify.Sentence(p, l.Notices[0])
	if more := len(l.Notices) + l.More - 1; more > 0 {
		subject = p.T("notice.mail.subject_more", "first", subject, "n", more)
	}
	err = h.Mail.Send(ctx, mail.Message{
		To: l.Reader.Email, Name: l.Reader.Name, Subject: subject, Text: page.Text(), HTML: page.HTML(), MessageID: l.MessageID,
		Unsubscribe: h.Link(l.Unsubscribe),
	})
	if fault.Is(err, fault.Invalid) {
		return job.Never(err)
	}
	return err
}

// letterPage is what a mail about notices shows.
func (h *House) letterPage(ctx context.Context, p *i18n.Printer, l notify.Letter) (mail.Page, error) {
	page := h.mailPage(p)
	page.Hello = p.T("notice.mail.hello", "name", firstName(l.Reader.Name))
	page.Foot = []string{p.T("notice.mail.why")}
	page.Links = []mail.Link{{Name: p.T("notice.choices"), URL: h.Link("/settings/notices")}, {Name: p.T("notice.unsubscribe"), URL: h.Link(l.Unsubscribe)}}
	if n := len(l.Notices) + l.More; n > 1 {
		page.Lede = p.T("notice.mail.many", "n", n)
	}
	if l.More > 0 {
		page.Note = p.T("notice.mail.more", "n", l.More)
	}
	for _, n := range l.Notices {
		link := mail.Link{Name: p.T("notice.mail.open"), URL: h.Link(n.About.URL)}
		switch n.Kind {
		case meet.NoticeOver:
			// "Did you meet?" is answered from the mail, without signing in.
			path, err := h.Meetings.MetPath(ctx, n.About.ID, l.Reader.Person)
			if err != nil {
				return mail.Page{}, err
			}
			link = mail.Link{Name: p.T("notice.mail.answer"), URL: h.Link(path)}
		case echo.NoticeAsked:
			path, err := h.Echo.Path(ctx, n.About.ID, l.Reader.Person)
			if err != nil {
				return mail.Page{}, err
			}
			link = mail.Link{Name: p.T("notice.mail.answer"), URL: h.Link(path)}
		}
		item := mail.Item{Text: notify.Sentence(p, n), Small: p.Exact(n.At), Link: link}
		if len(l.Notices) == 1 && l.More == 0 {
			page.Button, item.Link.Name = link, ""
			item.Link.URL = ""
		}
		page.Items = append(page.Items, item)
	}
	return page, nil
}

// mailPage is a mail without words yet.
func (h *House) mailPage(p *i18n.Printer) mail.Page {
	return mail.Page{Lang: p.Lang(), Dir: p.Dir(), From: cmp.Or(h.Organisation.Settings().Name, "Guildhall")}
}

// firstName is what somebody is greeted with.
func firstName(name string) string {
	first, _, _ := strings.Cut(name, " ")
	return first
}
