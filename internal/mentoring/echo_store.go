package mentoring

// settledGoalsSQL are the goals of rooms that are not open, with who helped.
const settledGoalsSQL = `
SELECT g.id, m.id, g.words, g.person_id, p.person_id, g.skill_id, g.state = 'reached', g.settled_at
FROM mentorships m
JOIN mentoring_goals g ON g.mentorship_id = m.id
JOIN mentorship_people p ON p.mentorship_id = m.id AND p.person_id <> g.person_id AND p.role <> 'mentee'
WHERE m.id = ANY($1)
ORDER BY g.id, p.person_id`
