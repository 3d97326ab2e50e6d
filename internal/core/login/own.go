package login

import (
	"context"
	"crypto/rand"
	"net/netip"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/throttle"
)

// Kind is the kind of a secret.
type Kind string

// The kinds of secrets.
const (
	Password Kind = "password"
	PIN      Kind = "pin"
)

// Login is one place where somebody is signed in.
type Login struct {
	ID      id.ID
	Device  string // what the browser calls itself
	Started time.Time
	Seen    time.Time // to the hour
	Here    bool      // the one that asks
}

// Token is one API token, without its secret.
type Token struct {
	ID      id.ID
	Label   string
	Made    time.Time
	Used    time.Time // zero when never; to the hour
	Expires time.Time // zero when never
}

// Ways says how somebody can sign in.
type Ways struct {
	Password, PIN bool
	Email         string
	PersonnelNo   string
	// Fresh is true shortly after signing in with a link or a card: then a
	// forgotten secret may be replaced without naming it.
	Fresh bool
}

// Logins returns where the actor is signed in, the latest first.
func (s *Service) Logins(ctx context.Context, by access.Actor) (out []Login, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, loginsSQL, scanLogin, by.Person, db.At(s.clock.Now()))
		return err
	})
	for i := range out {
		out[i].Here = out[i].ID == by.Login
	}
	return out, err
}

// EndOwn ends one of the actor's logins.
//
// Errors: NotFound when it is not theirs.
func (s *Service) EndOwn(ctx context.Context, by access.Actor, login id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(endSQL, login, by.Person)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Missing()
		}
		return audit.Record(tx, audit.Act{Actor: by.Person, Action: "login.ended", Subject: by.Person})
	})
}

// EndOthers ends every login of the actor but the one that asks.
func (s *Service) EndOthers(ctx context.Context, by access.Actor) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return endOthers(tx, by.Person, by.Login) })
}

func endOthers(tx *db.Tx, person, keep id.ID) error {
	n, err := tx.Exec(endOthersSQL, person, int64(keep))
	if err != nil || n == 0 {
		return err
	}
	return audit.Record(tx, audit.Act{Actor: person, Action: "login.ended_others", Subject: person})
}

// Tokens returns the actor's API tokens, the latest first.
func (s *Service) Tokens(ctx context.Context, by access.Actor) (out []Token, err error) {
	if err := by.NeedKnown(); err != nil {
		return nil, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, tokensSQL, scanToken, by.Person)
		return err
	})
	return out, err
}

// maxTokens is how many tokens a person may have: far more than programs, few
// enough for a page.
const maxTokens = 50

// MakeToken makes an API token for the actor. It is returned once. A zero life
// never ends.
//
// Errors: Invalid, Conflict when there are too many.
func (s *Service) MakeToken(ctx context.Context, by access.Actor, label string, life time.Duration) (token string, made id.ID, err error) {
	if err := by.NeedKnown(); err != nil {
		return "", 0, err
	}
	var c fault.Check
	label = strings.TrimSpace(label)
	c.Require(label != "", "label", "fault.label_empty")
	c.Require(len(label) <= 100, "label", "fault.too_long", "max", 100)
	c.Require(life >= 0 && life <= 10*365*24*time.Hour, "days", "fault.days")
	if err := c.Err(); err != nil {
		return "", 0, err
	}
	var expires time.Time
	if life > 0 {
		expires = s.clock.Now().Add(life)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		var n int
		if _, err := tx.Row(countTokensSQL, []any{&n}, by.Person); err != nil {
			return err
		}
		if n >= maxTokens {
			return fault.New(fault.Conflict, "fault.tokens_many").With("max", maxTokens)
		}
		if token, err = s.NewToken(tx, by.Person, label, expires); err != nil {
			return err
		}
		_, err := tx.Row(tokenByHashSQL, []any{&made}, Hash(token))
		return err
	})
	return token, made, err
}

// RevokeToken ends one of the actor's API tokens.
//
// Errors: NotFound when it is not theirs.
func (s *Service) RevokeToken(ctx context.Context, by access.Actor, token id.ID) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(revokeTokenSQL, token, by.Person)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Missing()
		}
		return audit.Record(tx, audit.Act{Actor: by.Person, Action: "token.revoked", Subject: by.Person})
	})
}

// freshFor is how long after using a link or card a secret may be replaced
// without naming it.
const freshFor = 20 * time.Minute

// Ways says how the actor can sign in.
func (s *Service) Ways(ctx context.Context, by access.Actor) (w Ways, err error) {
	if err := by.NeedKnown(); err != nil {
		return Ways{}, err
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		w, err = s.ways(tx, by)
		return err
	})
	return w, err
}

func (s *Service) ways(tx *db.Tx, by access.Actor) (w Ways, err error) {
	var how string
	var started db.Time
	if _, err = tx.Row(waysSQL, []any{&w.Password, &w.PIN, &w.Email, &w.PersonnelNo}, by.Person); err != nil {
		return w, err
	}
	if _, err = tx.Row(howSQL, []any{&how, &started}, by.Login, by.Person); err != nil {
		return w, err
	}
	w.Fresh = how == byLink && s.clock.Now().Sub(started.Time()) < freshFor
	return w, nil
}

// ChangeSecret sets the actor's password or PIN and ends all their other
// logins. The old one is asked for unless there is none or the login began
// with a link or card just now; a program with a token has to name it.
//
// Errors: Forbidden when a token would set the first one; Invalid with the fields old, new and again; TooMany.
func (s *Service) ChangeSecret(ctx context.Context, by access.Actor, kind Kind, old, secret, again string, org string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	var w Ways
	var stored string
	once := limit{throttle.Key("change", by.Person.String()), perPair}
	if err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		stored = ""
		if w, err = s.ways(tx, by); err != nil {
			return err
		}
		if err := takeAll(tx, []limit{once}); err != nil {
			return err
		}
		_, err = tx.Row(secretSQL, []any{&stored}, by.Person, string(kind))
		return err
	}); err != nil {
		return err
	}
	if by.Login == 0 && stored == "" {
		// Whoever finds a program's token must not come to sign in with it.
		return fault.New(fault.Forbidden, "fault.secret_by_token")
	}
	var c fault.Check
	if key := secretFault(kind, secret, own{by.Name, w.Email, w.PersonnelNo, org}); key != "" {
		c.Bad("new", key, "min", minOf(kind))
	} else if again != secret {
		c.Bad("again", "fault.secret_again")
	}
	if stored != "" && !w.Fresh {
		if old == "" {
			c.Bad("old", "fault.secret_old_empty")
		} else if len(old) > MaxSecret {
			c.Bad("old", "fault.secret_old")
		} else if ok, err := s.hasher.verify(ctx, stored, old); err != nil {
			return err
		} else if !ok {
			c.Bad("old", "fault.secret_old")
		}
	}
	if err := c.Err(); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, secret)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := giveAll(tx, []limit{once}); err != nil {
			return err
		}
		if _, err := tx.Exec(setSecretSQL, by.Person, string(kind), hash, db.At(s.clock.Now())); err != nil {
			return err
		}
		if err := audit.Record(tx, audit.Act{Actor: by.Person, Action: "secret.changed", Subject: by.Person, Detail: string(kind)}); err != nil {
			return err
		}
		return endOthers(tx, by.Person, by.Login)
	})
}

// FirstPassword sets the password of the person in the transaction that makes
// them. Hash it before with HashPassword.
func (s *Service) FirstPassword(tx *db.Tx, person id.ID, hash string) error {
	_, err := tx.Exec(setSecretSQL, person, string(Password), hash, db.At(s.clock.Now()))
	return err
}

// HashPassword checks a new password of somebody and returns its hash. The
// fault names the field "password".
func (s *Service) HashPassword(ctx context.Context, secret, name, email, personnelNo, org string) (string, error) {
	var c fault.Check
	if key := passwordFault(secret, own{name, email, personnelNo, org}); key != "" {
		c.Bad("password", key, "min", MinPassword)
	}
	if err := c.Err(); err != nil {
		return "", err
	}
	return s.hasher.hash(ctx, secret)
}

func secretFault(kind Kind, secret string, o own) string {
	if kind == PIN {
		return pinFault(secret, o)
	}
	return passwordFault(secret, o)
}

func minOf(kind Kind) int {
	if kind == PIN {
		return MinPIN
	}
	return MinPassword
}

// cardAlphabet has no sign that looks like another (Crockford's base 32).
const cardAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// cardCode returns a code of 60 bits as it is printed: K7QM-2D9X-VT4B.
func cardCode() string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	var out strings.Builder
	for i, x := range b {
		if i > 0 && i%4 == 0 {
			out.WriteByte('-')
		}
		out.WriteByte(cardAlphabet[x%32])
	}
	return out.String()
}

// foldCode reads a code as people type it.
func foldCode(s string) string {
	return strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(s))
}

// Card is a printed card with which somebody without e-mail claims their
// place.
type Card struct {
	Person      id.ID
	Name        string
	PersonnelNo string
	Code        string // shown once
	Expires     time.Time
}

// MaxCards is how many cards are printed at once.
const MaxCards = 500

// Cards makes one card for each of the people and ends the cards they had. For
// admins. People without a personnel number are returned without a code.
func (s *Service) Cards(ctx context.Context, by access.Actor, of []id.ID) (out []Card, err error) {
	if err := by.NeedAdmin(); err != nil {
		return nil, err
	}
	if len(of) == 0 || len(of) > MaxCards {
		var c fault.Check
		c.Bad("person", "fault.people_chosen", "max", MaxCards)
		return nil, c.Err()
	}
	codes := make([]string, len(of))
	for i := range codes {
		codes[i] = cardCode()
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		out = make([]Card, 0, len(of))
		now := s.clock.Now()
		for i, p := range of {
			c := Card{Person: p, Expires: now.Add(CardLife)}
			ok, err := tx.Row(cardOfSQL, []any{&c.Name, &c.PersonnelNo}, p)
			if err != nil {
				return err
			}
			if !ok {
				return fault.Missing()
			}
			if c.PersonnelNo != "" {
				c.Code = codes[i]
				if _, err := tx.Exec(dropLinksSQL, p, CardLink); err != nil {
					return err
				}
				if _, err := tx.Exec(insertLinkSQL, Hash("card:"+foldCode(c.Code)), CardLink, p, db.At(now), db.At(c.Expires)); err != nil {
					return err
				}
				if err := audit.Record(tx, audit.Act{Actor: by.Person, Action: "card.printed", Subject: p}); err != nil {
					return err
				}
			}
			out = append(out, c)
		}
		return nil
	})
	return out, err
}

// Claim is what somebody types from a printed card.
type Claim struct {
	PersonnelNo string
	Code        string
	PIN         string
	Again       string
}

// Claim sets the PIN of the person who holds the card and starts a login; the
// card and all their other logins end.
//
// Errors: Invalid with the fields personnel_no, code, pin and again; TooMany.
func (s *Service) Claim(ctx context.Context, in Claim, from netip.Addr, device string) (Started, error) {
	no := strings.TrimSpace(in.PersonnelNo)
	code := foldCode(in.Code)
	var c fault.Check
	c.Require(no != "", "personnel_no", "fault.personnel_no_empty")
	c.Require(len(no) <= MaxWho, "personnel_no", "fault.too_long", "max", MaxWho)
	c.Require(code != "", "code", "fault.code_empty")
	c.Require(len(code) <= 100, "code", "fault.too_long", "max", 100)
	if key := pinFault(in.PIN, own{personnelNo: no}); key != "" {
		c.Bad("pin", key, "min", MinPIN)
	} else if in.PIN != in.Again {
		c.Bad("again", "fault.secret_again")
	}
	if err := c.Err(); err != nil {
		return Started{}, err
	}
	limits := tries(no, from)
	var person id.ID
	if err := s.db.Write(ctx, func(tx *db.Tx) error {
		person = 0
		if err := takeAll(tx, limits); err != nil {
			return err
		}
		_, err := tx.Row(claimSQL, []any{&person}, Hash("card:"+code), db.At(s.clock.Now()), no)
		return err
	}); err != nil {
		return Started{}, err
	}
	// Hashed for strangers too, so that the time tells nothing.
	hash, err := s.hasher.hash(ctx, in.PIN)
	if err != nil {
		return Started{}, err
	}
	out := Started{Person: person}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		var still id.ID
		if _, err := tx.Row(claimSQL, []any{&still}, Hash("card:"+code), db.At(s.clock.Now()), no); err != nil {
			return err
		}
		if still == 0 {
			return &fault.Fault{Kind: fault.Invalid, Key: "fault.claim_wrong", Fields: []fault.Field{{Name: "code", Key: "fault.claim_wrong"}}}
		}
		if _, err := tx.Exec(useLinksSQL, db.At(s.clock.Now()), still, CardLink); err != nil {
			return err
		}
		if _, err := tx.Exec(setSecretSQL, still, string(PIN), hash, db.At(s.clock.Now())); err != nil {
			return err
		}
		if err := giveAll(tx, limits); err != nil {
			return err
		}
		if err := endOthers(tx, still, 0); err != nil {
			return err
		}
		if err := audit.Record(tx, audit.Act{Actor: still, Action: "card.claimed", Subject: still}); err != nil {
			return err
		}
		out.Person = still
		out.Cookie, err = s.start(tx, still, device, byLink)
		return err
	})
	return out, err
}
