/*
 * secrets.h - how random a text is, and whether it only stands where a secret would.
 *
 *   units    thousandths of a bit a character
 *   memory   none
 *   errors   none
 *   threads  pure
 */
#ifndef PALISADE_DETECT_SECRETS_H
#define PALISADE_DETECT_SECRETS_H

#include "palisade/view.h"

unsigned int pal_entropy_milli(struct pal_view v);  /* Shannon entropy of its bytes; 0 above 4096 bytes */
bool         pal_is_placeholder(struct pal_view v); /* "AKIA...EXAMPLE", "xxxx", "<your-key>", "12345678" */

#endif
