/*
 * give.h - ways to hand content to a sink that several formats share.
 *
 *   units    bytes; offsets from the start of the file
 *   memory   allocates nothing but a window for a member
 *   errors   those of the sink and of the input
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_GIVE_H
#define PALISADE_FORMATS_GIVE_H

#include "palisade/anomaly.h"
#include "palisade/content.h"

#define PAL_TEXT_PIECE ((size_t)64 * 1024)

/* How much of v is one piece of text: all of it, or up to the last line end, blank or whole character that fits. */
size_t pal_text_cut(struct pal_view v);

/* Text in pieces of at most PAL_TEXT_PIECE, all with the same row and field. */
PAL_NODISCARD enum pal_err pal_give_text(struct pal_sink *s, struct pal_view text, const struct pal_place *place);

/*
 * A text that as a whole is a program (it begins with a statement of Python that brings its names along, or a command
 * of a shell) is given as SOURCE, for a loader to say where it is kept ("pickle", "metadata"); any other text is not
 * given at all.
 */
PAL_NODISCARD enum pal_err pal_give_program(struct pal_sink *s, struct pal_view text, uint64_t offset,
					    const char *loader);

/* A key and its value; a value that is a program is given as one, too. */
PAL_NODISCARD enum pal_err pal_give_meta(struct pal_sink *s, struct pal_view name, struct pal_view text,
					 uint64_t offset);

/* The same for many texts that were joined, in pieces as pal_text_cut() makes them. */
PAL_NODISCARD enum pal_err pal_give_metas(struct pal_sink *s, struct pal_view name, struct pal_view texts,
					  uint64_t offset);

/* len bytes from `at` as a file of its own; counts against the budget of members (an anomaly when it is used up). */
PAL_NODISCARD enum pal_err pal_give_member(struct pal_sink *s, struct pal_input *in, uint64_t at, uint64_t len,
					   struct pal_view name);
PAL_NODISCARD enum pal_err pal_give_member_input(struct pal_sink *s, struct pal_input *member, uint64_t at,
						 struct pal_view name);

/* Raw bytes, all of them, a window at a time. */
PAL_NODISCARD enum pal_err pal_give_bytes(struct pal_sink *s, struct pal_input *in, uint64_t at, uint64_t len);

/* Bytes that belong to nothing: a member when they are of a format that is known by its own marks, raw bytes if not. */
PAL_NODISCARD enum pal_err pal_give_stray(struct pal_sink *s, struct pal_input *in, uint64_t at, uint64_t len,
					  struct pal_view name);

/* The format that these bytes show beyond doubt (text and tables do not count); NULL when there is none. */
const struct pal_format *pal_format_inside(struct pal_view head, uint64_t size);

/* A file's name ends with one of these, in any case; `endings` is NULL-terminated. */
bool pal_name_ends(struct pal_view name, const char *const *endings);

#endif
