/* The same questions singly over one kept connection, and in one batch: how many a second either way.
 *
 * batch PORT ROUNDS: in each round both, one after the other, first with whole answers, then with the headline alone.
 * Prints a row of a table for each of the two, from the median round. Linux. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { QUESTIONS = 10000, ROUNDS_MAX = 32, BUFFER = 1 << 18 };

#define HEADLINE "\"fields\":[\"value_per_share\",\"upside\",\"verdict\"]"

struct text {
    char *bytes;
    size_t length;
};

static char buffer[BUFFER];
static size_t held; /* bytes of the buffer that belong to the next answer */

static void require(bool condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "batch: %s\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->bytes + text->length, 512, format, arguments);
    va_end(arguments);
    require(length > 0 && length < 512, "a text is too long");
    text->length += (size_t)length;
}

static struct text make_text(size_t room)
{
    struct text text = {malloc(room), 0};
    require(text.bytes, "no memory");
    return text;
}

/* The slider's question: one driver of a stored scenario moved a little. */
static void add_question(struct text *text, int i)
{
    add(text, "{\"scenario\":\"amd-base\",\"overrides\":[{\"pointer\":\"/terminal/growth\",\"value\":%.6f}]}",
        0.02 + 0.02 * i / QUESTIONS);
}

static struct text make_request(const char *target, const struct text *body)
{
    struct text request = make_text(body->length + 1024);
    add(&request, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
        target, body->length);
    memcpy(request.bytes + request.length, body->bytes, body->length);
    request.length += body->length;
    return request;
}

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1, handle = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    require(connect(handle, (struct sockaddr *)&address, sizeof address) == 0, "no connection");
    setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    held = 0;
    return handle;
}

static void send_all(int handle, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(handle, bytes, length, 0);
        require(sent > 0, "the server does not take the request");
        bytes += sent;
        length -= (size_t)sent;
    }
}

static void receive(int handle)
{
    ssize_t length = recv(handle, buffer + held, BUFFER - 1 - held, 0);
    require(length > 0, "the server closes the connection");
    held += (size_t)length;
    buffer[held] = '\0';
}

static void drop(size_t length)
{
    held -= length;
    memmove(buffer, buffer + length, held + 1);
}

/* The line at the front of the buffer, with its end; received if need be. */
static size_t line_length(int handle)
{
    char *end;
    while (held == 0 || !(end = memchr(buffer, '\n', held))) receive(handle);
    return (size_t)(end - buffer) + 1;
}

static void skip(int handle, size_t length)
{
    while (length > held) {
        length -= held;
        held = 0;
        receive(handle);
    }
    drop(length);
}

/* Reads one answer and throws it away. */
static void read_answer(int handle)
{
    size_t length = 0, line;
    bool chunked = false, first = true;
    while ((line = line_length(handle)) > 2) {
        if (first) require(strncmp(buffer, "HTTP/1.1 200", 12) == 0, "the answer is not 200");
        if (strncasecmp(buffer, "Content-Length:", 15) == 0) length = strtoul(buffer + 15, NULL, 10);
        chunked |= strncasecmp(buffer, "Transfer-Encoding: chunked", 26) == 0;
        first = false;
        drop(line);
    }
    drop(line);
    if (!chunked) {
        skip(handle, length);
        return;
    }
    do {
        line = line_length(handle);
        length = strtoul(buffer, NULL, 16);
        skip(handle, line + length + 2);
    } while (length > 0);
}

/* Seconds that all questions take one after the other. */
static double ask_singly(int port)
{
    struct text *requests = calloc(QUESTIONS, sizeof *requests);
    require(requests, "no memory");
    for (int i = 0; i < QUESTIONS; i++) {
        struct text body = make_text(512);
        add_question(&body, i);
        requests[i] = make_request("/v1/valuation", &body);
        free(body.bytes);
    }
    int handle = connect_to(port);
    double start = now();
    for (int i = 0; i < QUESTIONS; i++) {
        send_all(handle, requests[i].bytes, requests[i].length);
        read_answer(handle);
    }
    double took = now() - start;
    close(handle);
    for (int i = 0; i < QUESTIONS; i++) free(requests[i].bytes);
    free(requests);
    return took;
}

static double ask_together(int port, bool headline)
{
    struct text body = make_text((size_t)QUESTIONS * 256);
    add(&body, "{%s%s\"questions\":[", headline ? HEADLINE : "", headline ? "," : "");
    for (int i = 0; i < QUESTIONS; i++) {
        if (i) add(&body, ",");
        add_question(&body, i);
    }
    add(&body, "]}");
    struct text request = make_request("/v1/batch", &body);
    int handle = connect_to(port);
    double start = now();
    send_all(handle, request.bytes, request.length);
    read_answer(handle);
    double took = now() - start;
    close(handle);
    free(request.bytes);
    free(body.bytes);
    return took;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

int main(int argc, char **argv)
{
    double singly[ROUNDS_MAX], together[2][ROUNDS_MAX];
    int port = argc > 1 ? atoi(argv[1]) : 0, rounds = argc > 2 ? atoi(argv[2]) : 5;
    require(port > 0 && rounds > 0 && rounds <= ROUNDS_MAX, "usage: batch PORT ROUNDS");
    for (int round = 0; round < rounds; round++) {
        singly[round] = ask_singly(port);
        for (int kind = 0; kind < 2; kind++) together[kind][round] = ask_together(port, kind);
    }
    double single = median(singly, rounds);
    printf("| %d valuations with an override each | a second | beside singly |\n|---|---:|---:|\n", QUESTIONS);
    printf("| singly, over one kept connection | %.0f | 1.00 |\n", QUESTIONS / single);
    for (int kind = 0; kind < 2; kind++) {
        double took = median(together[kind], rounds);
        printf("| in one batch, %s | %.0f | %.2f |\n",
               kind ? "`value_per_share`, `upside` and `verdict` alone" : "whole answers", QUESTIONS / took,
               single / took);
    }
    return 0;
}
