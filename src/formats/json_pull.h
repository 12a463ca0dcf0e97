/*
 * json_pull.h - JSON (RFC 8259) token by token from a feed, without recursion and without a tree.
 *
 * pal_json_pull() returns the next token; strings come unescaped (in place, in the
 * feed), numbers as written. In `lines` mode (JSON Lines) a value must end on its
 * line. After BROKEN the caller skips what it likes and calls pal_json_pull_reset().
 *
 *   units    bytes; depth in levels, 0 outside of any value
 *   memory   the feed's; a token's text dies with the next token unless it is found again by its place in the feed:
 *            all bytes from the feed's front on stay there until pal_json_pull_release()
 *   errors   those of the feed; PAL_ELIMIT when what was not released is too long
 *   threads  as the feed
 */
#ifndef PALISADE_FORMATS_JSON_PULL_H
#define PALISADE_FORMATS_JSON_PULL_H

#include "feed.h"

#define PAL_JSON_DEPTH 256

enum pal_json_token {
	PAL_JSON_END, /* of the file */
	PAL_JSON_OBJECT,
	PAL_JSON_OBJECT_END,
	PAL_JSON_ARRAY,
	PAL_JSON_ARRAY_END,
	PAL_JSON_KEY,
	PAL_JSON_STRING,
	PAL_JSON_NUMBER,
	PAL_JSON_WORD, /* true, false, null */
	PAL_JSON_ODD,  /* NaN, Infinity, -Infinity: not JSON, but written by Python */
	PAL_JSON_BROKEN,
};

enum pal_json_state { PAL_JSON_VALUE, PAL_JSON_VALUE_OR_END, PAL_JSON_KEY_OR_END, PAL_JSON_NEED_KEY, PAL_JSON_AFTER };

struct pal_json_pull {
	struct pal_feed    *feed;
	bool                lines;
	size_t              at; /* of the next token, from the feed's front */
	enum pal_json_state state;
	unsigned int        depth;
	bool                in_array[PAL_JSON_DEPTH];
	size_t              start; /* of the token's text, from the feed's front */
	size_t              len;
	uint64_t            line; /* from 1 */
	const char         *why;  /* what BROKEN means; deep: it is only too deep */
	bool                deep;
};

void pal_json_pull_init(struct pal_json_pull *p, struct pal_feed *feed, bool lines);

PAL_NODISCARD enum pal_err pal_json_pull(struct pal_json_pull *p, enum pal_json_token *ret_token);
void                       pal_json_pull_release(struct pal_json_pull *p); /* drops all before the next token */
void                       pal_json_pull_reset(struct pal_json_pull *p);   /* to depth 0, expecting a value */

#endif
