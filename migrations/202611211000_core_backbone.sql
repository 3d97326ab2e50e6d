-- +goose Up

-- The organisation's own settings, one value a key, JSON.
CREATE TABLE settings (
  key        TEXT PRIMARY KEY,
  value      TEXT NOT NULL,
  updated_at TIMESTAMP NOT NULL
);

-- Who may see a row is one number. 1 is the organisation.
CREATE TABLE audiences (
  id         BIGINT PRIMARY KEY,
  kind       TEXT NOT NULL,
  owner_id   BIGINT,
  created_at TIMESTAMP NOT NULL
);

CREATE TABLE sites (
  id         BIGINT PRIMARY KEY,
  name       TEXT NOT NULL,
  sort_key   TEXT NOT NULL,
  time_zone  TEXT NOT NULL,
  country    TEXT NOT NULL DEFAULT '',
  hours      TEXT NOT NULL DEFAULT '',        -- worked by who has none of their own, '' is Monday to Friday
  created_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX sites_name ON sites (sort_key);

CREATE TABLE units (
  id         BIGINT PRIMARY KEY,
  name       TEXT NOT NULL,
  sort_key   TEXT NOT NULL,
  parent_id  BIGINT REFERENCES units (id),
  valid_from TIMESTAMP NOT NULL,
  valid_to   TIMESTAMP
);
CREATE UNIQUE INDEX units_name ON units (sort_key);
CREATE INDEX units_parent ON units (parent_id);

CREATE TABLE people (
  id            BIGINT PRIMARY KEY,
  role          TEXT NOT NULL,                -- member, guest, organiser, admin
  state         TEXT NOT NULL,                -- active, left
  name          TEXT NOT NULL,
  sort_key      TEXT NOT NULL,
  email         TEXT,                         -- lower case, optional
  email_ok_at   TIMESTAMP,                    -- when the address was proved to be theirs
  personnel_no  TEXT,
  pronouns      TEXT NOT NULL DEFAULT '',
  title         TEXT NOT NULL DEFAULT '',
  about         TEXT NOT NULL DEFAULT '',     -- "ask me about"
  unit_id       BIGINT REFERENCES units (id),
  site_id       BIGINT REFERENCES sites (id),
  manager_id    BIGINT REFERENCES people (id),
  backup_id     BIGINT REFERENCES people (id),
  time_zone     TEXT NOT NULL DEFAULT '',     -- '' follows the site
  locale        TEXT NOT NULL DEFAULT '',     -- '' follows the organisation
  languages     TEXT NOT NULL DEFAULT '',     -- BCP 47 tags, space between
  hours         TEXT NOT NULL DEFAULT '',     -- working week or rotating shift, '' follows the site
  mark_cut      INTEGER NOT NULL DEFAULT 0,   -- 0 the first mark, 1 to 12 a re-cut one
  picture       TEXT NOT NULL DEFAULT '',     -- content hash of a file, '' shows the mark
  away_from     TIMESTAMP,
  away_until    TIMESTAMP,
  weekly_budget INTEGER NOT NULL DEFAULT 5,   -- questions a week that routing may send
  leaver_name   TEXT NOT NULL DEFAULT 'keep', -- keep or hide the name on words after leaving
  joined_at     TIMESTAMP NOT NULL,
  starts_on     TIMESTAMP,                    -- first day, when the personnel system says it
  left_at       TIMESTAMP,
  created_at    TIMESTAMP NOT NULL,
  updated_at    TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX people_email ON people (email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX people_personnel_no ON people (personnel_no) WHERE personnel_no IS NOT NULL;
CREATE INDEX people_admins ON people (id) WHERE role = 'admin' AND state = 'active';
CREATE INDEX people_name ON people (state, sort_key, id);
CREATE INDEX people_starts ON people (starts_on, id) WHERE starts_on IS NOT NULL;
CREATE INDEX people_unit ON people (unit_id, state, sort_key, id);
CREATE INDEX people_site ON people (site_id, state, sort_key, id);
CREATE INDEX people_away ON people (away_from) WHERE away_from IS NOT NULL;
CREATE INDEX people_manager ON people (manager_id, state, sort_key, id);
CREATE INDEX people_picture ON people (picture) WHERE picture <> '';

-- Where somebody belonged and when, so that re-organisations keep history.
CREATE TABLE unit_members (
  id         BIGINT PRIMARY KEY,
  unit_id    BIGINT NOT NULL REFERENCES units (id),
  person_id  BIGINT NOT NULL REFERENCES people (id),
  valid_from TIMESTAMP NOT NULL,
  valid_to   TIMESTAMP
);
CREATE INDEX unit_members_person ON unit_members (person_id, valid_from);
CREATE INDEX unit_members_unit ON unit_members (unit_id, valid_from);

-- Days on which a site does not work or is too busy to be asked.
CREATE TABLE site_days (
  id        BIGINT PRIMARY KEY,
  site_id   BIGINT NOT NULL REFERENCES sites (id),
  kind      TEXT NOT NULL,                    -- holiday, shutdown, busy
  name      TEXT NOT NULL,
  first_day TEXT NOT NULL,                    -- 2026-12-24
  last_day  TEXT NOT NULL
);
CREATE INDEX site_days_site ON site_days (site_id, first_day);

CREATE TABLE audience_members (
  person_id   BIGINT NOT NULL REFERENCES people (id),
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  role        TEXT NOT NULL DEFAULT 'member', -- member, steward
  PRIMARY KEY (person_id, audience_id)
);
CREATE INDEX audience_members_audience ON audience_members (audience_id, person_id);

-- Words belong to an author, not to a person.
CREATE TABLE authors (
  id         BIGINT PRIMARY KEY,
  kind       TEXT NOT NULL,                   -- person, imported, claimed, anonymous, left, erased, remote
  person_id  BIGINT REFERENCES people (id),   -- of kinds person, claimed and left only
  label      TEXT NOT NULL,                   -- the name shown
  mark       TEXT NOT NULL,                   -- seed of the maker's mark, '' for none
  origin     TEXT NOT NULL DEFAULT '',        -- where an imported author comes from
  origin_id  TEXT NOT NULL DEFAULT '',
  about      TEXT NOT NULL DEFAULT '',
  created_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX authors_origin ON authors (origin, origin_id) WHERE origin_id <> '';
CREATE UNIQUE INDEX authors_own ON authors (person_id) WHERE kind IN ('person', 'left');
CREATE INDEX authors_person ON authors (person_id);

-- Everything one can point at.
CREATE TABLE subjects (
  id          BIGINT PRIMARY KEY,
  kind        TEXT NOT NULL,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  author_id   BIGINT REFERENCES authors (id),
  parent_id   BIGINT,                         -- the question of an answer
  title       TEXT NOT NULL,
  state       TEXT NOT NULL,
  created_at  TIMESTAMP NOT NULL,
  updated_at  TIMESTAMP NOT NULL
);
CREATE INDEX subjects_feed ON subjects (kind, updated_at DESC, id DESC);
CREATE INDEX subjects_author ON subjects (author_id, kind, created_at DESC, id DESC);

-- Facts, in the order in which they were committed.
CREATE TABLE events (
  id          BIGINT PRIMARY KEY,
  seq         BIGINT,
  kind        TEXT NOT NULL,
  subject_id  BIGINT NOT NULL,
  audience_id BIGINT NOT NULL,
  actor_id    BIGINT,                         -- an author, never a person
  other_id    BIGINT,                         -- a second subject, e.g. the accepted answer
  quiet       BOOLEAN NOT NULL DEFAULT FALSE, -- imports tell nobody
  at          TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX events_seq ON events (seq) WHERE seq IS NOT NULL;
CREATE INDEX events_unnumbered ON events (id) WHERE seq IS NULL;
CREATE INDEX events_subject ON events (subject_id, id);

-- How far each reader of events has come.
CREATE TABLE event_cursors (
  name TEXT PRIMARY KEY,
  seq  BIGINT NOT NULL
);

-- Skills and things, with all their names.
CREATE TABLE skills (
  id          BIGINT PRIMARY KEY,
  kind        TEXT NOT NULL,                  -- skill, thing
  name        TEXT NOT NULL,
  slug        TEXT NOT NULL,
  sort_key    TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  category    TEXT NOT NULL DEFAULT '',
  parent_id   BIGINT REFERENCES skills (id),
  state       TEXT NOT NULL,                  -- active, deprecated, merged
  merged_into BIGINT REFERENCES skills (id),
  origin      TEXT NOT NULL DEFAULT '',       -- '' own, guildhall, onet, esco, import
  origin_id   TEXT NOT NULL DEFAULT '',
  created_at  TIMESTAMP NOT NULL,
  updated_at  TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX skills_slug ON skills (slug);
CREATE UNIQUE INDEX skills_origin ON skills (origin, origin_id) WHERE origin_id <> '';
CREATE INDEX skills_name ON skills (state, kind, sort_key, id);

CREATE TABLE skill_names (
  norm     TEXT NOT NULL,                     -- folded name or synonym
  skill_id BIGINT NOT NULL REFERENCES skills (id),
  name     TEXT NOT NULL,
  lang     TEXT NOT NULL DEFAULT '',
  primary_name BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (norm, skill_id)
);
CREATE INDEX skill_names_skill ON skill_names (skill_id);

-- Pieces of names, for the picker's tolerance of typing errors.
CREATE TABLE skill_grams (
  gram     TEXT NOT NULL,
  skill_id BIGINT NOT NULL REFERENCES skills (id),
  PRIMARY KEY (gram, skill_id)
);
CREATE INDEX skill_grams_skill ON skill_grams (skill_id);

CREATE TABLE skill_levels (
  skill_id BIGINT NOT NULL REFERENCES skills (id),
  level    INTEGER NOT NULL,                  -- 1 to 4
  text     TEXT NOT NULL,
  PRIMARY KEY (skill_id, level)
);

-- What a person can teach and wants to learn.
CREATE TABLE person_skills (
  id         BIGINT PRIMARY KEY,
  person_id  BIGINT NOT NULL REFERENCES people (id),
  skill_id   BIGINT NOT NULL REFERENCES skills (id),
  direction  TEXT NOT NULL,                   -- teach, want
  level      INTEGER NOT NULL,                -- 1 learning, 2 doing, 3 confident, 4 teaching
  work       BOOLEAN NOT NULL DEFAULT TRUE,
  open       BOOLEAN NOT NULL,                -- may others see it; wants start closed
  note       TEXT NOT NULL DEFAULT '',
  created_at TIMESTAMP NOT NULL,
  updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX person_skills_one ON person_skills (person_id, skill_id, direction);
CREATE INDEX person_skills_skill ON person_skills (skill_id, direction, open, level DESC, person_id);

CREATE TABLE endorsements (
  id          BIGINT PRIMARY KEY,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  person_id   BIGINT NOT NULL REFERENCES people (id),
  skill_id    BIGINT NOT NULL REFERENCES skills (id),
  author_id   BIGINT NOT NULL REFERENCES authors (id),
  note        TEXT NOT NULL,
  created_at  TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX endorsements_one ON endorsements (person_id, skill_id, author_id);
CREATE INDEX endorsements_author ON endorsements (author_id, person_id);
CREATE INDEX endorsements_skill ON endorsements (skill_id);

-- The ledger. It is kept by author, so that imported profiles have receipts
-- too; receipts of a claimed profile stand under the person's own author.
-- skill_id 0 stands for "no skill named".
CREATE TABLE receipts (
  id          BIGINT PRIMARY KEY,
  source_id   BIGINT NOT NULL,                -- the subject that proves it
  author_id   BIGINT NOT NULL REFERENCES authors (id),
  kind        TEXT NOT NULL,                  -- answered, accepted, useful, verified, endorsed, declared
  skill_id    BIGINT NOT NULL,
  audience_id BIGINT NOT NULL REFERENCES audiences (id),
  weight      DOUBLE PRECISION NOT NULL,
  at          TIMESTAMP NOT NULL,
  hidden      BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX receipts_key ON receipts (source_id, author_id, kind, skill_id);
CREATE INDEX receipts_author ON receipts (author_id, at DESC, id DESC);
CREATE INDEX receipts_skill ON receipts (skill_id, at DESC, id DESC);

-- Which row of which import became which row here.
CREATE TABLE origins (
  origin    TEXT NOT NULL,                    -- stackexchange:quantumcomputing
  kind      TEXT NOT NULL,
  origin_id TEXT NOT NULL,
  local_id  BIGINT NOT NULL,
  checksum  TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (origin, kind, origin_id)
);
CREATE INDEX origins_local ON origins (local_id);

CREATE TABLE audit_log (
  id         BIGINT PRIMARY KEY,
  at         TIMESTAMP NOT NULL,
  actor_id   BIGINT,                          -- a person; NULL for the command line
  action     TEXT NOT NULL,
  subject_id BIGINT,
  detail     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_log_at ON audit_log (at DESC, id DESC);
