package people

const allSitesSQL = `
SELECT id, name, time_zone, country, hours
FROM sites
ORDER BY sort_key`

const allSiteDaysSQL = `
SELECT site_id, kind, name, first_day, last_day
FROM site_days
ORDER BY first_day, last_day, id`

const saveSiteSQL = `
UPDATE sites SET name = $1, sort_key = $2, time_zone = $3, country = $4, hours = $5
WHERE id = $6`

const dropSiteDaysSQL = `
DELETE FROM site_days
WHERE site_id = $1`

const insertSiteDaysSQL = `
INSERT INTO site_days (id, site_id, kind, name, first_day, last_day)
VALUES ($1, $2, $3, $4, $5, $6)`
