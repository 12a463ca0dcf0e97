/*
 * checkpoint.h - the signed head of a log: origin, size and root (c2sp.org/tlog-checkpoint).
 *
 *   units    size counts entries
 *   memory   views into the text that was parsed
 *   errors   PAL_EFORM, and those of note.h
 *   threads  safe
 */
#ifndef PALISADE_CHECKPOINT_H
#define PALISADE_CHECKPOINT_H

#include "palisade/note.h"
#include "palisade/proof.h"

struct pal_checkpoint {
	struct pal_view      origin;
	struct pal_tree_head head;
	struct pal_view      extensions; /* lines after the third; usually empty */
};

PAL_NODISCARD enum pal_err pal_checkpoint_parse(struct pal_view text, struct pal_checkpoint *ret_checkpoint,
						struct pal_diag *d);

/* Parses a signed checkpoint, verifies it, and asks that its origin is the name of the key. */
PAL_NODISCARD enum pal_err pal_checkpoint_open(struct pal_view signed_text, const struct pal_vkey *vkey,
					       struct pal_checkpoint *ret_checkpoint, struct pal_diag *d);

/* Adds the signed checkpoint of head, its origin being the name of the key. */
PAL_NODISCARD enum pal_err pal_checkpoint_sign(const struct pal_tree_head *head, const struct pal_vkey *vkey,
					       const struct pal_key *key, struct pal_buf *b, struct pal_diag *d);

#endif
