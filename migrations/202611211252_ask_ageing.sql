-- +goose Up

-- Accepted answers by when somebody last looked at them.
CREATE INDEX answers_ageing ON answers (COALESCE(verified_at, edited_at, created_at), id) WHERE accepted_at IS NOT NULL AND state = 'open';
