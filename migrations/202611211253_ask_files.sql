-- +goose Up

-- Which files somebody still refers to, for the daily sweep.
CREATE INDEX attachments_hash ON attachments (hash);
