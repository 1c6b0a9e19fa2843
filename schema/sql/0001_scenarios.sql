-- Scenarios and their revisions. A scenario is never removed and a revision never changes: what is deleted is
-- marked, what is edited gets another revision.

CREATE TABLE scenario (
    sequence    INTEGER PRIMARY KEY, -- order of creation; the cursor of lists
    id          TEXT NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 64 AND id NOT GLOB '*[^a-z0-9-]*'),
    parent      TEXT REFERENCES scenario (id) CHECK (parent <> id),
    builtin     INTEGER NOT NULL CHECK (builtin IN (0, 1)),
    created_at  INTEGER NOT NULL CHECK (created_at > 0), -- microseconds since 1970, like all times here
    deleted_at  INTEGER NOT NULL CHECK (deleted_at >= 0), -- 0: it is not deleted
    deleted     INTEGER NOT NULL GENERATED ALWAYS AS (deleted_at > 0) VIRTUAL,
    newest      INTEGER NOT NULL, -- the number of its newest revision
    company_key TEXT NOT NULL,    -- that revision's company in folded case
    FOREIGN KEY (sequence, newest) REFERENCES revision (scenario, number) DEFERRABLE INITIALLY DEFERRED
) STRICT;

-- Both end in the sequence, as every index does: a page of a list is one short run of an index.
CREATE INDEX scenario_by_state ON scenario (deleted);
CREATE INDEX scenario_by_company ON scenario (company_key, deleted);

-- That tags and body are JSON is seen to by the statement that inserts them: SQLite up to 3.40 takes its own
-- json_valid() in a CHECK for unsafe when trusted_schema is off.
CREATE TABLE revision (
    sequence    INTEGER PRIMARY KEY,
    scenario    INTEGER NOT NULL REFERENCES scenario (sequence),
    number      INTEGER NOT NULL CHECK (number >= 1),
    updated_at  INTEGER NOT NULL CHECK (updated_at > 0),
    name        TEXT NOT NULL,
    company     TEXT NOT NULL,
    company_key TEXT NOT NULL,
    description TEXT NOT NULL,
    tags        TEXT NOT NULL, -- a JSON array
    kind        INTEGER NOT NULL CHECK (kind IN (0, 1)), -- a document, an overlay on its parent
    sha256      TEXT NOT NULL CHECK (length(sha256) = 64 AND sha256 NOT GLOB '*[^0-9a-f]*'),
    body        TEXT NOT NULL, -- JSON; last, so that lists do not read it
    UNIQUE (scenario, number)
) STRICT;

CREATE TRIGGER revision_is_immutable BEFORE UPDATE ON revision
BEGIN
    SELECT raise(ABORT, 'a revision never changes');
END;

CREATE TRIGGER revision_is_kept BEFORE DELETE ON revision
BEGIN
    SELECT raise(ABORT, 'a revision is never removed');
END;

CREATE TRIGGER scenario_is_kept BEFORE DELETE ON scenario
BEGIN
    SELECT raise(ABORT, 'a scenario is marked deleted, never removed');
END;

CREATE TRIGGER scenario_origin_is_immutable
BEFORE UPDATE OF sequence, id, parent, builtin, created_at ON scenario
BEGIN
    SELECT raise(ABORT, 'the origin of a scenario never changes');
END;
