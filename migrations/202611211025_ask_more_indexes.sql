-- Counting the comments of one answer, and deleting what belongs to a question.
CREATE INDEX comments_on ON comments (on_id);
CREATE INDEX subjects_parent ON subjects (parent_id) WHERE parent_id IS NOT NULL;
