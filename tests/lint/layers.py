#!/usr/bin/env python3
"""Checks which headers each folder includes, and which functions the core calls.

Dependencies point one way: base <- core <- app <- http, with codec beside them and store and exec behind their
ports. A folder may include its own headers, those of the folders listed here, and the listed system headers."""
import re
import subprocess
import sys
from pathlib import Path

PLAIN = {"assert.h", "ctype.h", "float.h", "inttypes.h", "limits.h", "math.h", "stdalign.h", "stdarg.h",
         "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "strings.h"}
SYSTEM = {"errno.h", "fcntl.h", "locale.h", "poll.h", "sched.h", "signal.h", "threads.h", "time.h", "unistd.h",
          "sys/file.h", "sys/random.h", "sys/resource.h", "sys/stat.h", "sys/statvfs.h", "sys/time.h", "sys/types.h"}
SOCKETS = {"arpa/inet.h", "netdb.h", "netinet/in.h", "netinet/tcp.h", "sys/epoll.h", "sys/eventfd.h",
           "sys/socket.h", "sys/un.h"}

# The contracts that are none of the core's business: ports, calls, settings.
PORTS = {"call.h", "follower.h", "job.h", "jobs.h", "pool.h", "problems.def", "settings.def", "settings.h", "store.h", "stream.h", "waiter.h"}
CONTRACTS = {path.name for path in Path("include/secondchair").iterdir()}
DOMAIN = CONTRACTS - PORTS

# folder: (folders of server/ it may include, headers of include/secondchair, other headers)
LAYERS = {
    "include": (set(), CONTRACTS, PLAIN | {"time.h"}),
    "base": (set(), {"fault.h", "faults.def", "limits.h"}, PLAIN | SYSTEM),
    "core": ({"base"}, DOMAIN,
             PLAIN - {"ctype.h", "stdatomic.h"} | {"Random123/philox.h"}),
    "codec": ({"base", "core"}, DOMAIN,
              PLAIN | {"errno.h", "locale.h", "pthread.h", "jansson.h", "sodium.h", "nettle/sha2.h"}),
    "app": ({"base", "core", "codec"}, CONTRACTS,
            PLAIN | {"errno.h", "jansson.h", "pthread.h", "semaphore.h", "sodium.h", "nettle/sha2.h", "time.h", "sc_assets.h",
                     "sc_builtins.h"}),
    "store": ({"base"}, {"job.h", "limits.h", "store.h"}, PLAIN | SYSTEM | {"pthread.h", "sqlite3.h", "sc_migrations.h"}),
    "exec": ({"base"}, {"follower.h", "job.h", "jobs.h", "limits.h", "pool.h", "store.h", "stream.h", "waiter.h"},
             PLAIN | SYSTEM | {"pthread.h", "semaphore.h"}),
    "obs": ({"base"}, CONTRACTS, PLAIN | SYSTEM | {"arpa/inet.h", "pthread.h"}),
    "http": ({"base", "codec", "app", "obs"}, CONTRACTS,
             PLAIN | SYSTEM | SOCKETS | {"microhttpd.h", "pthread.h", "sodium.h", "zlib.h"}),
    "web": (set(), set(), {"stddef.h", "sc_assets.h"}),
    "main": ({"base", "app", "http", "obs"}, CONTRACTS, PLAIN | SYSTEM | SOCKETS | {"jansson.h", "malloc.h", "pthread.h", "sodium.h"}),
}

# What the core may call beside itself: arithmetic that IEEE 754 determines (exponentials and the like are its own, for
# the C library's differ by processor), memory that it is given, sorting, text into a given buffer.
PURE = set("""
ceil copysign fabs floor fma fmax fmin fmod frexp ldexp modf nearbyint nextafter remainder rint round scalbn sqrt trunc
lround llround lrint llrint
memchr memcmp memcpy memmove memset strchr strcmp strlen strncmp strnlen strrchr strstr
snprintf vsnprintf qsort bsearch abort
__cpu_features2 __cpu_indicator_init __cpu_model __assert_fail __stack_chk_fail __memcpy_chk __memmove_chk __memset_chk __snprintf_chk __vsnprintf_chk
_GLOBAL_OFFSET_TABLE_
sc_fault_add sc_fault_name
""".split())

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def layer_of(path):
    if path.parts[0] == "include":
        return "include"
    return path.parts[1] if len(path.parts) > 2 else path.stem


def is_own(path, name):
    """A header of the same folder, by its bare name or by its path under server/."""
    return (path.parent / name).is_file() or (path.parts[0] == "server" and name.split("/")[0] == path.parts[1]
                                               and (Path("server") / name).is_file())


def fault_of(path, quoted, angled):
    layer = layer_of(path)
    if layer not in LAYERS:
        return f"folder {path.parent} has no line in the table of layers"
    folders, contracts, system = LAYERS[layer]
    name = quoted or angled
    if angled or name.startswith("sc_"):
        return None if name in system else f"{layer} may not include <{name}>"
    if is_own(path, name):
        return None
    if name.startswith("secondchair/"):
        return None if name.removeprefix("secondchair/") in contracts else f"{layer} may not include {name}"
    if not (Path("server") / name).is_file():
        return f"{name} does not exist"
    allowed = name.split("/")[0] in folders
    return None if allowed else f"{layer} may not include {name}"


def include_faults():
    files = [path for root in ("include", "server") for path in sorted(Path(root).rglob("*"))
             if path.suffix in {".c", ".h", ".def"}]
    for path in files:
        text = path.read_text()
        for match in INCLUDE.finditer(text):
            fault = fault_of(path, match[1], match[2])
            if fault:
                yield f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {fault}"
    if not files:
        yield "no sources found"


def symbols(objects, *options):
    listing = subprocess.run(["nm", "-A", *options, *objects], check=True, capture_output=True, text=True).stdout
    return [(line.split(":")[0], line.split()[-1]) for line in listing.splitlines()]


def purity_faults(objects):
    if not objects:
        yield "no objects of the core: build first"
        return
    own = {name for _, name in symbols(objects, "--defined-only")}
    for place, name in symbols(objects, "--undefined-only"):
        if name not in own and name not in PURE:
            yield f"{place}: the core may not call {name}"
    for place, name in writable(objects):
        yield f"{place}: the core may not keep state in {name}"


def writable(objects):
    listing = subprocess.run(["nm", "-A", *objects], check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        place, kind, name = line.split(":")[0], line.split()[-2], line.split()[-1]
        if kind in "bBC" or (kind in "dD" and not sealed(place, name)):
            yield place, name


def sealed(place, name):
    """Constant tables of pointers lie in .data.rel.ro, which the linker makes read-only."""
    listing = subprocess.run(["objdump", "-t", place], check=True, capture_output=True, text=True).stdout
    return any(line.split()[-1] == name and ".data.rel.ro" in line for line in listing.splitlines() if line.split())


def main():
    what = sys.argv[1]
    faults = list(include_faults() if what == "includes" else purity_faults(sorted(sys.argv[2:])))
    print("\n".join(faults) if faults else f"{what}: nothing found")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
