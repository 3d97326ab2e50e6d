package people

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/audit"
	"github.com/guildhall/guildhall/internal/core/event"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Claim is somebody's word that an imported profile is theirs.
type Claim struct {
	ID      id.ID
	Author  id.ID
	Label   string // the name the profile came with
	Origin  string // where it comes from
	Posts   int    // questions and answers under it that the reader may see
	Person  id.ID
	Name    string // of the person
	State   ClaimState
	How     string // of approved ones: email or admin
	Note    string
	Asked   time.Time
	Decided time.Time
}

// ClaimState is what came of a claim.
type ClaimState string

// The states.
const (
	ClaimWaiting   ClaimState = "waiting"
	ClaimApproved  ClaimState = "approved"
	ClaimRefused   ClaimState = "refused"
	ClaimWithdrawn ClaimState = "withdrawn"
	ClaimUndone    ClaimState = "undone"
)

// maxClaimNote is how long the word to the admin may be, in characters.
const maxClaimNote = 500

// ClaimsPage is how many claims or profiles a list shows at a time.
const ClaimsPage = 30

// ImportedProfile is an author an import brought whom nobody has claimed.
type ImportedProfile struct {
	Author id.ID
	Label  string
	Origin string
	Posts  int
	Match  bool // the e-mail address it came with is the reader's own, proved one
}

// Profiles returns the imported profiles whose name holds the words, and first
// those that came with the actor's own proved address. Only profiles with posts
// that the actor may see are told.
func (s *Service) Profiles(ctx context.Context, by access.Actor, words string) (out []ImportedProfile, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		if err := needMember(tx, by); err != nil {
			return err
		}
		hash, err := provedHash(tx, by.Person)
		if err != nil {
			return err
		}
		if hash != "" {
			if out, err = db.All(tx, matchingProfilesSQL, scanProfileFound(true), by.Person, hash, ClaimsPage); err != nil {
				return err
			}
		}
		if words = strings.TrimSpace(words); words == "" {
			return nil
		}
		found, err := db.All(tx, findProfilesSQL, scanProfileFound(false), by.Person, "%"+escape(strings.ToLower(words))+"%", ClaimsPage)
		for _, f := range found {
			known := false
			for _, o := range out {
				known = known || o.Author == f.Author
			}
			if !known {
				out = append(out, f)
			}
		}
		return err
	})
	return out, err
}

func needMember(tx *db.Tx, by access.Actor) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return access.NeedSees(tx, by, access.Organisation)
}

// provedHash is the hash of somebody's address if it was proved to be theirs,
// else "".
func provedHash(tx *db.Tx, person id.ID) (string, error) {
	var email string
	if ok, err := tx.Row(provedEmailSQL, []any{&email}, person); err != nil || !ok {
		return "", err
	}
	return EmailHash(email), nil
}

// EmailHash is how old exports of question sites name an e-mail address: the MD5
// of its lower-case form, in hex. It is no secret and no protection; it only
// finds what an address matches that was proved by other means.
func EmailHash(email string) string {
	h := md5.Sum([]byte(FoldEmail(email)))
	return hex.EncodeToString(h[:])
}

// Claim says that an imported profile is the actor's. It is so at once when the
// profile came with the actor's own, proved address; else an admin decides. Who
// asks twice has asked once, with the later word. Events: author.claim_asked, author.claimed.
func (s *Service) Claim(ctx context.Context, by access.Actor, author id.ID, note string) (ClaimState, error) {
	note = strings.TrimSpace(note)
	var c fault.Check
	c.Require(utf8.RuneCountInString(note) <= maxClaimNote, "note", "fault.too_long", "max", maxClaimNote)
	if err := c.Err(); err != nil {
		return "", err
	}
	var state ClaimState
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		if err := needMember(tx, by); err != nil {
			return err
		}
		var hash string
		ok, err := tx.Row(claimableSQL, []any{&hash}, by.Person, author)
		if err != nil {
			return err
		}
		if !ok {
			return fault.Missing()
		}
		own, err := provedHash(tx, by.Person)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		n := id.New(now)
		state = ClaimWaiting
		if _, err := tx.Exec(insertClaimSQL, n, author, by.Person, note, db.At(now)); err != nil {
			return err
		}
		if hash != "" && hash == own {
			state = ClaimApproved
			if _, err := tx.Row(waitingClaimSQL, []any{&n}, author, by.Person); err != nil {
				return err
			}
			return s.approve(tx, claimRow{id: n, author: author, person: by.Person}, by, "email")
		}
		return s.events.Record(tx, event.Event{Kind: "author.claim_asked", Subject: by.Person, Audience: access.Organisation, Actor: by.Author, Other: author})
	})
	return state, err
}

// claimRow is what deciding needs of a claim.
type claimRow struct {
	id, author, person id.ID
	state              ClaimState
}

// approve gives an author's words to a person.
func (s *Service) approve(tx *db.Tx, c claimRow, by access.Actor, how string) error {
	now := s.clock.Now()
	n, err := tx.Exec(giveAuthorSQL, c.person, c.author)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Conflict, "fault.profile_taken")
	}
	if _, err := tx.Exec(decideClaimSQL, string(ClaimApproved), how, db.At(now), by.Person, c.id); err != nil {
		return err
	}
	if err := audit.Record(tx, audit.Act{Actor: by.Person, Action: "claim.approved_" + how, Subject: c.person}); err != nil {
		return err
	}
	return s.events.Record(tx, event.Event{Kind: "author.claimed", Subject: c.author, Audience: access.Organisation, Actor: by.Author, Other: c.person})
}

// Proved gives somebody who has just proved their address the profiles they
// claimed that came with it, so that no admin needs to decide. What was decided
// stays. Event: author.claimed.
func (s *Service) Proved(tx *db.Tx, person id.ID) error {
	hash, err := provedHash(tx, person)
	if err != nil || hash == "" {
		return err
	}
	claims, err := db.All(tx, provedClaimsSQL, func(r *db.Rows, c *claimRow) error {
		c.person, c.state = person, ClaimWaiting
		return r.Scan(&c.id, &c.author)
	}, person, hash)
	if err != nil || len(claims) == 0 {
		return err
	}
	by, err := s.Actor(tx, person)
	if err != nil {
		return err
	}
	for _, c := range claims {
		if err := s.approve(tx, c, by, "email"); err != nil {
			return err
		}
	}
	return nil
}

// WithdrawClaim takes back what the actor said and nobody has decided.
func (s *Service) WithdrawClaim(ctx context.Context, by access.Actor, claim id.ID) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := loadClaim(tx, claim)
		if err != nil {
			return err
		}
		if c.person != by.Person || c.state != ClaimWaiting {
			return fault.Missing()
		}
		_, err = tx.Exec(decideClaimSQL, string(ClaimWithdrawn), "", db.At(s.clock.Now()), by.Person, claim)
		return err
	})
}

// DecideClaim lets an admin give a profile to who claims it, or not. Events:
// author.claimed, author.claim_refused.
func (s *Service) DecideClaim(ctx context.Context, by access.Actor, claim id.ID, yes bool) error {
	return s.asAdmin(ctx, by, claim, ClaimWaiting, func(tx *db.Tx, c claimRow) error {
		if yes {
			return s.approve(tx, c, by, "admin")
		}
		if _, err := tx.Exec(decideClaimSQL, string(ClaimRefused), "", db.At(s.clock.Now()), by.Person, claim); err != nil {
			return err
		}
		if err := audit.Record(tx, audit.Act{Actor: by.Person, Action: "claim.refused", Subject: c.person}); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: "author.claim_refused", Subject: c.author, Audience: access.Organisation, Actor: by.Author, Other: c.person})
	})
}

// UndoClaim takes a profile from who has it: its words stand under the name
// they came with again. Event: author.unclaimed.
func (s *Service) UndoClaim(ctx context.Context, by access.Actor, claim id.ID) error {
	return s.asAdmin(ctx, by, claim, ClaimApproved, func(tx *db.Tx, c claimRow) error {
		if _, err := tx.Exec(takeAuthorSQL, c.author); err != nil {
			return err
		}
		if _, err := tx.Exec(undoClaimSQL, db.At(s.clock.Now()), by.Person, claim); err != nil {
			return err
		}
		if err := audit.Record(tx, audit.Act{Actor: by.Person, Action: "claim.undone", Subject: c.person}); err != nil {
			return err
		}
		return s.events.Record(tx, event.Event{Kind: "author.unclaimed", Subject: c.author, Audience: access.Organisation, Actor: by.Author, Other: c.person})
	})
}

func (s *Service) asAdmin(ctx context.Context, by access.Actor, claim id.ID, state ClaimState, rule func(tx *db.Tx, c claimRow) error) error {
	if err := by.NeedAdmin(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := loadClaim(tx, claim)
		if err != nil {
			return err
		}
		if c.state != state {
			return fault.New(fault.Conflict, "fault.claim_decided")
		}
		return rule(tx, c)
	})
}

func loadClaim(tx *db.Tx, claim id.ID) (claimRow, error) {
	c, ok, err := db.One(tx, claimSQL, func(r *db.Rows, c *claimRow) error { return r.Scan(&c.id, &c.author, &c.person, &c.state) }, claim)
	if err == nil && !ok {
		err = fault.Missing()
	}
	return c, err
}

// OwnClaims returns what the actor claimed, the newest first, at most
// ClaimsPage.
func (s *Service) OwnClaims(ctx context.Context, by access.Actor) (out []Claim, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if err := needMember(tx, by); err != nil {
			return err
		}
		out, err = db.All(tx, ownClaimsSQL, scanClaim, by.Person, ClaimsPage)
		return err
	})
	return out, err
}

// Claims returns a page of the claims in a state that follow the given place,
// the newest first, for admins.
func (s *Service) Claims(ctx context.Context, by access.Actor, state ClaimState, after time.Time, afterID id.ID) (out []Claim, more bool, err error) {
	if err := by.NeedAdmin(); err != nil {
		return nil, false, err
	}
	if afterID == 0 {
		after, afterID = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), id.ID(1<<63-1)
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out, err = db.All(tx, claimsSQL, scanClaim, by.Person, string(state), db.At(after), afterID, ClaimsPage+1)
		return err
	})
	if len(out) > ClaimsPage {
		out, more = out[:ClaimsPage], true
	}
	return out, more, err
}

// Owns tells whether the words of an author are the actor's: their own author,
// or an imported profile they claimed.
func Owns(tx *db.Tx, by access.Actor, author id.ID) (bool, error) {
	if author == by.Author || author == 0 || !by.Known() {
		return author == by.Author && by.Known(), nil
	}
	var one int
	return tx.Row(ownsSQL, []any{&one}, author, by.Person)
}

// AuthorsOf returns under which authors the words of people stand, with the
// person of each.
func AuthorsOf(tx *db.Tx, persons []id.ID) (map[id.ID]id.ID, error) {
	out := make(map[id.ID]id.ID, len(persons))
	_, err := db.All(tx, authorsOfSQL, func(r *db.Rows, _ *struct{}) error {
		var author, person id.ID
		if err := r.Scan(&author, &person); err != nil {
			return err
		}
		out[author] = person
		return nil
	}, persons)
	return out, err
}

// AnyImported tells whether there is an imported profile nobody claimed, or one
// somebody did.
func AnyImported(tx *db.Tx) (bool, error) {
	var one int
	return tx.Row(anyImportedSQL, []any{&one})
}

// Admins returns the people who administer, at most twenty.
func Admins(tx *db.Tx) ([]id.ID, error) {
	return db.All(tx, administratorsSQL, func(r *db.Rows, p *id.ID) error { return r.Scan(p) })
}
