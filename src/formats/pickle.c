/* pickle.c - the pickles of a file, one after the other, and what stands behind the last. */
#include "pickle.h"

#include <stdio.h>

#include "palisade/format.h"
#include "palisade/mem.h"
#include "torch.h"
#include "zip.h"

#define TORCH_STREAMS 5 /* pickles before the storages of torch before 1.6 */

static unsigned int
pickle_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)name;
	return pal_pickle_likely(head, size);
}

static bool
is_blank(struct pal_view v)
{
	return pal_view_trim(v).len == 0;
}

/* What no opcode walked: given as it is, and searched. */
static enum pal_err
take_rest(struct pal_pickle *m, uint64_t at)
{
	uint64_t len = m->in->size - at;

	if (pal_zip_at_end(&m->side))
		PAL_TRY(pal_zip_also(&m->side, m->sink, NULL));
	else
		PAL_TRY(pal_give_stray(m->sink, &m->side, at, len, pal_view_of("(after the pickle)")));
	return pal_pickle_search(m, at, len);
}

/* torch's storages behind its pickles, as tensors. Where they cannot be told, all of it is searched. */
static enum pal_err
take_storages(struct pal_pickle *m, uint64_t *at)
{
	uint64_t end = 0;

	PAL_TRY(pal_torch_legacy_give(&m->side, m->sink, &end));
	if (end < *at) {
		PAL_TRY(pal_pickle_search(m, *at, m->in->size - *at));
		end = m->in->size;
	}
	*at = end;
	return PAL_OK;
}

/* After a STOP: another pickle, torch's raw storages, or something that does not belong here. */
static enum pal_err
after_stop(struct pal_pickle *m, bool *ret_more)
{
	uint64_t        at = m->r.offset, left = m->in->size - at;
	struct pal_view head = { 0 };

	*ret_more = false;
	if (m->magic && m->streams == TORCH_STREAMS)
		PAL_TRY(take_storages(m, &at));
	PAL_TRY(pal_torch_tar_take(m, &at));
	left = m->in->size - at;
	if (left == 0)
		return PAL_OK;
	PAL_TRY(pal_input_view(&m->side, at, 0, left < PAL_PROBE_HEAD ? (size_t)left : PAL_PROBE_HEAD, &head));
	if (pal_pickle_likely(head, left) >= 60) {
		pal_pickle_restart(m, at);
		*ret_more = true;
		return PAL_OK;
	}
	if (left == head.len && is_blank(head))
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(m->sink, &pal_anomaly_pickle_trailing, at, "%llu bytes after the end of the pickle",
				 (unsigned long long)left));
	return take_rest(m, at);
}

static enum pal_err
parse_streams(struct pal_pickle *m)
{
	uint64_t at = 0;
	bool     more = true;

	while (more) {
		pal_pickle_restart(m, at);
		PAL_TRY(pal_pickle_run(m));
		PAL_TRY(pal_pickle_flush(m));
		m->streams++;
		if (m->end != PAL_PICKLE_STOPPED)
			return take_rest(m, m->op_at);
		PAL_TRY(after_stop(m, &more));
		at = m->r.offset;
	}
	return PAL_OK;
}

static enum pal_err
give_call_counts(struct pal_pickle *m)
{
	for (size_t i = 0; i < m->names.count; i++) {
		const struct pal_pickle_name *n = pal_list_at(&m->names, i);
		struct pal_content            c = { .kind = PAL_CONTENT_CALL, .module = n->module, .name = n->name };
		char                          text[64];
		int                           len = 0;

		if (n->calls <= 1000)
			continue;
		len = snprintf(text, sizeof(text), "(and %llu calls more)", (unsigned long long)(n->calls - 1000));
		c.text = (struct pal_view){ (const uint8_t *)text, len > 0 ? (size_t)len : 0 };
		PAL_TRY(pal_sink_take(m->sink, &c));
	}
	return PAL_OK;
}

static void
machine_done(struct pal_pickle **m)
{
	if (*m != NULL)
		pal_pickle_close(*m);
	pal_mem_free(*m);
}

enum pal_err
pal_pickle_parse(struct pal_input *in, struct pal_sink *sink, const struct pal_pickle_watch *watch, struct pal_diag *d)
{
	__attribute__((cleanup(machine_done))) struct pal_pickle *m = pal_mem_new(1, sizeof(*m));

	if (m == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "pickle: no memory for the machine");
	PAL_TRY(pal_pickle_open(m, in, sink));
	m->watch = watch;
	PAL_TRY(parse_streams(m));
	return give_call_counts(m);
}

static enum pal_err
pickle_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	return pal_pickle_parse(in, sink, NULL, d);
}

const struct pal_format pal_format_pickle = {
	.name = "pickle",
	.summary = "Python pickles: joblib, torch (legacy), NumPy objects",
	.covers =
	    "Every opcode of protocols 0 to 5, without running any: a machine of stack, memo and extension registry "
	    "tells "
	    "which names are looked up (dotted ones whole) and what is called with which arguments, through getattr, "
	    "__import__ and copyreg.add_extension. All strings are text, all blobs bytes; pickles, archives and "
	    "programs "
	    "inside them are examined as files. Several pickles in a row, the raw storages of legacy torch files (tar "
	    "archives of 0.1 too), and the "
	    "arrays that joblib writes between opcodes are walked; what cannot be walked is searched for names and "
	    "reported. "
	    "Not followed: what a computed callable does, and out-of-band buffers.",
	.probe = pickle_probe,
	.parse = pickle_parse,
};
