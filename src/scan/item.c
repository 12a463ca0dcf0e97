/* item.c - files on their way to a worker and back: opening, the cache, and what the parent finds by itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "palisade/mem.h"
#include "palisade/scan_result.h"
#include "palisade/utf8.h"
#include "run.h"

static enum pal_err
finish(struct pal_scan_run *r, size_t i, const struct pal_scan_file *f, const struct pal_file_id *id,
       uint64_t progressed)
{
	const char *path = r->files[i].path;

	r->files[i] = *f;
	r->files[i].path = path;
	r->files[i].id = *id;
	if (r->s->found != NULL)
		r->s->found(r->s->arg, &r->files[i]);
	r->done++;
	r->result->bytes += f->size;
	r->result->cached += f->cached;
	if (f->size > progressed)
		pal_progress_add(r->s->progress, f->size - progressed);
	return pal_arena_err(r->a) == PAL_OK
		   ? PAL_OK
		   : pal_fail(r->d, pal_arena_err(r->a), 0, "the results of the scan need more memory than allowed");
}

void
pal_scan_add_finding(struct pal_scan_run *r, struct pal_scan_file *f, const struct pal_rule *rule, const char *fmt, ...)
{
	struct pal_finding *more = pal_arena_array(r->a, f->finding_count + 1, sizeof(*more));
	PAL_AUTO_BUF        clean = pal_buf_of(0);
	char                text[PAL_DIAG_TEXT];
	va_list             ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pal_utf8_clean(pal_view_of(text), sizeof(text), &clean);
	f->complete = false;
	if (more == NULL)
		return; /* sticky; finish() asks */
	pal_mem_copy(more, (f->finding_count + 1) * sizeof(*more), f->findings, f->finding_count * sizeof(*more));
	more[f->finding_count] = (struct pal_finding){ .rule = rule,
						       .severity = rule->severity,
						       .confidence = PAL_CONFIDENCE_HIGH,
						       .place.path = f->path,
						       .count = 1,
						       .text = pal_arena_text(r->a, pal_buf_view(&clean)) };
	f->findings = more;
	f->finding_count++;
}

/* What cannot be opened is said here and needs no worker: *ret_fd is then -1. */
static enum pal_err
open_item(struct pal_scan_run *r, size_t i, int *ret_fd, struct pal_file_id *ret_id)
{
	struct pal_scan_file f = { .path = r->files[i].path, .format = "none" };
	struct pal_diag      d = { 0 };
	struct stat          st = { 0 };
	int                  fd = -1;
	enum pal_err         e = PAL_OK;

	*ret_id = (struct pal_file_id){ 0 };
	if (r->root_fd >= 0 && !r->regular[i] && fstatat(r->root_fd, f.path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(st.st_mode))
		pal_scan_add_finding(r, &f, S_ISLNK(st.st_mode) ? &pal_scan_rule_link : &pal_scan_rule_special,
				     "%s is %s and was not examined", f.path,
				     S_ISLNK(st.st_mode) ? "a symbolic link" : "neither a file nor a folder");
	else if (r->root_fd >= 0)
		e = pal_file_open_below(r->root_fd, f.path, &fd, ret_id, &d);
	else
		e = pal_file_open(r->root, &fd, ret_id, &d);
	if (e != PAL_OK)
		pal_scan_add_finding(r, &f, &pal_scan_rule_unreadable, "%s", d.text);
	*ret_fd = fd;
	return fd >= 0 ? PAL_OK : finish(r, i, &f, ret_id, 0);
}

/* A descriptor that was handed in: the same facts as pal_file_open() has. */
static enum pal_err
use_descriptor(struct pal_scan_run *r, int *ret_fd, struct pal_file_id *ret_id)
{
	struct stat st;
	int         fd = -1;

	if (fstat(r->only_fd, &st) != 0 || !S_ISREG(st.st_mode))
		return pal_fail(r->d, PAL_EUSAGE, 0, "%s is not an open regular file", r->files[0].path);
	fd = fcntl(r->only_fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return pal_fail(r->d, PAL_ESYS, 0, "cannot copy a descriptor: %s", strerror(errno));
	*ret_id = pal_file_id_of(&st);
	*ret_fd = fd;
	return PAL_OK;
}

static bool
changed(const struct pal_scan_slot *slot)
{
	struct stat st;

	if (fstat(slot->fd, &st) != 0 || (uint64_t)st.st_size != slot->id.size)
		return true;
	return slot->id.mtime_ns != 0 &&
	       (int64_t)st.st_mtim.tv_sec * 1000000000 + (int64_t)st.st_mtim.tv_nsec != slot->id.mtime_ns;
}

static bool
from_cache(struct pal_scan_run *r, size_t i, const struct pal_file_id *id, struct pal_scan_file *ret_file)
{
	const struct pal_scan_cache *c = r->s->cache;
	PAL_AUTO_BUF                 bytes = pal_buf_of(PAL_WORKER_FRAME);
	struct pal_scan_file         f = { 0 };

	if (c == NULL || c->get == NULL || !c->get(c->arg, i, id, &bytes) || pal_buf_err(&bytes) != PAL_OK)
		return false;
	if (pal_scan_result_decode(pal_buf_view(&bytes), r->files[i].path, &r->s->rules, r->a, &f, NULL) != PAL_OK ||
	    f.size != id->size)
		return false;
	f.cached = true;
	*ret_file = f;
	return true;
}

static size_t
next_item(struct pal_scan_run *r, struct pal_scan_slot *slot)
{
	size_t item = 0;

	slot->alone = r->alone.count > 0;
	if (!slot->alone)
		return r->order[r->next++];
	item = *(size_t *)pal_list_at(&r->alone, r->alone.count - 1);
	r->alone.count--;
	return item;
}

/* The next file that a worker must see, into the slot; files that need none are finished on the way. */
enum pal_err
pal_scan_take_item(struct pal_scan_run *r, struct pal_scan_slot *slot)
{
	while (r->alone.count > 0 || r->next < r->count) {
		size_t               i = next_item(r, slot);
		struct pal_scan_file f = { 0 };

		if (r->only_fd >= 0)
			PAL_TRY(use_descriptor(r, &slot->fd, &slot->id));
		else
			PAL_TRY(open_item(r, i, &slot->fd, &slot->id));
		if (slot->fd < 0)
			continue;
		if (!from_cache(r, i, &slot->id, &f)) {
			slot->item = i;
			slot->has_item = true;
			slot->progressed = 0;
			return PAL_OK;
		}
		pal_file_close(&slot->fd);
		PAL_TRY(finish(r, i, &f, &slot->id, 0));
	}
	return PAL_OK;
}

enum pal_err
pal_scan_finish_small(struct pal_scan_run *r, const struct pal_scan_small *one, struct pal_scan_file *f,
		      struct pal_view encoded)
{
	const struct pal_scan_cache *c = r->s->cache;

	if (c != NULL && c->put != NULL)
		c->put(c->arg, one->item, &one->id, encoded);
	return finish(r, one->item, f, &one->id, 0);
}

enum pal_err
pal_scan_finish_item(struct pal_scan_run *r, struct pal_scan_slot *slot, struct pal_scan_file *f,
		     struct pal_view encoded)
{
	const struct pal_scan_cache *c = r->s->cache;

	if (changed(slot))
		pal_scan_add_finding(r, f, &pal_scan_rule_changed, "the file changed while it was read");
	else if (c != NULL && c->put != NULL && encoded.len > 0)
		c->put(c->arg, slot->item, &slot->id, encoded);
	pal_file_close(&slot->fd);
	slot->has_item = false;
	return finish(r, slot->item, f, &slot->id, slot->progressed);
}
