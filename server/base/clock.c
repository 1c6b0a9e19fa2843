#include "clock.h"

#include <stdio.h>
#include <time.h>

uint64_t sc_clock_nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t sc_clock_thread_nanoseconds(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return (uint64_t)spent.tv_sec * 1000000000u + (uint64_t)spent.tv_nsec;
}

int64_t sc_clock_microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t sc_clock_later_than(int64_t before)
{
    int64_t now = sc_clock_microseconds();
    return now > before ? now : before + 1;
}

void sc_clock_timestamp(int64_t microseconds, char text[SC_TIMESTAMP_SIZE])
{
    time_t seconds = (time_t)(microseconds / 1000000);
    struct tm parts = {0};
    gmtime_r(&seconds, &parts);
    size_t length = strftime(text, SC_TIMESTAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + length, SC_TIMESTAMP_SIZE - length, ".%06dZ", (int)(microseconds % 1000000));
}
