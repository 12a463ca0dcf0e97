/*
 * label.h - how sensitive an artifact is, and what kinds of data it holds.
 *
 * Labels are joined when data flows together: the higher sensitivity, and every
 * class of both. A label is declared in palisade.yaml, derived from findings, or
 * stated in evidence (PAL_TYPE_LABEL); none of them can lower another.
 *
 *   units    none
 *   memory   a label is a value; texts go to the caller's buffer
 *   errors   PAL_EFORM for a word that is no sensitivity and no class
 *   threads  pure
 */
#ifndef PALISADE_LABEL_H
#define PALISADE_LABEL_H

#include "palisade/finding.h"
#include "palisade/statement.h"

enum pal_sensitivity { PAL_PUBLIC, PAL_INTERNAL, PAL_CONFIDENTIAL, PAL_RESTRICTED };

#define PAL_CLASS_BIT(data_class) (1u << (data_class)) /* of enum pal_data_class; PAL_CLASS_NONE has no bit */

struct pal_label {
	enum pal_sensitivity sensitivity;
	unsigned int         classes;
};

struct pal_label pal_label_join(struct pal_label a, struct pal_label b);
bool             pal_label_covers(struct pal_label high, struct pal_label low); /* joining low would change nothing */

const char *pal_sensitivity_name(enum pal_sensitivity s); /* "confidential" */
bool        pal_sensitivity_of(struct pal_view name, enum pal_sensitivity *ret);

void                       pal_label_add_text(struct pal_buf *b, struct pal_label l); /* "restricted pii phi" */
PAL_NODISCARD enum pal_err pal_label_parse(struct pal_view text, struct pal_label *ret_label, struct pal_diag *d);

/*
 * What findings demand: secret, phi or pci: restricted; pii: confidential; nothing: public. Findings of low confidence
 * do not count. `reason` (NULL: not wanted) gets one line that names the finding which decided.
 */
struct pal_label pal_label_of_findings(const struct pal_finding *findings, size_t count, struct pal_buf *reason);

struct pal_label_statement {
	struct pal_label label;
	const char      *reason, *by;
};

PAL_NODISCARD enum pal_err pal_label_write(const struct pal_label_statement *l, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_label_of(const struct pal_statement *s, struct pal_arena *a,
					struct pal_label_statement *ret, struct pal_diag *d);

#endif
