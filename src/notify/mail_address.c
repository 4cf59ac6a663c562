/* Owns the judgement of mail addresses: what can be sent to, and why the rest cannot. Pure.
 *
 * The one difficulty: RFC 5322 allows far more than is meant. One bare address of RFC 5321 is read, in ASCII: no names,
 * comments, quotes or address literals. */
#include "notify/notify_room.h"

#include <string.h>

enum { ADDRESS_MAX = 254, LOCAL_PART_MAX = 64, DOMAIN_LABEL_MAX = 63 }; /* RFC 5321, RFC 1035 */

static bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Parts between dots, none of them empty or longer than `max`. */
static bool are_parts(const char *text, size_t len, size_t max) {
    size_t part = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' && part == 0)
            return false;
        part = text[i] == '.' ? 0 : part + 1;
        if (part > max)
            return false;
    }
    return part > 0;
}

/* Underscores are no letters of host names, and relays take them. */
static bool is_domain(const char *text) {
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        bool at_edge = i == 0 || i + 1 == len || text[i - 1] == '.' || text[i + 1] == '.';
        if (!is_letter_or_digit(text[i]) && (text[i] == '\0' || strchr("-_.", text[i]) == NULL))
            return false;
        if (text[i] == '-' && at_edge)
            return false;
    }
    return are_parts(text, len, DOMAIN_LABEL_MAX);
}

/* A letter that SMTP carries only with SMTPUTF8 (RFC 6531), which is not spoken here. */
static const char *first_not_ascii(const char *text) {
    while (*text != '\0' && (unsigned char)*text < 0x80)
        text++;
    return *text == '\0' ? NULL : text;
}

static bool has_blank(const char *text) {
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return true;
    return false;
}

const char *mail_address_fault(const char *address) {
    const char *at = strrchr(address, '@'), *foreign = first_not_ascii(address);
    if (*address == '\0')
        return "is missing: write CHANNEL:name@example.com";
    if (at == NULL)
        return "is no mail address: write it like name@example.com";
    if (strchr(address, '@') != at)
        return "holds two @: write one address; a second one is a contact of its own";
    if (strpbrk(address, "<>\"()") != NULL)
        return "is more than a mail address: write name@example.com alone, without a name, quotes or < >";
    if (strpbrk(address, ",;") != NULL)
        return "is more than one mail address: each is a contact of its own";
    if (has_blank(address))
        return "is no mail address: it holds white space or a control character";
    if (foreign != NULL && foreign < at)
        return "cannot get mail: before the @ stands a letter that is not ASCII, which takes SMTPUTF8";
    if (foreign != NULL)
        return "cannot get mail: write its domain in ASCII (xn--…)";
    const size_t local = (size_t)(at - address);
    if (strlen(address) > ADDRESS_MAX || local > LOCAL_PART_MAX)
        return "is no mail address: at most 64 characters stand before the @, and 254 in all";
    if (!are_parts(address, local, LOCAL_PART_MAX) || address[0] == '-' || strpbrk(address, "[]:\\") != NULL)
        return "is no mail address: what stands before the @ is not as mail allows it";
    return is_domain(at + 1) ? NULL : "is no mail address: what follows the @ is no domain";
}

const char *mail_contact_fault(const channel *c, const char *address) {
    (void)c;
    return mail_address_fault(address);
}

const char *mail_address_of(const char *mailbox, arena *a) {
    const char *open = strchr(mailbox, '<'), *close = strrchr(mailbox, '>');
    if (open == NULL)
        return mail_address_fault(mailbox) == NULL ? arena_strdup(a, mailbox) : NULL;
    if (close == NULL || close[1] != '\0' || close < open)
        return NULL;
    const char *address = arena_strndup(a, open + 1, (size_t)(close - open - 1));
    return mail_address_fault(address) == NULL ? address : NULL;
}
