/*
 * vsa.h - gate decisions as SLSA Verification Summaries v1 (https://slsa.dev/spec/v1.2/verification_summary).
 *
 * A gate writes one for every decision. Who relies on a decision loads it as
 * evidence (evidence.h), which checks the signature, and asks pal_vsa_check().
 *
 *   units    times are milliseconds since 1970
 *   memory   what is read lives in the caller's arena; what is written goes to the caller's buffer
 *   errors   PAL_EFORM with the place; PAL_EDENIED from pal_vsa_check()
 *   threads  pure
 */
#ifndef PALISADE_VSA_H
#define PALISADE_VSA_H

#include "palisade/statement.h"

struct pal_vsa {
	const char                *verifier, *verifier_version; /* URI; version of palisade, NULL: not said */
	uint64_t                   time_ms;
	const char                *resource_uri;
	struct pal_resource        policy;
	const struct pal_resource *inputs; /* evidence that was used */
	size_t                     input_count;
	bool                       passed;
	const char *const         *levels; /* "SLSA_BUILD_LEVEL_2", "PALISADE_COLLECT_GATE" ... */
	size_t                     level_count;
};

PAL_NODISCARD enum pal_err pal_vsa_write(const struct pal_vsa *v, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_vsa_of(const struct pal_statement *s, struct pal_arena *a, struct pal_vsa *ret,
				      struct pal_diag *d);

/* Does this summary let the resource pass? PAL_EDENIED says why not: result, resource, level or verifier. */
PAL_NODISCARD enum pal_err pal_vsa_check(const struct pal_vsa *v, const char *verifier, const char *resource_uri,
					 const char *level, struct pal_diag *d);

#endif
