/*
 * scan_result.h - what was found in one file, as bytes: from a worker to its parent, and into the result cache.
 *
 * Decoding trusts nothing: the version, every length and enum, the format's name
 * and each rule's id are vetted, texts are cleaned, and nothing may be left over.
 * Paths are relative to the file, so a result fits the file under any name.
 *
 *   units    bytes
 *   memory   what decode makes lives in the arena; rules are those of the catalogue
 *   errors   PAL_EFORM, PAL_ETRUNC, PAL_ELIMIT, with the offset; encode: those of the buffer
 *   threads  pure
 */
#ifndef PALISADE_SCAN_RESULT_H
#define PALISADE_SCAN_RESULT_H

#include "palisade/scan.h"
#include "palisade/scan_rules.h"

#define PAL_SCAN_FINDINGS 1000 /* different ones in one file; what is beyond is counted in one more, SCAN-MANY */

PAL_NODISCARD enum pal_err pal_scan_result_encode(const struct pal_scan_file *f, struct pal_buf *out);
PAL_NODISCARD enum pal_err pal_scan_result_decode(struct pal_view bytes, const char *path,
						  const struct pal_scan_rules *rules, struct pal_arena *a,
						  struct pal_scan_file *ret_file, struct pal_diag *d);

#endif
