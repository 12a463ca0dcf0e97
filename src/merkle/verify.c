/* verify.c - a whole ledger recomputed from its entries; what is compared with what, and which side is blamed, is what
 * to audit. */
#include <pthread.h>
#include <stdio.h>

#include "palisade/ledger.h"
#include "palisade/mem.h"
#include "palisade/progress.h"
#include "palisade/threads.h"
#include "palisade/walk.h"
#include "shelf.h"

#define THREADS_MOST 64
#define ROW_MOST     8 /* entries of one bundle that are named one by one, when all of them are wrong */
#define FILES_MOST   ((size_t)1 << 26)
#define NAMES_MOST   ((size_t)4 << 30)
#define NO_ENTRY     UINT64_MAX

typedef unsigned long long ull;

/* Which of two that differ the signature speaks for. */
enum blame { BLAME_UNSURE, BLAME_ENTRY, BLAME_TILE };

/* What one thread works with. */
struct desk {
	struct pal_buf  bundle;
	struct pal_view entries[PAL_TILE_WIDTH];
	struct pal_hash leaves[PAL_TILE_WIDTH]; /* of the entries */
	struct pal_hash stored[PAL_TILE_WIDTH]; /* in the tile */
	size_t          count;                  /* of leaves */
	bool            have_tile;
};

/* All hashes of a level: those in the tiles, and those that the level below gives. */
struct level {
	uint64_t         count;
	struct pal_hash *stored, *computed; /* owned */
	bool            *have;              /* owned; for each tile: its file could be read */
};

struct check {
	const char               *dir;
	struct pal_arena         *arena;
	struct pal_ledger_report *report;
	struct pal_progress      *progress;
	struct level              levels[PAL_TILE_LEVELS]; /* level 0 is not kept */
	struct desk              *desks;                   /* owned, THREADS_MOST of them */
	struct desk               last;                    /* the partial bundle and its tile */
	pthread_mutex_t           lock;
};

/* Texts are made under the lock: the arena belongs to one thread at a time. */
static void fault(struct check *c, uint64_t index, const char *file, const char *fmt, ...) PAL_PRINTF(4, 5);

static void
fault(struct check *c, uint64_t index, const char *file, const char *fmt, ...)
{
	struct pal_ledger_fault *f = NULL;
	char                     text[PAL_DIAG_TEXT];
	va_list                  ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)pthread_mutex_lock(&c->lock);
	if (c->report->faults.count < PAL_LEDGER_FAULTS)
		f = pal_list_add(&c->report->faults);
	if (f != NULL)
		*f = (struct pal_ledger_fault){ .index = index,
						.file = pal_arena_text(c->arena, pal_view_of(file)),
						.text = pal_arena_text(c->arena, pal_view_of(text)) };
	else
		c->report->dropped++;
	(void)pthread_mutex_unlock(&c->lock);
}

struct short_hash {
	char text[20];
};

/* Enough of a hash to find it by. */
static struct short_hash
brief(const struct pal_hash *h)
{
	struct short_hash s = { "" };

	for (size_t i = 0; i < 8; i++)
		(void)snprintf(s.text + 2 * i, sizeof(s.text) - 2 * i, "%02x", h->bytes[i]);
	return s;
}

/* Where in the tile a leaf belongs; PAL_TILE_WIDTH when nowhere. */
static size_t
belongs(const struct desk *k, size_t width, const struct pal_hash *leaf)
{
	size_t i = 0;

	while (i < width && !pal_hash_eq(&k->stored[i], leaf))
		i++;
	return i < width ? i : PAL_TILE_WIDTH;
}

static bool
same_hashes(const struct pal_hash *a, const struct pal_hash *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!pal_hash_eq(&a[i], &b[i]))
			return false;
	return true;
}

/* The entries are as signed: every hash that differs is the tile's. */
static void
blame_tile(struct check *c, const struct desk *k, const struct pal_tile_id *tile)
{
	char name[PAL_TILE_PATH];

	pal_tile_path(tile, name);
	for (size_t i = 0; i < tile->width; i++)
		if (!pal_hash_eq(&k->leaves[i], &k->stored[i]))
			fault(c, NO_ENTRY, name,
			      "hash %zu of %s is %s..., entry %llu gives %s..., and is as signed: the tile was changed",
			      i, name, brief(&k->stored[i]).text, (ull)(tile->index * PAL_TILE_WIDTH + i),
			      brief(&k->leaves[i]).text);
}

/* Entries and hashes side by side, stepping over what is missing. */
static void
compare(struct check *c, const struct desk *k, const struct pal_tile_id *id, enum blame blame)
{
	struct pal_tile_id tile = { .index = id->index, .width = id->width };
	uint64_t           first = id->index * PAL_TILE_WIDTH;
	size_t             row = 0, e = 0, t = 0;
	char               bundle_name[PAL_TILE_PATH], tile_name[PAL_TILE_PATH];

	if (!k->have_tile || (k->count == id->width && same_hashes(k->leaves, k->stored, id->width)))
		return;
	if (blame == BLAME_TILE && k->count == id->width) {
		blame_tile(c, k, &tile);
		return;
	}
	pal_tile_path(id, bundle_name);
	pal_tile_path(&tile, tile_name);
	for (; e < k->count && t < id->width; e++, t++) {
		size_t home = belongs(k, id->width, &k->leaves[e]);

		if (pal_hash_eq(&k->leaves[e], &k->stored[t])) {
			row = 0;
		} else if (t + 1 < id->width && k->count < id->width && home == t + 1) {
			fault(c, first + t, bundle_name,
			      "entry %llu is missing from %s: the entry after it stands in its place", (ull)(first + t),
			      bundle_name);
			t++;
		} else if (row++ == ROW_MOST) {
			fault(c, first + t, bundle_name, "entries %llu to %llu of %s do not match %s either",
			      (ull)(first + t), (ull)(first + id->width - 1), bundle_name, tile_name);
			return;
		} else if (home != PAL_TILE_WIDTH) {
			fault(c, first + t, bundle_name,
			      "entry %llu in %s: what stands there is entry %llu (order changed)", (ull)(first + t),
			      bundle_name, (ull)(first + home));
		} else {
			fault(c, first + t, bundle_name, "entry %llu in %s: hash %s..., %s says %s...%s",
			      (ull)(first + t), bundle_name, brief(&k->leaves[e]).text, tile_name,
			      brief(&k->stored[t]).text,
			      blame == BLAME_ENTRY ? ", as signed: the entry was changed" : "");
		}
	}
}

/* Reads the entries of a bundle and hashes them. */
static void
read_bundle(struct check *c, struct desk *k, const struct pal_tile_id *id)
{
	struct pal_diag d = { 0 };
	char            name[PAL_TILE_PATH];

	pal_tile_path(id, name);
	if (pal_shelf_bundle(c->dir, id, &k->bundle, k->entries, &k->count, &d) != PAL_OK) {
		uint64_t at = id->index * PAL_TILE_WIDTH + k->count;

		fault(c, at, name, "entries %llu to %llu cannot be read: %s", (ull)at,
		      (ull)(id->index * PAL_TILE_WIDTH + id->width - 1), d.text);
		k->count = k->count > id->width ? id->width : k->count;
	}
	for (size_t i = 0; i < k->count; i++)
		k->leaves[i] = pal_tree_leaf(k->entries[i]);
}

/* Reads a tile; false after saying why not. */
static bool
read_tile(struct check *c, const struct pal_tile_id *id, struct pal_hash *ret_hashes)
{
	struct pal_diag d = { 0 };
	char            name[PAL_TILE_PATH];

	if (pal_shelf_tile(c->dir, id, ret_hashes, &d) == PAL_OK)
		return true;
	pal_tile_path(id, name);
	fault(c, NO_ENTRY, name, "%s", d.text);
	return false;
}

/* The hash above a full tile as the level above has it stored; NULL when that tile could not be read. */
static const struct pal_hash *
parent(const struct check *c, unsigned int level, uint64_t index)
{
	const struct level *up = &c->levels[level + 1];

	if (level + 1 >= PAL_TILE_LEVELS || index >= up->count || !up->have[index / PAL_TILE_WIDTH])
		return NULL;
	return &up->stored[index];
}

/* Of two versions of a full tile the one that the level above knows is right; returns its root. */
static struct pal_hash
judge(const struct pal_hash *above, const struct pal_hash *computed, const struct pal_hash *stored,
      enum blame *ret_blame)
{
	*ret_blame = BLAME_UNSURE;
	if (above != NULL && pal_hash_eq(above, stored))
		*ret_blame = BLAME_ENTRY;
	else if (above != NULL && pal_hash_eq(above, computed))
		*ret_blame = BLAME_TILE;
	return *ret_blame == BLAME_ENTRY ? *stored : *computed;
}

/* One bundle and its tile of level 0. */
static enum pal_err
check_bundle(void *arg, size_t item, unsigned int thread)
{
	struct check          *c = arg;
	struct pal_tile_id     id = { .level = PAL_TILE_ENTRIES, .index = item };
	struct pal_tile_id     tile = { .index = item };
	struct desk           *k = NULL;
	struct pal_hash        computed = { 0 }, stored = { 0 };
	enum blame             blame = BLAME_UNSURE;
	const struct pal_hash *above = parent(c, 0, item);

	id.width = tile.width = pal_tile_width(0, item, c->report->head.size);
	k = id.width == PAL_TILE_WIDTH ? &c->desks[thread] : &c->last;
	read_bundle(c, k, &id);
	k->have_tile = read_tile(c, &tile, k->stored);
	if (id.width == PAL_TILE_WIDTH) {
		computed = pal_tree_root(k->leaves, k->count);
		stored = k->have_tile ? pal_tree_root(k->stored, PAL_TILE_WIDTH) : computed;
		if (k->count < PAL_TILE_WIDTH)
			computed = k->have_tile || above == NULL ? stored : *above;
		c->levels[1].computed[item] = judge(above, &computed, &stored, &blame);
		compare(c, k, &id, blame);
	}
	pal_progress_add(c->progress, 1);
	return PAL_OK;
}

/* Reads all tiles of a level above 0. */
static enum pal_err
load_level(struct check *c, unsigned int number, struct pal_diag *d)
{
	struct level *l = &c->levels[number];
	uint64_t      tiles = 0;

	l->count = c->report->head.size >> (8 * number);
	tiles = (l->count + PAL_TILE_WIDTH - 1) / PAL_TILE_WIDTH;
	if (tiles == 0)
		return PAL_OK;
	l->stored = pal_mem_new(tiles * PAL_TILE_WIDTH, sizeof(*l->stored));
	l->computed = pal_mem_new(tiles * PAL_TILE_WIDTH, sizeof(*l->computed));
	l->have = pal_mem_new(tiles, sizeof(*l->have));
	if (l->stored == NULL || l->computed == NULL || l->have == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "verification of %llu entries", (ull)c->report->head.size);
	for (uint64_t n = 0; n < tiles; n++) {
		const struct pal_tile_id id = { .level = number,
						.index = n,
						.width = pal_tile_width(number, n, c->report->head.size) };

		l->have[n] = read_tile(c, &id, &l->stored[n * PAL_TILE_WIDTH]);
	}
	return PAL_OK;
}

/* Compares the tiles of a level with what the level below gives, and makes the level above. */
static void
check_level(struct check *c, unsigned int number)
{
	const struct level *l = &c->levels[number];

	for (uint64_t at = 0; at < l->count; at += PAL_TILE_WIDTH) {
		struct pal_tile_id id = { .level = number, .index = at / PAL_TILE_WIDTH };
		enum blame         blame = BLAME_UNSURE;
		struct pal_hash    computed = { 0 }, stored = { 0 };
		char               name[PAL_TILE_PATH];

		id.width = pal_tile_width(number, id.index, c->report->head.size);
		pal_tile_path(&id, name);
		for (size_t i = 0; l->have[id.index] && i < id.width; i++)
			if (!pal_hash_eq(&l->computed[at + i], &l->stored[at + i]))
				fault(c, NO_ENTRY, name, "hash %zu of %s is %s..., the level below gives %s...", i,
				      name, brief(&l->stored[at + i]).text, brief(&l->computed[at + i]).text);
		if (id.width < PAL_TILE_WIDTH || number + 1 == PAL_TILE_LEVELS)
			continue;
		computed = pal_tree_root(&l->computed[at], PAL_TILE_WIDTH);
		stored = l->have[id.index] ? pal_tree_root(&l->stored[at], PAL_TILE_WIDTH) : computed;
		c->levels[number + 1].computed[id.index] =
		    judge(parent(c, number, id.index), &computed, &stored, &blame);
	}
}

/* The root that the partial tiles give: of entries and what is computed from them, or of the tiles as stored. */
static struct pal_hash
edge_root(const struct check *c, bool leaves_stored, bool levels_stored)
{
	struct pal_hash root = pal_tree_empty();
	bool            some = false;

	for (unsigned int n = 0; n < PAL_TILE_LEVELS; n++) {
		const struct level    *l = &c->levels[n];
		uint64_t               count = c->report->head.size >> (8 * n);
		size_t                 at = (size_t)(count % PAL_TILE_WIDTH);
		const struct pal_hash *from = leaves_stored ? c->last.stored : c->last.leaves;

		if (n > 0 && at > 0)
			from = (levels_stored ? l->stored : l->computed) + (count - at);
		for (size_t bit = 1; bit < PAL_TILE_WIDTH; bit <<= 1) {
			struct pal_hash left = { 0 };

			if ((at & bit) == 0)
				continue;
			at -= bit;
			left = pal_tree_root(from + at, bit);
			root = some ? pal_tree_node(&left, &root) : left;
			some = true;
		}
	}
	return root;
}

/* The last word is the signature's: on the root, and so on the partial tiles, which no level above covers. */
static void
check_root(struct check *c)
{
	const struct pal_tree_head *head = &c->report->head;
	const struct pal_tile_id    id = { .level = PAL_TILE_ENTRIES,
					   .index = head->size / PAL_TILE_WIDTH,
					   .width = (unsigned int)(head->size % PAL_TILE_WIDTH) };
	struct pal_hash             own = edge_root(c, false, false);
	bool                        whole = c->last.count == id.width;
	enum blame                  blame = BLAME_UNSURE;
	bool                        right = whole && pal_hash_eq(&own, &head->root);

	if (right)
		blame = BLAME_TILE;
	/* Three other ways to read the edge: the leaves, the levels above, or both, as the tiles have them. */
	for (unsigned int how = 1; how < 4 && !right; how++) {
		struct pal_hash other = edge_root(c, (how & 1) != 0, (how & 2) != 0);

		right = ((how & 1) != 0 || whole) && pal_hash_eq(&other, &head->root);
		if (right)
			blame = (how & 1) != 0 ? BLAME_ENTRY : BLAME_TILE;
	}
	if (id.width != 0)
		compare(c, &c->last, &id, blame);
	if (!right)
		fault(c, NO_ENTRY, PAL_SHELF_CHECKPOINT, "%llu entries have the root %s..., the checkpoint signs %s...",
		      (ull)head->size, brief(&own).text, brief(&head->root).text);
}

/* A partial file of an earlier checkpoint: still served, so it must be a beginning of what is there now. */
static void
check_earlier(struct check *c, const struct pal_tile_id *id, const char *name)
{
	struct pal_tile_id now = *id;
	PAL_AUTO_BUF       was = pal_buf_of(0);
	struct desk       *k = &c->desks[0];
	size_t             len = 0, n = 0;
	struct pal_diag    d = { 0 };
	enum pal_err       err = pal_shelf_read(c->dir, name, PAL_BUNDLE_MOST, &was, &d);

	if (err == PAL_ENOTFOUND)
		return; /* retired meanwhile */
	now.width = pal_tile_width(id->level, id->index, c->report->head.size);
	if (err != PAL_OK) {
		fault(c, NO_ENTRY, name, "%s", d.text);
	} else if (id->level != PAL_TILE_ENTRIES) {
		len = id->width * sizeof(struct pal_hash);
		if (pal_shelf_tile(c->dir, &now, k->stored, NULL) == PAL_OK &&
		    !pal_view_eq(pal_buf_view(&was), (struct pal_view){ k->stored[0].bytes, len }))
			fault(c, NO_ENTRY, name, "%s is not the beginning of the tile as it is now", name);
	} else if (pal_shelf_bundle(c->dir, &now, &k->bundle, k->entries, &k->count, NULL) == PAL_OK) {
		for (; n < id->width; n++) {
			struct pal_view part = pal_view_sub(pal_buf_view(&was), len, 2 + k->entries[n].len);

			if (!pal_view_eq(part, pal_view_sub(pal_buf_view(&k->bundle), len, 2 + k->entries[n].len)))
				break;
			len += part.len;
		}
		if (n < id->width || len != was.len)
			fault(c, id->index * PAL_TILE_WIDTH + n, name,
			      "entry %llu in %s is not what it is in the bundle now",
			      (ull)(id->index * PAL_TILE_WIDTH + n), name);
	}
}

/* Looks at every name in the folder: nothing may lie among the tiles that is none. */
static enum pal_err
check_names(struct check *c, struct pal_diag *d)
{
	PAL_AUTO_ARENA  names;
	struct pal_list list = { 0 };

	pal_arena_init(&names, NAMES_MOST);
	list = pal_list_of(&names, sizeof(struct pal_entry));
	PAL_TRY(pal_walk(c->dir, FILES_MOST, &list, d));
	for (size_t i = 0; i < list.count; i++) {
		const struct pal_entry *e = pal_list_at(&list, i);
		struct pal_tile_id      id = { 0 };
		unsigned int            width = 0;

		if (!pal_view_starts(pal_view_of(e->path), "tile/"))
			continue;
		if (e->kind != PAL_ENTRY_FILE || !pal_tile_path_parse(pal_view_of(e->path), &id)) {
			fault(c, NO_ENTRY, e->path, "%s is no tile and no bundle, and lies among them", e->path);
			continue;
		}
		width = pal_tile_width(id.level, id.index, c->report->head.size);
		if (id.width > width)
			c->report->ahead++;
		else if (id.width < width)
			check_earlier(c, &id, e->path);
		else if (id.level == PAL_TILE_ENTRIES)
			c->report->bundles++;
		else
			c->report->tiles++;
	}
	return PAL_OK;
}

static int
by_index(const void *a, const void *b)
{
	const struct pal_ledger_fault *x = a, *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return pal_view_cmp(pal_view_of(x->file), pal_view_of(y->file));
}

/* What the signature covers. A checkpoint that is there and does not verify is a fault like any other. */
static enum pal_err
read_checkpoint(struct check *c, const struct pal_vkey *vkey, bool *ret_good, struct pal_diag *d)
{
	PAL_AUTO_BUF          text = pal_buf_of(0);
	struct pal_checkpoint head = { 0 };
	struct pal_diag       why = { 0 };

	PAL_TRY(pal_shelf_read(c->dir, PAL_SHELF_CHECKPOINT, PAL_NOTE_MOST, &text, d));
	PAL_TRY(pal_shelf_size(c->dir, PAL_SHELF_JOURNAL, &c->report->journal_bytes, d));
	*ret_good = pal_checkpoint_open(pal_buf_view(&text), vkey, &head, &why) == PAL_OK;
	if (*ret_good)
		c->report->head = head.head;
	else
		fault(c, NO_ENTRY, PAL_SHELF_CHECKPOINT, "%s", why.text);
	return PAL_OK;
}

static enum pal_err
check_all(struct check *c, struct pal_diag *d)
{
	uint64_t size = c->report->head.size;
	uint64_t bundles = size / PAL_TILE_WIDTH + (size % PAL_TILE_WIDTH != 0);

	for (unsigned int n = 1; n < PAL_TILE_LEVELS; n++)
		PAL_TRY(load_level(c, n, d));
	if (c->progress != NULL)
		pal_progress_start(c->progress, "verifying", bundles, false);
	PAL_TRY(pal_parallel(0, bundles, check_bundle, c));
	if (c->progress != NULL)
		pal_progress_end(c->progress);
	for (unsigned int n = 1; n < PAL_TILE_LEVELS; n++)
		check_level(c, n);
	check_root(c);
	return check_names(c, d);
}

static void
check_done(struct check *c)
{
	for (unsigned int n = 0; n < PAL_TILE_LEVELS; n++) {
		pal_mem_free(c->levels[n].stored);
		pal_mem_free(c->levels[n].computed);
		pal_mem_free(c->levels[n].have);
	}
	for (unsigned int i = 0; c->desks != NULL && i < THREADS_MOST; i++)
		pal_buf_done(&c->desks[i].bundle);
	pal_buf_done(&c->last.bundle);
	pal_mem_free(c->desks);
	(void)pthread_mutex_destroy(&c->lock);
	pal_mem_free(c);
}

enum pal_err
pal_ledger_verify(const char *dir, const struct pal_vkey *vkey, struct pal_arena *a, struct pal_progress *progress,
		  struct pal_ledger_report *ret_report, struct pal_diag *d)
{
	struct pal_ledger_report report = { .faults = pal_list_of(a, sizeof(struct pal_ledger_fault)) };
	struct check            *c = pal_mem_new(1, sizeof(*c));
	enum pal_err             err = PAL_OK;
	bool                     good = false;

	if (c == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "verification");
	c->dir = dir;
	c->arena = a;
	c->report = &report;
	c->progress = progress;
	c->desks = pal_mem_new(THREADS_MOST, sizeof(*c->desks));
	for (unsigned int i = 0; c->desks != NULL && i < THREADS_MOST; i++)
		c->desks[i].bundle = pal_buf_of(0);
	c->last.bundle = pal_buf_of(0);
	(void)pthread_mutex_init(&c->lock, NULL);
	err = c->desks == NULL ? pal_fail(d, PAL_ENOMEM, 0, "verification") : read_checkpoint(c, vkey, &good, d);
	if (err == PAL_OK && good)
		err = check_all(c, d);
	check_done(c);
	if (err == PAL_OK && pal_arena_err(a) != PAL_OK)
		err = pal_fail(d, pal_arena_err(a), 0, "verification");
	PAL_TRY(err);
	pal_list_sort(&report.faults, by_index);
	*ret_report = report;
	if (report.faults.count == 0)
		return PAL_OK;
	return pal_fail(d, PAL_EVERIFY, 0, "%llu fault%s; the first: %s", (ull)(report.faults.count + report.dropped),
			report.faults.count == 1 ? "" : "s",
			((const struct pal_ledger_fault *)pal_list_at(&report.faults, 0))->text);
}
