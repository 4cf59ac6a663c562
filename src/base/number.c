/* Numbers and durations in text. Owns parsing with a range in one call; nothing here depends on the locale. */
#include "onus/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool text_to_int(const char *text, int64_t min, int64_t max, const char *what, int64_t *out, err *e) {
    const char *at = text ? text : "";
    bool negative = *at == '-';
    int64_t value = 0;
    bool fits = true;
    if (negative)
        at++;
    if (!is_digit(*at))
        return err_set(e, ERR_INVALID, "%s: \"%.40s\" is not a whole number", what, text ? text : "");
    for (; is_digit(*at); at++) {
        int digit = *at - '0';
        fits = fits && !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, negative ? -digit : digit, &value);
    }
    if (*at)
        return err_set(e, ERR_INVALID, "%s: \"%.40s\" is not a whole number", what, text);
    if (!fits || value < min || value > max)
        return err_set(e, ERR_INVALID, "%s: %.40s is not between %lld and %lld", what, text, (long long)min,
                       (long long)max);
    *out = value;
    return true;
}

typedef struct duration_unit {
    const char *name;
    int64_t usec;
    bool whole_only; /* written only when nothing remains: 90d reads better than 12w6d */
} duration_unit;

static const duration_unit units[] = {
    {"y", INT64_C(365) * 86400 * 1000000, true},
    {"w", INT64_C(7) * 86400 * 1000000, true},
    {"d", INT64_C(86400) * 1000000, false},
    {"h", INT64_C(3600) * 1000000, false},
    {"m", INT64_C(60) * 1000000, false},
    {"s", INT64_C(1000000), false},
    {"ms", INT64_C(1000), false},
};
enum { UNIT_COUNT = sizeof units / sizeof *units };

/* The unit at `at`, from `first` on; UNIT_COUNT when none. "ms" before "m": the longest name wins. */
static size_t unit_at(const char *at, size_t first) {
    size_t found = UNIT_COUNT;
    for (size_t i = first; i < UNIT_COUNT; i++)
        if (text_starts_with(at, units[i].name) && (found == UNIT_COUNT || strlen(units[i].name) > 1))
            found = i;
    return found;
}

bool text_to_duration(const char *text, int64_t *out_usec, err *e) {
    static const char how[] = "write it as 30s, 5m, 1h30m, 2d or 1w";
    const char *at = text ? text : "";
    int64_t total = 0;
    size_t next_unit = 0;
    if (text_equal(text, "0")) {
        *out_usec = 0;
        return true;
    }
    if (!*at)
        return err_set(e, ERR_INVALID, "an empty duration; %s", how);
    while (*at) {
        int64_t number = 0;
        bool fits = true;
        const char *digits = at;
        for (; is_digit(*at); at++)
            fits = fits && !__builtin_mul_overflow(number, 10, &number) &&
                   !__builtin_add_overflow(number, *at - '0', &number);
        size_t unit = at == digits ? (size_t)UNIT_COUNT : unit_at(at, next_unit);
        if (unit == UNIT_COUNT)
            return err_set(e, ERR_INVALID, "\"%.40s\" is not a duration; %s", text, how);
        if (!fits || __builtin_mul_overflow(number, units[unit].usec, &number) ||
            __builtin_add_overflow(total, number, &total))
            return err_set(e, ERR_INVALID, "\"%.40s\" is too long a duration", text);
        at += strlen(units[unit].name);
        next_unit = unit + 1;
    }
    *out_usec = total;
    return true;
}

char *duration_to_text(arena *a, int64_t usec) {
    char text[96] = "";
    size_t len = 0;
    uint64_t rest = usec < 0 ? -(uint64_t)usec : (uint64_t)usec;
    rest -= rest % 1000;
    if (!rest)
        return arena_strdup(a, "0s");
    if (usec < 0)
        text[len++] = '-';
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        uint64_t unit = (uint64_t)units[i].usec;
        assert(unit > 0);
        if (rest < unit || (units[i].whole_only && rest % unit))
            continue;
        int put = snprintf(text + len, sizeof text - len, "%llu%s", (unsigned long long)(rest / unit), units[i].name);
        len += put > 0 ? (size_t)put : 0;
        rest %= unit;
    }
    return arena_strdup(a, text);
}

char *duration_to_rough_text(arena *a, int64_t usec) {
    const int64_t second = INT64_C(1000000), minute = 60 * second, unit = usec >= 60 * minute ? minute : second;
    return usec < second ? arena_strdup(a, "0s") : duration_to_text(a, usec / unit * unit);
}
