-- +goose Up

-- Long texts come last: what stands behind them in a row is far from its head.
CREATE TABLE questions (
  id           BIGINT PRIMARY KEY,
  audience_id  BIGINT NOT NULL REFERENCES audiences (id),
  author_id    BIGINT NOT NULL REFERENCES authors (id),
  title        TEXT NOT NULL,
  lang         TEXT NOT NULL DEFAULT 'und',
  state        TEXT NOT NULL,                 -- open, duplicate, obsolete, deleted
  settled      TEXT NOT NULL DEFAULT '',      -- '' waiting, answered, accepted
  accepted_id  BIGINT,                        -- the accepted answer
  duplicate_of BIGINT REFERENCES questions (id),
  obsolete_why TEXT NOT NULL DEFAULT '',
  answers      INTEGER NOT NULL DEFAULT 0,
  comments     INTEGER NOT NULL DEFAULT 0,
  base_score   INTEGER NOT NULL DEFAULT 0,    -- score brought by an import
  me_too       INTEGER NOT NULL DEFAULT 0,
  learner_first BOOLEAN NOT NULL DEFAULT FALSE,
  verified_at  TIMESTAMP,
  verified_by  BIGINT REFERENCES authors (id),
  created_at   TIMESTAMP NOT NULL,
  edited_at    TIMESTAMP,
  active_at    TIMESTAMP NOT NULL,
  origin_url   TEXT NOT NULL DEFAULT '',
  licence      TEXT NOT NULL DEFAULT '',
  body         TEXT NOT NULL
);
CREATE INDEX questions_active ON questions (active_at DESC, id DESC) WHERE state <> 'deleted';
CREATE INDEX questions_new ON questions (created_at DESC, id DESC) WHERE state <> 'deleted';
CREATE INDEX questions_unanswered ON questions (created_at DESC, id DESC) WHERE state = 'open' AND answers = 0;
CREATE INDEX questions_author ON questions (author_id, created_at DESC, id DESC);
CREATE INDEX questions_duplicate ON questions (duplicate_of) WHERE duplicate_of IS NOT NULL;

CREATE TABLE question_skills (
  question_id BIGINT NOT NULL REFERENCES questions (id),
  skill_id    BIGINT NOT NULL REFERENCES skills (id),
  position    INTEGER NOT NULL,
  active_at   TIMESTAMP NOT NULL,             -- copy of the question's, for paging by skill
  PRIMARY KEY (question_id, skill_id)
)
-- only: sqlite
WITHOUT ROWID
-- end only
;
CREATE INDEX question_skills_skill ON question_skills (skill_id, active_at DESC, question_id DESC);

CREATE TABLE answers (
  id          BIGINT PRIMARY KEY,
  question_id BIGINT NOT NULL REFERENCES questions (id),
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  author_id   BIGINT NOT NULL REFERENCES authors (id),
  lang        TEXT NOT NULL DEFAULT 'und',
  state       TEXT NOT NULL,                  -- open, obsolete, deleted
  obsolete_why TEXT NOT NULL DEFAULT '',
  base_score  INTEGER NOT NULL DEFAULT 0,
  useful      INTEGER NOT NULL DEFAULT 0,     -- live votes
  comments    INTEGER NOT NULL DEFAULT 0,
  accepted_at TIMESTAMP,
  verified_at TIMESTAMP,
  verified_by BIGINT REFERENCES authors (id),
  created_at  TIMESTAMP NOT NULL,
  edited_at   TIMESTAMP,
  licence     TEXT NOT NULL DEFAULT '',
  body        TEXT NOT NULL
);
CREATE INDEX answers_question ON answers (question_id, created_at, id);
CREATE INDEX answers_author ON answers (author_id, created_at DESC, id DESC);

CREATE TABLE comments (
  id          BIGINT PRIMARY KEY,
  on_id       BIGINT NOT NULL,                -- the question or answer
  question_id BIGINT NOT NULL REFERENCES questions (id),
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  author_id   BIGINT NOT NULL REFERENCES authors (id),
  body        TEXT NOT NULL,
  lang        TEXT NOT NULL DEFAULT 'und',
  state       TEXT NOT NULL,
  base_score  INTEGER NOT NULL DEFAULT 0,
  created_at  TIMESTAMP NOT NULL,
  edited_at   TIMESTAMP
);
CREATE INDEX comments_question ON comments (question_id, created_at, id);
CREATE INDEX comments_author ON comments (author_id, created_at DESC, id DESC);

-- "I have this too" on questions, "useful" on answers.
CREATE TABLE votes (
  on_id     BIGINT NOT NULL,
  person_id BIGINT NOT NULL REFERENCES people (id),
  at        TIMESTAMP NOT NULL,
  PRIMARY KEY (on_id, person_id)
);
CREATE INDEX votes_person ON votes (person_id, at DESC);

-- Every version of a text. The newest is the one shown.
CREATE TABLE revisions (
  id          BIGINT PRIMARY KEY,
  subject_id  BIGINT NOT NULL,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  number      INTEGER NOT NULL,
  author_id   BIGINT NOT NULL REFERENCES authors (id),
  title       TEXT NOT NULL DEFAULT '',
  body        TEXT NOT NULL,
  skills      TEXT NOT NULL DEFAULT '',       -- names, one a line
  note        TEXT NOT NULL DEFAULT '',
  at          TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX revisions_number ON revisions (subject_id, number);

CREATE TABLE follows (
  person_id  BIGINT NOT NULL REFERENCES people (id),
  subject_id BIGINT NOT NULL,
  at         TIMESTAMP NOT NULL,
  PRIMARY KEY (person_id, subject_id)
);
CREATE INDEX follows_subject ON follows (subject_id, person_id);

CREATE TABLE bookmarks (
  person_id  BIGINT NOT NULL REFERENCES people (id),
  subject_id BIGINT NOT NULL,
  at         TIMESTAMP NOT NULL,
  PRIMARY KEY (person_id, subject_id)
);
CREATE INDEX bookmarks_at ON bookmarks (person_id, at DESC, subject_id DESC);

-- Who was asked, when and what came of it.
CREATE TABLE routings (
  id          BIGINT PRIMARY KEY,
  question_id BIGINT NOT NULL REFERENCES questions (id),
  person_id   BIGINT NOT NULL REFERENCES people (id),
  wave        INTEGER NOT NULL,               -- 0 first, 1 to 3 widened, 9 the desk
  state       TEXT NOT NULL,                  -- waiting, answered, passed, closed
  reason      TEXT NOT NULL,                  -- JSON of the reasons shown to the person asked
  asked_at    TIMESTAMP NOT NULL,
  done_at     TIMESTAMP
);
CREATE UNIQUE INDEX routings_one ON routings (question_id, person_id);
CREATE INDEX routings_person ON routings (person_id, state, asked_at DESC, id DESC);
CREATE INDEX routings_asked ON routings (person_id, asked_at);
CREATE INDEX routings_recent ON routings (asked_at, person_id);

-- How far a question has come on its way to somebody who knows.
CREATE TABLE question_routes (
  question_id BIGINT PRIMARY KEY REFERENCES questions (id),
  wave        INTEGER NOT NULL,
  next_at     TIMESTAMP,                      -- when it widens; NULL when it is done
  state       TEXT NOT NULL                   -- asking, desk, done, nobody
);
CREATE INDEX question_routes_due ON question_routes (next_at) WHERE next_at IS NOT NULL;

CREATE TABLE attachments (
  id          BIGINT PRIMARY KEY,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  author_id   BIGINT NOT NULL REFERENCES authors (id),
  subject_id  BIGINT,                         -- NULL until the post that shows it is saved
  hash        TEXT NOT NULL,
  name        TEXT NOT NULL,
  media_type  TEXT NOT NULL,
  bytes       BIGINT NOT NULL,
  width       INTEGER NOT NULL DEFAULT 0,
  height      INTEGER NOT NULL DEFAULT 0,
  created_at  TIMESTAMP NOT NULL
);
CREATE INDEX attachments_subject ON attachments (subject_id);
CREATE INDEX attachments_loose ON attachments (created_at) WHERE subject_id IS NULL;

-- One thing told to one person, once.
CREATE TABLE notices (
  id          BIGINT PRIMARY KEY,
  person_id   BIGINT NOT NULL REFERENCES people (id),
  key         TEXT NOT NULL,                  -- what makes it once: event and reader
  kind        TEXT NOT NULL,
  subject_id  BIGINT NOT NULL,
  audience_id BIGINT NOT NULL,
  actor_id    BIGINT,
  at          TIMESTAMP NOT NULL,
  read_at     TIMESTAMP,
  mailed_at   TIMESTAMP                       -- NULL while a mail or digest may still take it
);
CREATE UNIQUE INDEX notices_key ON notices (person_id, key);
CREATE INDEX notices_person ON notices (person_id, id DESC);
CREATE INDEX notices_unread ON notices (person_id) WHERE read_at IS NULL;
CREATE INDEX notices_unmailed ON notices (person_id, id) WHERE mailed_at IS NULL;

CREATE TABLE notice_choices (
  person_id BIGINT NOT NULL REFERENCES people (id),
  kind      TEXT NOT NULL,
  way       TEXT NOT NULL,                    -- app, mail, digest, off
  PRIMARY KEY (person_id, kind)
);
