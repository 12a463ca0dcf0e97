/* scan_rules.c - the scan's own rules as constants, and the index over all rules. */
#include "palisade/scan_rules.h"

#include "palisade/anomaly.h"
#include "palisade/buf.h"
#include "palisade/digest.h"
#include "palisade/format.h"

#define PAL_SCAN_RULE(name, id_, severity_, title_, help_, atlas_, ...) \
	const struct pal_rule pal_scan_rule_##name = {                  \
		.id = (id_),                                            \
		.title = (title_),                                      \
		.help = (help_),                                        \
		.severity = (severity_),                                \
		.atlas = (atlas_),                                      \
		.owasp = __VA_ARGS__,                                   \
	};
#include "palisade/scan_rules.def"
#undef PAL_SCAN_RULE

static const struct pal_rule *const own[] = {
#define PAL_SCAN_RULE(name, id, severity, title, help, atlas, ...) &pal_scan_rule_##name,
#include "palisade/scan_rules.def"
#undef PAL_SCAN_RULE
};

/* The detectors' catalogue may list a format's rule too: the same object twice is one rule, two objects are a fault. */
static enum pal_err
add(struct pal_scan_rules *r, const struct pal_rule *rule, struct pal_diag *d)
{
	void                  **place = pal_map_put(&r->index, pal_view_of(rule->id));
	const struct pal_rule **one = NULL;

	if (place == NULL)
		return pal_fail(d, pal_arena_err(r->index.arena), 0, "no memory for the index of rules");
	if (*place == rule)
		return PAL_OK;
	if (*place != NULL)
		return pal_fail(d, PAL_ECONFIG, 0, "the rule id %s is taken; give the rule another id", rule->id);
	*place = (void *)(uintptr_t)rule; /* a map holds pointers to anything; get() gives the const back */
	one = pal_list_add(&r->all);
	if (one == NULL)
		return pal_arena_err(r->all.arena);
	*one = rule;
	return PAL_OK;
}

static enum pal_err
digest(struct pal_scan_rules *r, struct pal_arena *a, struct pal_diag *d)
{
	PAL_AUTO_BUF      text = pal_buf_of(0);
	struct pal_digest sum;
	char              hex[PAL_DIGEST_TEXT];

	pal_buf_printf(&text, "palisade %s result 1 detect %s\n", PALISADE_VERSION, pal_detect_version(r->detect));
	for (const struct pal_format *const *f = pal_formats; *f != NULL; f++)
		pal_buf_printf(&text, "%s %s\n", (*f)->name, (*f)->covers);
	for (size_t i = 0; i < r->all.count; i++) {
		const struct pal_rule *const *one = pal_list_at(&r->all, i);

		pal_buf_printf(&text, "%s %d\n", (*one)->id, (int)(*one)->severity);
	}
	if (pal_buf_err(&text) != PAL_OK || pal_digest_of(PAL_SHA256, pal_buf_view(&text), &sum) != PAL_OK)
		return pal_fail(d, PAL_ENOMEM, 0, "cannot digest the rules");
	pal_digest_hex(&sum, hex);
	r->version = pal_arena_text(a, pal_view_of(hex));
	return pal_arena_err(a);
}

enum pal_err
pal_scan_rules_of(const struct pal_detect *detect, struct pal_arena *a, struct pal_scan_rules *ret_rules,
		  struct pal_diag *d)
{
	struct pal_scan_rules r = { .detect = detect,
				    .all = pal_list_of(a, sizeof(const struct pal_rule *)),
				    .index = pal_map_of(a) };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		PAL_TRY(add(&r, own[i], d));
	for (const struct pal_rule *const *p = pal_anomalies; *p != NULL; p++)
		PAL_TRY(add(&r, *p, d));
	for (size_t i = 0; i < pal_detect_rule_count(detect); i++)
		PAL_TRY(add(&r, pal_detect_rule_at(detect, i), d));
	PAL_TRY(digest(&r, a, d));
	*ret_rules = r;
	return PAL_OK;
}

const struct pal_rule *
pal_scan_rules_get(const struct pal_scan_rules *r, struct pal_view id)
{
	return pal_map_get(&r->index, id);
}
