// Package organisation keeps the organisation's own settings. They are few and
// read by every page, so each server holds a copy and reads it again whenever
// one of them changes.
package organisation

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
)

// Settings are what an admin chose. The zero value of each is a working
// default.
type Settings struct {
	Name      string `json:"name"`       // of the organisation
	Locale    string `json:"locale"`     // BCP 47, English when empty
	TimeZone  string `json:"time_zone"`  // IANA, UTC when empty
	PublicURL string `json:"public_url"` // where people reach it
	SetUp     bool   `json:"set_up"`     // the guided set-up is finished
	// SignInHelp names whom to ask when signing in does not work.
	SignInHelp string `json:"sign_in_help,omitempty"`
	Demo       bool   `json:"demo"` // a demo organisation: sign-in links are shown
	// Practices says which practices are on. A practice that is not named is
	// off, except ask, which is on from the start.
	Practices map[string]bool `json:"practices,omitempty"`
	// AskHours are the working hours after which a question nobody answered is
	// put to more people; 2, 8 and 24 when empty.
	AskHours []int `json:"ask_hours,omitempty"`
	// Desk are the people (ids) with whom a question ends.
	Desk []string `json:"desk,omitempty"`
	// Mail says how mail is sent; nil sends none.
	Mail *Mail `json:"mail,omitempty"`
	// MeetingLink is a link of the organisation's video tool, for meetings
	// without a place; {room} in it becomes a name nobody can guess.
	MeetingLink string `json:"meeting_link,omitempty"`
	// Swaps are the rules of skill swaps.
	Swaps SwapRules `json:"swaps,omitzero"`
	// OutgoingPaused holds back mail, after a restore until the admin says go.
	OutgoingPaused bool `json:"outgoing_paused,omitempty"`
}

// Mail is an SMTP server. Password and OAuth secrets stand here too: the
// database is the one place an admin guards.
type Mail struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	TLS      string `json:"tls"` // starttls, tls, none
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
	From     string `json:"from"`
	// OAuth gets tokens with the refresh token where the server wants XOAUTH2.
	OAuth *OAuth `json:"oauth,omitempty"`
}

// OAuth is the client credential of a mail account.
type OAuth struct {
	TokenURL     string `json:"token_url"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope,omitempty"`
}

// SwapRules are the rules of skill swaps. Zero values are the usual ones.
type SwapRules struct {
	Longest int `json:"longest,omitempty"` // people in a ring, 2 to 5; 0 is 3
	Weeks   int `json:"weeks,omitempty"`   // a round every 1, 2 or 4 weeks; 0 is 1, negative is never by itself
	Days    int `json:"days,omitempty"`    // to accept a ring; 0 is 4
	// Credit is how many hours somebody may learn ahead of teaching; 0 lets
	// people use only hours they are owed.
	Credit int `json:"credit,omitempty"`
}

// On tells whether a practice is on.
func (s Settings) On(practice string) bool { return practice == "ask" || s.Practices[practice] }

// Widening returns the working hours after which a question is put to more
// people.
func (s Settings) Widening() []time.Duration {
	hours := s.AskHours
	if len(hours) == 0 {
		hours = []int{2, 8, 24}
	}
	out := make([]time.Duration, len(hours))
	for i, h := range hours {
		out[i] = time.Duration(h) * time.Hour
	}
	return out
}

const (
	key     = "organisation"
	channel = "settings"
)

// Keeper hands out the settings and changes them.
type Keeper struct {
	db    *db.DB
	clock clock.Clock
	held  atomic.Pointer[Settings]
}

// Open reads the settings.
func Open(ctx context.Context, d *db.DB, c clock.Clock) (*Keeper, error) {
	k := &Keeper{db: d, clock: c}
	k.held.Store(&Settings{})
	return k, k.reload(ctx)
}

// Settings returns the present settings. They must not be changed in place.
func (k *Keeper) Settings() Settings { return *k.held.Load() }

func (k *Keeper) reload(ctx context.Context) error {
	var s Settings
	err := k.db.Read(ctx, func(tx *db.Tx) (err error) {
		s, err = read(tx)
		return err
	})
	if err == nil {
		k.held.Store(&s)
	}
	return err
}

func read(tx *db.Tx) (s Settings, err error) {
	var text string
	ok, err := tx.Row(readSQL, []any{&text}, key)
	if err != nil || !ok {
		return s, err
	}
	return s, json.Unmarshal([]byte(text), &s)
}

// Change lets the rule change the settings and keeps them.
func (k *Keeper) Change(ctx context.Context, rule func(*Settings) error) error {
	err := k.db.Write(ctx, func(tx *db.Tx) error {
		s, err := read(tx)
		if err != nil {
			return err
		}
		if err := rule(&s); err != nil {
			return err
		}
		text, err := json.Marshal(s)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(writeSQL, key, string(text), db.At(k.clock.Now())); err != nil {
			return err
		}
		tx.Notify(channel, "")
		return nil
	})
	if err != nil {
		return err
	}
	return k.reload(ctx)
}

// Run reads the settings again whenever a server changed them, until ctx ends.
func (k *Keeper) Run(ctx context.Context, log *slog.Logger) error {
	changed, err := k.db.Listen(ctx, channel)
	if err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
			if err := k.reload(ctx); err != nil && ctx.Err() == nil {
				log.Error("settings could not be read again", "error", err)
			}
		}
	}
}
