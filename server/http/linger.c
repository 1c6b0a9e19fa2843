#include "linger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

void sc_linger_add(struct sc_linger *linger, int socket, uint64_t now)
{
    if (linger->count == SC_LIMIT_LINGERERS) return;
    int copy = fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return;
    size_t place = linger->count++;
    linger->item[place].socket = copy;
    linger->item[place].deadline = now + SC_LIMIT_LINGER_MS * UINT64_C(1000000);
    linger->item[place].left = SC_LIMIT_DISCARD;
}

/* Throws away what has come; false when nothing more will, or too much has. */
static bool read_away(int socket, uint64_t *left)
{
    enum { AT_ONCE = 1024 * 1024 };
    while (*left > 0) {
        /* cppcheck-suppress nullPointer ; MSG_TRUNC writes nothing */
        ssize_t length = recv(socket, NULL, AT_ONCE, MSG_TRUNC | MSG_DONTWAIT);
        if (length < 0) return errno == EAGAIN || errno == EINTR;
        if (length == 0) return false;
        *left = (uint64_t)length < *left ? *left - (uint64_t)length : 0;
    }
    return false;
}

void sc_linger_tick(struct sc_linger *linger, uint64_t now)
{
    size_t kept = 0;
    for (size_t i = 0; i < linger->count; i++) {
        bool more = read_away(linger->item[i].socket, &linger->item[i].left);
        if (more && linger->item[i].deadline > now)
            linger->item[kept++] = linger->item[i];
        else
            close(linger->item[i].socket);
    }
    linger->count = kept;
}

void sc_linger_fini(struct sc_linger *linger)
{
    for (size_t i = 0; i < linger->count; i++) close(linger->item[i].socket);
    linger->count = 0;
}
