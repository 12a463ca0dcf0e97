/* input.c - the window on a file: fill() is the only place that reads it. */
#include "palisade/input.h"

#include <errno.h>
#include <unistd.h>

#include "palisade/mem.h"

#define JUMP ((size_t)64 << 10)

struct pal_input
pal_input_of_fd(int fd, uint64_t size)
{
	return (struct pal_input){ .fd = fd, .size = size };
}

struct pal_input
pal_input_of_view(struct pal_view v)
{
	return (struct pal_input){ .fd = -1, .size = v.len, .memory = v };
}

enum pal_err
pal_input_part(const struct pal_input *parent, uint64_t at, uint64_t len, struct pal_input *ret_part)
{
	if (at > parent->size || len > parent->size - at)
		return PAL_ETRUNC;
	if (parent->fd < 0)
		*ret_part = pal_input_of_view(pal_view_sub(parent->memory, (size_t)at, (size_t)len));
	else
		*ret_part = (struct pal_input){ .fd = parent->fd, .base = parent->base + at, .size = len };
	return PAL_OK;
}

void
pal_input_done(struct pal_input *in)
{
	pal_mem_free(in->window);
	*in = (struct pal_input){ .fd = -1 };
}

/* Who reads on gets a whole window; who jumps (over a tensor, say) gets little more than what was asked for. */
static enum pal_err
fill(struct pal_input *in, uint64_t at, size_t want)
{
	bool   reads_on = !in->steps && at >= in->window_at && at - in->window_at <= in->window_len;
	size_t have = 0, jump = in->jump == 0 ? JUMP : in->jump;

	want = reads_on || want > PAL_INPUT_WINDOW ? PAL_INPUT_WINDOW : want < jump ? jump : want;
	want = in->size - at < want ? (size_t)(in->size - at) : want;
	if (in->window == NULL)
		in->window = pal_mem_new(in->size < PAL_INPUT_WINDOW ? (size_t)in->size : PAL_INPUT_WINDOW, 1);
	if (in->window == NULL)
		return PAL_ENOMEM;
	in->window_at = at;
	in->window_len = 0;
	while (have < want) {
		ssize_t n = pread(in->fd, in->window + have, want - have, (off_t)(in->base + at + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return PAL_ESYS;
		if (n == 0)
			return PAL_ETRUNC; /* the file is shorter than fstat(2) said */
		have += (size_t)n;
	}
	in->window_len = have;
	return PAL_OK;
}

enum pal_err
pal_input_view(struct pal_input *in, uint64_t at, size_t least, size_t want, struct pal_view *ret_view)
{
	size_t skip = 0;

	if (at > in->size || least > in->size - at)
		return PAL_ETRUNC;
	if (in->fd < 0) {
		*ret_view = pal_view_sub(in->memory, (size_t)at, want);
		return PAL_OK;
	}
	if (least > PAL_INPUT_WINDOW)
		return PAL_ELIMIT;
	if (at < in->window_at || at - in->window_at >= in->window_len || least > in->window_len - (at - in->window_at))
		PAL_TRY(fill(in, at, want > least ? want : least));
	skip = (size_t)(at - in->window_at);
	*ret_view = pal_view_sub((struct pal_view){ in->window, in->window_len }, skip, want);
	return PAL_OK;
}
