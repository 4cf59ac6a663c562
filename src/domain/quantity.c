/* Kubernetes quantities and latencies as exact numbers. The difficulty: nothing may be lost on the way, or a request
 * that equals its limit would pass it; so digits are gathered as an integer with a power of ten, and scaled once. */
#include "domain/quantity.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 19, PLACES_MAX = 30, EXPONENT_MAX = 30, TEXT_BYTES_MAX = 64 };

/* digits × 10^power */
typedef struct decimal {
    nano digits;
    int power;
    bool negative;
} decimal;

typedef struct unit {
    const char *suffix;
    int power;      /* of ten */
    unsigned shift; /* of two */
} unit;

static const unit QUANTITY_UNITS[] = {
    {"", 0, 0},    {"n", -9, 0},  {"u", -6, 0},  {"m", -3, 0},  {"k", 3, 0},   {"M", 6, 0},
    {"G", 9, 0},   {"T", 12, 0},  {"P", 15, 0},  {"E", 18, 0},  {"Ki", 0, 10}, {"Mi", 0, 20},
    {"Gi", 0, 30}, {"Ti", 0, 40}, {"Pi", 0, 50}, {"Ei", 0, 60},
};

static const struct {
    const char *suffix;
    int power;
    int factor;
} TIME_UNITS[] = {{"ns", -9, 1}, {"us", -6, 1}, {"µs", -6, 1}, {"ms", -3, 1},
                  {"s", 0, 1},   {"m", 0, 60},  {"h", 0, 3600}};

/* The number at *at, which is moved behind it; false when there is none, or one of too many digits. */
static bool read_decimal(const char **at, decimal *out) {
    const char *p = *at;
    *out = (decimal){.negative = *p == '-'};
    p += *p == '-' || *p == '+';
    int digits = 0;
    bool any = false, point = false;
    for (; isdigit((unsigned char)*p) || (*p == '.' && !point); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        any = true;
        out->digits = 10 * out->digits + (*p - '0');
        digits += out->digits != 0;
        out->power -= point;
        if (digits > DIGITS_MAX || out->power < -PLACES_MAX)
            return false;
    }
    *at = p;
    return any;
}

static const nano WHOLE_MAX = (((nano)1 << 63) - 1) * 1000000000;

/* Rounds away from zero. */
static bool scale(decimal d, int power, unsigned shift, nano *out) {
    nano value = d.digits;
    bool rest = false;
    for (unsigned i = 0; i < shift; i++)
        value *= 2; /* at most 10^19 × 2^60, of 2^127 */
    power += d.power + 9;
    for (; power > 0 && value <= WHOLE_MAX && value != 0; power--)
        value *= 10;
    for (; power < 0 && value != 0; power++) {
        rest = rest || value % 10 != 0;
        value /= 10;
    }
    value += rest;
    if (value > WHOLE_MAX)
        return false;
    *out = d.negative ? -value : value;
    return true;
}

/* "e3", "E-2"; a lone E is the suffix. */
static bool read_exponent(const char *text, int *power) {
    if ((*text != 'e' && *text != 'E') || text[1] == '\0')
        return false;
    char *end;
    long value = strtol(text + 1, &end, 10);
    *power = (int)value;
    return *end == '\0' && !isspace((unsigned char)text[1]) && value >= -EXPONENT_MAX && value <= EXPONENT_MAX;
}

bool quantity_from_text(const char *text, nano *out, err *e) {
    const char *at = text;
    decimal d;
    int power = 0;
    if (strlen(text) > TEXT_BYTES_MAX || !read_decimal(&at, &d))
        return err_set(e, ERR_INVALID, "\"%.64s\" is not a Kubernetes quantity: write it like 500m, 2, 1.5Gi or 1e3",
                       text);
    unsigned shift = 0;
    bool known = read_exponent(at, &power);
    for (size_t i = 0; i < sizeof QUANTITY_UNITS / sizeof *QUANTITY_UNITS && !known; i++) {
        known = strcmp(at, QUANTITY_UNITS[i].suffix) == 0;
        power = QUANTITY_UNITS[i].power;
        shift = QUANTITY_UNITS[i].shift;
    }
    if (!known)
        return err_set(e, ERR_INVALID,
                       "\"%.64s\" has no unit of Kubernetes: the units are n u m k M G T P E and Ki Mi Gi Ti Pi Ei",
                       text);
    if (!scale(d, power, shift, out))
        return err_set(e, ERR_LIMIT, "\"%.64s\" is more than Kubernetes takes", text);
    return true;
}

bool latency_from_text(const char *text, nano *out, err *e) {
    const char *at = text;
    decimal d;
    if (strlen(text) <= TEXT_BYTES_MAX && read_decimal(&at, &d) && !d.negative)
        for (size_t i = 0; i < sizeof TIME_UNITS / sizeof *TIME_UNITS; i++)
            if (strcmp(at, TIME_UNITS[i].suffix) == 0) {
                if (scale((decimal){d.digits * TIME_UNITS[i].factor, d.power, false}, TIME_UNITS[i].power, 0, out))
                    return true;
                return err_set(e, ERR_LIMIT, "\"%.64s\" is too long a time", text);
            }
    return err_set(e, ERR_INVALID, "\"%.64s\" is not a duration: write a number and its unit, such as 12.5ms or 1.2s",
                   text);
}
