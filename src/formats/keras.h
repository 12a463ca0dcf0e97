/*
 * keras.h - what the sources of the reader of Keras configurations share, and what other formats ask of it.
 *
 *   units    bytes; offsets from the start of the file
 *   memory   the caller's tree
 *   errors   those of the sink and of the input
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_KERAS_H
#define PALISADE_FORMATS_KERAS_H

#include "keras_tree.h"

/* keras_object.c: what Keras would look up, open or run for the objects of the tree. */
PAL_NODISCARD enum pal_err pal_keras_objects(const struct pal_keras_tree *t, struct pal_sink *sink);

/* keras_code.c: code that a configuration carries; `of` names the layer, `what` its attribute. */
PAL_NODISCARD enum pal_err pal_keras_lambda(struct pal_sink *sink, const struct pal_keras_node *code,
					    struct pal_view of, struct pal_view what);

/* Files that are hidden in a string, as they are or in base64, become members. */
PAL_NODISCARD enum pal_err pal_keras_string(struct pal_sink *sink, const struct pal_keras_node *text);

/* keras_config.c: a JSON document that another format has read already, for what it means to Keras alone. */
PAL_NODISCARD enum pal_err pal_keras_also(struct pal_input *in, struct pal_sink *sink);

#endif
