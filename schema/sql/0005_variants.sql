-- A variant follows its parent, its history does not: each revision of a variant says over which revisions of its
-- parent, of that one's parent and so on it was written. What a variant is found by now is kept beside it, for it
-- changes with its parent while no revision of its own does.

DROP VIEW labelled;
ALTER TABLE revision DROP COLUMN company_key;
ALTER TABLE revision ADD COLUMN parents TEXT -- of an overlay: "3.5", nearest first
    CHECK ((kind = 1) >= (parents IS NOT NULL) AND (parents IS NULL OR parents GLOB '[1-9]*'));

-- What was written before is over the revisions of that time.
DROP TRIGGER revision_is_immutable;
UPDATE revision SET parents = (
    WITH RECURSIVE above (depth, parent, number) AS (
        SELECT 1, p.parent, (SELECT max(q.number) FROM revision q
                             WHERE q.scenario = p.sequence AND q.updated_at <= revision.updated_at)
        FROM scenario s JOIN scenario p ON p.id = s.parent WHERE s.sequence = revision.scenario
        UNION ALL
        SELECT depth + 1, p.parent, (SELECT max(q.number) FROM revision q
                                     WHERE q.scenario = p.sequence AND q.updated_at <= revision.updated_at)
        FROM above JOIN scenario p ON p.id = above.parent)
    SELECT group_concat(coalesce(number, 1), '.') FROM (SELECT number FROM above ORDER BY depth))
WHERE kind = 1;
CREATE TRIGGER revision_is_immutable BEFORE UPDATE ON revision
BEGIN
    SELECT raise(ABORT, 'a revision never changes');
END;

-- By which a scenario or set is listed and found now.
ALTER TABLE scenario ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE scenario ADD COLUMN company TEXT NOT NULL DEFAULT '';
ALTER TABLE scenario ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE scenario ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
UPDATE scenario SET (name, company, description, tags) =
    (SELECT name, company, description, tags FROM revision WHERE scenario = scenario.sequence AND number = newest);

CREATE INDEX scenario_by_parent ON scenario (parent) WHERE parent IS NOT NULL;

CREATE VIEW labelled AS
SELECT sequence AS scenario, state, name, company, description,
       coalesce((SELECT group_concat(value, ' ')
                 FROM json_each(scenario.tags) WHERE type = 'text'), '') AS words,
       char(57344) || 'c' || hex(company_key) ||
       coalesce((SELECT group_concat(' ' || char(57344) || 't' || hex(value), '')
                 FROM json_each(scenario.tags) WHERE type = 'text'), '') AS labels
FROM scenario;
