/* tar_header.c - one header of 512 bytes, its numbers, and the records of pax and GNU that extend it. */
#include "palisade/reader.h"
#include "tar.h"

#define EXTENDED_MOST ((uint64_t)1 << 20) /* bytes of one extended header */
#define NAME_MOST     ((size_t)65536)

static struct pal_view
field(struct pal_view block, size_t at, size_t len)
{
	return pal_view_sub(block, at, len);
}

/* A field's text, up to its NUL. */
static struct pal_view
text_of(struct pal_view block, size_t at, size_t len)
{
	struct pal_view v = field(block, at, len);
	size_t          end = pal_view_find_byte(v, 0, 0);

	return end == SIZE_MAX ? v : pal_view_sub(v, 0, end);
}

/* GNU's base 256: the top bit of the first byte, then a big-endian number; negative ones are nobody's size. */
static bool
number_binary(struct pal_view v, uint64_t *ret)
{
	uint64_t n = v.data[0] & 0x7f;

	for (size_t i = 1; i < v.len; i++) {
		if (n >> 56 != 0)
			return false;
		n = n << 8 | v.data[i];
	}
	*ret = n;
	return true;
}

/* Octal digits with blanks before and blanks or NULs behind, and nothing else: what some languages take for a number
 * besides ("1_0", "+7") makes two readers see two sizes. */
static bool
number(struct pal_view v, uint64_t *ret)
{
	uint64_t n = 0;
	size_t   i = 0;

	if (v.len == 0)
		return false;
	if ((v.data[0] & 0x80) != 0)
		return number_binary(v, ret);
	while (i < v.len && v.data[i] == ' ')
		i++;
	for (; i < v.len && v.data[i] >= '0' && v.data[i] <= '7'; i++)
		n = n << 3 | (uint64_t)(v.data[i] - '0'); /* 12 digits at most */
	*ret = n;
	for (; i < v.len && v.data[i] != 0; i++)
		if (v.data[i] != ' ')
			return false;
	return true;
}

bool
pal_tar_is_zero(struct pal_view block)
{
	for (size_t i = 0; i < block.len; i++)
		if (block.data[i] != 0)
			return false;
	return true;
}

/* The sum of all bytes with the checksum's own taken as blanks; old writers added signed ones. */
bool
pal_tar_is_header(struct pal_view block)
{
	uint64_t said = 0;
	int64_t  sum = 0, signed_sum = 0;

	if (block.len < PAL_TAR_BLOCK || block.data[148] == 0 || !number(field(block, 148, 8), &said))
		return false;
	for (size_t i = 0; i < PAL_TAR_BLOCK; i++) {
		uint8_t b = i >= 148 && i < 156 ? ' ' : block.data[i];

		sum += b;
		signed_sum += b < 0x80 ? b : b - 256;
	}
	return said <= INT32_MAX && ((int64_t)said == sum || (int64_t)said == signed_sum);
}

/* The prefix counts by the magic of POSIX; Python adds it in any case. GNU keeps times there, which are digits. */
static struct pal_view
name_of(struct pal_tar *t, struct pal_view block, bool *ret_two)
{
	struct pal_view name = text_of(block, 0, 100), prefix = text_of(block, 345, 155);
	bool            posix = pal_view_is(field(block, 257, 5), "ustar") && block.data[262] == 0;

	*ret_two = !posix && prefix.len > 0 && !pal_is_digit(prefix.data[0]) && prefix.data[0] != ' ';
	if (prefix.len == 0 || (!posix && !*ret_two))
		return pal_arena_copy(&t->arena, name);
	return pal_view_of(
	    pal_arena_printf(&t->arena, "%.*s/%.*s", (int)prefix.len, prefix.data, (int)name.len, name.data));
}

void
pal_tar_read(struct pal_tar *t, struct pal_view block, struct pal_tar_header *ret_header)
{
	const struct pal_tar_extra *from[] = { &t->global, &t->next };
	struct pal_tar_header       h = { .type = block.data[156] };

	h.short_name = h.name = name_of(t, block, &h.two_names);
	h.link = pal_arena_copy(&t->arena, text_of(block, 157, 100));
	h.good_size = number(field(block, 124, 12), &h.short_size);
	h.size = h.short_size;
	h.sparse = h.type == 'S';
	h.more_sparse = h.sparse && block.data[482] != 0;
	for (size_t i = 0; i < 2; i++) {
		if (from[i]->path.data != NULL)
			h.name = from[i]->path;
		if (from[i]->link.data != NULL)
			h.link = from[i]->link;
		if (from[i]->has_size)
			h.size = from[i]->size;
		h.sparse = h.sparse || from[i]->sparse;
	}
	*ret_header = h;
}

static enum pal_err
broken(struct pal_tar *t, uint64_t at, const char *what)
{
	return pal_sink_anomaly(t->sink, &pal_anomaly_tar_broken, at, "an extended header: %s", what);
}

/* Two records of one key, or GNU's long name and a path of pax, that say different things. */
static enum pal_err
set_text(struct pal_tar *t, struct pal_view *to, struct pal_view value, uint64_t at)
{
	value = pal_arena_copy(to == &t->global.path || to == &t->global.link ? &t->kept : &t->arena,
			       pal_view_sub(value, 0, NAME_MOST));
	if (value.data == NULL)
		value = (struct pal_view){ (const uint8_t *)"", 0 };
	if (to->data != NULL && !pal_view_eq(*to, value))
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_tar_name_mismatch, at,
					 "two extended headers name a member: %.*s, %.*s", pal_tar_shown(*to), to->data,
					 pal_tar_shown(value), value.data));
	*to = value;
	return PAL_OK;
}

static enum pal_err
set_size(struct pal_tar *t, struct pal_tar_extra *to, struct pal_view value, uint64_t at)
{
	uint64_t n = 0;

	if (!pal_view_u64(value, &n))
		return broken(t, at, "a size that is no decimal number");
	if (to->has_size && to->size != n)
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_tar_size_mismatch, at,
					 "two extended headers give a member's size: %llu, %llu",
					 (unsigned long long)to->size, (unsigned long long)n));
	to->has_size = true;
	to->size = n;
	return PAL_OK;
}

/* Keywords of pax, "pax Extended Header"; those of GNU.sparse are in the GNU tar manual, "Storing Sparse Files". */
static enum pal_err
take_record(struct pal_tar *t, struct pal_tar_extra *to, struct pal_view key, struct pal_view value, uint64_t at)
{
	static const char *const numbers[] = { "uid", "gid", "mtime", "atime", "ctime" };

	if (pal_view_is(key, "path") || pal_view_is(key, "GNU.sparse.name"))
		return set_text(t, &to->path, value, at);
	if (pal_view_is(key, "linkpath"))
		return set_text(t, &to->link, value, at);
	if (pal_view_is(key, "size"))
		return set_size(t, to, value, at);
	if (pal_view_starts(key, "GNU.sparse.")) {
		to->sparse = true;
		return PAL_OK;
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (pal_view_is(key, numbers[i]))
			return PAL_OK;
	return pal_give_meta(t->sink, key, value, at);
}

/* "25 ctime=1084839148.1212\n": the length counts itself. */
static enum pal_err
take_records(struct pal_tar *t, struct pal_tar_extra *to, struct pal_view v, uint64_t at)
{
	while (v.len > 0) {
		size_t          blank = pal_view_find_byte(v, ' ', 0), equals = 0;
		uint64_t        n = 0;
		struct pal_view record = { 0 };

		if (blank == SIZE_MAX || !pal_view_u64(pal_view_sub(v, 0, blank), &n) || n <= blank + 1 || n > v.len)
			return pal_tar_is_zero(v) ? PAL_OK : broken(t, at, "a record whose length is wrong");
		record = pal_view_sub(v, blank + 1, (size_t)n - blank - 1);
		equals = pal_view_find_byte(record, '=', 0);
		if (record.data[record.len - 1] != '\n' || equals == SIZE_MAX)
			return broken(t, at, "a record without an end or a value");
		PAL_TRY(take_record(t, to, pal_view_sub(record, 0, equals),
				    pal_view_sub(record, equals + 1, record.len - equals - 2), at));
		v = pal_view_sub(v, (size_t)n, v.len);
		at += n;
	}
	return PAL_OK;
}

enum pal_err
pal_tar_extend(struct pal_tar *t, uint8_t type, uint64_t at, uint64_t len)
{
	struct pal_view v = { 0 };

	if (len > EXTENDED_MOST)
		return pal_sink_unread(t->sink, &pal_anomaly_tar_broken, at, len,
				       "an extended header of %llu bytes, at most %llu are read",
				       (unsigned long long)len, (unsigned long long)EXTENDED_MOST);
	PAL_TRY(pal_input_view(t->in, at, (size_t)len, (size_t)len, &v));
	if (type == 'L' || type == 'K')
		return set_text(t, type == 'L' ? &t->next.path : &t->next.link, text_of(v, 0, v.len), at);
	if (type != 'g')
		return take_records(t, &t->next, v, at);
	PAL_TRY(take_records(t, &t->global, v, at));
	if (t->global.path.data == NULL && !t->global.has_size && t->global.link.data == NULL)
		return PAL_OK;
	return pal_sink_anomaly(t->sink, &pal_anomaly_tar_name_mismatch, at,
				"a global header gives all members one name, link or size");
}
