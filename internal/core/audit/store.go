package audit

import "github.com/guildhall/guildhall/internal/platform/db"

const recordSQL = `
INSERT INTO audit_log (id, at, actor_id, action, subject_id, detail)
VALUES ($1, $2, $3, $4, $5, $6)`

const listSQL = `
SELECT l.id, l.at, COALESCE(l.actor_id, 0), COALESCE(a.name, ''), l.action, COALESCE(l.subject_id, 0), COALESCE(s.name, ''), l.detail
FROM audit_log l
LEFT JOIN people a ON a.id = l.actor_id
LEFT JOIN people s ON s.id = l.subject_id
WHERE (l.at, l.id) < ($1, $2)
ORDER BY l.at DESC, l.id DESC
LIMIT $3`

func scanAct(r *db.Rows, a *Act) error {
	var at db.Time
	if err := r.Scan(&a.ID, &at, &a.Actor, &a.Name, &a.Action, &a.Subject, &a.Of, &a.Detail); err != nil {
		return err
	}
	a.At = at.Time()
	return nil
}
