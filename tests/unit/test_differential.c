/*
 * test_differential.c - Vectorscan against PCRE2: every pattern on the rules' own lines and on text made of them.
 *
 * For each rule and line, both must agree whether there is a match, and where
 * the leftmost one starts. The set is tried as it runs, not pattern by pattern.
 */
#include "detecting.h"

#ifdef PAL_HAVE_PCRE2
#define PCRE2_CODE_UNIT_WIDTH 8
#include <hs/hs.h>
#include <pcre2.h>

#define LINES_MOST 4000

static struct pal_view lines[LINES_MOST];
static size_t          line_count;
static uint64_t        seed = 7;

static uint32_t
any(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* By rule: the leftmost start of its matches in the line, + 1. */
static uint64_t starts[PAL_RULES_MOST];

static int
on_match(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags, void *arg)
{
	(void)to;
	(void)flags;
	(void)arg;
	if (starts[id] == 0 || from + 1 < starts[id])
		starts[id] = from + 1;
	return 0;
}

static void
gather(const struct pal_detect *rules)
{
	for (size_t i = 0; i < rules->defs.count; i++) {
		const struct pal_rule_def *def = pal_list_at(&rules->defs, i);

		for (size_t k = 0; k < def->match.count && line_count < LINES_MOST; k++)
			lines[line_count++] = def->match.at[k];
		for (size_t k = 0; k < def->nomatch.count && line_count < LINES_MOST; k++)
			lines[line_count++] = def->nomatch.at[k];
	}
}

/* Lines spliced of two others, with a byte changed: near misses and near hits. */
static void
splice(struct pal_arena *a, size_t count)
{
	size_t own = line_count;

	for (size_t i = 0; i < count && line_count < LINES_MOST; i++) {
		struct pal_view x = lines[any((uint32_t)own)], y = lines[any((uint32_t)own)];
		size_t          cx = any((uint32_t)x.len + 1), cy = any((uint32_t)y.len + 1);
		uint8_t        *out = pal_arena_array(a, cx + y.len - cy + 1, 1);

		if (out == NULL)
			return;
		memcpy(out, x.data, cx);
		memcpy(out + cx, y.data + cy, y.len - cy);
		if (cx + y.len - cy > 0 && any(2) == 0)
			out[any((uint32_t)(cx + y.len - cy))] = (uint8_t) "aZ9_-@.: \n"[any(10)];
		lines[line_count++] = (struct pal_view){ out, cx + y.len - cy };
	}
}

struct expected {
	pcre2_code       *code[4];
	pcre2_match_data *data;
	size_t            count;
};

static uint64_t
leftmost(const struct expected *x, struct pal_view line)
{
	uint64_t best = 0;

	for (size_t k = 0; k < x->count; k++)
		if (pcre2_match(x->code[k], line.data, line.len, 0, 0, x->data, NULL) > 0 &&
		    (best == 0 || pcre2_get_ovector_pointer(x->data)[0] + 1 < best))
			best = pcre2_get_ovector_pointer(x->data)[0] + 1;
	return best;
}

static size_t
compile(const struct pal_detect *rules, struct expected *all, struct pal_arena *a)
{
	size_t patterns = 0;

	for (size_t i = 0; i < rules->defs.count; i++) {
		const struct pal_rule_def *def = pal_list_at(&rules->defs, i);

		all[i].data = pcre2_match_data_create(8, NULL);
		for (size_t k = 0; k < def->patterns.count && k < 4; k++, patterns++) {
			const char *text = pal_arena_text(a, def->patterns.at[k]);
			int         code;
			PCRE2_SIZE  at;

			all[i].code[k] = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
						       def->nocase ? PCRE2_CASELESS : 0, &code, &at, NULL);
			CHECK_SAY(all[i].code[k] != NULL, text);
			all[i].count++;
		}
	}
	return patterns;
}

/* The set as it runs, on the line with `pad` bytes before it: alignment has hidden matches before. */
static void
compare(const struct pal_detect *rules, const struct expected *all, struct pal_view line, size_t pad)
{
	static uint8_t  text[4096];
	struct pal_view v = { text, pad + line.len };

	if (v.len > sizeof(text) || v.len == 0)
		return;
	memset(text, '\n', pad);
	memcpy(text + pad, line.data, line.len);
	memset(starts, 0, sizeof(starts));
	(void)CHECK(hs_scan(rules->engine->database, (const char *)v.data, (unsigned int)v.len, 0,
			    rules->engine->scratch, on_match, NULL) == HS_SUCCESS);
	for (size_t i = 0; i < rules->defs.count; i++)
		if (!CHECK(starts[i] == leftmost(&all[i], v)))
			printf("differs: %s: %zu: %.*s\n", pal_detect_rule_at(rules, i)->id, pad, (int)line.len,
			       (const char *)line.data);
}

int
main(void)
{
	PAL_AUTO_ARENA     a;
	struct pal_detect *rules = detecting_rules();
	struct expected   *all;
	size_t             patterns;

	pal_arena_init(&a, (size_t)16 << 20);
	if (rules == NULL || !CHECK(pal_detect_compile(rules, NULL) == PAL_OK))
		return check_done();
	all = pal_arena_array(&a, rules->defs.count, sizeof(*all));
	gather(rules);
	splice(&a, 2000);
	patterns = compile(rules, all, &a);
	for (size_t i = 0; i < line_count; i++)
		compare(rules, all, lines[i], i % 3 == 0 ? 0 : any(200));
	printf("%zu patterns on %zu lines\n", patterns, line_count);
	for (size_t i = 0; i < rules->defs.count; i++) {
		pcre2_match_data_free(all[i].data);
		for (size_t k = 0; k < all[i].count; k++)
			pcre2_code_free(all[i].code[k]);
	}
	pal_detect_free(&rules);
	return check_done();
}
#else
int
main(void)
{
	printf("skipped: PCRE2 is not here (libpcre2-dev)\n");
	return check_done();
}
#endif
