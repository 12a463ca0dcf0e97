/* ledger.c - a handle's life, and appending: journal and flush, then tiles, then the checkpoint; that order is what to
 * audit. */
#include "palisade/ledger.h"

#include <stdio.h>
#include <string.h>

#include "handle.h"
#include "journal.h"
#include "palisade/file.h"
#include "palisade/key.h"
#include "palisade/mem.h"

#define FOLD_AT ((uint64_t)32 << 20) /* a journal of this length is folded: what a crash may leave to redo */

enum pal_err
pal_ledger_lock(const struct pal_ledger *l, int *ret_fd, struct pal_diag *d)
{
	PAL_AUTO_BUF path = pal_buf_of(0);

	pal_buf_printf(&path, "%s/" PAL_SHELF_LOCK, l->dir);
	if (pal_buf_err(&path) != PAL_OK)
		return pal_fail(d, pal_buf_err(&path), 0, "ledger");
	return pal_file_lock(pal_buf_text(&path), l->wait_ms, ret_fd, d);
}

static enum pal_err
vet_key(const struct pal_ledger_access *at, struct pal_diag *d)
{
	struct pal_vkey own = { 0 };

	PAL_TRY(pal_vkey_of(at->vkey->name, at->key, &own, d));
	if (own.id != at->vkey->id || memcmp(own.public_key, at->vkey->public_key, sizeof(own.public_key)) != 0)
		return pal_fail(d, PAL_EKEY, 0,
				"the signing key is not the one of the ledger \"%s\" (id %08x, expected %08x)",
				at->vkey->name, own.id, at->vkey->id);
	return PAL_OK;
}

static enum pal_err
new_handle(const struct pal_ledger_access *at, struct pal_ledger **ret_ledger, struct pal_diag *d)
{
	PAL_AUTO_LEDGER l = pal_mem_new(1, sizeof(*l));
	size_t          len = strlen(at->dir);

	if (l == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "ledger");
	l->vkey = *at->vkey;
	l->key = at->key;
	l->wait_ms = at->wait_ms;
	l->checkpoint = pal_buf_of(0);
	l->retired = pal_buf_of(0);
	l->bundle = pal_buf_of(0);
	pal_edge_init(&l->edge);
	l->dir = pal_mem_new(len + 1, 1);
	l->nests = pal_mem_new((size_t)PAL_TILE_LEVELS * 2, sizeof(*l->nests));
	if (l->dir == NULL || l->nests == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "ledger");
	pal_mem_copy(l->dir, len + 1, at->dir, len);
	*ret_ledger = l;
	l = NULL;
	return PAL_OK;
}

void
pal_ledger_free(struct pal_ledger **l)
{
	if (*l == NULL)
		return;
	pal_buf_done(&(*l)->checkpoint);
	pal_buf_done(&(*l)->retired);
	pal_buf_done(&(*l)->bundle);
	pal_edge_done(&(*l)->edge);
	pal_mem_free((*l)->nests);
	pal_mem_free((*l)->dir);
	pal_mem_free(*l);
	*l = NULL;
}

enum pal_err
pal_ledger_create(const struct pal_ledger_access *at, struct pal_diag *d)
{
	PAL_AUTO_LEDGER            l = NULL;
	PAL_AUTO_FD                lock = -1;
	PAL_AUTO_BUF               text = pal_buf_of(0);
	PAL_AUTO_BUF               path = pal_buf_of(0);
	const struct pal_tree_head empty = { .size = 0, .root = pal_tree_empty() };

	if (at->key == NULL)
		return pal_fail(d, PAL_EKEY, 0, "a ledger cannot be made without its signing key");
	PAL_TRY(vet_key(at, d));
	PAL_TRY(new_handle(at, &l, d));
	PAL_TRY(pal_file_make_dir(at->dir, 0755, d));
	PAL_TRY(pal_ledger_lock(l, &lock, d));
	pal_buf_printf(&path, "%s/" PAL_SHELF_CHECKPOINT, at->dir);
	if (pal_buf_err(&path) != PAL_OK)
		return pal_fail(d, pal_buf_err(&path), 0, "ledger");
	if (pal_file_exists(pal_buf_text(&path)))
		return pal_fail(d, PAL_EEXIST, 0, "there is a ledger in %s already", at->dir);
	PAL_TRY(pal_checkpoint_sign(&empty, at->vkey, at->key, &text, d));
	PAL_TRY(pal_shelf_cut(at->dir, PAL_SHELF_JOURNAL, 0, d));
	return pal_file_write(pal_buf_text(&path), pal_buf_view(&text), 0644, d);
}

enum pal_err
pal_ledger_open(const struct pal_ledger_access *at, struct pal_ledger **ret_ledger, struct pal_diag *d)
{
	PAL_AUTO_LEDGER l = NULL;

	if (at->key != NULL)
		PAL_TRY(vet_key(at, d));
	PAL_TRY(new_handle(at, &l, d));
	if (at->key != NULL) {
		PAL_AUTO_FD lock = -1;

		/* No checkpoint, no ledger: a mistyped folder must not get a lock file. */
		PAL_TRY(pal_shelf_read(l->dir, PAL_SHELF_CHECKPOINT, PAL_NOTE_MOST, &l->bundle, d));
		PAL_TRY(pal_ledger_lock(l, &lock, d));
		PAL_TRY(pal_ledger_settle(l, d));
	} else {
		PAL_TRY(pal_ledger_refresh(l, d));
	}
	*ret_ledger = l;
	l = NULL;
	return PAL_OK;
}

enum pal_err
pal_ledger_recover(const struct pal_ledger_access *at, struct pal_diag *d)
{
	PAL_AUTO_LEDGER l = NULL;
	PAL_AUTO_FD     lock = -1;

	PAL_TRY(new_handle(at, &l, d));
	PAL_TRY(pal_ledger_lock(l, &lock, d));
	return pal_ledger_settle(l, d);
}

enum pal_err
pal_ledger_sync(struct pal_ledger *l, struct pal_diag *d)
{
	PAL_AUTO_FD lock = -1;

	if (l->key == NULL)
		return PAL_OK;
	PAL_TRY(pal_ledger_lock(l, &lock, d));
	PAL_TRY(pal_ledger_settle(l, d));
	return pal_ledger_fold(l, d);
}

enum pal_err
pal_ledger_close(struct pal_ledger **l, struct pal_diag *d)
{
	enum pal_err err = *l == NULL ? PAL_OK : pal_ledger_sync(*l, d);

	pal_ledger_free(l);
	return err;
}

uint64_t
pal_ledger_size(const struct pal_ledger *l)
{
	return l->head.size;
}

struct pal_tree_head
pal_ledger_head(const struct pal_ledger *l)
{
	return l->head;
}

struct pal_view
pal_ledger_checkpoint(const struct pal_ledger *l)
{
	return pal_buf_view(&l->checkpoint);
}

enum pal_err
pal_ledger_refresh(struct pal_ledger *l, struct pal_diag *d)
{
	PAL_AUTO_BUF text = pal_buf_of(0);

	PAL_TRY(pal_shelf_read(l->dir, PAL_SHELF_CHECKPOINT, PAL_NOTE_MOST, &text, d));
	return pal_ledger_take(l, pal_buf_view(&text), d);
}

static enum pal_err
vet_batch(const struct pal_ledger *l, const struct pal_view *entries, size_t count, struct pal_diag *d)
{
	size_t bytes = 0;

	if (l->key == NULL)
		return pal_fail(d, PAL_EKEY, 0, "nothing can be appended to the ledger %s without its signing key",
				l->dir);
	if (count == 0)
		return pal_fail(d, PAL_EUSAGE, 0, "a batch of no entries");
	if (count > PAL_LEDGER_BATCH_COUNT)
		return pal_fail(d, PAL_ELIMIT, 0, "a batch of %zu entries, at most %zu go in one", count,
				PAL_LEDGER_BATCH_COUNT);
	for (size_t i = 0; i < count; i++) {
		if (entries[i].len > PAL_ENTRY_MOST)
			return pal_fail(d, PAL_ELIMIT, i,
					"entry %zu of the batch has %zu bytes, an entry has at most %u", i,
					entries[i].len, PAL_ENTRY_MOST);
		bytes += 2 + entries[i].len;
	}
	if (bytes > PAL_LEDGER_BATCH_BYTES)
		return pal_fail(d, PAL_ELIMIT, 0, "a batch of %zu bytes, at most %zu go in one: split it", bytes,
				PAL_LEDGER_BATCH_BYTES);
	return PAL_OK;
}

/* Tiles that no checkpoint names go first: while the record is there, a crash has them written again. */
static void
undo(struct pal_ledger *l)
{
	char name[PAL_TILE_PATH];

	for (size_t i = 0; i < pal_edge_count(&l->edge); i++) {
		struct pal_edge_file f = pal_edge_file(&l->edge, i);

		pal_tile_path(&f.id, name);
		pal_shelf_remove(l->dir, name);
	}
	/* Where even this fails the record stays, and the next open completes the batch: late, but whole. */
	(void)!pal_shelf_cut(l->dir, PAL_SHELF_JOURNAL, l->journal_len, NULL);
}

/* From here on the batch is on the disk: it comes under the checkpoint now, or, after a crash, at the next open. */
static enum pal_err
publish(struct pal_ledger *l, struct pal_view checkpoint, struct pal_diag *d)
{
	PAL_TRY(pal_ledger_put(l, l->head.size, d));
	return pal_shelf_replace(l->dir, PAL_SHELF_CHECKPOINT, checkpoint, d);
}

static enum pal_err
commit(struct pal_ledger *l, struct pal_view checkpoint, const struct pal_view *entries, size_t count,
       struct pal_diag *d)
{
	PAL_AUTO_BUF              body = pal_buf_of(0);
	PAL_AUTO_BUF              record = pal_buf_of(0);
	struct pal_journal_record r = { .first = l->head.size, .count = count, .checkpoint = checkpoint };
	enum pal_err              err = PAL_OK;

	for (size_t i = 0; i < count; i++)
		pal_bundle_add(&body, entries[i]);
	r.entries = pal_buf_view(&body);
	pal_journal_add(&record, &r);
	if (pal_buf_err(&body) != PAL_OK || pal_buf_err(&record) != PAL_OK)
		return pal_fail(d, PAL_ENOMEM, 0, "a batch of %zu entries", count);
	PAL_TRY(pal_shelf_append(l->dir, PAL_SHELF_JOURNAL, l->journal_len, pal_buf_view(&record), d));
	err = publish(l, checkpoint, d);
	if (err != PAL_OK) {
		undo(l);
		return err;
	}
	l->journal_len += record.len;
	return PAL_OK;
}

static enum pal_err
append(struct pal_ledger *l, const struct pal_view *entries, size_t count, struct pal_diag *d)
{
	PAL_AUTO_BUF         checkpoint = pal_buf_of(0);
	struct pal_tree_head head = { .size = l->head.size + count };

	for (size_t i = 0; i < count; i++)
		pal_edge_add(&l->edge, entries[i]);
	pal_edge_close(&l->edge);
	if (pal_edge_err(&l->edge) != PAL_OK)
		return pal_fail(d, pal_edge_err(&l->edge), 0, "a batch of %zu entries", count);
	head.root = pal_edge_root(&l->edge);
	PAL_TRY(pal_checkpoint_sign(&head, &l->vkey, l->key, &checkpoint, d));
	PAL_TRY(commit(l, pal_buf_view(&checkpoint), entries, count, d));
	pal_edge_clear(&l->edge);
	pal_buf_done(&l->checkpoint);
	l->checkpoint = checkpoint;
	checkpoint = pal_buf_of(0);
	l->head = head;
	return PAL_OK;
}

enum pal_err
pal_ledger_append_batch(struct pal_ledger *l, const struct pal_view *entries, size_t count, uint64_t *ret_first,
			struct pal_diag *d)
{
	PAL_AUTO_FD  lock = -1;
	enum pal_err err = PAL_OK;
	uint64_t     first = 0;

	PAL_TRY(vet_batch(l, entries, count, d));
	PAL_TRY(pal_ledger_lock(l, &lock, d));
	PAL_TRY(pal_ledger_settle(l, d));
	first = l->head.size;
	err = append(l, entries, count, d);
	if (err != PAL_OK) {
		l->edge_ready = false; /* it holds entries that are not in the ledger */
		return err;
	}
	/* The batch is safe whether or not this works; the error comes back at the next sync. */
	if (l->journal_len > FOLD_AT)
		(void)!pal_ledger_fold(l, NULL);
	*ret_first = first;
	return PAL_OK;
}
