#include "crew.h"

#include "base/arena.h"

#include <pthread.h>

/* A place in the crew that the pool may fill. Once handed over it stays so until a thread has come, which may
 * be in a later loop than the one it was called for, or after the last. */
struct helper {
    struct sc_work work;
    struct sc_crew *crew;
    bool handed_over;
};

struct sc_crew {
    struct sc_call *call;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    void (*run)(void *context, size_t turn, size_t member);
    void *context;
    size_t turns, next, busy; /* next: the first turn not taken; busy: threads in a turn */
    size_t helpers;
    struct helper helper[SC_DELEGATED_MAX];
};

/* Takes turns until there are none. The lock is held on entry and on return. */
static void take_turns(struct sc_crew *crew, size_t member)
{
    crew->busy++;
    while (crew->next < crew->turns) {
        size_t turn = crew->next++;
        pthread_mutex_unlock(&crew->lock);
        crew->run(crew->context, turn, member);
        pthread_mutex_lock(&crew->lock);
    }
    if (--crew->busy == 0) pthread_cond_signal(&crew->idle);
}

static void help(struct sc_work *work, struct sc_reader *reader)
{
    struct helper *helper = (struct helper *)((char *)work - offsetof(struct helper, work));
    struct sc_crew *crew = helper->crew;
    (void)reader;
    pthread_mutex_lock(&crew->lock);
    take_turns(crew, (size_t)(helper - crew->helper) + 1);
    helper->handed_over = false;
    pthread_mutex_unlock(&crew->lock);
}

struct sc_crew *sc_crew_new(struct sc_call *call)
{
    struct sc_crew *crew = sc_arena_alloc(call->arena, sizeof *crew);
    if (!crew) return NULL;
    size_t others = call->delegate && call->threads > 1 ? call->threads - 1 : 0;
    *crew = (struct sc_crew){.call = call, .helpers = others < SC_DELEGATED_MAX ? others : SC_DELEGATED_MAX};
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->idle, NULL);
    for (size_t i = 0; i < crew->helpers; i++)
        crew->helper[i] = (struct helper){.work = {.call = call, .run = help}, .crew = crew};
    return crew;
}

size_t sc_crew_members(const struct sc_crew *crew)
{
    return crew->helpers + 1;
}

static void call_helpers(struct sc_crew *crew, size_t turns)
{
    for (size_t i = 0; i < crew->helpers && i + 1 < turns; i++) {
        struct helper *helper = &crew->helper[i];
        pthread_mutex_lock(&crew->lock);
        bool was = helper->handed_over;
        helper->handed_over = true;
        pthread_mutex_unlock(&crew->lock);
        if (was || crew->call->delegate(&helper->work)) continue;
        pthread_mutex_lock(&crew->lock);
        helper->handed_over = false;
        pthread_mutex_unlock(&crew->lock);
    }
}

void sc_crew_run(struct sc_crew *crew, size_t turns, void (*run)(void *context, size_t turn, size_t member),
                 void *context)
{
    pthread_mutex_lock(&crew->lock);
    crew->run = run;
    crew->context = context;
    crew->turns = turns;
    crew->next = 0;
    pthread_mutex_unlock(&crew->lock);
    call_helpers(crew, turns);
    pthread_mutex_lock(&crew->lock);
    take_turns(crew, 0);
    while (crew->busy > 0) pthread_cond_wait(&crew->idle, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
}
