package people

const calendarsSQL = `
SELECT p.id, COALESCE(NULLIF(p.time_zone, ''), s.time_zone, 'UTC'), COALESCE(NULLIF(p.hours, ''), s.hours, ''),
  p.away_from, p.away_until, COALESCE(d.kind, ''), COALESCE(d.first_day, ''), COALESCE(d.last_day, ''), COALESCE(d.name, '')
FROM people p
LEFT JOIN sites s ON s.id = p.site_id
LEFT JOIN site_days d ON d.site_id = p.site_id AND d.last_day >= $1
WHERE p.state = 'active' AND p.id = ANY($2)
ORDER BY p.id, d.first_day`
