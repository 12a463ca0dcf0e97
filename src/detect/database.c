/* database.c - the compiled patterns; to audit: pal_database_built_in(), which takes only what this build made. */
#include "database.h"

#include <hs/hs.h>
#include <stdlib.h>

#include "palisade/mem.h"
#include "palisade/reader.h"
#include "rulefile.h"

#define VERSION 64u /* digits */
#define MEMORY  ((size_t)8 << 20)

extern const unsigned char pal_data_compiled_patterns[];
extern const size_t        pal_data_compiled_patterns_len;

/* What Vectorscan makes different code for, the best first. */
static const unsigned long long kinds[] = {
#ifdef __x86_64__
	HS_CPU_FEATURES_AVX2 | HS_CPU_FEATURES_AVX512,
	HS_CPU_FEATURES_AVX2,
#endif
	0,
};

struct pattern_set {
	const char  **text;
	unsigned int *flags, *ids;
	unsigned int  count;
};

static enum pal_err
collect(const struct pal_list *defs, struct pal_arena *a, struct pattern_set *ret_set)
{
	size_t n = 0;

	for (size_t i = 0; i < defs->count; i++)
		n += ((const struct pal_rule_def *)pal_list_at(defs, i))->patterns.count;
	ret_set->text = pal_arena_array(a, n + 1, sizeof(*ret_set->text));
	ret_set->flags = pal_arena_array(a, n + 1, sizeof(*ret_set->flags));
	ret_set->ids = pal_arena_array(a, n + 1, sizeof(*ret_set->ids));
	PAL_TRY(pal_arena_err(a));
	for (size_t i = 0; i < defs->count; i++) {
		const struct pal_rule_def *def = pal_list_at(defs, i);

		for (size_t k = 0; k < def->patterns.count; k++) {
			ret_set->text[ret_set->count] = pal_arena_text(a, def->patterns.at[k]);
			ret_set->flags[ret_set->count] = HS_FLAG_SOM_LEFTMOST | (def->nocase ? HS_FLAG_CASELESS : 0u);
			ret_set->ids[ret_set->count++] = (unsigned int)i;
		}
	}
	return pal_arena_err(a);
}

static enum pal_err
compile_failed(const struct pal_list *defs, const struct pattern_set *set, hs_compile_error_t *err, struct pal_diag *d)
{
	const struct pal_rule_def *def = NULL;
	enum pal_err               code;

	if (err->expression >= 0 && (unsigned int)err->expression < set->count)
		def = pal_list_at(defs, set->ids[err->expression]);
	code = pal_fail(d, PAL_ECONFIG, def == NULL ? 0 : def->line,
			"%s:%zu: pattern of %s does not compile: %s (anchor it on a literal; let grow-left: and "
			"grow-right: take what surrounds it)",
			def == NULL ? "rules" : def->file, def == NULL ? 0 : def->line,
			def == NULL ? "all rules" : def->rule.id, err->message);
	(void)hs_free_compile_error(err);
	return code;
}

/* platform NULL: this machine's. */
static enum pal_err
compile_for(const struct pal_list *defs, const hs_platform_info_t *platform, struct hs_database **ret_database,
	    struct pal_diag *d)
{
	PAL_AUTO_ARENA      a;
	struct pattern_set  set = { .count = 0 };
	hs_compile_error_t *err = NULL;

	pal_arena_init(&a, MEMORY);
	PAL_TRY(collect(defs, &a, &set));
	if (set.count > 0 && hs_compile_multi(set.text, set.flags, set.ids, set.count, HS_MODE_BLOCK, platform,
					      ret_database, &err) != HS_SUCCESS)
		return compile_failed(defs, &set, err, d);
	return PAL_OK;
}

enum pal_err
pal_database_compile(const struct pal_list *defs, struct hs_database **ret_database, struct pal_diag *d)
{
	return compile_for(defs, NULL, ret_database, d);
}

struct hs_database *
pal_database_built_in(const char *version)
{
	struct pal_reader r =
	    pal_reader_of((struct pal_view){ pal_data_compiled_patterns, pal_data_compiled_patterns_len });

	if (!pal_view_is(pal_read_view(&r, VERSION), version))
		return NULL;
	while (!pal_reader_done(&r) && pal_reader_err(&r) == PAL_OK) {
		struct pal_view     one = pal_read_view(&r, pal_read_u32le(&r));
		struct hs_database *db = NULL;

		if (one.len > 0 && hs_deserialize_database((const char *)one.data, one.len, &db) == HS_SUCCESS)
			return db;
	}
	return NULL;
}

static enum pal_err
add_kind(const struct pal_list *defs, unsigned long long features, struct pal_buf *out, struct pal_diag *d)
{
	hs_platform_info_t  platform = { .cpu_features = features };
	struct hs_database *db = NULL;
	char               *bytes = NULL;
	size_t              len = 0;
	bool                ok = false;

	PAL_TRY(compile_for(defs, &platform, &db, d));
	ok = db != NULL && hs_serialize_database(db, &bytes, &len) == HS_SUCCESS;
	if (db != NULL)
		(void)hs_free_database(db);
	if (!ok)
		return pal_fail(d, PAL_ENOMEM, 0, "rules: compiled patterns do not fit in memory");
	pal_buf_add_u32le(out, (uint32_t)len);
	pal_buf_add(out, (struct pal_view){ (const uint8_t *)bytes, len });
	free(bytes); /* hs_serialize_database(3): allocated with malloc */
	return pal_buf_err(out);
}

enum pal_err
pal_database_kinds(const struct pal_list *defs, const char *version, struct pal_buf *out, struct pal_diag *d)
{
	pal_buf_add(out, pal_view_sub(pal_view_of(version), 0, VERSION));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		PAL_TRY(add_kind(defs, kinds[i], out, d));
	return pal_buf_err(out);
}

static int
on_trial(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags, void *arg)
{
	size_t *wanted = arg;

	(void)from;
	(void)to;
	(void)flags;
	if (id != *wanted)
		return 0;
	*wanted = SIZE_MAX;
	return 1;
}

struct trial {
	const struct hs_database *db;
	struct hs_scratch        *scratch;
};

/* Does the compiled set find a rule's own line, `pad` bytes into a text? */
static bool
finds(const struct trial *t, const struct pal_rule_def *def, struct pal_view line, size_t pad)
{
	uint8_t text[512];
	size_t  wanted = def->index, len = pad + line.len + pad;

	if (len > sizeof(text))
		return true;
	for (size_t i = 0; i < len; i++)
		text[i] = ' ';
	pal_mem_copy(text + pad, sizeof(text) - pad, line.data, line.len);
	(void)hs_scan(t->db, (const char *)text, (unsigned int)len, 0, t->scratch, on_trial, &wanted);
	return wanted == SIZE_MAX;
}

/*
 * Vectorscan 5.4.9 misses matches of some small sets of patterns on processors with AVX-512, depending on where they
 * stand (its double shufti). Ours are not among them; a set that is must not pass for one that finds nothing.
 */
enum pal_err
pal_database_try(const struct hs_database *db, struct hs_scratch *scratch, const struct pal_list *defs,
		 struct pal_diag *d)
{
	const struct trial  t = { db, scratch };
	static const size_t pads[] = { 0, 65, 130 };

	for (size_t i = 0; i < defs->count; i++) {
		const struct pal_rule_def *def = pal_list_at(defs, i);

		for (size_t k = 0; def->how == PAL_HOW_PATTERN && k < def->match.count; k++)
			for (size_t p = 0; p < sizeof(pads) / sizeof(pads[0]); p++)
				if (!finds(&t, def, def->match.at[k], pads[p]))
					return pal_fail(
					    d, PAL_ECONFIG, def->line,
					    "%s:%zu: %s does not find its own match: line, %zu bytes into a text: the "
					    "line is wrong, or the pattern engine fails on this processor",
					    def->file, def->line, def->rule.id, pads[p]);
	}
	return PAL_OK;
}
