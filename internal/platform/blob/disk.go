package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"

	"github.com/guildhall/guildhall/internal/platform/clock"
	"github.com/guildhall/guildhall/internal/platform/fault"
)

// disk keeps files in a folder: ab/abcdef….
type disk struct {
	folder string
	clock  clock.Clock
	mu     sync.RWMutex // held for reading by Put, for writing by Remove
}

func (d *disk) path(n Name) string { return filepath.Join(d.folder, string(n[:2]), string(n)) }

func (d *disk) Put(ctx context.Context, r io.Reader, limit int64) (Info, error) {
	f, n, size, err := spool(ctx, d.folder, r, limit)
	if err != nil {
		return Info{}, err
	}
	defer discard(f)
	now := d.clock.Now()
	info := Info{Name: n, Size: size, Stored: now}
	d.mu.RLock()
	defer d.mu.RUnlock()
	path := d.path(n)
	if have, err := os.Stat(path); err == nil && have.Size() == size {
		// Stored again: the time moves, so that nobody takes it for unused.
		return info, wrap("touch file", os.Chtimes(path, now, now))
	}
	// The order matters at a power cut: the content, then the name, then the
	// folder that holds the name.
	if err := f.Chmod(0o400); err != nil {
		return Info{}, diskFault("finish upload", err)
	}
	if err := f.Sync(); err != nil {
		return Info{}, diskFault("finish upload", err)
	}
	if err := os.Chtimes(f.Name(), now, now); err != nil {
		return Info{}, diskFault("finish upload", err)
	}
	if err := os.Mkdir(filepath.Dir(path), 0o700); err == nil {
		if err := syncFolder(d.folder); err != nil {
			return Info{}, err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return Info{}, diskFault("make folder", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return Info{}, diskFault("name file", err)
	}
	return info, syncFolder(filepath.Dir(path))
}

func wrap(what string, err error) error {
	if err != nil {
		return diskFault(what, err)
	}
	return nil
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return diskFault("open folder", err)
	}
	defer f.Close()
	return wrap("sync folder", f.Sync())
}

type diskFile struct {
	*os.File
	info Info
}

func (f diskFile) Info() Info { return f.info }

func (d *disk) Open(_ context.Context, n Name) (File, error) {
	if !n.Valid() {
		return nil, fault.Missing()
	}
	f, err := os.Open(d.path(n))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Missing()
	}
	if err != nil {
		return nil, diskFault("open file", err)
	}
	s, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, diskFault("open file", err)
	}
	return diskFile{f, Info{Name: n, Size: s.Size(), Stored: s.ModTime().UTC()}}, nil
}

func (d *disk) List(ctx context.Context, after Name, limit int) ([]Info, error) {
	folders, err := os.ReadDir(d.folder)
	if err != nil {
		return nil, diskFault("list files", err)
	}
	var out []Info
	for _, sub := range folders {
		if !sub.IsDir() || len(sub.Name()) != 2 || after != "" && sub.Name() < string(after[:2]) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		files, err := os.ReadDir(filepath.Join(d.folder, sub.Name()))
		if err != nil {
			return nil, diskFault("list files", err)
		}
		sort.Slice(files, func(i, j int) bool { return files[i].Name() < files[j].Name() })
		for _, e := range files {
			n := Name(e.Name())
			if !n.Valid() || n <= after {
				continue
			}
			s, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, diskFault("list files", err)
			}
			out = append(out, Info{Name: n, Size: s.Size(), Stored: s.ModTime().UTC()})
			if len(out) == limit {
				return out, nil
			}
		}
	}
	return out, nil
}

func (d *disk) Remove(_ context.Context, n Name, before time.Time) (bool, error) {
	if !n.Valid() {
		return false, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := os.Stat(d.path(n))
	if errors.Is(err, fs.ErrNotExist) || err == nil && !s.ModTime().Before(before) {
		return false, nil
	}
	if err != nil {
		return false, diskFault("remove file", err)
	}
	if err := os.Remove(d.path(n)); err != nil {
		return false, diskFault("remove file", err)
	}
	return true, syncFolder(filepath.Dir(d.path(n)))
}

func (d *disk) Tidy(_ context.Context, before time.Time) error { return tidy(d.folder, before) }

func tidy(folder string, before time.Time) error {
	entries, err := os.ReadDir(filepath.Join(folder, "under-way"))
	if err != nil {
		return diskFault("list uploads", err)
	}
	for _, e := range entries {
		s, err := e.Info()
		if err != nil || e.IsDir() || !s.ModTime().Before(before) {
			continue
		}
		if err := os.Remove(filepath.Join(folder, "under-way", e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove upload: %w", err)
		}
	}
	return nil
}
