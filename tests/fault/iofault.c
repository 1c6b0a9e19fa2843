/* Makes writes and synchronisations of some files fail. To be preloaded:
 * gcc -std=c17 -D_GNU_SOURCE -O1 -shared -fPIC tests/fault/iofault.c -ldl -o iofault.so
 *
 * SC_FAULT_FILE   how the name of the file ends, for instance ".db-wal"
 * SC_FAULT_CALL   "write" (pwrite, ftruncate, fallocate) or "sync" (fsync, fdatasync)
 * SC_FAULT_FIRST  the how manieth such call fails first, from 1
 * SC_FAULT_COUNT  how many fail from there on
 * SC_FAULT_ERROR  "ENOSPC" or "EIO"
 * SC_FAULT_MARK   a file that is created when a fault was made */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

static bool is_meant(int file, const char *call)
{
    char link[64], path[4096];
    const char *ending = setting("SC_FAULT_FILE");
    if (!*ending || strcmp(call, setting("SC_FAULT_CALL")) != 0) return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < (ssize_t)strlen(ending)) return false;
    path[length] = '\0';
    return strcmp(path + length - strlen(ending), ending) == 0;
}

/* Whether this call is to fail; errno is then set. */
static bool fails(int file, const char *call)
{
    if (!is_meant(file, call)) return false;
    long number = atomic_fetch_add(&calls, 1) + 1, first = atol(setting("SC_FAULT_FIRST"));
    if (number < first || number >= first + atol(setting("SC_FAULT_COUNT"))) return false;
    int mark = open(setting("SC_FAULT_MARK"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (mark >= 0) close(mark);
    errno = strcmp(setting("SC_FAULT_ERROR"), "EIO") ? ENOSPC : EIO;
    return true;
}

#define REAL(type, name, ...)                                                                                \
    static type (*real)(__VA_ARGS__);                                                                        \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, name)

ssize_t pwrite(int file, const void *bytes, size_t size, off_t at)
{
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    return fails(file, "write") ? -1 : real(file, bytes, size, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t at)
{
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    return fails(file, "write") ? -1 : real(file, bytes, size, at);
}

ssize_t write(int file, const void *bytes, size_t size)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    return fails(file, "write") ? -1 : real(file, bytes, size);
}

int ftruncate(int file, off_t size)
{
    REAL(int, "ftruncate", int, off_t);
    return fails(file, "write") ? -1 : real(file, size);
}

int ftruncate64(int file, off64_t size)
{
    REAL(int, "ftruncate64", int, off64_t);
    return fails(file, "write") ? -1 : real(file, size);
}

int fallocate64(int file, int mode, off64_t at, off64_t size)
{
    REAL(int, "fallocate64", int, int, off64_t, off64_t);
    return fails(file, "write") ? -1 : real(file, mode, at, size);
}

int fdatasync(int file)
{
    REAL(int, "fdatasync", int);
    return fails(file, "sync") ? -1 : real(file);
}

int fsync(int file)
{
    REAL(int, "fsync", int);
    return fails(file, "sync") ? -1 : real(file);
}
