/* recover.c - from what a crash or another process left to a whole ledger; nothing is taken that a signature does not
 * cover. */
#include <string.h>

#include "handle.h"
#include "journal.h"
#include "palisade/mem.h"
#include "palisade/reader.h"

#define JOURNAL_MOST ((size_t)1 << 30)

typedef unsigned long long ull;

enum pal_err
pal_ledger_take(struct pal_ledger *l, struct pal_view signed_text, struct pal_diag *d)
{
	struct pal_checkpoint c = { 0 };

	if (pal_view_eq(signed_text, pal_buf_view(&l->checkpoint)))
		return PAL_OK;
	PAL_TRY(pal_checkpoint_open(signed_text, &l->vkey, &c, d));
	if (l->checkpoint.len > 0)
		PAL_TRY(pal_ledger_grown(l, &c.head, d));
	pal_buf_clear(&l->checkpoint);
	pal_buf_add(&l->checkpoint, signed_text);
	if (pal_buf_err(&l->checkpoint) != PAL_OK)
		return pal_fail(d, pal_buf_err(&l->checkpoint), 0, "checkpoint");
	l->head = c.head;
	return PAL_OK;
}

static void
remember(struct pal_ledger *l, const struct pal_tile_id *id)
{
	if (l->touched_count < PAL_TOUCHED_MOST)
		l->touched[l->touched_count] = *id;
	if (l->touched_count <= PAL_TOUCHED_MOST)
		l->touched_count++;
}

enum pal_err
pal_ledger_put(struct pal_ledger *l, uint64_t before, struct pal_diag *d)
{
	char name[PAL_TILE_PATH];

	for (size_t i = 0; i < pal_edge_count(&l->edge); i++) {
		struct pal_edge_file f = pal_edge_file(&l->edge, i);
		unsigned int         was = pal_tile_width(f.id.level, f.id.index, before);

		pal_tile_path(&f.id, name);
		PAL_TRY(pal_shelf_write(l->dir, name, pal_edge_bytes(&l->edge, &f), d));
		remember(l, &f.id);
		if (f.id.width == PAL_TILE_WIDTH && was > 0 && was < PAL_TILE_WIDTH)
			pal_buf_add(&l->retired, (struct pal_view){ (const uint8_t *)&f.id, sizeof(f.id) });
	}
	return PAL_OK;
}

static void
retire(struct pal_ledger *l)
{
	for (size_t at = 0; at < l->retired.len; at += sizeof(struct pal_tile_id)) {
		struct pal_tile_id id = { 0 };

		pal_mem_copy(&id, sizeof(id), l->retired.data + at, sizeof(id));
		pal_shelf_retire(l->dir, &id);
	}
	pal_buf_clear(&l->retired);
}

enum pal_err
pal_ledger_fold(struct pal_ledger *l, struct pal_diag *d)
{
	char name[PAL_TILE_PATH];

	if (l->journal_len == 0)
		return PAL_OK;
	if (l->touched_count > PAL_TOUCHED_MOST)
		PAL_TRY(pal_shelf_sync_all(l->dir, d));
	for (size_t i = 0; i < l->touched_count && l->touched_count <= PAL_TOUCHED_MOST; i++) {
		pal_tile_path(&l->touched[i], name);
		PAL_TRY(pal_shelf_sync(l->dir, name, d));
	}
	PAL_TRY(pal_shelf_sync(l->dir, PAL_SHELF_CHECKPOINT, d));
	PAL_TRY(pal_shelf_cut(l->dir, PAL_SHELF_JOURNAL, 0, d));
	l->journal_len = 0;
	l->touched_count = 0;
	/* Only now: as long as there are records, the tiles that they continue must stay. */
	retire(l);
	return PAL_OK;
}

/* Reads the right edge of the tree of `size`; entries and hashes must agree before anything is built on them. */
static enum pal_err
load_edge(struct pal_ledger *l, uint64_t size, struct pal_diag *d)
{
	struct pal_edge *e = &l->edge;
	struct pal_view  entries[PAL_TILE_WIDTH];
	PAL_AUTO_BUF     bundle = pal_buf_of(0);
	size_t           count = 0;

	pal_edge_done(e);
	pal_edge_init(e);
	e->size = e->closed = size;
	for (unsigned int level = 0; level < PAL_TILE_LEVELS; level++) {
		const struct pal_tile_id id = { .level = level,
						.index = size >> (8 * level) >> 8,
						.width = pal_edge_width(size, level) };

		if (id.width != 0)
			PAL_TRY(pal_shelf_tile(l->dir, &id, e->tiles[level], d));
	}
	if (pal_edge_width(size, 0) != 0) {
		const struct pal_tile_id id = { .level = PAL_TILE_ENTRIES,
						.index = size / PAL_TILE_WIDTH,
						.width = pal_edge_width(size, 0) };

		PAL_TRY(pal_shelf_bundle(l->dir, &id, &bundle, entries, &count, d));
	}
	for (size_t i = 0; i < count; i++) {
		struct pal_hash h = pal_tree_leaf(entries[i]);

		if (!pal_hash_eq(&h, &e->tiles[0][i]))
			return pal_fail(d, PAL_EVERIFY, 0,
					"entry %llu of the ledger %s does not match its tile; run palisade log verify",
					(ull)(size - count + i), l->dir);
		pal_bundle_add(&e->bundle, entries[i]);
	}
	return pal_edge_err(e) == PAL_OK ? PAL_OK : pal_fail(d, pal_edge_err(e), 0, "ledger");
}

static enum pal_err
check_root(const struct pal_ledger *l, const struct pal_tree_head *head, const char *what, struct pal_diag *d)
{
	struct pal_hash root = pal_edge_root(&l->edge);

	if (l->edge.size == head->size && pal_hash_eq(&root, &head->root))
		return PAL_OK;
	return pal_fail(d, PAL_EVERIFY, 0,
			"the tiles of the ledger %s do not lead to the root that %s signs for size %llu; "
			"run palisade log verify",
			l->dir, what, (ull)head->size);
}

static enum pal_err
replay(struct pal_ledger *l, const struct pal_journal_record *r, struct pal_diag *d)
{
	struct pal_checkpoint c = { 0 };
	struct pal_reader     in = pal_reader_of(r->entries);
	uint64_t              before = l->edge.size, n = 0;

	PAL_TRY(pal_checkpoint_open(r->checkpoint, &l->vkey, &c, d));
	for (; n < r->count && !pal_reader_done(&in) && pal_reader_err(&in) == PAL_OK; n++) {
		struct pal_view entry = pal_read_view(&in, pal_read_u16be(&in));

		if (pal_reader_err(&in) == PAL_OK)
			pal_edge_add(&l->edge, entry);
	}
	if (r->first != before || n != r->count || !pal_reader_done(&in))
		return pal_fail(d, PAL_EVERIFY, 0,
				"the journal of %s has a record from entry %llu, the ledger ends at %llu", l->dir,
				(ull)r->first, (ull)before);
	PAL_TRY(check_root(l, &c.head, "its journal", d));
	pal_edge_close(&l->edge);
	if (pal_edge_err(&l->edge) != PAL_OK)
		return pal_fail(d, pal_edge_err(&l->edge), 0, "ledger");
	PAL_TRY(pal_ledger_put(l, before, d));
	pal_edge_clear(&l->edge);
	return PAL_OK;
}

/* Where the whole records of a journal end; 0 when there is none. */
static uint64_t
records_end(struct pal_view journal)
{
	struct pal_journal_record r = { 0 };

	while (pal_journal_next(&journal, &r))
		continue;
	return r.first + r.count;
}

/* Does again what the records say. What was done already is only looked at. */
static enum pal_err
replay_all(struct pal_ledger *l, struct pal_view journal, struct pal_diag *d)
{
	struct pal_journal_record r = { 0 };
	struct pal_view           rest = journal;

	if (pal_journal_next(&rest, &r))
		PAL_TRY(load_edge(l, r.first, d));
	for (rest = journal; pal_journal_next(&rest, &r);)
		PAL_TRY(replay(l, &r, d));
	PAL_TRY(pal_shelf_replace(l->dir, PAL_SHELF_CHECKPOINT, r.checkpoint, d));
	return pal_ledger_take(l, r.checkpoint, d);
}

static enum pal_err
recover(struct pal_ledger *l, struct pal_view checkpoint, struct pal_diag *d)
{
	PAL_AUTO_BUF          journal = pal_buf_of(0);
	struct pal_checkpoint c = { 0 };
	enum pal_err          err = pal_shelf_read(l->dir, PAL_SHELF_JOURNAL, JOURNAL_MOST, &journal, d);
	uint64_t              end = 0;

	l->edge_ready = false;
	l->touched_count = 0;
	pal_buf_clear(&l->retired);
	if (err != PAL_OK && err != PAL_ENOTFOUND)
		return err;
	end = records_end(pal_buf_view(&journal));
	err = pal_checkpoint_open(checkpoint, &l->vkey, &c, d);
	/* A checkpoint that is lost or torn is in the journal, too; one past the journal stands for itself. */
	if (end > 0 && (err != PAL_OK || c.head.size <= end)) {
		PAL_TRY(replay_all(l, pal_buf_view(&journal), d));
	} else {
		PAL_TRY(err);
		PAL_TRY(load_edge(l, c.head.size, d));
		PAL_TRY(check_root(l, &c.head, "its checkpoint", d));
		PAL_TRY(pal_ledger_take(l, checkpoint, d));
	}
	l->journal_len = journal.len;
	PAL_TRY(pal_ledger_fold(l, d));
	l->edge_ready = true;
	return PAL_OK;
}

enum pal_err
pal_ledger_settle(struct pal_ledger *l, struct pal_diag *d)
{
	PAL_AUTO_BUF text = pal_buf_of(0);
	uint64_t     journal_len = 0;
	enum pal_err err = pal_shelf_read(l->dir, PAL_SHELF_CHECKPOINT, PAL_NOTE_MOST, &text, d);

	if (err != PAL_OK && err != PAL_ENOTFOUND)
		return err;
	PAL_TRY(pal_shelf_size(l->dir, PAL_SHELF_JOURNAL, &journal_len, d));
	if (l->edge_ready && journal_len == l->journal_len &&
	    pal_view_eq(pal_buf_view(&text), pal_buf_view(&l->checkpoint)))
		return PAL_OK;
	return recover(l, pal_buf_view(&text), d);
}
