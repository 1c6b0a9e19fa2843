-- Lists by tag and by words. Everything here can be made again from scenario and revision.

CREATE TABLE tag (
    tag         TEXT NOT NULL,
    deleted     INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    scenario    INTEGER NOT NULL REFERENCES scenario (sequence),
    company_key TEXT NOT NULL,
    PRIMARY KEY (tag, deleted, scenario)
) STRICT, WITHOUT ROWID;

CREATE INDEX tag_by_company ON tag (company_key, tag, deleted, scenario);

-- The words of the newest revision of each scenario. Labels are single words that nobody types, since they
-- begin with U+E000: its company and its tags in hexadecimal and, as state, whether it is deleted. A search
-- narrowed by them is then one walk through this index. It keeps no texts: to take a scenario out one states
-- what was put in, which is in a revision and so never changes.
CREATE VIRTUAL TABLE search USING fts5 (
    name, company, description, words, labels, state,
    content = '', columnsize = 0, prefix = '1 2 3', tokenize = "unicode61 remove_diacritics 2"
);

CREATE VIEW labelled AS
SELECT scenario, number, name, company, description,
       coalesce((SELECT group_concat(value, ' ')
                 FROM json_each(revision.tags) WHERE type = 'text'), '') AS words,
       char(57344) || 'c' || hex(company_key) ||
       coalesce((SELECT group_concat(' ' || char(57344) || 't' || hex(value), '')
                 FROM json_each(revision.tags) WHERE type = 'text'), '') AS labels
FROM revision;

INSERT INTO search (rowid, name, company, description, words, labels, state)
SELECT s.sequence, l.name, l.company, l.description, l.words, l.labels,
       char(57344, CASE s.deleted WHEN 0 THEN unicode('l') ELSE unicode('d') END)
FROM scenario s JOIN labelled l ON l.scenario = s.sequence AND l.number = s.newest
ORDER BY s.sequence;

INSERT INTO tag (tag, deleted, scenario, company_key)
SELECT DISTINCT j.value, s.deleted, s.sequence, s.company_key
FROM scenario s JOIN revision r ON r.scenario = s.sequence AND r.number = s.newest
JOIN json_each(r.tags) j WHERE j.type = 'text';
