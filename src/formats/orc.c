/* orc.c - Apache ORC (ORC Specification v1): recognised at both ends and said; its content is not read. */
#include "give.h"
#include "palisade/format.h"

#define MARK "ORC"

static unsigned int
orc_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	static const char *const endings[] = { ".orc", NULL };

	if (!pal_view_starts(head, MARK) || size < 8)
		return 0;
	return pal_name_ends(name, endings)                                    ? 90
	       : head.len > 3 && (head.data[3] < 0x20 || head.data[3] >= 0x7f) ? 70
									       : 0;
}

static enum pal_err
orc_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_view tail = { 0 };
	bool            whole = false;

	(void)d;
	PAL_TRY(pal_input_view(in, in->size < 4 ? 0 : in->size - 4, 0, 4, &tail));
	whole = pal_view_is(pal_view_sub(tail, 0, 3), MARK);
	PAL_TRY(pal_sink_unread(sink, &pal_anomaly_orc_unread, 0, in->size,
				"a table of ORC%s, which is not read: its bytes were searched as they are",
				whole ? "" : " that does not end as one"));
	return pal_give_bytes(sink, in, 0, in->size);
}

const struct pal_format pal_format_orc = {
	.name = "orc",
	.summary = "Apache ORC tables",
	.covers = "That the file is one, by its marks. Reported as not examined; its bytes are searched as they are, "
		  "in which "
		  "only what is not compressed is seen. Write the table as Parquet to have it examined.",
	.probe = orc_probe,
	.parse = orc_parse,
};
