/*
 * pickle_trace.h - a pickle opcode by opcode, as the machine that examines it sees it. Nothing is run.
 *
 * The sink gets what an examination would get; the watcher is told each opcode
 * right after what it made has gone to the sink.
 *
 *   units    bytes; offsets from the start of the file; stack depths are values and marks
 *   memory   a line lives until the watcher returns
 *   errors   those of the sink, the watcher and the input; a broken pickle is an anomaly, not an error
 *   threads  one input belongs to one thread
 */
#ifndef PALISADE_PICKLE_TRACE_H
#define PALISADE_PICKLE_TRACE_H

#include "palisade/content.h"

struct pal_pickle_line {
	uint64_t        offset;
	uint8_t         code;
	const char     *name;          /* "SHORT_BINUNICODE" */
	struct pal_view argument;      /* as one reads it, cut short when it is long; raw bytes may be in it */
	uint64_t        before, after; /* stack depth */
	struct pal_view top;           /* what is on top after it: "os.system", "'id'", "_" when that cannot be told */
	int64_t         memo;          /* the entry that it reads or writes; -1: none */
	struct pal_view module, attribute; /* of an opcode that looks a name up; empty: none */
};

struct pal_pickle_watch {
	enum pal_err (*line)(void *arg, const struct pal_pickle_line *l);
	void *arg;
};

PAL_NODISCARD enum pal_err pal_pickle_trace(struct pal_input *in, struct pal_sink *sink,
					    const struct pal_pickle_watch *watch, struct pal_diag *d);

const char *pal_pickle_op_name(uint8_t code); /* NULL: no opcode */

#endif
