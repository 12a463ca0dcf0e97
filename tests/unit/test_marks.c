/* test_marks.c - every kind at its first byte, every damage to it, nothing in random bytes, and text told from noise.
 */
#include <zlib.h>

#include "check.h"
#include "detect/marks.h"
#include "mutate.h"
#include "palisade/err.h"

#define B(s)                                        \
	{                                           \
		(const uint8_t *)(s), sizeof(s) - 1 \
	}

static const uint8_t elf[64] = { 0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 2, [18] = 62, [20] = 1, [52] = 64, [54] = 56 };
static const uint8_t zstd[40] = { 0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, 0x29 };

static const struct {
	enum pal_mark   mark;
	bool            start; /* only where the bytes begin */
	struct pal_view v;
} goods[] = {
	{ PAL_MARK_ELF, false, { elf, sizeof(elf) } },
	{ PAL_MARK_SCRIPT, false, B("#!/bin/sh\nrm -rf /\n") },
	{ PAL_MARK_PICKLE, false,
	  B("\x80\x02"
	    "cos\nsystem\n(S'id'\ntR.") },
	{ PAL_MARK_PICKLE, false, B("\x80\x04\x95\x06\0\0\0\0\0\0\0\x8c\x02os\x94.") },
	{ PAL_MARK_PICKLE, true, B("\x80\x02]q\0(K\1K\2K\3e.") },
	{ PAL_MARK_ARCHIVE, false, B("PK\3\4\x14\0\0\0\x08\0abcdefghijklmnop\5\0\0\0a.txt") },
	{ PAL_MARK_ARCHIVE, false,
	  B("\xfd"
	    "7zXZ\0\0\4aaaabbbbccccddddeeeeffffgggg") },
	{ PAL_MARK_ARCHIVE, false, B("7z\xbc\xaf\x27\x1c\0\4aaaabbbbccccddddeeeeffffgggg") },
	{ PAL_MARK_ARCHIVE, false, B("BZh91AY&SYaaaabbbbccccddddeeeeffffgggg") },
	{ PAL_MARK_ARCHIVE, false, B("Rar!\x1a\7\1\0aaaabbbbccccddddeeeeffffgggg") },
	{ PAL_MARK_ARCHIVE, false, { zstd, sizeof(zstd) } },
};

static const struct pal_view bads[] = {
	B("\x7f"
	  "ELF and some more words that fill the header up to its end, sixty-four"),
	B("#!/bin/sh"),
	B("\x80\x02"
	  "cos system\n(S'id'\ntR."),
	B("PK\3\4 just words that follow it by chance"),
	B("PK\3\4\x14\0\0\0\x63\0abcdefghijklmnop\5\0\0\0a\1txt"),
	B("\x1f\x8b\x08\0\0\0\0\0\0\3 no deflate at all, not even for a moment"),
	B("7z\xbc\xaf\x27\x1c\7\4aaaabbbbccccddddeeeeffffgggg"),
	B("\x28\xb5\x2f\xfd\x20\5\x2f\1\2\3\4\5\6\7\x08\t\n\v\f\r\x0e\x0f"),
};

static void
damaged(struct pal_view v, void *arg)
{
	const char *what = NULL;

	(void)arg;
	(void)pal_mark_at(v, true, &what);
	CHECK(pal_marks_next(v, 0) <= v.len);
	CHECK(pal_marks_text(v) == SIZE_MAX || pal_marks_text(v) + 64 <= v.len);
}

static void
test_kinds(void)
{
	static uint8_t room[8192];

	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		const char *what = NULL;
		size_t      n = goods[i].v.len;

		CHECK(pal_mark_at(goods[i].v, goods[i].start, &what) == goods[i].mark && what != NULL);
		for (size_t at = 0; at < 300; at += 7) {
			struct pal_view v = { room, at + n };

			memset(room, 1, at);
			memcpy(room + at, goods[i].v.data, n);
			CHECK(pal_marks_next(v, 0) == at);
		}
		pal_mutate_all(goods[i].v, damaged, NULL);
	}
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		const char *what = NULL;

		CHECK_SAY(pal_mark_at(bads[i], false, &what) == PAL_MARK_NONE, (const char *)bads[i].data);
	}
}

static void
test_gzip(void)
{
	uint8_t     out[512], in[256];
	z_stream    z = { 0 };
	const char *what = NULL;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * i);
	CHECK(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	z.next_in = in;
	z.avail_in = sizeof(in);
	z.next_out = out;
	z.avail_out = sizeof(out);
	CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
	CHECK(pal_mark_at((struct pal_view){ out, z.total_out }, false, &what) == PAL_MARK_ARCHIVE);
	(void)deflateEnd(&z);
}

static void
test_noise(void)
{
	static uint8_t noise[1 << 20];
	uint64_t       state = 3;
	const char    *what = NULL;

	for (int round = 0; round < 16; round++) {
		struct pal_view v = { noise, sizeof(noise) };

		for (size_t i = 0; i < sizeof(noise); i++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			noise[i] = (uint8_t)(state >> 56);
		}
		CHECK(pal_marks_text(v) == SIZE_MAX);
		for (size_t i = 0; (i = pal_marks_next(v, i)) < v.len; i++)
			CHECK(pal_mark_at(pal_view_sub(v, i, PAL_MARK_VIEW), false, &what) == PAL_MARK_NONE);
	}
	memcpy(noise + 777, "and the words that stand here are long enough to be more than chance ever writes", 80);
	CHECK(pal_marks_text((struct pal_view){ noise, sizeof(noise) }) == 777 ||
	      (noise[776] >= 0x20 && noise[776] < 0x7f));
	/* Numbers that print: indices that count, and float16 times a little more than a power of two. */
	for (size_t i = 0; i < 4096; i++)
		noise[i] = (uint8_t)('A' + i % 50);
	CHECK(pal_marks_text((struct pal_view){ noise, 4096 }) == SIZE_MAX);
	for (size_t i = 0; i < 4096; i++)
		noise[i] = (uint8_t)(0x3b + (i * 37) % 0x3b);
	CHECK(pal_marks_text((struct pal_view){ noise, 4096 }) == SIZE_MAX);
	memset(noise, '?', 4096);
	CHECK(pal_marks_text((struct pal_view){ noise, 4096 }) == SIZE_MAX);
}

int
main(void)
{
	test_kinds();
	test_gzip();
	test_noise();
	return check_done();
}
