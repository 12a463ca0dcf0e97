/*
 * json_walk.h - every token of one JSON document, for a reader that looks for a few of its members.
 *
 * The walk ends where the document breaks, without a word: its examination as JSON
 * (pal_format_jsonl) has told that, and loaders stop there too.
 *
 *   units    bytes
 *   memory   the feed's, up to PAL_JSON_WALK_STRING for one string; freed when the walk ends
 *   errors   those of the input and of the taker
 *   threads  as the feed
 */
#ifndef PALISADE_FORMATS_JSON_WALK_H
#define PALISADE_FORMATS_JSON_WALK_H

#include "json_pull.h"
#include "palisade/format.h"

#define PAL_JSON_WALK_STRING ((size_t)16 << 20)

struct pal_json_walk {
	struct pal_feed      feed;
	struct pal_json_pull pull;
};

typedef enum pal_err pal_json_take(void *who, enum pal_json_token t);

/* `behind` names what is not read when a string is too long, "operations"; NULL: somebody else says that. */
PAL_NODISCARD enum pal_err pal_json_walk(struct pal_json_walk *w, struct pal_input *in, struct pal_sink *sink,
					 const char *behind, pal_json_take *take, void *who);

/* Of the token at hand: its text, unescaped, and where it stands in the file. */
struct pal_view pal_json_walk_text(const struct pal_json_walk *w);
uint64_t        pal_json_walk_offset(const struct pal_json_walk *w);

#endif
