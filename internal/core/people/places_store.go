package people

const siteByIDSQL = `
SELECT id
FROM sites
WHERE id = $1`

const siteByNameSQL = `
SELECT id
FROM sites
WHERE sort_key = $1`

const insertSiteSQL = `
INSERT INTO sites (id, name, sort_key, time_zone, country, created_at)
VALUES ($1, $2, $3, $4, $5, $6)`

const unitByNameSQL = `
SELECT id
FROM units
WHERE sort_key = $1`

const insertUnitSQL = `
INSERT INTO units (id, name, sort_key, parent_id, valid_from)
VALUES ($1, $2, $3, $4, $5)`
