/*
 * fields.h - taking the fields of a JSON object one after the other, and asking once whether all were right.
 *
 * The first field that is missing or of another type is remembered; what is read
 * after it is empty.
 *
 *   units    times are milliseconds since 1970
 *   memory   texts are copied into the arena
 *   errors   PAL_EFORM that names object and field
 *   threads  pure
 */
#ifndef PALISADE_EVIDENCE_FIELDS_H
#define PALISADE_EVIDENCE_FIELDS_H

#include "palisade/statement.h"

struct fields {
	const json_t     *object;
	const char       *what; /* "approval": names the object in errors */
	struct pal_arena *arena;
	struct pal_diag   why; /* code PAL_OK so far */
};

struct fields fields_of(const json_t *object, const char *what, struct pal_arena *a);

const char         *field_text(struct fields *f, const char *key);                        /* must be there, not empty */
const char         *field_text_or(struct fields *f, const char *key, const char *absent); /* null counts as absent */
const char         *field_digest(struct fields *f, const char *key);                      /* absent gives NULL */
uint64_t            field_u64(struct fields *f, const char *key);                         /* absent gives 0 */
double              field_real(struct fields *f, const char *key, double absent);
uint64_t            field_time(struct fields *f, const char *key);     /* absent gives 0 */
const json_t       *field_object(struct fields *f, const char *key);   /* absent gives NULL */
const json_t       *field_array(struct fields *f, const char *key);    /* absent gives NULL */
const char         *field_json(struct fields *f, const char *key);     /* an object as text; absent "{}" */
struct pal_resource field_resource(struct fields *f, const char *key); /* absent gives an empty one */
void                field_resources(struct fields *f, const char *key, struct pal_list *resources);
unsigned int        field_classes(struct fields *f); /* "classes": bits of data classes */

void         fields_fail(struct fields *f, const char *key, const char *expected);
enum pal_err fields_err(const struct fields *f, struct pal_diag *d); /* the arena's, too */

/* A time as the writers put it; 0 writes nothing. */
void put_time(struct pal_json_writer *w, const char *key, uint64_t ms);
void put_if(struct pal_json_writer *w, const char *key, const char *text); /* NULL writes nothing */
void put_resources(struct pal_json_writer *w, const char *key, const struct pal_resource *r, size_t count);
void put_classes(struct pal_json_writer *w, unsigned int classes);

/* The text of a JSON value. */
enum pal_err json_text_of(const json_t *value, struct pal_buf *out);

#endif
