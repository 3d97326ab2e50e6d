package blob

import "github.com/guildhall/guildhall/internal/platform/db"

const touchBlobSQL = `
UPDATE blobs
SET stored_at = $1
WHERE name = $2`

const putBlobSQL = `
INSERT INTO blobs (name, size, stored_at)
VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET stored_at = excluded.stored_at`

const putChunkSQL = `
INSERT INTO blob_chunks (name, n, data, stored_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (name, n) DO UPDATE SET stored_at = excluded.stored_at`

const countChunksSQL = `
SELECT COUNT(*)
FROM blob_chunks
WHERE name = $1`

const blobSQL = `
SELECT size, stored_at
FROM blobs
WHERE name = $1`

const chunkSQL = `
SELECT data
FROM blob_chunks
WHERE name = $1 AND n = $2`

const listBlobsSQL = `
SELECT name, size, stored_at
FROM blobs
WHERE name > $1
ORDER BY name
LIMIT $2`

const removeBlobSQL = `
DELETE FROM blobs
WHERE name = $1 AND stored_at < $2`

const removeChunksSQL = `
DELETE FROM blob_chunks
WHERE name = $1`

const tidyChunksSQL = `
DELETE FROM blob_chunks
WHERE stored_at < $1
  AND NOT EXISTS (SELECT 1 FROM blobs WHERE blobs.name = blob_chunks.name)`

func scanInfo(r *db.Rows, x *Info) error {
	var n string
	var at db.Time
	if err := r.Scan(&n, &x.Size, &at); err != nil {
		return err
	}
	x.Name, x.Stored = Name(n), at.Time()
	return nil
}
