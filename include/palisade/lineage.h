/*
 * lineage.h - which artifact was made from which: a graph by digest, out of signed steps.
 *
 * pal_lineage_load() builds it from the ledger: our lineage steps, SLSA
 * Provenance (resolvedDependencies flow into subjects), steps imported from
 * OpenLineage, and labels. Declared edges may be added on top. Cycles, which
 * hostile or careless statements can make, do no harm: each walk visits a node once.
 *
 *   units    digests are 64 lower-case hex digits; nodes are indexes from 0
 *   memory   the graph lives in the arena it was made with; texts are copied
 *   errors   those of the arena, PAL_ELIMIT (too many nodes), those of evidence.h
 *   threads  one lineage belongs to one thread
 */
#ifndef PALISADE_LINEAGE_H
#define PALISADE_LINEAGE_H

#include "palisade/evidence.h"
#include "palisade/label.h"

#define PAL_NO_NODE SIZE_MAX

struct pal_lineage_node {
	const char      *digest;
	const char      *name;                /* the last one given; NULL: none */
	const char      *kind;                /* "dataset" "transform" "model" "deployment"...; NULL: not said */
	struct pal_label own;                 /* stated on this very artifact */
	size_t           first_in, first_out; /* edges; PAL_NO_NODE: none */
};

struct pal_lineage_edge {
	size_t      from, to;
	const char *step;     /* what made `to` */
	const char *evidence; /* id; NULL: declared, not signed */
	size_t      next_in, next_out;
};

struct pal_lineage {
	struct pal_arena *arena;
	struct pal_list   nodes, edges;
	struct pal_map    by_digest, by_edge;
};

enum pal_direction { PAL_UP, PAL_DOWN }; /* to what it was made from; to what was made from it */

/* One thing that was made: inputs, code and outputs by digest. */
struct pal_step {
	const char                *name; /* "prepare/split" */
	const char                *kind; /* what the outputs are: "dataset" "model" ... */
	const struct pal_resource *inputs;
	size_t                     input_count;
	const struct pal_resource *outputs; /* become the subjects */
	size_t                     output_count;
	struct pal_resource        code;       /* that ran: one more input; digest NULL: not said */
	const char                *parameters; /* JSON object; NULL: {} */
	const char                *by;         /* who or what ran it; NULL: not said */
	const char                *source;     /* "openlineage" when imported; NULL: our own */
	uint64_t                   time_ms;
};

struct pal_lineage pal_lineage_of(struct pal_arena *a);

/* The node of a digest, made when it is new; name and kind fill gaps when not NULL. PAL_NO_NODE once the arena has
 * overflowed. */
size_t pal_lineage_add(struct pal_lineage *l, const char *digest, const char *name, const char *kind);
void   pal_lineage_join(struct pal_lineage *l, size_t from, size_t to, const char *step, const char *evidence);
void   pal_lineage_label(struct pal_lineage *l, size_t node, struct pal_label label); /* joins it to the node's own */

/* Everything that the ledger says, verified. The statements' labels are set. */
PAL_NODISCARD enum pal_err pal_lineage_load(struct pal_workspace *ws, struct pal_lineage *l, struct pal_diag *d);

/* Takes one piece of evidence in: steps, provenance and labels; others are left alone. */
PAL_NODISCARD enum pal_err pal_lineage_take(struct pal_lineage *l, const struct pal_evidence *e, struct pal_diag *d);

size_t                         pal_lineage_find(const struct pal_lineage *l, const char *digest);
const struct pal_lineage_node *pal_lineage_at(const struct pal_lineage *l, size_t node);
const struct pal_lineage_edge *pal_lineage_edge_at(const struct pal_lineage *l, size_t edge);

/* Adds to `nodes` (a list of size_t) the start and all that is reachable from it, nearest first. */
void pal_lineage_reach(const struct pal_lineage *l, size_t start, enum pal_direction way, struct pal_list *nodes);

/* A shortest path downstream, both ends in it; empty when there is none. */
void pal_lineage_path(const struct pal_lineage *l, size_t from, size_t to, struct pal_list *nodes);

/* The node's own label joined with those of everything upstream. */
struct pal_label pal_lineage_effective(const struct pal_lineage *l, size_t node);

PAL_NODISCARD enum pal_err pal_step_write(const struct pal_step *s, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_step_of(const struct pal_statement *s, struct pal_arena *a, struct pal_step *ret,
				       struct pal_diag *d);

/* SLSA Provenance v1 for the same step, as TRN-07 wants it: buildType, externalParameters, resolvedDependencies,
 * builder. */
struct pal_provenance {
	const char                *build_type, *builder, *invocation;
	const char                *step;       /* read: the step of a run of ours, else the build type; not written */
	const char                *parameters; /* JSON object: externalParameters */
	const struct pal_resource *inputs;     /* resolvedDependencies */
	size_t                     input_count;
	uint64_t                   started_ms, finished_ms;
};

PAL_NODISCARD enum pal_err pal_provenance_write(const struct pal_provenance *p, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_provenance_of(const struct pal_statement *s, struct pal_arena *a,
					     struct pal_provenance *ret, struct pal_diag *d);

#endif
