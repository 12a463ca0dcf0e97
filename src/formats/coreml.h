/*
 * coreml.h - the two kinds of files of a Core ML package: the model's specification, and its weights.
 *
 *   units    bytes
 *   memory   allocates nothing but a window
 *   errors   those of the sink and of the input; what breaks the format is an anomaly
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_COREML_H
#define PALISADE_FORMATS_COREML_H

#include "palisade/content.h"

/* Does the head begin a weight file (MILBlob, version 2)? */
bool pal_coreml_is_blob(struct pal_view head, uint64_t size);

PAL_NODISCARD enum pal_err pal_coreml_blob(struct pal_input *in, struct pal_sink *sink);

#endif
