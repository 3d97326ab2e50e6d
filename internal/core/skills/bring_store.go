package skills

const normsSQL = `
SELECT norm
FROM skill_names
WHERE skill_id = $1`

const byOriginSQL = `
SELECT COALESCE(merged_into, id)
FROM skills
WHERE origin = $1 AND origin_id = $2 AND origin_id <> ''`

const fillDescriptionSQL = `
UPDATE skills SET description = $1, updated_at = $2
WHERE id = $3`

const stockedSQL = `
SELECT origin_id
FROM skills
WHERE origin = 'guildhall'`

const stockSQL = `
UPDATE skills SET origin = 'guildhall', origin_id = $1
WHERE id = $2 AND origin <> 'guildhall'`
