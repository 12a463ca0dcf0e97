/* rdata_read.c - numbers and texts of R's serialization; to audit: word(), which reads what people could have typed. */
#include "rdata_read.h"

#include "palisade/input.h"

#define WORD_MOST 64u
#define TEXT_MOST (PAL_INPUT_WINDOW / 2)

enum pal_err
pal_rdata_err(const struct pal_rdata *d)
{
	return pal_reader_err(&d->r) != PAL_OK ? pal_reader_err(&d->r) : pal_buf_err(&d->text);
}

static void
fail(struct pal_rdata *d)
{
	if (d->r.err == PAL_OK)
		d->r.err = PAL_EFORM;
}

/* The next word of an ASCII file; longer ones are cut, and then no number. */
static size_t
word(struct pal_rdata *d, char ret[WORD_MOST])
{
	size_t  n = 0;
	uint8_t c = ' ';

	while (pal_is_space(c) && pal_reader_left(&d->r) > 0)
		c = pal_read_u8(&d->r);
	while (!pal_is_space(c) && pal_reader_err(&d->r) == PAL_OK) {
		if (n < WORD_MOST)
			ret[n++] = (char)c;
		if (pal_reader_left(&d->r) == 0)
			break;
		c = pal_read_u8(&d->r);
	}
	if (n == 0 && d->r.err == PAL_OK)
		d->r.err = PAL_ETRUNC;
	return n;
}

static int32_t
word_int(struct pal_rdata *d)
{
	char            w[WORD_MOST];
	struct pal_view v = { (const uint8_t *)w, word(d, w) };
	bool            minus = v.len > 0 && v.data[0] == '-';
	uint64_t        n = 0;

	if (pal_view_is(v, "NA"))
		return PAL_RDATA_NA;
	if (!pal_view_u64(pal_view_sub(v, minus ? 1 : 0, v.len), &n) || n > UINT32_MAX) {
		fail(d);
		return 0;
	}
	return minus ? (int32_t)(0 - (uint32_t)n) : (int32_t)(uint32_t)n;
}

int32_t
pal_rdata_int(struct pal_rdata *d)
{
	if (d->form == PAL_RDATA_ASCII)
		return word_int(d);
	return (int32_t)(d->form == PAL_RDATA_XDR ? pal_read_u32be(&d->r) : pal_read_u32le(&d->r));
}

uint64_t
pal_rdata_length(struct pal_rdata *d)
{
	int32_t n = pal_rdata_int(d);

	if (n >= 0)
		return (uint64_t)n;
	if (n == -1) {
		uint64_t high = (uint32_t)pal_rdata_int(d), low = (uint32_t)pal_rdata_int(d);

		return high << 32 | low;
	}
	return UINT64_MAX;
}

bool
pal_rdata_skip(struct pal_rdata *d, uint64_t n, unsigned int width)
{
	char w[WORD_MOST];

	if (d->form != PAL_RDATA_ASCII) {
		if (n > pal_reader_left(&d->r) / width)
			return false;
		pal_read_skip(&d->r, n * width);
		return true;
	}
	if (n > pal_reader_left(&d->r))
		return false;
	for (uint64_t i = 0; i < n && pal_rdata_err(d) == PAL_OK; i++)
		(void)word(d, w);
	return true;
}

/* What a backslash and its letter stand for (R's OutStringAscii). */
static uint8_t
escaped(struct pal_rdata *d)
{
	static const char from[] = "ntvbrfa", to[] = "\n\t\v\b\r\f\a";
	uint8_t           c = pal_read_u8(&d->r);
	unsigned int      n = 0;

	for (size_t i = 0; from[i] != '\0'; i++)
		if (c == (uint8_t)from[i])
			return (uint8_t)to[i];
	if (c < '0' || c > '7')
		return c;
	for (int i = 0; i < 3; i++) {
		struct pal_view next = pal_read_peek(&d->r, 1);

		n = n * 8 + (unsigned int)(c - '0');
		if (i == 2 || next.len == 0 || next.data[0] < '0' || next.data[0] > '7')
			break;
		c = pal_read_u8(&d->r);
	}
	return (uint8_t)n;
}

static struct pal_view
text_ascii(struct pal_rdata *d, uint64_t len)
{
	struct pal_view next = pal_read_peek(&d->r, 1);

	pal_buf_clear(&d->text);
	while (next.len > 0 && pal_is_space(next.data[0])) {
		pal_read_skip(&d->r, 1);
		next = pal_read_peek(&d->r, 1);
	}
	for (uint64_t i = 0; i < len && pal_reader_err(&d->r) == PAL_OK; i++) {
		uint8_t c = pal_read_u8(&d->r);

		c = c == '\\' ? escaped(d) : c;
		if (i < TEXT_MOST)
			pal_buf_add_byte(&d->text, c);
	}
	return pal_buf_view(&d->text);
}

struct pal_view
pal_rdata_text(struct pal_rdata *d, uint64_t len, bool *ret_whole)
{
	struct pal_view v = { 0 };

	*ret_whole = len <= TEXT_MOST;
	if (len > pal_reader_left(&d->r)) {
		if (d->r.err == PAL_OK)
			d->r.err = PAL_ETRUNC;
		return v;
	}
	if (d->form == PAL_RDATA_ASCII)
		return text_ascii(d, len);
	if (*ret_whole)
		return pal_read_view(&d->r, len);
	pal_read_skip(&d->r, len);
	return v;
}
