/*
 * pipeline_tables.h - the tables of palisade.yaml: what is read, and what the manual says.
 *
 *   units    as pipeline.h
 *   memory   constant
 *   errors   none
 *   threads  pure
 */
#ifndef PALISADE_POLICY_PIPELINE_TABLES_H
#define PALISADE_POLICY_PIPELINE_TABLES_H

#include "palisade/pipeline.h"

extern const struct pal_yaml_schema pipeline_schema; /* fills a struct pal_pipeline */

extern const char *const pipeline_source_kinds[]; /* by enum pal_source_kind, then NULL */
extern const char *const pipeline_isolations[];   /* by enum pal_isolation, then NULL */

#endif
