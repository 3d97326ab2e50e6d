package swaps

// lessonsTakenSQL is who taught whom what in swaps, and when last.
const lessonsTakenSQL = `
SELECT m.id, w.id, s.name, l.learner_id, l.teacher_id, s.id, MAX(x.ends_at)
FROM swaps w
JOIN swap_lessons l ON l.swap_id = w.id AND l.given > 0
JOIN meetings x ON x.id = l.meeting_id
JOIN swap_members m ON m.swap_id = w.id AND m.person_id = l.teacher_id
JOIN skills s ON s.id = m.skill_id
WHERE w.id = ANY($1)
GROUP BY m.id, w.id, s.name, l.learner_id, l.teacher_id, s.id
ORDER BY m.id`
