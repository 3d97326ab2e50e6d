// Package blob keeps uploaded files by the hash of what they hold: the same
// file twice is one, and a name never changes its content. Beside SQLite they
// are files in a folder; with PostgreSQL they are rows, so that every app
// server has them. Who may read a file is decided by those who refer to it.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// Name is the SHA-256 of a file, 64 lower-case hexadecimal digits.
type Name string

// Valid tells whether n has the form of a name; only such names touch a disk.
func (n Name) Valid() bool {
	if len(n) != 2*sha256.Size {
		return false
	}
	for i := range len(n) {
		if c := n[i]; !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}

// Info describes a stored file.
type Info struct {
	Name   Name
	Size   int64     // bytes
	Stored time.Time // when somebody last stored it
}

// File is a stored file opened for reading. It fits http.ServeContent.
type File interface {
	io.ReadSeekCloser
	Info() Info
}

// Store keeps files. It is safe for concurrent use.
type Store interface {
	// Put stores what r gives, at most limit bytes, and returns its name when
	// it is safe on disk. A file that is already there counts as stored again.
	Put(ctx context.Context, r io.Reader, limit int64) (Info, error)
	// Open opens a file. What is not there is fault.NotFound.
	Open(ctx context.Context, n Name) (File, error)
	// List returns up to limit files after the name, by name; "" is the start.
	List(ctx context.Context, after Name, limit int) ([]Info, error)
	// Remove deletes a file that was last stored before the time. It is false
	// when the file is not there or was stored again since.
	Remove(ctx context.Context, n Name, before time.Time) (bool, error)
	// Tidy deletes what interrupted uploads before the time left behind.
	Tidy(ctx context.Context, before time.Time) error
}

// New returns the store that belongs to the database: a folder for SQLite, made
// when it is missing, rows for PostgreSQL, which only uses the folder for
// uploads under way.
func New(d *db.DB, folder string, c clock.Clock) (Store, error) {
	if err := os.MkdirAll(filepath.Join(folder, "under-way"), 0o700); err != nil {
		return nil, fmt.Errorf("make folder for files: %w", err)
	}
	if d.Dialect() == db.Postgres {
		return &rows{db: d, folder: folder, clock: c}, nil
	}
	return &disk{folder: folder, clock: c}, nil
}

// Unused lists files last stored before the time that used does not know, a
// page at a time; used is asked for each page and answers which are referred
// to. The time must lie so far back that everybody who stored a file then has
// also written who uses it. Removing them is the caller's decision.
func Unused(ctx context.Context, s Store, before time.Time, used func(context.Context, []Name) (map[Name]bool, error)) ([]Info, error) {
	var unused []Info
	after := Name("")
	for {
		page, err := s.List(ctx, after, 500)
		if err != nil || len(page) == 0 {
			return unused, err
		}
		after = page[len(page)-1].Name
		var ask []Name
		for _, x := range page {
			if x.Stored.Before(before) {
				ask = append(ask, x.Name)
			}
		}
		if len(ask) == 0 {
			continue
		}
		known, err := used(ctx, ask)
		if err != nil {
			return nil, err
		}
		for _, x := range page {
			if x.Stored.Before(before) && !known[x.Name] {
				unused = append(unused, x)
			}
		}
	}
}

// Verify reads a file and compares it with its name.
func Verify(ctx context.Context, s Store, n Name) error {
	f, err := s.Open(ctx, n)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		return fmt.Errorf("read file %s: %w", n, err)
	}
	if nameOf(h) != n || size != f.Info().Size {
		return fault.New(fault.Unavailable, "fault.file.broken")
	}
	return nil
}

func nameOf(h hash.Hash) Name { return Name(hex.EncodeToString(h.Sum(nil))) }

// spool writes an upload to a file of its own and hashes it on the way. The
// caller closes and removes it.
func spool(ctx context.Context, folder string, r io.Reader, limit int64) (f *os.File, n Name, size int64, err error) {
	f, err = os.CreateTemp(filepath.Join(folder, "under-way"), "upload-")
	if err != nil {
		return nil, "", 0, diskFault("begin upload", err)
	}
	h := sha256.New()
	size, err = io.Copy(io.MultiWriter(f, h), io.LimitReader(contextReader{ctx, r}, limit+1))
	switch {
	case err != nil:
		err = diskFault("write upload", err)
	case size > limit:
		err = fault.New(fault.Invalid, "fault.file.too_large").With("max_mb", (limit+1<<20-1)>>20)
	}
	if err != nil {
		discard(f)
		return nil, "", 0, err
	}
	return f, nameOf(h), size, nil
}

func discard(f *os.File) {
	f.Close()
	os.Remove(f.Name())
}

// diskFault lets a full or read-only disk be told from other errors.
func diskFault(what string, err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		key := "fault.unavailable"
		switch {
		case errors.Is(err, syscall.ENOSPC):
			key = "fault.no_room"
		case errors.Is(err, syscall.EROFS):
			key = "fault.read_only"
		}
		return fault.Because(fault.Unavailable, key, fmt.Errorf("%s: %w", what, err))
	}
	return fmt.Errorf("%s: %w", what, err)
}

// contextReader stops between two reads when the context has ended.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}
