#include "live.h"

#include <string.h>

static bool watches(const struct sc_job_watch *watch, const char *id)
{
    for (size_t i = 0; i < watch->count; i++)
        if (strcmp(watch->id[i], id) == 0) return true;
    return watch->all;
}

/* Takes a watch off the list and gives it back. */
static void end_watch(struct sc_job_watch **link)
{
    struct sc_job_watch *watch = *link;
    *link = watch->next;
    watch->end(watch);
}

static bool is_over(const struct sc_job_watch *watch)
{
    return !watch->held && ((!watch->all && watch->left == 0) || !watch->is_wanted(watch));
}

void sc_jobs_tell(struct sc_jobs *jobs, const struct sc_job *job)
{
    struct sc_job_watch **link = &jobs->watch;
    while (*link) {
        struct sc_job_watch *watch = *link;
        if (watches(watch, job->id)) {
            watch->left -= !watch->all && sc_job_has_ended(job->state);
            watch->tell(watch, job, !watch->all && !watch->held && watch->left == 0);
        }
        if (is_over(watch))
            end_watch(link);
        else
            link = &watch->next;
    }
}

void sc_jobs_end_watches(struct sc_jobs *jobs)
{
    while (jobs->watch) end_watch(&jobs->watch);
}

/* Those whom nobody reads any more would be noticed only when there is something to tell. */
static void sweep(struct sc_jobs *jobs)
{
    struct sc_job_watch **link = &jobs->watch;
    while (*link)
        if (is_over(*link))
            end_watch(link);
        else
            link = &(*link)->next;
}

/* Tells the present state of those that are live. */
static void tell_present(struct sc_jobs *jobs, struct sc_job_watch *watch, bool *live)
{
    for (const struct sc_job_place *place = jobs->first; place; place = place->next) {
        if (!place->stored) continue;
        bool is_watched = watch->all;
        for (size_t i = 0; i < watch->count; i++) {
            if (strcmp(watch->id[i], place->job.id) != 0) continue;
            live[i] = is_watched = true;
        }
        if (!is_watched) continue;
        watch->left += !watch->all;
        watch->tell(watch, &place->job, false);
    }
}

void sc_jobs_watch(struct sc_jobs *jobs, struct sc_job_watch *watch, const char **id, size_t count,
                   bool *live)
{
    watch->id = id;
    watch->count = count;
    watch->all = count == 0;
    watch->held = true;
    watch->left = 0;
    for (size_t i = 0; i < count; i++) live[i] = false;
    pthread_mutex_lock(&jobs->lock);
    sweep(jobs);
    tell_present(jobs, watch, live);
    watch->next = jobs->watch;
    jobs->watch = watch;
    pthread_mutex_unlock(&jobs->lock);
}

void sc_jobs_release_watch(struct sc_jobs *jobs, struct sc_job_watch *watch)
{
    pthread_mutex_lock(&jobs->lock);
    watch->held = false;
    if (jobs->ended)
        sc_jobs_end_watches(jobs);
    else
        sweep(jobs);
    pthread_mutex_unlock(&jobs->lock);
}
