/*
 * deflate64.h - PKWARE's enhanced deflate (zip method 9), which zlib does not read: RFC 1951 with a window of 64 KiB.
 *
 * What differs: length code 285 has 16 extra bits from 3 on, and distance codes 30 and 31 reach 65,536 bytes back
 * (APPNOTE 4.4.5, method 9). A step takes what is at hand and goes on from there with the next.
 *
 *   units    bits and bytes
 *   memory   one heap piece of about 70 KiB, from pal_deflate64_new() to pal_deflate64_free()
 *   errors   the result of a step
 *   threads  a state belongs to one thread
 */
#ifndef PALISADE_FORMATS_DEFLATE64_H
#define PALISADE_FORMATS_DEFLATE64_H

#include "codec.h"

struct pal_deflate64;

struct pal_deflate64 *pal_deflate64_new(void); /* NULL: no memory */
void                  pal_deflate64_free(struct pal_deflate64 **d);
enum pal_step         pal_deflate64_step(struct pal_deflate64 *d, struct pal_flow *f);

#endif
