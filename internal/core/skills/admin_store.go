package skills

// Merging moves the rows of one skill ($2) to another ($1) where the other has
// none of its own, and drops what is left.

const declarersSQL = `
SELECT DISTINCT person_id
FROM person_skills
WHERE skill_id = $1`

const mergePersonSkillsSQL = `
UPDATE person_skills SET skill_id = $1
WHERE skill_id = $2 AND NOT EXISTS (
    SELECT 1 FROM person_skills o
    WHERE o.person_id = person_skills.person_id AND o.direction = person_skills.direction AND o.skill_id = $1)`

const dropPersonSkillsSQL = `
DELETE FROM person_skills
WHERE skill_id = $1`

const mergeEndorsementsSQL = `
UPDATE endorsements SET skill_id = $1
WHERE skill_id = $2 AND NOT EXISTS (
    SELECT 1 FROM endorsements o
    WHERE o.person_id = endorsements.person_id AND o.author_id = endorsements.author_id AND o.skill_id = $1)`

const dropEndorsementsSQL = `
DELETE FROM endorsements
WHERE skill_id = $1`

const mergeNamesSQL = `
INSERT INTO skill_names (norm, skill_id, name, lang, primary_name)
SELECT n.norm, CAST($1 AS BIGINT), n.name, n.lang, FALSE
FROM skill_names n
WHERE n.skill_id = $2
ON CONFLICT (norm, skill_id) DO NOTHING`

const dropNamesSQL = `
DELETE FROM skill_names
WHERE skill_id = $1`

const mergeGramsSQL = `
INSERT INTO skill_grams (gram, skill_id)
SELECT g.gram, CAST($1 AS BIGINT)
FROM skill_grams g
WHERE g.skill_id = $2
ON CONFLICT (gram, skill_id) DO NOTHING`

const dropGramsSQL = `
DELETE FROM skill_grams
WHERE skill_id = $1`

const mergeLevelsSQL = `
INSERT INTO skill_levels (skill_id, level, text)
SELECT CAST($1 AS BIGINT), l.level, l.text
FROM skill_levels l
WHERE l.skill_id = $2
ON CONFLICT (skill_id, level) DO NOTHING`

const dropLevelsSQL = `
DELETE FROM skill_levels
WHERE skill_id = $1`

const insertLevelSQL = `
INSERT INTO skill_levels (skill_id, level, text)
VALUES ($1, $2, $3)
ON CONFLICT (skill_id, level) DO UPDATE SET text = excluded.text`

const mergeNarrowerSQL = `
UPDATE skills SET parent_id = $1
WHERE parent_id = $2 AND id <> $1`

const mergeMergedSQL = `
UPDATE skills SET merged_into = $1
WHERE merged_into = $2`

const mergedSQL = `
UPDATE skills SET state = 'merged', merged_into = $1, updated_at = $2
WHERE id = $3`

const stateSQL = `
UPDATE skills SET state = $1, updated_at = $2
WHERE id = $3 AND state NOT IN ('merged', 'private')`

const describeSQL = `
UPDATE skills SET kind = $1, name = $2, sort_key = $3, description = $4, category = $5, updated_at = $6
WHERE id = $7 AND state <> 'merged'`

const wordsSQL = `
SELECT name, description, state
FROM skills
WHERE id = $1`
