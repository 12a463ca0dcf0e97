/*
 * oms.h - OpenSSF Model Signing v1.0: a signature beside a model, over the digest of each of its files.
 *
 * A signature is a Sigstore bundle with a DSSE envelope with an in-toto Statement.
 * Verification believes nothing of it before the signature holds, then reads the
 * model as the signed statement says and compares both ways. What a signature
 * leaves out (ignored paths, empty files among shards) is reported, since a signer
 * can hide files that way. The root digest does not cover names and is never used
 * to decide anything here.
 *
 *   units    bytes; milliseconds since 1970
 *   memory   results live in the arena
 *   errors   PAL_EVERIFY (the signature, the certificate or the model does not hold), PAL_EFORM (a bundle that breaks
 *            the format), PAL_EUNSUPPORTED (Sigstore bundles, BLAKE3), PAL_EUSAGE, those of manifest.h and key.h
 *   threads  safe
 */
#ifndef PALISADE_OMS_H
#define PALISADE_OMS_H

#include "palisade/dsse.h"
#include "palisade/manifest.h"
#include "palisade/x509.h"

#define PAL_OMS_PREDICATE   "https://model_signing/signature/v1.0"
#define PAL_OMS_MEDIA_TYPE  "application/vnd.dev.sigstore.bundle.v0.3+json"
#define PAL_OMS_BUNDLE_MOST ((size_t)256 << 20)

/* What signing and verifying have in common. */
struct pal_oms_model {
	const char                    *path;
	const char                    *signature_path; /* left out when it lies in the model; NULL: none */
	const char *const             *ignore;         /* relative to the model, or absolute; beside the default ones */
	size_t                         ignore_count;
	unsigned int                   threads;
	struct pal_progress           *progress;
	const struct pal_digest_cache *cache;
};

struct pal_oms_signer {
	const struct pal_key   *key;
	const struct pal_certs *chain;       /* leaf first, for the method "certificate"; NULL: the method "key" */
	uint64_t                now_ms;      /* the leaf must be valid then */
	enum pal_digest_alg     alg;         /* PAL_SHA256 or PAL_BLAKE2B */
	uint64_t                shard_size;  /* 0: whole files */
	bool                    allow_links; /* deprecated by the specification */
};

/* Writes a bundle for the model; roots themselves are left out of the chain. */
PAL_NODISCARD enum pal_err pal_oms_sign(const struct pal_oms_model *model, const struct pal_oms_signer *signer,
					struct pal_buf *bundle, struct pal_diag *d);

struct pal_oms_trust {
	const struct pal_key   *key;   /* this key, whatever material the bundle carries; or */
	const struct pal_certs *roots; /* a certificate chain to one of these */
	uint64_t                now_ms;
	bool                    ignore_unsigned; /* files that the signature does not name are no fault */
	bool                    strict_order;    /* only the order of the specification */
	bool                    old_format; /* also take bundles of v0.2.0, which the specification calls deprecated */
};

/* In which order the signature lists its files: that of the specification (bytes of the whole name), or that of the
 * Python reference (by path components, then by offset). Any other order is refused. */
enum pal_oms_order { PAL_OMS_ORDER_SPEC, PAL_OMS_ORDER_COMPONENTS };

struct pal_oms_report {
	const char         *method; /* "key", "certificate" */
	const char         *signer; /* the key's id, or the leaf's subject */
	const char         *key_id; /* of the key that signed */
	const char         *model;  /* the name in the statement; informative */
	const char         *root;   /* the root digest in hexadecimal; does not cover names */
	enum pal_oms_order  order;
	bool                old_format;
	bool                single_file;
	bool                links_allowed;
	uint64_t            shard_size; /* 0: whole files */
	enum pal_digest_alg alg;
	uint64_t            resources, bytes;
	const char *const  *ignored; /* signed ignore paths beyond the default ones: what the signer left out */
	size_t              ignored_count;
	struct pal_list     changes; /* of struct pal_change: why the model does not match; empty when it does */
	struct pal_list     notes;   /* of const char *: what a careful reader wants to know */
};

const char *pal_oms_order_name(enum pal_oms_order order); /* "specification", "path components" */

/*
 * PAL_OK: the signature holds and the model is what was signed. PAL_EVERIFY with changes in the report: the signature
 * holds but the model differs. *ret is filled in as far as the signature was believed; it is written in both cases.
 */
PAL_NODISCARD enum pal_err pal_oms_verify(struct pal_view bundle, const struct pal_oms_model *model,
					  const struct pal_oms_trust *trust, struct pal_arena *arena,
					  struct pal_oms_report *ret, struct pal_diag *d);

#endif
