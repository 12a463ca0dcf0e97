/* test_flatbuffer.c - fields of every width, vectors, strings, each way in which an offset can lie, and walks that
 * never end in files that share or chain their parts. */
#include <unistd.h>

#include "check.h"
#include "collect.h"
#include "formats/flatbuffer.h"

/* A table at 32 (vtable at 16) with a u8, a u64, a string, a vector of u16, a table that is itself, a vector of two
 * references to the root. */
static uint8_t sample[128];

static void
put(size_t at, uint64_t n, size_t width)
{
	for (size_t i = 0; i < width; i++)
		sample[at + i] = (uint8_t)(n >> (8 * i));
}

static void
build(void)
{
	static const uint16_t fields[] = { 4, 8, 16, 20, 24, 28, 0 };

	memset(sample, 0, sizeof(sample));
	put(0, 32, 4);
	memcpy(sample + 4, "TEST", 4);
	put(16 - 4, 4 + sizeof(fields), 2); /* vtable at 12 */
	put(16 - 2, 32, 2);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		put(16 + 2 * i, fields[i], 2);
	put(32, 20, 4); /* the vtable is 20 bytes before */
	put(36, 7, 1);
	put(40, 0x1122334455667788, 8);
	put(48, 64 - 48, 4); /* the string */
	put(52, 76 - 52, 4); /* the vector of u16 */
	put(56, 0xffffffe8, 4);
	put(60, 84 - 60, 4);
	put(64, 5, 4);
	memcpy(sample + 68, "hello", 6);
	put(76, 2, 4);
	put(80, 0x0102, 2);
	put(82, 0x0304, 2);
	put(84, 2, 4);
	put(88, 96 - 88, 4);
	put(92, 96 - 92, 4);
	put(96, 96 - 12, 4); /* another table with the same vtable; its fields lie in zeros */
}

struct room {
	struct collect   to;
	struct pal_input in;
	struct pal_arena arena;
	struct pal_sink  sink;
	struct pal_fb    fb;
};

static void
enter(struct room *r, struct pal_input in)
{
	r->to = collect_of();
	r->in = in;
	pal_arena_init(&r->arena, 1 << 20);
	r->sink = (struct pal_sink){ .take = collect_take, .arg = &r->to, .arena = &r->arena, .limits = &r->to.limits };
	CHECK(pal_fb_init(&r->fb, &r->in, &r->sink, r->in.size) == PAL_OK);
}

static void
leave(struct room *r)
{
	pal_fb_done(&r->fb);
	pal_arena_done(&r->arena);
	pal_input_done(&r->in);
	collect_done(&r->to);
}

static struct pal_input
sample_input(void)
{
	return pal_input_of_view((struct pal_view){ sample, sizeof(sample) });
}

static void
check_whole(struct room *r)
{
	PAL_AUTO_BUF         b = pal_buf_of(64);
	struct pal_fb_table  root = pal_fb_root(&r->fb);
	struct pal_fb_vector text = pal_fb_string(&r->fb, &root, 2), numbers = pal_fb_vector(&r->fb, &root, 3, 2);
	struct pal_fb_vector tables = pal_fb_vector(&r->fb, &root, 5, 4);
	struct pal_fb_table  other = { 0 };

	CHECK(root.at == 32 && root.vtable == 12);
	CHECK(pal_fb_uint(&r->fb, &root, 0, 1, 99) == 7);
	CHECK(pal_fb_uint(&r->fb, &root, 1, 8, 99) == 0x1122334455667788);
	CHECK(pal_fb_uint(&r->fb, &root, 6, 4, 99) == 99); /* a field without a place */
	CHECK(pal_fb_uint(&r->fb, &root, 7, 4, 99) == 99); /* one that the vtable does not reach */
	CHECK(pal_fb_has(&r->fb, &root, 5) && !pal_fb_has(&r->fb, &root, 6));
	CHECK(pal_view_is(pal_fb_text(&r->fb, &text, 64, &b), "hello"));
	CHECK(pal_view_is(pal_fb_text(&r->fb, &text, 2, &b), "he"));
	CHECK(pal_fb_give(&r->fb, &text, "greeting") == PAL_OK);
	CHECK(strstr(pal_buf_text(&r->to.out), "META @68 greeting hello") != NULL);
	CHECK(numbers.count == 2 && pal_fb_item(&r->fb, &numbers, 0) == 0x0102 &&
	      pal_fb_item(&r->fb, &numbers, 1) == 0x0304);
	CHECK(tables.count == 2);
	other = pal_fb_item_table(&r->fb, &tables, 1);
	CHECK(other.at == 96 && pal_fb_uint(&r->fb, &other, 0, 1, 9) == 0);
	CHECK(r->fb.lies == 0 && pal_fb_err(&r->fb) == PAL_OK);
}

static void
test_memory(void)
{
	struct room r;

	build();
	enter(&r, sample_input());
	check_whole(&r);
	CHECK(r.fb.end == 101); /* the first field of the table at 96 */
	leave(&r);
}

/* The same from a file, through pages: the FlatBuffer, then zeros up to 100 kB, then a string that crosses a page. */
static void
test_file(void)
{
	char                 path[] = "/tmp/test_flatbuffer_XXXXXX";
	int                  fd = mkstemp(path);
	struct room          r;
	struct pal_fb_vector text = { .at = 16384 - 3, .count = 6, .width = 1 };
	PAL_AUTO_BUF         b = pal_buf_of(64);

	build();
	CHECK(fd >= 0 && unlink(path) == 0 && ftruncate(fd, 100000) == 0);
	CHECK(pwrite(fd, sample, sizeof(sample), 0) == (ssize_t)sizeof(sample));
	CHECK(pwrite(fd, "across", 6, 16384 - 3) == 6);
	enter(&r, pal_input_of_fd(fd, 100000));
	check_whole(&r);
	CHECK(pal_view_is(pal_fb_text(&r.fb, &text, 64, &b), "across"));
	leave(&r);
	(void)close(fd);
}

static void
check_lie(const char *expected, void (*ask)(struct room *r, const struct pal_fb_table *root))
{
	struct room         r;
	struct pal_fb_table root = { 0 };

	enter(&r, sample_input());
	root = pal_fb_root(&r.fb);
	ask(&r, &root);
	CHECK_SAY(strstr(pal_buf_text(&r.to.out), expected) != NULL, expected);
	CHECK(r.fb.lies == 1 && pal_fb_err(&r.fb) == PAL_OK);
	leave(&r);
}

static void
ask_nothing(struct room *r, const struct pal_fb_table *root)
{
	CHECK(root->at == 0 && !pal_fb_has(&r->fb, root, 0));
}

static void
ask_byte(struct room *r, const struct pal_fb_table *root)
{
	CHECK(pal_fb_uint(&r->fb, root, 0, 1, 42) == 42);
}

static void
ask_wide(struct room *r, const struct pal_fb_table *root)
{
	CHECK(pal_fb_uint(&r->fb, root, 1, 8, 42) == 42);
}

static void
ask_text(struct room *r, const struct pal_fb_table *root)
{
	CHECK(pal_fb_string(&r->fb, root, 2).count <= 4);
}

static void
ask_itself(struct room *r, const struct pal_fb_table *root)
{
	CHECK(pal_fb_table(&r->fb, root, 4).at == 0);
}

static void
test_lies(void)
{
	static const struct {
		size_t      at;
		uint64_t    n;
		size_t      width;
		const char *expected;
		void (*ask)(struct room *r, const struct pal_fb_table *root);
	} cases[] = {
		{ 0, 0xfffffff0, 4, "a table that begins off", ask_nothing },
		{ 0, 33, 4, "a table that begins off", ask_nothing },
		{ 0, 0, 4, "a table that begins off", ask_nothing },
		{ 0, 128, 4, "a table that begins off", ask_nothing },
		{ 32, 33, 4, "a table whose vtable lies", ask_nothing },
		{ 32, 0x80000000, 4, "a table whose vtable lies", ask_nothing },
		{ 32, 19, 4, "a table whose vtable lies", ask_nothing },
		{ 12, 2, 2, "a vtable of 2 bytes", ask_nothing },
		{ 12, 0xfffe, 2, "a vtable of 65534 bytes", ask_nothing },
		{ 14, 3, 2, "for a table of 3", ask_nothing },
		{ 14, 97, 2, "for a table of 97", ask_nothing },
		{ 16, 32, 2, "field 0 stands at 32", ask_byte },
		{ 16, 3, 2, "field 0 stands at 3", ask_byte },
		{ 18, 12, 2, "off its alignment", ask_wide },
		{ 18, 28, 2, "field 1 stands at 28", ask_wide },
		{ 48, 0, 4, "leads to nothing", ask_text },
		{ 48, 0x7fffffff, 4, "leads to nothing", ask_text },
		{ 48, 17, 4, "leads to nothing", ask_text },
		{ 56, 0xffffffe8, 4, "leads to nothing", ask_itself }, /* offsets go forward only: no cycle */
		{ 64, 0xffffffff, 4, "is longer than the file", ask_text },
		{ 64, 61, 4, "is longer than the file", ask_text },
		{ 64, 4, 4, "without the NUL", ask_text },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		build();
		put(cases[i].at, cases[i].n, cases[i].width);
		check_lie(cases[i].expected, cases[i].ask);
	}
}

/* However often a walk comes back to the same table, it ends, and says so once. */
static void
test_budget(void)
{
	struct room         r;
	struct pal_fb_table root = { 0 };
	uint64_t            steps = 0;

	build();
	enter(&r, sample_input());
	root = pal_fb_root(&r.fb);
	while (r.fb.budget > 0 && steps < 100000000) {
		(void)pal_fb_uint(&r.fb, &root, 1, 8, 0);
		steps++;
	}
	CHECK(steps > 100000 && steps < 100000000);
	CHECK(pal_fb_err(&r.fb) == PAL_OK && r.to.counts[PAL_CONTENT_ANOMALY] == 1);
	CHECK(strstr(pal_buf_text(&r.to.out), "FORMAT-LIMIT") != NULL);
	CHECK(pal_fb_root(&r.fb).at == 0 && r.to.counts[PAL_CONTENT_ANOMALY] == 1);
	leave(&r);
}

/* A file that lies everywhere is reported a few times, not a million times. */
static void
test_many_lies(void)
{
	struct room r;

	build();
	put(0, 1, 4);
	enter(&r, sample_input());
	for (int i = 0; i < 1000; i++)
		CHECK(pal_fb_root(&r.fb).at == 0);
	CHECK(r.fb.lies == 1000 && r.to.counts[PAL_CONTENT_ANOMALY] == 8);
	leave(&r);
}

int
main(void)
{
	CHECK(pal_fb_is(pal_view_of("\1\1\1\1TFL3"), "TFL3") && !pal_fb_is(pal_view_of("\1\1\1\1TFL"), "TFL3"));
	test_memory();
	test_file();
	test_lies();
	test_budget();
	test_many_lies();
	return check_done();
}
