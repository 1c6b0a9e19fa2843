/* An open-loop generator: asks for one address on a fixed schedule and measures each answer from the time at which
 * the request was due, so that a server that stalls cannot hide it by holding the clients up. Beside that, other
 * connections may keep the server busy, each sending a request anew as soon as it has its answer.
 *
 * openloop PORT RATE SECONDS PROBES PROBE_FILE [LOADS LOAD_FILE]
 *   RATE requests a second, the bytes of PROBE_FILE, over PROBES kept connections; LOADS connections that send the bytes
 *   of LOAD_FILE again and again. A file is a whole HTTP request; where it has a run of at least four "#", these
 *   become the digits of a number that is another in every request. Prints one line of name=value. Linux. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1024, HEAD_MAX = 8192, EVENTS = 64, REQUEST_MAX = 1 << 21 };

struct connection {
    int socket;
    int is_load, busy;
    uint64_t due;                /* of the request that is under way */
    char *own;                   /* the request with its number */
    const char *request;         /* what is left of it to send */
    size_t left;
    char head[HEAD_MAX];         /* the answer as far as its fields go */
    size_t head_length;
    uint64_t body_left;
    int in_body;
};

struct request {
    char *bytes;
    size_t length, digits, digits_at;
};

struct run {
    int epoll, timer;
    uint16_t port;
    uint64_t start, end, interval; /* nanoseconds */
    uint64_t next, sent, scheduled;
    struct request probe, load;
    uint64_t number;
    struct connection connection[CONNECTIONS_MAX];
    size_t probes, loads;
    uint64_t *waiting; /* due times that found no free connection, in order */
    size_t waiting_from, waiting_to;
    uint64_t *latency;
    size_t count, capacity, load_count, bad, load_bad;
};

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(struct run *run, struct connection *connection, int operation)
{
    struct epoll_event event = {.events = EPOLLIN | (connection->left ? EPOLLOUT : 0), .data.ptr = connection};
    if (epoll_ctl(run->epoll, operation, connection->socket, &event) != 0) die("epoll_ctl");
}

static void open_connection(struct run *run, struct connection *connection)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(run->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1;
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(connection->socket, (struct sockaddr *)&address, sizeof address) != 0) die("connect");
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connection->left = connection->head_length = 0;
    connection->busy = connection->in_body = 0;
    watch(run, connection, EPOLL_CTL_ADD);
}

static void reopen(struct run *run, struct connection *connection)
{
    close(connection->socket);
    open_connection(run, connection);
}

static void push(struct run *run, struct connection *connection)
{
    size_t before = connection->left;
    while (connection->left) {
        ssize_t sent = send(connection->socket, connection->request, connection->left, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent <= 0) break;
        connection->request += sent;
        connection->left -= (size_t)sent;
    }
    if (before && (connection->left || before != connection->left)) watch(run, connection, EPOLL_CTL_MOD);
}

static void set_number(const struct request *request, char *own, uint64_t number)
{
    for (size_t i = request->digits; i-- > 0; number /= 10) own[request->digits_at + i] = (char)('0' + number % 10);
}

static void begin(struct run *run, struct connection *connection, uint64_t due)
{
    const struct request *request = connection->is_load ? &run->load : &run->probe;
    connection->busy = 1;
    connection->due = due;
    set_number(request, connection->own, run->number++);
    connection->request = connection->own;
    connection->left = request->length;
    connection->head_length = 0;
    connection->in_body = 0;
    push(run, connection);
}

static void finish(struct run *run, struct connection *connection, int status)
{
    connection->busy = 0;
    if (connection->is_load) {
        run->load_count++;
        run->load_bad += status != 200;
        if (now() < run->end) begin(run, connection, 0);
        return;
    }
    run->bad += status != 200;
    if (run->count < run->capacity) run->latency[run->count++] = now() - connection->due;
    if (run->waiting_from < run->waiting_to) begin(run, connection, run->waiting[run->waiting_from++]);
}

/* Looks for the end of the fields; true when the answer is whole. */
static int read_head(struct connection *connection)
{
    connection->head[connection->head_length] = '\0';
    char *end = strstr(connection->head, "\r\n\r\n");
    if (!end) return 0;
    char *length = strcasestr(connection->head, "\r\nContent-Length:");
    uint64_t body = length && length < end ? strtoull(length + 17, NULL, 10) : 0;
    uint64_t here = connection->head_length - (size_t)(end + 4 - connection->head);
    connection->in_body = 1;
    connection->body_left = body > here ? body - here : 0;
    return connection->body_left == 0;
}

static int take(struct connection *connection, char *bytes, size_t length)
{
    if (!connection->in_body) {
        size_t room = HEAD_MAX - 1 - connection->head_length, part = length < room ? length : room;
        memcpy(connection->head + connection->head_length, bytes, part);
        connection->head_length += part;
        int whole = read_head(connection);
        if (connection->in_body && length > part) connection->body_left -= length - part;
        return whole || (connection->in_body && connection->body_left == 0);
    }
    connection->body_left -= length < connection->body_left ? length : connection->body_left;
    return connection->body_left == 0;
}

static void pull(struct run *run, struct connection *connection)
{
    static char bytes[65536];
    /* No more than the head has room for until the fields are read: what follows is counted, not kept. */
    size_t most = connection->in_body ? sizeof bytes : HEAD_MAX - 1 - connection->head_length;
    ssize_t length = recv(connection->socket, bytes, most, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (length <= 0) {
        int lost = connection->busy, load = connection->is_load;
        uint64_t due = connection->due;
        reopen(run, connection);
        if (lost) *(load ? &run->load_bad : &run->bad) += 1;
        if (lost || load) begin(run, connection, due);
        return;
    }
    if (connection->busy && take(connection, bytes, (size_t)length)) finish(run, connection, atoi(connection->head + 9));
}

static struct connection *find_free(struct run *run)
{
    for (size_t i = 0; i < run->probes; i++)
        if (!run->connection[i].busy) return &run->connection[i];
    return NULL;
}

static void arm(struct run *run)
{
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(run->next / 1000000000u), .tv_nsec = (long)(run->next % 1000000000u)}};
    if (timerfd_settime(run->timer, TFD_TIMER_ABSTIME, &when, NULL) != 0) die("timerfd_settime");
}

/* Sends whatever is due by now. */
static void keep_schedule(struct run *run)
{
    uint64_t ignored;
    if (read(run->timer, &ignored, sizeof ignored) < 0 && errno != EAGAIN) die("read");
    for (; run->next <= now() && run->next < run->end; run->next += run->interval) {
        struct connection *free_one = run->waiting_from < run->waiting_to ? NULL : find_free(run);
        run->scheduled++;
        if (free_one)
            begin(run, free_one, run->next);
        else
            run->waiting[run->waiting_to++] = run->next;
    }
    if (run->next < run->end) arm(run);
}

static void serve(struct run *run)
{
    struct epoll_event events[EVENTS];
    uint64_t patience = run->end + 10000000000u; /* ten seconds for what is under way */
    while (now() < run->end || (run->count < run->scheduled && now() < patience)) {
        int count = epoll_wait(run->epoll, events, EVENTS, 100);
        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;
            if (!connection) {
                keep_schedule(run);
                continue;
            }
            if (events[i].events & EPOLLOUT) push(run, connection);
            if (events[i].events & ~(uint32_t)EPOLLOUT) pull(run, connection);
        }
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static double quantile(const struct run *run, double p)
{
    if (!run->count) return 0;
    size_t index = (size_t)(p * (double)run->count);
    return (double)run->latency[index < run->count ? index : run->count - 1] / 1e6;
}

static void report(struct run *run)
{
    double seconds = (double)(run->end - run->start) / 1e9;
    qsort(run->latency, run->count, sizeof *run->latency, compare);
    printf("due=%llu answered=%zu bad=%zu p50=%.3f p90=%.3f p99=%.3f p999=%.3f max=%.3f load_per_second=%.1f load_bad=%zu\n",
           (unsigned long long)run->scheduled, run->count, run->bad, quantile(run, 0.5), quantile(run, 0.9), quantile(run, 0.99),
           quantile(run, 0.999), quantile(run, 1), (double)run->load_count / seconds, run->load_bad);
}

static struct request read_request(const char *path)
{
    struct request request = {.bytes = malloc(REQUEST_MAX + 1)};
    FILE *file = fopen(path, "rb");
    if (!file || !request.bytes) die(path);
    request.length = fread(request.bytes, 1, REQUEST_MAX, file);
    request.bytes[request.length] = '\0';
    fclose(file);
    const char *run = strstr(request.bytes, "####");
    if (run) {
        request.digits_at = (size_t)(run - request.bytes);
        request.digits = strspn(run, "#");
    }
    return request;
}

static void open_all(struct run *run)
{
    for (size_t i = 0; i < run->probes + run->loads; i++) {
        struct connection *connection = &run->connection[i];
        connection->is_load = i >= run->probes;
        const struct request *request = connection->is_load ? &run->load : &run->probe;
        connection->own = malloc(request->length + 1);
        if (!connection->own) die("malloc");
        memcpy(connection->own, request->bytes, request->length + 1);
        open_connection(run, connection);
    }
}

static void prepare(struct run *run, char **argument, int arguments)
{
    double rate = atof(argument[2]), seconds = atof(argument[3]);
    run->port = (uint16_t)atoi(argument[1]);
    run->probes = strtoul(argument[4], NULL, 10);
    run->loads = arguments > 7 ? strtoul(argument[6], NULL, 10) : 0;
    if (run->probes < 1 || run->probes + run->loads > CONNECTIONS_MAX || rate <= 0) exit(2);
    run->probe = read_request(argument[5]);
    if (run->loads) run->load = read_request(argument[7]);
    run->capacity = (size_t)(rate * seconds) + 16;
    run->latency = calloc(run->capacity, sizeof *run->latency);
    run->waiting = calloc(run->capacity, sizeof *run->waiting);
    run->epoll = epoll_create1(EPOLL_CLOEXEC);
    run->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (!run->latency || !run->waiting || run->epoll < 0 || run->timer < 0) die("prepare");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(run->epoll, EPOLL_CTL_ADD, run->timer, &event);
    open_all(run);
    run->start = now();
    run->number = run->start / 1000; /* other numbers than those of the run before */
    run->end = run->start + (uint64_t)(seconds * 1e9);
    run->interval = (uint64_t)(1e9 / rate);
    run->next = run->start + 100000000u; /* the load first */
    for (size_t i = run->probes; i < run->probes + run->loads; i++) begin(run, &run->connection[i], 0);
    arm(run);
}

int main(int arguments, char **argument)
{
    static struct run run;
    if (arguments != 6 && arguments != 8) {
        fputs("openloop PORT RATE SECONDS PROBES PROBE_FILE [LOADS LOAD_FILE]\n", stderr);
        return 2;
    }
    prepare(&run, argument, arguments);
    serve(&run);
    report(&run);
    return 0;
}
