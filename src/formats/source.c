/* source.c - a program's text in one piece. */
#include "source.h"

#include "feed.h"
#include "palisade/anomaly.h"

enum pal_err
pal_give_source(struct pal_input *in, struct pal_sink *s, const char *language)
{
	PAL_AUTO_FEED      f = { 0 };
	struct pal_content c = { .kind = PAL_CONTENT_SOURCE, .name = pal_view_of(language) };
	uint64_t           end = 0;

	PAL_TRY(pal_feed_open(&f, in, PAL_SOURCE_MOST + PAL_INPUT_WINDOW));
	while (!pal_feed_ended(&f) && pal_feed_view(&f).len < PAL_SOURCE_MOST)
		PAL_TRY(pal_feed_more(&f));
	c.text = pal_view_sub(pal_feed_view(&f), 0, PAL_SOURCE_MOST);
	c.place.length = c.text.len;
	end = pal_feed_offset(&f, c.text.len);
	if (c.text.len < pal_feed_view(&f).len || !pal_feed_ended(&f))
		PAL_TRY(pal_sink_unread(s, &pal_anomaly_source_long, end, in->size - end,
					"a program of more than %zu bytes; it was read to there, and the rest as text",
					PAL_SOURCE_MOST));
	return c.text.len == 0 ? PAL_OK : pal_sink_take(s, &c);
}

bool
pal_source_is_text(struct pal_view head)
{
	for (size_t i = 0; i < head.len; i++) {
		uint8_t c = head.data[i];

		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f')
			return false;
	}
	return head.len > 0;
}
