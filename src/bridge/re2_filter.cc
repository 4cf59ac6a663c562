// The C face of RE2's FilteredRE2 (bridge/regex.h). No logic.

#include "bridge/regex.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>
#include <string>
#include <vector>

struct regex_filter {
    re2::FilteredRE2 compiled{REGEX_WORD_BYTES_MIN};
};

extern "C" struct regex_filter *regex_filter_new(void) {
    return new regex_filter;
}

extern "C" void regex_filter_free(struct regex_filter *f) {
    delete f;
}

extern "C" bool regex_filter_add(struct regex_filter *f, const char *pattern, err *e) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(REGEX_MEMORY_BYTES);
    int number;
    if (f->compiled.Add(pattern, options, &number) == re2::RE2::NoError)
        return true;
    return err_set(e, ERR_INVALID, "the regular expression is wrong");
}

extern "C" void regex_filter_compile(struct regex_filter *f, regex_filter_word *each_word, void *context) {
    std::vector<std::string> words;
    f->compiled.Compile(&words);
    for (size_t i = 0; i < words.size(); i++)
        each_word(context, i, words[i].data(), words[i].size());
}

extern "C" void regex_filter_pass(const struct regex_filter *f, const int *words, size_t count, regex_set_each *each,
                                  void *context) {
    std::vector<int> passed;
    f->compiled.AllPotentials(std::vector<int>(words, words + count), &passed);
    for (int member : passed)
        each(context, static_cast<size_t>(member));
}
