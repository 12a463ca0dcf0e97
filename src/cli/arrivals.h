/*
 * arrivals.h - a folder and all below it, watched for files that were written or moved there (inotify(7)).
 *
 * cli_arrivals_open() gives everything that is there already, then
 * cli_arrivals_next() what comes: a file counts when its writer closed it or it was
 * renamed into place. When the kernel lost events, everything is given again.
 *
 *   units    milliseconds
 *   memory   paths live in the caller's arena; the folders' names in one of the watch, until cli_arrivals_done()
 *   errors   PAL_ESYS, PAL_ENOTFOUND, PAL_ELIMIT (more folders than the kernel watches: fs.inotify.max_user_watches)
 *   threads  one
 */
#ifndef PALISADE_CLI_ARRIVALS_H
#define PALISADE_CLI_ARRIVALS_H

#include "palisade/list.h"

struct cli_arrivals {
	const char      *root;
	int              fd;
	struct pal_arena arena;
	struct pal_list  folders; /* of const char *: by watch descriptor, relative to root; NULL: none */
};

/* `paths` is of const char *, relative to root; links and special files are not given. */
PAL_NODISCARD enum pal_err cli_arrivals_open(struct cli_arrivals *w, const char *root, struct pal_list *paths,
					     struct pal_diag *d);

/* Waits until files came and then a moment nothing more; returns without any when a signal was caught. */
PAL_NODISCARD enum pal_err cli_arrivals_next(struct cli_arrivals *w, struct pal_list *paths, struct pal_diag *d);
void                       cli_arrivals_done(struct cli_arrivals *w);

#endif
