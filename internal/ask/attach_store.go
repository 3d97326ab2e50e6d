package ask

const insertAttachmentSQL = `
INSERT INTO attachments (id, audience_id, author_id, hash, name, media_type, bytes, width, height, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

const attachmentSQL = `
SELECT f.name, f.media_type, f.hash
FROM attachments f
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = f.audience_id)
  AND f.id = $2`
