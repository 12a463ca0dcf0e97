/*
 * rooms.h - the pipeline as a picture: each stage a room, each gate at the door that leads out of it.
 *
 *   units    user units of SVG
 *   memory   adds to the caller's buffer
 *   errors   those of the buffer
 *   threads  pure
 */
#ifndef PALISADE_REPORT_ROOMS_H
#define PALISADE_REPORT_ROOMS_H

#include "outline.h"

/* One <svg> that takes its colours from report.css; nothing when the outline has no stage. */
void pal_rooms_draw(const struct pal_outline *o, struct pal_buf *to);

/* Pointed stakes: closed they stand side by side, open they leave a way through. Both are a mark of 24 by 24. */
void pal_rooms_stakes(struct pal_buf *to, bool open);

#endif
