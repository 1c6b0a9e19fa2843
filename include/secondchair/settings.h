/* What an operator may set, by flag or environment. Read once by main, passed down, never changed. */
#ifndef SC_SETTINGS_H
#define SC_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SC_SETTING_TYPE_ADDRESS const char *
#define SC_SETTING_TYPE_TEXT const char *
#define SC_SETTING_TYPE_ORIGINS const char *
#define SC_SETTING_TYPE_COUNT size_t
#define SC_SETTING_TYPE_BYTES size_t
#define SC_SETTING_TYPE_MILLISECONDS size_t
#define SC_SETTING_TYPE_SWITCH bool
#define SC_SETTING_TYPE_LEVEL int /* enum sc_log_level */

struct sc_settings {
#define SC_SETTING(kind, name, standard, least, most, meaning) SC_SETTING_TYPE_##kind name;
#include "secondchair/settings.def"
#undef SC_SETTING
};

enum { SC_SETTINGS_REASON_MAX = 512 };

/* Reads the flags (argv[0] … argv[argc - 1], no program name among them), the environment for what has no
 * flag, and the defaults for the rest; a thread count of 0 becomes the number it stands for. Texts are
 * borrowed from argv and the environment. False: reason is one line that says what is wrong. */
bool sc_settings_read(struct sc_settings *settings, int argc, char *const *argv,
                      char reason[SC_SETTINGS_REASON_MAX]) __attribute__((warn_unused_result));

/* Lists every setting with its flag, variable, default and meaning. */
void sc_settings_help(FILE *stream);

#endif
