#include "batch_stream.h"

#include "base/clock.h"
#include "request.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    DELIVERY_BYTES = 64 * 1024, /* of lines that a thread gathers before it hands them over */
    DELIVERY_US = 1000,         /* after which it hands over what there is, and wakes the reader for it */
    WAKE_BYTES = 16 * 1024,     /* that are worth waking a reader for before */
    KEPT_BYTES = 2 * SC_BATCH_UNIT_BYTES
};

enum state {
    RUNNING,
    PARKED, /* so much of it waits that no thread is at it */
    DONE
};

/* Some questions in a row, and their answers so far. */
struct unit {
    size_t next, end; /* of the questions that are not asked yet */
    enum state state;
    struct sc_buffer out;
    size_t sent; /* bytes of out */
};

struct worker {
    struct sc_work work; /* first: what is delegated is the worker */
    struct batch *batch;
    struct unit *unit;  /* that it goes on with; NULL: none */
    uint64_t delivered; /* when it last handed lines over */
    bool busy;          /* delegated */
    struct sc_batch_asker asker;
};

struct batch {
    pthread_mutex_t lock; /* of all below but the frame and the askers */
    struct sc_batch_frame frame;
    struct sc_batch_limits limits;
    struct sc_waiter waiter;
    struct unit unit[SC_BATCH_WINDOW];
    size_t units, claimed, head; /* of all; begun; the one that is being sent */
    struct sc_buffer edge;       /* what comes before the first unit, or after the last */
    size_t edge_sent;
    size_t answered, failed;
    uint64_t work;  /* nanoseconds computed */
    size_t owners;  /* the stream, and workers that are busy */
    bool asleep;    /* the reader is */
    uint64_t woken; /* when it last was, or fell asleep by itself */
    bool tail_made;
    bool broken;      /* a line could not be written */
    atomic_bool left; /* nobody wants more */
    size_t workers;
    struct worker worker[SC_DELEGATED_MAX];
};

static struct unit *unit_of(struct batch *batch, size_t number)
{
    return &batch->unit[number % SC_BATCH_WINDOW];
}

static size_t waiting_bytes(const struct unit *unit)
{
    return unit->out.length - unit->sent;
}

void sc_batch_frame_fini(struct sc_batch_frame *frame)
{
    sc_ready_release(frame->document);
    sc_shelf_free(frame->shelf);
    json_decref(frame->own);
}

static void free_batch(struct batch *batch)
{
    struct sc_batch_counts *counts = batch->limits.counts;
    atomic_fetch_add(&counts->abandoned, batch->frame.questions.count - batch->answered - batch->failed);
    for (size_t i = 0; i < batch->workers; i++) sc_batch_asker_fini(&batch->worker[i].asker);
    for (size_t i = 0; i < SC_BATCH_WINDOW; i++) sc_buffer_fini(&batch->unit[i].out);
    sc_buffer_fini(&batch->edge);
    sc_batch_frame_fini(&batch->frame);
    pthread_mutex_destroy(&batch->lock);
    free(batch);
}

/* Unlocks, and frees where it was the last owner. */
static void let_go(struct batch *batch)
{
    bool last = --batch->owners == 0;
    pthread_mutex_unlock(&batch->lock);
    if (last) free_batch(batch);
}

/* ---- the threads that compute; the lock is held where nothing else is said */

static void wake(struct batch *batch)
{
    if (!batch->asleep) return;
    batch->asleep = false;
    batch->woken = sc_clock_nanoseconds();
    batch->waiter.wake(batch->waiter.context);
}

/* A unit that may go on: the one that is being sent, when half of what it may hold has left. */
static bool may_go_on(struct batch *batch)
{
    struct unit *unit = unit_of(batch, batch->head);
    return batch->head < batch->claimed && unit->state == PARKED &&
           waiting_bytes(unit) <= SC_BATCH_UNIT_BYTES / 2;
}

static bool may_begin(const struct batch *batch)
{
    return batch->claimed < batch->units && batch->claimed - batch->head < SC_BATCH_WINDOW;
}

static bool is_wanted(struct batch *batch)
{
    return !batch->broken && !atomic_load(&batch->left) && (may_go_on(batch) || may_begin(batch));
}

/* The next unit to work on; is_wanted. */
static struct unit *claim(struct batch *batch)
{
    struct unit *unit = unit_of(batch, batch->head);
    if (!may_go_on(batch)) {
        size_t first = batch->claimed * SC_BATCH_UNIT, rest = batch->frame.questions.count - first;
        unit = unit_of(batch, batch->claimed++);
        unit->next = first;
        unit->end = first + (rest < SC_BATCH_UNIT ? rest : SC_BATCH_UNIT);
        unit->out.length = unit->sent = 0;
        if (unit->out.capacity > KEPT_BYTES) sc_buffer_fini(&unit->out);
    }
    unit->state = RUNNING;
    return unit;
}

/* Puts idle workers to work, as many as there may be work for. False where there is some and nobody does it.
 */
static bool call_workers(struct batch *batch)
{
    size_t busy = 0, wanted = may_go_on(batch) + (batch->units - batch->claimed);
    if (!is_wanted(batch)) wanted = 0;
    for (size_t i = 0; i < batch->workers; i++) busy += batch->worker[i].busy;
    for (size_t i = 0; i < batch->workers && wanted > 0; i++) {
        struct worker *worker = &batch->worker[i];
        if (worker->busy) continue;
        worker->busy = batch->frame.call->delegate(&worker->work);
        if (!worker->busy) break;
        batch->owners++;
        busy++;
        wanted--;
    }
    return busy > 0 || wanted == 0;
}

/* Takes the lines over where nothing else waits, or adds them; false without memory. */
static bool put_lines(struct unit *unit, struct sc_buffer *lines)
{
    if (waiting_bytes(unit) > 0) return sc_buffer_append(&unit->out, lines->data, lines->length);
    struct sc_buffer empty = unit->out;
    empty.length = unit->sent = 0;
    unit->out = *lines;
    *lines = empty;
    return true;
}

/* Hands the asker's lines over to the unit, and wakes the reader where that is worth it. False: so much waits
 * that the unit is to be left. */
static bool deliver(struct worker *worker, bool written)
{
    struct batch *batch = worker->batch;
    struct sc_batch_asker *asker = &worker->asker;
    struct unit *unit = worker->unit;
    uint64_t now = worker->delivered = sc_clock_nanoseconds();
    pthread_mutex_lock(&batch->lock);
    if (!written || !put_lines(unit, &asker->lines)) batch->broken = true;
    batch->answered += asker->answered;
    batch->failed += asker->failed;
    size_t waiting = waiting_bytes(unit);
    bool worth = waiting >= WAKE_BYTES || (waiting > 0 && now - batch->woken > DELIVERY_US * UINT64_C(1000));
    if (batch->broken || (worth && unit == unit_of(batch, batch->head))) wake(batch);
    bool goes_on = !batch->broken && waiting <= SC_BATCH_UNIT_BYTES;
    pthread_mutex_unlock(&batch->lock);
    atomic_fetch_add(&batch->limits.counts->answered, asker->answered);
    atomic_fetch_add(&batch->limits.counts->failed, asker->failed);
    asker->lines.length = asker->answered = asker->failed = 0;
    return goes_on;
}

static bool is_worth_delivering(const struct worker *worker)
{
    size_t length = worker->asker.lines.length;
    if (length == 0 || length >= DELIVERY_BYTES) return length > 0;
    return sc_clock_nanoseconds() - worker->delivered > DELIVERY_US * UINT64_C(1000);
}

/* Asks the unit's questions until none is left, too much waits, nobody wants them or the time has come. The
 * lock is not held. */
static void run_unit(struct worker *worker, uint64_t until)
{
    struct batch *batch = worker->batch;
    struct unit *unit = worker->unit;
    struct sc_batch_asker *asker = &worker->asker;
    bool written = true, goes_on = true;
    while (written && goes_on && unit->next < unit->end && !atomic_load(&batch->left) &&
           sc_clock_nanoseconds() < until) {
        written = sc_batch_ask(asker, unit->next++);
        if (written && is_worth_delivering(worker)) goes_on = deliver(worker, true);
    }
    written = written && sc_batch_flush(asker);
    if (!written || asker->lines.length > 0) deliver(worker, written);
}

/* After a turn at its unit: leaves it where it is done or too much of it waits. */
static void leave_unit(struct worker *worker)
{
    struct batch *batch = worker->batch;
    struct unit *unit = worker->unit;
    bool done = unit->next == unit->end, full = waiting_bytes(unit) > SC_BATCH_UNIT_BYTES;
    if (!done && !full && !batch->broken && !atomic_load(&batch->left)) return;
    unit->state = done ? DONE : PARKED;
    worker->unit = NULL;
    if (unit == unit_of(batch, batch->head)) wake(batch);
}

/* A job's batch, which has one thread, tells how far it is and whether it is wanted. */
static void tell_progress(struct batch *batch)
{
    struct sc_call *call = batch->frame.call;
    double done = (double)(batch->answered + batch->failed) / (double)batch->frame.questions.count;
    if (call->patient && !sc_call_goes_on(call, done, NULL)) atomic_store(&batch->left, true);
}

/* One turn: false where there is nothing to do any more; the worker is idle then, and its batch may be gone.
 */
static bool take_turn(struct worker *worker, uint64_t until)
{
    struct batch *batch = worker->batch;
    uint64_t start = sc_clock_nanoseconds();
    pthread_mutex_lock(&batch->lock);
    if (!worker->unit && !is_wanted(batch)) {
        worker->busy = false;
        let_go(batch);
        return false;
    }
    if (!worker->unit) worker->unit = claim(batch);
    worker->asker.until = batch->work < batch->limits.work ? start + (batch->limits.work - batch->work) : 0;
    pthread_mutex_unlock(&batch->lock);
    run_unit(worker, until);
    pthread_mutex_lock(&batch->lock);
    leave_unit(worker);
    batch->work += sc_clock_nanoseconds() - start;
    tell_progress(batch);
    pthread_mutex_unlock(&batch->lock);
    return true;
}

/* Takes turns for a slice of time, then queues for the next behind whoever waits. */
static void run(struct sc_work *work, struct sc_reader *reader)
{
    struct worker *worker = (struct worker *)(void *)work;
    worker->asker.reader = reader;
    for (;;) {
        uint64_t until = sc_clock_nanoseconds() + SC_BATCH_SLICE_US * UINT64_C(1000);
        do {
            if (!take_turn(worker, until)) return;
        } while (sc_clock_nanoseconds() < until);
        if (work->call->delegate(work)) return;
    }
}

/* ---- the connection's thread */

static void attach(void *stream, const struct sc_waiter *waiter)
{
    struct batch *batch = stream;
    pthread_mutex_lock(&batch->lock);
    batch->waiter = *waiter;
    pthread_mutex_unlock(&batch->lock);
}

static void close_batch(void *stream)
{
    struct batch *batch = stream;
    pthread_mutex_lock(&batch->lock);
    atomic_store(&batch->left, true);
    batch->asleep = false;
    let_go(batch);
}

/* A piece on its way to the reader. */
struct piece {
    char *bytes;
    size_t length, capacity;
};

static void take_bytes(struct piece *piece, const struct sc_buffer *from, size_t *sent)
{
    size_t left = from->length - *sent, room = piece->capacity - piece->length;
    size_t taken = left < room ? left : room;
    if (taken) memcpy(piece->bytes + piece->length, from->data + *sent, taken);
    piece->length += taken;
    *sent += taken;
}

/* Takes what the unit at the head has; false where there is no more to take now. */
static bool take_unit(struct batch *batch, struct piece *piece)
{
    struct unit *unit = unit_of(batch, batch->head);
    if (batch->head == batch->claimed) return false;
    take_bytes(piece, &unit->out, &unit->sent);
    if (unit->state != DONE || waiting_bytes(unit) > 0) return false;
    batch->head++;
    return true;
}

/* Takes what there is, in order: the edge before the units, they, and the edge behind them. */
static void fill(struct batch *batch, struct piece *piece)
{
    take_bytes(piece, &batch->edge, &batch->edge_sent);
    while (batch->head < batch->units && take_unit(batch, piece)) {
    }
    if (batch->head < batch->units || batch->tail_made) return;
    batch->tail_made = true;
    batch->broken |= !sc_batch_tail(&batch->frame, batch->answered, batch->failed, &batch->edge);
    take_bytes(piece, &batch->edge, &batch->edge_sent);
}

static ptrdiff_t next_piece(void *stream, char *bytes, size_t capacity)
{
    struct batch *batch = stream;
    struct piece piece = {.bytes = bytes, .capacity = capacity};
    pthread_mutex_lock(&batch->lock);
    fill(batch, &piece);
    bool goes_on = call_workers(batch) && !batch->broken;
    bool ended = batch->tail_made && batch->edge_sent == batch->edge.length;
    ptrdiff_t result = (ptrdiff_t)piece.length;
    if (result == 0 && !goes_on) {
        result = -1;
    } else if (result == 0 && !ended) {
        batch->asleep = true;
        batch->waiter.sleep(batch->waiter.context);
        result = SC_PIECE_LATER;
    }
    pthread_mutex_unlock(&batch->lock);
    return result;
}

/* ---- the beginning */

static void make_parts(struct batch *batch)
{
    struct sc_call *call = batch->frame.call;
    size_t questions = batch->frame.questions.count;
    pthread_mutex_init(&batch->lock, NULL);
    batch->owners = 1;
    batch->units = (questions + SC_BATCH_UNIT - 1) / SC_BATCH_UNIT;
    batch->workers = call->threads < SC_DELEGATED_MAX ? call->threads : (size_t)SC_DELEGATED_MAX;
    sc_buffer_init(&batch->edge, SC_ANSWER_BYTES_MAX);
    for (size_t i = 0; i < SC_BATCH_WINDOW; i++) sc_buffer_init(&batch->unit[i].out, SC_BATCH_LINES_MAX);
    for (size_t i = 0; i < batch->workers; i++) {
        struct worker *worker = &batch->worker[i];
        worker->work = (struct sc_work){.call = call, .run = run};
        worker->batch = batch;
        sc_batch_asker_init(&worker->asker, &batch->frame, &batch->left);
    }
}

/* One that nobody can work on; the frame stays the caller's. */
static void discard(struct batch *batch)
{
    batch->frame = (struct sc_batch_frame){.call = batch->frame.call};
    pthread_mutex_lock(&batch->lock);
    let_go(batch);
}

bool sc_batch_begin(const struct sc_batch_frame *frame, const struct sc_batch_limits *limits)
{
    struct sc_call *call = frame->call;
    struct batch *batch = calloc(1, sizeof *batch);
    if (!batch) return sc_call_exhausted(call), false;
    batch->frame = *frame;
    batch->limits = *limits;
    make_parts(batch);
    pthread_mutex_lock(&batch->lock);
    bool headed = sc_batch_head(frame, &batch->edge), begun = headed && call_workers(batch);
    pthread_mutex_unlock(&batch->lock);
    if (begun) {
        call->answer->media = frame->media;
        call->answer->next_piece = next_piece;
        call->answer->attach = attach;
        call->answer->close = close_batch;
        call->answer->stream = batch;
        return true;
    }
    discard(batch);
    (void)(headed ? sc_call_fail(call, SC_PROBLEM_overloaded,
                                 "Too many computations wait; try again in a second.")
                  : sc_call_exhausted(call));
    return false;
}
