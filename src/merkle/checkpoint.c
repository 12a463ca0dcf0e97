/* checkpoint.c - three lines that a log signs (c2sp.org/tlog-checkpoint). */
#include "palisade/checkpoint.h"

/* The next line with its LF, which must be there and not be empty. */
static bool
next_line(struct pal_view *rest, struct pal_view *ret_line)
{
	size_t end = pal_view_find_byte(*rest, '\n', 0);

	if (end == SIZE_MAX || end == 0)
		return false;
	*ret_line = pal_view_sub(*rest, 0, end);
	*rest = pal_view_sub(*rest, end + 1, SIZE_MAX);
	return true;
}

enum pal_err
pal_checkpoint_parse(struct pal_view text, struct pal_checkpoint *ret_checkpoint, struct pal_diag *d)
{
	struct pal_checkpoint c = { 0 };
	struct pal_view       rest = text, line = { 0 };

	if (!next_line(&rest, &c.origin))
		return pal_fail(d, PAL_EFORM, 0, "checkpoint: the first line is empty or missing, expected the origin");
	if (!next_line(&rest, &line) || !pal_view_u64(line, &c.head.size))
		return pal_fail(d, PAL_EFORM, text.len - rest.len,
				"checkpoint: the second line is not a tree size in decimal");
	if (!next_line(&rest, &line) || !pal_hash_parse(line, &c.head.root))
		return pal_fail(d, PAL_EFORM, text.len - rest.len,
				"checkpoint: the third line is not a root hash of 32 bytes in base64");
	c.extensions = rest;
	while (rest.len > 0)
		if (!next_line(&rest, &line))
			return pal_fail(d, PAL_EFORM, text.len - rest.len, "checkpoint: an extension line is empty");
	*ret_checkpoint = c;
	return PAL_OK;
}

enum pal_err
pal_checkpoint_open(struct pal_view signed_text, const struct pal_vkey *vkey, struct pal_checkpoint *ret_checkpoint,
		    struct pal_diag *d)
{
	struct pal_note       note = { 0 };
	struct pal_checkpoint c = { 0 };

	PAL_TRY(pal_note_parse(signed_text, &note, d));
	PAL_TRY(pal_note_verify(&note, vkey, 1, d));
	PAL_TRY(pal_checkpoint_parse(note.text, &c, d));
	if (!pal_view_is(c.origin, vkey->name))
		return pal_fail(d, PAL_EVERIFY, 0, "the checkpoint is of the log \"%.*s\", the key is that of \"%s\"",
				(int)(c.origin.len > 100 ? 100 : c.origin.len), (const char *)c.origin.data,
				vkey->name);
	*ret_checkpoint = c;
	return PAL_OK;
}

enum pal_err
pal_checkpoint_sign(const struct pal_tree_head *head, const struct pal_vkey *vkey, const struct pal_key *key,
		    struct pal_buf *b, struct pal_diag *d)
{
	PAL_AUTO_BUF text = pal_buf_of(0);

	pal_buf_printf(&text, "%s\n%llu\n", vkey->name, (unsigned long long)head->size);
	pal_hash_add(&text, &head->root);
	pal_buf_add_byte(&text, '\n');
	if (pal_buf_err(&text) != PAL_OK)
		return pal_fail(d, pal_buf_err(&text), 0, "checkpoint");
	return pal_note_sign(pal_buf_view(&text), vkey, key, b, d);
}
