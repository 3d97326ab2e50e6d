package mentoring

import (
	"context"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/core/people"
	"github.com/guildhall/guildhall/internal/core/vault"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// noteRoom opens a mentorship as a room of notes: for its members, from its
// beginning on, in one of the states.
func noteRoom(tx *db.Tx, by access.Actor, mentorship id.ID, states ...string) (vault.Room, error) {
	m, err := load(tx, by, mentorship)
	if err != nil {
		return vault.Room{}, err
	}
	for _, x := range states {
		if m.State == x {
			return vault.Room{ID: m.ID, Audience: m.Audience, People: m.persons()}, nil
		}
	}
	return vault.Room{}, fault.New(fault.Conflict, "fault.mentoring_state")
}

// Notes returns a page of the notes of a mentorship, sealed, with the names of
// their authors.
//
// Errors: NotFound; Conflict before the mentorship has begun.
func (s *Service) Notes(ctx context.Context, by access.Actor, mentorship, before id.ID, limit int) (out vault.NotesJSON, err error) {
	if err := by.NeedKnown(); err != nil {
		return out, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		room, err := noteRoom(tx, by, mentorship, Active, Closed)
		if err != nil {
			return err
		}
		page, err := vault.Notes(tx, by, room, before, limit)
		if err != nil {
			return err
		}
		var who []id.ID
		for _, n := range page.Notes {
			who = append(who, n.Person)
		}
		lines, err := people.BylinesOf(tx, by, who)
		if err != nil {
			return err
		}
		names := make(map[id.ID]string, len(lines))
		for n, l := range lines {
			names[n] = l.Name
		}
		out = page.JSON(room, names)
		return nil
	})
	return out, err
}

// notes changes the notes of a mentorship.
func (s *Service) notes(ctx context.Context, by access.Actor, mentorship id.ID, do func(tx *db.Tx, room vault.Room) error, states ...string) error {
	if err := by.NeedKnown(); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		room, err := noteRoom(tx, by, mentorship, states...)
		if err != nil {
			return err
		}
		return do(tx, room)
	})
}

// WriteNote keeps a note that the actor's browser has sealed, see vault.Write.
func (s *Service) WriteNote(ctx context.Context, by access.Actor, mentorship id.ID, n vault.NewNote) (note id.ID, err error) {
	err = s.notes(ctx, by, mentorship, func(tx *db.Tx, room vault.Room) error {
		note, err = vault.Write(tx, by, room, n, s.Clock.Now())
		return err
	}, Active)
	return note, err
}

// RewriteNote keeps another version of a note of the actor, see vault.Rewrite.
func (s *Service) RewriteNote(ctx context.Context, by access.Actor, mentorship, note id.ID, n vault.NewNote) error {
	return s.notes(ctx, by, mentorship, func(tx *db.Tx, room vault.Room) error {
		return vault.Rewrite(tx, by, room, note, n, s.Clock.Now())
	}, Active)
}

// DeleteNote takes a note of the actor away, also after the end.
func (s *Service) DeleteNote(ctx context.Context, by access.Actor, mentorship, note id.ID) error {
	return s.notes(ctx, by, mentorship, func(tx *db.Tx, room vault.Room) error {
		return vault.Delete(tx, by, room, note)
	}, Active, Closed)
}

// ShareNotes opens notes to other members, also after the end.
func (s *Service) ShareNotes(ctx context.Context, by access.Actor, mentorship, key id.ID, boxes []vault.Box) error {
	return s.notes(ctx, by, mentorship, func(tx *db.Tx, room vault.Room) error {
		return vault.Share(tx, by, room, key, boxes)
	}, Active, Closed)
}

type notesInput struct {
	api.ByID
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"30"`
}

type writeNoteInput struct {
	api.ByID
	Body vault.NoteInput
}

type oneNoteInput struct {
	api.ByID
	Note string `path:"note" doc:"13 characters"`
}

type rewriteNoteInput struct {
	api.ByID
	Note string `path:"note" doc:"13 characters"`
	Body vault.NoteInput
}

type shareNotesInput struct {
	api.ByID
	Body vault.ShareInput
}

// NoteWrittenJSON names a note that was written.
type NoteWrittenJSON struct {
	ID string `json:"id"`
}

func parseBoth(in, within string) (mentorship, note id.ID, err error) {
	if mentorship, err = parse(within); err != nil {
		return 0, 0, err
	}
	note, err = parse(in)
	return mentorship, note, err
}

// before is what is said of what can't be read: first that there is nothing to
// keep it in, as it is said of a note without anything.
func before(refused, unreadable error) error {
	if fault.Is(refused, fault.Invalid) {
		return unreadable
	}
	return refused
}

// addNotes adds the operations on notes. What they carry is sealed.
func addNotes(a *api.API[access.Actor], s *Service, on func() bool) {
	op := func(method, path, name, summary string, status int) api.Operation {
		return api.Operation{Method: method, Path: path, ID: name, Summary: summary, Tag: "Private notes", Status: status, On: on}
	}
	api.Add(a, op("GET", "/api/v1/mentorships/{id}/notes", "list-notes", "The notes of a mentorship of yours, sealed, the newest first", 0),
		func(ctx context.Context, by access.Actor, in *notesInput) (*api.Body[vault.NotesJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			before, wrong := cursor(in.Cursor)
			out, err := s.Notes(ctx, by, n, before, in.Limit)
			if err = thingFirst(err, wrong); err != nil {
				return nil, err
			}
			return api.OK(out), nil
		})
	api.Add(a, op("POST", "/api/v1/mentorships/{id}/notes", "write-note", "Keep a note that your browser has sealed", 201),
		func(ctx context.Context, by access.Actor, in *writeNoteInput) (*api.Body[NoteWrittenJSON], error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			x, err := in.Body.Note()
			if err != nil {
				_, refused := s.WriteNote(ctx, by, n, vault.NewNote{})
				return nil, before(refused, err)
			}
			note, err := s.WriteNote(ctx, by, n, x)
			if err != nil {
				return nil, err
			}
			return api.OK(NoteWrittenJSON{ID: note.String()}), nil
		})
	api.Add(a, op("PUT", "/api/v1/mentorships/{id}/notes/{note}", "rewrite-note", "Keep another version of a note of yours", 0),
		func(ctx context.Context, by access.Actor, in *rewriteNoteInput) (*api.None, error) {
			n, note, err := parseBoth(in.Note, in.ID)
			if err != nil {
				return nil, err
			}
			x, err := in.Body.Note()
			if err != nil {
				return nil, before(s.RewriteNote(ctx, by, n, note, vault.NewNote{}), err)
			}
			return &api.None{}, s.RewriteNote(ctx, by, n, note, x)
		})
	api.Add(a, op("DELETE", "/api/v1/mentorships/{id}/notes/{note}", "delete-note", "Take a note of yours away, for everybody", 0),
		func(ctx context.Context, by access.Actor, in *oneNoteInput) (*api.None, error) {
			n, note, err := parseBoth(in.Note, in.ID)
			if err != nil {
				return nil, err
			}
			return &api.None{}, s.DeleteNote(ctx, by, n, note)
		})
	api.Add(a, op("POST", "/api/v1/mentorships/{id}/notes/boxes", "share-notes", "Open notes to another member", 204),
		func(ctx context.Context, by access.Actor, in *shareNotesInput) (*api.None, error) {
			n, err := parse(in.ID)
			if err != nil {
				return nil, err
			}
			key, boxes, err := in.Body.Read()
			if err != nil {
				return nil, before(s.ShareNotes(ctx, by, n, 0, nil), err)
			}
			return &api.None{}, s.ShareNotes(ctx, by, n, key, boxes)
		})
}
