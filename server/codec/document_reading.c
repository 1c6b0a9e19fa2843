#include "document_reading.h"

#include "base/arena.h"

#include <stdint.h>
#include <string.h>

enum { ROOM_AT_FIRST = 512, NODES_MAX = UINT16_MAX };

/* A copy of an array with twice the room. */
static void *grow(struct sc_reading *reading, const void *old, size_t count, size_t room, size_t size)
{
    void *grown = sc_arena_array(reading->arena, room, size);
    if (grown && count) memcpy(grown, old, count * size);
    if (!grown) reading->exhausted = true;
    return grown;
}

static bool make_node_room(struct sc_reading *reading)
{
    if (reading->nodes < reading->node_room) return true;
    size_t room = reading->node_room ? 2 * reading->node_room : (size_t)ROOM_AT_FIRST;
    struct sc_node *grown = grow(reading, reading->node, reading->nodes, room, sizeof *grown);
    if (!grown) return false;
    reading->node = grown;
    reading->node_room = room;
    return true;
}

static bool make_slot_room(struct sc_reading *reading)
{
    if (reading->slots < reading->slot_room) return true;
    size_t room = reading->slot_room ? 2 * reading->slot_room : (size_t)ROOM_AT_FIRST;
    double *driver = grow(reading, reading->driver, reading->slots, room, sizeof *driver);
    uint16_t *node = grow(reading, reading->driver_node, reading->slots, room, sizeof *node);
    uint8_t *origin = grow(reading, reading->driver_origin, reading->slots, room, sizeof *origin);
    if (!driver || !node || !origin) return false;
    reading->driver = driver;
    reading->driver_node = node;
    reading->driver_origin = origin;
    reading->slot_room = room;
    return true;
}

const struct sc_field *sc_find_member(const struct sc_field *fields, const char *name)
{
    for (; fields->name; fields++)
        if (strcmp(fields->name, name) == 0) return fields;
    return NULL;
}

uint16_t sc_reading_add_node(struct sc_reading *reading, const struct sc_place *at)
{
    if (reading->nodes == NODES_MAX || !make_node_room(reading)) {
        reading->exhausted = true;
        return 0;
    }
    struct sc_node *node = &reading->node[reading->nodes];
    node->field = at->field;
    node->parent = at->above ? at->above->node : 0;
    node->index = at->name || !at->above ? -1 : (int16_t)at->index;
    return (uint16_t)reading->nodes++;
}

sc_slot sc_reading_add_driver(struct sc_reading *reading, const struct sc_place *at, uint16_t node,
                              double number, enum sc_origin origin)
{
    if (reading->slots == SC_SLOTS_MAX) {
        sc_blame(reading, SC_FAULT_wrong_length, at, "is one number too many: a document holds at most %d",
                 SC_SLOTS_MAX);
        return SC_NO_SLOT;
    }
    if (!make_slot_room(reading)) return SC_NO_SLOT;
    reading->driver[reading->slots] = number;
    reading->driver_node[reading->slots] = node;
    reading->driver_origin[reading->slots] = (uint8_t)origin;
    return (sc_slot)reading->slots++;
}
