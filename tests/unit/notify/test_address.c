/* Which addresses are private, in all the ways they can be written into a socket. */
#include "notify/notify_room.h"

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <sys/un.h>

static const struct {
    const char *address;
    address_class class;
} cases[] = {
    {"8.8.8.8", ADDRESS_PUBLIC},
    {"1.1.1.1", ADDRESS_PUBLIC},
    {"127.0.0.1", ADDRESS_PRIVATE},
    {"127.255.255.254", ADDRESS_PRIVATE},
    {"10.0.0.1", ADDRESS_PRIVATE},
    {"172.15.255.255", ADDRESS_PUBLIC},
    {"172.16.0.1", ADDRESS_PRIVATE},
    {"172.31.255.255", ADDRESS_PRIVATE},
    {"172.32.0.1", ADDRESS_PUBLIC},
    {"192.168.1.1", ADDRESS_PRIVATE},
    {"100.64.0.1", ADDRESS_PRIVATE},
    {"100.128.0.1", ADDRESS_PUBLIC},
    {"169.254.169.254", ADDRESS_LINK_LOCAL},
    {"0.0.0.0", ADDRESS_UNUSABLE},
    {"0.1.2.3", ADDRESS_UNUSABLE},
    {"224.0.0.1", ADDRESS_UNUSABLE},
    {"255.255.255.255", ADDRESS_UNUSABLE},
    {"2606:4700:4700::1111", ADDRESS_PUBLIC},
    {"::1", ADDRESS_PRIVATE},
    {"::", ADDRESS_UNUSABLE},
    {"fe80::1", ADDRESS_LINK_LOCAL},
    {"fc00::1", ADDRESS_PRIVATE},
    {"fd00:ec2::254", ADDRESS_PRIVATE},
    {"ff02::1", ADDRESS_UNUSABLE},
    {"::ffff:127.0.0.1", ADDRESS_PRIVATE},
    {"::ffff:10.0.0.1", ADDRESS_PRIVATE},
    {"::ffff:8.8.8.8", ADDRESS_PUBLIC},
    {"::ffff:169.254.169.254", ADDRESS_LINK_LOCAL},
    {"::127.0.0.1", ADDRESS_UNUSABLE},
    {"64:ff9b::7f00:1", ADDRESS_PRIVATE},
    {"64:ff9b::808:808", ADDRESS_PUBLIC},
    {"2002:a00:1::", ADDRESS_PRIVATE},
    {"2001:0:4136:e378:8000:63bf:80ff:fffe", ADDRESS_PRIVATE}, /* Teredo for 127.0.0.1 */
    {"2001:db8::1", ADDRESS_UNUSABLE},
    {"example.com", ADDRESS_UNUSABLE},
};

Test(address, classes) {
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        cr_expect_eq(address_classify_text(cases[c].address), cases[c].class, "%s", cases[c].address);
}

Test(address, only_public_ones_without_permission_and_some_never) {
    static const bool expected[][2] = {[ADDRESS_PUBLIC] = {true, true},
                                       [ADDRESS_PRIVATE] = {false, true},
                                       [ADDRESS_LINK_LOCAL] = {false, true},
                                       [ADDRESS_UNUSABLE] = {false, false}};
    for (int class = ADDRESS_PUBLIC; class <= ADDRESS_UNUSABLE; class ++)
        for (int allowed = 0; allowed < 2; allowed++)
            cr_expect_eq(address_allowed((address_class) class, allowed), expected[class][allowed]);
}

Test(address, other_families_are_refused) {
    const struct sockaddr_un local = {.sun_family = AF_UNIX};
    cr_expect_eq(address_classify((const struct sockaddr *)(const void *)&local), ADDRESS_UNUSABLE);
}
