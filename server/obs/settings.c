#include "secondchair/settings.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { ADDRESS, TEXT, COUNT, BYTES, MILLISECONDS, SWITCH, LEVEL, ORIGINS };

enum { NAME_MAX_LENGTH = 64 };

struct setting {
    enum kind kind;
    const char *name, *standard, *meaning;
    uint64_t least, most;
    size_t offset;
};

static const struct setting SETTINGS[] = {
#define SC_SETTING(kind, name, standard, least, most, meaning)                                               \
    {kind, #name, standard, meaning, least, most, offsetof(struct sc_settings, name)},
#include "secondchair/settings.def"
#undef SC_SETTING
};

enum { SETTINGS_COUNT = sizeof SETTINGS / sizeof SETTINGS[0] };

static const char *const LEVELS[] = {"debug", "info", "warn", "error"};

static void flag_of(const struct setting *setting, char flag[NAME_MAX_LENGTH])
{
    snprintf(flag, NAME_MAX_LENGTH, "--%s", setting->name);
    for (char *c = flag; *c; c++)
        if (*c == '_') *c = '-';
}

static void variable_of(const struct setting *setting, char variable[NAME_MAX_LENGTH])
{
    snprintf(variable, NAME_MAX_LENGTH, "SECONDCHAIR_%s", setting->name);
    for (char *c = variable; *c; c++) *c = (char)toupper((unsigned char)*c);
}

/* The factor of a suffix k, m or g; 0 for another suffix. */
static uint64_t factor_of(const char *suffix)
{
    if (!*suffix) return 1;
    if (suffix[1]) return 0;
    switch (*suffix) {
    case 'k':
        return UINT64_C(1) << 10;
    case 'm':
        return UINT64_C(1) << 20;
    case 'g':
        return UINT64_C(1) << 30;
    default:
        return 0;
    }
}

static bool read_number(const struct setting *setting, const char *text, size_t *value)
{
    const char *end = text;
    uint64_t number = 0;
    for (; isdigit((unsigned char)*end); end++)
        if (__builtin_mul_overflow(number, (uint64_t)10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*end - '0'), &number))
            return false;
    uint64_t factor = setting->kind == BYTES ? factor_of(end) : !*end;
    if (end == text || !factor || __builtin_mul_overflow(number, factor, &number)) return false;
    *value = (size_t)number;
    return number >= setting->least && number <= setting->most;
}

static bool read_word(const char *text, const char *const *words, int count, int *value)
{
    for (*value = 0; *value < count; ++*value)
        if (strcmp(text, words[*value]) == 0) return true;
    return false;
}

static bool is_address(const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return strcmp(text, "localhost") == 0 || inet_pton(AF_INET, text, bytes) == 1 ||
           inet_pton(AF_INET6, text, bytes) == 1;
}

#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define CAPITAL "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* scheme "://" authority, and nothing after it: what browsers send as Origin. */
static bool is_origin(const char *text, size_t length)
{
    if (length == 1 && *text == '*') return true;
    size_t scheme = strspn(text, SMALL "-");
    if (scheme == 0 || strncmp(text + scheme, "://", 3) != 0) return false;
    size_t authority = strspn(text + scheme + 3, SMALL CAPITAL "0123456789.-:[]_");
    return authority > 0 && scheme + 3 + authority == length;
}

static bool are_origins(const char *text)
{
    if (!*text) return true;
    for (;;) {
        size_t length = strcspn(text, ",");
        if (!is_origin(text, length)) return false;
        if (!text[length]) return true;
        text += length + 1;
    }
}

static bool read_text(const struct setting *setting, const char *text)
{
    size_t length = strlen(text);
    if (setting->kind == ADDRESS) return is_address(text);
    if (length < setting->least || length > setting->most) return false;
    return setting->kind != ORIGINS || are_origins(text);
}

/* Puts a value where it belongs; false when it is none of its kind or out of bounds. */
static bool take(struct sc_settings *settings, const struct setting *setting, const char *text)
{
    static const char *const words[] = {"off", "on"};
    unsigned char *place = (unsigned char *)settings + setting->offset;
    int word = 0;
    size_t number = 0;
    switch (setting->kind) {
    case SWITCH:
        if (!read_word(text, words, 2, &word)) return false;
        memcpy(place, &(bool){word == 1}, sizeof(bool));
        return true;
    case LEVEL:
        if (!read_word(text, LEVELS, 4, &word)) return false;
        memcpy(place, &word, sizeof word);
        return true;
    case COUNT:
    case BYTES:
    case MILLISECONDS:
        if (!read_number(setting, text, &number)) return false;
        memcpy(place, &number, sizeof number);
        return true;
    default:
        if (!read_text(setting, text)) return false;
        memcpy(place, &text, sizeof text);
        return true;
    }
}

/* What a value of this setting looks like, for the message that refuses another one. */
static void describe(const struct setting *setting, char *text, size_t size)
{
    switch (setting->kind) {
    case COUNT:
    case MILLISECONDS:
        snprintf(text, size, "a whole number from %llu to %llu", (unsigned long long)setting->least,
                 (unsigned long long)setting->most);
        return;
    case BYTES:
        snprintf(text, size, "a number of bytes from %llu to %llu, for instance 512k or 1m",
                 (unsigned long long)setting->least, (unsigned long long)setting->most);
        return;
    case SWITCH:
        snprintf(text, size, "on or off");
        return;
    case LEVEL:
        snprintf(text, size, "debug, info, warn or error");
        return;
    case ADDRESS:
        snprintf(text, size, "an IPv4 or IPv6 address or localhost");
        return;
    case ORIGINS:
        snprintf(text, size, "origins like https://example.com separated by commas, or *");
        return;
    default:
        snprintf(text, size, "a text of %llu to %llu characters", (unsigned long long)setting->least,
                 (unsigned long long)setting->most);
    }
}

static bool refuse(const struct setting *setting, const char *source, const char *value,
                   char reason[SC_SETTINGS_REASON_MAX])
{
    char expected[128];
    describe(setting, expected, sizeof expected);
    snprintf(reason, SC_SETTINGS_REASON_MAX, "%s: \"%.100s\" is not usable, it takes %s", source, value,
             expected);
    return false;
}

/* The setting that a flag names, up to its '=' or end. */
static const struct setting *find_flag(const char *argument, size_t length)
{
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        char flag[NAME_MAX_LENGTH];
        flag_of(&SETTINGS[i], flag);
        if (strlen(flag) == length && strncmp(flag, argument, length) == 0) return &SETTINGS[i];
    }
    return NULL;
}

static bool read_flags(int argc, char *const *argv, const char *value[SETTINGS_COUNT],
                       char reason[SC_SETTINGS_REASON_MAX])
{
    for (int i = 0; i < argc; i++) {
        size_t length = strcspn(argv[i], "=");
        const struct setting *setting = find_flag(argv[i], length);
        if (!setting) {
            snprintf(reason, SC_SETTINGS_REASON_MAX,
                     "%.100s: unknown setting; secondchair help lists them all", argv[i]);
            return false;
        }
        const char *text = argv[i][length] ? argv[i] + length + 1 : i + 1 < argc ? argv[++i] : NULL;
        if (!text) {
            snprintf(reason, SC_SETTINGS_REASON_MAX, "%s: its value is missing", argv[i]);
            return false;
        }
        value[setting - SETTINGS] = text;
    }
    return true;
}

static void resolve_threads(struct sc_settings *settings)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    size_t cores = online > 0 ? (size_t)online : 1;
    if (!settings->threads) settings->threads = cores < 4 ? cores : 4;
    if (!settings->compute_threads) settings->compute_threads = cores;
}

bool sc_settings_read(struct sc_settings *settings, int argc, char *const *argv,
                      char reason[SC_SETTINGS_REASON_MAX])
{
    const char *value[SETTINGS_COUNT] = {0};
    if (!read_flags(argc, argv, value, reason)) return false;
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        char source[NAME_MAX_LENGTH];
        flag_of(&SETTINGS[i], source);
        const char *text = value[i];
        if (!text) {
            variable_of(&SETTINGS[i], source);
            text = getenv(source);
        }
        if (!text || (!value[i] && !*text)) text = SETTINGS[i].standard; /* an empty variable is none */
        if (!take(settings, &SETTINGS[i], text)) return refuse(&SETTINGS[i], source, text, reason);
    }
    resolve_threads(settings);
    return true;
}

void sc_settings_help(FILE *stream)
{
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        char flag[NAME_MAX_LENGTH], variable[NAME_MAX_LENGTH];
        flag_of(&SETTINGS[i], flag);
        variable_of(&SETTINGS[i], variable);
        fprintf(stream, "  %-20s %-30s [%s]\n      %s\n", flag, variable, SETTINGS[i].standard,
                SETTINGS[i].meaning);
    }
}
