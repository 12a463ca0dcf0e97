/*
 * note.h - C2SP signed notes: text under one or more signatures, and the keys that they are checked with.
 *
 * Parse, then verify: the text means nothing before pal_note_verify() has said
 * yes. Signatures of unknown keys are ignored; one of a known key that fails
 * rejects the note. Only Ed25519 (type 0x01) is signed and verified.
 *
 *   units    bytes
 *   memory   a note is views into what was parsed; a vkey is a value
 *   errors   PAL_EFORM (breaks c2sp.org/signed-note), PAL_ELIMIT, PAL_EVERIFY, PAL_EUNSUPPORTED (another key type),
 *            PAL_EKEY (the key cannot sign)
 *   threads  safe
 */
#ifndef PALISADE_NOTE_H
#define PALISADE_NOTE_H

#include "palisade/buf.h"

struct pal_key;

#define PAL_NOTE_MOST       ((size_t)1 << 20)
#define PAL_NOTE_SIGNATURES 64
#define PAL_VKEY_NAME       256 /* room, its NUL included */
#define PAL_NOTE_ED25519    0x01

/* A verifier key: "name+hex8(id)+base64(type || public key)". */
struct pal_vkey {
	char     name[PAL_VKEY_NAME];
	uint32_t id;
	uint8_t  type;
	uint8_t  public_key[32];
};

struct pal_note {
	struct pal_view text;       /* with its last LF, without the empty line */
	struct pal_view signatures; /* the signature lines */
	size_t          count;
};

PAL_NODISCARD enum pal_err pal_vkey_parse(struct pal_view text, struct pal_vkey *ret_vkey, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_vkey_of(const char *name, const struct pal_key *key, struct pal_vkey *ret_vkey,
				       struct pal_diag *d);
void                       pal_vkey_add(struct pal_buf *b, const struct pal_vkey *vkey); /* its text, without LF */

PAL_NODISCARD enum pal_err pal_note_parse(struct pal_view note, struct pal_note *ret_note, struct pal_diag *d);

/* PAL_OK when at least one of the keys signed the text and none of their signatures fails. */
PAL_NODISCARD enum pal_err pal_note_verify(const struct pal_note *note, const struct pal_vkey *vkeys, size_t count,
					   struct pal_diag *d);

/* text must end in LF. Adds text, the empty line and the signature; more signatures follow with pal_note_cosign(). */
PAL_NODISCARD enum pal_err pal_note_sign(struct pal_view text, const struct pal_vkey *vkey, const struct pal_key *key,
					 struct pal_buf *b, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_note_cosign(struct pal_view text, const struct pal_vkey *vkey, const struct pal_key *key,
					   struct pal_buf *b, struct pal_diag *d);

#endif
