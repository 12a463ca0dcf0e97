/*
 * pipeline_resolve.h - names into places: artifacts, steps, keys, and an order in which steps can run.
 *
 *   units    as pipeline.h
 *   memory   all lives in the arena of the faults
 *   errors   faults go to the list
 *   threads  as yaml.h
 */
#ifndef PALISADE_POLICY_PIPELINE_RESOLVE_H
#define PALISADE_POLICY_PIPELINE_RESOLVE_H

#include "palisade/map.h"
#include "palisade/pipeline.h"

struct pipeline_resolver {
	struct pal_pipeline    *p;
	struct pal_yaml_faults *f;
	struct pal_arena       *a;
	struct pal_map          names;     /* of artifacts and steps: struct pipeline_name */
	struct pal_list         artifacts; /* of struct pal_artifact_decl */
	struct pal_step_decl   *steps;
};

struct pipeline_name {
	struct pal_mark mark;
	const char     *what;           /* "a dataset" */
	size_t          artifact, step; /* one is PAL_NONE */
};

/* Two declarations of one name are a fault; the first one stays. NULL when it is taken. */
struct pipeline_name *pipeline_add_name(struct pipeline_resolver *r, const char *name, const char *what,
					struct pal_mark mark);

/* Index of the artifact of one of the kinds (a bit for each), or a fault that names the nearest. */
size_t pipeline_need_artifact(struct pipeline_resolver *r, const char *key, const char *name, struct pal_mark mark,
			      unsigned int kinds);

/* Fills p->order, or says which cycle there is. */
void pipeline_order_steps(struct pipeline_resolver *r);

/* All of it: p as it was read becomes p as it is used. */
void pipeline_resolve(struct pal_pipeline *p, struct pal_yaml_faults *f);

#endif
