/* What one call may cost, beside the limits that the whole service shares (secondchair/limits.h). */
#ifndef SC_APP_BUDGET_H
#define SC_APP_BUDGET_H

enum {
    /* Keys and values of a body, and of a stored document. A scenario of the usual size has 500; jansson
     * takes up to 350 bytes for one, so that a body costs 7 MiB at most. */
    SC_BODY_TOKENS_MAX = 20000,

    /* Nesting of a body: what recursion over a document may cost. A scenario needs 8. */
    SC_BODY_DEPTH_MAX = 32,

    /* An answer that is held in memory; a page of 200 scenarios is 100 KiB, a document 1 MiB at most. */
    SC_ANSWER_BYTES_MAX = 16 * 1024 * 1024,

    /* Room that an answer gets at first, whole or with some members alone: most need no more. */
    SC_ANSWER_USUAL = 20 * 1024,
    SC_ANSWER_PART = 512,

    /* Keys and values of an answer that is read back for its digest: more than fit in SC_ANSWER_BYTES_MAX
       usefully. */
    SC_ANSWER_TOKENS_MAX = 1000000,

    /* Items of a page, unless asked for otherwise, and at most. */
    SC_PAGE_DEFAULT = 50,
    SC_PAGE_ITEMS_MAX = 200,

    /* Records that an export reads at once: each may be 1 MiB. */
    SC_EXPORT_PAGE = 16,

    /* Exports running at once: each has a connection to the store of its own. Beyond it: 503. An export is no
     * snapshot: what is stored while it runs may be in it. */
    SC_EXPORTS_MAX = 4,

    /* Lines of one import: each becomes a record of about 700 bytes beside its document. */
    SC_IMPORT_LINES_MAX = 65536,

    /* Bytes of a body as it is stored: a chain of SC_CHAIN_MAX of them, and what is made of it, must fit in
     * SC_LIMIT_ARENA; one that does not could never be read, changed or exported again. */
    SC_STORED_BODY_MAX = 1024 * 1024,

    /* Imports running at once, and seconds of computing that each may take to check its lines: they hold a
     * thread of the pool. */
    SC_IMPORTS_MAX = 1,
    SC_IMPORT_SECONDS = 10,

    /* Questions of one batch: a grid of 100 by 100. */
    SC_BATCH_QUESTIONS_MAX = 10000,

    /* Members of an answer that a question may name, and characters of its id. */
    SC_BATCH_FIELDS_MAX = 32,
    SC_BATCH_ID_MAX = 256,

    /* A batch's questions are computed in units of so many, of which so many at once are under way or wait
     * for their reader; a unit stops when so many bytes of its answers wait. */
    SC_BATCH_UNIT = 64,
    SC_BATCH_WINDOW = 8,
    SC_BATCH_UNIT_BYTES = 256 * 1024,

    /* Lines that one thread has at hand, or that wait in one unit: two answers at their largest. */
    SC_BATCH_LINES_MAX = 2 * SC_ANSWER_BYTES_MAX + 1024 * 1024,

    /* Milliseconds that a batch may compute, unless settings say otherwise. */
    SC_BATCH_WORK_MS = 60000,

    /* Time after which a batch gives its thread of the pool to whoever is next. */
    SC_BATCH_SLICE_US = 2000,

    /* Scenarios that a batch keeps, and the bytes of their documents: in memory they take about twelve times
     * as much. */
    SC_SHELF_SCENARIOS = 64,
    SC_SHELF_BYTES = 1024 * 1024,

    /* A body that is a part of the key under which its answer is kept: ten documents of the usual size. */
    SC_KEPT_BODY_MAX = 64 * 1024,

    /* Memory of an export's page. */
    SC_PAGE_ARENA = 32 * 1024 * 1024,

    /* A revision's number, so that the revisions of a chain fit in an ETag. */
    SC_REVISION_MAX = 999999999,

    /* Names that a question's parameters and members may have. */
    SC_NAMES_MAX = 32
};

/* Work of the points of one answer (sc_point_work, sc_fit_work): two or three seconds at 0.4 ns each. A grid
 * of 201 x 201 of a scenario of the usual size takes 230 million. */
#define SC_POINTS_WORK_MAX 6e9

#endif
