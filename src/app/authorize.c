/* Who may use the API: bearer tokens of the database (only their SHA-256 is known), and what a loopback peer without a
 * token may do. */
#include "app/app.h"

#include "onus/crypto.h"

#include <string.h>

bool app_authorize(void *context, void *worker, http_exchange *x, const char *bearer, api_role *role, const char **user,
                   err *e) {
    app *a = context;
    struct worker *w = worker;
    if (!*bearer) {
        *role = http_is_local(x) ? a->settings->loopback_role : API_ROLE_NONE;
        *user = "loopback";
        return true;
    }
    const char *digest = crypto_sha256_hex(http_arena(x), bearer, strlen(bearer));
    if (store_find_token(w->store, digest, clock_now(&a->clock), http_arena(x), user, role, e))
        return true;
    if (e->kind != ERR_NOT_FOUND)
        return false; /* the database is away: nobody was refused */
    metrics_count(a->metrics, COUNTER_AUTH_FAILURES, 1);
    return err_set(e, ERR_DENIED, "this token is unknown, revoked or expired; make one with `onus token`");
}
