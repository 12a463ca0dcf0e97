/* cell_blob.c - what a cell of bytes is. */
#include "cell_blob.h"

#include <stdio.h>

#include "palisade/format.h"
#include "palisade/utf8.h"

#define FILE_LEAST 8u /* shorter ones are numbers and digests cut short */

bool
pal_blob_is_text(struct pal_view v)
{
	return pal_view_find_byte(v, 0, 0) == SIZE_MAX && pal_utf8_valid(v);
}

enum pal_err
pal_blob_give(struct pal_sink *s, struct pal_view v, const struct pal_place *place, const char *column)
{
	struct pal_content c = { .kind = PAL_CONTENT_BYTES, .place = *place, .text = v };
	struct pal_input   member = pal_input_of_view(v);
	char               name[160];

	if (v.len >= FILE_LEAST && pal_format_inside(pal_view_sub(v, 0, PAL_PROBE_HEAD), v.len) != NULL) {
		(void)snprintf(name, sizeof(name), "%.100s[%llu]", column, (unsigned long long)place->row);
		return pal_give_member_input(s, &member, place->offset, pal_view_of(name));
	}
	c.place.field = column;
	c.place.length = v.len;
	return pal_sink_take(s, &c);
}
