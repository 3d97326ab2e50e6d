package db

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	sqlite3 "modernc.org/sqlite/lib"
)

// NotOpened is the cause of the Unavailable fault of an SQLite file that cannot
// be opened or made, in words for whoever keeps the server.
type NotOpened struct {
	Path string
	Why  string // "the folder /srv/x does not exist"
	err  error
}

func (n *NotOpened) Error() string {
	return fmt.Sprintf("the database %s cannot be opened: %s", n.Path, n.Why)
}

func (n *NotOpened) Unwrap() error { return n.err }

// notOpened looks why SQLite could not open a file, since it says only that it
// could not.
func notOpened(path string, err error) error {
	var e *sqliteError
	if errors.As(err, &e) {
		if full(e) {
			return unavailable(&NotOpened{path, "no room is left on the disk", e})
		}
		switch e.code & 0xff {
		case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
			if why := whyShut(path); why != "" {
				return unavailable(&NotOpened{path, why, e})
			}
		}
	}
	return fmt.Errorf("open %s: %w", path, err)
}

// header is how every SQLite file begins.
const header = "SQLite format 3\x00"

// checkHeader refuses a file that is something else. SQLite would take a very
// short one for an empty database and write over it.
func checkHeader(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return nil // opening says why
	}
	defer f.Close()
	begin := make([]byte, len(header))
	n, err := io.ReadFull(f, begin)
	if n == 0 || string(begin) == header {
		return nil
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	for _, beside := range []string{"-journal", "-wal"} {
		if i, err := os.Stat(path + beside); err == nil && i.Size() > 0 {
			return nil // a power cut while the file was made, which these undo
		}
	}
	return unavailable(&NotOpened{path, "the file is no database; look what became of it, and bring back a backup if it was one", nil})
}

// whyShut tries what SQLite does with a file and its folder, "" when all of it
// works.
func whyShut(path string) string {
	dir := filepath.Dir(path)
	if i, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Sprintf("the folder %s does not exist", dir)
	} else if err != nil {
		return fmt.Sprintf("the folder %s cannot be looked into: %s", dir, reason(err))
	} else if !i.IsDir() {
		return dir + " is no folder"
	}
	i, err := os.Stat(path)
	switch {
	case err == nil && i.IsDir():
		return "there is a folder of that name"
	case err == nil:
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return "the file cannot be read and written: " + reason(err)
		}
		_ = f.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return reason(err)
	}
	// The journal stands beside the file.
	f, err := os.CreateTemp(dir, ".guildhall-*")
	if err != nil {
		return fmt.Sprintf("no file can be made in the folder %s: %s", dir, reason(err))
	}
	_ = f.Close()
	_ = os.Remove(f.Name())
	return ""
}

// reason is what the system says, without the call and the path, which are said
// already.
func reason(err error) string {
	var at *fs.PathError
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "the user who runs Guildhall has no permission to"
	case errors.As(err, &at):
		return at.Err.Error()
	}
	return err.Error()
}
