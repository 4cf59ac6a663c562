// The C face of RE2 (bridge/regex.h). No logic: options, a call, and RE2's own words for what is wrong.

#include "bridge/regex.h"
#include "onus/arena.h"

#include <new>
#include <re2/re2.h>
#include <re2/set.h>
#include <string>
#include <vector>

// Out of memory ends as it does in C: nothing is thrown.
[[maybe_unused]] static const std::new_handler before_ours = std::set_new_handler(mem_exhausted);

struct regex {
    re2::RE2 compiled;
};

struct regex_set {
    re2::RE2::Set compiled;
};

static re2::RE2::Options options_with(int64_t memory) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(memory);
    return options;
}

extern "C" struct regex *regex_new(const char *pattern, err *e) {
    struct regex *r = new regex{{pattern, options_with(REGEX_MEMORY_BYTES)}};
    if (r->compiled.ok())
        return r;
    err_set(e, ERR_INVALID, "the regular expression is wrong: %s", r->compiled.error().c_str());
    delete r;
    return nullptr;
}

extern "C" void regex_free(struct regex *r) {
    delete r;
}

extern "C" bool regex_matches(const struct regex *r, const char *text) {
    return re2::RE2::FullMatch(text, r->compiled);
}

extern "C" struct regex_set *regex_set_new(void) {
    return new regex_set{{options_with(REGEX_SET_MEMORY_BYTES), re2::RE2::ANCHOR_BOTH}};
}

extern "C" void regex_set_free(struct regex_set *s) {
    delete s;
}

extern "C" bool regex_set_add(struct regex_set *s, const char *pattern, err *e) {
    std::string why;
    if (s->compiled.Add(pattern, &why) >= 0)
        return true;
    return err_set(e, ERR_INVALID, "the regular expression is wrong: %s", why.c_str());
}

extern "C" bool regex_set_compile(struct regex_set *s, err *e) {
    if (s->compiled.Compile())
        return true;
    return err_set(e, ERR_LIMIT, "the regular expressions together need more than %d MiB",
                   REGEX_SET_MEMORY_BYTES >> 20);
}

extern "C" bool regex_set_match(const struct regex_set *s, const char *text, regex_set_each *each, void *context) {
    std::vector<int> members;
    re2::RE2::Set::ErrorInfo info;
    if (!s->compiled.Match(text, &members, &info))
        return info.kind == re2::RE2::Set::kNoError;
    for (int member : members)
        each(context, static_cast<size_t>(member));
    return true;
}
