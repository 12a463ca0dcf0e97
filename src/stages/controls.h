/*
 * controls.h - the functions of controls.def, one for each control that can be decided.
 *
 *   units    as check.h
 *   memory   as stage.h
 *   errors   as stage.h
 *   threads  one
 */
#ifndef PALISADE_STAGES_CONTROLS_H
#define PALISADE_STAGES_CONTROLS_H

#include "stage.h"

#define PAL_DECIDE(id, of, by) pal_control_fn by;
#include "controls.def"
#undef PAL_DECIDE

/* prepare.c: is there a signed record of how these bytes were made, and does it still hold? */
struct pal_answer pal_made_by_step(struct pal_check *c, const struct pal_fact *f);

/* prepare.c: did the run read, as its "input" or "code" of this name, exactly these bytes? */
bool pal_run_read(const struct pal_provenance *p, const char *kind, const char *name, const char *digest);

/* signature.c: does the declared Model Signing bundle hold for what the fact is about, by an allowed signer? */
PAL_NODISCARD enum pal_err pal_signature_check(struct pal_check *c, const struct pal_fact *f,
					       const struct pal_signature_decl *s, const char **ret_signer,
					       struct pal_diag *d);

#endif
