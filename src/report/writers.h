/*
 * writers.h - one function a report format; report.c chooses among them.
 *
 *   units    see report.h
 *   memory   each adds to the caller's buffer and frees what it took
 *   errors   those of the buffer, and PAL_ELIMIT when a report is larger than REPORT_ARENA allows
 *   threads  pure
 */
#ifndef PALISADE_REPORT_WRITERS_H
#define PALISADE_REPORT_WRITERS_H

#include "palisade/report.h"

#define REPORT_ARENA ((size_t)256 << 20)

#define PAL_REPORT_WRITER(name)                                                              \
	PAL_NODISCARD enum pal_err pal_report_write_##name(const struct pal_report       *r, \
							   const struct pal_report_style *style, struct pal_buf *out)

PAL_REPORT_WRITER(table);
PAL_REPORT_WRITER(json);
PAL_REPORT_WRITER(scan_json);
PAL_REPORT_WRITER(jsonl);
PAL_REPORT_WRITER(sarif);
PAL_REPORT_WRITER(junit);
PAL_REPORT_WRITER(html);

#endif
