package notify

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// Letter is a mail to be written in the reader's words: one notice, or a
// digest of several.
type Letter struct {
	Reader      Reader
	Notices     []Notice
	Digest      bool
	MessageID   string // the same whenever the mail is tried again
	Unsubscribe string // path of the one-click page
}

// Reader is whom a mail is for.
type Reader struct {
	Person              id.ID
	Name, Email, Locale string
	Zone                string
}

type mailArgs struct {
	Notice id.ID `json:"notice,omitempty"`
	Person id.ID `json:"person,omitempty"`
}

// digestMost is how many notices a digest tells; the rest stands in the app.
const digestMost = 30

// Work registers the jobs that send mail.
func (s *Service) Work(w *job.Workers) {
	job.Handle(w, mailJob, func(ctx context.Context, _ *job.Run, a mailArgs) error { return s.mailOne(ctx, a.Notice) })
	job.Handle(w, digestJob, func(ctx context.Context, _ *job.Run, a mailArgs) error { return s.mailDigest(ctx, a.Person) })
}

func (s *Service) mailOne(ctx context.Context, notice id.ID) error {
	var l Letter
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		l = Letter{}
		var person id.ID
		if _, err := tx.Row(personOfNoticeSQL, []any{&person}, notice); err != nil || person == 0 {
			return err
		}
		r, ok, err := db.One(tx, oneSQL, scanRow, person, notice)
		if err != nil || !ok || r.read {
			return err
		}
		return s.letter(tx, person, []row{r}, &l)
	}); err != nil {
		return err
	}
	if len(l.Notices) > 0 {
		l.MessageID = "notice." + notice.String()
		if err := s.post(ctx, l, l.Notices[0].Kind); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(mailedOneSQL, db.At(s.Clock.Now()), notice)
		return err
	})
}

func (s *Service) mailDigest(ctx context.Context, person id.ID) error {
	var l Letter
	var last id.ID
	if err := s.DB.Read(ctx, func(tx *db.Tx) error {
		l, last = Letter{Digest: true}, 0
		rows, err := db.All(tx, unmailedSQL, scanRow, person, 500)
		if err != nil {
			return err
		}
		var unread []row
		for _, r := range rows {
			last = r.id
			if !r.read && len(unread) < digestMost {
				unread = append(unread, r)
			}
		}
		return s.letter(tx, person, unread, &l)
	}); err != nil || last == 0 {
		return err
	}
	if len(l.Notices) > 0 {
		l.MessageID = "digest." + person.String() + "." + last.String()
		if err := s.post(ctx, l, ""); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(mailedSQL, db.At(s.Clock.Now()), person, last)
		return err
	})
}

// letter fills in the reader and what they may still see.
func (s *Service) letter(tx *db.Tx, person id.ID, rows []row, l *Letter) error {
	ok, err := tx.Row(readerSQL, []any{&l.Reader.Person, &l.Reader.Name, &l.Reader.Email, &l.Reader.Locale, &l.Reader.Zone}, person)
	if err != nil || !ok || l.Reader.Email == "" || len(rows) == 0 {
		return err
	}
	l.Notices, err = fill(tx, access.Actor{Person: person}, rows)
	return err
}

func (s *Service) post(ctx context.Context, l Letter, kind Kind) error {
	token, err := s.Token(ctx, l.Reader.Person, kind)
	if err != nil {
		return err
	}
	l.Unsubscribe = "/unsubscribe/" + token
	return s.Post(ctx, l)
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

// Token names a person and a kind of notice ("" for the digest) in a link that
// works without signing in.
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

// OpenToken reads a token. What was not signed here is NotFound.
func (s *Service) OpenToken(ctx context.Context, token string) (id.ID, Kind, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < 17 {
		return 0, "", fault.Missing()
	}
	key, err := s.secret(ctx)
	if err != nil {
		return 0, "", err
	}
	plain := string(raw[16:])
	if !hmac.Equal(raw[:16], sign(key, plain)) {
		return 0, "", fault.Missing()
	}
	who, kind, _ := strings.Cut(plain, ".")
	person, err := id.Parse(who)
	if err != nil {
		return 0, "", fault.Missing()
	}
	return person, Kind(kind), nil
}

// Unsubscribe stops mail of the token's kind, all digests when it has none. The
// app still shows the notices.
func (s *Service) Unsubscribe(ctx context.Context, token string) error {
	person, kind, err := s.OpenToken(ctx, token)
	if err != nil {
		return err
	}
	choices := map[Kind]Way{}
	if kind != "" {
		choices[kind] = App
	} else {
		now, err := s.Choices(ctx, access.Actor{Person: person})
		if err != nil {
			return err
		}
		for k, w := range now {
			if w == Digest {
				choices[k] = App
			}
		}
	}
	return s.Choose(ctx, person, choices)
}
