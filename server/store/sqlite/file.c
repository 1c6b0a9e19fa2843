#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

char *sc_file_beside(const char *path, const char *suffix)
{
    char *text = NULL;
    return asprintf(&text, "%s%s", path, suffix) < 0 ? NULL : text;
}

int64_t sc_file_size(const char *path, const char *suffix)
{
    struct stat found;
    char *name = sc_file_beside(path, suffix);
    int64_t size = name && stat(name, &found) == 0 ? (int64_t)found.st_size : -1;
    free(name);
    return size;
}

bool sc_file_exists(const char *path)
{
    return sc_file_size(path, "") >= 0;
}

/* malloc'd: the directory in which path lies. */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

bool sc_file_make_directory(const char *path, const struct sc_reason *reason)
{
    char *directory = directory_of(path);
    bool done = directory && (mkdir(directory, 0700) == 0 || errno == EEXIST);
    if (!done)
        sc_explain(reason, "The directory %s cannot be created: %s. Create it, or give another path.",
                   directory ? directory : path, strerror(errno));
    free(directory);
    return done;
}

/* Not for the database file: closing it would drop SQLite's locks on it. */
bool sc_file_sync(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    bool done = fsync(file) == 0;
    close(file);
    return done;
}

bool sc_file_sync_directory(const char *path)
{
    char *directory = directory_of(path);
    bool done = directory && sc_file_sync(directory);
    free(directory);
    return done;
}

int sc_file_lock(const char *path, const struct sc_reason *reason)
{
    char *name = sc_file_beside(path, ".lock");
    int file = name ? open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (file < 0)
        sc_explain(reason, "The lock file %s.lock cannot be opened: %s.", path, strerror(errno));
    else if (flock(file, LOCK_EX | LOCK_NB)) {
        if (errno == EWOULDBLOCK)
            sc_explain(reason,
                       "Another server has %s open (it holds %s.lock). Stop it first, or give another path.",
                       path, path);
        else
            sc_explain(reason, "The file %s.lock cannot be locked: %s. Use a local file system.", path,
                       strerror(errno));
        close(file);
        file = -1;
    }
    free(name);
    return file;
}
