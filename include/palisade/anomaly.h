/*
 * anomaly.h - the rules by which a format says that a file breaks it, or says two things at once.
 *
 * Each is a constant, pal_anomaly_NAME, made from anomaly.def; a
 * format hands it to pal_sink_anomaly(). pal_anomalies lists them for the rule
 * index and the manual.
 *
 *   units    none
 *   memory   static
 *   errors   none
 *   threads  constants
 */
#ifndef PALISADE_ANOMALY_H
#define PALISADE_ANOMALY_H

#include "palisade/finding.h"

#define PAL_ANOMALY(name, id, severity, title, help, atlas, ...) extern const struct pal_rule pal_anomaly_##name;
#include "palisade/anomaly.def"
#undef PAL_ANOMALY

extern const struct pal_rule *const pal_anomalies[]; /* NULL-terminated */

#endif
