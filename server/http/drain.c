#include "base/clock.h"
#include "base/log.h"
#include "dispatch.h"
#include "events.h"
#include "obs/health.h"
#include "server.h"

#include <time.h>
#include <unistd.h>

/* When what happens, in hundredths of the settings' drain time. What is left after CUT is for the pool and
 * the store to end. */
enum { GRACE = 2, REFUSE = 50, ABANDON = 70, CUT = 80 };

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

/* Waits until no request is in flight, or this many hundredths of the drain time have passed; true when none
 * is. */
static bool wait_until(struct sc_http *http, uint64_t start, unsigned hundredths)
{
    uint64_t end = sc_after(start, http->settings->drain_timeout_ms * hundredths / 100);
    while (atomic_load(&http->in_flight) > 0) {
        if (sc_clock_nanoseconds() >= end) return false;
        nap();
    }
    return true;
}

/* Lets what was asked be answered; the slower it is, the harsher. */
static void wait_for_requests(struct sc_http *http, uint64_t start)
{
    if (wait_until(http, start, GRACE)) return;
    sc_peers_cut(http->peers, SC_PHASE_IDLE);
    if (wait_until(http, start, REFUSE)) return;
    atomic_store(&http->refusing, true);
    sc_peers_cut(http->peers, SC_PHASE_IDLE | SC_PHASE_HEADER | SC_PHASE_BODY);
    if (wait_until(http, start, ABANDON)) return;
    sc_log(SC_LOG_WARN, "computations are abandoned", NULL);
    sc_events_drain(http, true);
    sc_dispatch_abandon(http);
    if (wait_until(http, start, CUT)) return;
    sc_peers_cut(http->peers, SC_PHASE_ANY);
    wait_until(http, start, CUT + 2);
}

bool sc_http_drain(struct sc_http *http)
{
    uint64_t start = sc_clock_nanoseconds();
    sc_health_drain();
    atomic_store(&http->draining, true);
    bool ours = MHD_quiesce_daemon(http->daemon) != MHD_INVALID_SOCKET;
    sc_listen_stop(&http->listener);
    sc_events_drain(http, false);
    wait_for_requests(http, start);
    sc_dispatch_abandon(http); /* closes the list: from here nothing can be suspended */
    MHD_stop_daemon(http->daemon);
    if (ours) close(http->listener.socket);
    atomic_store(&http->refusing, true);
    while (atomic_load(&http->outstanding) > 0 &&
           sc_clock_nanoseconds() < sc_after(start, http->settings->drain_timeout_ms * (CUT + 5) / 100))
        nap();
    return atomic_load(&http->outstanding) == 0;
}
