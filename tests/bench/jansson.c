/* jansson REQUEST ANSWER: what jansson by itself takes, on one thread, to parse the one body and to print the other:
 * prints the medians of both in microseconds. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 501 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static char *read_file(const char *path, size_t *length)
{
    char *text = malloc(1 << 24);
    FILE *file = fopen(path, "rb");
    if (!text || !file) exit(1);
    *length = fread(text, 1, 1 << 24, file);
    fclose(file);
    return text;
}

int main(int arguments, char **argument)
{
    static double parsing[RUNS], printing[RUNS];
    size_t request_length, answer_length;
    if (arguments != 3) return 2;
    char *request = read_file(argument[1], &request_length), *answer = read_file(argument[2], &answer_length);
    json_t *tree = json_loadb(answer, answer_length, 0, NULL);
    if (!tree) return 1;
    for (int run = 0; run < RUNS; run++) {
        double start = now();
        json_t *parsed = json_loadb(request, request_length, JSON_REJECT_DUPLICATES, NULL);
        json_decref(parsed);
        double between = now();
        char *printed = json_dumps(tree, JSON_COMPACT);
        if (!parsed || !printed) return 1;
        free(printed);
        printing[run] = now() - between;
        parsing[run] = between - start;
    }
    qsort(parsing, RUNS, sizeof *parsing, by_value);
    qsort(printing, RUNS, sizeof *printing, by_value);
    printf("%.3f %.3f\n", parsing[RUNS / 2], printing[RUNS / 2]);
    return 0;
}
