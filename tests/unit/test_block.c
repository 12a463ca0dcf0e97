/* test_block.c - blocks of a known size: the right one, a wrong size, every damage. */
#define ZLIB_CONST
#include "formats/block.h"

#include <lz4.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>
#include <string.h>

#include "check.h"
#include "mutate.h"

static const char text[] = "the same words, and the same words again, and the same words once more";

struct sample {
	enum pal_block  how;
	struct pal_view packed;
};

static void
try_damaged(struct pal_view v, void *arg)
{
	const struct sample *s = arg;
	PAL_AUTO_BUF         out = pal_buf_of((size_t)1 << 20);
	enum pal_unpack_end  end = PAL_UNPACK_WHOLE;

	CHECK(pal_block_unpack(s->how, v, sizeof(text), &out, &end) == PAL_OK);
	CHECK(end != PAL_UNPACK_WHOLE || out.len == sizeof(text));
}

static void
check_block(enum pal_block how, struct pal_view packed)
{
	struct sample       s = { how, packed };
	PAL_AUTO_BUF        out = pal_buf_of((size_t)1 << 20);
	enum pal_unpack_end end = PAL_UNPACK_BROKEN;

	CHECK(pal_block_unpack(how, packed, sizeof(text), &out, &end) == PAL_OK && end == PAL_UNPACK_WHOLE);
	CHECK(out.len == sizeof(text) && memcmp(out.data, text, sizeof(text)) == 0);
	CHECK(pal_block_unpack(how, packed, sizeof(text) - 1, &out, &end) == PAL_OK && end != PAL_UNPACK_WHOLE);
	CHECK(pal_block_unpack(how, packed, sizeof(text) + 1, &out, &end) == PAL_OK && end != PAL_UNPACK_WHOLE);
	CHECK(pal_block_unpack(how, packed, (size_t)1 << 30, &out, &end) == PAL_OK && end != PAL_UNPACK_WHOLE);
	pal_mutate_all(packed, try_damaged, &s);
}

static void
test_snappy(void)
{
	char                packed[256];
	size_t              len = sizeof(packed);
	PAL_AUTO_BUF        out = pal_buf_of((size_t)1 << 20);
	enum pal_unpack_end end = PAL_UNPACK_BROKEN;
	struct pal_view     v = { (const uint8_t *)packed, 0 };

	CHECK(snappy_compress(text, sizeof(text), packed, &len) == SNAPPY_OK);
	v.len = len;
	check_block(PAL_BLOCK_SNAPPY, v);
	CHECK(pal_block_unpack_all(PAL_BLOCK_SNAPPY, v, 100, &out, &end) == PAL_OK && end == PAL_UNPACK_WHOLE &&
	      out.len == sizeof(text));
	CHECK(pal_block_unpack_all(PAL_BLOCK_SNAPPY, v, 10, &out, &end) == PAL_OK && end == PAL_UNPACK_FULL);
}

/* Bare, and behind Hadoop's two sizes. */
static void
test_lz4(void)
{
	char            packed[264] = { 0, 0, 0, (char)sizeof(text) };
	int             len = LZ4_compress_default(text, packed + 8, (int)sizeof(text), 256);
	struct pal_view v = { (const uint8_t *)packed + 8, (size_t)len };

	CHECK(len > 0 && len < 128);
	check_block(PAL_BLOCK_LZ4, v);
	check_block(PAL_BLOCK_LZ4_HADOOP, v);
	packed[7] = (char)len;
	check_block(PAL_BLOCK_LZ4_HADOOP, (struct pal_view){ (const uint8_t *)packed, (size_t)len + 8 });
}

static void
test_zlib(void)
{
	uint8_t  packed[256];
	z_stream z = { .next_in = (const Bytef *)text, .avail_in = sizeof(text), .next_out = packed, .avail_out = 256 };
	struct pal_view v = { packed, 0 };

	CHECK(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK &&
	      deflate(&z, Z_FINISH) == Z_STREAM_END);
	v.len = z.total_out;
	(void)deflateEnd(&z);
	check_block(PAL_BLOCK_GZIP, v);
	CHECK(pal_block_crc32(pal_view_of("123456789")) == 0xcbf43926u);
}

static void
test_zstd(void)
{
	uint8_t         packed[256];
	struct pal_view v = { packed, ZSTD_compress(packed, sizeof(packed), text, sizeof(text), 3) };

	CHECK(!ZSTD_isError(v.len));
	check_block(PAL_BLOCK_ZSTD, v);
}

int
main(void)
{
	test_snappy();
	test_lz4();
	test_zlib();
	test_zstd();
	return check_done();
}
