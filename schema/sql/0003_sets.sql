-- Sets of weighted scenarios. A set has the identity, the revisions, the tags and the words that a scenario has,
-- so both are rows of the same tables; type says which of them a row is.

ALTER TABLE scenario ADD COLUMN type INTEGER NOT NULL DEFAULT 0 -- a scenario, a set
    CHECK (type = 0 OR (type = 1 AND parent IS NULL));

-- The list that a row is in: 0 scenarios, 1 deleted ones, 2 sets, 3 deleted ones. It takes the place of deleted.
ALTER TABLE scenario ADD COLUMN state INTEGER NOT NULL GENERATED ALWAYS AS (2 * type + (deleted_at > 0)) VIRTUAL;

DROP INDEX scenario_by_state;
DROP INDEX scenario_by_company;
ALTER TABLE scenario DROP COLUMN deleted;

CREATE INDEX scenario_by_type ON scenario (type);
CREATE INDEX scenario_by_state ON scenario (state);
CREATE INDEX scenario_by_company ON scenario (company_key, state);

DROP TRIGGER scenario_origin_is_immutable;
CREATE TRIGGER scenario_origin_is_immutable
BEFORE UPDATE OF sequence, id, parent, builtin, created_at, type ON scenario
BEGIN
    SELECT raise(ABORT, 'the origin of a scenario never changes');
END;

DROP TABLE tag;
CREATE TABLE tag (
    tag         TEXT NOT NULL,
    state       INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3),
    scenario    INTEGER NOT NULL REFERENCES scenario (sequence),
    company_key TEXT NOT NULL,
    PRIMARY KEY (tag, state, scenario)
) STRICT, WITHOUT ROWID;

CREATE INDEX tag_by_company ON tag (company_key, tag, state, scenario);

INSERT INTO tag (tag, state, scenario, company_key)
SELECT DISTINCT j.value, s.state, s.sequence, s.company_key
FROM scenario s JOIN revision r ON r.scenario = s.sequence AND r.number = s.newest
JOIN json_each(r.tags) j WHERE j.type = 'text';

-- Which scenarios each revision of a set holds: all of them are there.
CREATE TABLE member (
    scenario    INTEGER NOT NULL REFERENCES scenario (sequence),
    owner       INTEGER NOT NULL, -- the set
    number      INTEGER NOT NULL, -- of its revision
    PRIMARY KEY (scenario, owner, number),
    FOREIGN KEY (owner, number) REFERENCES revision (scenario, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER member_is_immutable BEFORE UPDATE ON member
BEGIN
    SELECT raise(ABORT, 'a revision never changes');
END;

CREATE TRIGGER member_is_kept BEFORE DELETE ON member
BEGIN
    SELECT raise(ABORT, 'a revision is never removed');
END;
