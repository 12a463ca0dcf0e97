/*
 * disasm.h - pickles opcode by opcode, read by a worker, judged line by line.
 *
 * A file is a pickle, or holds some: in an archive, behind a compression, inside
 * another pickle. Members are named as findings name them: "m.pt!/m/data.pkl".
 * What the worker says is vetted like any result.
 *
 *   units    bytes; offsets from the start of the member
 *   memory   a line lives until the callback returns
 *   errors   PAL_ENOTFOUND (no pickle there), PAL_ESYS (the worker died or hangs), those of the callback
 *   threads  one
 */
#ifndef PALISADE_DISASM_H
#define PALISADE_DISASM_H

#include "palisade/buf.h"
#include "palisade/finding.h"
#include "palisade/input.h"

enum pal_disasm_kind {
	PAL_DISASM_MEMBER = 1, /* text: its path; the lines that follow are of it */
	PAL_DISASM_OP,
	PAL_DISASM_NOTE, /* an anomaly that belongs to no opcode: offset, text, severity */
};

struct pal_disasm_line {
	uint8_t           kind; /* enum pal_disasm_kind */
	uint8_t           code;
	bool              judged; /* severity and text say what the policy thinks of it */
	enum pal_severity severity;
	uint64_t          offset, before, after; /* before, after: stack depth */
	int64_t           memo;                  /* -1: none */
	struct pal_view   argument, top, text;
};

struct pal_disasm_out {
	enum pal_err (*line)(void *arg, const struct pal_disasm_line *l);
	void *arg;
};

struct pal_detect;

/* The one file behind fd (or its member; NULL: all of it) in a worker of its own; fd stays the caller's. */
PAL_NODISCARD enum pal_err pal_disasm(int fd, uint64_t size, const char *member, const char *rules_dir,
				      const struct pal_disasm_out *out, struct pal_diag *d);

/* The reading itself, in whatever process. */
PAL_NODISCARD enum pal_err pal_disasm_read(struct pal_input *in, struct pal_view member, const struct pal_detect *rules,
					   const struct pal_disasm_out *out, struct pal_diag *d);

/* What the worker sends, and how the parent reads it: lines one after the other. */
void                       pal_disasm_encode(const struct pal_disasm_line *l, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_disasm_decode(struct pal_view bytes, const struct pal_disasm_out *out);

#endif
