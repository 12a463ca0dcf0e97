/* test_ledger.c - appending and reading against the model: random batches, all sizes, two processes, wrong callers. */
#include "palisade/ledger.h"

#include <sys/wait.h>

#include "ledger_room.h"

/* One root and one inclusion proof against the model. */
static void
check_proof(struct pal_ledger *l, const struct pal_hash *leaves, size_t n, size_t i)
{
	struct pal_hash      root = model_root(leaves, n);
	struct pal_tree_head head = pal_ledger_head(l);
	struct pal_proof     p = { 0 }, want = { 0 };

	CHECK(head.size == n && pal_hash_eq(&head.root, &root));
	model_path(i, leaves, n, &want);
	CHECK(pal_ledger_prove_inclusion(l, i, &p, NULL) == PAL_OK && model_same(&p, &want));
}

/* Every root, some proofs, while a ledger grows one entry at a time over two borders of a tile. */
static void
test_every_size(void)
{
	struct room      r;
	struct pal_hash *leaves = model_leaves(600);
	PAL_AUTO_LEDGER  l = NULL;

	room_open(&r);
	CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK && pal_ledger_size(l) == 0);
	for (size_t n = 1; n <= 600; n++) {
		struct pal_hash  root = { 0 }, old = { 0 };
		struct pal_proof p = { 0 }, want = { 0 };
		size_t           m = n * 104729 % 613 % n + 1;

		CHECK(room_append(l, 1, NULL) == PAL_OK);
		check_proof(l, leaves, n, n * 7919 % 601 % n);
		model_subproof(m, leaves, n, true, &want);
		root = model_root(leaves, m);
		CHECK(pal_ledger_prove_consistency(l, m, &p, &old, NULL) == PAL_OK && model_same(&p, &want) &&
		      pal_hash_eq(&old, &root));
		if (n % 97 == 0)
			CHECK(room_is_whole(&r, NULL));
	}
	CHECK(pal_ledger_close(&l, NULL) == PAL_OK && l == NULL);
	CHECK(room_is_whole(&r, NULL));
	free(leaves);
	room_close(&r);
}

static void
check_entries(struct pal_ledger *l, size_t step)
{
	char         room[64];
	PAL_AUTO_BUF b = pal_buf_of(0);

	for (size_t i = 0; i < pal_ledger_size(l); i += step) {
		pal_buf_clear(&b);
		CHECK(pal_ledger_read_entry(l, i, &b, NULL) == PAL_OK &&
		      pal_view_eq(pal_buf_view(&b), model_entry(i, room)));
	}
}

/* Batches of any size, closing now and then: roots, entries and both proofs against the model. */
static void
test_random_batches(unsigned int seed)
{
	struct room      r;
	struct pal_hash *leaves = model_leaves(6000);
	PAL_AUTO_LEDGER  l = NULL;

	room_open(&r);
	for (size_t n = 0; n < 5000;) {
		size_t count = 1 + (size_t)rand_r(&seed) % (rand_r(&seed) % 3 == 0 ? 900 : 20);

		if (l == NULL)
			CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK);
		CHECK(room_append(l, count, NULL) == PAL_OK);
		n += count;
		for (int k = 0; k < 5; k++)
			check_proof(l, leaves, n, (size_t)rand_r(&seed) % n);
		if (rand_r(&seed) % 4 == 0)
			CHECK(pal_ledger_close(&l, NULL) == PAL_OK);
		else if (rand_r(&seed) % 8 == 0)
			pal_ledger_free(&l);
	}
	if (l == NULL)
		CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK);
	check_entries(l, 11);
	CHECK(room_is_whole(&r, NULL));
	free(leaves);
	room_close(&r);
}

/* Powers of 256 and their neighbours, where partial tiles of several levels come and go. */
static void
test_borders(void)
{
	static const size_t sizes[] = { 255, 256, 257, 65279, 65280, 65535, 65536, 65537, 65792 };
	struct room         r;
	struct pal_hash    *leaves = model_leaves(65792);
	PAL_AUTO_LEDGER     l = NULL;
	struct pal_hash     root = { 0 };

	room_open(&r);
	CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct pal_hash want = model_root(leaves, sizes[s]);
		PAL_AUTO_LEDGER again = NULL;

		CHECK(room_append(l, sizes[s] - pal_ledger_size(l), NULL) == PAL_OK);
		root = pal_ledger_head(l).root;
		CHECK(pal_hash_eq(&root, &want));
		CHECK(pal_ledger_sync(l, NULL) == PAL_OK);
		CHECK(pal_ledger_open(&r.reader, &again, NULL) == PAL_OK);
		check_entries(again, 4099);
		CHECK(room_is_whole(&r, NULL));
	}
	CHECK(!pal_file_exists("tile") && pal_ledger_close(&l, NULL) == PAL_OK);
	free(leaves);
	room_close(&r);
}

/* What another tlog-tiles client will ask for, by name. */
static void
test_names(void)
{
	static const char *const there[] = { "checkpoint",     "tile/0/000",       "tile/0/001.p/44",
					     "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/44" };
	static const char *const gone[] = { "tile/0/000.p", "tile/entries/000.p", "tile/2", "tile/0/001" };
	struct room              r;
	PAL_AUTO_LEDGER          l = NULL;
	char                     path[200];

	room_open(&r);
	CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK);
	CHECK(room_append(l, 10, NULL) == PAL_OK);
	(void)snprintf(path, sizeof(path), "%s/tile/entries/000.p/10", r.dir);
	CHECK(pal_file_exists(path));
	CHECK(room_append(l, 290, NULL) == PAL_OK && pal_file_exists(path));
	CHECK(pal_ledger_close(&l, NULL) == PAL_OK);
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", r.dir, there[i]);
		CHECK_SAY(pal_file_exists(path), there[i]);
	}
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", r.dir, gone[i]);
		CHECK_SAY(!pal_file_exists(path), gone[i]);
	}
	room_close(&r);
}

static void
test_callers(void)
{
	struct room              r;
	PAL_AUTO_LEDGER          l = NULL;
	PAL_AUTO_LEDGER          reader = NULL;
	PAL_AUTO_KEY             other = NULL;
	PAL_AUTO_BUF             b = pal_buf_of(0);
	struct pal_view          big = { calloc(1, PAL_ENTRY_MOST + 1), PAL_ENTRY_MOST + 1 };
	struct pal_view          none = { 0 };
	struct pal_vkey          stranger = { 0 };
	struct pal_hash          leaf = { 0 };
	uint64_t                 first = 77;
	struct pal_ledger_access wrong = { 0 };

	room_open(&r);
	CHECK(pal_ledger_create(&r.at, NULL) == PAL_EEXIST);
	CHECK(pal_ledger_create(&r.reader, NULL) == PAL_EKEY);
	CHECK(pal_ledger_open(&r.reader, &reader, NULL) == PAL_OK);
	CHECK(pal_ledger_append_batch(reader, &none, 1, &first, NULL) == PAL_EKEY && first == 77);
	CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK);
	CHECK(pal_ledger_append_batch(l, &big, 1, &first, NULL) == PAL_ELIMIT && first == 77);
	CHECK(pal_ledger_append_batch(l, &big, 0, &first, NULL) == PAL_EUSAGE);
	big.len--;
	CHECK(pal_ledger_append_batch(l, &big, 1, &first, NULL) == PAL_OK && first == 0);
	CHECK(pal_ledger_append_batch(l, &none, 1, &first, NULL) == PAL_OK && first == 1);
	CHECK(pal_ledger_read_entry(l, 0, &b, NULL) == PAL_OK && pal_view_eq(pal_buf_view(&b), big));
	pal_buf_clear(&b);
	CHECK(pal_ledger_read_entry(l, 1, &b, NULL) == PAL_OK && b.len == 0);
	CHECK(pal_ledger_read_entry(l, 2, &b, NULL) == PAL_ENOTFOUND);
	CHECK(pal_ledger_size(reader) == 0 && pal_ledger_refresh(reader, NULL) == PAL_OK &&
	      pal_ledger_size(reader) == 2);
	leaf = pal_tree_leaf(big);
	CHECK(pal_ledger_find_leaf(reader, &leaf, &first, NULL) == PAL_OK && first == 0);
	leaf = pal_tree_leaf(pal_view_of("absent"));
	CHECK(pal_ledger_find_leaf(reader, &leaf, &first, NULL) == PAL_ENOTFOUND);

	CHECK(pal_key_generate(PAL_KEY_ED25519, &other, NULL) == PAL_OK);
	CHECK(pal_vkey_of(ROOM_NAME, other, &stranger, NULL) == PAL_OK);
	wrong = r.at;
	wrong.key = other;
	CHECK(pal_ledger_open(&wrong, &reader, NULL) == PAL_EKEY);
	wrong = r.reader;
	wrong.vkey = &stranger;
	pal_ledger_free(&reader);
	CHECK(pal_ledger_open(&wrong, &reader, NULL) == PAL_EVERIFY);
	wrong = r.at;
	wrong.dir = "/nonexistent/ledger";
	CHECK(pal_ledger_open(&wrong, &reader, NULL) == PAL_ENOTFOUND);
	free((void *)(uintptr_t)big.data);
	room_close(&r);
}

/* A ledger that is set back to an earlier state is noticed by whoever saw the later one. */
static void
test_rollback(void)
{
	struct room     r;
	PAL_AUTO_LEDGER l = NULL;
	PAL_AUTO_LEDGER reader = NULL;
	PAL_AUTO_BUF    old = pal_buf_of(0);
	char            path[200];

	room_open(&r);
	(void)snprintf(path, sizeof(path), "%s/checkpoint", r.dir);
	CHECK(pal_ledger_open(&r.at, &l, NULL) == PAL_OK && room_append(l, 5, NULL) == PAL_OK);
	CHECK(pal_file_read(path, 4096, &old, NULL) == PAL_OK);
	CHECK(room_append(l, 5, NULL) == PAL_OK && pal_ledger_open(&r.reader, &reader, NULL) == PAL_OK);
	CHECK(pal_ledger_sync(l, NULL) == PAL_OK);
	CHECK(pal_file_write(path, pal_buf_view(&old), 0644, NULL) == PAL_OK);
	CHECK(pal_ledger_refresh(reader, NULL) == PAL_EVERIFY && pal_ledger_size(reader) == 10);
	CHECK(room_append(l, 1, NULL) == PAL_EVERIFY);
	room_close(&r);
}

/* Four processes append at once through their own handles; nothing is lost and nothing comes twice. */
static void
test_processes(void)
{
	enum { WRITERS = 4, BATCHES = 25 };
	struct room     r;
	PAL_AUTO_LEDGER l = NULL;
	size_t          seen[WRITERS] = { 0 };
	PAL_AUTO_BUF    b = pal_buf_of(0);

	room_open(&r);
	for (int w = 0; w < WRITERS; w++) {
		if (fork() != 0)
			continue;
		if (pal_ledger_open(&r.at, &l, NULL) != PAL_OK)
			_exit(1);
		for (int i = 0; i < BATCHES; i++) {
			char            text[2][16];
			struct pal_view v[2];
			uint64_t        first = 0;

			for (int k = 0; k < 2; k++)
				v[k] = (struct pal_view){ (uint8_t *)text[k],
							  (size_t)snprintf(text[k], 16, "%d %d", w, 2 * i + k) };
			if (pal_ledger_append_batch(l, v, 2, &first, NULL) != PAL_OK)
				_exit(1);
		}
		_exit(pal_ledger_close(&l, NULL) == PAL_OK ? 0 : 1);
	}
	for (int w = 0; w < WRITERS; w++) {
		int status = 1;

		CHECK(wait(&status) > 0 && status == 0);
	}
	CHECK(pal_ledger_open(&r.reader, &l, NULL) == PAL_OK && pal_ledger_size(l) == (size_t)2 * WRITERS * BATCHES);
	for (size_t i = 0; i < pal_ledger_size(l); i++) {
		int    w = 0;
		size_t n = 0;

		pal_buf_clear(&b);
		CHECK(pal_ledger_read_entry(l, i, &b, NULL) == PAL_OK);
		CHECK(sscanf(pal_buf_text(&b), "%d %zu", &w, &n) == 2 && n == seen[w]++);
	}
	CHECK(room_is_whole(&r, NULL));
	room_close(&r);
}

int
main(void)
{
	test_names();
	test_callers();
	test_every_size();
	for (unsigned int seed = 1; seed <= 4; seed++)
		test_random_batches(seed);
	test_borders();
	test_rollback();
	test_processes();
	return check_done();
}
