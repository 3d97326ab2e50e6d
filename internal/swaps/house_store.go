package swaps

// These texts read swaps for the house itself. What they find is told to
// nobody, or to members whom access is asked for.

const anySwapSQL = swapColumnsSQL + `
WHERE w.id = $1`

const ofPersonSQL = swapColumnsSQL + `
JOIN swap_members s ON s.swap_id = w.id
WHERE s.person_id = $1 AND w.state = ANY($2)
ORDER BY w.id`

const proposedCountSQL = `
SELECT COUNT(*)
FROM swaps
WHERE author_id = $1 AND state = 'proposed'`

const betweenSQL = `
SELECT COUNT(*)
FROM swap_members a
JOIN swap_members b ON b.swap_id = a.swap_id
JOIN swaps w ON w.id = a.swap_id AND w.state IN ('proposed', 'standing') AND w.round_id IS NULL
WHERE a.person_id = $1 AND b.person_id = $2`

const standingCountSQL = `
SELECT COUNT(*)
FROM swap_members m
JOIN swaps w ON w.id = m.swap_id AND w.state = 'standing'
WHERE m.person_id = $1`

// inRoundsSQL are those of the people who have a place in a ring of a round, or
// teach in as many swaps as one may.
const inRoundsSQL = `
SELECT m.person_id
FROM swap_members m
JOIN swaps w ON w.id = m.swap_id
WHERE m.person_id = ANY($1) AND w.state IN ('proposed', 'standing')
GROUP BY m.person_id
HAVING SUM(CASE WHEN w.state = 'proposed' AND w.round_id IS NOT NULL THEN 1 ELSE 0 END) > 0
  OR SUM(CASE WHEN w.state = 'standing' THEN 1 ELSE 0 END) >= $2`

const partiesSQL = `
SELECT p.id
FROM people p
JOIN audience_members m ON m.person_id = p.id AND m.audience_id = 1
WHERE p.id > $1 AND p.state = 'active'
  AND EXISTS (SELECT 1 FROM person_skills t WHERE t.person_id = p.id AND t.direction = 'teach')
  AND EXISTS (SELECT 1 FROM person_skills w WHERE w.person_id = p.id AND w.direction = 'want')
ORDER BY p.id
LIMIT $2`

const firstsSQL = `
SELECT person_id
FROM swap_firsts
WHERE person_id = ANY($1)`

const owedPeopleSQL = `
SELECT holder_id
FROM hour_accounts
WHERE holder_id = ANY($1) AND minutes > 0`

const refusalsSQL = `
SELECT teacher_id, learner_id, skill_id
FROM swap_refusals
WHERE until > $1 AND learner_id = ANY($2)`

// taughtSQL says how often people taught a skill in swaps, and how many of
// those lessons either side would repeat or not.
const taughtSQL = `
SELECT m.person_id, m.skill_id, COUNT(DISTINCT m.id),
  SUM(CASE WHEN t.again = 'yes' THEN 1 ELSE 0 END), SUM(CASE WHEN t.again = 'no' THEN 1 ELSE 0 END)
FROM swap_members m
LEFT JOIN swap_lessons l ON l.swap_id = m.swap_id AND l.teacher_id = m.person_id
LEFT JOIN swap_thanks t ON t.meeting_id = l.meeting_id AND t.person_id = l.learner_id
WHERE m.given > 0 AND m.person_id = ANY($1)
GROUP BY m.person_id, m.skill_id`

const mendedSQL = `
UPDATE swaps SET mended = TRUE
WHERE id = $1 AND NOT mended`
