/* What the load generator and the sink share: a clock, numbers in text, and one HTTP head's length and body length.
 * Both are tools for one machine and one loop: errors end the program with a sentence. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGITS = 10 }; /* every number in a body is so wide, so that its length never changes */

int64_t clock_ns(void); /* CLOCK_MONOTONIC: the same for all processes of one machine */
_Noreturn void die(const char *what);
int64_t int_from_text(const char *text, const char *what);
void put_digits(char *at, int64_t number);
bool read_digits(const char *at, const char *end, int64_t *number);

/* 0 while the head is incomplete; otherwise its length, with the empty line, and the body's length. */
size_t head_length(const char *bytes, size_t len, size_t *body_len);
void set_nonblocking(int fd);
void set_nodelay(int fd);
void watch(int epoll, int fd, uint32_t events, void *what);

#endif
