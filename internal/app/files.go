package app

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/ask"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/platform/blob"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/job"
)

// looseFor is how long an uploaded file may wait for the post that shows it: a
// draft over a weekend keeps its pictures.
const looseFor = 4 * 24 * time.Hour

// sweepFiles forgets files that were sent for posts nobody saved, and pictures
// nobody has any more.
func (h *House) sweepFiles(ctx context.Context, _ *job.Run) error {
	if h.Files == nil {
		return nil
	}
	before := h.Clock.Now().Add(-looseFor)
	if err := h.Ask.DropLoose(ctx, before); err != nil {
		return err
	}
	if err := h.Files.Tidy(ctx, before); err != nil {
		return err
	}
	unused, err := blob.Unused(ctx, h.Files, before, h.usedFiles)
	if err != nil {
		return err
	}
	for _, f := range unused {
		if _, err := h.Files.Remove(ctx, f.Name, before); err != nil {
			return err
		}
	}
	if len(unused) > 0 {
		h.Log.Info("files that nothing shows were removed", "files", len(unused))
	}
	return nil
}

// usedFiles asks everybody who keeps files which of these are theirs.
func (h *House) usedFiles(ctx context.Context, names []blob.Name) (map[blob.Name]bool, error) {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = string(n)
	}
	used := map[blob.Name]bool{}
	err := h.DB.Read(ctx, func(tx *db.Tx) error {
		for _, of := range []func(*db.Tx, []string) ([]string, error){ask.UsedFiles, people.UsedPictures} {
			found, err := of(tx, list)
			if err != nil {
				return err
			}
			for _, n := range found {
				used[blob.Name(n)] = true
			}
		}
		return nil
	})
	return used, err
}
