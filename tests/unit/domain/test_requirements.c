/* Requirement files as pip reads them. */
#include "domain/requirements.h"

#include <criterion/criterion.h>
#include <string.h>

#define HEX40 "0123456789abcdef0123456789abcdef01234567"
#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

typedef struct line_case {
    const char *line;
    requirement_kind kind;
    const char *name, *version; /* NULL: none */
    size_t hashes;
} line_case;

static const char *or_none(const char *text) {
    return text ? text : "(none)";
}

static void check_line(const line_case *c) {
    arena *a = arena_new();
    requirements_reader r;
    requirement q;
    requirements_reader_init(&r, c->line, a);
    cr_assert(requirements_next(&r, &q), "%s", c->line);
    cr_expect_eq(q.kind, c->kind, "%s: %d %s", c->line, (int)q.kind, or_none(q.problem));
    cr_expect_str_eq(q.name, c->name, "%s", c->line);
    cr_expect_str_eq(or_none(q.version), or_none(c->version), "%s", c->line);
    cr_expect_eq(q.hash_count, c->hashes, "%s: %zu", c->line, q.hash_count);
    cr_expect_not(requirements_next(&r, &q), "%s", c->line);
    arena_free(a);
}

Test(requirements, one_line_says) {
    static const line_case CASES[] = {
        {"numpy==1.26.2", REQUIREMENT_NAMED, "numpy", "1.26.2", 0},
        {"  Scikit_Learn.x == 1.3.2  ", REQUIREMENT_NAMED, "scikit-learn-x", "1.3.2", 0},
        {"numpy===1.26.2+cu118", REQUIREMENT_NAMED, "numpy", "1.26.2+cu118", 0},
        {"uvicorn[standard, http]==0.24.0", REQUIREMENT_NAMED, "uvicorn", "0.24.0", 0},
        {"pandas (==2.1.4)", REQUIREMENT_NAMED, "pandas", "2.1.4", 0},
        {"a==1!2.0", REQUIREMENT_NAMED, "a", "1!2.0", 0}, /* an epoch */
        {"pandas==2.1.4 ; python_version < \"3.12\" and sys_platform == 'linux'", REQUIREMENT_NAMED, "pandas", "2.1.4",
         0},
        {"pandas ; python_version == \"3.12\"", REQUIREMENT_NAMED, "pandas", NULL, 0},
        {"pandas>=2,==2.1.4", REQUIREMENT_NAMED, "pandas", "2.1.4", 0},
        {"pandas>=2.1", REQUIREMENT_NAMED, "pandas", NULL, 0},
        {"pandas~=2.1", REQUIREMENT_NAMED, "pandas", NULL, 0},
        {"pandas!=2.1", REQUIREMENT_NAMED, "pandas", NULL, 0},
        {"pandas==2.*", REQUIREMENT_NAMED, "pandas", NULL, 0},
        {"pandas==", REQUIREMENT_WRONG, "pandas", NULL, 0},
        {"pandas", REQUIREMENT_NAMED, "pandas", NULL, 0},
        {"numpy==1.26.2 --hash=sha256:" HEX64, REQUIREMENT_NAMED, "numpy", "1.26.2", 1},
        {"numpy==1.26.2 \\\n    --hash=sha256:" HEX64 " \\\n    --hash sha256:" HEX64, REQUIREMENT_NAMED, "numpy",
         "1.26.2", 2},
        {"numpy==1.26.2 # not --hash=sha256:" HEX64, REQUIREMENT_NAMED, "numpy", "1.26.2", 0},
        {"numpy==1.26.2 --hash=sha256:abc", REQUIREMENT_NAMED, "numpy", "1.26.2", 0},
        {"a@https://example.com/a.whl#sha256=" HEX64, REQUIREMENT_URL, "a", NULL, 1},
        {"a@git+https://example.com/a.git@" HEX40, REQUIREMENT_VCS, "a", NULL, 0},
        {"a[b]@https://example.com/a.whl", REQUIREMENT_URL, "a", NULL, 0},
        {"https://user@example.com/a.whl", REQUIREMENT_URL, "", NULL, 0},
        {"scipy==latest", REQUIREMENT_WRONG, "scipy", NULL, 0},
        {"scipy===latest", REQUIREMENT_NAMED, "scipy", NULL, 0},
        {"a==1.0.post1.dev2+local.1", REQUIREMENT_NAMED, "a", "1.0.post1.dev2+local.1", 0},
        {"a==v2.0-RC.1", REQUIREMENT_NAMED, "a", "v2.0-RC.1", 0},
        {"a==1.0-2", REQUIREMENT_NAMED, "a", "1.0-2", 0},
        {"a>=1.*", REQUIREMENT_WRONG, "a", NULL, 0},
        {"a==1..0", REQUIREMENT_WRONG, "a", NULL, 0},
        {"a @ https://example.com/a.whl#sha256=" HEX64, REQUIREMENT_URL, "a", NULL, 1},
        {"a @ https://example.com/a.whl ; python_version < '3'", REQUIREMENT_URL, "a", NULL, 0},
        {"https://example.com/a.whl", REQUIREMENT_URL, "", NULL, 0},
        {"./wheels/a.whl", REQUIREMENT_URL, "", NULL, 0},
        {"wheels/a-1.0.tar.gz", REQUIREMENT_URL, "", NULL, 0},
        {"a @ git+https://example.com/a.git@" HEX40, REQUIREMENT_VCS, "a", NULL, 0},
        {"git+ssh://git@example.com/a.git@main#egg=a", REQUIREMENT_VCS, "", NULL, 0},
        {"-e git+https://example.com/a.git@" HEX40 "#egg=a", REQUIREMENT_VCS, "", NULL, 0},
        {"-e .", REQUIREMENT_URL, "", NULL, 0},
        {"--editable=./lib", REQUIREMENT_URL, "", NULL, 0},
        {"-r base.txt", REQUIREMENT_INCLUDE, "base.txt", NULL, 0},
        {"--requirement=base.txt", REQUIREMENT_INCLUDE, "base.txt", NULL, 0},
        {"-c limits.txt", REQUIREMENT_INCLUDE, "limits.txt", NULL, 0},
        {"--index-url https://example.com/simple", REQUIREMENT_OPTION, "", NULL, 0},
        {"--require-hashes", REQUIREMENT_OPTION, "", NULL, 0},
        {"==1.0", REQUIREMENT_WRONG, "", NULL, 0},
        {"a ; foo == 'x'", REQUIREMENT_WRONG, "a", NULL, 0},
        {"a==1 ;", REQUIREMENT_WRONG, "a", NULL, 0},
        {"a==1 ; (os_name == 'nt' or extra in 'x') and 'a' not in sys.platform", REQUIREMENT_NAMED, "a", "1", 0},
        {"a==1 ; (os_name == 'nt'", REQUIREMENT_WRONG, "a", NULL, 0},
        {"a==1 ; os_name == 'nt\"", REQUIREMENT_WRONG, "a", NULL, 0},
        {"a==1 ; os_name == 'https://x'", REQUIREMENT_NAMED, "a", "1", 0},
        {"a[]==1", REQUIREMENT_NAMED, "a", "1", 0},
        {"a[x,]==1", REQUIREMENT_WRONG, "", NULL, 0},
        {"a[-x]==1", REQUIREMENT_WRONG, "", NULL, 0},
        {"a~=1", REQUIREMENT_WRONG, "a", NULL, 0},
        {"a>=1.0+local", REQUIREMENT_WRONG, "a", NULL, 0},
        {"a (>=1,<2)", REQUIREMENT_NAMED, "a", NULL, 0},
        {"a (>=1", REQUIREMENT_WRONG, "a", NULL, 0},
        {"a @ x", REQUIREMENT_WRONG, "a", NULL, 0},
        {"a @ https://example.com/a.whl ; x", REQUIREMENT_WRONG, "a", NULL, 0},
        {"numpy 1.26.2", REQUIREMENT_WRONG, "numpy", NULL, 0},
        {"numpy=1.26.2", REQUIREMENT_WRONG, "numpy", NULL, 0}, /* conda's way */
        {"uvicorn[standard==0.24.0", REQUIREMENT_WRONG, "", NULL, 0},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        check_line(&CASES[i]);
}

Test(requirements, commits_are_whole) {
    static const struct {
        const char *line;
        bool has_commit;
    } CASES[] = {{"git+https://example.com/a.git@" HEX40, true},
                 {"git+https://example.com/a.git@" HEX40 "#egg=a&subdirectory=b", true},
                 {"git+https://example.com/a.git@0123456", false},
                 {"git+https://example.com/a.git@v1.0", false},
                 {"git+https://example.com/a.git", false}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        arena *a = arena_new();
        requirements_reader r;
        requirement q;
        requirements_reader_init(&r, CASES[i].line, a);
        cr_assert(requirements_next(&r, &q));
        cr_expect_eq(q.has_commit, CASES[i].has_commit, "%s", CASES[i].line);
        arena_free(a);
    }
}

Test(requirements, lines_are_counted_where_they_begin) {
    static const char TEXT[] = "\xEF\xBB\xBF# made by a tool\r\n\r\na==1 \\\n  ; python_version > '3'\nb==2\n   \n"
                               "c==3 # why \\\nd==4\\";
    static const unsigned LINES[] = {3, 5, 7, 8};
    arena *a = arena_new();
    requirements_reader r;
    requirement q;
    requirements_reader_init(&r, TEXT, a);
    size_t count = 0;
    for (; requirements_next(&r, &q); count++) {
        cr_assert_lt(count, 4);
        cr_expect_eq(q.line, LINES[count], "%s in %u", q.text, q.line);
        cr_expect_eq(q.kind, REQUIREMENT_NAMED, "%s", q.text);
    }
    cr_expect_eq(count, 4);
    arena_free(a);
}
