package ask

const mergeQuestionSkillsSQL = `
UPDATE question_skills SET skill_id = $1
WHERE skill_id = $2 AND NOT EXISTS (
    SELECT 1 FROM question_skills o
    WHERE o.question_id = question_skills.question_id AND o.skill_id = $1)`

const dropQuestionSkillsSQL = `
DELETE FROM question_skills
WHERE skill_id = $1`

const mergeFollowsSQL = `
UPDATE follows SET subject_id = $1
WHERE subject_id = $2 AND NOT EXISTS (
    SELECT 1 FROM follows o
    WHERE o.person_id = follows.person_id AND o.subject_id = $1)`

const dropFollowsSQL = `
DELETE FROM follows
WHERE subject_id = $1`

const withinBudgetSQL = `
SELECT p.id
FROM people p
WHERE p.id = ANY($1) AND p.weekly_budget > (
    SELECT COUNT(*)
    FROM routings r
    WHERE r.person_id = p.id AND r.asked_at >= $2)`
