/* The C face of kainjow's mustache. Owns no rules: what is a partial, a standalone line or an escape is decided by the
 * render room. The one difficulty: nothing thrown may cross into C. */
#include <kainjow/mustache.hpp>

#include <cstdlib>
#include <new>

extern "C" {
#include "bridge/mustache.h"
#include "onus/arena.h"
}

// Out of memory ends as it does in C: nothing is thrown.
[[maybe_unused]] static const std::new_handler before_ours = std::set_new_handler(mem_exhausted);

namespace km = kainjow::mustache;

struct mustache_template {
    km::mustache compiled;
    explicit mustache_template(const std::string &text) : compiled(text) {
    }
};

struct mustache_facts {
    km::data tree;
};

namespace {

km::data text_to_data(const char *text) {
    return *text != '\0' ? km::data(std::string(text)) : km::data(false);
}

// A number that was read is shown as it was written.
km::data number_to_data(const cJSON *number) {
    if (number->valuestring != nullptr)
        return text_to_data(number->valuestring);
    char *printed = cJSON_PrintUnformatted(number);
    km::data result = text_to_data(printed != nullptr ? printed : "");
    cJSON_free(printed);
    return result;
}

km::data json_to_data(const cJSON *value) {
    if (cJSON_IsString(value) || cJSON_IsRaw(value))
        return text_to_data(value->valuestring);
    if (cJSON_IsNumber(value))
        return number_to_data(value);
    if (cJSON_IsObject(value)) {
        km::data object(km::data::type::object);
        for (const cJSON *item = value->child; item != nullptr; item = item->next)
            object[item->string] = json_to_data(item);
        return object;
    }
    if (cJSON_IsArray(value)) {
        km::list items;
        for (const cJSON *item = value->child; item != nullptr; item = item->next)
            items.push_back(json_to_data(item));
        return km::data(items);
    }
    return km::data(static_cast<bool>(cJSON_IsTrue(value)));
}

} // namespace

struct mustache_template *mustache_compile(const char *text, size_t len, mustache_escape escape, size_t *error_at,
                                           err *e) {
    mustache_template *t = new mustache_template(std::string(text, len));
    if (!t->compiled.is_valid()) {
        const std::string why = t->compiled.error_message();
        const size_t at = why.rfind(" at ");
        *error_at = at == std::string::npos ? 0 : std::strtoul(why.c_str() + at + 4, nullptr, 10);
        err_set(e, ERR_INVALID, "%s", why.substr(0, at).c_str());
        delete t;
        return nullptr;
    }
    t->compiled.set_custom_escape([escape](const std::string &raw) {
        buf out;
        buf_init(&out);
        escape(&out, raw.data(), raw.size());
        std::string escaped(out.data, out.len);
        buf_release(&out);
        return escaped;
    });
    return t;
}

void mustache_free(struct mustache_template *t) {
    delete t;
}

struct mustache_facts *mustache_facts_new(const cJSON *facts) {
    return new mustache_facts{json_to_data(facts)};
}

void mustache_facts_set(struct mustache_facts *f, const char *name, const char *text) {
    f->tree[name] = text_to_data(text);
}

void mustache_facts_free(struct mustache_facts *f) {
    delete f;
}

void mustache_render(const struct mustache_template *t, const struct mustache_facts *f, buf *out) {
    const_cast<km::mustache &>(t->compiled)
        .render(f->tree, km::mustache::render_handler(
                             [out](const std::string &piece) { buf_put(out, piece.data(), piece.size()); }));
}
