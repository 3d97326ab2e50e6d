-- +goose Up

-- Where somebody's answers helped, latest first: who has answered thousands of
-- questions waits no longer for Home than others.
CREATE INDEX answers_accepted ON answers (author_id, accepted_at DESC, id DESC) WHERE accepted_at IS NOT NULL;
CREATE INDEX answers_useful ON answers (author_id, created_at DESC, id DESC) WHERE useful > 0;
