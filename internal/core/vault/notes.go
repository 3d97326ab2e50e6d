package vault

import (
	"slices"
	"time"

	"github.com/guildhall/guildhall/internal/core/access"
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/fault"
	"github.com/guildhall/guildhall/internal/platform/id"
)

// MaxSealed is the most characters a sealed note has: 20,000 characters of
// text, whatever the script.
const MaxSealed = 81920

const (
	nameSize = 16   // bytes
	maxNotes = 1000 // of a room
	pageSize = 100
	maxBoxes = 100 // shared at once
)

// Room is where notes stand, as its practice has opened it for the actor.
type Room struct {
	ID       id.ID
	Audience id.ID
	People   []id.ID // the members
}

// Box is the key of a note, sealed for somebody.
type Box struct {
	Note    id.ID
	Version int   // of the note it opens
	For     id.ID // the key that opens it
	By      id.ID // the key that sealed it
	Sealed  string
}

// Note is a note as the server has it.
type Note struct {
	ID      id.ID
	Name    string
	Person  id.ID // the author
	Key     id.ID // of the author
	Version int
	Sealed  string
	Created time.Time
	Updated time.Time
	For     []id.ID // the keys it is open to
	Box     Box     // the reader's; its By is 0 when there is none
}

// Page is a page of a room's notes.
type Page struct {
	Notes []Note
	More  bool
	Keys  []Key // of everybody who is a member, wrote or shared one of the notes
}

// Notes returns the notes of a room that come before the given one, 0 for the
// newest, the newest first, with the boxes of the actor's current key.
func Notes(tx *db.Tx, by access.Actor, room Room, before id.ID, limit int) (p Page, err error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	if limit <= 0 || limit > pageSize {
		limit = 30
	}
	if p.Notes, err = db.All(tx, notesSQL, scanNote, by.Person, room.ID, before, limit+1); err != nil {
		return p, err
	}
	p.More = len(p.Notes) > limit
	p.Notes = p.Notes[:min(limit, len(p.Notes))]
	mine, _, err := own(tx, by.Person)
	if err != nil {
		return p, err
	}
	who := slices.Clone(room.People)
	ids := make([]id.ID, len(p.Notes))
	at := make(map[id.ID]int, len(p.Notes))
	for i, n := range p.Notes {
		ids[i], at[n.ID] = n.ID, i
		who = append(who, n.Person)
	}
	if len(ids) > 0 {
		if _, err := db.All(tx, boxesSQL, func(r *db.Rows, _ *struct{}) error {
			var b Box
			var sealer id.ID
			if err := r.Scan(&b.Note, &b.For, &b.By, &sealer, &b.Sealed); err != nil {
				return err
			}
			n := &p.Notes[at[b.Note]]
			n.For = append(n.For, b.For)
			if b.For == mine.ID {
				b.Version, n.Box = n.Version, b
				who = append(who, sealer)
			}
			return nil
		}, ids); err != nil {
			return p, err
		}
	}
	slices.Sort(who)
	p.Keys, err = db.All(tx, keysOfSQL, func(r *db.Rows, k *Key) error {
		var made, ended db.Time
		err := r.Scan(&k.ID, &k.Person, &k.Public, &made, &ended)
		k.Made, k.Current = made.Time(), ended.Time().IsZero()
		return err
	}, slices.Compact(who))
	return p, err
}

// Stand is what the server can say of a room's notes.
type Stand struct {
	Count  int
	Last   time.Time
	Author id.ID // of the last, a person
}

// Of returns how many notes a room has, and whose the last is.
func Of(tx *db.Tx, by access.Actor, room id.ID) (s Stand, err error) {
	var last db.Time
	if _, err := tx.Row(countNotesSQL, []any{&s.Count}, by.Person, room); err != nil || s.Count == 0 {
		return s, err
	}
	_, err = tx.Row(lastNoteSQL, []any{&s.Author, &last}, by.Person, room)
	s.Last = last.Time()
	return s, err
}

// NewNote is a note, or another version of one, that a browser has sealed.
type NewNote struct {
	Name    string // of a new note
	Key     id.ID  // the actor's current key
	Version int    // 1, or one more than it was
	Sealed  string
	Boxes   []Box // one for the actor, others for members
}

// check tells what is wrong with the shape of a note.
func (n NewNote) check(fresh bool) error {
	var c fault.Check
	c.Require(len(n.Sealed) <= MaxSealed, "sealed", "fault.too_long", "max", MaxSealed)
	b, ok := read(n.Sealed)
	c.Require(ok && len(b) > 1+ivAndTag, "sealed", "fault.vault_shape")
	if fresh {
		name, err := decode(n.Name)
		c.Require(err == nil && len(name) == nameSize, "name", "fault.vault_shape")
		c.Require(n.Version == 1, "version", "fault.vault_shape")
	} else {
		c.Require(n.Version > 1, "version", "fault.vault_shape")
	}
	checkBoxes(&c, n.Boxes)
	return c.Err()
}

func checkBoxes(c *fault.Check, list []Box) {
	c.Require(len(list) > 0 && len(list) <= maxBoxes, "boxes", "fault.vault_shape")
	for _, x := range list {
		if b, ok := read(x.Sealed); !ok || len(b) != boxSize {
			c.Bad("boxes", "fault.vault_shape")
			return
		}
	}
}

// recipients refuses boxes for anybody but the current keys of members, and a
// note that its author could not read.
func recipients(tx *db.Tx, room Room, mine id.ID, list []Box) error {
	keys, err := db.All(tx, currentKeysSQL, scanID, room.People)
	if err != nil {
		return err
	}
	own := mine == 0
	for _, x := range list {
		if !slices.Contains(keys, x.For) {
			return fault.New(fault.Conflict, "fault.vault_keys_changed")
		}
		own = own || x.For == mine
	}
	if !own {
		var c fault.Check
		c.Bad("boxes", "fault.vault_shape")
		return c.Err()
	}
	return nil
}

// sealer refuses a key that is not the actor's current one.
func sealer(tx *db.Tx, by access.Actor, key id.ID) error {
	mine, ok, err := own(tx, by.Person)
	if err == nil && (!ok || mine.ID != key) {
		err = fault.New(fault.Conflict, "fault.vault_keys_changed")
	}
	return err
}

// Write keeps a new note of the actor. A note of the same name that the actor
// has sent before is kept as it is and its id returned, so that a note whose
// answer was lost may be sent again.
//
// Errors: Invalid; Conflict for keys that are not current, a name of somebody
// else, or a room that is full.
func Write(tx *db.Tx, by access.Actor, room Room, n NewNote, now time.Time) (note id.ID, err error) {
	if err := n.check(true); err != nil {
		return 0, err
	}
	var author id.ID
	if found, err := tx.Row(namedSQL, []any{&note, &author}, by.Person, room.ID, n.Name); err != nil || found {
		if err == nil && author != by.Person {
			err = fault.New(fault.Conflict, "fault.conflict")
		}
		return note, err
	}
	if err := sealer(tx, by, n.Key); err != nil {
		return 0, err
	}
	if err := recipients(tx, room, n.Key, n.Boxes); err != nil {
		return 0, err
	}
	var count int
	if _, err := tx.Row(countNotesSQL, []any{&count}, by.Person, room.ID); err != nil {
		return 0, err
	}
	if count >= maxNotes {
		return 0, fault.New(fault.Conflict, "fault.vault_full").With("max", maxNotes)
	}
	note = id.New(now)
	if _, err := tx.Exec(insertNoteSQL, note, room.Audience, room.ID, n.Name, by.Person, n.Key, n.Sealed, db.At(now)); err != nil {
		return 0, err
	}
	return note, insertBoxes(tx, note, n.Key, n.Boxes)
}

func insertBoxes(tx *db.Tx, note, by id.ID, list []Box) error {
	for _, x := range list {
		if _, err := tx.Exec(insertBoxSQL, note, x.For, by, x.Sealed); err != nil {
			return err
		}
	}
	return nil
}

// mine finds a note of the actor in a room.
func mine(tx *db.Tx, by access.Actor, room Room, note id.ID) (version int, err error) {
	var author id.ID
	found, err := tx.Row(noteSQL, []any{&author, &version}, by.Person, room.ID, note)
	if err == nil && !found {
		err = fault.Missing()
	}
	if err == nil && author != by.Person {
		err = fault.New(fault.Forbidden, "fault.vault_author")
	}
	return version, err
}

// Rewrite keeps the next version of a note in place of what it was.
//
// Errors: Invalid, NotFound; Forbidden for anybody but its author; Conflict when
// it was changed meanwhile or keys are not current.
func Rewrite(tx *db.Tx, by access.Actor, room Room, note id.ID, n NewNote, now time.Time) error {
	version, err := mine(tx, by, room, note)
	if err != nil {
		return err
	}
	if err := n.check(false); err != nil {
		return err
	}
	if n.Version != version+1 {
		return fault.New(fault.Conflict, "fault.conflict")
	}
	if err := sealer(tx, by, n.Key); err != nil {
		return err
	}
	if err := recipients(tx, room, n.Key, n.Boxes); err != nil {
		return err
	}
	if _, err := tx.Exec(deleteBoxesSQL, note); err != nil {
		return err
	}
	if _, err := tx.Exec(updateNoteSQL, n.Key, n.Version, n.Sealed, db.At(now), note); err != nil {
		return err
	}
	return insertBoxes(tx, note, n.Key, n.Boxes)
}

// Delete takes a note of the actor away, for everybody.
//
// Errors: NotFound; Forbidden for anybody but its author.
func Delete(tx *db.Tx, by access.Actor, room Room, note id.ID) error {
	if _, err := mine(tx, by, room, note); err != nil {
		return err
	}
	if _, err := tx.Exec(deleteBoxesSQL, note); err != nil {
		return err
	}
	_, err := tx.Exec(deleteNoteSQL, note)
	return err
}

// Share keeps boxes that open notes of the room to other members. A box that is
// there already stays.
//
// Errors: Invalid; NotFound for a note that is not in the room; Conflict for
// keys that are not current or a note that was changed meanwhile.
func Share(tx *db.Tx, by access.Actor, room Room, key id.ID, boxes []Box) error {
	var c fault.Check
	checkBoxes(&c, boxes)
	if err := c.Err(); err != nil {
		return err
	}
	if err := sealer(tx, by, key); err != nil {
		return err
	}
	if err := recipients(tx, room, 0, boxes); err != nil {
		return err
	}
	for _, x := range boxes {
		var author id.ID
		var version int
		found, err := tx.Row(noteSQL, []any{&author, &version}, by.Person, room.ID, x.Note)
		if err != nil {
			return err
		}
		if !found {
			return fault.Missing()
		}
		if version != x.Version {
			return fault.New(fault.Conflict, "fault.conflict")
		}
		if _, err := tx.Exec(shareBoxSQL, x.Note, x.For, key, x.Sealed); err != nil {
			return err
		}
	}
	return nil
}
