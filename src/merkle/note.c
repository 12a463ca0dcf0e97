/* note.c - c2sp.org/signed-note; what to audit is that the text is never handed on unless a known key signed it. */
#include "palisade/note.h"

#include <stdio.h>

#include "palisade/hex.h"
#include "palisade/key.h"
#include "palisade/mem.h"
#include "palisade/tree.h"
#include "palisade/utf8.h"

#define EM_DASH    "\xe2\x80\x94 "
#define ID_LEN     4
#define PUBLIC_LEN PAL_ED25519_LEN

/* One signature line, decoded; raw is id and signature. */
struct line {
	struct pal_view name, raw;
	uint32_t        id;
};

static uint32_t
read_id(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* White_Space of Unicode's PropList, as the key name must not hold any. */
static bool
is_space(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static bool
good_name(struct pal_view name)
{
	if (name.len == 0)
		return false;
	while (name.len > 0) {
		uint32_t c = pal_utf8_next(&name);

		if (c == PAL_UTF8_BAD || c < 0x20 || c == '+' || is_space(c))
			return false;
	}
	return true;
}

/* key ID = SHA-256(key name || 0x0A || signature type || public key)[:4] */
static enum pal_err
key_id(const struct pal_vkey *v, uint32_t *ret_id, struct pal_diag *d)
{
	PAL_AUTO_BUF    b = pal_buf_of(0);
	struct pal_hash sum = { 0 };

	pal_buf_printf(&b, "%s\n", v->name);
	pal_buf_add_byte(&b, v->type);
	pal_buf_add(&b, (struct pal_view){ v->public_key, PUBLIC_LEN });
	if (pal_buf_err(&b) != PAL_OK)
		return pal_fail(d, pal_buf_err(&b), 0, "key id");
	sum = pal_hash_of(pal_buf_view(&b));
	*ret_id = read_id(sum.bytes);
	return PAL_OK;
}

static enum pal_err
set_name(struct pal_vkey *v, struct pal_view name, struct pal_diag *d)
{
	if (name.len >= sizeof(v->name))
		return pal_fail(d, PAL_ELIMIT, 0, "the key name has %zu bytes, at most %zu are kept", name.len,
				sizeof(v->name) - 1);
	if (!good_name(name))
		return pal_fail(d, PAL_EFORM, 0, "a key name is UTF-8 that is not empty, without space and without +");
	pal_mem_copy(v->name, sizeof(v->name), name.data, name.len);
	return PAL_OK;
}

enum pal_err
pal_vkey_parse(struct pal_view text, struct pal_vkey *ret_vkey, struct pal_diag *d)
{
	struct pal_vkey v = { 0 };
	struct pal_view rest = pal_view_trim(text), name = { 0 }, id = { 0 };
	PAL_AUTO_BUF    id_bytes = pal_buf_of(0);
	PAL_AUTO_BUF    key = pal_buf_of(0);
	uint32_t        want = 0;

	/* "The key may hold + in its base64": only the first two split. */
	(void)pal_view_split(&rest, '+', &name);
	(void)pal_view_split(&rest, '+', &id);
	PAL_TRY(set_name(&v, name, d));
	if (id.len != 2 * (size_t)ID_LEN || pal_hex_decode(id, &id_bytes) != PAL_OK)
		return pal_fail(d, PAL_EFORM, name.len, "the key id after \"%s+\" is not 8 hexadecimal digits", v.name);
	v.id = read_id((const uint8_t *)id_bytes.data);
	if (pal_base64_decode_padded(rest, &key) != PAL_OK || key.len < 2)
		return pal_fail(d, PAL_EFORM, text.len - rest.len, "the public key of \"%s\" is not base64", v.name);
	v.type = (uint8_t)key.data[0];
	if (v.type != PAL_NOTE_ED25519)
		return pal_fail(d, PAL_EUNSUPPORTED, 0,
				"the key of \"%s\" is of type 0x%02x, only Ed25519 (0x01) is read", v.name, v.type);
	if (key.len != 1 + (size_t)PUBLIC_LEN)
		return pal_fail(d, PAL_EFORM, 0, "the Ed25519 key of \"%s\" has %zu bytes, expected %d", v.name,
				key.len - 1, PUBLIC_LEN);
	pal_mem_copy(v.public_key, sizeof(v.public_key), key.data + 1, PUBLIC_LEN);
	PAL_TRY(key_id(&v, &want, d));
	if (v.id != want)
		return pal_fail(d, PAL_EFORM, 0, "the key id of \"%s\" is %08x, its key gives %08x", v.name, v.id,
				want);
	*ret_vkey = v;
	return PAL_OK;
}

void
pal_vkey_add(struct pal_buf *b, const struct pal_vkey *vkey)
{
	uint8_t raw[1 + PUBLIC_LEN] = { vkey->type };

	pal_mem_copy(raw + 1, sizeof(raw) - 1, vkey->public_key, PUBLIC_LEN);
	pal_buf_printf(b, "%s+%08x+", vkey->name, vkey->id);
	pal_base64_add(b, (struct pal_view){ raw, sizeof(raw) });
}

/* Takes one line off *rest. raw keeps what line->raw points to. */
static enum pal_err
next_signature(struct pal_view *rest, struct pal_buf *raw, struct line *ret_line, struct pal_diag *d)
{
	struct line     l = { 0 };
	struct pal_view line = { 0 };

	pal_buf_clear(raw);
	if (!pal_view_split(rest, '\n', &line) || !pal_view_starts(line, EM_DASH))
		return pal_fail(d, PAL_EFORM, 0, "note: a signature line does not begin with an em dash and a blank");
	line = pal_view_sub(line, sizeof(EM_DASH) - 1, SIZE_MAX);
	(void)pal_view_split(&line, ' ', &l.name);
	if (!good_name(l.name))
		return pal_fail(d, PAL_EFORM, 0, "note: a signature line has no valid key name");
	if (pal_base64_decode_padded(line, raw) != PAL_OK || raw->len <= ID_LEN)
		return pal_fail(d, PAL_EFORM, 0,
				"note: the signature by \"%.*s\" is not base64 of a key id and a signature",
				(int)(l.name.len > 100 ? 100 : l.name.len), (const char *)l.name.data);
	l.raw = pal_buf_view(raw);
	l.id = read_id(l.raw.data);
	*ret_line = l;
	return PAL_OK;
}

static enum pal_err
vet_bytes(struct pal_view note, struct pal_diag *d)
{
	if (note.len > PAL_NOTE_MOST)
		return pal_fail(d, PAL_ELIMIT, PAL_NOTE_MOST, "note: %zu bytes, at most %zu are read", note.len,
				PAL_NOTE_MOST);
	for (size_t i = 0; i < note.len; i++)
		if (note.data[i] < 0x20 && note.data[i] != '\n')
			return pal_fail(d, PAL_EFORM, i, "note: control character 0x%02x at offset %zu", note.data[i],
					i);
	if (!pal_utf8_valid(note))
		return pal_fail(d, PAL_EFORM, 0, "note: not UTF-8");
	if (note.len == 0 || note.data[note.len - 1] != '\n')
		return pal_fail(d, PAL_ETRUNC, note.len, "note: does not end with a line feed");
	return PAL_OK;
}

enum pal_err
pal_note_parse(struct pal_view note, struct pal_note *ret_note, struct pal_diag *d)
{
	struct pal_note n = { 0 };
	struct pal_view rest = { 0 };
	struct line     line = { 0 };
	PAL_AUTO_BUF    raw = pal_buf_of(0);
	size_t          at = note.len;

	PAL_TRY(vet_bytes(note, d));
	/* "the text is separated from the signatures by the last empty line in the note" */
	while (at >= 2 && !(note.data[at - 2] == '\n' && note.data[at - 1] == '\n'))
		at--;
	if (at < 2)
		return pal_fail(d, PAL_EFORM, 0, "note: no empty line between text and signatures");
	n.text = pal_view_sub(note, 0, at - 1);
	n.signatures = pal_view_sub(note, at, SIZE_MAX);
	for (rest = n.signatures; rest.len > 0; n.count++) {
		if (n.count == PAL_NOTE_SIGNATURES)
			return pal_fail(d, PAL_ELIMIT, 0, "note: more than %d signatures", PAL_NOTE_SIGNATURES);
		PAL_TRY(next_signature(&rest, &raw, &line, d));
	}
	if (n.count == 0)
		return pal_fail(d, PAL_EFORM, note.len, "note: no signature after the empty line");
	*ret_note = n;
	return PAL_OK;
}

/* Name and id together name a key; an id that is shared with another name is a stranger's. */
static const struct pal_vkey *
find_key(const struct line *l, const struct pal_vkey *vkeys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (vkeys[i].id == l->id && pal_view_is(l->name, vkeys[i].name))
			return &vkeys[i];
	return NULL;
}

static enum pal_err
verify_one(const struct pal_vkey *vkey, struct pal_view text, struct pal_view signature, struct pal_diag *d)
{
	PAL_AUTO_KEY key = NULL;
	enum pal_err err = pal_key_of_ed25519(vkey->public_key, &key, d);

	if (err == PAL_OK)
		err = pal_key_verify(key, text, signature, d);
	if (err == PAL_EVERIFY)
		return pal_fail(d, PAL_EVERIFY, 0, "the signature by \"%s\" does not match the text", vkey->name);
	return err;
}

enum pal_err
pal_note_verify(const struct pal_note *note, const struct pal_vkey *vkeys, size_t count, struct pal_diag *d)
{
	struct pal_view rest = note->signatures;
	PAL_AUTO_BUF    raw = pal_buf_of(0);
	size_t          good = 0;

	while (rest.len > 0) {
		struct line            l = { 0 };
		const struct pal_vkey *key = NULL;

		PAL_TRY(next_signature(&rest, &raw, &l, d));
		key = find_key(&l, vkeys, count);
		if (key == NULL)
			continue;
		PAL_TRY(verify_one(key, note->text, pal_view_sub(l.raw, ID_LEN, SIZE_MAX), d));
		good++;
	}
	if (good == 0)
		return pal_fail(d, PAL_EVERIFY, 0, "none of the %zu signatures is by a known key%s%s", note->count,
				count == 1 ? ", which is that of " : "", count == 1 ? vkeys[0].name : "");
	return PAL_OK;
}

enum pal_err
pal_vkey_of(const char *name, const struct pal_key *key, struct pal_vkey *ret_vkey, struct pal_diag *d)
{
	struct pal_vkey v = { .type = PAL_NOTE_ED25519 };

	PAL_TRY(set_name(&v, pal_view_of(name), d));
	if (pal_key_kind(key) != PAL_KEY_ED25519)
		return pal_fail(d, PAL_EKEY, 0, "a key of kind %s cannot sign notes, it must be Ed25519",
				pal_key_kind_name(pal_key_kind(key)));
	PAL_TRY(pal_key_ed25519(key, v.public_key));
	PAL_TRY(key_id(&v, &v.id, d));
	*ret_vkey = v;
	return PAL_OK;
}

enum pal_err
pal_note_cosign(struct pal_view text, const struct pal_vkey *vkey, const struct pal_key *key, struct pal_buf *b,
		struct pal_diag *d)
{
	PAL_AUTO_BUF raw = pal_buf_of(0);

	for (unsigned int shift = 32; shift > 0; shift -= 8)
		pal_buf_add_byte(&raw, (uint8_t)(vkey->id >> (shift - 8)));
	PAL_TRY(pal_key_sign(key, text, &raw, d));
	pal_buf_printf(b, EM_DASH "%s ", vkey->name);
	pal_base64_add(b, pal_buf_view(&raw));
	pal_buf_add_byte(b, '\n');
	if (pal_buf_err(&raw) != PAL_OK || pal_buf_err(b) != PAL_OK)
		return pal_fail(d, PAL_ENOMEM, 0, "note");
	return PAL_OK;
}

enum pal_err
pal_note_sign(struct pal_view text, const struct pal_vkey *vkey, const struct pal_key *key, struct pal_buf *b,
	      struct pal_diag *d)
{
	if (!pal_view_ends(text, "\n"))
		return pal_fail(d, PAL_EUSAGE, 0, "note: the text must end with a line feed");
	pal_buf_add(b, text);
	pal_buf_add_byte(b, '\n');
	return pal_note_cosign(text, vkey, key, b, d);
}
