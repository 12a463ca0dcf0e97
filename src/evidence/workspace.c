/* workspace.c - the folder and its keys; that key, verifier key and ledger belong together is checked in open_ledger().
 */
#include "palisade/workspace.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "palisade/digest.h"
#include "palisade/ledger.h"
#include "palisade/mem.h"
#include "palisade/secret.h"
#include "palisade/walk.h"

#define DEFAULT_WAIT_MS 10000
#define KEY_NAME_MOST   64

#define SEAL_KEY   32
#define SEAL_BLOCK 64 /* of SHA-256 */

struct pal_workspace {
	char                   *root;       /* owned: "FOLDER/.palisade" */
	char                   *blob_root;  /* owned */
	char                   *ledger_dir; /* owned */
	struct pal_store       *store;      /* owned */
	struct pal_ledger      *ledger;     /* owned; read only */
	struct pal_blobs        blobs;
	struct pal_vkey         vkey;
	const struct pal_key   *signer;
	const struct pal_clock *clock;
	unsigned int            wait_ms;
	size_t                  key_count, own;
	struct pal_key         *keys[PAL_WORKSPACE_KEYS]; /* owned */
	char                    names[PAL_WORKSPACE_KEYS][KEY_NAME_MOST];
	bool                    trusted[PAL_WORKSPACE_KEYS];
	bool                    seals;
	uint8_t                 seal[SEAL_KEY]; /* a secret */
};

static enum pal_err
hash_hex(struct pal_view bytes, char ret_digest[PAL_ID_TEXT])
{
	struct pal_digest g = { 0 };
	char              text[PAL_DIGEST_TEXT] = "";

	PAL_TRY(pal_digest_of(PAL_SHA256, bytes, &g));
	pal_digest_hex(&g, text);
	pal_mem_copy(ret_digest, PAL_ID_TEXT, text, PAL_ID_TEXT);
	return PAL_OK;
}

static enum pal_err
path_in(const char *folder, const char *name, struct pal_buf *path, struct pal_diag *d)
{
	pal_buf_printf(path, "%s/" PAL_WORKSPACE_FOLDER "%s%s", folder, name[0] == '\0' ? "" : "/", name);
	return pal_buf_err(path) == PAL_OK ? PAL_OK : pal_fail(d, pal_buf_err(path), 0, "path of the workspace");
}

static enum pal_err
key_path(const char *folder, const char *name, const char *suffix, struct pal_buf *path, struct pal_diag *d)
{
	struct pal_view v = pal_view_of(name);
	bool            good = v.len > 0 && v.len < KEY_NAME_MOST && v.data[0] != '.' && v.data[0] != '-';

	for (size_t i = 0; i < v.len; i++)
		good = good && (pal_is_alnum(v.data[i]) || strchr("._-", v.data[i]) != NULL);
	if (!good)
		return pal_fail(d, PAL_EUSAGE, 0,
				"\"%.80s\" is no name for a key: letters, digits, '.', '-' and '_' make one", name);
	pal_buf_printf(path, "%s/" PAL_WORKSPACE_FOLDER "/keys/%s%s", folder, name, suffix);
	return pal_buf_err(path) == PAL_OK ? PAL_OK : pal_fail(d, pal_buf_err(path), 0, "path of a key");
}

static enum pal_err
make_folders(const char *folder, struct pal_diag *d)
{
	static const char *const names[] = { "", "keys", "blobs", "spool" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		PAL_AUTO_BUF path = pal_buf_of(0);

		PAL_TRY(path_in(folder, names[i], &path, d));
		PAL_TRY(pal_file_make_dir(pal_buf_text(&path), 0700, d));
	}
	return PAL_OK;
}

enum pal_err
pal_workspace_load_key(const char *folder, const char *name, const struct pal_secret *passphrase,
		       struct pal_key **ret_key, struct pal_diag *d)
{
	PAL_AUTO_BUF path = pal_buf_of(0);

	PAL_TRY(key_path(folder, name == NULL ? PAL_WORKSPACE_KEY : name, ".pem", &path, d));
	return pal_key_load_private(pal_buf_text(&path), passphrase, ret_key, d);
}

enum pal_err
pal_workspace_new_key(const char *folder, const char *name, const struct pal_secret *passphrase,
		      struct pal_key **ret_key, struct pal_diag *d)
{
	PAL_AUTO_BUF private_path = pal_buf_of(0);
	PAL_AUTO_BUF public_path = pal_buf_of(0);
	PAL_AUTO_KEY key = NULL;

	PAL_TRY(key_path(folder, name, ".pem", &private_path, d));
	PAL_TRY(key_path(folder, name, ".pub", &public_path, d));
	if (pal_file_exists(pal_buf_text(&private_path)) || pal_file_exists(pal_buf_text(&public_path)))
		return pal_fail(d, PAL_EEXIST, 0, "%s has a key already: %s", name, pal_buf_text(&public_path));
	PAL_TRY(pal_key_generate(PAL_KEY_ED25519, &key, d));
	PAL_TRY(pal_key_save_private(key, passphrase, pal_buf_text(&private_path), d));
	PAL_TRY(pal_key_save_public(key, pal_buf_text(&public_path), d));
	*ret_key = key;
	key = NULL;
	return PAL_OK;
}

/* The key of an attempt that was interrupted is used, if the passphrase opens it. */
static enum pal_err
own_key(const char *folder, const struct pal_secret *passphrase, struct pal_key **ret_key, struct pal_diag *d)
{
	PAL_AUTO_BUF path = pal_buf_of(0);
	enum pal_err err = pal_workspace_new_key(folder, PAL_WORKSPACE_KEY, passphrase, ret_key, d);

	if (err != PAL_EEXIST)
		return err;
	PAL_TRY(pal_workspace_load_key(folder, NULL, passphrase, ret_key, d));
	PAL_TRY(key_path(folder, PAL_WORKSPACE_KEY, ".pub", &path, d));
	return pal_key_save_public(*ret_key, pal_buf_text(&path), d);
}

enum pal_err
pal_workspace_create(const char *folder, const char *origin, const struct pal_secret *passphrase, struct pal_diag *d)
{
	PAL_AUTO_BUF             checkpoint = pal_buf_of(0);
	PAL_AUTO_BUF             dir = pal_buf_of(0);
	PAL_AUTO_BUF             vkey_path = pal_buf_of(0);
	PAL_AUTO_BUF             vkey_text = pal_buf_of(0);
	PAL_AUTO_BUF             store_path = pal_buf_of(0);
	PAL_AUTO_KEY             key = NULL;
	PAL_AUTO_STORE           store = NULL;
	struct pal_vkey          vkey = { 0 };
	struct pal_ledger_access at = { .vkey = &vkey, .wait_ms = DEFAULT_WAIT_MS };

	PAL_TRY(path_in(folder, "ledger/checkpoint", &checkpoint, d));
	if (pal_file_exists(pal_buf_text(&checkpoint)))
		return pal_fail(d, PAL_EEXIST, 0, "%s/" PAL_WORKSPACE_FOLDER " is a workspace already", folder);
	PAL_TRY(make_folders(folder, d));
	PAL_TRY(own_key(folder, passphrase, &key, d));
	PAL_TRY(pal_vkey_of(origin, key, &vkey, d));
	pal_vkey_add(&vkey_text, &vkey);
	pal_buf_add_byte(&vkey_text, '\n');
	PAL_TRY(path_in(folder, "ledger.vkey", &vkey_path, d));
	PAL_TRY(pal_file_write(pal_buf_text(&vkey_path), pal_buf_view(&vkey_text), 0644, d));
	PAL_TRY(path_in(folder, "store.db", &store_path, d));
	PAL_TRY(pal_store_open_sqlite(pal_buf_text(&store_path), DEFAULT_WAIT_MS, &store, d));
	PAL_TRY(path_in(folder, "ledger", &dir, d));
	at.dir = pal_buf_text(&dir);
	at.key = key;
	return pal_ledger_create(&at, d); /* last: a ledger means that the workspace is whole */
}

static char *
text_new(const char *folder, const char *name)
{
	PAL_AUTO_BUF path = pal_buf_of(0);
	char        *text = NULL;

	if (path_in(folder, name, &path, NULL) != PAL_OK)
		return NULL;
	text = pal_mem_new(path.len + 1, 1);
	if (text != NULL)
		pal_mem_copy(text, path.len + 1, path.data, path.len);
	return text;
}

static enum pal_err
add_key(struct pal_workspace *ws, const char *file, struct pal_diag *d)
{
	PAL_AUTO_BUF    path = pal_buf_of(0);
	struct pal_view name = pal_view_of(file);

	if (!pal_view_ends(name, ".pub") || name.len - 4 >= KEY_NAME_MOST)
		return PAL_OK;
	pal_buf_printf(&path, "%s/keys/%s", ws->root, file);
	PAL_TRY(pal_buf_err(&path));
	if (ws->key_count == PAL_WORKSPACE_KEYS)
		return pal_fail(d, PAL_ELIMIT, 0, "%s/keys has more than %d public keys", ws->root, PAL_WORKSPACE_KEYS);
	PAL_TRY(pal_key_load_public(pal_buf_text(&path), &ws->keys[ws->key_count], d));
	pal_mem_copy(ws->names[ws->key_count], KEY_NAME_MOST, name.data, name.len - 4);
	ws->key_count++;
	return PAL_OK;
}

static enum pal_err
load_keys(struct pal_workspace *ws, struct pal_diag *d)
{
	PAL_AUTO_ARENA  a;
	PAL_AUTO_BUF    dir = pal_buf_of(0);
	struct pal_list files;

	pal_arena_init(&a, (size_t)8 << 20);
	files = pal_list_of(&a, sizeof(struct pal_entry));
	pal_buf_printf(&dir, "%s/keys", ws->root);
	PAL_TRY(pal_buf_err(&dir));
	PAL_TRY(pal_walk(pal_buf_text(&dir), 10000, &files, d));
	for (size_t i = 0; i < files.count; i++) {
		const struct pal_entry *e = pal_list_at(&files, i);

		if (e->kind == PAL_ENTRY_FILE && strchr(e->path, '/') == NULL)
			PAL_TRY(add_key(ws, e->path, d));
	}
	for (ws->own = 0; ws->own < ws->key_count; ws->own++)
		if (strcmp(ws->names[ws->own], PAL_WORKSPACE_KEY) == 0)
			break;
	if (ws->own == ws->key_count)
		return pal_fail(d, PAL_EKEY, 0,
				"%s/keys/" PAL_WORKSPACE_KEY ".pub is missing; restore it from a backup", ws->root);
	ws->trusted[ws->own] = true;
	return PAL_OK;
}

/* After a crash the tiles may lack what the journal has. A writer at work has a journal, too, and the lock with it. */
static enum pal_err
recover(const struct pal_workspace *ws, const struct pal_ledger_access *at, struct pal_diag *d)
{
	PAL_AUTO_BUF path = pal_buf_of(0);
	struct stat  st;
	enum pal_err err = PAL_OK;

	pal_buf_printf(&path, "%s/journal", ws->ledger_dir);
	if (pal_buf_err(&path) != PAL_OK || stat(pal_buf_text(&path), &st) != 0 || st.st_size == 0)
		return PAL_OK;
	err = pal_ledger_recover(at, d);
	return err == PAL_ELOCKED ? PAL_OK : err;
}

static enum pal_err
open_ledger(struct pal_workspace *ws, struct pal_diag *d)
{
	PAL_AUTO_BUF             path = pal_buf_of(0);
	PAL_AUTO_BUF             text = pal_buf_of(0);
	struct pal_ledger_access at = { .dir = ws->ledger_dir, .vkey = &ws->vkey };
	uint8_t                  raw[PAL_ED25519_LEN] = { 0 };

	pal_buf_printf(&path, "%s/ledger.vkey", ws->root);
	PAL_TRY(pal_buf_err(&path));
	PAL_TRY(pal_file_read(pal_buf_text(&path), 4096, &text, d));
	PAL_TRY(pal_vkey_parse(pal_view_trim(pal_buf_view(&text)), &ws->vkey, d));
	PAL_TRY(pal_key_ed25519(ws->keys[ws->own], raw));
	if (memcmp(raw, ws->vkey.public_key, sizeof(raw)) != 0)
		return pal_fail(d, PAL_EVERIFY, 0, "%s is not of the key in keys/" PAL_WORKSPACE_KEY ".pub",
				pal_buf_text(&path));
	if (ws->signer != NULL && !pal_key_eq(ws->signer, ws->keys[ws->own]))
		return pal_fail(d, PAL_EKEY, 0, "the key is not the one in %s/keys/" PAL_WORKSPACE_KEY ".pub",
				ws->root);
	PAL_TRY(recover(ws, &at, d));
	return pal_ledger_open(&at, &ws->ledger, d);
}

/* Entries come before their rows, so a ledger that is shorter than its index was cut or put back: what the lost entries
 * said, a quarantine perhaps, must not be forgotten in silence. The rows are counted first. */
static enum pal_err
vet_length(struct pal_workspace *ws, struct pal_diag *d)
{
	uint64_t rows = 0, size = 0;

	PAL_TRY(ws->store->ops->evidence_count(ws->store, &rows, d));
	PAL_TRY(pal_ledger_refresh(ws->ledger, d));
	size = pal_ledger_size(ws->ledger);
	if (rows <= size)
		return PAL_OK;
	return pal_fail(d, PAL_EFORM, 0,
			"the ledger has %llu entries, but %llu were seen here before: it was cut, or put back as it "
			"once was; bring back the newer one, or delete %s/store.db to accept the loss",
			(unsigned long long)size, (unsigned long long)rows, ws->root);
}

static enum pal_err
open_parts(struct pal_workspace *ws, const char *folder, struct pal_diag *d)
{
	PAL_AUTO_BUF store_path = pal_buf_of(0);

	ws->root = text_new(folder, "");
	ws->blob_root = text_new(folder, "blobs");
	ws->ledger_dir = text_new(folder, "ledger");
	if (ws->root == NULL || ws->blob_root == NULL || ws->ledger_dir == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "workspace");
	if (!pal_file_exists(ws->root))
		return pal_fail(d, PAL_ENOTFOUND, 0, "no workspace here: there is no %s; run palisade init", ws->root);
	ws->blobs = (struct pal_blobs){ .root = ws->blob_root, .hash = hash_hex };
	PAL_TRY(load_keys(ws, d));
	PAL_TRY(open_ledger(ws, d));
	pal_buf_printf(&store_path, "%s/store.db", ws->root);
	PAL_TRY(pal_buf_err(&store_path));
	PAL_TRY(pal_store_open_sqlite(pal_buf_text(&store_path), ws->wait_ms, &ws->store, d));
	return vet_length(ws, d);
}

/* An Ed25519 signature is a function of key and text (RFC 8032), so it is a secret that needs no file of its own. */
static void
derive_seal(struct pal_workspace *ws)
{
	PAL_AUTO_BUF      signature = pal_buf_of(0);
	struct pal_digest g = { 0 };

	if (ws->signer == NULL || pal_key_kind(ws->signer) != PAL_KEY_ED25519 ||
	    pal_key_sign(ws->signer, pal_view_of("palisade: the secret that seals caches, v1"), &signature, NULL) !=
		PAL_OK ||
	    pal_digest_of(PAL_SHA256, pal_buf_view(&signature), &g) != PAL_OK)
		return;
	pal_mem_copy(ws->seal, sizeof(ws->seal), g.bytes, g.len);
	pal_secret_wipe(&g, sizeof(g));
	ws->seals = true;
}

bool
pal_workspace_seal(const struct pal_workspace *ws, const struct pal_view *parts, size_t count, struct pal_digest *ret)
{
	uint8_t           pad[SEAL_BLOCK] = { 0 };
	PAL_AUTO_HASHER   inner = pal_hasher_of(PAL_SHA256);
	struct pal_digest g = { 0 };
	enum pal_err      err = PAL_EKEY;

	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] = (i < sizeof(ws->seal) ? ws->seal[i] : 0) ^ 0x36;
	pal_hasher_add(&inner, (struct pal_view){ pad, sizeof(pad) });
	for (size_t i = 0; i < count; i++)
		pal_hasher_add(&inner, parts[i]);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	if (ws->seals)
		err = pal_hasher_end(&inner, &g);
	if (err == PAL_OK) {
		const struct pal_view outer[] = { { pad, sizeof(pad) }, pal_digest_view(&g) };

		err = pal_digest_of_parts(PAL_SHA256, outer, 2, ret);
	}
	pal_secret_wipe(pad, sizeof(pad));
	return err == PAL_OK;
}

enum pal_err
pal_workspace_open(const char *folder, const struct pal_workspace_options *o, struct pal_workspace **ret_ws,
		   struct pal_diag *d)
{
	PAL_AUTO_WORKSPACE ws = pal_mem_new(1, sizeof(*ws));

	if (ws == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "workspace");
	ws->clock = o == NULL || o->clock == NULL ? &pal_clock_system : o->clock;
	ws->wait_ms = o == NULL || o->wait_ms == 0 ? DEFAULT_WAIT_MS : o->wait_ms;
	ws->signer = o == NULL ? NULL : o->key;
	derive_seal(ws);
	PAL_TRY(open_parts(ws, folder, d));
	*ret_ws = ws;
	ws = NULL;
	return PAL_OK;
}

void
pal_workspace_free(struct pal_workspace **ws)
{
	struct pal_workspace *w = *ws;

	if (w == NULL)
		return;
	pal_secret_wipe(w->seal, sizeof(w->seal));
	pal_ledger_free(&w->ledger);
	pal_store_free(&w->store);
	for (size_t i = 0; i < w->key_count; i++)
		pal_key_free(&w->keys[i]);
	pal_mem_free(w->root);
	pal_mem_free(w->blob_root);
	pal_mem_free(w->ledger_dir);
	pal_mem_free(w);
	*ws = NULL;
}

static size_t
find_key(const struct pal_workspace *ws, const char *key_id)
{
	size_t i = 0;

	while (i < ws->key_count && strcmp(pal_key_id(ws->keys[i]), key_id) != 0)
		i++;
	return i;
}

enum pal_err
pal_workspace_lend(struct pal_workspace *ws, const struct pal_key *key, struct pal_diag *d)
{
	PAL_AUTO_BUF der = pal_buf_of(0);

	if (find_key(ws, pal_key_id(key)) < ws->key_count)
		return PAL_OK;
	if (ws->key_count == PAL_WORKSPACE_KEYS)
		return pal_fail(d, PAL_ELIMIT, 0, "more than %d public keys", PAL_WORKSPACE_KEYS);
	PAL_TRY(pal_key_public_der(key, &der));
	PAL_TRY(pal_key_of_public_der(pal_buf_view(&der), &ws->keys[ws->key_count], d));
	ws->key_count++;
	return PAL_OK;
}

enum pal_err
pal_workspace_trust(struct pal_workspace *ws, const char *key_id, struct pal_diag *d)
{
	size_t i = find_key(ws, key_id);

	if (i == ws->key_count)
		return pal_fail(d, PAL_ENOTFOUND, 0, "no public key in %s/keys has the id %.64s", ws->root, key_id);
	ws->trusted[i] = true;
	return PAL_OK;
}

bool
pal_workspace_trusts(const struct pal_workspace *ws, const char *key_id)
{
	size_t i = find_key(ws, key_id);

	return i < ws->key_count && ws->trusted[i];
}

const struct pal_key *
pal_workspace_key(const struct pal_workspace *ws, const char *key_id)
{
	size_t i = find_key(ws, key_id);

	return i < ws->key_count ? ws->keys[i] : NULL;
}

const struct pal_key *
pal_workspace_key_of(const struct pal_workspace *ws, const char *name)
{
	for (size_t i = 0; i < ws->key_count; i++)
		if (strcmp(ws->names[i], name) == 0)
			return ws->keys[i];
	return NULL;
}

const struct pal_key *const *
pal_workspace_keys(const struct pal_workspace *ws, size_t *ret_count)
{
	*ret_count = ws->key_count;
	return (const struct pal_key *const *)ws->keys;
}

const struct pal_key *
pal_workspace_signer(const struct pal_workspace *ws)
{
	return ws->signer;
}

struct pal_store *
pal_workspace_store(const struct pal_workspace *ws)
{
	return ws->store;
}

struct pal_ledger *
pal_workspace_ledger(const struct pal_workspace *ws)
{
	return ws->ledger;
}

const struct pal_vkey *
pal_workspace_vkey(const struct pal_workspace *ws)
{
	return &ws->vkey;
}

const struct pal_blobs *
pal_workspace_blobs(const struct pal_workspace *ws)
{
	return &ws->blobs;
}

uint64_t
pal_workspace_now_ms(const struct pal_workspace *ws)
{
	return pal_clock_now_ms(ws->clock);
}

const char *
pal_workspace_path(const struct pal_workspace *ws, const char *name, struct pal_arena *a)
{
	return pal_arena_printf(a, "%s/%s", ws->root, name);
}

enum pal_err
pal_workspace_append(struct pal_workspace *ws, const struct pal_view *entries, size_t count, uint64_t *ret_first,
		     struct pal_diag *d)
{
	struct pal_ledger_access at = {
		.dir = ws->ledger_dir, .vkey = &ws->vkey, .key = ws->signer, .wait_ms = ws->wait_ms
	};
	PAL_AUTO_LEDGER writer = NULL;
	uint64_t        first = 0;

	if (ws->signer == NULL)
		return pal_fail(d, PAL_EKEY, 0, "the workspace was opened without its key: nothing can be added");
	PAL_TRY(pal_ledger_open(&at, &writer, d));
	PAL_TRY(pal_ledger_append_batch(writer, entries, count, &first, d));
	PAL_TRY(pal_ledger_close(&writer, d));
	PAL_TRY(pal_ledger_refresh(ws->ledger, d));
	*ret_first = first;
	return PAL_OK;
}
