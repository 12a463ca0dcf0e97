/*
 * fold.h - what an expression of Jinja or Python is worth, as far as constants tell: names are built from parts.
 *
 * A value that is not known still has its longest literal part, and says whether
 * it comes from what a message says. Filters and methods of strings that can
 * assemble a name (join, replace, reverse, format, ...) are carried out on constants.
 *
 *   units    bytes
 *   memory   the caller's arena; a value of more than PAL_FOLD_MOST bytes is not assembled but unknown
 *   errors   none: an arena without room makes values unknown, and says so itself
 *   threads  pure
 */
#ifndef PALISADE_DETECT_FOLD_H
#define PALISADE_DETECT_FOLD_H

#include "palisade/arena.h"

#define PAL_FOLD_MOST  1024
#define PAL_FOLD_ITEMS 64

enum pal_fold_kind { PAL_FOLD_UNKNOWN, PAL_FOLD_TEXT, PAL_FOLD_INTEGER, PAL_FOLD_LIST };

struct pal_fold_value {
	enum pal_fold_kind           kind;
	struct pal_view              text;   /* TEXT: all of it; else the longest literal in it */
	struct pal_view              root;   /* the free name that it is: "cycler" */
	uint64_t                     number; /* of an INTEGER; of an unknown: how many items it has, if that is known */
	const struct pal_fold_value *items;  /* of a LIST */
	size_t                       count;
	bool                         content; /* comes from what a message says */
	bool worked;  /* ... and a method or filter has worked on it: it is text, or parts of it */
	bool trigger; /* tells whether a message says certain words */
};

struct pal_fold_value pal_fold_text(struct pal_view text);
struct pal_fold_value pal_fold_join(struct pal_arena *a, const struct pal_fold_value *x,
				    const struct pal_fold_value *y); /* x ~ y, x + y, x % y ... when not known */
struct pal_fold_value pal_fold_repeat(struct pal_arena *a, const struct pal_fold_value *x, uint64_t times);
struct pal_fold_value pal_fold_item(const struct pal_fold_value *x, uint64_t index);
struct pal_fold_value pal_fold_format(struct pal_arena *a, struct pal_view format, const struct pal_fold_value *args,
				      size_t count);

/* A filter or a method by its name, on x with arguments; unknown when it is not one that is carried out. */
struct pal_fold_value pal_fold_apply(struct pal_arena *a, struct pal_view name, const struct pal_fold_value *x,
				     const struct pal_fold_value *args, size_t count);

#endif
