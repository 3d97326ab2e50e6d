-- +goose Up

-- Goals of a skill that is merged move with it.
CREATE INDEX mentoring_goals_skill ON mentoring_goals (skill_id);
