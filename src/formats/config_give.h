/*
 * config_give.h - what the configuration beside a model names: classes that loaders import, files that they open.
 *
 *   units    offsets are bytes in the file
 *   memory   nothing is kept
 *   errors   those of the sink
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_CONFIG_GIVE_H
#define PALISADE_FORMATS_CONFIG_GIVE_H

#include "palisade/content.h"

/* "pkg.module.Class" that a loader imports (or calls) as it is; what has no dot is a name in no module. */
PAL_NODISCARD enum pal_err pal_config_import(struct pal_sink *s, enum pal_content_kind kind, const char *loader,
					     struct pal_view dotted, uint64_t offset);
/* What a loader constructs or calls by name: a class (a capital first) is an IMPORT, anything else a CALL. */
PAL_NODISCARD enum pal_err pal_config_construct(struct pal_sink *s, const char *loader, struct pal_view dotted,
						uint64_t offset);
PAL_NODISCARD enum pal_err pal_config_import_of(struct pal_sink *s, const char *loader, struct pal_view module,
						struct pal_view name, uint64_t offset);
PAL_NODISCARD enum pal_err pal_config_reference(struct pal_sink *s, const char *loader, const char *what,
						struct pal_view path, uint64_t offset);

/* A class as transformers' auto_map writes it: "module.Class" beside the model, "owner/repo--module.Class" elsewhere.
 */
PAL_NODISCARD enum pal_err pal_config_auto_class(struct pal_sink *s, struct pal_view text, uint64_t offset);

/* Is it the name of a class or module, as Python writes one; and is there a dot in it? */
bool pal_config_is_name(struct pal_view v);
bool pal_config_is_dotted(struct pal_view v);

#endif
