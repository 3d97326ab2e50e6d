package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/guildhall/guildhall/internal/app"
	"github.com/guildhall/guildhall/internal/connect/backup"
	"github.com/guildhall/guildhall/internal/platform/clock"
)

type backupCmd struct {
	place
	Out    string `help:"A new file for the backup." type:"path" placeholder:"FILE"`
	Verify string `help:"Check this backup in place of making one." type:"path" placeholder:"FILE"`
}

// Run makes or checks a backup. A server may be running beside it.
func (c *backupCmd) Run(ctx context.Context) error {
	p := progress{out: os.Stderr}
	tell := func(name string, rows int64) { p.show(fmt.Sprintf("%s: %d", name, rows)) }
	if (c.Out == "") == (c.Verify == "") {
		return errors.New("say --out FILE to make a backup or --verify FILE to check one")
	}
	if c.Verify != "" {
		r, err := backup.Open(c.Verify)
		if err != nil {
			return err
		}
		defer r.Close()
		r.Progress = tell
		n, err := r.Verify(ctx)
		p.clear()
		if err != nil {
			return err
		}
		fmt.Printf("%s is whole: made %s, %d rows in %d tables, %d files\n", c.Verify, n.Made.Format("2006-01-02 15:04 MST"), n.Rows, n.Tables, n.Files)
		return nil
	}
	h, err := c.openExisting(ctx, app.Config{})
	if err != nil {
		return err
	}
	defer h.Close()
	files, err := c.files(h)
	if err != nil {
		return err
	}
	w := &backup.Writer{DB: h.DB, Files: files, Clock: clock.System{}, Progress: tell}
	n, err := w.Write(ctx, c.Out)
	p.clear()
	if err != nil {
		return notWritten(c.Out, h.Explain(err))
	}
	info, err := os.Stat(c.Out)
	if err != nil {
		return err
	}
	fmt.Printf("saved %d rows in %d tables and %d files to %s, %.1f MB (%.1f MB before compression)\nIt holds everything, also what only some may see: guard it like the database.\n",
		n.Rows, n.Tables, n.Files, c.Out, float64(info.Size())/1e6, float64(n.Bytes)/1e6)
	return nil
}

// notWritten says in words that an error is about the room or the folder of what
// was to be written. Nothing of it was kept.
func notWritten(name string, err error) error {
	var at *fs.PathError
	dir := filepath.Dir(name)
	if !errors.As(err, &at) || !strings.HasPrefix(at.Path, dir) {
		return err
	}
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%s was not written: no room is left in %s", name, dir)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s was not written: there is no folder %s", name, dir)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s was not written: no file may be made in %s", name, dir)
	}
	return err
}

type restoreCmd struct {
	place
	File string `arg:"" help:"The backup." type:"existingfile"`
}

// Run restores a backup into an empty data folder or database.
func (c *restoreCmd) Run(ctx context.Context) error {
	r, err := backup.Open(c.File)
	if err != nil {
		return err
	}
	defer r.Close()
	p := progress{out: os.Stderr}
	tell := func(name string, rows int64) { p.show(fmt.Sprintf("%s: %d", name, rows)) }
	r.Progress = tell
	at, err := c.url()
	if err != nil {
		return err
	}
	n, err := app.Restore(ctx, app.Restoration{Backup: r, Database: at, Files: filepath.Join(c.Data, "files"), Progress: tell})
	p.clear()
	if err != nil {
		return err
	}
	fmt.Printf("restored %d rows in %d tables and %d files, made %s\nOutgoing mail is paused. An admin releases it under Administration, Mail.\n",
		n.Rows, n.Tables, n.Files, n.Made.Format("2006-01-02 15:04 MST"))
	return nil
}
