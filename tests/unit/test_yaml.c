/* test_yaml.c - texts into trees: kinds, places, encodings, limits, files that cannot be read; and damage. */
#include "palisade/yaml.h"

#include <sys/stat.h>

#include "check.h"
#include "mutate.h"
#include "palisade/file.h"
#include "scratch.h"

static enum pal_err
parse(struct pal_view text, struct pal_arena *a, struct pal_yaml_node **ret, struct pal_diag *d)
{
	struct pal_yaml_faults f = pal_yaml_faults_of(a, "f.yaml");

	*ret = NULL;
	return pal_yaml_parse(text, &f, ret, d);
}

static bool
at(const struct pal_yaml_node *n, unsigned int line, unsigned int column)
{
	return n != NULL && n->mark.line == line && n->mark.column == column;
}

static void
test_tree(void)
{
	static const char           text[] = "a: 1\n"
					     "b:\n"
					     "  - x\n"
					     "  - {k: \"v\", n: }\n"
					     "c:\n"
					     "\"d e\": 'q'\n"
					     "\xc3\xa9: ~\n"
					     "f: |\n"
					     "  two\n"
					     "  lines\n";
	PAL_AUTO_ARENA              a;
	struct pal_yaml_node       *root = NULL;
	const struct pal_yaml_node *b = NULL;

	pal_arena_init(&a, (size_t)1 << 20);
	CHECK(parse(pal_view_of(text), &a, &root, NULL) == PAL_OK && root != NULL);
	CHECK(root->kind == PAL_YAML_MAPPING && root->count == 6 && at(root, 1, 1));
	CHECK(at(pal_yaml_get(root, "a"), 1, 4) && pal_yaml_get(root, "a")->plain);
	b = pal_yaml_get(root, "b");
	CHECK(at(b, 3, 3) && b->kind == PAL_YAML_SEQUENCE && b->count == 2 && b->key_mark.line == 2);
	CHECK(at(b->first, 3, 5) && b->first->key == NULL && b->first->key_mark.line == 0);
	CHECK(at(b->last, 4, 5) && at(b->last->first, 4, 9) && !b->last->first->plain);
	CHECK(at(b->last->last, 4, 16) && b->last->last->kind == PAL_YAML_NOTHING);
	CHECK(at(pal_yaml_get(root, "c"), 5, 3) && pal_yaml_get(root, "c")->kind == PAL_YAML_NOTHING);
	CHECK(at(pal_yaml_get(root, "d e"), 6, 8) && pal_yaml_get(root, "d e")->key_mark.column == 1);
	CHECK(at(pal_yaml_get(root, "\xc3\xa9"), 7, 4));
	CHECK(strcmp(pal_yaml_get(root, "f")->text, "two\nlines\n") == 0);
	CHECK(pal_yaml_get(root, "g") == NULL && pal_yaml_get(NULL, "g") == NULL && pal_yaml_get(b, "g") == NULL);
}

/* The same document in other clothes. */
static void
test_encodings(void)
{
	static const char *const same[] = { "a: 1\nb: 2\n",
					    "a: 1\r\nb: 2\r\n",
					    ("\xef\xbb\xbf"
					     "a: 1\nb: 2\n"),
					    "a:\t1\nb: 2",
					    "---\na: 1\nb: 2\n...\n",
					    "%YAML 1.2\n---\na: 1\nb: 2\n",
					    "{a: 1, b: 2}" };
	static const struct {
		struct pal_view text;
		const char     *want;
	} wrong[] = {
		{ { (const uint8_t *)"\xff\xfe"
				     "a\0:\0",
		    6 },
		  "f.yaml:1:1: this is UTF-16 or another wide encoding; save it as UTF-8" },
		{ { (const uint8_t *)"\0a\0:", 4 },
		  "f.yaml:1:1: this is UTF-16 or another wide encoding; save it as UTF-8" },
		{ { (const uint8_t *)"a\0:\0", 4 },
		  "f.yaml:1:1: this is UTF-16 or another wide encoding; save it as UTF-8" },
		{ { (const uint8_t *)"a: 1\nb\0", 7 }, "f.yaml:2:2: a NUL byte; save the file as UTF-8 text" },
		{ { (const uint8_t *)"a: 1\n\xc3\xa9 \xe9", 10 },
		  "f.yaml:2:3: a byte that is no UTF-8; save the file as UTF-8 text" },
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		PAL_AUTO_ARENA        a;
		struct pal_yaml_node *root = NULL;

		pal_arena_init(&a, (size_t)1 << 20);
		CHECK_SAY(parse(pal_view_of(same[i]), &a, &root, NULL) == PAL_OK && root != NULL && root->count == 2 &&
			      strcmp(pal_yaml_get(root, "b")->text, "2") == 0,
			  same[i]);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		PAL_AUTO_ARENA        a;
		struct pal_yaml_node *root = NULL;
		struct pal_diag       d = { 0 };

		pal_arena_init(&a, (size_t)1 << 20);
		CHECK(parse(wrong[i].text, &a, &root, &d) == PAL_ECONFIG && root == NULL);
		CHECK_SAY(strcmp(d.text, wrong[i].want) == 0, d.text);
	}
}

static void
test_limits(void)
{
	PAL_AUTO_ARENA        a;
	PAL_AUTO_ARENA        small;
	PAL_AUTO_BUF          text = pal_buf_of(0);
	struct pal_yaml_node *root = NULL;
	struct pal_diag       d = { 0 };

	pal_arena_init(&a, (size_t)64 << 20);
	pal_arena_init(&small, 4096);
	CHECK(parse(pal_view_of(""), &a, &root, &d) == PAL_OK && root == NULL);
	CHECK(parse((struct pal_view){ 0 }, &a, &root, &d) == PAL_OK && root == NULL);
	CHECK(parse(pal_view_of("\xef\xbb\xbf"), &a, &root, &d) == PAL_OK && root == NULL);
	for (int i = 0; i < PAL_YAML_DEPTH; i++)
		pal_buf_add_byte(&text, '[');
	for (int i = 0; i < PAL_YAML_DEPTH; i++)
		pal_buf_add_byte(&text, ']');
	CHECK(parse(pal_buf_view(&text), &a, &root, &d) == PAL_OK && root != NULL);
	pal_buf_clear(&text);
	for (int i = 0; i < PAL_YAML_NODES + 1; i++)
		pal_buf_add_text(&text, "- a\n");
	CHECK(parse(pal_buf_view(&text), &a, &root, &d) == PAL_ECONFIG && root == NULL);
	CHECK_SAY(strstr(d.text, "more than 50000 values; at most that many are read") != NULL, d.text);
	CHECK(parse(pal_view_sub(pal_buf_view(&text), 0, 4000), &small, &root, &d) == PAL_ELIMIT && root == NULL);
	pal_buf_clear(&text);
	for (size_t i = 0; i < PAL_YAML_SIZE; i++)
		pal_buf_add_byte(&text, '#');
	CHECK(parse(pal_buf_view(&text), &a, &root, &d) == PAL_OK && root == NULL);
	pal_buf_add_byte(&text, '#');
	CHECK(parse(pal_buf_view(&text), &a, &root, &d) == PAL_ELIMIT);
}

/* A key given twice is a fault, but the tree is there, so that the rest is looked at, too. */
static void
test_twice(void)
{
	PAL_AUTO_ARENA         a;
	struct pal_yaml_faults f = { 0 };
	struct pal_yaml_node  *root = NULL;
	struct pal_diag        d = { 0 };

	pal_arena_init(&a, (size_t)1 << 20);
	f = pal_yaml_faults_of(&a, "f.yaml");
	CHECK(pal_yaml_parse(pal_view_of("b: 1\na: {x: 1, y: 2, x: 3}\nb: 2\nb: 3\n"), &f, &root, &d) == PAL_OK);
	CHECK(root != NULL && f.list.count == 3);
	CHECK(pal_yaml_result(&f, &d) == PAL_ECONFIG);
	CHECK_SAY(strcmp(d.text, "f.yaml:2:17: key \"x\" is given twice, first in line 2") == 0, d.text);
}

static void
test_files(void)
{
	PAL_AUTO_ARENA         a;
	struct pal_yaml_faults f = { 0 };
	struct pal_yaml_node  *root = NULL;
	struct pal_diag        d = { 0 };

	(void)scratch_init();
	pal_arena_init(&a, (size_t)1 << 20);
	f = pal_yaml_faults_of(&a, "f.yaml");
	CHECK(pal_yaml_load(scratch_path("none.yaml"), &f, &root, &d) == PAL_ENOTFOUND);
	CHECK_SAY(strstr(d.text, "none.yaml") != NULL, d.text);
	CHECK(pal_yaml_load(scratch_root, &f, &root, &d) != PAL_OK);
	CHECK_SAY(strstr(d.text, scratch_root) != NULL, d.text);
	CHECK(pal_file_write(scratch_path("empty.yaml"), (struct pal_view){ 0 }, 0600, &d) == PAL_OK);
	CHECK(pal_yaml_load(scratch_path("empty.yaml"), &f, &root, &d) == PAL_OK && root == NULL);
	CHECK(pal_file_write(scratch_path("closed.yaml"), pal_view_of("a: 1\n"), 0000, &d) == PAL_OK);
	if (geteuid() != 0)
		CHECK(pal_yaml_load(scratch_path("closed.yaml"), &f, &root, &d) == PAL_ESYS);
	CHECK(chmod(scratch_path("closed.yaml"), 0600) == 0);
	CHECK(pal_yaml_load(scratch_path("closed.yaml"), &f, &root, &d) == PAL_OK && root != NULL);
	CHECK(mkfifo(scratch_path("pipe.yaml"), 0600) == 0);
	CHECK(pal_yaml_load(scratch_path("pipe.yaml"), &f, &root, &d) != PAL_OK);
	scratch_done();
}

static void
damaged(struct pal_view v, void *arg)
{
	PAL_AUTO_ARENA         a;
	struct pal_yaml_faults f = { 0 };
	struct pal_yaml_node  *root = NULL;
	struct pal_diag        d = { 0 };
	enum pal_err           e = PAL_OK;

	(void)arg;
	pal_arena_init(&a, (size_t)1 << 20);
	f = pal_yaml_faults_of(&a, "f.yaml");
	e = pal_yaml_parse(v, &f, &root, &d);
	if (e != PAL_OK && (e != PAL_ECONFIG || root != NULL || d.text[0] == '\0'))
		(void)CHECK_SAY(0, d.text);
}

int
main(void)
{
	test_tree();
	test_encodings();
	test_limits();
	test_twice();
	test_files();
	pal_mutate_all(
	    pal_view_of("a: [1, {b: 'c'}]\nd:\n  - \"e\\n\"\n  - |\n    f\ng: &x 1\nh: !t *x\n? i\n: j # k\n"), damaged,
	    NULL);
	CHECK(1);
	return check_done();
}
