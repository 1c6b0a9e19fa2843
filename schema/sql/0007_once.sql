-- Answers to writes that were asked for under a key of the client's (Idempotency-Key): whoever sends the same key again
-- is given them once more. Each is stored with its write; sequence, at and total all grow from row to row.

CREATE TABLE once (
    sequence INTEGER PRIMARY KEY,
    key      TEXT NOT NULL UNIQUE,
    request  TEXT NOT NULL, -- a digest of what was asked
    at       INTEGER NOT NULL CHECK (at > 0), -- microseconds since 1970
    bytes    INTEGER NOT NULL CHECK (bytes >= 0), -- of the body
    total    INTEGER NOT NULL, -- bytes of all up to this one
    outcome  INTEGER NOT NULL, -- enum sc_outcome
    media    INTEGER NOT NULL, -- enum sc_media
    etag     TEXT NOT NULL,
    location TEXT,
    body     TEXT -- NULL where the answer has none
) STRICT;
