/* What the parts of the compiler of documents share: where in the document they are, what they have gathered
 * so far, and the sentences for what is wrong. Only document*.c and schema_writer.c include this. */
#ifndef SC_CODEC_DOCUMENT_READING_H
#define SC_CODEC_DOCUMENT_READING_H

#include "secondchair/fault.h"
#include "secondchair/field.h"
#include "secondchair/plan.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sc_arena;

enum {
    SC_MEMBERS_MAX = 48, /* of one object, in the table */
    SC_LINE_MAX = 200,   /* characters: a field for longer texts takes line breaks and tabs too */
    SC_LIST_SHOWN = 200  /* bytes of a list of names in a sentence */
};

/* A step down into the document, on the stack of whoever reads there: pointers are built only for faults. */
struct sc_place {
    const struct sc_place *above;
    const struct sc_field *field; /* NULL for an element of an array of numbers */
    const char *name; /* of the member; NULL for an element; of the outermost, a pointer or NULL */
    size_t index;     /* of the element */
    uint16_t node;    /* of the value that stands here, for its parts; 0 until it has one */
};

/* One compilation. */
struct sc_reading {
    struct sc_arena *arena;
    struct sc_faults *faults;
    double *driver;
    uint16_t *driver_node;
    uint8_t *driver_origin;
    size_t slots, slot_room;
    struct sc_node *node;
    size_t nodes, node_room;
    int horizon;    /* 0 where the document's own is faulty: lengths cannot be checked then */
    bool exhausted; /* the arena is */
};

/* Reads one value of the document; into is where the table puts it, NULL where it is only checked. */
typedef void sc_reader(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into);

/* A node for the place, below the node of the place above. */
uint16_t sc_reading_add_node(struct sc_reading *reading, const struct sc_place *at);

/* The next slot. The place is for the fault, should there be too many. */
sc_slot sc_reading_add_driver(struct sc_reading *reading, const struct sc_place *at, uint16_t node,
                              double number, enum sc_origin origin);

/* The members of an object by the table: object's, or the defaults of all where object is NULL. base is the
 * struct that they go to; NULL where they are only checked. */
void sc_read_members(struct sc_reading *reading, const struct sc_place *at, const struct sc_field *fields,
                     json_t *object, void *base);

/* One value of the table by itself, its home cleared first. */
void sc_read_alone(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into);

/* found[i] is the member of fields[i], NULL where absent. Faults for members that the table does not have. */
void sc_match_members(struct sc_reading *reading, const struct sc_place *at, const struct sc_field *fields,
                      json_t *object, json_t *found[SC_MEMBERS_MAX]);

/* Each kind's reader. */
sc_reader sc_read_number, sc_read_integer, sc_read_path, sc_read_points, sc_read_text, sc_read_date,
    sc_read_choice, sc_read_flag, sc_read_texts, sc_read_figure, sc_read_pointer, sc_read_numbers,
    sc_read_matrix, sc_read_any;

/* A path that is not in the document: the constant of its default. */
void sc_read_default_path(struct sc_reading *reading, const struct sc_place *at, struct sc_path *path);

/* A number within bounds; false, and a fault, when it is none. A zero of either sign is 0. */
bool sc_read_within(struct sc_reading *reading, const struct sc_place *at, const struct sc_field *bounds,
                    json_t *value, double *number);

/* The same, and whole. */
bool sc_read_whole(struct sc_reading *reading, const struct sc_place *at, const struct sc_field *bounds,
                   json_t *value, double *number);

/* The pointer of a place. Returns out. */
const char *sc_place_pointer(const struct sc_place *at, char out[SC_POINTER_MAX]);

/* A fault at the place. */
void sc_blame(struct sc_reading *reading, enum sc_fault_code code, const struct sc_place *at,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* wanted: "a number". */
void sc_blame_type(struct sc_reading *reading, const struct sc_place *at, const char *wanted,
                   const json_t *value);
void sc_blame_range(struct sc_reading *reading, const struct sc_place *at, const struct sc_field *bounds,
                    double number);
void sc_blame_missing(struct sc_reading *reading, const struct sc_place *above, const struct sc_field *field);
void sc_blame_unknown(struct sc_reading *reading, const struct sc_place *above, const struct sc_field *fields,
                      const char *name);

/* The member of that name, or NULL. */
const struct sc_field *sc_find_member(const struct sc_field *fields, const char *name);

/* Elements where least to most are wanted; counted is "elements", "characters". */
void sc_blame_length(struct sc_reading *reading, const struct sc_place *at, size_t least, size_t most,
                     size_t found, const char *counted);

/* "between 0 and 1", "above -1 and at most 10", "1". Returns out. */
enum { SC_BOUNDS_SHOWN = 96 };
char *sc_describe_bounds(const struct sc_field *bounds, char out[SC_BOUNDS_SHOWN]);

/* "`mid`, `end`": the words, but for empty ones; ended by NULL. Returns out. */
char *sc_list_words(const char *const *words, char out[SC_LIST_SHOWN]);

/* "a text", "an object": what a value is. */
const char *sc_type_name(const json_t *value);

/* The member whose name is nearest to word, or NULL, of those that wanted says yes to (NULL: all). */
const char *sc_suggest_field(const struct sc_field *fields, bool (*wanted)(const struct sc_field *field),
                             const char *word);

/* "`a`, `b`, …": the members that wanted says yes to (NULL: all). Returns out. */
char *sc_list_fields(const struct sc_field *fields, bool (*wanted)(const struct sc_field *field), char *out,
                     size_t size);

/* At most 60 bytes of a text of the request, cut at a character's boundary. Returns out. */
enum { SC_QUOTED_MAX = 64 };
char *sc_quote(const char *text, char out[SC_QUOTED_MAX]);

#endif
