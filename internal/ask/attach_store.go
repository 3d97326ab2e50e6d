package ask

const insertAttachmentSQL = `
INSERT INTO attachments (id, audience_id, author_id, hash, name, media_type, bytes, width, height, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

// attachmentSQL finds a file for whoever sees the post that shows it; before
// there is one, for its author, and after it is deleted for nobody.
const attachmentSQL = `
SELECT f.name, f.media_type, f.hash
FROM attachments f
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = f.audience_id)
  AND f.id = $2
  AND (f.subject_id IS NULL AND f.author_id = $3
    OR EXISTS (SELECT 1 FROM subjects s WHERE s.id = f.subject_id AND s.state <> 'deleted'))`

const claimAttachmentsSQL = `
UPDATE attachments SET subject_id = $1
WHERE id = ANY($2) AND author_id = $3 AND subject_id IS NULL`

const dropLooseSQL = `
DELETE FROM attachments
WHERE subject_id IS NULL AND created_at < $1`

// usedFilesSQL tells the sweep which files a post still shows, in the name of
// nobody.
const usedFilesSQL = `
SELECT DISTINCT hash
FROM attachments
WHERE hash = ANY($1)`
