package meet

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/signed"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// letters prints what people may type.
var letters = base32.StdEncoding.WithPadding(base32.NoPadding)

// sign names a meeting and a person in a link or an address that works without
// signing in, for one purpose.
func (s *Service) sign(ctx context.Context, purpose string, meeting, person id.ID) (string, error) {
	return signed.Signer(s.MAC).Token(ctx, "meet."+purpose, meeting, person)
}

// verify reads what sign printed. What was not signed here is NotFound.
func (s *Service) verify(ctx context.Context, purpose, token string) (meeting, person id.ID, err error) {
	return signed.Signer(s.MAC).Open(ctx, "meet."+purpose, token)
}

// MetPath is the address at which somebody says without signing in whether
// they met.
func (s *Service) MetPath(ctx context.Context, meeting, person id.ID) (string, error) {
	token, err := s.sign(ctx, "met", meeting, person)
	return "/met/" + token, err
}

// by is the person on whose behalf a signed link acts, nobody once they left.
func (s *Service) by(ctx context.Context, person id.ID) (access.Actor, error) {
	by, err := people.New(s.DB, s.Clock).ActorOf(ctx, person)
	if err == nil && !by.Known() {
		err = fault.Missing()
	}
	return by, err
}

// Signed opens the meeting of a link, for the person it was sent to.
//
// Errors: NotFound for a link that was not made here.
func (s *Service) Signed(ctx context.Context, token string) (Meeting, access.Actor, error) {
	meeting, person, err := s.verify(ctx, "met", token)
	if err != nil {
		return Meeting{}, access.Actor{}, err
	}
	by, err := s.by(ctx, person)
	if err != nil {
		return Meeting{}, by, err
	}
	m, err := s.Open(ctx, by, meeting)
	return m, by, err
}

// KnowsReply tells whether the address of a reply was given to somebody.
//
// Errors: NotFound.
func (s *Service) KnowsReply(ctx context.Context, token string) error {
	_, _, err := s.verify(ctx, "reply", token)
	return err
}

// Reply is an answer that a calendar program sent by mail.
type Reply struct {
	To       string // the local part it was sent to, after the +
	UID      string
	Sequence int
	Answer   string // yes, no, maybe
}

// Replied keeps the answer of a calendar program. Only who got the invitation
// knows the address it goes to.
//
// Errors: NotFound for an address that was not made here or another meeting's
// UID; else as Answer.
func (s *Service) Replied(ctx context.Context, r Reply) error {
	meeting, person, err := s.verify(ctx, "reply", r.To)
	if err != nil {
		return err
	}
	by, err := s.by(ctx, person)
	if err != nil {
		return err
	}
	m, err := s.Open(ctx, by, meeting)
	if err != nil {
		return err
	}
	if m.UID != r.UID {
		return fault.Missing()
	}
	return s.answer(ctx, by, meeting, r.Answer, r.Sequence)
}

// NewFeed makes the address of the actor's calendar feed; the one before ends.
// It is shown once: only its hash is kept.
func (s *Service) NewFeed(ctx context.Context, by access.Actor) (string, error) {
	if err := by.NeedKnown(); err != nil {
		return "", err
	}
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand.Read ends the program instead
	token := strings.ToLower(letters.EncodeToString(b[:]))
	return "/calendar/" + token + ".ics", s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(saveFeedSQL, by.Person, hash(token), db.At(s.Clock.Now()))
		return err
	})
}

// EndFeed ends the actor's calendar feed.
func (s *Service) EndFeed(ctx context.Context, by access.Actor) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(endFeedSQL, by.Person)
		return err
	})
}

// HasFeed tells whether the actor has a feed.
func (s *Service) HasFeed(ctx context.Context, by access.Actor) (has bool, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var at db.Time
		has, err = tx.Row(hasFeedSQL, []any{&at}, by.Person)
		return err
	})
	return has, err
}

// Feed returns whose feed a token names and their meetings, from two months
// ago on, cancelled ones too, at most 500.
//
// Errors: NotFound for a token that ended or never was.
func (s *Service) Feed(ctx context.Context, token string) (by access.Actor, list []Meeting, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		var person id.ID
		ok, err := tx.Row(feedPersonSQL, []any{&person}, hash(token))
		if err != nil {
			return err
		}
		if !ok {
			return fault.Missing()
		}
		if by, err = people.New(s.DB, s.Clock).Actor(tx, person); err != nil {
			return err
		}
		if list, err = db.All(tx, feedSQL, scanMeeting, person, db.At(s.Clock.Now().Add(-feedFrom))); err != nil {
			return err
		}
		return fillPeople(tx, list)
	})
	return by, list, err
}

func hash(token string) string {
	h := sha256.Sum256([]byte("calendar feed " + token))
	return hex.EncodeToString(h[:])
}
