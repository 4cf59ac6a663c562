/* What may be sent: as long as the lease lasts by a clock that goes on while the process is stopped, as long as the
 * database holds the node for alive, and not when another node has been given it. */
#include "app/leases.h"
#include "onus/limits.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LEASE (60 * USEC_PER_SECOND)
#define SEND (LIMIT_SEND_SECONDS * USEC_PER_SECOND)

static usec told_time(void *context) {
    return *(usec *)context;
}

static leases *begin(usec *now) {
    return leases_new((onus_clock){told_time, told_time, now});
}

Test(leases, a_message_is_ours_until_a_request_might_outlast_its_lease) {
    usec now = 0;
    leases *l = begin(&now);
    cr_expect_not(leases_is_ours(l, 7));
    cr_expect_eq(leases_take(l, 7, LEASE), LEASE_TAKEN);
    cr_expect(leases_is_ours(l, 7));
    now = LEASE - SEND - 1;
    cr_expect(leases_is_ours(l, 7));
    now = LEASE - SEND;
    cr_expect_not(leases_is_ours(l, 7));
    now = 90 * USEC_PER_SECOND; /* stopped all the while */
    cr_expect_not(leases_is_ours(l, 7));
    cr_expect_eq(leases_take(l, 7, now + LEASE), LEASE_EXTENDED, "claimed again");
    cr_expect(leases_is_ours(l, 7));
    leases_drop(l, 7);
    cr_expect_not(leases_is_ours(l, 7));
    cr_expect_not(leases_extend(l, 7, now + LEASE));
    leases_free(l);
}

Test(leases, a_renewal_tells_what_is_still_ours) {
    usec now = 0;
    leases *l = begin(&now);
    int64_t *asked = NULL;
    for (int64_t id = 1; id <= 4; id++)
        (void)leases_take(l, id, LEASE);
    cr_expect_eq(leases_ask(l, &asked), 4);
    free(asked);
    leases_drop(l, 4);                     /* recorded while the statement was under way */
    (void)leases_take(l, 5, LEASE);        /* committed meanwhile */
    (void)leases_take(l, 3, LEASE + SEND); /* claimed meanwhile */
    const int64_t kept[] = {1, 4};
    leases_renewed(l, kept, 2, 2 * LEASE);
    cr_expect(leases_is_ours(l, 1));
    cr_expect_not(leases_is_ours(l, 2), "somebody else's");
    cr_expect(leases_is_ours(l, 3));
    cr_expect_not(leases_is_ours(l, 4), "not in hand any more");
    cr_expect(leases_is_ours(l, 5), "nobody has asked for it");
    now = LEASE;
    cr_expect(leases_is_ours(l, 1), "prolonged");
    cr_expect_not(leases_is_ours(l, 5));
    cr_expect_eq(leases_ask(l, &asked), 4, "what is lost stays in hand until it comes back from the queue");
    free(asked);
    leases_free(l);
}

Test(leases, nothing_leaves_when_the_line_to_the_database_hangs_up) {
    usec now = 0;
    leases *l = begin(&now);
    int line[2];
    cr_expect_not(leases_may_begin(l));
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, line), 0);
    leases_set_line(l, line[0]);
    cr_expect(leases_may_begin(l));
    cr_assert_eq(write(line[1], "notice", 6), 6);
    cr_expect(leases_may_begin(l), "what the server says is not its end");
    (void)close(line[1]);
    cr_expect_not(leases_may_begin(l));
    leases_set_alone(l, true);
    cr_expect(leases_may_begin(l), "nobody is there who could take it");
    leases_set_alone(l, false);
    cr_expect_not(leases_may_begin(l));
    leases_free(l);
}

/* Ids of a month lie close together; the set must find each after any other was dropped. */
Test(leases, a_full_set_refuses_and_forgets_nothing) {
    enum { MOST = 65536 * 2 / 3 };
    usec now = 0;
    leases *l = begin(&now);
    const int64_t first = (int64_t)677 << 40;
    for (int64_t i = 0; i < MOST; i++)
        cr_assert_eq(leases_take(l, first + i, LEASE), LEASE_TAKEN);
    cr_expect_eq(leases_take(l, first + MOST, LEASE), LEASE_NO_ROOM);
    cr_expect_eq(leases_take(l, first, LEASE), LEASE_EXTENDED);
    for (int64_t i = 0; i < MOST; i += 3)
        leases_drop(l, first + i);
    for (int64_t i = 0; i < MOST; i++)
        cr_assert_eq(leases_is_ours(l, first + i), i % 3 != 0, "%lld", (long long)i);
    cr_expect_eq(leases_take(l, first + MOST, LEASE), LEASE_TAKEN);
    leases_free(l);
}
