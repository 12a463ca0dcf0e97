/*
 * pb_walk.h - follows messages inside messages by a table of their fields, on a stack of its own.
 *
 * A format gives its table and two functions: one for each message that is
 * entered, one for the fields that only it understands. What the table does not
 * name is passed over.
 *
 *   units    bytes; offsets from the start of the file
 *   memory   the frames live in an arena of the walk
 *   errors   those of the sink and of the input; a broken message is an anomaly, and its bytes are given raw
 *   threads  one walk belongs to one thread
 */
#ifndef PALISADE_FORMATS_PB_WALK_H
#define PALISADE_FORMATS_PB_WALK_H

#include "give.h"
#include "palisade/buf.h"
#include "protobuf.h"

#define PAL_PB_NAME 200u /* bytes of a name that are kept */

enum pal_pb_deed {
	PAL_PB_PASS,
	PAL_PB_TEXT,  /* given with the name of the field, or with that of the frame */
	PAL_PB_ENTRY, /* a message of a key, 1, and a string, 2 */
	PAL_PB_DOWN,  /* a message to follow */
	PAL_PB_OWN,   /* the format's own matter */
};

struct pal_pb_known {
	uint16_t    of, number;
	uint8_t     deed;
	uint8_t     down; /* which message, for PAL_PB_DOWN */
	const char *name;
};

struct pal_pb_frame {
	struct pal_pb m;
	uint8_t       what;
	char          name[PAL_PB_NAME + 1]; /* as enter() sets it; of the frame above to begin with */
};

struct pal_pb_walk {
	struct pal_input          *in;
	struct pal_sink           *sink;
	const struct pal_pb_known *fields;
	size_t                     field_count;
	const struct pal_rule     *broken, *deep;                             /* both with .unread */
	enum pal_err (*enter)(struct pal_pb_walk *w, struct pal_pb_frame *f); /* NULL: nothing to do */
	enum pal_err (*own)(struct pal_pb_walk *w, struct pal_pb_frame *in, const struct pal_pb_known *k,
			    const struct pal_pb_field *f);
	void                *arg;
	struct pal_pb_frame *frames;
	size_t               depth;
	bool                 spent;
};

/* All of the input, as the message `what`. */
PAL_NODISCARD enum pal_err pal_pb_walk(struct pal_pb_walk *w, uint8_t what);

/* The field of a message; NULL when the table has none. */
const struct pal_pb_known *pal_pb_known_of(const struct pal_pb_known *fields, size_t count, uint8_t of,
					   uint32_t number);

/* A field's text as metadata, whole up to a window and else in pieces; bytes that are no text are given as such. */
PAL_NODISCARD enum pal_err pal_pb_give(struct pal_sink *s, const struct pal_pb *m, const struct pal_pb_field *f,
				       const char *name);

/* The first bytes of a field as a C string, controls replaced. */
PAL_NODISCARD enum pal_err pal_pb_name(const struct pal_pb *m, const struct pal_pb_field *f,
				       char ret_name[PAL_PB_NAME + 1]);

/* The first field of this number as a name; empty when there is none. */
PAL_NODISCARD enum pal_err pal_pb_find_name(struct pal_pb m, uint32_t number, char ret_name[PAL_PB_NAME + 1]);

/* A message of a key, 1, and a string, 2, as metadata; `broken` as in the walk. */
PAL_NODISCARD enum pal_err pal_pb_give_entry(struct pal_sink *s, struct pal_pb m, const struct pal_rule *broken);

/* What ended a message early, if anything did: an anomaly, and the rest of it as raw bytes. */
PAL_NODISCARD enum pal_err pal_pb_end(struct pal_sink *s, const struct pal_pb *m, const struct pal_rule *broken);

#endif
