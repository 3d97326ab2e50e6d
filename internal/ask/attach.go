package ask

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/blob"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/internal/platform/picture"
	"github.com/guildhall/guildhall/internal/platform/web"
)

// Limits of what is attached to one post.
const (
	MaxFiles     = 6
	pictureSide  = 2000 // pixels
	maxFileBytes = 10 << 20
	headBytes    = 16 // that tell a picture
)

// Attachments keeps what people put into their posts.
type Attachments struct {
	Service *Service
	Files   blob.Store
	Press   *picture.Press
}

// Upload is a file that somebody sends.
type Upload struct {
	Name string
	Body io.Reader
}

// Attachment is a file as it is kept.
type Attachment struct {
	ID        id.ID
	Name      string
	MediaType string
	Hash      blob.Name
}

// Keep stores files for a post to an audience and returns the Markdown that
// shows them: pictures are made upright and small enough, without what the
// camera wrote into them; other files are downloads. Whoever sees the post sees
// them.
func (a *Attachments) Keep(ctx context.Context, by access.Actor, audience id.ID, files []Upload) (string, error) {
	if len(files) == 0 {
		return "", nil
	}
	if err := by.NeedKnown(); err != nil {
		return "", err
	}
	var c fault.Check
	c.Require(len(files) <= MaxFiles, "files", "fault.too_many_files", "max", MaxFiles)
	if err := c.Err(); err != nil {
		return "", err
	}
	var text strings.Builder
	for _, f := range files {
		name := strings.NewReplacer("[", "(", "]", ")", "\n", " ", "\\", "").Replace(web.FileName(f.Name))
		if name == "" {
			name = "file"
		}
		head := make([]byte, headBytes)
		n, err := io.ReadFull(f.Body, head)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return "", fmt.Errorf("read file: %w", err)
		}
		if head = head[:n]; n == 0 {
			return "", atFiles(fault.New(fault.Invalid, "fault.file_empty"))
		}
		data, kind, width, height := io.MultiReader(bytes.NewReader(head), f.Body), "application/octet-stream", 0, 0
		if _, ok := picture.Sniff(head); ok {
			r, err := a.fit(ctx, data)
			if err != nil {
				return "", atFiles(err)
			}
			data, kind, width, height = bytes.NewReader(r.Data), r.MediaType, r.Width, r.Height
		}
		info, err := a.Files.Put(ctx, data, maxFileBytes)
		if err != nil {
			return "", atFiles(err)
		}
		var kept id.ID
		err = a.Service.db.Write(ctx, func(tx *db.Tx) error {
			if err := access.NeedSees(tx, by, audience); err != nil {
				return err
			}
			now := a.Service.clock.Now()
			kept = id.New(now)
			_, err := tx.Exec(insertAttachmentSQL, kept, audience, by.Author, string(info.Name), name, kind, info.Size, width, height, db.At(now))
			return err
		})
		if err != nil {
			return "", err
		}
		text.WriteString("\n\n")
		if width > 0 {
			text.WriteByte('!')
		}
		text.WriteString("[" + name + "](/files/" + kept.String() + ")")
	}
	return text.String(), nil
}

// fit reads a picture whole, which its press needs, and makes it fit.
func (a *Attachments) fit(ctx context.Context, data io.Reader) (picture.Result, error) {
	whole, err := io.ReadAll(io.LimitReader(data, picture.MaxBytes+1))
	if err != nil {
		return picture.Result{}, fmt.Errorf("read picture: %w", err)
	}
	return a.Press.Fit(ctx, whole, pictureSide)
}

// filesIn finds the files that a text shows: /files/ID.
func filesIn(body string) []id.ID {
	var out []id.ID
	for rest := body; ; {
		_, after, found := strings.Cut(rest, "/files/")
		if !found || len(out) >= 100 {
			return out
		}
		end := 0
		for end < len(after) && (after[end] >= '0' && after[end] <= '9' || after[end] >= 'a' && after[end] <= 'z') {
			end++
		}
		if n, err := id.Parse(after[:end]); err == nil && n != 0 {
			out = append(out, n)
		}
		rest = after
	}
}

// attach notes which of the author's files a saved post shows, so that they are
// kept.
func attach(tx *db.Tx, post, author id.ID, body string) error {
	files := filesIn(body)
	if len(files) == 0 {
		return nil
	}
	_, err := tx.Exec(claimAttachmentsSQL, post, files, author)
	return err
}

// DropLoose forgets files that were sent for a post nobody saved.
func (s *Service) DropLoose(ctx context.Context, before time.Time) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(dropLooseSQL, db.At(before))
		return err
	})
}

// UsedFiles returns those of the files that posts show.
func UsedFiles(tx *db.Tx, files []string) ([]string, error) {
	return db.All(tx, usedFilesSQL, func(r *db.Rows, n *string) error { return r.Scan(n) }, files)
}

// atFiles says at the form's field what is wrong with a file.
func atFiles(err error) error {
	f := fault.Of(err)
	if f == nil || f.Kind != fault.Invalid || len(f.Fields) > 0 {
		return err
	}
	return &fault.Fault{Kind: fault.Invalid, Key: "fault.invalid", Fields: []fault.Field{{Name: "files", Key: f.Key, Args: f.Args}}, Cause: err}
}

// Open returns a file the actor may see: one of a post they see, or one they
// sent for a post of their own that is not saved yet.
func (a *Attachments) Open(ctx context.Context, by access.Actor, n id.ID) (Attachment, blob.File, error) {
	var x Attachment
	err := a.Service.db.Read(ctx, func(tx *db.Tx) error {
		x = Attachment{ID: n}
		_, err := tx.Row(attachmentSQL, []any{&x.Name, &x.MediaType, &x.Hash}, by.Person, n, by.Author)
		return err
	})
	if err != nil {
		return x, nil, err
	}
	if x.Hash == "" {
		return x, nil, fault.Missing()
	}
	f, err := a.Files.Open(ctx, x.Hash)
	return x, f, err
}
