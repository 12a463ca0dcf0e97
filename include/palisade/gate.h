/*
 * gate.h - from what the controls found to what may go on.
 *
 * Stages give one result for each control and artifact that they looked at.
 * pal_gate_decide() drops controls that are off, turns a fail into a warning
 * where the policy only warns and into a waiver where an exception counts, adds
 * a "not checked" for each control that nobody looked at, and opens or closes
 * the gate of each stage. A firm fail stays one. Nothing but `pass` is ever taken for a pass.
 *
 *   units    none
 *   memory   rows live in the arena; their texts are borrowed from results and catalogue
 *   errors   PAL_ENOMEM, PAL_ELIMIT; PAL_EUSAGE for a result of a control that does not exist
 *   threads  pure
 */
#ifndef PALISADE_GATE_H
#define PALISADE_GATE_H

#include "palisade/exception.h"
#include "palisade/report.h"

struct pal_control_result {
	const char      *control;
	const char      *artifact; /* name as declared; NULL: the stage as a whole */
	enum pal_verdict verdict;
	const char      *reason;
	const char      *evidence; /* id; NULL: none */
	bool             firm;     /* a fail that neither mode nor exception softens: taint */
};

struct pal_gate_input {
	const struct pal_policy         *policy;
	const char                      *pipeline;   /* its name: what an exception for a stage as a whole names */
	const struct pal_exceptions     *exceptions; /* NULL: none */
	const struct pal_control_result *results;
	size_t                           result_count;
	unsigned int                     stages; /* PAL_STAGE_BIT()s that are decided; results of others are left out */
};

struct pal_gate_decision {
	struct pal_report_gate gates[PAL_STAGE_COUNT]; /* of the decided stages, in order */
	size_t                 gate_count;
	struct pal_report_row *rows; /* by stage, then by control as in the catalogue, then as given */
	size_t                 row_count;
	bool                   closed; /* some gate is */
};

PAL_NODISCARD enum pal_err pal_gate_decide(const struct pal_gate_input *in, struct pal_arena *a,
					   struct pal_gate_decision *ret, struct pal_diag *d);

#endif
