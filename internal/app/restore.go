package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/connect/backup"
	"github.com/guildhall/guildhall/internal/core/organisation"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/search"
	"github.com/guildhall/guildhall/internal/core/subject"
	"github.com/guildhall/guildhall/internal/platform/blob"
	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
	"github.com/guildhall/guildhall/migrations"
)

// Restoration says what is restored and whereto.
type Restoration struct {
	Backup   *backup.Reader
	Database string // a SQLite file that is not there yet, or an empty PostgreSQL database
	Files    string // folder of uploaded files
	Clock    clock.Clock
	// Progress is told what is being done and how far it is.
	Progress func(what string, rows int64)
}

// Restore checks a backup and writes it into an empty database. Outgoing mail
// is paused until an admin releases it, since what the backup would send may
// have been sent long ago. A SQLite file has its name only when everything is
// in it.
//
// Errors: *backup.Damaged for a backup that is not what it was.
func Restore(ctx context.Context, r Restoration) (c backup.Contents, err error) {
	if r.Clock == nil {
		r.Clock = clock.System{}
	}
	if c, err = r.Backup.Verify(ctx); err != nil {
		return c, err
	}
	at := r.Database
	lite := !strings.Contains(at, "://")
	if lite {
		if _, err := os.Lstat(at); err == nil {
			return c, fmt.Errorf("%s is there already; a restore needs an empty folder", at)
		}
		folder, err := os.MkdirTemp(filepath.Dir(at), ".restoring-")
		if err != nil {
			return c, err
		}
		defer os.RemoveAll(folder)
		at = filepath.Join(folder, filepath.Base(r.Database))
	}
	if err := r.into(ctx, at); err != nil {
		return c, err
	}
	if !lite {
		return c, nil
	}
	if info, err := os.Stat(at + "-wal"); err == nil && info.Size() > 0 {
		return c, errors.New("the database was not closed in order")
	}
	return c, os.Rename(at, r.Database)
}

func (r Restoration) into(ctx context.Context, at string) (err error) {
	d, err := db.Open(ctx, db.Config{URL: at, Clock: r.Clock})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := backup.Empty(ctx, d); err != nil {
		return err
	}
	then, err := subset(r.Backup.Migrations())
	if err != nil {
		return err
	}
	if err := db.Migrate(ctx, d, then, nil); err != nil {
		return err
	}
	files, err := blob.New(d, r.Files, r.Clock)
	if err != nil {
		return err
	}
	if err := r.Backup.Restore(ctx, d, files); err != nil {
		return err
	}
	// What was added to the schema since the backup.
	if err := db.Migrate(ctx, d, migrations.Files, nil); err != nil {
		return err
	}
	k, err := organisation.Open(ctx, d, r.Clock)
	if err != nil {
		return err
	}
	if err := k.Change(ctx, func(s *organisation.Settings) error { s.OutgoingPaused = true; return nil }); err != nil {
		return err
	}
	h, err := Build(ctx, Config{Clock: r.Clock}, d)
	if err != nil {
		return err
	}
	if err := h.RebuildSearch(ctx, r.Progress); err != nil {
		return err
	}
	return d.Optimise(ctx)
}

// RebuildSearch makes everything findable again by its words as they are now.
// It may be interrupted and run again.
func (h *House) RebuildSearch(ctx context.Context, progress func(what string, rows int64)) error {
	if progress == nil {
		progress = func(string, int64) {}
	}
	for _, kind := range ask.Searchable() {
		if err := h.reindex(ctx, kind, progress, func(tx *db.Tx, after id.ID, limit int) (func(tx *db.Tx) error, int, id.ID, error) {
			docs, err := ask.SearchDocs(tx, kind, after, limit)
			if err != nil || len(docs) == 0 {
				return nil, 0, 0, err
			}
			return func(tx *db.Tx) error {
				for _, d := range docs {
					if err := search.Save(tx, d); err != nil {
						return err
					}
				}
				return nil
			}, len(docs), docs[len(docs)-1].ID, nil
		}); err != nil {
			return err
		}
	}
	for kind, one := range map[subject.Kind]func(*db.Tx, id.ID) error{subject.Person: people.Reindex, subject.Skill: h.Skills.Reindex} {
		if err := h.reindex(ctx, kind, progress, func(tx *db.Tx, after id.ID, limit int) (func(tx *db.Tx) error, int, id.ID, error) {
			list, err := subject.After(tx, kind, after, limit)
			if err != nil || len(list) == 0 {
				return nil, 0, 0, err
			}
			return func(tx *db.Tx) error {
				for _, n := range list {
					if err := one(tx, n); err != nil {
						return err
					}
				}
				return nil
			}, len(list), list[len(list)-1], nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// reindex reads page after page and writes each in a transaction of its own.
func (h *House) reindex(ctx context.Context, kind subject.Kind, progress func(string, int64),
	next func(tx *db.Tx, after id.ID, limit int) (write func(tx *db.Tx) error, n int, last id.ID, err error)) error {
	done, after := int64(0), id.ID(0)
	for {
		var write func(tx *db.Tx) error
		var n int
		var last id.ID
		if err := h.DB.Read(ctx, func(tx *db.Tx) (err error) {
			write, n, last, err = next(tx, after, 50)
			return err
		}); err != nil || n == 0 {
			return err
		}
		if err := h.DB.Write(ctx, write); err != nil {
			return err
		}
		done, after = done+int64(n), last
		progress("making findable: "+string(kind), done)
	}
}

// subset are the migrations of the given names only.
func subset(names []string) (fs.FS, error) {
	s := someFiles{FS: migrations.Files, names: map[string]bool{}}
	for _, n := range names {
		if !strings.HasSuffix(n, ".sql") {
			n += ".sql"
		}
		if _, err := fs.Stat(migrations.Files, n); err != nil {
			return nil, fmt.Errorf("the backup was made by a newer program: it has the migration %s, which this one does not know", n)
		}
		s.names[n] = true
	}
	return s, nil
}

// someFiles shows some of the files of a folder.
type someFiles struct {
	fs.FS
	names map[string]bool
}

// ReadDir lists the files shown.
func (s someFiles) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(s.FS, name)
	var out []fs.DirEntry
	for _, e := range list {
		if s.names[e.Name()] {
			out = append(out, e)
		}
	}
	return out, err
}
