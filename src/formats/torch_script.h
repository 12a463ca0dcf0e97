/*
 * torch_script.h - programs in torch's archives: which operators TorchScript code and exported graphs call.
 *
 * The code is read as torch's own importer reads it: torch.NAME(...) is an operator
 * of aten, ops.SPACE.NAME(...) one of a library. Text in strings and comments is no call.
 *
 *   units    bytes; offsets from the start of the input that the sink stands for
 *   memory   a window at a time
 *   errors   those of the sink and of the input
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_TORCH_SCRIPT_H
#define PALISADE_FORMATS_TORCH_SCRIPT_H

#include "give.h"

/* `at`: where the code begins in the file; `field`: what the findings call it. */
PAL_NODISCARD enum pal_err pal_torch_script(struct pal_sink *s, struct pal_input *code, uint64_t at, const char *field);

/* The graph of torch.export, JSON: each "target". */
PAL_NODISCARD enum pal_err pal_torch_export(struct pal_sink *s, struct pal_input *graph, uint64_t at,
					    const char *field);

/* An operator by its whole name, as mobile bytecode lists it: "aten::conv2d". */
PAL_NODISCARD enum pal_err pal_torch_operator(struct pal_sink *s, struct pal_view name, uint64_t at, const char *field);

#endif
