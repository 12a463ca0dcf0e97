/* yaml_value.c - scalars by type; a path is cleaned here, so that nothing below sees ".." or an empty part. */
#include "yaml_value.h"

#include <string.h>

#include "palisade/clock.h"
#include "palisade/json.h"
#include "palisade/nearest.h"
#include "palisade/utf8.h"

#define NAME_MAX_LEN 128
#define SHOWN        48 /* code points of a wrong value in a message */

const char *
pal_yaml_found(const struct pal_yaml_node *n, struct pal_arena *a)
{
	PAL_AUTO_BUF    b = pal_buf_of(0);
	struct pal_view rest = { NULL, 0 };
	const char     *text = NULL;

	if (n->kind == PAL_YAML_NOTHING)
		return "nothing";
	if (n->kind == PAL_YAML_SEQUENCE)
		return n->count == 0 ? "an empty list" : "a list";
	if (n->kind == PAL_YAML_MAPPING)
		return n->count == 0 ? "an empty map" : "a map";
	pal_buf_add_byte(&b, '"');
	rest = pal_view_of(n->text);
	for (size_t i = 0; rest.len > 0 && i < SHOWN; i++) {
		struct pal_view at = rest;
		uint32_t        c = pal_utf8_next(&rest);

		pal_buf_add(&b, c < 0x20 ? pal_view_of(" ") : pal_view_sub(at, 0, at.len - rest.len));
	}
	pal_buf_add_text(&b, rest.len > 0 ? "...\"" : "\"");
	text = pal_arena_text(a, pal_buf_view(&b));
	return text != NULL ? text : "something";
}

static void
add_values(const char *const *values, struct pal_buf *out)
{
	for (size_t i = 0; values[i] != NULL; i++) {
		if (i > 0)
			pal_buf_add_text(out, values[i + 1] == NULL ? " or " : ", ");
		pal_buf_add_text(out, values[i]);
	}
}

static void
add_range(const struct pal_yaml_key *k, struct pal_buf *out)
{
	if (k->low != 0 || k->high != 0)
		pal_buf_printf(out, " from %.10g to %.10g", k->low, k->high);
}

/* One thing of the type, or many when the words differ. */
static void
add_type(const struct pal_yaml_key *k, bool many, struct pal_buf *out)
{
	switch (k->type) {
	case PAL_YAML_TEXT:
		pal_buf_add_text(out, many ? "texts" : "text");
		return;
	case PAL_YAML_NAME:
		pal_buf_add_text(out, many ? "names" : "a name (letters, digits, '.', '_', '-'; at most 128)");
		return;
	case PAL_YAML_PATH:
		pal_buf_add_text(out, many ? "paths" : "a path");
		return;
	case PAL_YAML_DIGEST:
		pal_buf_add_text(out, many ? "digests" : "\"sha256:\" and 64 lower-case hex digits");
		return;
	case PAL_YAML_ENUM:
		add_values(k->values, out);
		return;
	case PAL_YAML_BOOL:
		pal_buf_add_text(out, "true or false");
		return;
	case PAL_YAML_INT:
		pal_buf_add_text(out, many ? "whole numbers" : "a whole number");
		add_range(k, out);
		return;
	case PAL_YAML_REAL:
		pal_buf_add_text(out, many ? "numbers" : "a number");
		add_range(k, out);
		return;
	case PAL_YAML_DATE:
		pal_buf_add_text(out, "a date such as 2027-03-01");
		return;
	case PAL_YAML_MAP:
		pal_buf_add_text(out, "a map of names and values");
		return;
	case PAL_YAML_STRUCT:
	case PAL_YAML_TREE:
		pal_buf_add_text(out, many ? "maps" : "a map");
		return;
	}
}

void
pal_yaml_type_text(const struct pal_yaml_key *k, struct pal_buf *out)
{
	if (k->many)
		pal_buf_add_text(out, "a list of ");
	add_type(k, k->many, out);
}

void
yaml_value_wrong_list(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f)
{
	PAL_AUTO_BUF want = pal_buf_of(0);

	pal_yaml_type_text(k, &want);
	pal_yaml_fault(f, n->mark, "%s: expected %s, found %s", k->name, pal_buf_text(&want),
		       pal_yaml_found(n, f->arena));
}

void
yaml_value_wrong(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f)
{
	PAL_AUTO_BUF       want = pal_buf_of(0);
	struct pal_nearest near = pal_nearest_of(pal_view_of(n->text));
	bool               one = n->kind == PAL_YAML_SCALAR;
	bool bare = k->type == PAL_YAML_BOOL || k->type == PAL_YAML_INT || k->type == PAL_YAML_REAL; /* no quotes */

	add_type(k, false, &want);
	for (size_t i = 0; one && k->values != NULL && k->values[i] != NULL; i++)
		pal_nearest_try(&near, k->values[i]);
	pal_yaml_fault(f, n->mark, "%s: expected %s, found %s%s%s%s%s", k->name, pal_buf_text(&want),
		       pal_yaml_found(n, f->arena), one && bare && !n->plain ? " in quotes" : "",
		       near.best != NULL ? "; did you mean \"" : "", near.best != NULL ? near.best : "",
		       near.best != NULL ? "\"?" : "");
}

static bool
is_name(struct pal_view v)
{
	if (v.len == 0 || v.len > NAME_MAX_LEN || !pal_is_alnum(v.data[0]))
		return false;
	for (size_t i = 0; i < v.len; i++)
		if (!pal_is_alnum(v.data[i]) && v.data[i] != '.' && v.data[i] != '_' && v.data[i] != '-')
			return false;
	return true;
}

static bool
is_digest(struct pal_view v)
{
	if (v.len != 71 || !pal_view_starts(v, "sha256:"))
		return false;
	for (size_t i = 7; i < v.len; i++)
		if (!pal_is_digit(v.data[i]) && (v.data[i] < 'a' || v.data[i] > 'f'))
			return false;
	return true;
}

/* Without "." and doubled or closing slashes; ".." is refused, since what it leads to depends on links. */
static bool
clean_path(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f,
	   const char **ret_text)
{
	PAL_AUTO_BUF    b = pal_buf_of(0);
	struct pal_view rest = pal_view_of(n->text), part = { NULL, 0 };
	bool            absolute = pal_view_starts(rest, "/");
	size_t          parts = 0;

	if (rest.len == 0 || pal_view_find_byte(rest, '\n', 0) != SIZE_MAX) {
		yaml_value_wrong(k, n, f);
		return false;
	}
	while (pal_view_split(&rest, '/', &part)) {
		if (part.len == 0 || pal_view_is(part, "."))
			continue;
		if (pal_view_is(part, "..")) {
			pal_yaml_fault(
			    f, n->mark,
			    "%s: %s leaves the folder of this file; name a path below it, or an absolute one", k->name,
			    pal_yaml_found(n, f->arena));
			return false;
		}
		if (parts++ > 0 || absolute)
			pal_buf_add_byte(&b, '/');
		pal_buf_add(&b, part);
	}
	if (parts == 0)
		pal_buf_add_byte(&b, absolute ? '/' : '.');
	*ret_text = pal_arena_text(f->arena, pal_buf_view(&b));
	return true;
}

static bool
is_value(const struct pal_yaml_key *k, const char *text, unsigned int *ret_index)
{
	for (unsigned int i = 0; k->values[i] != NULL; i++)
		if (strcmp(k->values[i], text) == 0) {
			*ret_index = i;
			return true;
		}
	return false;
}

bool
yaml_value_text(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f,
		const char **ret_text)
{
	unsigned int    index = 0;
	struct pal_view v = pal_view_of(n->text);
	bool            right = n->kind == PAL_YAML_SCALAR;

	if (right && k->type == PAL_YAML_PATH)
		return clean_path(k, n, f, ret_text);
	if (right && k->type == PAL_YAML_NAME)
		right = is_name(v);
	if (right && k->type == PAL_YAML_DIGEST)
		right = is_digest(v);
	if (right && k->type == PAL_YAML_ENUM)
		right = is_value(k, n->text, &index);
	if (right && k->type == PAL_YAML_TEXT && k->required)
		right = pal_view_trim(v).len > 0;
	if (!right) {
		yaml_value_wrong(k, n, f);
		return false;
	}
	*ret_text = n->text;
	return true;
}

bool
yaml_value_enum(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f,
		unsigned int *ret_index)
{
	if (n->kind == PAL_YAML_SCALAR && is_value(k, n->text, ret_index))
		return true;
	yaml_value_wrong(k, n, f);
	return false;
}

bool
yaml_value_bool(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f, bool *ret_yes)
{
	struct pal_view v = pal_view_of(n->text);

	if (n->kind != PAL_YAML_SCALAR || !n->plain || (!pal_view_is(v, "true") && !pal_view_is(v, "false"))) {
		yaml_value_wrong(k, n, f);
		return false;
	}
	*ret_yes = pal_view_is(v, "true");
	return true;
}

/* JSON's grammar of numbers: one way to write each, no octal, no infinity. */
static bool
number(const struct pal_yaml_node *n, json_t **ret_doc)
{
	struct pal_view v = pal_view_of(n->text);

	if (n->kind != PAL_YAML_SCALAR || !n->plain || v.len == 0 || (!pal_is_digit(v.data[0]) && v.data[0] != '-'))
		return false;
	return pal_json_parse(v, 64, ret_doc, NULL) == PAL_OK;
}

static bool
in_range(const struct pal_yaml_key *k, double x)
{
	return (k->low == 0 && k->high == 0) || (x >= k->low && x <= k->high);
}

bool
yaml_value_int(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f,
	       int64_t *ret_number)
{
	PAL_AUTO_JSON doc = NULL;

	if (!number(n, &doc) || !json_is_integer(doc) || !in_range(k, (double)json_integer_value(doc))) {
		yaml_value_wrong(k, n, f);
		return false;
	}
	*ret_number = json_integer_value(doc);
	return true;
}

bool
yaml_value_real(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f,
		double *ret_number)
{
	PAL_AUTO_JSON doc = NULL;

	if (!number(n, &doc) || !json_is_number(doc) || !in_range(k, json_number_value(doc))) {
		yaml_value_wrong(k, n, f);
		return false;
	}
	*ret_number = json_number_value(doc);
	return true;
}

bool
yaml_value_date(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f,
		uint64_t *ret_ms)
{
	if (n->kind == PAL_YAML_SCALAR && pal_time_parse(pal_view_of(n->text), ret_ms) == PAL_OK)
		return true;
	yaml_value_wrong(k, n, f);
	return false;
}
