/*
 * content.h - what a format finds in a file and a detector looks at: the one thing that both know.
 *
 * A format reads a file and hands each piece of content to a sink; it judges
 * nothing. A detector takes pieces of the kinds that it reads and never learns
 * which format they came from. src/scan/ stands between them.
 *
 *   units    place: see finding.h
 *   memory   a piece and all it points to live until the sink's take() returns
 *   errors   take() returning an error stops the parse, which returns that error
 *   threads  one sink belongs to one thread
 */
#ifndef PALISADE_CONTENT_H
#define PALISADE_CONTENT_H

#include "palisade/dtype.h"
#include "palisade/finding.h"
#include "palisade/input.h"

enum pal_content_kind {
	PAL_CONTENT_TEXT,    /* text: a run of text that people or programs wrote */
	PAL_CONTENT_COLUMNS, /* cells: the names of a table's columns, before its first row */
	PAL_CONTENT_ROW,     /* cells: one record, in the order of the columns; ragged rows come as they are */
	PAL_CONTENT_META,    /* name, text: a metadata key and its value (chat template, tokenizer, author) */
	PAL_CONTENT_IMPORT,  /* module, name: code that loading the file would look up */
	PAL_CONTENT_CALL,    /* module, name, text: code that loading the file would run; text is what can be said of
				its arguments */
	PAL_CONTENT_TENSOR,  /* name, tensor; place: its bytes, whole and dense, in `member`, or, when that is NULL, in
				the file itself; a length of 0: not at hand */
	PAL_CONTENT_BYTES,   /* text: raw bytes that belong to nothing else (a blob in a pickle, a gap in an archive) */
	PAL_CONTENT_MEMBER,  /* name, member: a file inside this file, to be examined by itself; without a name: what
				this file is when it is unpacked */
	PAL_CONTENT_ANOMALY, /* rule, text: the file breaks its format, or says two things at once */
	PAL_CONTENT_SOURCE,  /* name: a language ("python", "shell", "script"), text: a program, whole; loader: what
				keeps it as data ("pickle", "metadata"); NULL: it is a file */
	PAL_CONTENT_OP,      /* loader, module, name: an operation of a graph with its domain ("ai.onnx", "Conv"),
				place.field: the node; text is
				what can be said of its arguments */
	PAL_CONTENT_REFERENCE, /* loader, name, text: a path or URL that reading the file would open, as it stands
				  there, and what names it ("external_data", "vocabulary"); place.field: of what */
};

#define PAL_READS(kind) (1u << (kind))

struct pal_tensor {
	struct pal_view dtype; /* as the file spells it */
	enum pal_dtype  type;
	bool            big_endian;
	const uint64_t *shape;
	size_t          rank;
};

struct pal_content {
	enum pal_content_kind  kind;
	struct pal_place       place;
	struct pal_view        text;
	struct pal_view        module, name;
	const struct pal_view *cells;
	size_t                 cell_count;
	struct pal_tensor      tensor;
	struct pal_input      *member;
	const struct pal_rule *rule;
	bool                   made; /* of a CALL: an object is made without its constructor (pickle's NEWOBJ) */
	bool                   part; /* of a ROW: cells of a record that another piece counts (tables kept by column) */
	bool                   followed; /* of a CALL: what it gives is known, and given as an IMPORT of its own */
	const char            *loader;   /* of an IMPORT, CALL, OP, REFERENCE: "keras", "onnx"; NULL: pickle */
};

/* Budgets for one file and everything inside it. A parser that reaches one says so as an anomaly; nothing is skipped
 * in silence. */
struct pal_limits {
	uint32_t depth;   /* files inside files */
	uint64_t members; /* files inside, in all */
	uint64_t output;  /* bytes that decompression may make, in all */
	uint64_t items;   /* records, opcodes, tensors, pairs in one file */
	size_t   text;    /* bytes of one piece of text, one cell, one header */
};

extern const struct pal_limits pal_limits_default;

struct pal_sink {
	enum pal_err (*take)(void *arg, const struct pal_content *piece);
	void              *arg;
	struct pal_arena  *arena;     /* for what the parser keeps while it reads this file */
	struct pal_limits *limits;    /* what is left of the budgets */
	bool               tail_read; /* set by a format that has examined the archive at the file's end as its own */
};

PAL_NODISCARD enum pal_err pal_sink_take(struct pal_sink *s, const struct pal_content *piece);

/* Hands over an anomaly; the text is what was found, where, and what was expected. */
PAL_NODISCARD enum pal_err pal_sink_anomaly(struct pal_sink *s, const struct pal_rule *rule, uint64_t offset,
					    const char *fmt, ...) PAL_PRINTF(4, 5);

/* The same for `length` bytes that were not examined; the rule has .unread, and what is inside them is not known. */
PAL_NODISCARD enum pal_err pal_sink_unread(struct pal_sink *s, const struct pal_rule *rule, uint64_t offset,
					   uint64_t length, const char *fmt, ...) PAL_PRINTF(5, 6);

#endif
