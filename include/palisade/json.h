/*
 * json.h - JSON documents (RFC 8259): reading with jansson, writing without building a tree.
 *
 * Reading refuses what two readers could understand differently: duplicate keys,
 * bytes after the value, invalid UTF-8. Getters answer NULL or false for what is
 * absent or of another type, so that a caller checks once.
 *
 *   units    bytes; depth in levels
 *   memory   a document is owned by the caller: PAL_AUTO_JSON frees it at the end of the scope
 *   errors   PAL_EFORM with line and column in the text, PAL_ELIMIT (longer than `most`)
 *   threads  a document belongs to one thread
 */
#ifndef PALISADE_JSON_H
#define PALISADE_JSON_H

#include <jansson.h>

#include "palisade/buf.h"

#define PAL_AUTO_JSON __attribute__((cleanup(pal_json_free))) json_t *

/* Draws the seed of the library's hash tables now, for a process that cannot open /dev/urandom later. */
void pal_json_prepare(void);

PAL_NODISCARD enum pal_err pal_json_parse(struct pal_view text, size_t most, json_t **ret_doc, struct pal_diag *d);
void                       pal_json_free(json_t **doc); /* NULL allowed; sets it to NULL */

const char   *pal_json_text(const json_t *object, const char *key);   /* NULL unless a string */
const json_t *pal_json_array(const json_t *object, const char *key);  /* NULL unless an array */
const json_t *pal_json_object(const json_t *object, const char *key); /* NULL unless an object */

/* A quoted JSON string; bytes that are no UTF-8 become U+FFFD, controls and U+2028/9 are escaped. */
void pal_json_add_string(struct pal_buf *b, struct pal_view text);

/*
 * A writer: begin, then members in order, commas and indentation by themselves. `key` is NULL inside an array.
 * Nesting is limited to 32 levels; deeper is our own bug.
 */
struct pal_json_writer {
	struct pal_buf *to;
	unsigned int    depth, indent; /* indent: blanks a level, 0 for one line */
	bool            some[33];
};

struct pal_json_writer pal_json_writer_of(struct pal_buf *to, unsigned int indent);

void pal_json_begin(struct pal_json_writer *w, const char *key, char open); /* '{' or '[' */
void pal_json_end(struct pal_json_writer *w, char close);
void pal_json_put_text(struct pal_json_writer *w, const char *key, const char *text); /* NULL writes null */
void pal_json_put_view(struct pal_json_writer *w, const char *key, struct pal_view text);
void pal_json_put_u64(struct pal_json_writer *w, const char *key, uint64_t n);
void pal_json_put_real(struct pal_json_writer *w, const char *key, double x); /* not finite writes null */
void pal_json_put_bool(struct pal_json_writer *w, const char *key, bool yes);
void pal_json_put_words(struct pal_json_writer *w, const char *key, const char *list, char sep); /* an array of texts */
void pal_json_put_raw(struct pal_json_writer *w, const char *key, const char *json);             /* already JSON */

#endif
