/*
 * control.h - the catalogue of controls: every requirement by id, with its stage and its references.
 *
 * The catalogue is rules/controls.tsv, compiled in; docs, reports and gates all
 * read it here. pal_controls_load() once, then look controls up.
 *
 *   units    none
 *   memory   the catalogue lives in the caller's arena
 *   errors   PAL_EFORM for a catalogue that is damaged (our own bug: a test reads it)
 *   threads  a loaded catalogue is constant
 */
#ifndef PALISADE_CONTROL_H
#define PALISADE_CONTROL_H

#include "palisade/arena.h"

enum pal_stage {
	PAL_COLLECT,
	PAL_PREPARE,
	PAL_TRAIN,
	PAL_VALIDATE,
	PAL_RELEASE,
	PAL_DEPLOY,
	PAL_MONITOR,
	PAL_STAGE_COUNT
};

#define PAL_STAGE_BIT(stage) (1u << (stage))
#define PAL_STAGE_ALL        (PAL_STAGE_BIT(PAL_STAGE_COUNT) - 1)

struct pal_control {
	const char    *id; /* "COL-04" */
	enum pal_stage stage;
	const char    *title, *passes;       /* "Origin and lineage are known"; what it asks, one sentence */
	const char    *atlas, *owasp, *nist; /* ids, or "" */
};

struct pal_controls {
	const struct pal_control *items; /* in the order of the stages */
	size_t                    count;
};

PAL_NODISCARD enum pal_err pal_controls_load(struct pal_arena *a, struct pal_controls *ret, struct pal_diag *d);

/* The same out of a text in the catalogue's form: a line of column names, then a line for each control, with tabs. */
PAL_NODISCARD enum pal_err pal_controls_parse(struct pal_view text, struct pal_arena *a, struct pal_controls *ret,
					      struct pal_diag *d);

const struct pal_control *pal_control_find(const struct pal_controls *c, const char *id);    /* NULL when unknown */
const char               *pal_control_nearest(const struct pal_controls *c, const char *id); /* NULL: none is near */

extern const char *const pal_stage_names[]; /* "collect" ... in order, then NULL */
bool                     pal_stage_of(const char *name, enum pal_stage *ret);

#endif
