/*
 * openlineage.h - OpenLineage 2-0-2 events from elsewhere, as lineage steps of ours.
 *
 * Takes one event, an array of events, or JSON lines. A run event or a job event
 * gives a step from its inputs to its outputs; a dataset event gives a step
 * without inputs. Events of runs that did not end well (ABORT, FAIL) give nothing.
 * A dataset is named NAMESPACE:NAME[:VERSION]; its digest is the content digest
 * when an event tells one (datasetVersion "sha256:HEX", or our facet
 * palisade_contentDigest {"sha256": HEX}), else the digest of that name.
 * Specification: https://openlineage.io/spec/2-0-2/OpenLineage.json
 *
 *   units    bytes; line numbers count from 1
 *   memory   steps live in the caller's arena
 *   errors   PAL_EFORM with the event and the field, PAL_ELIMIT
 *   threads  pure
 */
#ifndef PALISADE_OPENLINEAGE_H
#define PALISADE_OPENLINEAGE_H

#include "palisade/lineage.h"

#define PAL_OPENLINEAGE_MOST ((size_t)64 << 20)

struct pal_openlineage {
	struct pal_list steps; /* of struct pal_step */
	uint64_t        events, run_events, job_events, dataset_events;
	uint64_t        unfinished; /* START, RUNNING, OTHER without outputs; ABORT, FAIL: no step made */
};

PAL_NODISCARD enum pal_err pal_openlineage_parse(struct pal_view text, struct pal_arena *a, struct pal_openlineage *ret,
						 struct pal_diag *d);

/* Signs every step and adds them to the ledger, all or none. */
PAL_NODISCARD enum pal_err pal_openlineage_add(struct pal_workspace *ws, const struct pal_openlineage *events,
					       const struct pal_key *key, struct pal_diag *d);

#endif
