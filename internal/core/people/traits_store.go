package people

const traitsSQL = `
SELECT p.id, a.id, p.name, p.title, p.unit_id, COALESCE(u.name, ''), p.site_id, COALESCE(s.name, ''), p.manager_id, p.languages
FROM people p
JOIN authors a ON a.person_id = p.id AND a.kind = 'person'
LEFT JOIN units u ON u.id = p.unit_id
LEFT JOIN sites s ON s.id = p.site_id
WHERE p.state = 'active' AND p.id = ANY($1)`

const startsSQL = `
SELECT p.id, p.starts_on, COALESCE(NULLIF(p.time_zone, ''), s.time_zone, 'UTC')
FROM people p
LEFT JOIN sites s ON s.id = p.site_id
WHERE p.starts_on IS NOT NULL AND p.state = 'active' AND p.id = ANY($1)`
