/*
 * op_table.h - the policy on the operations of graphs: model_ops.tsv in memory.
 *
 * A row is loader, domain, ops, verdict, severity, rule, what the operation does.
 * Domain and op may end in `*`, which stands for any ending. The row that names
 * the op most exactly wins, then the one that names the domain most exactly,
 * then the later one: a row of the user wins over ours.
 *
 *   units    none
 *   memory   rows live in the arena
 *   errors   PAL_ECONFIG with file, line and what was expected
 *   threads  immutable after loading
 */
#ifndef PALISADE_DETECT_OP_TABLE_H
#define PALISADE_DETECT_OP_TABLE_H

#include "palisade/finding.h"
#include "palisade/map.h"

struct pal_op_row {
	struct pal_view   domain, op; /* without the star */
	bool              domain_any, op_any;
	bool              allow;
	bool              certain; /* deny, not suspicious */
	enum pal_severity severity;
	const char       *family; /* the id of the rule */
	const char       *does;   /* "runs Python code" */
};

struct pal_op_table {
	struct pal_arena *arena;
	struct pal_map    loaders; /* loader -> struct pal_list of struct pal_op_row */
};

struct pal_op_table        pal_op_table_of(struct pal_arena *a);
PAL_NODISCARD enum pal_err pal_op_table_parse(struct pal_op_table *t, struct pal_view text, const char *file,
					      struct pal_diag *d);

/* The row that speaks for the op; NULL when none does. */
const struct pal_op_row *pal_op_table_judge(const struct pal_op_table *t, struct pal_view loader,
					    struct pal_view domain, struct pal_view op);

#endif
