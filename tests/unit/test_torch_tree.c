/* test_torch_tree.c - pickles as trees: names, types, byte order, many tensors, cycles, and what is not followed. */
#include "collect.h"
#include "palisade/clock.h"
#include "formats/torch.h"

extern const struct pal_format pal_format_zip;

struct seen {
	char   text[4096];
	size_t len;
};

static enum pal_err
note(void *arg, const struct pal_content *c)
{
	struct seen *s = arg;

	if (c->kind == PAL_CONTENT_TENSOR)
		s->len += (size_t)snprintf(s->text + s->len, sizeof(s->text) - s->len, "%.*s=%s%s ", (int)c->name.len,
					   (const char *)c->name.data, pal_dtype_name(c->tensor.type),
					   c->tensor.big_endian ? " big" : "");
	return PAL_OK;
}

static void
test_types(void)
{
	static const char *const files[][2] = {
		{ "torch_nested.pt", "model.layers.0.weight=float32 model.t=float32 model.layers.1.weight=float16 " },
		{ "torch_big.pt", "w=float32 big " },
	};

	for (size_t i = 0; i < 2; i++) {
		char              path[512];
		struct pal_buf    b;
		struct pal_input  in;
		struct seen       s = { 0 };
		struct pal_limits limits = pal_limits_default;
		struct pal_diag   d = { 0 };
		PAL_AUTO_ARENA    a;
		struct pal_sink   sink = { .take = note, .arg = &s, .arena = &a, .limits = &limits };

		pal_arena_init(&a, (size_t)1 << 20);
		(void)snprintf(path, sizeof(path), "%s/tests/corpus/zip/good/%s", SOURCE_DIR, files[i][0]);
		b = collect_file(path);
		in = pal_input_of_view(pal_buf_view(&b));
		CHECK(pal_format_zip.parse(&in, &sink, &d) == PAL_OK);
		CHECK_SAY(strcmp(s.text, files[i][1]) == 0, s.text);
		pal_buf_done(&b);
	}
}

struct read {
	struct pal_arena       arena;
	struct pal_input       in;
	struct pal_torch_tree  tree;
	struct pal_torch_value root;
	uint64_t               end;
};

static void
read_view(struct read *r, struct pal_view v)
{
	*r = (struct read){ .in = pal_input_of_view(v) };
	pal_arena_init(&r->arena, PAL_TORCH_MEMORY);
	pal_torch_tree_init(&r->tree, &r->in, &r->arena);
	CHECK(pal_torch_read(&r->tree, 0, &r->root, &r->end) == PAL_OK);
	if (r->tree.why == NULL)
		CHECK(pal_torch_name_all(&r->tree, r->root) == PAL_OK);
}

static void
read_done(struct read *r)
{
	pal_torch_tree_done(&r->tree);
	pal_arena_done(&r->arena);
}

static enum pal_err
collect_path(void *arg, struct pal_view path, struct pal_torch_value v)
{
	struct pal_buf *b = arg;

	pal_buf_printf(b, "%.*s:%u ", (int)path.len, (const char *)path.data, (unsigned int)v.tag);
	return PAL_OK;
}

static const struct {
	const char *pickle;
	size_t      len;
	const char *paths; /* or why not, after an exclamation mark */
} trees[] = {
#define P(text) text, sizeof(text) - 1
	{ P("\x80\x02}(U\x01"
	    "aK\x01U\x01"
	    "b]K\x02"
	    "aU\x01"
	    "cNu."),
	  ":11 a:2 b:9 b.0:2 c:0 " },
	{ P("\x80\x02]q\x00h\x00"
	    "a."),
	  ":9 0:9 " }, /* a list in itself */
	{ P("\x80\x02]q\x00(K\x01K\x02"
	    "e."),
	  ":9 0:2 1:2 " },
	{ P("ccollections\nOrderedDict\n]q\x00(U\x01"
	    "aK\x01\x86U\x01"
	    "bK\x02\x86"
	    "e\x85R."),
	  ":11 a:2 b:2 " },
	{ P("cm\nC\n)\x81}U\x08_modules}U\x01xK\x01sssb."), "!items are added to nothing" },
	{ P("cm\nC\n)\x81}(U\x08_modules}(U\x01xK\x01uub."), ":12 :8 :11 :11 x:2 " },
	{ P("\x80\x02K\x01"), "!the pickle is cut short" },
	{ P("h\x05."), "!an entry of the memo that was never put there" },
	{ P("\x82\x01."), "!an opcode that is none, or has no place in such a file" },
	{ P("ctorch._utils\n_rebuild_tensor_v2\n(K\x01K\x00))tR."), "!a tensor without a storage" },
	{ P("cm\nf\n)R."), ":12 :8 :0 " },
#undef P
};

static void
test_trees(void)
{
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		struct read  r;
		PAL_AUTO_BUF b = pal_buf_of(0);
		bool         whole = false;

		read_view(&r, (struct pal_view){ (const uint8_t *)trees[i].pickle, trees[i].len });
		if (trees[i].paths[0] == '!') {
			CHECK_SAY(r.tree.why != NULL && strcmp(r.tree.why, trees[i].paths + 1) == 0, trees[i].paths);
		} else if (CHECK_SAY(r.tree.why == NULL, trees[i].paths)) {
			for (size_t n = 0; n < r.tree.storages.count; n++)
				CHECK(pal_list_at(&r.tree.storages, n) != NULL);
			CHECK(pal_torch_walk(r.root, true, 1000, collect_path, &b, &whole) == PAL_OK && whole);
			CHECK_SAY(strcmp(pal_buf_text(&b), trees[i].paths) == 0, pal_buf_text(&b));
		}
		read_done(&r);
	}
}

static void
add_tensor(struct pal_buf *b, int i)
{
	char name[40];
	int  n = snprintf(name, sizeof(name), "model.layers.%d.self_attn.weight", i), key = 0;

	pal_buf_add_byte(b, 'U');
	pal_buf_add_byte(b, (uint8_t)n);
	pal_buf_add_text(b, name);
	pal_buf_add_text(b, i == 0 ? "ctorch._utils\n_rebuild_tensor_v2\nq\x01((U\x07storageq\x02"
				     "ctorch\nFloatStorage\nq\x03"
				   : "h\x01((h\x02h\x03");
	key = snprintf(name, sizeof(name), "%d", i);
	pal_buf_add_byte(b, 'U');
	pal_buf_add_byte(b, (uint8_t)key);
	pal_buf_add_text(b, name);
	pal_buf_add(b, (struct pal_view){ (const uint8_t *)"U\x03"
							   "cpuK\x04tQK\x00(K\x02K\x02t(K\x02K\x01t\x89NtR",
					  27 });
}

/* A hundred thousand tensors: in a second or so and in 128 MB, and each with its name. */
static void
test_many(void)
{
	struct pal_buf b = pal_buf_of(0);
	struct read    r;
	uint64_t       began = pal_clock_mono_us();

	pal_buf_add(&b, (struct pal_view){ (const uint8_t *)"\x80\x02}(", 4 });
	for (int i = 0; i < 100000; i++)
		add_tensor(&b, i);
	pal_buf_add_text(&b, "u.");
	read_view(&r, pal_buf_view(&b));
	CHECK_SAY(r.tree.why == NULL, r.tree.why);
	CHECK(r.tree.storages.count == 100000 && r.arena.used < (size_t)128 << 20);
	CHECK(pal_clock_mono_us() - began < 20u * 1000000);
	if (r.tree.storages.count == 100000) {
		const struct pal_torch_storage *last =
		    *(struct pal_torch_storage **)pal_list_at(&r.tree.storages, 99999);

		CHECK(last->tensors != NULL && pal_view_is(last->tensors->name, "model.layers.99999.self_attn.weight"));
	}
	printf("# 100,000 tensors: %zu MB, %llu ms\n", r.arena.used >> 20,
	       (unsigned long long)(pal_clock_mono_us() - began) / 1000);
	read_done(&r);
	pal_buf_done(&b);
}

/* Lists in lists, each twice: walked once each, or until the steps are used up; and nesting without end. */
static void
test_bombs(void)
{
	struct pal_buf b = pal_buf_of(0);
	PAL_AUTO_BUF   out = pal_buf_of(0);
	struct read    r;
	bool           whole = true;

	pal_buf_add_text(&b, "]");
	for (int i = 0; i < 60; i++)
		pal_buf_add_text(&b, "2\x86\x85"); /* ((x, x),) */
	pal_buf_add_text(&b, ".");
	read_view(&r, pal_buf_view(&b));
	CHECK(r.tree.why == NULL);
	CHECK(pal_torch_walk(r.root, true, 10000, collect_path, &out, &whole) == PAL_OK && !whole);
	read_done(&r);
	pal_buf_clear(&b);
	for (int i = 0; i < 5000; i++)
		pal_buf_add_text(&b, i == 0 ? ")" : "\x85");
	pal_buf_add_text(&b, ".");
	read_view(&r, pal_buf_view(&b));
	CHECK(r.tree.why != NULL && strcmp(r.tree.why, "it is nested too deeply") == 0);
	read_done(&r);
	pal_buf_done(&b);
}

int
main(void)
{
	test_types();
	test_trees();
	test_many();
	test_bombs();
	return check_done();
}
