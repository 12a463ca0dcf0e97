/* oms_inside.h - what oms.c (verify), oms_sign.c, oms_model.c and oms_read.c share; nobody else includes this. */
#ifndef PALISADE_EVIDENCE_OMS_INSIDE_H
#define PALISADE_EVIDENCE_OMS_INSIDE_H

#include "palisade/oms.h"

#define OMS_OLD_PREDICATE "https://model_signing/Digests/v0.1"
#define OMS_IGNORE_MOST   1024

enum oms_material_kind { OMS_KEY, OMS_CHAIN, OMS_SIGSTORE };

/* A bundle as it was read: nothing in it is believed yet. */
struct oms_bundle {
	enum oms_material_kind kind;
	const char            *hint; /* OMS_KEY: NULL when absent */
	struct pal_view   old_key;   /* OMS_KEY, before 1.1.0: the key itself, as PEM text or DER; empty when absent */
	struct pal_certs *chain;     /* OMS_CHAIN: owned */
	bool              timestamps;
	struct pal_dsse   envelope; /* exactly one signature */
};

/* A statement whose signature has been verified, read strictly. */
struct oms_claims {
	const char         *model, *root;
	enum pal_digest_alg alg;
	uint64_t            shard_size; /* 0: whole files */
	bool                allow_links;
	const char        **ignore;
	size_t              ignore_count;
	enum pal_oms_order  order;
	struct pal_manifest manifest; /* sorted; every name legal and unique */
};

PAL_NODISCARD enum pal_err oms_read_bundle(struct pal_view text, struct pal_arena *arena, struct oms_bundle *ret,
					   struct pal_diag *d);
void                       oms_bundle_done(struct oms_bundle *b);

PAL_NODISCARD enum pal_err oms_read_statement(struct pal_view payload, struct pal_arena *arena, struct oms_claims *ret,
					      struct pal_diag *d);

/* The layout of v0.2.0: files as subjects, nothing said about how they were read. */
PAL_NODISCARD enum pal_err oms_read_old_statement(struct pal_view payload, struct pal_arena *arena,
						  struct oms_claims *ret, struct pal_diag *d);

/* The text that v0.2.0 signed: Python's way of printing the payload's bytes, in a pre-authentication encoding of its
 * own. */
void oms_old_pae(struct pal_view type, struct pal_view payload, struct pal_buf *to);

/* A relative path in its one normal form: no empty, "." or ".." part, no '/' at either end. */
bool oms_path_is_legal(const char *path);

struct oms_ignored {
	const char **paths;
	size_t       count;
};

/* The default paths, the caller's, the signature's own, and `more`; each once, in this order. */
PAL_NODISCARD enum pal_err  oms_collect_ignored(const struct pal_oms_model *m, const char *const *more,
						size_t more_count, struct pal_arena *arena, struct oms_ignored *ret,
						struct pal_diag *d);
bool                        oms_is_default_ignore(const char *path);
struct pal_manifest_options oms_options_of(const struct pal_oms_model *m, const struct oms_ignored *ignored);

/* Links and special files that the walk met: there is no way to sign them or to accept them. */
PAL_NODISCARD enum pal_err oms_refuse_others(const struct pal_oms_model *m, const struct pal_manifest *found,
					     enum pal_err code, struct pal_diag *d);

/* One file is named by its own name (6.1.2), not by the "." of the walk; by `name` when that is not NULL. */
PAL_NODISCARD enum pal_err oms_name_single(const struct pal_oms_model *m, struct pal_manifest *found, const char *name,
					   struct pal_arena *arena);

#define OMS_NAME_ROOM 256
void oms_base_name(const char *path, char ret_name[OMS_NAME_ROOM]);

/* The name of a piece in a signature: "PATH:START:END". */
const char *oms_piece_name(struct pal_arena *arena, const struct pal_manifest_entry *e);

#endif
