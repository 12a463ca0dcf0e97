/* yaml_read.c - trees into structs by table; every field is written at its row's offset and nowhere else. */
#include <string.h>

#include "palisade/map.h"
#include "palisade/mem.h"
#include "palisade/nearest.h"
#include "yaml_value.h"

/* @UNSAFE: the tables give offsets with offsetof(); a test walks every row of every table. */
static void *
field(void *base, size_t offset)
{
	return (unsigned char *)base + offset;
}

static const struct pal_yaml_key *
key_of(const struct pal_yaml_schema *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->keys[i].name, name) == 0)
			return &s->keys[i];
	return NULL;
}

static void
say_unknown(const struct pal_yaml_schema *s, const struct pal_yaml_node *n, struct pal_yaml_faults *f)
{
	struct pal_nearest near = pal_nearest_of(pal_view_of(n->key));
	PAL_AUTO_BUF       known = pal_buf_of(0);

	for (size_t i = 0; i < s->count; i++) {
		pal_nearest_try(&near, s->keys[i].name);
		pal_buf_printf(&known, "%s%s", i > 0 ? ", " : "", s->keys[i].name);
	}
	if (near.best != NULL)
		pal_yaml_fault(f, n->key_mark, "unknown key \"%.64s\" in %s; did you mean \"%s\"?", n->key, s->name,
			       near.best);
	else
		pal_yaml_fault(f, n->key_mark, "unknown key \"%.64s\" in %s; known are %s", n->key, s->name,
			       pal_buf_text(&known));
}

static void
say_not_a_map(const struct pal_yaml_schema *s, const struct pal_yaml_node *n, struct pal_yaml_faults *f)
{
	pal_yaml_fault(f, n->mark, "expected %s, which is a map%s%s%s, found %s", s->name,
		       s->short_key != NULL ? " or the " : "", s->short_key != NULL ? s->short_key : "",
		       s->short_key != NULL ? " alone" : "", pal_yaml_found(n, f->arena));
}

void
/* NOLINTNEXTLINE(misc-no-recursion): as deep as our own tables */
pal_yaml_read(const struct pal_yaml_schema *s, const struct pal_yaml_node *node, struct pal_yaml_faults *f,
	      void *ret_struct)
{
	for (size_t i = 0; i < s->count; i++)
		pal_yaml_preset(&s->keys[i], f, ret_struct);
	pal_mem_copy(ret_struct, s->size, &node->mark, sizeof(node->mark));
	if (node->kind == PAL_YAML_SCALAR && s->short_key != NULL) {
		pal_yaml_read_value(key_of(s, s->short_key), node, f, ret_struct);
		return;
	}
	if (node->kind != PAL_YAML_MAPPING) {
		say_not_a_map(s, node, f);
		return;
	}
	for (const struct pal_yaml_node *n = node->first; n != NULL; n = n->next) {
		const struct pal_yaml_key *k = key_of(s, n->key);

		if (k == NULL)
			say_unknown(s, n, f);
		else
			pal_yaml_read_value(k, n, f, ret_struct);
	}
	for (size_t i = 0; i < s->count; i++) {
		PAL_AUTO_BUF want = pal_buf_of(0);

		if (!s->keys[i].required || pal_yaml_get(node, s->keys[i].name) != NULL)
			continue;
		pal_yaml_type_text(&s->keys[i], &want);
		pal_yaml_fault(f, node->mark, "%s needs the key \"%s\" (%s), which is missing", s->name,
			       s->keys[i].name, pal_buf_text(&want));
	}
}

/* The same value of the key that must be unique, twice in one list. */
static void
say_twice(const struct pal_yaml_schema *s, const struct pal_yaml_node *list, struct pal_yaml_faults *f)
{
	struct pal_map seen = pal_map_of(f->arena);

	for (struct pal_yaml_node *n = list->first; n != NULL; n = n->next) {
		const struct pal_yaml_node *v = n->kind == PAL_YAML_SCALAR ? n : pal_yaml_get(n, s->unique);
		void                      **at = NULL;

		if (v == NULL || v->kind != PAL_YAML_SCALAR)
			continue;
		at = pal_map_put(&seen, pal_view_of(v->text));
		if (at == NULL)
			return;
		if (*at != NULL)
			pal_yaml_fault(f, v->mark, "%s \"%.64s\" is given twice, first in line %u", s->unique, v->text,
				       ((const struct pal_yaml_node *)*at)->mark.line);
		else
			*at = n;
	}
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): as deep as our own tables */
read_structs(const struct pal_yaml_key *k, const struct pal_yaml_node *node, struct pal_yaml_faults *f, void *base)
{
	struct pal_structs *out = field(base, k->offset);
	unsigned char      *items = pal_arena_array(f->arena, node->count, k->schema->size);
	size_t              i = 0;

	if (items == NULL)
		return;
	for (const struct pal_yaml_node *n = node->first; n != NULL; n = n->next)
		pal_yaml_read(k->schema, n, f, items + k->schema->size * i++);
	*out = (struct pal_structs){ items, i };
	if (k->schema->unique != NULL)
		say_twice(k->schema, node, f);
}

static void
read_texts(const struct pal_yaml_key *k, const struct pal_yaml_node *node, struct pal_yaml_faults *f, void *base)
{
	struct pal_texts *out = field(base, k->offset);
	const char      **items = pal_arena_array(f->arena, node->count, sizeof(*items));
	struct pal_mark  *marks = pal_arena_array(f->arena, node->count, sizeof(*marks));
	size_t            count = 0;

	if (items == NULL || marks == NULL)
		return;
	for (const struct pal_yaml_node *n = node->first; n != NULL; n = n->next) {
		if (!yaml_value_text(k, n, f, &items[count]))
			continue;
		marks[count++] = n->mark;
	}
	*out = (struct pal_texts){ items, marks, count };
}

/* Maps may be of known names only, and of numbers only. */
static bool
pair_is_right(const struct pal_yaml_key *k, const struct pal_yaml_node *n, struct pal_yaml_faults *f)
{
	struct pal_yaml_key  value = { .name = n->key, .type = PAL_YAML_REAL, .low = k->low, .high = k->high };
	struct pal_yaml_key  name = { .name = k->name, .type = PAL_YAML_ENUM, .values = k->values };
	struct pal_yaml_node key = { .kind = PAL_YAML_SCALAR, .mark = n->key_mark, .text = n->key };
	unsigned int         index = 0;
	double               number = 0;

	if (k->values != NULL && !yaml_value_enum(&name, &key, f, &index))
		return false;
	if (k->low != 0 || k->high != 0)
		return yaml_value_real(&value, n, f, &number);
	if (n->kind == PAL_YAML_SCALAR)
		return true;
	pal_yaml_fault(f, n->mark, "%s: expected a value for \"%.64s\", found %s", k->name, n->key,
		       pal_yaml_found(n, f->arena));
	return false;
}

static void
read_map(const struct pal_yaml_key *k, const struct pal_yaml_node *node, struct pal_yaml_faults *f, void *base)
{
	struct pal_pairs *out = field(base, k->offset);
	struct pal_pair  *items = pal_arena_array(f->arena, node->count, sizeof(*items));
	size_t            count = 0;

	if (items == NULL)
		return;
	for (const struct pal_yaml_node *n = node->first; n != NULL; n = n->next) {
		if (!pair_is_right(k, n, f))
			continue;
		items[count++] = (struct pal_pair){ n->key, n->text, n->mark };
	}
	*out = (struct pal_pairs){ items, count };
}

static void
read_scalar(const struct pal_yaml_key *k, const struct pal_yaml_node *node, struct pal_yaml_faults *f, void *to)
{
	unsigned int index = 0;

	switch (k->type) {
	case PAL_YAML_ENUM:
		if (yaml_value_enum(k, node, f, &index))
			pal_mem_copy(to, sizeof(index), &index, sizeof(index));
		return;
	case PAL_YAML_BOOL:
		(void)yaml_value_bool(k, node, f, to);
		return;
	case PAL_YAML_INT:
		(void)yaml_value_int(k, node, f, to);
		return;
	case PAL_YAML_REAL:
		(void)yaml_value_real(k, node, f, to);
		return;
	case PAL_YAML_DATE:
		(void)yaml_value_date(k, node, f, to);
		return;
	case PAL_YAML_TEXT:
	case PAL_YAML_NAME:
	case PAL_YAML_PATH:
	case PAL_YAML_DIGEST:
		(void)yaml_value_text(k, node, f, to);
		return;
	case PAL_YAML_MAP:
	case PAL_YAML_STRUCT:
	case PAL_YAML_TREE:
		yaml_value_wrong(k, node, f);
		return;
	}
}

static void
set_empty(const struct pal_yaml_key *k, void *to)
{
	static const struct pal_texts   no_texts;
	static const struct pal_structs no_structs;
	static const struct pal_pairs   no_pairs;

	if (!k->many)
		pal_mem_copy(to, sizeof(no_pairs), &no_pairs, sizeof(no_pairs));
	else if (k->type == PAL_YAML_STRUCT)
		pal_mem_copy(to, sizeof(no_structs), &no_structs, sizeof(no_structs));
	else
		pal_mem_copy(to, sizeof(no_texts), &no_texts, sizeof(no_texts));
}

void
/* NOLINTNEXTLINE(misc-no-recursion): as deep as our own tables */
pal_yaml_read_value(const struct pal_yaml_key *k, const struct pal_yaml_node *node, struct pal_yaml_faults *f,
		    void *base)
{
	bool  holds = k->many || k->type == PAL_YAML_MAP || k->type == PAL_YAML_STRUCT || k->type == PAL_YAML_TREE;
	void *to = field(base, k->offset);

	if (k->mark != 0)
		pal_mem_copy(field(base, k->mark), sizeof(node->mark), &node->mark, sizeof(node->mark));
	/* All lines below a key commented out: as if the key were, too. */
	if (holds && node->kind == PAL_YAML_NOTHING && !k->required)
		return;
	/* An empty list or map is said on purpose: it takes the place of a default. */
	if ((k->many || k->type == PAL_YAML_MAP) && !k->required && node->count == 0 &&
	    node->kind == (k->many ? PAL_YAML_SEQUENCE : PAL_YAML_MAPPING)) {
		set_empty(k, to);
		return;
	}
	if (k->many && (node->kind != PAL_YAML_SEQUENCE || (k->required && node->count == 0)))
		yaml_value_wrong_list(k, node, f);
	else if (k->many && k->type == PAL_YAML_STRUCT)
		read_structs(k, node, f, base);
	else if (k->many)
		read_texts(k, node, f, base);
	else if (k->type == PAL_YAML_STRUCT)
		pal_yaml_read(k->schema, node, f, to);
	else if (k->type == PAL_YAML_TREE && node->kind == PAL_YAML_MAPPING)
		pal_mem_copy(to, sizeof(node), &node, sizeof(node));
	else if (k->type == PAL_YAML_MAP && node->kind == PAL_YAML_MAPPING)
		read_map(k, node, f, base);
	else
		read_scalar(k, node, f, to);
}

/* Defaults are written as a user would write them, so that the manual cannot differ from what is read. */
void
/* NOLINTNEXTLINE(misc-no-recursion): as deep as our own tables */
pal_yaml_preset(const struct pal_yaml_key *k, struct pal_yaml_faults *f, void *base)
{
	struct pal_yaml_node  alone = { .kind = PAL_YAML_SCALAR, .plain = true, .text = k->preset };
	struct pal_yaml_node *root = &alone;
	struct pal_yaml_key   bare = *k;

	if (k->type == PAL_YAML_STRUCT && !k->many) {
		for (size_t i = 0; i < k->schema->count; i++)
			pal_yaml_preset(&k->schema->keys[i], f, field(base, k->offset));
		return;
	}
	if (k->preset == NULL)
		return;
	if ((k->many || k->type == PAL_YAML_MAP) &&
	    (pal_yaml_parse(pal_view_of(k->preset), f, &root, NULL) != PAL_OK || root == NULL))
		return;
	bare.mark = 0;
	pal_yaml_read_value(&bare, root, f, base);
}
