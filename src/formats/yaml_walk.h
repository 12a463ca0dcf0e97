/*
 * yaml_walk.h - the keys and plain values of a YAML text, as a loader would have them.
 *
 * A walk by YAML 1.2's lexical rules: plain, quoted (with escapes, over lines) and
 * block scalars, explicit keys, flow and block style, anchors and aliases of
 * scalars. Structure is not checked: what is no YAML gives fewer pairs, never an error.
 *
 *   units    bytes; `at` is where the value begins in the text
 *   memory   decoded scalars live in the arena
 *   errors   those of the callbacks; an arena without room ends the walk early (its owner asks it)
 *   threads  pure
 */
#ifndef PALISADE_FORMATS_YAML_WALK_H
#define PALISADE_FORMATS_YAML_WALK_H

#include "palisade/buf.h"
#include "palisade/arena.h"

struct pal_yaml_walker {
	void *arg;
	PAL_NODISCARD enum pal_err (*pair)(void *arg, struct pal_view key, struct pal_view value, uint64_t at);
	/* A tag that is written with escapes (YAML 1.2, 6.9.1): as it is meant, without its marks. */
	PAL_NODISCARD enum pal_err (*tag)(void *arg, struct pal_view tag, uint64_t at);
};

PAL_NODISCARD enum pal_err pal_yaml_walk(struct pal_view text, struct pal_arena *a, const struct pal_yaml_walker *w);

#endif
