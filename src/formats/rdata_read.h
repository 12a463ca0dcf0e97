/*
 * rdata_read.h - the numbers and texts of R's serialization in its three spellings: XDR, ASCII, native.
 *
 * R Internals, section 1.8 "Serialization Formats". A native file is taken for
 * little-endian, as all machines that write one today are.
 *
 *   units    offsets are bytes in the file
 *   memory   a text of an ASCII file lives in a buffer until the next one, others in the reader's window
 *   errors   those of the reader, sticky; an ASCII word that is no number fails it as PAL_EFORM
 *   threads  as the reader
 */
#ifndef PALISADE_FORMATS_RDATA_READ_H
#define PALISADE_FORMATS_RDATA_READ_H

#include "palisade/buf.h"
#include "palisade/reader.h"

enum pal_rdata_form { PAL_RDATA_XDR, PAL_RDATA_ASCII, PAL_RDATA_NATIVE };

#define PAL_RDATA_NA INT32_MIN

struct pal_rdata {
	struct pal_reader   r;
	enum pal_rdata_form form;
	struct pal_buf      text; /* of the last text of an ASCII file */
};

int32_t pal_rdata_int(struct pal_rdata *d);

/* Vectors of more than 2^31 - 1 elements say -1, then two halves. UINT64_MAX: a length below zero. */
uint64_t pal_rdata_length(struct pal_rdata *d);

/* n words (ASCII), or n times `width` bytes. False: there are not so many. */
bool pal_rdata_skip(struct pal_rdata *d, uint64_t n, unsigned int width);

/* len bytes of text; whole false: only its first bytes, the rest was skipped. */
struct pal_view pal_rdata_text(struct pal_rdata *d, uint64_t len, bool *ret_whole);

enum pal_err pal_rdata_err(const struct pal_rdata *d);

#endif
