/* /a/{token}: the page behind a message's link, and what its buttons do. GET and HEAD change nothing (mail scanners and
 * chat previews open links); POST wants the nonce of a page that was loaded. What can be done can be undone from the
 * same page. */
#include "app/api.h"
#include "app/page_actions.h"
#include "app/page_facts.h"

#include "onus/json.h"
#include "onus/limits.h"
#include "onus/text.h"

#include <string.h>

typedef struct opened_link {
    const char *token;
    link_claim claim;
    bool is_ours;    /* and good still */
    cJSON *incident; /* as the API shows it */
} opened_link;

static bool respond_page(app *a, http_exchange *x, http_response *r, int status, const char *page, const cJSON *facts) {
    err e = {0};
    char *html = render_page(a->templates, page, facts, http_arena(x), &e);
    if (html)
        http_respond_html(x, r, status, html);
    else
        http_respond_err(x, r, &e);
    return true;
}

static bool respond_gone(app *a, http_exchange *x, http_response *r, const opened_link *link, const err *e) {
    cJSON *facts = cJSON_CreateObject();
    cJSON_AddStringToObject(facts, "why", e->text);
    cJSON_AddBoolToObject(facts, "link_is_dead", !link->is_ours);
    cJSON_AddStringToObject(facts, "back", link->is_ours ? arena_printf(http_arena(x), "/a/%s", link->token) : "");
    int status = e->kind == ERR_DENIED      ? 403
                 : e->kind == ERR_NOT_FOUND ? 410
                 : e->kind == ERR_CONFLICT  ? 409
                 : e->kind == ERR_INVALID   ? 400
                                            : 503;
    respond_page(a, x, r, status, "gone", facts);
    cJSON_Delete(facts);
    return true;
}

static bool load_incident(struct worker *w, http_exchange *x, opened_link *link, err *e) {
    char *json = NULL;
    if (!store_show_incident(w->store, link->claim.incident, http_arena(x), &json, e))
        return false;
    cJSON_Delete(link->incident);
    link->incident = json_parse_mended(json, strlen(json), e);
    return link->incident != NULL;
}

static bool open_link(app *a, struct worker *w, http_exchange *x, opened_link *link, err *e) {
    link->token = http_path_param(x, "token");
    link->is_ours =
        link_verify(http_arena(x), &a->settings->link_keys, link->token, clock_now(&a->clock), &link->claim, e);
    return link->is_ours && load_incident(w, x, link, e);
}

/* To whom it may be given, by the chart in use. */
static void add_takers(app *a, cJSON *facts, const opened_link *link, arena *memory) {
    chart *held = NULL;
    decide_context context = app_decide_context(a, &held);
    page_facts_add_takers(&context, facts, link->incident, memory);
    chart_unref(held);
}

/* The facts of the pages: the incident, who the link was made for, which buttons make sense now. */
static cJSON *page_facts(app *a, http_exchange *x, const opened_link *link, const char *done) {
    arena *memory = http_arena(x);
    usec now = clock_now(&a->clock);
    cJSON *facts = cJSON_CreateObject();
    page_facts_add(link->incident, now, memory);
    page_facts_shorten(link->incident, LIMIT_LINK_TEXT_BYTES, memory);
    cJSON_AddItemReferenceToObject(facts, "incident", link->incident);
    cJSON_AddStringToObject(facts, "token", link->token);
    cJSON_AddStringToObject(facts, "nonce", link_nonce(memory, &a->settings->link_keys, link->token, now));
    cJSON_AddStringToObject(facts, "who", link->claim.who);
    cJSON_AddStringToObject(facts, "letter", raci_letter_to_text(link->claim.letter));
    cJSON_AddStringToObject(facts, "done", done);
    bool decides = link->claim.letter == RACI_ACCOUNTABLE;
    bool lost = link->claim.letter == RACI_RESPONSIBLE && page_is_of_former(link->incident, &link->claim);
    cJSON_AddBoolToObject(facts, "has_moved", lost);
    page_facts_add_buttons(facts, link->incident,
                           (page_rights){.decides = decides, .withdraws = !decides && !lost, .has_lost_it = lost});
    add_takers(a, facts, link, memory);
    return facts;
}

static bool respond_link(app *a, http_exchange *x, http_response *r, const opened_link *link, const char *page,
                         const char *done) {
    cJSON *facts = page_facts(a, x, link, done);
    respond_page(a, x, r, 200, page, facts);
    cJSON_Delete(facts);
    return true;
}

bool api_link_show(void *context, void *worker, http_exchange *x, http_response *r) {
    app *a = context;
    opened_link link = {0};
    err e = {0};
    if (open_link(a, worker, x, &link, &e))
        respond_link(a, x, r, &link, "link", "");
    else
        respond_gone(a, x, r, &link, &e);
    cJSON_Delete(link.incident);
    return true;
}

static const struct {
    action_kind kind;
    const char *done;
} LINK_ACTIONS[] = {
    {ACTION_ACKNOWLEDGE, "You have acknowledged it. The others have been told."},
    {ACTION_UNACKNOWLEDGE, "The acknowledgement is undone. Whoever is responsible will be paged again."},
    {ACTION_CONTEST,
     "You have said that it is not yours. Accountable has been asked to decide; until then it stays where it is."},
    {ACTION_RESOLVE, "You have resolved it. The others have been told."},
    {ACTION_WITHDRAW, "You have taken “not mine” back. It stays where it is."},
    {ACTION_ACCEPT, "You have given it to somebody else. They have been paged, and the others told."},
    {ACTION_DECLINE, "You have decided that it stays where it is. Whoever is responsible has been told."},
};

/* The sentence for afterwards. NULL: it cannot be done by this link. */
static const char *link_action(const char *text, raci_letter letter, action_kind *kind, err *e) {
    if (text && action_kind_from_text(text, kind))
        for (size_t i = 0; i < sizeof LINK_ACTIONS / sizeof *LINK_ACTIONS; i++) {
            if (LINK_ACTIONS[i].kind != *kind)
                continue;
            if (!app_may_act(letter, *kind, e))
                return NULL;
            return LINK_ACTIONS[i].done;
        }
    (void)err_set(e, ERR_INVALID,
                  "the action must be acknowledge, unacknowledge, contest, withdraw, accept, decline or resolve");
    return NULL;
}

/* The name that the person typed, with the party that the link was made for; or the party alone. */
static const char *actor_of(http_exchange *x, const opened_link *link) {
    const char *name = http_form(x, "who");
    if (!name || !*name || !text_is_utf8(name, strlen(name)))
        return link->claim.who;
    return arena_printf(http_arena(x), "%s (%s)", text_shorten(http_arena(x), name, 100), link->claim.who);
}

static bool nonce_ok(app *a, http_exchange *x, const opened_link *link, err *e) {
    const char *nonce = http_form(x, "nonce");
    return (nonce && link_nonce_ok(http_arena(x), &a->settings->link_keys, link->token, nonce, clock_now(&a->clock))) ||
           err_set(e, ERR_INVALID,
                   "this form is too old or was not loaded from the link; open the link again and press the button");
}

/* Its token stands in the path. Whoever presses the button of a link that is over gets a page that says so. */
http_admission api_link_admit(void *context, http_exchange *x, http_response *r) {
    const app *a = context;
    link_claim claim;
    err e = {0};
    (void)r;
    bool good = link_verify(http_arena(x), &a->settings->link_keys, http_path_param(x, "token"), clock_now(&a->clock),
                            &claim, &e);
    return good ? HTTP_PROVEN : HTTP_UNPROVEN;
}

bool api_link_act(void *context, void *worker, http_exchange *x, http_response *r) {
    app *a = context;
    opened_link link = {0};
    err e = {0};
    action act = {.via = "link"};
    const char *done = NULL;
    bool ok = open_link(a, worker, x, &link, &e) && nonce_ok(a, x, &link, &e);
    if (ok)
        ok = (done = link_action(http_form(x, "action"), link.claim.letter, &act.kind, &e)) != NULL;
    ok = ok && app_form_text(x, "note", &act.note, &e) && app_form_taker(x, act.kind, &act.to, &e);
    if (ok) {
        act.actor = actor_of(x, &link);
        act.made_for = link.claim.letter == RACI_RESPONSIBLE ? link.claim.who : "";
        act.made_for_team = link.claim.team;
        ok = app_act(a, worker, link.claim.incident, &act, &e) && load_incident(worker, x, &link, &e);
    }
    if (ok)
        respond_link(a, x, r, &link, "done", done);
    else
        respond_gone(a, x, r, &link, &e);
    cJSON_Delete(link.incident);
    return true;
}
