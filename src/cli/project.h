/*
 * project.h - a session with the pipeline of its palisade.yaml: what check, gate, run and report begin with.
 *
 *   units    none
 *   memory   lives in the session's arena
 *   errors   PAL_ECONFIG after every fault of the file has been said on standard error
 *   threads  one
 */
#ifndef PALISADE_CLI_PROJECT_H
#define PALISADE_CLI_PROJECT_H

#include "palisade/check.h"
#include "session.h"

/* file NULL: the palisade.yaml beside .palisade. */
PAL_NODISCARD enum pal_err project_load(struct session *s, const struct cli_args *a, const char *file,
					struct pal_pipeline **ret_pipeline, struct pal_diag *d);

/* REF: a declared name, NAME@VERSION, or sha256:HEX of a declared artifact; NULL when it is none of them. */
const struct pal_artifact_decl *project_artifact(const struct pal_pipeline *p, const char *ref);

#endif
