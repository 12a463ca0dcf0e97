/*
 * view.h - bytes that somebody else owns, and the questions one asks of them.
 *
 * A view is a pointer and a length. It is never NUL-terminated by promise; to
 * get a C string, copy it with pal_arena_text().
 *
 *   units    bytes
 *   memory   allocates nothing; a view lives as long as what it points into
 *   errors   none: every function is total, an empty view included
 *   threads  pure
 */
#ifndef PALISADE_VIEW_H
#define PALISADE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* data may be NULL only when len is 0. */
struct pal_view {
	const uint8_t *data;
	size_t         len;
};

/* Without its NUL; NULL gives an empty view. Here, as what follows, so that a constant text has a constant length. */
static inline struct pal_view
pal_view_of(const char *text)
{
	return (struct pal_view){ .data = (const uint8_t *)text, .len = text == NULL ? 0 : strlen(text) };
}

/* Clipped to v. */
static inline struct pal_view
pal_view_sub(struct pal_view v, size_t at, size_t len)
{
	if (at >= v.len)
		return (struct pal_view){ 0 };
	if (len > v.len - at)
		len = v.len - at;
	return (struct pal_view){ .data = v.data + at, .len = len };
}

static inline bool
pal_view_eq(struct pal_view a, struct pal_view b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool
pal_view_is(struct pal_view v, const char *text)
{
	return pal_view_eq(v, pal_view_of(text));
}

static inline bool
pal_view_starts(struct pal_view v, const char *prefix)
{
	struct pal_view p = pal_view_of(prefix);

	return v.len >= p.len && pal_view_eq(pal_view_sub(v, 0, p.len), p);
}

static inline bool
pal_view_ends(struct pal_view v, const char *suffix)
{
	struct pal_view s = pal_view_of(suffix);

	return v.len >= s.len && pal_view_eq(pal_view_sub(v, v.len - s.len, s.len), s);
}

struct pal_view pal_view_trim(struct pal_view v); /* without blanks, tabs, CR and LF at both ends */

bool pal_view_is_nocase(struct pal_view v, const char *text); /* ASCII letters only */
bool pal_view_has(struct pal_view v, const char *text);       /* anywhere in it */
int  pal_view_cmp(struct pal_view a, struct pal_view b);      /* byte order, shorter first: <0, 0, >0 */

size_t pal_view_find(struct pal_view v, struct pal_view needle, size_t from); /* SIZE_MAX when absent */
size_t pal_view_find_byte(struct pal_view v, uint8_t byte, size_t from);      /* SIZE_MAX when absent */

/* Takes the next line off *rest, without its LF or CRLF; false when nothing is left. */
bool pal_view_line(struct pal_view *rest, struct pal_view *ret_line);

/* Takes what stands before the next sep off *rest (all of it when there is none); false when nothing is left. */
bool pal_view_split(struct pal_view *rest, uint8_t sep, struct pal_view *ret_part);

/* The same, trimmed, and past the parts that are empty: the words of a list. */
bool pal_view_word(struct pal_view *rest, uint8_t sep, struct pal_view *ret_word);

bool pal_view_u64(struct pal_view v, uint64_t *ret_n); /* all of v is a decimal without leading zero or sign */

/* FNV-1a of v (Fowler, Noll and Vo, 64 bits), going on from an earlier hash or from PAL_HASH_START. */
#define PAL_HASH_START 0xcbf29ce484222325u

static inline uint64_t
pal_view_hash(uint64_t from, struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		from = (from ^ v.data[i]) * 0x100000001b3u;
	return from;
}

/* Spreads what differs in the high bits of a hash over all of them: for tables that keep only a part. */
static inline uint64_t
pal_hash_mix(uint64_t h)
{
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

/* ASCII only and locale-free, as untrusted bytes want it. */
static inline bool
pal_is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static inline bool
pal_is_alpha(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
pal_is_alnum(uint8_t c)
{
	return pal_is_digit(c) || pal_is_alpha(c);
}

static inline bool
pal_is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline uint8_t
pal_to_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

#endif
