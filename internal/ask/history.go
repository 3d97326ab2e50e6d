package ask

import (
	"context"
	"strconv"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/revise"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// Change is a version of a question or an answer, and what it changed.
type Change struct {
	revise.Version
	By   people.Byline
	Diff []revise.Line // from the version before; the first has nothing taken out or put in
}

// History returns what was changed in a question or an answer, newest first:
// the versions before a number, or the newest for 0. more says that there are
// older ones. What was never changed has no versions.
func (s *Service) History(ctx context.Context, by access.Actor, subject id.ID, before, limit int) (out []Change, more bool, err error) {
	var versions []revise.Version
	var lines map[id.ID]people.Byline
	if err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		if versions, err = revise.History(tx, by, subject, before, limit+1); err != nil {
			return err
		}
		authors := make([]id.ID, len(versions))
		for i, v := range versions {
			authors[i] = v.Author
		}
		lines, err = people.Bylines(tx, by, authors)
		return err
	}); err != nil {
		return nil, false, err
	}
	for i, v := range versions {
		if i == limit {
			return out, true, nil
		}
		var was revise.Version
		switch {
		case i+1 < len(versions):
			was = versions[i+1]
		case v.Number == 1:
			was = v
		}
		out = append(out, Change{Version: v, By: lines[v.Author], Diff: revise.Diff(was.Text(), v.Text())})
	}
	return out, false, nil
}

// versionBefore reads where a list of versions goes on: the number of the last
// version of the page before, "" for the newest. Errors: Invalid.
func versionBefore(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(cursor, 10, 32)
	if err != nil || n < 1 {
		return 0, fault.New(fault.Invalid, "fault.cursor")
	}
	return int(n), nil
}
