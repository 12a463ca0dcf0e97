/*
 * torch_zip.h - which members of an archive are storages of torch's tensors, and whose they are.
 *
 * Opened once the directory is known; asked for each member. What no pickle of the
 * archive refers to, and what one refers to and is not there, is said.
 *
 *   units    as torch.h
 *   memory   owned by the view until pal_torch_zip_close(); NULL: not an archive of torch's
 *   errors   those of the sink and of the input
 *   threads  as the sink
 */
#ifndef PALISADE_FORMATS_TORCH_ZIP_H
#define PALISADE_FORMATS_TORCH_ZIP_H

#include "zip.h"

PAL_NODISCARD enum pal_err pal_torch_zip_open(struct pal_zip *z, struct pal_torch_zip **ret);
void                       pal_torch_zip_close(struct pal_torch_zip **v);

/* A member of this name is there, however it is packed. */
void pal_torch_zip_met(struct pal_torch_zip *v, struct pal_view name);

/* *ret_taken: the member was a storage, and is given. */
PAL_NODISCARD enum pal_err pal_torch_zip_give(struct pal_torch_zip *v, struct pal_zip *z,
					      const struct pal_zip_header *h, uint64_t at, bool *ret_taken);
/* Programs and graphs among the members: which operators they call. `at`: where the content lies in the file. */
PAL_NODISCARD enum pal_err pal_torch_zip_code(struct pal_torch_zip *v, struct pal_zip *z, struct pal_view name,
					      struct pal_input *in, uint64_t at);
PAL_NODISCARD enum pal_err pal_torch_zip_end(struct pal_torch_zip *v, struct pal_zip *z);

#endif
