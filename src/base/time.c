/* Time as text. Owns RFC 3339 in, and the three spellings out. Uses neither strptime nor strftime: both depend on the
 * locale, and neither knows offsets or fractions. The difficulty: years before 1970 need floor division throughout. */
#include "onus/clock.h"

#include "time_write.h"

#include <stdio.h>
#include <string.h>

typedef struct civil {
    int year, month, day;
    int hour, minute, second, micros;
    int weekday; /* 0: Sunday */
} civil;

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar: years begin in March, so that the leap day is the last. */
static int64_t days_from_civil(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static civil civil_from_time(usec t) {
    int64_t days = floor_div(t, USEC_PER_DAY);
    int64_t rest = t % USEC_PER_DAY + (t % USEC_PER_DAY < 0 ? USEC_PER_DAY : 0);
    int64_t shifted = days + 719468;
    int64_t era = floor_div(shifted, 146097);
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    int month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    return (civil){
        .year = (int)(year_of_era + era * 400 + (month <= 2)),
        .month = month,
        .day = (int)(day_of_year - (153 * march_month + 2) / 5 + 1),
        .hour = (int)(rest / USEC_PER_HOUR),
        .minute = (int)(rest / USEC_PER_MINUTE % 60),
        .second = (int)(rest / USEC_PER_SECOND % 60),
        .micros = (int)(rest % USEC_PER_SECOND),
        .weekday = (int)(((days + 4) % 7 + 7) % 7),
    };
}

static int days_in_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* ── reading: a cursor that latches its first failure ── */
typedef struct reader {
    const char *at;
    bool failed;
} reader;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int read_digits(reader *r, int count, int min, int max) {
    int value = 0;
    for (int i = 0; i < count && !r->failed; i++) {
        if (is_digit(*r->at))
            value = value * 10 + (*r->at++ - '0');
        else
            r->failed = true;
    }
    r->failed = r->failed || value < min || value > max;
    return value;
}

static void read_one_of(reader *r, const char *accepted) {
    if (!r->failed && *r->at && strchr(accepted, *r->at))
        r->at++;
    else
        r->failed = true;
}

static int read_fraction(reader *r) {
    if (r->failed || *r->at != '.')
        return 0;
    r->at++;
    r->failed = !is_digit(*r->at);
    int micros = 0, scale = 100000;
    for (; is_digit(*r->at); r->at++, scale /= 10)
        micros += (*r->at - '0') * scale;
    return micros;
}

/* Z, +hh:mm or +hhmm; minutes east of Greenwich. */
static int read_offset(reader *r) {
    if (r->failed || !*r->at || !strchr("Zz+-", *r->at)) {
        r->failed = true;
        return 0;
    }
    char sign = *r->at++;
    if (sign == 'Z' || sign == 'z')
        return 0;
    int hours = read_digits(r, 2, 0, 23);
    if (!r->failed && *r->at == ':')
        r->at++;
    int minutes = hours * 60 + read_digits(r, 2, 0, 59);
    return sign == '-' ? -minutes : minutes;
}

static usec read_time(reader *r) {
    civil c = {0};
    c.year = read_digits(r, 4, 1, 9999);
    read_one_of(r, "-");
    c.month = read_digits(r, 2, 1, 12);
    read_one_of(r, "-");
    c.day = read_digits(r, 2, 1, r->failed ? 31 : days_in_month(c.year, c.month));
    read_one_of(r, "Tt ");
    c.hour = read_digits(r, 2, 0, 23);
    read_one_of(r, ":");
    c.minute = read_digits(r, 2, 0, 59);
    read_one_of(r, ":");
    c.second = read_digits(r, 2, 0, 60); /* 60: a leap second; it becomes the next minute's first */
    c.micros = read_fraction(r);
    int offset = read_offset(r);
    r->failed = r->failed || *r->at;
    return days_from_civil(c.year, c.month ? c.month : 1, c.day) * USEC_PER_DAY + c.hour * USEC_PER_HOUR +
           (c.minute - offset) * USEC_PER_MINUTE + c.second * USEC_PER_SECOND + c.micros;
}

bool time_from_text(const char *text, usec *out, err *e) {
    reader r = {.at = text ? text : "", .failed = false};
    usec t = read_time(&r);
    const usec first = days_from_civil(1, 1, 1) * USEC_PER_DAY;
    const usec end = days_from_civil(10000, 1, 1) * USEC_PER_DAY;
    if (r.failed)
        return err_set(e, ERR_INVALID, "\"%.40s\" is not a time; write it as 2026-01-02T03:04:05Z", text ? text : "");
    if (t < first || t >= end)
        return err_set(e, ERR_INVALID, "\"%.40s\" is outside the years 0001 to 9999", text);
    *out = t == first ? 0 : t;
    return true;
}

/* A message has half a dozen times: printf takes longer than all the rest of them. */
static char *put_digits(char *at, int value, int digits, char behind) {
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    at[digits] = behind;
    return at + digits + 1;
}

void time_write(char out[TIME_WRITE_BYTES], usec t) {
    civil c = civil_from_time(t);
    if (c.year < 0 || c.year > 9999) {
        out[0] = '\0';
        return;
    }
    char *end = put_digits(out, c.year, 4, '-');
    end = put_digits(end, c.month, 2, '-');
    end = put_digits(end, c.day, 2, 'T');
    end = put_digits(end, c.hour, 2, ':');
    end = put_digits(end, c.minute, 2, ':');
    end = put_digits(end, c.second, 2, '.');
    end = put_digits(end, c.micros / 1000, 3, 'Z');
    *end = '\0';
}

char *time_to_text(arena *a, usec t) {
    char text[TIME_WRITE_BYTES];
    time_write(text, t);
    return arena_strdup(a, text);
}

char *time_to_short_text(arena *a, usec t) {
    civil c = civil_from_time(t);
    return arena_printf(a, "%04d-%02d-%02d %02d:%02d UTC", c.year, c.month, c.day, c.hour, c.minute);
}

char *time_to_mail_text(arena *a, usec t) {
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    civil c = civil_from_time(t);
    return arena_printf(a, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[c.weekday], c.day, months[c.month - 1], c.year,
                        c.hour, c.minute, c.second);
}
