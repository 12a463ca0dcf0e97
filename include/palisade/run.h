/*
 * run.h - runs one declared step and signs what it read and made (SLSA Provenance v1, https://slsa.dev/provenance/v1).
 *
 * A step runs only when every input has passed the gate of the stage that it
 * comes from and nothing upstream of it is quarantined. What the step read and
 * the code that ran are hashed before, what it made after; an input that changed
 * meanwhile fails the run.
 *
 *   units    none
 *   memory   as check.h
 *   errors   PAL_EDENIED (an input was not admitted; the text says why), PAL_ESYS (the command could not be started or
 *            failed), PAL_EVERIFY (an input changed during the run), those of check.h
 *   threads  one
 */
#ifndef PALISADE_RUN_H
#define PALISADE_RUN_H

#include "palisade/check.h"

struct pal_run_result {
	bool        ran;      /* false: what is there is up to date */
	bool        same;     /* of a second run: it gave the same bytes */
	const char *evidence; /* id; NULL: nothing was added */
	const char *text;     /* one line for people */
};

/* `c` is a check of the stages collect and prepare, made just now. */
PAL_NODISCARD enum pal_err pal_run_step(struct pal_check *c, const struct pal_step_decl *step, bool force,
					struct pal_run_result *ret, struct pal_diag *d);

/* Makes the predictions of a declared validation, if it has a command. */
PAL_NODISCARD enum pal_err pal_run_validation(struct pal_check *c, const struct pal_validation_decl *v, bool force,
					      struct pal_run_result *ret, struct pal_diag *d);

/* Runs a deterministic step again in a copy of its inputs and code, and puts on record whether the bytes are the same.
 */
PAL_NODISCARD enum pal_err pal_run_again(struct pal_check *c, const struct pal_step_decl *step,
					 struct pal_run_result *ret, struct pal_diag *d);

#endif
