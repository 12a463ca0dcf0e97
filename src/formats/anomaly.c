/* anomaly.c - the rules of anomaly.def as constants, and the list of them. */
#include "palisade/anomaly.h"

#include <stddef.h>

#define PAL_ANOMALY(name, id_, severity_, title_, help_, atlas_, ...) \
	const struct pal_rule pal_anomaly_##name = {                  \
		.id = (id_),                                          \
		.title = (title_),                                    \
		.help = (help_),                                      \
		.severity = (severity_),                              \
		.atlas = (atlas_),                                    \
		.owasp = __VA_ARGS__,                                 \
	};
#include "palisade/anomaly.def"
#undef PAL_ANOMALY

const struct pal_rule *const pal_anomalies[] = {
#define PAL_ANOMALY(name, id, severity, title, help, atlas, ...) &pal_anomaly_##name,
#include "palisade/anomaly.def"
#undef PAL_ANOMALY
	NULL,
};
