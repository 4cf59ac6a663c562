// The C face of valijson (bridge/json_schema.h). No logic: JSON texts in, a verdict and valijson's own words out.

#include "bridge/json_schema.h"

#define VALIJSON_USE_EXCEPTIONS 1
#include <nlohmann/json.hpp>
#include <re2/re2.h>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

namespace vj = valijson;
using adapter = vj::adapters::NlohmannJsonAdapter;

struct json_schema {
    vj::Schema compiled;
};

namespace {

class pattern_constraint : public vj::constraints::PolyConstraint {
  public:
    explicit pattern_constraint(std::shared_ptr<const re2::RE2> given) : pattern(std::move(given)) {
    }
    bool validate(const vj::adapters::Adapter &target, const std::vector<std::string> &context,
                  vj::ValidationResults *results) const override {
        if (!target.isString() || re2::RE2::PartialMatch(target.asString(), *pattern))
            return true;
        if (results != nullptr)
            results->pushError(context, "The text does not match the pattern.");
        return false;
    }

  private:
    vj::constraints::Constraint *cloneInto(void *place) const override {
        return new (place) pattern_constraint(pattern);
    }
    size_t sizeOf() const override {
        return sizeof *this;
    }
    std::shared_ptr<const re2::RE2> pattern;
};

class pattern_builder : public vj::ConstraintBuilder {
    vj::constraints::Constraint *make(const vj::adapters::Adapter &value) const override {
        auto pattern = std::make_shared<const re2::RE2>(value.asString(), re2::RE2::Quiet);
        if (!pattern->ok())
            throw std::runtime_error(pattern->error());
        return new pattern_constraint(pattern);
    }
};

// ["<root>", "[a]", "[0]"] → /a/0
std::string pointer_of(const std::vector<std::string> &context) {
    nlohmann::json::json_pointer pointer;
    for (size_t i = 1; i < context.size(); i++)
        pointer.push_back(context[i].substr(1, context[i].size() - 2));
    return pointer.to_string();
}

} // namespace

extern "C" struct json_schema *json_schema_new(const char *schema, err *e) try {
    const nlohmann::json tree = nlohmann::json::parse(schema);
    auto made = std::make_unique<json_schema>();
    vj::SchemaParser parser(vj::SchemaParser::kDraft7);
    parser.addConstraintBuilder(JSON_SCHEMA_PATTERN, new pattern_builder);
    parser.populateSchema(adapter(tree), made->compiled);
    return made.release();
} catch (const std::exception &why) {
    err_set(e, ERR_INVALID, "%s", why.what());
    return nullptr;
}

extern "C" void json_schema_free(struct json_schema *s) {
    delete s;
}

extern "C" bool json_schema_fits(const struct json_schema *s, const char *value, json_schema_misfit *each,
                                 void *context, bool *fits, err *e) try {
    const nlohmann::json tree = nlohmann::json::parse(value);
    vj::ValidationResults results;
    vj::ValidationResults::Error one;
    *fits = vj::Validator().validate(s->compiled, adapter(tree), each != nullptr ? &results : nullptr);
    while (results.popError(one))
        each(context, pointer_of(one.context).c_str(), one.description.c_str());
    return true;
} catch (const std::exception &why) {
    return err_set(e, ERR_INVALID, "%s", why.what());
}
