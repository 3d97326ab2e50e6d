package ask

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guildhall/guildhall/internal/connect/stackexchange"
	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/revise"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// version is one revision of a post while its rows are read.
type version struct {
	post     int64
	revision string
	at       time.Time
	user     int64
	name     string
	note     string
	title    *string
	body     *string
	tags     []string
	hasTags  bool
}

// history brings the versions of posts that were edited. Rows of one revision
// hold only what it changed; the rest is as it was before.
func (x *StackExchange) history(ctx context.Context, report stackexchange.Report) error {
	if !x.Dump.Has(stackexchange.PostHistoryFile) {
		return nil
	}
	versions := map[int64][]*version{}
	byRevision := map[string]*version{}
	rows := 0
	for h, err := range x.Dump.PostHistory(ctx, report) {
		if err != nil {
			return err
		}
		rows++
		x.progress(stackexchange.PostHistoryFile, rows)
		if h.Kind < stackexchange.FirstTitle || h.Kind > stackexchange.RollbackTags {
			continue
		}
		k := strconv.FormatInt(h.PostID, 10) + "/" + h.Revision
		v := byRevision[k]
		if v == nil {
			v = &version{post: h.PostID, revision: h.Revision, at: h.Created, user: h.UserID, name: h.UserDisplayName, note: h.Comment}
			byRevision[k] = v
			versions[h.PostID] = append(versions[h.PostID], v)
		}
		// Browsers sent their line ends, whoever edited by other means did not: an
		// edit would seem to change every line.
		text := strings.ReplaceAll(h.Text, "\r\n", "\n")
		switch h.Kind {
		case stackexchange.FirstTitle, stackexchange.EditTitle, stackexchange.RollbackTitle:
			v.title = &text
		case stackexchange.FirstBody, stackexchange.EditBody, stackexchange.RollbackBody:
			v.body = &text
		default:
			v.tags, v.hasTags = h.Tags(), true
		}
	}
	for _, post := range slices.Sorted(maps.Keys(versions)) {
		list := versions[post]
		if len(list) < 2 {
			continue // never edited
		}
		if err := x.write(ctx, func(tx *db.Tx) error { return x.versions(tx, post, list) }); err != nil {
			return err
		}
	}
	return nil
}

func (x *StackExchange) versions(tx *db.Tx, post int64, list []*version) error {
	local, err := x.local(tx, "question", post)
	if err == nil && local == 0 {
		local, err = x.local(tx, "answer", post)
	}
	if err != nil || local == 0 {
		return err // tag descriptions have a history too
	}
	x.Counts.Versions += len(list)
	var title, body string
	var tags []string
	for i, v := range list {
		if v.title != nil {
			title = *v.title
		}
		if v.body != nil {
			body = *v.body
		}
		if v.hasTags {
			tags = tagWords(v.tags)
		}
		_, changed, err := x.fresh(tx, "version", strconv.FormatInt(post, 10)+"/"+v.revision, local, checksum(title, body, tags, v.note))
		if err != nil {
			return err
		}
		if !changed {
			continue
		}
		author, err := x.author(tx, v.user, v.name, v.at)
		if err != nil {
			return err
		}
		err = revise.Import(tx, revise.Version{
			ID: id.Derived(v.at, x.origin+"/version/"+v.revision), Subject: local, Audience: access.Organisation, Number: i + 1, Author: author,
			Title: title, Body: body, Skills: tags, Note: v.note, At: v.at,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
