/* parquet_delta.c - numbers as differences (Encodings.md, "Delta Encoding"); to audit: enter_mini(). */
#include "parquet.h"

#define MINIS_MOST 1024u

static uint64_t
varint(struct pal_parquet_delta *d, struct pal_reader *r)
{
	uint64_t n = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		uint8_t b = pal_read_u8(r);

		n |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			return n;
	}
	d->broken = true;
	return 0;
}

static uint64_t
zigzag(uint64_t n)
{
	return n >> 1 ^ (0 - (n & 1));
}

struct pal_parquet_delta
pal_parquet_delta_of(struct pal_view v)
{
	struct pal_parquet_delta d = { 0 };
	struct pal_reader        r = pal_reader_of(v);

	d.block = varint(&d, &r);
	d.minis = varint(&d, &r);
	d.total = varint(&d, &r);
	d.last = zigzag(varint(&d, &r));
	d.broken = d.broken || pal_reader_err(&r) != PAL_OK || d.minis == 0 || d.minis > MINIS_MOST ||
		   d.block % d.minis != 0 || d.block / d.minis % 8 != 0 || d.block == 0 || d.block > INT32_MAX;
	d.per_mini = d.broken ? 0 : d.block / d.minis;
	d.mini = d.minis;
	d.rest = pal_view_sub(v, v.len - (size_t)pal_reader_left(&r), v.len);
	return d;
}

static uint64_t
mini_bytes(const struct pal_parquet_delta *d)
{
	return d->per_mini / 8 * d->widths.data[d->mini];
}

/* Leaves the miniblock that was read and enters the next one; all of its bytes are there, or false. */
static bool
enter_mini(struct pal_parquet_delta *d)
{
	struct pal_reader r;

	if (d->mini < d->minis && d->widths.len > 0) {
		d->rest = pal_view_sub(d->rest, (size_t)mini_bytes(d), d->rest.len);
		d->mini++;
	}
	if (d->mini == d->minis) {
		r = pal_reader_of(d->rest);
		d->least = zigzag(varint(d, &r));
		d->widths = pal_read_view(&r, d->minis);
		d->mini = 0;
		if (d->broken || pal_reader_err(&r) != PAL_OK)
			return false;
		d->rest = pal_view_sub(d->rest, d->rest.len - (size_t)pal_reader_left(&r), d->rest.len);
	}
	d->in_mini = 0;
	return d->widths.data[d->mini] <= 64 && mini_bytes(d) <= d->rest.len;
}

/* @UNSAFE: value `i` of this miniblock; enter_mini() has seen that its bytes are there. */
static uint64_t
unpacked(const struct pal_parquet_delta *d, unsigned int width, uint64_t i)
{
	uint64_t       bit = i * width, word = 0;
	const uint8_t *p = d->rest.data + bit / 8;
	unsigned int   used = (unsigned int)(bit % 8), bytes = (used + width + 7) / 8;

	if (width == 0)
		return 0;
	for (unsigned int k = 0; k < bytes && k < 8; k++)
		word |= (uint64_t)p[k] << (8 * k);
	word >>= used;
	if (bytes == 9)
		word |= (uint64_t)p[8] << (64 - used);
	return width == 64 ? word : word & (((uint64_t)1 << width) - 1);
}

size_t
pal_parquet_delta_next(struct pal_parquet_delta *d, int64_t *to, size_t n)
{
	size_t made = 0;

	while (made < n && d->done < d->total && !d->broken) {
		if (d->done > 0) {
			if (d->mini == d->minis || d->in_mini == d->per_mini)
				d->broken = !enter_mini(d);
			if (d->broken)
				return made;
			d->last += d->least + unpacked(d, d->widths.data[d->mini], d->in_mini++);
		}
		to[made++] = (int64_t)d->last;
		d->done++;
	}
	return made;
}

struct pal_view
pal_parquet_delta_behind(struct pal_parquet_delta d)
{
	uint64_t left = d.total > d.done ? d.total - d.done : 0;

	left -= d.done == 0 && left > 0 ? 1 : 0; /* the first value stands in the header */
	while (left > 0 && !d.broken) {
		d.broken = !enter_mini(&d);
		left -= left < d.per_mini ? left : d.per_mini;
	}
	if (d.broken)
		return (struct pal_view){ 0 };
	if (d.mini < d.minis && d.widths.len > 0)
		d.rest = pal_view_sub(d.rest, (size_t)mini_bytes(&d), d.rest.len);
	return d.rest;
}
