/*
 * walk.h - every entry below a folder, in byte order of its relative path, without following links.
 *
 *   units    bytes
 *   memory   the list and its paths live in the arena
 *   errors   PAL_ESYS, PAL_ENOTFOUND, PAL_ELIMIT (more entries than `most`), PAL_EFORM (a name that is no UTF-8)
 *   threads  safe
 */
#ifndef PALISADE_WALK_H
#define PALISADE_WALK_H

#include "palisade/file.h"
#include "palisade/list.h"

enum pal_entry_kind { PAL_ENTRY_FILE, PAL_ENTRY_LINK, PAL_ENTRY_OTHER };

struct pal_entry {
	const char         *path; /* relative to the root, '/' between names; "." when the root is itself a file */
	enum pal_entry_kind kind;
	struct pal_file_id  id;
};

/* Folders themselves are not listed. `root` may be a file. `list` is of struct pal_entry. */
PAL_NODISCARD enum pal_err pal_walk(const char *root, size_t most, struct pal_list *list, struct pal_diag *d);

#endif
