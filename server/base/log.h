/* One line of logfmt a fact, to standard error, whole lines even from many threads. */
#ifndef SC_BASE_LOG_H
#define SC_BASE_LOG_H

enum sc_log_level { SC_LOG_DEBUG, SC_LOG_INFO, SC_LOG_WARN, SC_LOG_ERROR };

void sc_log_set_level(enum sc_log_level least);

/* event is a few words; then pairs of texts, key and value, ended by NULL: sc_log(SC_LOG_INFO, "started",
 * "address", text, NULL). */
void sc_log(enum sc_log_level level, const char *event, ...) __attribute__((sentinel));

#endif
