package ask

// helpedAskersSQL are the answers that settled their question, or that its
// asker found useful, where both are people of the organisation.
const helpedAskersSQL = `
SELECT a.id, q.title, asker.person_id, helper.person_id, qs.skill_id, COALESCE(a.accepted_at, v.at)
FROM answers a
JOIN questions q ON q.id = a.question_id AND q.state <> 'deleted'
JOIN authors asker ON asker.id = q.author_id AND asker.kind = 'person'
JOIN authors helper ON helper.id = a.author_id AND helper.kind = 'person'
LEFT JOIN votes v ON v.on_id = a.id AND v.person_id = asker.person_id
LEFT JOIN question_skills qs ON qs.question_id = q.id AND qs.position = 0
WHERE a.id = ANY($1) AND a.state = 'open' AND (a.accepted_at IS NOT NULL OR v.at IS NOT NULL)`
