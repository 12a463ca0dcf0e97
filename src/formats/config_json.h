/*
 * config_json.h - reads a JSON document for what loaders take from it: code, files, chat templates.
 *
 * It looks at keys, at whatever depth and under whatever name the file goes.
 * What is broken is told by the format that reads the document's texts.
 *
 *   units    offsets are bytes in the file
 *   memory   one heap piece of bounded size, and a feed, until it returns
 *   errors   PAL_ENOMEM, and those of the sink and the input
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_CONFIG_JSON_H
#define PALISADE_FORMATS_CONFIG_JSON_H

#include "palisade/content.h"

/* Is a document with this key worth reading? */
bool pal_config_json_key(struct pal_view key);

PAL_NODISCARD enum pal_err pal_config_json(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d);

#endif
