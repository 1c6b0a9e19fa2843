-- Questions that are answered later. A job is kept until it is removed or too old: SC_WRITE_JOB_PRUNE.

CREATE TABLE job (
    sequence    INTEGER PRIMARY KEY AUTOINCREMENT, -- order of acceptance, the cursor of lists; never given twice
    id          TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 64 AND id NOT GLOB '*[^a-z0-9-]*'),
    state       INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4), -- enum sc_job_state
    created_at  INTEGER NOT NULL CHECK (created_at > 0),
    started_at  INTEGER NOT NULL CHECK (started_at >= 0),  -- 0: it was not
    finished_at INTEGER NOT NULL CHECK (finished_at >= 0), -- 0: it has not
    progress    REAL NOT NULL CHECK (progress BETWEEN 0 AND 1),
    question    TEXT NOT NULL,
    target      TEXT NOT NULL,    -- address and query
    content     INTEGER NOT NULL, -- enum sc_media of the request's body
    accept      INTEGER NOT NULL, -- and of the answer that is wanted
    as_of       INTEGER NOT NULL CHECK (as_of >= 0), -- the newest revision (its sequence) that the answer may know
    bytes       INTEGER NOT NULL CHECK (bytes >= 0), -- of request and result together
    CHECK ((state >= 2) = (finished_at > 0))
) STRICT;

CREATE INDEX job_by_state ON job (state);
CREATE INDEX job_by_end ON job (finished_at, sequence, bytes); -- 0 comes first: what has not ended

-- Apart, so that a change of state does not write them again.
CREATE TABLE job_request (
    job  INTEGER PRIMARY KEY REFERENCES job (sequence) ON DELETE CASCADE,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE job_result (
    job     INTEGER PRIMARY KEY REFERENCES job (sequence) ON DELETE CASCADE,
    problem TEXT, -- its name in problems.def; NULL where the answer is none
    media   INTEGER NOT NULL,
    etag    TEXT NOT NULL,
    body    TEXT NOT NULL
) STRICT;
