/* json_walk.c - the loop over a document's tokens that readers of its members share. */
#include "json_walk.h"

#include "palisade/anomaly.h"

struct pal_view
pal_json_walk_text(const struct pal_json_walk *w)
{
	return pal_view_sub(pal_feed_view(&w->feed), w->pull.start, w->pull.len);
}

uint64_t
pal_json_walk_offset(const struct pal_json_walk *w)
{
	return pal_feed_offset(&w->feed, w->pull.start);
}

static enum pal_err
too_long(const struct pal_json_walk *w, const struct pal_input *in, struct pal_sink *sink, const char *behind)
{
	if (behind == NULL)
		return PAL_OK;
	return pal_sink_unread(sink, &pal_anomaly_format_limit, w->feed.offset, in->size - w->feed.offset,
			       "a string of more than %zu bytes; %s behind it were not read", PAL_JSON_WALK_STRING,
			       behind);
}

static enum pal_err
walk(struct pal_json_walk *w, struct pal_input *in, struct pal_sink *sink, const char *behind, pal_json_take *take,
     void *who)
{
	enum pal_json_token t = PAL_JSON_NUMBER;

	pal_json_pull_init(&w->pull, &w->feed, false);
	while (t != PAL_JSON_END && t != PAL_JSON_BROKEN) {
		enum pal_err err = PAL_OK;

		pal_json_pull_release(&w->pull);
		err = pal_json_pull(&w->pull, &t);
		if (err == PAL_ELIMIT)
			return too_long(w, in, sink, behind);
		PAL_TRY(err);
		PAL_TRY(take(who, t));
	}
	return PAL_OK;
}

enum pal_err
pal_json_walk(struct pal_json_walk *w, struct pal_input *in, struct pal_sink *sink, const char *behind,
	      pal_json_take *take, void *who)
{
	enum pal_err err = pal_feed_open(&w->feed, in, PAL_JSON_WALK_STRING);

	if (err == PAL_OK)
		err = walk(w, in, sink, behind, take, who);
	pal_feed_close(&w->feed);
	return err;
}
