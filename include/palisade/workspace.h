/*
 * workspace.h - the `.palisade/` folder: store, ledger, keys, blobs and spool of one pipeline.
 *
 * Make it once (palisade init), open it, hand it to whoever adds or reads
 * evidence (evidence.h). keys/ holds pairs NAME.pem (private, encrypted) and
 * NAME.pub: "workspace" signs the ledger and what palisade itself says, the
 * others belong to people. The workspace's own key is trusted; which others are
 * is for the caller to say with pal_workspace_trust(). The index is brought up to
 * date with the ledger when the workspace is opened.
 *
 *   units    milliseconds
 *   memory   a workspace is a heap object that owns its store and its ledger; the key that it is given stays the
 *            caller's and must outlive it
 *   errors   PAL_ENOTFOUND (no workspace: run palisade init), PAL_EEXIST, PAL_ELOCKED, PAL_ESYS, PAL_EKEY, PAL_EVERIFY
 *            (keys or ledger do not belong together)
 *   threads  one workspace belongs to one thread; several processes may open the same one
 */
#ifndef PALISADE_WORKSPACE_H
#define PALISADE_WORKSPACE_H

#include "palisade/blob.h"
#include "palisade/clock.h"
#include "palisade/digest.h"
#include "palisade/key.h"
#include "palisade/note.h"

struct pal_ledger;
struct pal_workspace;

#define PAL_WORKSPACE_FOLDER ".palisade"
#define PAL_WORKSPACE_KEY    "workspace"
#define PAL_WORKSPACE_KEYS   256 /* public keys, at most */

struct pal_workspace_options {
	const struct pal_key   *key;     /* the workspace's private key; NULL: nothing can be added */
	const struct pal_clock *clock;   /* NULL: the system's */
	unsigned int            wait_ms; /* for locks; 0: 10,000 */
};

/*
 * Makes the workspace below `folder`: folders, an Ed25519 key under the passphrase, an empty store, an empty ledger
 * whose checkpoints are named `origin`. PAL_EEXIST when there is one. What an attempt that failed has left is used.
 */
PAL_NODISCARD enum pal_err pal_workspace_create(const char *folder, const char *origin,
						const struct pal_secret *passphrase, struct pal_diag *d);

/* keys/NAME.pem of the workspace below `folder`. name NULL: PAL_WORKSPACE_KEY. */
PAL_NODISCARD enum pal_err pal_workspace_load_key(const char *folder, const char *name,
						  const struct pal_secret *passphrase, struct pal_key **ret_key,
						  struct pal_diag *d);

/* Makes a pair of keys for a person; PAL_EEXIST when NAME has one. Letters, digits, '.', '-', '_' make a name. */
PAL_NODISCARD enum pal_err pal_workspace_new_key(const char *folder, const char *name,
						 const struct pal_secret *passphrase, struct pal_key **ret_key,
						 struct pal_diag *d);

/* Opens the workspace below `folder` ("." for the one in the working directory). o NULL: the defaults. */
PAL_NODISCARD enum pal_err pal_workspace_open(const char *folder, const struct pal_workspace_options *o,
					      struct pal_workspace **ret_ws, struct pal_diag *d);
void                       pal_workspace_free(struct pal_workspace **ws); /* NULL allowed; sets it to NULL */

#define PAL_AUTO_WORKSPACE __attribute__((cleanup(pal_workspace_free))) struct pal_workspace *

/* From now on evidence signed by this key counts. PAL_ENOTFOUND when keys/ has no public key with the id. */
PAL_NODISCARD enum pal_err pal_workspace_trust(struct pal_workspace *ws, const char *key_id, struct pal_diag *d);

/* Makes a public key known that lies elsewhere than in keys/; it is not trusted by that. A copy is kept. */
PAL_NODISCARD enum pal_err pal_workspace_lend(struct pal_workspace *ws, const struct pal_key *key, struct pal_diag *d);
bool                       pal_workspace_trusts(const struct pal_workspace *ws, const char *key_id);

/* The public key with this id, and the key of NAME, out of keys/; NULL when it is not there. */
const struct pal_key *pal_workspace_key(const struct pal_workspace *ws, const char *key_id);
const struct pal_key *pal_workspace_key_of(const struct pal_workspace *ws, const char *name);

/* All public keys, for pal_dsse_verify(). */
const struct pal_key *const *pal_workspace_keys(const struct pal_workspace *ws, size_t *ret_count);

const struct pal_key   *pal_workspace_signer(const struct pal_workspace *ws); /* private; NULL: opened without */
struct pal_store       *pal_workspace_store(const struct pal_workspace *ws);
struct pal_ledger      *pal_workspace_ledger(const struct pal_workspace *ws); /* read only */
const struct pal_vkey  *pal_workspace_vkey(const struct pal_workspace *ws);   /* also in ledger.vkey, as text */
const struct pal_blobs *pal_workspace_blobs(const struct pal_workspace *ws);
uint64_t                pal_workspace_now_ms(const struct pal_workspace *ws);

/* "FOLDER/.palisade/NAME" in the arena; NULL once the arena has overflowed. */
const char *pal_workspace_path(const struct pal_workspace *ws, const char *name, struct pal_arena *a);

/*
 * HMAC-SHA-256 (RFC 2104) of the parts under a secret that only the holder of the workspace's private key can derive:
 * what comes back from the store with it is what was put there. false: the workspace was opened without its key.
 */
bool pal_workspace_seal(const struct pal_workspace *ws, const struct pal_view *parts, size_t count,
			struct pal_digest *ret);

/* Adds entries to the ledger with one flush, all or none, holding its lock no longer than that takes. */
PAL_NODISCARD enum pal_err pal_workspace_append(struct pal_workspace *ws, const struct pal_view *entries, size_t count,
						uint64_t *ret_first, struct pal_diag *d);

#endif
