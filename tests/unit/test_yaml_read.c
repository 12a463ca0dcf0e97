/* test_yaml_read.c - a table with a row of every type; and the shape of every table that palisade.yaml is read by. */
#include "check.h"
#include "palisade/clock.h"
#include "policy/parameters.h"
#include "policy/pipeline_tables.h"

struct inner {
	struct pal_mark mark;
	const char     *name;
	int64_t         size;
};

enum colour { RED, GREEN };

struct outer {
	struct pal_mark             mark;
	const char                 *text, *name, *path, *digest;
	enum colour                 colour;
	bool                        yes;
	int64_t                     number;
	double                      real;
	uint64_t                    date;
	struct pal_pairs            map;
	struct inner                inner;
	const struct pal_yaml_node *tree;
	struct pal_texts            names;
	struct pal_structs          inners;
	struct pal_mark             number_mark;
};

static const char *const colours[] = { "red", "green", NULL };

#define AT(s, f) .offset = offsetof(struct s, f)

static const struct pal_yaml_key inner_keys[] = {
	{ .name = "name", .type = PAL_YAML_NAME, .required = true, AT(inner, name) },
	{ .name = "size", .type = PAL_YAML_INT, .preset = "7", AT(inner, size) },
};
static const struct pal_yaml_schema inner_table = { .name = "an inner",
						    PAL_YAML_KEYS(inner_keys),
						    .size = sizeof(struct inner),
						    .short_key = "name",
						    .unique = "name" };
static const struct pal_yaml_key    outer_keys[] = {
	   { .name = "text", .type = PAL_YAML_TEXT, .preset = "as it is", AT(outer, text) },
	   { .name = "name", .type = PAL_YAML_NAME, AT(outer, name) },
	   { .name = "path", .type = PAL_YAML_PATH, AT(outer, path) },
	   { .name = "digest", .type = PAL_YAML_DIGEST, AT(outer, digest) },
	   { .name = "colour", .type = PAL_YAML_ENUM, .values = colours, .preset = "green", AT(outer, colour) },
	   { .name = "yes", .type = PAL_YAML_BOOL, .preset = "true", AT(outer, yes) },
	   { .name = "number", .type = PAL_YAML_INT, .mark = offsetof(struct outer, number_mark), AT(outer, number) },
	   { .name = "real", .type = PAL_YAML_REAL, AT(outer, real) },
	   { .name = "date", .type = PAL_YAML_DATE, AT(outer, date) },
	   { .name = "map", .type = PAL_YAML_MAP, AT(outer, map) },
	   { .name = "inner", .type = PAL_YAML_STRUCT, .schema = &inner_table, AT(outer, inner) },
	   { .name = "tree", .type = PAL_YAML_TREE, AT(outer, tree) },
	   { .name = "names", .type = PAL_YAML_NAME, .many = true, .preset = "[p, q]", AT(outer, names) },
	   { .name = "inners", .type = PAL_YAML_STRUCT, .many = true, .schema = &inner_table, AT(outer, inners) },
};
static const struct pal_yaml_schema outer_table = { .name = "an outer",
						    PAL_YAML_KEYS(outer_keys),
						    .size = sizeof(struct outer) };

static size_t
read_text(const char *text, struct pal_arena *a, struct outer *o)
{
	struct pal_yaml_faults f = pal_yaml_faults_of(a, "f.yaml");
	struct pal_yaml_node  *root = NULL;

	*o = (struct outer){ 0 };
	if (!CHECK(pal_yaml_parse(pal_view_of(text), &f, &root, NULL) == PAL_OK && root != NULL))
		return SIZE_MAX;
	pal_yaml_read(&outer_table, root, &f, o);
	return f.list.count;
}

static void
test_all(void)
{
	PAL_AUTO_ARENA      a;
	struct outer        o = { 0 };
	const struct inner *in = NULL;

	pal_arena_init(&a, (size_t)1 << 20);
	CHECK(read_text(
		  "text: a b\nname: n-1\npath: ./a//b/\n"
		  "digest: sha256:0000000000000000000000000000000000000000000000000000000000000000\n"
		  "colour: red\nyes: false\nnumber: -9223372036854775808\nreal: -1.5e-3\ndate: 2026-11-21T03:45:00Z\n"
		  "map: {a: 1, b: x y}\ninner: {name: i}\ntree: {x: [1]}\nnames: [a, b.c]\n"
		  "inners: [{name: j, size: 8}, k]\n",
		  &a, &o) == 0);
	CHECK(strcmp(o.text, "a b") == 0 && strcmp(o.name, "n-1") == 0 && strcmp(o.path, "a/b") == 0);
	CHECK(o.digest != NULL && o.colour == RED && !o.yes && o.number == INT64_MIN && o.real == -1.5e-3);
	CHECK(o.date == UINT64_C(1795232700000) && o.number_mark.line == 7 && o.number_mark.column == 9);
	CHECK(o.map.count == 2 && strcmp(o.map.items[1].key, "b") == 0 && strcmp(o.map.items[1].value, "x y") == 0);
	CHECK(o.inner.mark.line == 11 && strcmp(o.inner.name, "i") == 0 && o.inner.size == 7);
	CHECK(o.tree != NULL && o.tree->count == 1);
	CHECK(o.names.count == 2 && strcmp(o.names.items[1], "b.c") == 0 && o.names.marks[1].column == 12);
	in = o.inners.items;
	CHECK(o.inners.count == 2 && in[0].size == 8 && strcmp(in[1].name, "k") == 0 && in[1].size == 7);
}

static void
test_defaults(void)
{
	PAL_AUTO_ARENA a;
	struct outer   o = { 0 };

	pal_arena_init(&a, (size_t)1 << 20);
	CHECK(read_text("{}", &a, &o) == 0);
	CHECK(strcmp(o.text, "as it is") == 0 && o.name == NULL && o.colour == GREEN && o.yes && o.number == 0);
	CHECK(o.number_mark.line == 0 && o.inner.mark.line == 0 && o.inner.size == 7 && o.inners.count == 0);
	CHECK(o.names.count == 2 && strcmp(o.names.items[0], "p") == 0);
	/* What holds others may be left empty; a value may not. */
	CHECK(read_text("inners:\nmap:\ninner:\nnames:\ntree: ~\n", &a, &o) == 0 && o.names.count == 2);
	CHECK(read_text("number:\n", &a, &o) == 1 && read_text("text: ~\n", &a, &o) == 1);
	CHECK(read_text("{names: [], map: {}, inners: []}", &a, &o) == 0 && o.names.count == 0 && o.inners.count == 0);
	/* A wrong value leaves the default. */
	CHECK(read_text("colour: blue\nyes: 1\nnumber: 9223372036854775808\n", &a, &o) == 3);
	CHECK(o.colour == GREEN && o.yes && o.number == 0);
	CHECK(read_text("inners: [{name: j}, j, {nam: l}]\n", &a, &o) == 3);
}

static size_t
size_of(const struct pal_yaml_key *k)
{
	if (k->many)
		return k->type == PAL_YAML_STRUCT ? sizeof(struct pal_structs) : sizeof(struct pal_texts);
	switch (k->type) {
	case PAL_YAML_TEXT:
	case PAL_YAML_NAME:
	case PAL_YAML_PATH:
	case PAL_YAML_DIGEST:
	case PAL_YAML_TREE:
		return sizeof(const char *);
	case PAL_YAML_ENUM:
		return sizeof(unsigned int);
	case PAL_YAML_BOOL:
		return sizeof(bool);
	case PAL_YAML_INT:
	case PAL_YAML_REAL:
	case PAL_YAML_DATE:
		return 8;
	case PAL_YAML_MAP:
		return sizeof(struct pal_pairs);
	case PAL_YAML_STRUCT:
		return k->schema->size;
	}
	return SIZE_MAX;
}

/* Every field lies in its struct, after its mark, and on no other field. */
static void
test_table(const struct pal_yaml_schema *s, unsigned int depth)
{
	CHECK_SAY(depth < 4 && s->name != NULL && s->doc != NULL && s->count > 0, "a table without name or words");
	for (size_t i = 0; i < s->count; i++) {
		const struct pal_yaml_key *k = &s->keys[i];
		size_t                     end = k->offset + size_of(k);

		CHECK_SAY(k->doc != NULL && k->doc[0] != '\0', k->name);
		CHECK_SAY(k->offset >= sizeof(struct pal_mark) && end <= s->size, k->name);
		CHECK_SAY((k->type == PAL_YAML_ENUM) == (k->values != NULL), k->name);
		CHECK_SAY((k->type == PAL_YAML_STRUCT) == (k->schema != NULL), k->name);
		CHECK_SAY(k->mark == 0 || k->mark + sizeof(struct pal_mark) <= s->size, k->name);
		for (size_t j = 0; j < i; j++) {
			CHECK_SAY(strcmp(s->keys[j].name, k->name) != 0, k->name);
			CHECK_SAY(s->keys[j].offset >= end || k->offset >= s->keys[j].offset + size_of(&s->keys[j]),
				  k->name);
		}
		if (k->schema != NULL)
			test_table(k->schema, depth + 1);
	}
}

/* Parameters: known controls, presets that read without a fault, names once a control. */
static void
test_parameters(void)
{
	PAL_AUTO_ARENA      a;
	struct pal_controls all = { 0 };

	pal_arena_init(&a, (size_t)4 << 20);
	CHECK(pal_controls_load(&a, &all, NULL) == PAL_OK);
	for (size_t i = 0; i < policy_parameter_count; i++) {
		const struct policy_parameter *p = &policy_parameters[i];
		const char *const              presets[] = { p->baseline, p->strict };

		CHECK_SAY(pal_control_find(&all, p->control) != NULL, p->control);
		CHECK_SAY(p->key.doc != NULL && strcmp(p->key.name, "mode") != 0, p->key.name);
		CHECK_SAY(p->key.offset + (p->key.type == PAL_YAML_ENUM ? sizeof(char *) : size_of(&p->key)) <=
			      sizeof(struct pal_policy_value),
			  p->key.name);
		for (size_t j = 0; j < i; j++)
			CHECK_SAY(strcmp(policy_parameters[j].control, p->control) != 0 ||
				      strcmp(policy_parameters[j].key.name, p->key.name) != 0,
				  p->key.name);
		for (size_t j = 0; j < 2; j++) {
			struct pal_yaml_faults f = pal_yaml_faults_of(&a, "preset");
			struct pal_yaml_node  *root = NULL;
			unsigned char          value[sizeof(struct pal_policy_value)] = { 0 };

			CHECK_SAY(pal_yaml_parse(pal_view_of(presets[j]), &f, &root, NULL) == PAL_OK && root != NULL,
				  p->key.name);
			if (root != NULL)
				pal_yaml_read_value(&p->key, root, &f, value);
			CHECK_SAY(f.list.count == 0, p->key.name);
		}
	}
	for (size_t i = 0; i < policy_mode_count; i++)
		CHECK_SAY(pal_control_find(&all, policy_modes[i].control) != NULL, policy_modes[i].control);
}

int
main(void)
{
	test_all();
	test_defaults();
	test_table(&pipeline_schema, 0);
	test_parameters();
	return check_done();
}
