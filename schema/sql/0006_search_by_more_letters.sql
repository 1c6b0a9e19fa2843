-- The beginnings of words are kept up to twelve letters, not three. Where a beginning is not kept, a search walks all
-- that have the word, however few it gives.

DROP TABLE search;
CREATE VIRTUAL TABLE search USING fts5 (
    name, company, description, words, labels, state,
    content = '', columnsize = 0, prefix = '1 2 3 4 5 6 7 8 9 10 11 12', tokenize = "unicode61 remove_diacritics 2"
);

INSERT INTO search (rowid, name, company, description, words, labels, state)
SELECT scenario, name, company, description, words, labels, char(57344) || substr('ldse', state + 1, 1)
FROM labelled ORDER BY scenario;
