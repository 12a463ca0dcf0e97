/*
 * manual.h - tables of keys as Markdown.
 *
 *   units    none
 *   memory   adds to the caller's buffer
 *   errors   those of the buffer
 *   threads  pure
 */
#ifndef PALISADE_POLICY_MANUAL_H
#define PALISADE_POLICY_MANUAL_H

#include "palisade/yaml.h"

/* A table of the schema's keys, then a section for each schema below it; `path` is what leads to it, "" at the top. */
void manual_schema(const struct pal_yaml_schema *s, const char *path, struct pal_buf *out);

/* The type column of a row. */
void manual_type(const struct pal_yaml_key *k, struct pal_buf *out);

#endif
