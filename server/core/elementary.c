#include "elementary.h"

/* A piece of a row is copied first, so that a result may take the place of its number. */
enum { ROW = 64 };

SC_WIDE static void exp_piece(const double *x, size_t n, double *out)
{
    double from[ROW];
    memcpy(from, x, n * sizeof *from);
    for (size_t i = 0; i < n; i++) out[i] = sc_exp(from[i]);
}

static size_t piece_of(size_t n, size_t done)
{
    return n - done < ROW ? n - done : ROW;
}

void sc_exp_row(const double *x, size_t n, double *out)
{
    for (size_t done = 0; done < n; done += ROW) exp_piece(x + done, piece_of(n, done), out + done);
}
