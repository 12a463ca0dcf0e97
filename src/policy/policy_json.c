/* policy_json.c - one text for one policy: keys and sets sorted, so that its digest says whether decisions can differ.
 */
#include <stdio.h>
#include <string.h>

#include "palisade/json.h"
#include "palisade/mem.h"
#include "parameters.h"

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
put_set(struct pal_json_writer *w, const char *key, struct pal_texts set, struct pal_arena *a)
{
	struct pal_list sorted = pal_list_of(a, sizeof(const char *));

	for (size_t i = 0; i < set.count; i++) {
		const char **at = pal_list_add(&sorted);

		if (at != NULL)
			*at = set.items[i];
	}
	pal_list_sort(&sorted, by_text);
	pal_json_begin(w, key, '[');
	for (size_t i = 0; i < sorted.count; i++)
		pal_json_put_text(w, NULL, *(const char *const *)pal_list_at(&sorted, i));
	pal_json_end(w, ']');
}

static int
by_pair(const void *a, const void *b)
{
	return strcmp(((const struct pal_pair *)a)->key, ((const struct pal_pair *)b)->key);
}

static void
put_map(struct pal_json_writer *w, const char *key, struct pal_pairs map, struct pal_arena *a)
{
	struct pal_list sorted = pal_list_of(a, sizeof(struct pal_pair));

	for (size_t i = 0; i < map.count; i++) {
		struct pal_pair *at = pal_list_add(&sorted);

		if (at != NULL)
			*at = map.items[i];
	}
	pal_list_sort(&sorted, by_pair);
	pal_json_begin(w, key, '{');
	for (size_t i = 0; i < sorted.count; i++) {
		const struct pal_pair *pair = pal_list_at(&sorted, i);

		pal_json_put_real(w, pair->key, pal_policy_pair_real(pair));
	}
	pal_json_end(w, '}');
}

static void
put_value(struct pal_json_writer *w, const struct pal_yaml_key *k, const struct pal_policy_value *v,
	  struct pal_arena *a)
{
	char number[24];

	if (k->many)
		put_set(w, k->name, v->list, a);
	else if (k->type == PAL_YAML_MAP)
		put_map(w, k->name, v->map, a);
	else if (k->type == PAL_YAML_BOOL)
		pal_json_put_bool(w, k->name, v->yes);
	else if (k->type == PAL_YAML_REAL)
		pal_json_put_real(w, k->name, v->real);
	else if (k->type == PAL_YAML_INT) {
		(void)snprintf(number, sizeof(number), "%lld", (long long)v->number);
		pal_json_put_raw(w, k->name, number);
	} else {
		pal_json_put_text(w, k->name, v->text);
	}
}

/* The next row of the control after `last` in the order of names; SIZE_MAX when there is none. */
static size_t
next_row(const char *control, const char *last)
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < policy_parameter_count; i++) {
		const struct policy_parameter *row = &policy_parameters[i];

		if (strcmp(row->control, control) != 0 || strcmp(row->key.name, last) <= 0)
			continue;
		if (best == SIZE_MAX || strcmp(row->key.name, policy_parameters[best].key.name) < 0)
			best = i;
	}
	return best;
}

static void
put_control(struct pal_json_writer *w, const struct pal_policy *p, size_t at, struct pal_arena *a)
{
	const struct pal_control *c = &p->controls.items[at];
	bool                      mode_is_out = false;

	pal_json_begin(w, c->id, '{');
	for (size_t row = next_row(c->id, ""); row != SIZE_MAX;
	     row = next_row(c->id, policy_parameters[row].key.name)) {
		if (!mode_is_out && strcmp(policy_parameters[row].key.name, "mode") > 0) {
			pal_json_put_text(w, "mode", pal_mode_name(p->modes[at]));
			mode_is_out = true;
		}
		put_value(w, &policy_parameters[row].key, &p->values[row], a);
	}
	if (!mode_is_out)
		pal_json_put_text(w, "mode", pal_mode_name(p->modes[at]));
	pal_json_end(w, '}');
}

static int
by_id(const void *a, const void *b)
{
	const struct pal_control *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static void
put_controls(struct pal_json_writer *w, const struct pal_policy *p, struct pal_arena *a)
{
	struct pal_list sorted = pal_list_of(a, sizeof(const struct pal_control *));

	for (size_t i = 0; i < p->controls.count; i++) {
		const struct pal_control **at = pal_list_add(&sorted);

		if (at != NULL)
			*at = &p->controls.items[i];
	}
	pal_list_sort(&sorted, by_id);
	pal_json_begin(w, "controls", '{');
	for (size_t i = 0; i < sorted.count; i++) {
		const struct pal_control *c = *(const struct pal_control *const *)pal_list_at(&sorted, i);

		put_control(w, p, (size_t)(c - p->controls.items), a);
	}
	pal_json_end(w, '}');
}

static int
by_custom(const void *a, const void *b)
{
	return strcmp(((const struct pal_custom_decl *)a)->id, ((const struct pal_custom_decl *)b)->id);
}

static int
by_exception(const void *a, const void *b)
{
	const struct pal_exception_decl *x = a, *y = b;
	int                              c = strcmp(x->control, y->control);

	return c != 0 ? c : strcmp(x->artifact, y->artifact);
}

static int
by_base(const void *a, const void *b)
{
	return strcmp(((const struct pal_trusted_base *)a)->digest, ((const struct pal_trusted_base *)b)->digest);
}

/* A sorted copy of structs. */
static struct pal_list
sorted_copy(struct pal_structs all, size_t size, int (*cmp)(const void *, const void *), struct pal_arena *a)
{
	struct pal_list l = pal_list_of(a, size);

	for (size_t i = 0; i < all.count; i++) {
		void *at = pal_list_add(&l);

		if (at != NULL)
			pal_mem_copy(at, size, (const unsigned char *)all.items + i * size, size);
	}
	pal_list_sort(&l, cmp);
	return l;
}

static void
put_lists(struct pal_json_writer *w, const struct pal_policy *p, struct pal_arena *a)
{
	struct pal_list custom = sorted_copy(p->custom, sizeof(struct pal_custom_decl), by_custom, a);
	struct pal_list except = sorted_copy(p->exceptions, sizeof(struct pal_exception_decl), by_exception, a);

	pal_json_begin(w, "custom", '[');
	for (size_t i = 0; i < custom.count; i++) {
		const struct pal_custom_decl *c = pal_list_at(&custom, i);

		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "id", c->id);
		pal_json_put_text(w, "mode", pal_mode_name(c->mode));
		pal_json_put_text(w, "sql", c->sql);
		pal_json_put_text(w, "stage", pal_stage_names[c->stage]);
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
	pal_json_begin(w, "exceptions", '[');
	for (size_t i = 0; i < except.count; i++) {
		const struct pal_exception_decl *e = pal_list_at(&except, i);

		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "artifact", e->artifact);
		pal_json_put_text(w, "control", e->control);
		pal_json_put_u64(w, "expires_ms", e->expires_ms);
		pal_json_put_text(w, "reason", e->reason);
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
}

static void
put_trusted(struct pal_json_writer *w, const struct pal_policy *p, struct pal_arena *a)
{
	struct pal_list bases = sorted_copy(p->trusted.bases, sizeof(struct pal_trusted_base), by_base, a);

	pal_json_begin(w, "trusted", '{');
	pal_json_begin(w, "bases", '[');
	for (size_t i = 0; i < bases.count; i++) {
		const struct pal_trusted_base *b = pal_list_at(&bases, i);

		pal_json_begin(w, NULL, '{');
		pal_json_put_text(w, "digest", b->digest);
		pal_json_put_text(w, "name", b->name);
		pal_json_end(w, '}');
	}
	pal_json_end(w, ']');
	put_set(w, "signers", p->trusted.signers, a);
	pal_json_end(w, '}');
}

void
pal_policy_write(const struct pal_policy *p, struct pal_buf *out)
{
	static const enum pal_action by_name[] = { PAL_ACT_ADMIT,   PAL_ACT_DEPLOY,  PAL_ACT_EXCEPT, PAL_ACT_QUARANTINE,
						   PAL_ACT_RELEASE, PAL_ACT_RESTORE, PAL_ACT_REVIEW };
	PAL_AUTO_ARENA               a;
	struct pal_json_writer       w = pal_json_writer_of(out, 0);

	_Static_assert(sizeof(by_name) / sizeof(by_name[0]) == PAL_ACT_COUNT, "an action is missing");
	pal_arena_init(&a, (size_t)64 << 20);
	pal_json_begin(&w, NULL, '{');
	put_controls(&w, p, &a);
	put_lists(&w, p, &a);
	pal_json_put_text(&w, "naming", p->naming);
	pal_json_put_text(&w, "not_checked", p->not_checked_closes ? "closed" : "open");
	pal_json_put_text(&w, "profile", pal_profile_name(p->profile));
	pal_json_begin(&w, "roles", '{');
	for (size_t i = 0; i < PAL_ACT_COUNT; i++)
		put_set(&w, pal_action_name(by_name[i]), p->roles.may[by_name[i]], &a);
	pal_json_end(&w, '}');
	put_trusted(&w, p, &a);
	pal_json_end(&w, '}');
	/* A list that found no room would be left out without a word; the reader of the buffer must see it. */
	if (pal_arena_err(&a) != PAL_OK && out->err == PAL_OK)
		out->err = pal_arena_err(&a);
}

enum pal_err
pal_policy_digest(const struct pal_policy *p, struct pal_digest *ret)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	pal_policy_write(p, &b);
	PAL_TRY(pal_buf_err(&b));
	return pal_digest_of(PAL_SHA256, pal_buf_view(&b), ret);
}
