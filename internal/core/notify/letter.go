package notify

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// Letter is a mail to be written in the reader's words: one notice, or
// several that were due together.
type Letter struct {
	Reader      Reader
	Notices     []Notice // oldest first
	More        int      // how many more were due, which stand in the app
	MessageID   string   // left of the @; the same whenever the mail is tried again
	Unsubscribe string   // path of the one-click page
}

// Reader is whom a mail is for.
type Reader struct {
	Person              id.ID
	Name, Email, Locale string
	Zone                string
}

type lettersArgs struct {
	Person id.ID `json:"person"`
}

// Bounds of one mail.
const (
	letterMost  = 30  // notices it tells; the rest stands in the app
	waitingMost = 500 // notices looked through at a time
)

// Work registers the job that sends mail.
func (s *Service) Work(w *job.Workers) {
	job.Handle(w, LettersJob, func(ctx context.Context, _ *job.Run, a lettersArgs) error { return s.mail(ctx, a.Person) })
}

// waiting is what waits to be mailed to a person, sorted by what is to be done.
type waiting struct {
	letter Letter
	ways   map[Way]bool // of what the letter tells
	done   []int64      // notices that need no mail any more once the letter is sent
	later  time.Time    // when the first of the others is due, zero when none is
	more   bool         // there are more than were looked through
}

// mail brings a person what is due now, in one mail. The way of a notice and
// the reader's hours are looked at again: much may have changed since.
func (s *Service) mail(ctx context.Context, person id.ID) error {
	w := waiting{}
	if err := s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		w, err = s.waiting(tx, person)
		return err
	}); err != nil {
		return err
	}
	if len(w.letter.Notices) > 0 {
		token, err := s.Token(ctx, person, stops(w))
		if err != nil {
			return err
		}
		w.letter.Unsubscribe = "/unsubscribe/" + token
		if err := s.Post(ctx, w.letter); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		now := db.At(s.Clock.Now())
		if _, err := tx.Exec(mailedSQL, now, person, w.done); err != nil {
			return err
		}
		if w.more && len(w.done) > 0 {
			return enqueue(tx, person, s.Clock.Now())
		}
		if w.later.IsZero() {
			return nil
		}
		return enqueue(tx, person, w.later)
	})
}

func (s *Service) waiting(tx *db.Tx, person id.ID) (w waiting, err error) {
	rows, err := db.All(tx, unmailedSQL, scanRow, person, waitingMost)
	w.done = []int64{}
	if err != nil || len(rows) == 0 {
		return w, err
	}
	w.more, w.ways = len(rows) == waitingMost, map[Way]bool{}
	r := &w.letter.Reader
	known, err := tx.Row(readerSQL, []any{&r.Person, &r.Name, &r.Email, &r.Locale, &r.Zone}, person)
	if err != nil {
		return w, err
	}
	ways, err := s.choices(tx, person)
	if err != nil {
		return w, err
	}
	calendars, err := people.Calendars(tx, []id.ID{person})
	if err != nil {
		return w, err
	}
	now := s.Clock.Now()
	var tell []row
	for _, n := range rows {
		way := ways[n.kind]
		if !known || r.Email == "" || n.read || way != Mail && way != Digest {
			w.done = append(w.done, int64(n.id))
			continue
		}
		if at := due(calendars[person], way, n.at, now); at.After(now) {
			if w.later.IsZero() || at.Before(w.later) {
				w.later = at
			}
			continue
		}
		w.done = append(w.done, int64(n.id))
		if len(tell) == letterMost {
			w.letter.More++
			continue
		}
		tell, w.ways[way] = append(tell, n), true
	}
	if len(tell) == 0 {
		return w, nil
	}
	w.letter.MessageID = "notice." + tell[0].id.String()
	if len(tell) > 1 {
		w.letter.MessageID = "notices." + person.String() + "." + tell[len(tell)-1].id.String()
	}
	w.letter.Notices, err = fill(tx, access.Actor{Person: person}, tell)
	return w, err
}

// stops are the kinds that one click on the letter stops: what came at once
// stops by its kind, what came in a digest with all that comes so.
func stops(w waiting) Kind {
	if !w.ways[Mail] {
		return ""
	}
	var kinds []string
	for _, n := range w.letter.Notices {
		if !slices.Contains(kinds, string(n.Kind)) {
			kinds = append(kinds, string(n.Kind))
		}
	}
	return Kind(strings.Join(kinds, "+"))
}

// secret is the key that signs unsubscribe links, made when it is first needed.
func (s *Service) secret(ctx context.Context) ([]byte, error) {
	var text string
	read := func(tx *db.Tx) error {
		_, err := tx.Row(secretSQL, []any{&text})
		return err
	}
	if err := s.DB.Read(ctx, read); err != nil {
		return nil, err
	}
	if text == "" {
		var b [32]byte
		_, _ = rand.Read(b[:]) // never fails: crypto/rand.Read ends the program instead
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(saveSecretSQL, hex.EncodeToString(b[:]), db.At(s.Clock.Now())); err != nil {
				return err
			}
			return read(tx)
		}); err != nil {
			return nil, err
		}
	}
	return hex.DecodeString(text)
}

// MAC signs a text with the key of the house, 16 bytes. What is signed names
// its purpose, so that a signature is good for nothing else.
func (s *Service) MAC(ctx context.Context, text string) ([]byte, error) {
	key, err := s.secret(ctx)
	if err != nil {
		return nil, err
	}
	return sign(key, text), nil
}

// Token names a person and kinds of notices, with a plus between them ("" for
// the digest), in a link that works without signing in.
func (s *Service) Token(ctx context.Context, person id.ID, kind Kind) (string, error) {
	key, err := s.secret(ctx)
	if err != nil {
		return "", err
	}
	plain := person.String() + "." + string(kind)
	return base64.RawURLEncoding.EncodeToString(append(sign(key, plain), plain...)), nil
}

func sign(key []byte, plain string) []byte {
	m := hmac.New(sha256.New, key)
	_, _ = m.Write([]byte(plain)) // a hash does not fail
	return m.Sum(nil)[:16]
}

// OpenToken reads a token: its person and kinds, none for the digest. What was
// not signed here is NotFound.
func (s *Service) OpenToken(ctx context.Context, token string) (id.ID, []Kind, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < 17 {
		return 0, nil, fault.Missing()
	}
	key, err := s.secret(ctx)
	if err != nil {
		return 0, nil, err
	}
	plain := string(raw[16:])
	if !hmac.Equal(raw[:16], sign(key, plain)) {
		return 0, nil, fault.Missing()
	}
	who, list, _ := strings.Cut(plain, ".")
	person, err := id.Parse(who)
	if err != nil {
		return 0, nil, fault.Missing()
	}
	var kinds []Kind
	for k := range strings.SplitSeq(list, "+") {
		if k != "" {
			kinds = append(kinds, Kind(k))
		}
	}
	return person, kinds, nil
}

// Unsubscribe stops mail of the token's kinds, all digests when it has none.
// The app still shows the notices. What comes by no mail stays as it is, so
// that asking twice is harmless.
func (s *Service) Unsubscribe(ctx context.Context, token string) error {
	person, kinds, err := s.OpenToken(ctx, token)
	if err != nil {
		return err
	}
	ways, err := s.Choices(ctx, access.Actor{Person: person})
	if err != nil {
		return err
	}
	choices := map[Kind]Way{}
	for k, w := range ways {
		if w == Digest && len(kinds) == 0 || slices.Contains(kinds, k) && (w == Mail || w == Digest) {
			choices[k] = App
		}
	}
	return s.Choose(ctx, person, choices)
}
