/* tlog_proof.c - reading and writing c2sp.org/tlog-proof@v1; the text comes from strangers. */
#include "palisade/tlog_proof.h"

#include "palisade/hex.h"

#define FIRST_LINE "c2sp.org/tlog-proof@v1"
#define WORD_EXTRA "extra "
#define WORD_INDEX "index "

static bool
next_line(struct pal_view *rest, struct pal_view *ret_line)
{
	size_t end = pal_view_find_byte(*rest, '\n', 0);

	if (end == SIZE_MAX)
		return false;
	*ret_line = pal_view_sub(*rest, 0, end);
	*rest = pal_view_sub(*rest, end + 1, SIZE_MAX);
	return true;
}

/* "extra ..." when it is there, then "index n". */
static enum pal_err
parse_head(struct pal_view text, struct pal_view *rest, struct pal_tlog_proof *p, struct pal_diag *d)
{
	struct pal_view line = { 0 };

	if (!next_line(rest, &line) || !pal_view_is(line, FIRST_LINE))
		return pal_fail(d, PAL_EFORM, 0, "the first line is not \"" FIRST_LINE "\"");
	if (!next_line(rest, &line))
		return pal_fail(d, PAL_ETRUNC, text.len, "the proof ends before its index");
	if (pal_view_starts(line, WORD_EXTRA)) {
		PAL_AUTO_BUF extra = pal_buf_of(0);

		p->extra = pal_view_sub(line, sizeof(WORD_EXTRA) - 1, SIZE_MAX);
		/* "If no extra data is present, this line is omitted." */
		if (p->extra.len == 0 || pal_base64_decode_padded(p->extra, &extra) != PAL_OK)
			return pal_fail(d, PAL_EFORM, text.len - rest->len, "the extra data is empty or not base64");
		if (!next_line(rest, &line))
			return pal_fail(d, PAL_ETRUNC, text.len, "the proof ends before its index");
	}
	if (!pal_view_starts(line, WORD_INDEX) ||
	    !pal_view_u64(pal_view_sub(line, sizeof(WORD_INDEX) - 1, SIZE_MAX), &p->index))
		return pal_fail(d, PAL_EFORM, text.len - rest->len, "expected \"index \" and a decimal number");
	return PAL_OK;
}

enum pal_err
pal_tlog_proof_parse(struct pal_view text, struct pal_tlog_proof *ret_proof, struct pal_diag *d)
{
	struct pal_tlog_proof p = { 0 };
	struct pal_view       rest = text, line = { 0 };

	if (text.len > PAL_NOTE_MOST)
		return pal_fail(d, PAL_ELIMIT, PAL_NOTE_MOST, "a proof of %zu bytes, at most %zu are read", text.len,
				PAL_NOTE_MOST);
	PAL_TRY(parse_head(text, &rest, &p, d));
	while (next_line(&rest, &line)) {
		if (line.len == 0) {
			p.checkpoint = rest;
			*ret_proof = p;
			return PAL_OK;
		}
		if (p.proof.count == PAL_PROOF_MOST)
			return pal_fail(d, PAL_ELIMIT, text.len - rest.len, "more than %d hashes in the proof",
					PAL_PROOF_MOST);
		if (!pal_hash_parse(line, &p.proof.hashes[p.proof.count]))
			return pal_fail(d, PAL_EFORM, text.len - rest.len,
					"hash %zu of the proof is not 32 bytes of base64", p.proof.count + 1);
		p.proof.count++;
	}
	return pal_fail(d, PAL_ETRUNC, text.len, "the proof ends before its checkpoint");
}

void
pal_tlog_proof_add(struct pal_buf *b, uint64_t index, const struct pal_proof *proof, struct pal_view checkpoint)
{
	pal_buf_printf(b, FIRST_LINE "\n" WORD_INDEX "%llu\n", (unsigned long long)index);
	for (size_t i = 0; i < proof->count; i++) {
		pal_hash_add(b, &proof->hashes[i]);
		pal_buf_add_byte(b, '\n');
	}
	pal_buf_add_byte(b, '\n');
	pal_buf_add(b, checkpoint);
}

enum pal_err
pal_tlog_proof_check(const struct pal_tlog_proof *proof, const struct pal_vkey *vkey, struct pal_view entry,
		     struct pal_tree_head *ret_head, struct pal_diag *d)
{
	struct pal_checkpoint c = { 0 };
	const struct pal_hash leaf = pal_tree_leaf(entry);

	PAL_TRY(pal_checkpoint_open(proof->checkpoint, vkey, &c, d));
	if (pal_proof_check_inclusion(proof->index, &leaf, &proof->proof, &c.head, NULL) != PAL_OK)
		return pal_fail(
		    d, PAL_EVERIFY, 0,
		    "entry and proof do not lead to the root that \"%s\" signed: this is not entry %llu of that log",
		    vkey->name, (unsigned long long)proof->index);
	if (ret_head != NULL)
		*ret_head = c.head;
	return PAL_OK;
}
