package login

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/throttle"
)

// How often somebody may try. A whole site stands behind one address when a
// shift begins, and what succeeds is given back, so an address may fail far
// more often than one account from it. The account's own limit holds against
// many addresses that guess one PIN: about 300 guesses a day of a million.
var (
	perAddress = throttle.Rate{Burst: 200, Every: 10 * time.Second}
	perPair    = throttle.Rate{Burst: 8, Every: time.Minute}
	perAccount = throttle.Rate{Burst: 30, Every: 5 * time.Minute}
	perLink    = throttle.Rate{Burst: 4, Every: 5 * time.Minute}
)

// limit is one key and how often it may be taken.
type limit struct {
	key  string
	rate throttle.Rate
}

// network is what counts as one address: a machine of IPv4, the /64 that one
// customer has of IPv6.
func network(a netip.Addr) string {
	if !a.IsValid() {
		return "local"
	}
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// tries counts somebody's tries at the door, however their number is written:
// small letters and capitals are no new tries.
func tries(who string, from netip.Addr) []limit {
	who = strings.ToLower(who)
	net := network(from)
	return []limit{
		{throttle.Key("address", net), perAddress},
		{throttle.Key("pair", who, net), perPair},
		{throttle.Key("account", who), perAccount},
	}
}

func takeAll(tx *db.Tx, limits []limit) error {
	for _, l := range limits {
		wait, err := throttle.Take(tx, l.key, l.rate)
		if err != nil {
			return err
		}
		if wait > 0 {
			return throttle.Fault(wait)
		}
	}
	return nil
}

func giveAll(tx *db.Tx, limits []limit) error {
	for _, l := range limits {
		if err := throttle.Give(tx, l.key, l.rate); err != nil {
			return err
		}
	}
	return nil
}

// fold is how a name typed at the door is compared: an address in lower case,
// or a personnel number without blanks around it.
func fold(who string) string {
	if strings.Contains(who, "@") {
		return people.FoldEmail(who)
	}
	return strings.TrimSpace(who)
}

// asNumber is what was typed at the door, and how it may stand in the export of
// the personnel system: nobody minds capitals when they copy a card.
func asNumber(who string) []any {
	return []any{who, strings.ToUpper(who), strings.ToLower(who)}
}

// Started is a login that has begun.
type Started struct {
	Cookie string // the token for the cookie
	Person id.ID
}

// MaxWho bounds an address or a personnel number, MaxSecret a password, in
// bytes.
const (
	MaxWho    = 254
	MaxSecret = 1000
)

// SignIn starts a login for the person with the e-mail address or personnel
// number, who proves it with a password or PIN. What is wrong is not said, and
// takes as long for somebody unknown.
//
// Errors: Invalid, TooMany, Unavailable when too many sign in at once.
func (s *Service) SignIn(ctx context.Context, who, secret string, from netip.Addr, device string) (Started, error) {
	who = fold(who)
	var c fault.Check
	c.Require(who != "", "who", "fault.who_empty")
	c.Require(len(who) <= MaxWho, "who", "fault.too_long", "max", MaxWho)
	c.Require(secret != "", "secret", "fault.secret_empty")
	c.Require(len(secret) <= MaxSecret, "secret", "fault.too_long", "max", MaxSecret)
	if err := c.Err(); err != nil {
		return Started{}, err
	}
	limits := tries(who, from)
	var person id.ID
	var stored string
	// The try is taken before it is known to be wrong, so that a burst of
	// guesses at once does not slip through.
	if err := s.db.Write(ctx, func(tx *db.Tx) error {
		person, stored = 0, ""
		if err := takeAll(tx, limits); err != nil {
			return err
		}
		_, err := tx.Row(secretOfSQL, []any{&person, &stored}, asNumber(who)...)
		return err
	}); err != nil {
		return Started{}, err
	}
	ok, err := s.hasher.verify(ctx, stored, secret)
	if err != nil {
		return Started{}, err
	}
	if !ok {
		// Written for strangers too: a write that only follows a known name
		// would tell by its time that the name is known.
		if err := s.db.Write(ctx, func(tx *db.Tx) error {
			return audit.Record(tx, audit.Act{Action: "login.failed", Subject: person, Detail: network(from)})
		}); err != nil {
			return Started{}, err
		}
		return Started{}, fault.New(fault.Invalid, "fault.sign_in_wrong")
	}
	fresh := ""
	if s.hasher.stale(stored) {
		if fresh, err = s.hasher.hash(ctx, secret); err != nil {
			return Started{}, err
		}
	}
	out := Started{Person: person}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		var still string
		if _, err := tx.Row(secretOfSQL, []any{&person, &still}, asNumber(who)...); err != nil {
			return err
		}
		if still != stored {
			return fault.New(fault.Invalid, "fault.sign_in_wrong")
		}
		if fresh != "" {
			if _, err := tx.Exec(refreshSecretSQL, fresh, person, stored); err != nil {
				return err
			}
		}
		if err := giveAll(tx, limits); err != nil {
			return err
		}
		out.Cookie, err = s.Start(tx, person, device)
		return err
	})
	return out, err
}

// WantLink has a one-time link sent to whoever goes by the e-mail address or
// personnel number: send writes that in the same transaction. The caller
// answers the same whether there is somebody or not, and it takes as long.
//
// Errors: Invalid, TooMany.
func (s *Service) WantLink(ctx context.Context, who string, from netip.Addr, send func(tx *db.Tx, person id.ID) error) error {
	who = fold(who)
	var c fault.Check
	c.Require(who != "", "who", "fault.who_empty")
	c.Require(len(who) <= MaxWho, "who", "fault.too_long", "max", MaxWho)
	if err := c.Err(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := takeAll(tx, []limit{
			{throttle.Key("address", network(from)), perAddress},
			{throttle.Key("link", strings.ToLower(who)), perLink},
		}); err != nil {
			return err
		}
		var person id.ID
		if _, err := tx.Row(wantedSQL, []any{&person}, asNumber(who)...); err != nil || person == 0 {
			return err
		}
		return send(tx, person)
	})
}

// Sweep forgets logins, links and tries that are over, at most a day's worth
// of them at once, and returns how many.
func (s *Service) Sweep(ctx context.Context) (n int64, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n = 0
		now := s.clock.Now()
		for _, x := range []struct {
			sql string
			at  time.Time
		}{{sweepLoginsSQL, now}, {sweepLinksSQL, now.Add(-24 * time.Hour)}} {
			k, err := tx.Exec(x.sql, db.At(x.at))
			if err != nil {
				return err
			}
			n += k
		}
		k, err := throttle.Sweep(tx)
		n += k
		return err
	})
	return n, err
}
