/* detector.c - the table of detectors, and the loading of all rules: ours, compiled in, and the user's. */
#include "palisade/detector.h"

#include <openssl/evp.h>

#include "palisade/file.h"
#include "palisade/hex.h"
#include "palisade/mem.h"
#include "palisade/walk.h"
#include "rules.h"

#define RULES_MEMORY    ((size_t)64 << 20)
#define RULE_FILE_MOST  ((size_t)1 << 20)
#define RULE_FILES_MOST 1000

#define PAL_DETECTOR(name) extern const struct pal_detector pal_detector_##name;
#include "detectors.def"
#undef PAL_DETECTOR

const struct pal_detector *const pal_detectors[] = {
#define PAL_DETECTOR(name) &pal_detector_##name,
#include "detectors.def"
#undef PAL_DETECTOR
	NULL,
};

#define PAL_RULE_FILES(X) \
	X(pii_rules) X(finance_rules) X(health_rules) X(secrets_rules) X(models_rules) X(weights_rules)
#define DECLARE(name)                                 \
	extern const unsigned char pal_data_##name[]; \
	extern const size_t        pal_data_##name##_len;
PAL_RULE_FILES(DECLARE)
DECLARE(globals_tsv)
DECLARE(model_ops_tsv)
#undef DECLARE

struct loading {
	struct pal_detect *rules;
	EVP_MD_CTX        *digest; /* owned */
	struct pal_diag   *d;
};

static enum pal_err
digest_text(struct loading *l, struct pal_view text)
{
	uint64_t len = text.len;

	if (EVP_DigestUpdate(l->digest, &len, sizeof(len)) != 1 ||
	    EVP_DigestUpdate(l->digest, text.data, text.len) != 1)
		return pal_fail(l->d, PAL_ENOMEM, 0, "rules: digest failed");
	return PAL_OK;
}

static enum pal_err
load_rules(struct loading *l, struct pal_view text, const char *file)
{
	PAL_TRY(digest_text(l, text));
	return pal_rulefile_parse(text, file, &l->rules->arena, &l->rules->defs, l->d);
}

static enum pal_err
load_globals(struct loading *l, struct pal_view text, const char *file)
{
	PAL_TRY(digest_text(l, text));
	return pal_globals_parse(&l->rules->globals, text, file, l->d);
}

static enum pal_err
load_ops(struct loading *l, struct pal_view text, const char *file)
{
	PAL_TRY(digest_text(l, text));
	return pal_op_table_parse(&l->rules->ops, text, file, l->d);
}

static enum pal_err
load_own(struct loading *l)
{
#define LOAD(name) \
	PAL_TRY(load_rules(l, (struct pal_view){ pal_data_##name, pal_data_##name##_len }, "built-in " #name));
	PAL_RULE_FILES(LOAD)
#undef LOAD
	PAL_TRY(load_ops(l, (struct pal_view){ pal_data_model_ops_tsv, pal_data_model_ops_tsv_len },
			 "built-in model_ops.tsv"));
	return load_globals(l, (struct pal_view){ pal_data_globals_tsv, pal_data_globals_tsv_len },
			    "built-in globals.tsv");
}

/* The second is what the table was called in 0.1.0. */
static bool
is_globals(struct pal_view name)
{
	return pal_view_is(name, "globals.tsv") || pal_view_is(name, "pickle_globals.tsv");
}

static enum pal_err
load_file(struct loading *l, const char *dir, const char *name)
{
	PAL_AUTO_BUF b = pal_buf_of(RULE_FILE_MOST);
	const char  *path = pal_arena_printf(&l->rules->arena, "%s/%s", dir, name);

	if (path == NULL)
		return pal_fail(l->d, pal_arena_err(&l->rules->arena), 0, "%s: rules do not fit in memory", dir);
	PAL_TRY(pal_file_read(path, RULE_FILE_MOST, &b, l->d));
	if (is_globals(pal_view_of(name)))
		return load_globals(l, pal_buf_view(&b), path);
	if (pal_view_is(pal_view_of(name), "model_ops.tsv"))
		return load_ops(l, pal_buf_view(&b), path);
	return load_rules(l, pal_buf_view(&b), path);
}

/* Only files of the folder itself, in the order of their names; links are not followed. */
static enum pal_err
load_dir(struct loading *l, const char *dir)
{
	struct pal_list entries = pal_list_of(&l->rules->arena, sizeof(struct pal_entry));

	PAL_TRY(pal_walk(dir, RULE_FILES_MOST, &entries, l->d));
	for (size_t i = 0; i < entries.count; i++) {
		const struct pal_entry *e = pal_list_at(&entries, i);
		struct pal_view         path = pal_view_of(e->path);

		if (e->kind != PAL_ENTRY_FILE || pal_view_find_byte(path, '/', 0) != SIZE_MAX)
			continue;
		if (pal_view_ends(path, ".rules") || is_globals(path) || pal_view_is(path, "model_ops.tsv"))
			PAL_TRY(load_file(l, dir, e->path));
	}
	return PAL_OK;
}

static enum pal_err
finish_version(struct loading *l)
{
	uint8_t      bytes[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	PAL_AUTO_BUF hex = pal_buf_of(0);

	PAL_TRY(digest_text(l, pal_view_of(PALISADE_VERSION)));
	if (EVP_DigestFinal_ex(l->digest, bytes, &len) != 1)
		return pal_fail(l->d, PAL_ENOMEM, 0, "rules: digest failed");
	pal_hex_add(&hex, (struct pal_view){ bytes, len });
	PAL_TRY(pal_buf_err(&hex));
	pal_mem_copy(l->rules->version, sizeof(l->rules->version), hex.data, 64);
	return PAL_OK;
}

static enum pal_err
index_rules(struct pal_detect *r, struct pal_diag *d)
{
	r->by_id = pal_map_of(&r->arena);
	for (size_t i = 0; i < r->defs.count; i++) {
		struct pal_rule_def *def = pal_list_at(&r->defs, i);
		void               **place = pal_map_put(&r->by_id, pal_view_of(def->rule.id));

		if (place == NULL)
			return pal_fail(d, pal_arena_err(&r->arena), 0, "rules do not fit in memory");
		*place = def;
	}
	return PAL_OK;
}

static enum pal_err
load_all(struct loading *l, const char *user_dir)
{
	struct pal_detect *r = l->rules;
	struct pal_engine *e;

	pal_arena_init(&r->arena, RULES_MEMORY);
	r->defs = pal_list_of(&r->arena, sizeof(struct pal_rule_def));
	r->globals = pal_globals_of(&r->arena);
	r->ops = pal_op_table_of(&r->arena);
	if (l->digest == NULL || EVP_DigestInit_ex(l->digest, EVP_sha256(), NULL) != 1)
		return pal_fail(l->d, PAL_ENOMEM, 0, "rules: digest failed");
	PAL_TRY(load_own(l));
	if (user_dir != NULL)
		PAL_TRY(load_dir(l, user_dir));
	PAL_TRY(finish_version(l));
	PAL_TRY(index_rules(r, l->d));
	e = pal_arena_array(&r->arena, 1, sizeof(*e));
	if (e == NULL)
		return pal_fail(l->d, pal_arena_err(&r->arena), 0, "rules do not fit in memory");
	PAL_TRY(pal_engine_init(e, &r->defs, &r->arena, l->d));
	r->engine = e;
	e->version = user_dir == NULL ? r->version : NULL;
	/* Ours are known to compile, and wait for the first text; the user's are tried now, to name the line. */
	return user_dir == NULL ? PAL_OK : pal_engine_compile(e, l->d);
}

enum pal_err
pal_detect_load(const char *user_dir, struct pal_detect **ret_rules, struct pal_diag *d)
{
	struct loading l = { .rules = pal_mem_new(1, sizeof(struct pal_detect)), .digest = EVP_MD_CTX_new(), .d = d };
	enum pal_err   err;

	if (l.rules == NULL) {
		EVP_MD_CTX_free(l.digest);
		return pal_fail(d, PAL_ENOMEM, 0, "rules do not fit in memory");
	}
	err = load_all(&l, user_dir);
	EVP_MD_CTX_free(l.digest);
	if (err != PAL_OK)
		pal_detect_free(&l.rules);
	else
		*ret_rules = l.rules;
	return err;
}

void
pal_detect_free(struct pal_detect **rules)
{
	if (*rules == NULL)
		return;
	if ((*rules)->engine != NULL)
		pal_engine_done((*rules)->engine);
	pal_arena_done(&(*rules)->arena);
	pal_mem_free(*rules);
	*rules = NULL;
}

void
pal_detect_help(struct pal_detect *rules, struct pal_crew *crew)
{
	rules->crew = crew;
}

enum pal_err
pal_detect_compile(const struct pal_detect *rules, struct pal_diag *d)
{
	return pal_engine_compile(rules->engine, d);
}

enum pal_err
pal_detect_save(const struct pal_detect *rules, struct pal_buf *b, struct pal_diag *d)
{
	return pal_engine_save(rules->engine, b, d);
}

enum pal_err
pal_detect_restore(const struct pal_detect *rules, struct pal_view bytes, struct pal_diag *d)
{
	return pal_engine_restore(rules->engine, bytes, d);
}

const char *
pal_detect_version(const struct pal_detect *rules)
{
	return rules->version;
}

const struct pal_rule *
pal_detect_rule(const struct pal_detect *rules, struct pal_view id)
{
	const struct pal_rule_def *def = pal_map_get(&rules->by_id, id);

	return def == NULL ? NULL : &def->rule;
}

size_t
pal_detect_rule_count(const struct pal_detect *rules)
{
	return rules->defs.count;
}

const struct pal_rule *
pal_detect_rule_at(const struct pal_detect *rules, size_t i)
{
	return &((const struct pal_rule_def *)pal_list_at(&rules->defs, i))->rule;
}

const struct pal_rule *
pal_detect_own(const struct pal_detect *rules, const char *id)
{
	const struct pal_rule *rule = pal_detect_rule(rules, pal_view_of(id));

	PAL_ASSERT(rule != NULL);
	return rule;
}
