package vault

import (
	"github.com/guildhall/guildhall/internal/platform/db"
	"github.com/guildhall/guildhall/internal/platform/id"
)

const ownKeySQL = `
SELECT id, person_id, public, sealed, made_at
FROM vault_keys
WHERE person_id = $1 AND ended_at IS NULL`

const countKeysSQL = `
SELECT COUNT(*)
FROM vault_keys
WHERE person_id = $1`

const insertKeySQL = `
INSERT INTO vault_keys (id, person_id, public, sealed, made_at)
VALUES ($1, $2, $3, $4, $5)`

const endKeySQL = `
UPDATE vault_keys SET ended_at = $1, sealed = ''
WHERE id = $2`

const resealSQL = `
UPDATE vault_keys SET sealed = $1
WHERE id = $2 AND person_id = $3 AND ended_at IS NULL`

// keysOfSQL never reads what is sealed: that is its owner's.
const keysOfSQL = `
SELECT id, person_id, public, made_at, ended_at
FROM vault_keys
WHERE person_id = ANY($1)
ORDER BY person_id, id`

const currentKeysSQL = `
SELECT id
FROM vault_keys
WHERE person_id = ANY($1) AND ended_at IS NULL`

func scanID(r *db.Rows, n *id.ID) error { return r.Scan(n) }

const notesSQL = `
SELECT n.id, n.name, n.person_id, n.key_id, n.version, n.sealed, n.created_at, n.updated_at
FROM vault_notes n
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = n.audience_id)
  AND n.room_id = $2 AND n.id < $3
ORDER BY n.id DESC
LIMIT $4`

func scanNote(r *db.Rows, n *Note) error {
	var created, updated db.Time
	err := r.Scan(&n.ID, &n.Name, &n.Person, &n.Key, &n.Version, &n.Sealed, &created, &updated)
	n.Created, n.Updated = created.Time(), updated.Time()
	return err
}

const countNotesSQL = `
SELECT COUNT(*)
FROM vault_notes n
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = n.audience_id)
  AND n.room_id = $2`

const lastNoteSQL = `
SELECT n.person_id, n.created_at
FROM vault_notes n
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = n.audience_id)
  AND n.room_id = $2
ORDER BY n.id DESC
LIMIT 1`

const namedSQL = `
SELECT n.id, n.person_id
FROM vault_notes n
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = n.audience_id)
  AND n.room_id = $2 AND n.name = $3`

const noteSQL = `
SELECT n.person_id, n.version
FROM vault_notes n
WHERE EXISTS (
    SELECT 1 FROM audience_members a
    WHERE a.person_id = $1 AND a.audience_id = n.audience_id)
  AND n.room_id = $2 AND n.id = $3`

const boxesSQL = `
SELECT b.note_id, b.key_id, b.by_id, k.person_id, b.sealed
FROM vault_boxes b
JOIN vault_keys k ON k.id = b.by_id
WHERE b.note_id = ANY($1)
ORDER BY b.note_id, b.key_id`

const insertNoteSQL = `
INSERT INTO vault_notes (id, audience_id, room_id, name, person_id, key_id, version, sealed, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $8)`

const updateNoteSQL = `
UPDATE vault_notes SET key_id = $1, version = $2, sealed = $3, updated_at = $4
WHERE id = $5`

const deleteNoteSQL = `
DELETE FROM vault_notes
WHERE id = $1`

const insertBoxSQL = `
INSERT INTO vault_boxes (note_id, key_id, by_id, sealed)
VALUES ($1, $2, $3, $4)`

const shareBoxSQL = `
INSERT INTO vault_boxes (note_id, key_id, by_id, sealed)
VALUES ($1, $2, $3, $4)
ON CONFLICT (note_id, key_id) DO NOTHING`

const deleteBoxesSQL = `
DELETE FROM vault_boxes
WHERE note_id = $1`
