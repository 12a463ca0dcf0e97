/* ledger_room.h - a temporary folder with a ledger in it and a key for it, for the tests of the ledger. */
#ifndef PALISADE_TEST_LEDGER_ROOM_H
#define PALISADE_TEST_LEDGER_ROOM_H

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "merkle_model.h"
#include "palisade/file.h"
#include "palisade/key.h"
#include "palisade/ledger.h"

#define ROOM_NAME "example.org/test-ledger"

struct room {
	char                     base[64], dir[80];
	struct pal_key          *key;
	struct pal_vkey          vkey;
	struct pal_ledger_access at, reader;
};

static inline int
room_remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st;
	(void)type;
	(void)f;
	return remove(path);
}

static inline void
room_remove(const char *dir)
{
	(void)nftw(dir, room_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void
room_open(struct room *r)
{
	*r = (struct room){ .base = "/tmp/palisade-ledger-XXXXXX" };
	if (mkdtemp(r->base) == NULL)
		abort();
	(void)snprintf(r->dir, sizeof(r->dir), "%s/ledger", r->base);
	CHECK(pal_key_generate(PAL_KEY_ED25519, &r->key, NULL) == PAL_OK);
	CHECK(pal_vkey_of(ROOM_NAME, r->key, &r->vkey, NULL) == PAL_OK);
	r->at = (struct pal_ledger_access){ .dir = r->dir, .vkey = &r->vkey, .key = r->key, .wait_ms = 5000 };
	r->reader = r->at;
	r->reader.key = NULL;
	CHECK(pal_ledger_create(&r->at, NULL) == PAL_OK);
}

static inline void
room_close(struct room *r)
{
	pal_key_free(&r->key);
	room_remove(r->base);
}

/* Appends the model's entries from the present size on. */
static inline enum pal_err
room_append(struct pal_ledger *l, size_t count, struct pal_diag *d)
{
	struct pal_view *views = calloc(count, sizeof(*views));
	char(*texts)[64] = calloc(count, sizeof(*texts));
	size_t       first = pal_ledger_size(l);
	uint64_t     at = UINT64_MAX;
	enum pal_err err = PAL_OK;

	for (size_t i = 0; i < count; i++)
		views[i] = model_entry(first + i, texts[i]);
	err = pal_ledger_append_batch(l, views, count, &at, d);
	CHECK(err != PAL_OK || at == first);
	free(texts);
	free(views);
	return err;
}

/* Says what it found, so that a failure can be read. */
static inline enum pal_err
room_verify(const struct room *r, struct pal_ledger_report *ret, struct pal_arena *a)
{
	return pal_ledger_verify(r->dir, &r->vkey, a, NULL, ret, NULL);
}

static inline bool
room_is_whole(const struct room *r, uint64_t *ret_size)
{
	PAL_AUTO_ARENA           a;
	struct pal_ledger_report report = { 0 };
	struct pal_diag          d = { 0 };
	enum pal_err             err = PAL_OK;

	pal_arena_init(&a, (size_t)16 << 20);
	err = pal_ledger_verify(r->dir, &r->vkey, &a, NULL, &report, &d);
	if (err != PAL_OK)
		printf("verify: %s\n", d.text);
	if (ret_size != NULL)
		*ret_size = report.head.size;
	return err == PAL_OK;
}

#endif
