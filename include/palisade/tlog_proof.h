/*
 * tlog_proof.h - one file that proves offline that an entry is in a log (c2sp.org/tlog-proof@v1).
 *
 * Holds the index, the inclusion proof and the signed checkpoint. Nothing in it
 * is to be believed before pal_tlog_proof_check() has said yes.
 *
 *   units    bytes; the index counts from 0
 *   memory   a parsed proof is views into its text
 *   errors   PAL_EFORM, PAL_ELIMIT, PAL_EVERIFY, and those of checkpoint.h
 *   threads  safe
 */
#ifndef PALISADE_TLOG_PROOF_H
#define PALISADE_TLOG_PROOF_H

#include "palisade/checkpoint.h"

struct pal_tlog_proof {
	struct pal_view  extra; /* base64 as it stands, never authenticated; empty when absent */
	uint64_t         index;
	struct pal_proof proof;
	struct pal_view  checkpoint; /* signed text, to the end */
};

PAL_NODISCARD enum pal_err pal_tlog_proof_parse(struct pal_view text, struct pal_tlog_proof *ret_proof,
						struct pal_diag *d);
void pal_tlog_proof_add(struct pal_buf *b, uint64_t index, const struct pal_proof *proof, struct pal_view checkpoint);

/* Whether the proof shows that the log of vkey holds the entry; ret_head (NULL allowed) is what the log signed. */
PAL_NODISCARD enum pal_err pal_tlog_proof_check(const struct pal_tlog_proof *proof, const struct pal_vkey *vkey,
						struct pal_view entry, struct pal_tree_head *ret_head,
						struct pal_diag *d);

#endif
