package vault

import (
	"context"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/api"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// OwnKeyJSON is the caller's current key.
type OwnKeyJSON struct {
	ID     string    `json:"id" doc:"Empty when the caller has made none"`
	Public string    `json:"public" doc:"base64url of the format and a point of P-256"`
	Sealed string    `json:"sealed" doc:"The private half, sealed with the recovery code, as base64url"`
	Made   time.Time `json:"made_at,omitzero"`
}

// PublicKeyJSON is somebody's key.
type PublicKeyJSON struct {
	ID      string `json:"id"`
	Person  string `json:"person"`
	Public  string `json:"public" doc:"base64url of the format and a point of P-256"`
	Current bool   `json:"current" doc:"False once other keys came after it"`
}

// NoteBoxJSON is the key of a note, sealed for one reader.
type NoteBoxJSON struct {
	For    string `json:"for" doc:"Id of the key that opens it"`
	By     string `json:"by,omitempty" doc:"Id of the key that sealed it"`
	Sealed string `json:"sealed" doc:"base64url"`
}

// SealedNoteJSON is a note that only browsers of the room's members can read.
type SealedNoteJSON struct {
	ID      string       `json:"id"`
	Name    string       `json:"name" doc:"Made by the browser; part of what is sealed"`
	Person  string       `json:"person" doc:"Its author"`
	Author  string       `json:"author" doc:"The author's name"`
	Key     string       `json:"key" doc:"Id of the author's key"`
	Version int          `json:"version"`
	Sealed  string       `json:"sealed" doc:"base64url"`
	Open    []string     `json:"open_to" doc:"Ids of the keys that open it"`
	Box     *NoteBoxJSON `json:"box,omitempty" doc:"Of the caller's current key"`
	Created time.Time    `json:"created_at"`
	Updated time.Time    `json:"updated_at"`
}

// NotesJSON is a page of a room's notes.
type NotesJSON struct {
	Items      []SealedNoteJSON `json:"items"`
	Keys       []PublicKeyJSON  `json:"keys"`
	Members    []string         `json:"members" doc:"Ids of people"`
	NextCursor string           `json:"next_cursor"`
}

// NoteInput is a note that a browser has sealed.
type NoteInput struct {
	Name    string        `json:"name,omitempty" doc:"Of a new note: 16 random bytes as base64url"`
	Key     string        `json:"key" doc:"Id of the caller's current key"`
	Version int           `json:"version" doc:"1, or one more than it was"`
	Sealed  string        `json:"sealed" maxLength:"81920" doc:"base64url"`
	Boxes   []NoteBoxJSON `json:"boxes" maxItems:"100" doc:"One for the caller, others for members"`
}

// SharedBoxJSON opens a note to somebody else.
type SharedBoxJSON struct {
	Note    string `json:"note"`
	Version int    `json:"version"`
	For     string `json:"for" doc:"Id of the key that opens it"`
	Sealed  string `json:"sealed" doc:"base64url"`
}

// ShareInput opens notes to others.
type ShareInput struct {
	Key   string          `json:"key" doc:"Id of the caller's current key"`
	Boxes []SharedBoxJSON `json:"boxes" maxItems:"100"`
}

// JSON prints a page; names are those of the authors.
func (p Page) JSON(room Room, names map[id.ID]string) NotesJSON {
	out := NotesJSON{Items: make([]SealedNoteJSON, len(p.Notes)), Keys: make([]PublicKeyJSON, len(p.Keys)), Members: make([]string, len(room.People))}
	for i, n := range room.People {
		out.Members[i] = n.String()
	}
	for i, k := range p.Keys {
		out.Keys[i] = PublicKeyJSON{ID: k.ID.String(), Person: k.Person.String(), Public: k.Public, Current: k.Current}
	}
	for i, n := range p.Notes {
		x := SealedNoteJSON{
			ID: n.ID.String(), Name: n.Name, Person: n.Person.String(), Author: names[n.Person], Key: n.Key.String(), Version: n.Version, Sealed: n.Sealed,
			Open: make([]string, len(n.For)), Created: n.Created, Updated: n.Updated,
		}
		for j, k := range n.For {
			x.Open[j] = k.String()
		}
		if n.Box.By != 0 {
			x.Box = &NoteBoxJSON{For: n.Box.For.String(), By: n.Box.By.String(), Sealed: n.Box.Sealed}
		}
		out.Items[i] = x
	}
	if p.More {
		out.NextCursor = p.Notes[len(p.Notes)-1].ID.String()
	}
	return out
}

// Note reads what was sent.
//
// Errors: Invalid for what is no id.
func (in NoteInput) Note() (NewNote, error) {
	var c fault.Check
	n := NewNote{Name: in.Name, Version: in.Version, Sealed: in.Sealed, Key: parse(&c, "key", in.Key)}
	for _, b := range in.Boxes {
		n.Boxes = append(n.Boxes, Box{For: parse(&c, "boxes", b.For), Sealed: b.Sealed})
	}
	return n, c.Err()
}

// Read reads what was sent.
//
// Errors: Invalid for what is no id.
func (in ShareInput) Read() (key id.ID, boxes []Box, err error) {
	var c fault.Check
	key = parse(&c, "key", in.Key)
	for _, b := range in.Boxes {
		boxes = append(boxes, Box{Note: parse(&c, "boxes", b.Note), Version: b.Version, For: parse(&c, "boxes", b.For), Sealed: b.Sealed})
	}
	return key, boxes, c.Err()
}

func parse(c *fault.Check, name, text string) id.ID {
	n, err := id.Parse(text)
	if err != nil {
		c.Bad(name, "fault.vault_shape")
	}
	return n
}

type keyInput struct {
	Body struct {
		Public   string `json:"public" doc:"base64url of the format and a point of P-256"`
		Sealed   string `json:"sealed" doc:"The private half, sealed with the recovery code"`
		Replaces string `json:"replaces,omitempty" doc:"Id of the current key, when there is one"`
	}
}

type resealInput struct {
	api.ByID
	Body struct {
		Sealed string `json:"sealed" doc:"The private half, sealed with another recovery code"`
	}
}

// KeyMadeJSON names a key that was made.
type KeyMadeJSON struct {
	ID string `json:"id"`
}

// AddAPI adds the operations on keys. on tells whether a practice with notes is
// on.
func AddAPI(a *api.API[access.Actor], s *Service, on func() bool) {
	op := func(method, path, name, summary string, status int) api.Operation {
		return api.Operation{Method: method, Path: path, ID: name, Summary: summary, Tag: "Private notes", Status: status, On: on}
	}
	api.Add(a, op("GET", "/api/v1/me/keys", "get-keys", "Your current key for private notes", 0),
		func(ctx context.Context, by access.Actor, _ *struct{}) (*api.Body[OwnKeyJSON], error) {
			k, ok, err := s.Own(ctx, by)
			if err != nil || !ok {
				return api.OK(OwnKeyJSON{}), err
			}
			return api.OK(OwnKeyJSON{ID: k.ID.String(), Public: k.Public, Sealed: k.Sealed, Made: k.Made}), nil
		})
	api.Add(a, op("POST", "/api/v1/me/keys", "make-keys", "Keep a new key that your browser made", 201),
		func(ctx context.Context, by access.Actor, in *keyInput) (*api.Body[KeyMadeJSON], error) {
			n := NewKey{Public: in.Body.Public, Sealed: in.Body.Sealed}
			if in.Body.Replaces != "" {
				var c fault.Check
				n.Replaces = parse(&c, "replaces", in.Body.Replaces)
				if err := c.Err(); err != nil {
					return nil, err
				}
			}
			key, err := s.Make(ctx, by, n)
			return api.OK(KeyMadeJSON{ID: key.String()}), err
		})
	api.Add(a, op("PUT", "/api/v1/me/keys/{id}", "reseal-key", "Keep your key as another recovery code has sealed it", 0),
		func(ctx context.Context, by access.Actor, in *resealInput) (*api.None, error) {
			key, err := id.Parse(in.ID)
			if err != nil {
				return nil, api.NotFound()
			}
			return &api.None{}, s.Reseal(ctx, by, key, in.Body.Sealed)
		})
}
