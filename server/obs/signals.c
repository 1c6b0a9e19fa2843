#include "signals.h"

#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static sigset_t ending(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

void sc_signals_block(void)
{
    sigset_t set = ending();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* The time of the watch, written before its thread starts. */
static struct timespec patience;

static void *watch(void *context)
{
    (void)context;
    sigset_t set = ending();
    int received;
    do received = sigtimedwait(&set, NULL, &patience);
    while (received < 0 && errno == EINTR);
    sc_log(SC_LOG_ERROR, received > 0 ? "ended at once by a second signal" : "ended by the drain's deadline",
           NULL);
    _exit(1);
}

void sc_signals_wait(size_t patience_ms)
{
    sigset_t set = ending();
    int received = 0;
    while (sigwait(&set, &received) != 0) {
    }
    sc_log(SC_LOG_INFO, "draining", "signal", received == SIGTERM ? "SIGTERM" : "SIGINT", NULL);
    patience = (struct timespec){(time_t)(patience_ms / 1000), (long)(patience_ms % 1000) * 1000000L};
    pthread_t thread;
    if (pthread_create(&thread, NULL, watch, NULL) == 0) pthread_detach(thread);
}
