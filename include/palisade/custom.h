/*
 * custom.h - controls that users write: one SELECT over the store's views that must return no row.
 *
 * The store runs the query read-only, with its authorizer and limits (store.h).
 * A query that cannot run is a fail with the reason, never a pass.
 *
 *   units    none
 *   memory   the result lives in the caller's arena
 *   errors   PAL_ENOMEM, PAL_ELIMIT of the arena; PAL_ELOCKED and PAL_ESYS of the store
 *   threads  as the store
 */
#ifndef PALISADE_CUSTOM_H
#define PALISADE_CUSTOM_H

#include "palisade/gate.h"
#include "palisade/store.h"

PAL_NODISCARD enum pal_err pal_custom_run(const struct pal_custom_decl *c, struct pal_store *store,
					  const struct pal_store_limits *limits, struct pal_arena *a,
					  struct pal_control_result *ret_result, struct pal_diag *d);

#endif
