/*
 * marks.h - programs, scripts, archives and pickles by their first bytes: a mark and, always, a structure that is
 * sound.
 *
 *   units    bytes
 *   memory   none; a view must hold what follows the place too, 64 KiB are enough
 *   errors   none
 *   threads  pure
 */
#ifndef PALISADE_DETECT_MARKS_H
#define PALISADE_DETECT_MARKS_H

#include "palisade/view.h"

#define PAL_MARK_VIEW ((size_t)64 << 10)

enum pal_mark {
	PAL_MARK_NONE,
	PAL_MARK_ELF,
	PAL_MARK_PE,
	PAL_MARK_MACHO,
	PAL_MARK_SCRIPT,
	PAL_MARK_PICKLE,
	PAL_MARK_ARCHIVE,
};

/* What begins where v begins; `at_start`: nothing stands before it, so that a weaker structure is believed. */
enum pal_mark pal_mark_at(struct pal_view v, bool at_start, const char **ret_what);

/* The first place from `from` on that is worth asking pal_mark_at() about; v.len when there is none. Fast. */
size_t pal_marks_next(struct pal_view v, size_t from);

/* Where the first run of at least 64 bytes of text begins (letters and blanks above all); SIZE_MAX when none does. */
size_t pal_marks_text(struct pal_view v);

#endif
