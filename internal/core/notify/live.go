package notify

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/login"
	"github.com/guildhall/guildhall/internal/core/visit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// PartsChannel announces that a part of pages changed: its name, then the
// people who see it, with spaces between.
const PartsChannel = "parts"

// Changed lets the open pages of people load a part anew: elements of which
// data-part is the name hear the trigger "live". What they then read is asked
// for as on any other visit. The name has letters, digits and hyphens.
func Changed(tx *db.Tx, part string, people []id.ID) {
	var b strings.Builder
	b.WriteString(part)
	for _, p := range people {
		b.WriteByte(' ')
		b.WriteString(p.String())
	}
	tx.Notify(PartsChannel, b.String())
}

// partFor is the selector of the elements that an announcement concerns for
// the person, "" for none. When announcements were lost it is all of them.
func partFor(announced string, person id.ID) string {
	if announced == "" {
		return "[data-part]"
	}
	f := strings.Fields(announced)
	if !slices.Contains(f[1:], person.String()) {
		return ""
	}
	return "[data-part=" + f[0] + "]"
}

// Live is GET /live: the stream of server-sent events of one browser. It says
// how many notices wait, whenever that changes, and which parts of pages are to
// be loaded anew. It ends when the login does.
func (p *Pages) Live(v *visit.Visit) error {
	ctx := v.R.Context()
	news, err := p.Service.DB.Listen(ctx, Channel)
	if err != nil {
		return err
	}
	ends, err := p.Service.DB.Listen(ctx, login.Channel)
	if err != nil {
		return err
	}
	parts, err := p.Service.DB.Listen(ctx, PartsChannel)
	if err != nil {
		return err
	}
	h := v.W.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	flush := http.NewResponseController(v.W)
	beat := time.NewTicker(25 * time.Second)
	defer beat.Stop()
	last := -1
	tell := func() error {
		var n int
		if err := p.Service.DB.Read(ctx, func(tx *db.Tx) (err error) {
			n, err = Unread(tx, v.By)
			return err
		}); err != nil || n == last {
			return err
		}
		last = n
		_, err := fmt.Fprintf(v.W, "data: {\"of\":\"notices\",\"count\":%d}\n\n", n)
		return err
	}
	for {
		if err := tell(); err != nil {
			return nil // the browser is gone
		}
		if err := flush.Flush(); err != nil {
			return nil
		}
	wait:
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-p.Ends:
				return nil
			case who := <-news:
				if who == v.By.Person.String() || who == "" {
					break wait
				}
			case announced := <-parts:
				if sel := partFor(announced, v.By.Person); sel != "" {
					if _, err := fmt.Fprintf(v.W, "data: {\"refresh\":%q}\n\n", sel); err != nil {
						return nil
					}
					break wait // which sends it off
				}
			case who := <-ends:
				if who != v.By.Person.String() && who != "" {
					continue
				}
				now, err := p.Logins.Resolve(ctx, visit.Token(v.R))
				if err != nil || !now.Known() {
					return nil
				}
			case <-beat.C:
				if _, err := fmt.Fprint(v.W, ":\n\n"); err != nil {
					return nil
				}
				break wait
			}
		}
	}
}
