/* test_yaml_value.c - which texts are a value of each type, and what the wrong ones are told. */
#include "check.h"
#include "policy/yaml_value.h"

static const struct {
	enum pal_yaml_type type;
	const char        *text;
	bool               right;
	const char        *want; /* paths: what becomes of it */
} cases[] = {
	{ PAL_YAML_NAME, "a", true, NULL },
	{ PAL_YAML_NAME, "A9._-", true, NULL },
	{ PAL_YAML_NAME, "1.0.0", true, NULL },
	{ PAL_YAML_NAME, "-a", false, NULL },
	{ PAL_YAML_NAME, ".a", false, NULL },
	{ PAL_YAML_NAME, "a b", false, NULL },
	{ PAL_YAML_NAME, "\xc3\xa9", false, NULL },
	{ PAL_YAML_NAME, "", false, NULL },
	{ PAL_YAML_PATH, "a", true, "a" },
	{ PAL_YAML_PATH, ".", true, "." },
	{ PAL_YAML_PATH, "./", true, "." },
	{ PAL_YAML_PATH, "/", true, "/" },
	{ PAL_YAML_PATH, "//a//b/.//", true, "/a/b" },
	{ PAL_YAML_PATH, "./.a/..b/c..", true, ".a/..b/c.." },
	{ PAL_YAML_PATH, "..", false, NULL },
	{ PAL_YAML_PATH, "a/..", false, NULL },
	{ PAL_YAML_PATH, "/../a", false, NULL },
	{ PAL_YAML_PATH, "a\nb", false, NULL },
	{ PAL_YAML_PATH, "", false, NULL },
	{ PAL_YAML_DIGEST, "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true, NULL },
	{ PAL_YAML_DIGEST, "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde", false, NULL },
	{ PAL_YAML_DIGEST, "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg", false, NULL },
	{ PAL_YAML_DIGEST, "sha512:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", false, NULL },
	{ PAL_YAML_TEXT, "anything: at all", true, NULL },
	{ PAL_YAML_BOOL, "true", true, NULL },
	{ PAL_YAML_BOOL, "false", true, NULL },
	{ PAL_YAML_BOOL, "True", false, NULL },
	{ PAL_YAML_BOOL, "on", false, NULL },
	{ PAL_YAML_INT, "0", true, NULL },
	{ PAL_YAML_INT, "-5", true, NULL },
	{ PAL_YAML_INT, "9223372036854775807", true, NULL },
	{ PAL_YAML_INT, "9223372036854775808", false, NULL },
	{ PAL_YAML_INT, "-9223372036854775809", false, NULL },
	{ PAL_YAML_INT, "1e3", false, NULL },
	{ PAL_YAML_INT, "1.0", false, NULL },
	{ PAL_YAML_INT, "0x10", false, NULL },
	{ PAL_YAML_INT, "1_000", false, NULL },
	{ PAL_YAML_INT, "+1", false, NULL },
	{ PAL_YAML_INT, " 1", false, NULL },
	{ PAL_YAML_INT, "1 2", false, NULL },
	{ PAL_YAML_INT, "-", false, NULL },
	{ PAL_YAML_INT, "00000000000000000000000000000000000000000000000000000000000000000001", false, NULL },
	{ PAL_YAML_REAL, "0.5", true, NULL },
	{ PAL_YAML_REAL, "5", true, NULL },
	{ PAL_YAML_REAL, "1e-3", true, NULL },
	{ PAL_YAML_REAL, ".5", false, NULL },
	{ PAL_YAML_REAL, "1e400", false, NULL },
	{ PAL_YAML_REAL, ".inf", false, NULL },
	{ PAL_YAML_REAL, "NaN", false, NULL },
	{ PAL_YAML_DATE, "2024-02-29", true, NULL },
	{ PAL_YAML_DATE, "2026-11-21T03:45:00Z", true, NULL },
	{ PAL_YAML_DATE, "2026-11-21T03:45:00+02:00", true, NULL },
	{ PAL_YAML_DATE, "2023-02-29", false, NULL },
	{ PAL_YAML_DATE, "2026-13-01", false, NULL },
	{ PAL_YAML_DATE, "2026-1-1", false, NULL },
	{ PAL_YAML_DATE, "21.11.2026", false, NULL },
	{ PAL_YAML_DATE, "20261121", false, NULL },
	{ PAL_YAML_DATE, "99999-01-01", false, NULL },
};

static bool
read_as(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f, const char **ret_text)
{
	bool     yes = false;
	int64_t  number = 0;
	double   real = 0;
	uint64_t ms = 0;

	switch (k->type) {
	case PAL_YAML_BOOL:
		return yaml_value_bool(k, n, f, &yes);
	case PAL_YAML_INT:
		return yaml_value_int(k, n, f, &number);
	case PAL_YAML_REAL:
		return yaml_value_real(k, n, f, &real);
	case PAL_YAML_DATE:
		return yaml_value_date(k, n, f, &ms);
	case PAL_YAML_TEXT:
	case PAL_YAML_NAME:
	case PAL_YAML_PATH:
	case PAL_YAML_DIGEST:
	case PAL_YAML_ENUM:
	case PAL_YAML_MAP:
	case PAL_YAML_STRUCT:
	case PAL_YAML_TREE:
		return yaml_value_text(k, n, f, ret_text);
	}
	return false;
}

static void
test_found(void)
{
	PAL_AUTO_ARENA       a;
	struct pal_yaml_node n = { .kind = PAL_YAML_SCALAR, .text = "two\nlines" };

	pal_arena_init(&a, (size_t)1 << 16);
	CHECK(strcmp(pal_yaml_found(&n, &a), "\"two lines\"") == 0);
	n.text = "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		 "012345678901234567890123456789012345678901234567890123456789";
	CHECK(
	    strcmp(pal_yaml_found(&n, &a),
		   "\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		   "012345678901234567890123456789012345...\"") == 0);
	n.kind = PAL_YAML_NOTHING;
	CHECK(strcmp(pal_yaml_found(&n, &a), "nothing") == 0);
	n.kind = PAL_YAML_SEQUENCE;
	CHECK(strcmp(pal_yaml_found(&n, &a), "an empty list") == 0);
	n.count = 1;
	CHECK(strcmp(pal_yaml_found(&n, &a), "a list") == 0);
	n.kind = PAL_YAML_MAPPING;
	CHECK(strcmp(pal_yaml_found(&n, &a), "a map") == 0);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PAL_AUTO_ARENA         a;
		struct pal_yaml_key    k = { .name = "k", .type = cases[i].type };
		struct pal_yaml_node   n = { .kind = PAL_YAML_SCALAR, .plain = true, .mark = { 3, 4 } };
		struct pal_yaml_faults f = { 0 };
		const char            *text = NULL;

		pal_arena_init(&a, (size_t)1 << 16);
		n.text = cases[i].text;
		f = pal_yaml_faults_of(&a, "f.yaml");
		CHECK_SAY(read_as(&k, &n, &f, &text) == cases[i].right, cases[i].text);
		CHECK_SAY((f.list.count == 0) == cases[i].right, cases[i].text);
		CHECK_SAY(cases[i].want == NULL || (text != NULL && strcmp(text, cases[i].want) == 0), cases[i].text);
		n.kind = PAL_YAML_SEQUENCE;
		CHECK_SAY(!read_as(&k, &n, &f, &text), cases[i].text);
	}
	test_found();
	return check_done();
}
