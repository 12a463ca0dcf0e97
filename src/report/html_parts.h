/*
 * html_parts.h - the sections of the HTML page below the decision.
 *
 *   units    see report.h
 *   memory   adds to the caller's buffer
 *   errors   those of the buffer
 *   threads  pure, but for the lineage picture: see report.h
 */
#ifndef PALISADE_REPORT_HTML_PARTS_H
#define PALISADE_REPORT_HTML_PARTS_H

#include "outline.h"

#define PAL_HTML_SOON_DAYS 30

void pal_html_controls(const struct pal_outline *o, struct pal_buf *to);
void pal_html_findings(const struct pal_outline *o, struct pal_buf *to);
void pal_html_lineage(const struct pal_outline *o, struct pal_buf *to);
void pal_html_exceptions(const struct pal_outline *o, struct pal_buf *to);
void pal_html_evidence(const struct pal_outline *o, struct pal_buf *to);

/* A verdict or a severity as a badge: its word, in its colour. */
void pal_html_badge(struct pal_buf *to, const char *class, const char *word);

const char *pal_html_verdict_class(enum pal_verdict v);

#endif
