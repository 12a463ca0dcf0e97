/* journal.c - one record, both ways; a record with one wrong byte is no record. */
#include "journal.h"

#include "palisade/reader.h"
#include "palisade/tree.h"

#define MAGIC "palj0001"

static void
add_u64be(struct pal_buf *b, uint64_t n)
{
	for (unsigned int shift = 64; shift > 0; shift -= 8)
		pal_buf_add_byte(b, (uint8_t)(n >> (shift - 8)));
}

void
pal_journal_add(struct pal_buf *b, const struct pal_journal_record *r)
{
	size_t          start = b->len;
	struct pal_hash sum = { 0 };

	pal_buf_add_text(b, MAGIC);
	add_u64be(b, r->first);
	add_u64be(b, r->count);
	add_u64be(b, r->checkpoint.len);
	add_u64be(b, r->entries.len);
	pal_buf_add(b, r->checkpoint);
	pal_buf_add(b, r->entries);
	sum = pal_hash_of(pal_view_sub(pal_buf_view(b), start, SIZE_MAX));
	pal_buf_add(b, (struct pal_view){ sum.bytes, sizeof(sum.bytes) });
}

bool
pal_journal_next(struct pal_view *rest, struct pal_journal_record *ret_record)
{
	struct pal_reader         r = pal_reader_of(*rest);
	struct pal_journal_record record = { 0 };
	struct pal_view           magic = pal_read_view(&r, sizeof(MAGIC) - 1), want = { 0 };
	uint64_t                  checkpoint_len = 0, entries_len = 0;
	struct pal_hash           sum = { 0 };
	size_t                    len = 0;

	record.first = pal_read_u64be(&r);
	record.count = pal_read_u64be(&r);
	checkpoint_len = pal_read_u64be(&r);
	entries_len = pal_read_u64be(&r);
	record.checkpoint = pal_read_view(&r, checkpoint_len);
	record.entries = pal_read_view(&r, entries_len);
	len = rest->len - (size_t)pal_reader_left(&r);
	want = pal_read_view(&r, sizeof(sum.bytes));
	if (pal_reader_err(&r) != PAL_OK || !pal_view_is(magic, MAGIC))
		return false;
	sum = pal_hash_of(pal_view_sub(*rest, 0, len));
	if (!pal_view_eq(want, (struct pal_view){ sum.bytes, sizeof(sum.bytes) }))
		return false;
	*rest = pal_view_sub(*rest, len + sizeof(sum.bytes), SIZE_MAX);
	*ret_record = record;
	return true;
}
