/*
 * confine.h - how a process gives up its own power before it reads untrusted bytes.
 *
 * pal_sandbox_named("worker")->apply() takes away users, files, sockets, processes and
 * memory, a layer at a time, and writes down what it applied and what this kernel
 * would not let it apply. Layers without which a worker must not run fail the call.
 *
 *   units    bytes; seconds
 *   memory   allocates nothing that it keeps
 *   errors   PAL_EUNSUPPORTED when a required layer cannot be had; the process must then exit
 *   threads  call from a process with one thread, or with a crew that is named; there is no way back
 */
#ifndef PALISADE_CONFINE_H
#define PALISADE_CONFINE_H

#include "palisade/buf.h"
#include "palisade/crew.h"

struct pal_confine_limits {
	uint64_t     memory;      /* of private memory */
	uint64_t     cpu_s;       /* of processor time, over the life of the process: a backstop */
	unsigned int descriptors; /* open at once */
	int          channel;     /* the only descriptor that may be written to */

	struct pal_crew *crew; /* threads that are there already and give up the same; NULL: none */
};

/* One way to be confined. `none` is a row too: it applies nothing, and says so. */
struct pal_sandbox {
	const char *name;
	const char *summary; /* one line, for help */
	PAL_NODISCARD enum pal_err (*apply)(const struct pal_confine_limits *l, struct pal_buf *said,
					    struct pal_diag *d);
};

extern const struct pal_sandbox *const pal_sandboxes[]; /* NULL-terminated; the first is the default */

const struct pal_sandbox *pal_sandbox_named(const char *name); /* NULL gives the default; NULL when unknown */

extern const struct pal_confine_limits pal_confine_default;

#endif
