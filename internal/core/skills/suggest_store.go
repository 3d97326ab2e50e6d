package skills

import "github.com/guildhall/guildhall/internal/platform/db"

const namesBetweenSQL = `
SELECT s.id, s.kind, s.name, n.name, n.norm, n.primary_name
FROM skill_names n
JOIN skills s ON s.id = n.skill_id AND s.state = 'active'
WHERE EXISTS (
    SELECT 1 FROM audience_members m
    WHERE m.person_id = $1 AND m.audience_id = 1)
  AND n.norm >= $2 AND n.norm < $3
ORDER BY n.norm, n.skill_id
LIMIT $4`

const namesNearSQL = `
SELECT s.id, s.kind, s.name, n.name, n.norm, n.primary_name
FROM (
  SELECT g.skill_id
  FROM skill_grams g
  JOIN skills t ON t.id = g.skill_id AND t.state = 'active'
  WHERE EXISTS (
      SELECT 1 FROM audience_members m
      WHERE m.person_id = $1 AND m.audience_id = 1)
    AND g.gram = ANY($2)
  GROUP BY g.skill_id
  ORDER BY COUNT(*) DESC, g.skill_id
  LIMIT $3) near
JOIN skills s ON s.id = near.skill_id
JOIN skill_names n ON n.skill_id = s.id
ORDER BY s.id, n.norm`

func scanNamed(r *db.Rows, n *named) error {
	return r.Scan(&n.ID, &n.Kind, &n.Name, &n.name, &n.norm, &n.primary)
}
