/*
 * format.h - what a file format is to the scanner.
 *
 * A format is one file, src/formats/NAME.c, that exports one constant,
 * pal_format_NAME, and one line in src/formats/formats.def. Nothing else in the
 * library knows any format by name.
 *
 *   units    bytes
 *   memory   what parse() keeps comes from the sink's arena
 *   errors   parse() fails only when reading fails or the sink refuses; a broken file is an anomaly with its offset,
 *            and parse() then returns PAL_OK: unknown is not clean, and the gate decides
 *   threads  formats are constants; one parse belongs to one thread
 */
#ifndef PALISADE_FORMAT_H
#define PALISADE_FORMAT_H

#include "palisade/content.h"
#include "palisade/reader.h"

#define PAL_PROBE_HEAD 4096 /* bytes of the file's start that probe() is shown, fewer if the file is shorter */

struct pal_format {
	const char *name;    /* as the command line and the reports print it */
	const char *summary; /* one line, for help and the manual */
	const char *covers;  /* what of it is examined, and what is not; for docs/formats.md */

	/* How much head looks like this format: 0 not at all, 100 beyond doubt. Pure. `name` is the file's name, a
	 * hint only: content decides, and a name may at most break a tie. */
	unsigned int (*probe)(struct pal_view head, uint64_t size, struct pal_view name);

	PAL_NODISCARD enum pal_err (*parse)(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d);
};

extern const struct pal_format *const pal_formats[]; /* NULL-terminated */

/* The best match, or NULL when nothing knows it. */
const struct pal_format *pal_format_probe(struct pal_view head, uint64_t size, struct pal_view name);
const struct pal_format *pal_format_named(const char *name);

#endif
