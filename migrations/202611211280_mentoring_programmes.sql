-- +goose Up

CREATE TABLE programmes (
  id          BIGINT PRIMARY KEY,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  author_id   BIGINT NOT NULL REFERENCES authors (id),
  owner_id    BIGINT NOT NULL REFERENCES people (id),
  template    TEXT NOT NULL,
  name        TEXT NOT NULL,
  purpose     TEXT NOT NULL,
  shape       TEXT NOT NULL,               -- pairs, groups, peers
  way         TEXT NOT NULL DEFAULT 'cohort',  -- cohort, joiners: each gets a buddy, self: mentees choose
  unit_id     BIGINT REFERENCES units (id),    -- mentees come from here only, NULL for anywhere
  site_id     BIGINT REFERENCES sites (id),
  suggested_at TIMESTAMP,                  -- of self: when suggestions were last worked out
  state       TEXT NOT NULL,               -- open, closed
  weeks       INTEGER NOT NULL,            -- how long a mentorship lasts
  capacity    INTEGER NOT NULL,            -- mentees a mentor takes unless they say otherwise
  questions   TEXT NOT NULL,               -- JSON list of strings
  weights     TEXT NOT NULL,               -- JSON, criterion to off, 1, 3, 5, must
  run_id      BIGINT,                      -- the run that is looked over
  created_at  TIMESTAMP NOT NULL,
  updated_at  TIMESTAMP NOT NULL
);
CREATE INDEX programmes_state ON programmes (state, id DESC);
CREATE INDEX programmes_way ON programmes (way, id) WHERE state = 'open' AND way <> 'cohort';

CREATE TABLE enrolments (
  id           BIGINT PRIMARY KEY,
  programme_id BIGINT NOT NULL REFERENCES programmes (id),
  person_id    BIGINT NOT NULL REFERENCES people (id),
  role         TEXT NOT NULL,              -- mentor, mentee, peer
  state        TEXT NOT NULL,              -- in, out
  capacity     INTEGER NOT NULL,
  goals        TEXT NOT NULL,
  answers      TEXT NOT NULL,              -- JSON list, in the order of the questions
  created_at   TIMESTAMP NOT NULL,
  updated_at   TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX enrolments_one ON enrolments (programme_id, person_id);
CREATE INDEX enrolments_person ON enrolments (person_id, state, programme_id);

-- What an enrolment is about: what a mentee wants to learn, a mentor offers.
CREATE TABLE enrolment_skills (
  enrolment_id BIGINT NOT NULL REFERENCES enrolments (id),
  skill_id     BIGINT NOT NULL REFERENCES skills (id),
  place        INTEGER NOT NULL,           -- 0 matters most
  level        INTEGER NOT NULL,           -- a mentor's, 1 to 4
  PRIMARY KEY (enrolment_id, skill_id)
);
CREATE INDEX enrolment_skills_skill ON enrolment_skills (skill_id);

-- Pairs that must be (pin), must not be (veto, said by one of them; apart, said
-- by an organiser). a is the lower id.
CREATE TABLE pairing_rules (
  id           BIGINT PRIMARY KEY,
  programme_id BIGINT NOT NULL REFERENCES programmes (id),
  kind         TEXT NOT NULL,
  a_id         BIGINT NOT NULL REFERENCES people (id),
  b_id         BIGINT NOT NULL REFERENCES people (id),
  created_at   TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX pairing_rules_one ON pairing_rules (programme_id, a_id, b_id);

-- One run of the matching over a cohort.
CREATE TABLE pairing_runs (
  id           BIGINT PRIMARY KEY,
  programme_id BIGINT NOT NULL REFERENCES programmes (id),
  state        TEXT NOT NULL,              -- computing, draft, publishing, published, dropped
  weights      TEXT NOT NULL,              -- JSON
  objective    DOUBLE PRECISION NOT NULL,
  bound        DOUBLE PRECISION NOT NULL,
  optimal      BOOLEAN NOT NULL,
  seconds      DOUBLE PRECISION NOT NULL,
  job_id       BIGINT,                     -- whose progress is shown
  report       TEXT NOT NULL,              -- JSON: fairness beside greedy and Gale-Shapley
  author_id    BIGINT NOT NULL REFERENCES authors (id),
  made_at      TIMESTAMP NOT NULL,
  published_at TIMESTAMP
);
CREATE INDEX pairing_runs_programme ON pairing_runs (programme_id, id DESC);

CREATE TABLE proposals (
  id           BIGINT PRIMARY KEY,
  run_id       BIGINT NOT NULL REFERENCES pairing_runs (id),
  mentee_id    BIGINT NOT NULL REFERENCES people (id),
  mentor_id    BIGINT REFERENCES people (id),   -- NULL for somebody without a pair
  score        INTEGER NOT NULL,           -- 0 to 100 of the pair, never of a person
  fits         TEXT NOT NULL,              -- JSON: what fits how well, and what does not
  caution      TEXT NOT NULL DEFAULT '',   -- '' or why it needs a look
  pinned       BOOLEAN NOT NULL,
  next_mentor  BIGINT,                     -- who else for the mentee, and how well
  next_score   INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX proposals_run ON proposals (run_id, score DESC, id DESC);
CREATE UNIQUE INDEX proposals_pair ON proposals (run_id, mentee_id, mentor_id);

CREATE TABLE mentorships (
  id           BIGINT PRIMARY KEY,
  audience_id  BIGINT NOT NULL REFERENCES audiences (id),
  programme_id BIGINT NOT NULL REFERENCES programmes (id),
  run_id       BIGINT REFERENCES pairing_runs (id),  -- NULL when no run made it
  origin       TEXT NOT NULL DEFAULT 'run',  -- run, joiner: a buddy was asked, request: a mentee asked
  state        TEXT NOT NULL,              -- hidden, proposed, active, declined, released, merged, closed
  words        TEXT NOT NULL DEFAULT '',   -- what the mentee wrote who asked
  answer_by    TIMESTAMP,                  -- when a mentor who was asked is asked no more
  hears_at     TIMESTAMP,                  -- when a joiner is told, NULL once they were
  agreement    TEXT NOT NULL DEFAULT '',
  fits         TEXT NOT NULL DEFAULT '[]', -- why these people, as they are told
  starts_at    TIMESTAMP,
  ends_at      TIMESTAMP,
  outcome      TEXT NOT NULL DEFAULT '',   -- what changed, in the words of who closed it
  created_at   TIMESTAMP NOT NULL,
  updated_at   TIMESTAMP NOT NULL
);
CREATE INDEX mentorships_run ON mentorships (run_id, id);
CREATE INDEX mentorships_programme ON mentorships (programme_id, state, id);
CREATE INDEX mentorships_lapse ON mentorships (answer_by) WHERE state = 'proposed' AND answer_by IS NOT NULL;
CREATE INDEX mentorships_hears ON mentorships (hears_at) WHERE state = 'proposed' AND hears_at IS NOT NULL;

CREATE TABLE mentorship_people (
  mentorship_id BIGINT NOT NULL REFERENCES mentorships (id),
  person_id     BIGINT NOT NULL REFERENCES people (id),
  role          TEXT NOT NULL,             -- mentor, mentee, peer
  answer        TEXT NOT NULL DEFAULT '',  -- '', yes, no
  why           TEXT NOT NULL DEFAULT '',  -- of a refusal; the next run and organisers read it
  thanks        TEXT NOT NULL DEFAULT '',  -- to the others, at the end
  answered_at   TIMESTAMP,
  PRIMARY KEY (person_id, mentorship_id)
);
CREATE INDEX mentorship_people_one ON mentorship_people (mentorship_id, person_id);

CREATE TABLE mentoring_goals (
  id            BIGINT PRIMARY KEY,
  mentorship_id BIGINT NOT NULL REFERENCES mentorships (id),
  audience_id   BIGINT NOT NULL REFERENCES audiences (id),
  person_id     BIGINT NOT NULL REFERENCES people (id),   -- whose goal it is
  skill_id      BIGINT REFERENCES skills (id),
  words         TEXT NOT NULL,
  before_level  INTEGER NOT NULL,          -- how they see themselves, 1 to 4
  after_level   INTEGER NOT NULL DEFAULT 0,
  state         TEXT NOT NULL,             -- open, reached, dropped
  created_at    TIMESTAMP NOT NULL,
  settled_at    TIMESTAMP
);
CREATE INDEX mentoring_goals_mentorship ON mentoring_goals (mentorship_id, id);

-- One promise per talk; the next talk opens with it.
CREATE TABLE mentoring_promises (
  id            BIGINT PRIMARY KEY,
  mentorship_id BIGINT NOT NULL REFERENCES mentorships (id),
  audience_id   BIGINT NOT NULL REFERENCES audiences (id),
  person_id     BIGINT NOT NULL REFERENCES people (id),
  words         TEXT NOT NULL,
  state         TEXT NOT NULL,             -- open, kept, moved
  created_at    TIMESTAMP NOT NULL,
  settled_at    TIMESTAMP
);
CREATE INDEX mentoring_promises_mentorship ON mentoring_promises (mentorship_id, id DESC);

-- How it goes, asked at day 30 and every 60 days. Only who answered reads it;
-- organisers read groups of five and more.
CREATE TABLE mentoring_pulses (
  mentorship_id BIGINT NOT NULL REFERENCES mentorships (id),
  person_id     BIGINT NOT NULL REFERENCES people (id),
  day           INTEGER NOT NULL,
  answer        INTEGER NOT NULL DEFAULT 0,  -- 1 not at all to 5 very well, 0 not yet
  asked_at      TIMESTAMP NOT NULL,
  answered_at   TIMESTAMP,
  PRIMARY KEY (mentorship_id, person_id, day)
);

-- Whether a talk was worth the time, asked of those who said that they met.
-- Only who answered reads it; organisers read groups of five and more.
CREATE TABLE mentoring_checks (
  meeting_id    BIGINT NOT NULL REFERENCES meetings (id),
  person_id     BIGINT NOT NULL REFERENCES people (id),
  mentorship_id BIGINT NOT NULL REFERENCES mentorships (id),
  met_at        TIMESTAMP NOT NULL,        -- when the talk began
  answer        INTEGER NOT NULL,          -- 1 no, 2 partly, 3 yes
  answered_at   TIMESTAMP NOT NULL,
  PRIMARY KEY (meeting_id, person_id)
);
CREATE INDEX mentoring_checks_mentorship ON mentoring_checks (mentorship_id, person_id, met_at DESC);

-- Mentors that a mentee may ask, worked out over the whole cohort so that each
-- mentor stands in a bounded number of lists.
CREATE TABLE mentoring_suggestions (
  programme_id BIGINT NOT NULL REFERENCES programmes (id),
  mentee_id    BIGINT NOT NULL REFERENCES people (id),
  mentor_id    BIGINT NOT NULL REFERENCES people (id),
  score        INTEGER NOT NULL,
  fits         TEXT NOT NULL,              -- JSON
  PRIMARY KEY (programme_id, mentee_id, mentor_id)
);
