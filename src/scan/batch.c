/* batch.c - small files go to a worker many at a time, as bytes; what a lost batch leaves is given out one by one. */
#include "batch.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "palisade/clock.h"
#include "palisade/reader.h"
#include "palisade/scan_result.h"
#include "palisade/serve.h"

#define SMALL     ((uint64_t)32 << 10) /* a file up to here is sent as bytes */
#define BYTES     ((size_t)256 << 10)  /* a batch is full from here on */
#define LEAST     8u                   /* so many are sent together rather than to another worker */
#define LIMIT_US  ((uint64_t)5 * 1000000)
#define MOST_NAME 65535u

static bool
is_small(const struct pal_scan_run *r, const struct pal_scan_slot *slot)
{
	return slot->has_item && !slot->alone && r->only_fd < 0 && slot->id.size <= SMALL;
}

/* Is what was read the version whose facts are known? If not, the file is examined alone, from its descriptor. */
static bool
read_whole(const struct pal_scan_slot *slot, uint8_t *to)
{
	struct stat        st;
	struct pal_file_id id = { 0 };
	uint64_t           have = 0;

	while (have < slot->id.size) {
		ssize_t n = pread(slot->fd, to + have, (size_t)(slot->id.size - have), (off_t)have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		have += (uint64_t)n;
	}
	if (fstat(slot->fd, &st) != 0)
		return false;
	id = pal_file_id_of(&st);
	return pal_file_id_eq(&id, &slot->id);
}

static enum pal_err
add_alone(struct pal_scan_run *r, size_t item)
{
	size_t *place = pal_list_add(&r->alone);

	if (place == NULL)
		return pal_fail(r->d, pal_arena_err(r->a), 0, "no memory for the list of files");
	*place = item;
	return PAL_OK;
}

uint8_t *
pal_scan_batch_add(struct pal_buf *out, struct pal_view name, size_t size)
{
	pal_buf_add_u32le(out, (uint32_t)name.len);
	pal_buf_add(out, name);
	pal_buf_add_u32le(out, (uint32_t)size);
	return pal_buf_room(out, size);
}

bool
pal_scan_batch_next(struct pal_reader *r, struct pal_view *ret_name, struct pal_view *ret_content)
{
	if (pal_reader_done(r))
		return false;
	*ret_name = pal_read_view(r, pal_read_count(r, pal_read_u32le(r), 1, MOST_NAME));
	*ret_content = pal_read_view(r, pal_read_count(r, pal_read_u32le(r), 1, (size_t)SMALL));
	return pal_reader_err(r) == PAL_OK;
}

/* The slot's file joins its batch and is closed. */
static enum pal_err
take_small(struct pal_scan_run *r, struct pal_scan_slot *slot)
{
	struct pal_scan_batch *b = &slot->batch;
	size_t                 before = b->frame.len;
	uint8_t *room = pal_scan_batch_add(&b->frame, pal_view_of(r->files[slot->item].path), (size_t)slot->id.size);

	if (pal_buf_err(&b->frame) != PAL_OK)
		return pal_fail(r->d, pal_buf_err(&b->frame), 0, "no memory for a batch of files");
	if (read_whole(slot, room)) {
		b->files[b->count++] = (struct pal_scan_small){ .item = slot->item, .id = slot->id };
		b->size += slot->id.size;
	} else {
		b->frame.len = before;
		PAL_TRY(add_alone(r, slot->item));
	}
	pal_file_close(&slot->fd);
	slot->has_item = false;
	return PAL_OK;
}

/* What was taken too early comes next. */
static enum pal_err
put_back(struct pal_scan_run *r, struct pal_scan_slot *slot)
{
	if (slot->alone)
		PAL_TRY(add_alone(r, slot->item));
	else
		r->next--;
	pal_file_close(&slot->fd);
	slot->has_item = false;
	return PAL_OK;
}

enum pal_err
pal_scan_take_work(struct pal_scan_run *r, struct pal_scan_slot *slot)
{
	struct pal_scan_batch *b = &slot->batch;
	size_t                 share = (r->count - r->next) / r->s->slot_count + 1;

	share = share < LEAST ? LEAST : share > PAL_SCAN_BATCH ? PAL_SCAN_BATCH : share;
	pal_buf_clear(&b->frame);
	b->count = b->next = 0;
	b->size = 0;
	PAL_TRY(pal_scan_take_item(r, slot));
	while (is_small(r, slot)) {
		PAL_TRY(take_small(r, slot));
		if (b->count == share || b->size >= BYTES)
			break;
		PAL_TRY(pal_scan_take_item(r, slot));
	}
	if (b->count > 0 && slot->has_item)
		PAL_TRY(put_back(r, slot));
	slot->has_item = slot->has_item || b->count > 0;
	return PAL_OK;
}

uint64_t
pal_scan_batch_limit(const struct pal_scanner *s)
{
	uint64_t asked = (uint64_t)s->timeout_ms * 1000;

	return asked != 0 && asked < LIMIT_US ? asked : LIMIT_US;
}

enum pal_err
pal_scan_hear_batch(struct pal_scan_run *r, struct pal_scan_slot *slot, const struct pal_frame *f, bool *ret_wrong)
{
	struct pal_scan_batch       *b = &slot->batch;
	const struct pal_scan_small *one = &b->files[b->next];
	struct pal_scan_file         file = { 0 };

	*ret_wrong =
	    f->type != PAL_SERVE_RESULT ||
	    pal_scan_result_decode(f->payload, r->files[one->item].path, &r->s->rules, r->a, &file, NULL) != PAL_OK ||
	    file.size != one->id.size;
	if (*ret_wrong)
		return pal_arena_err(r->a) == PAL_OK
			   ? PAL_OK
			   : pal_fail(r->d, pal_arena_err(r->a), 0, "the results of the scan need too much memory");
	b->next++;
	slot->deadline_us = pal_clock_mono_us() + pal_scan_batch_limit(r->s);
	if (b->next == b->count) {
		b->count = 0;
		slot->has_item = false;
		slot->state = SLOT_READY;
	}
	return pal_scan_finish_small(r, one, &file, f->payload);
}

enum pal_err
pal_scan_lose_batch(struct pal_scan_run *r, struct pal_scan_slot *slot)
{
	struct pal_scan_batch *b = &slot->batch;

	for (size_t i = b->next; i < b->count; i++)
		PAL_TRY(add_alone(r, b->files[i].item));
	b->count = 0;
	slot->has_item = false;
	return PAL_OK;
}
