/* tree.c - SHA-256 with the two prefixes that keep leaves and nodes apart (RFC 9162 section 2.1.1). */
#define OPENSSL_SUPPRESS_DEPRECATED    /* the plain context: no allocation, so nothing can fail, and twice as fast on \
					  nodes */
#include "palisade/tree.h"

#include <openssl/sha.h>
#include <string.h>

#include "palisade/hex.h"
#include "palisade/mem.h"

#define PREFIX_LEAF 0x00
#define PREFIX_NODE 0x01

struct pal_hash
pal_hash_of(struct pal_view bytes)
{
	struct pal_hash h = { 0 };
	SHA256_CTX      c;

	(void)SHA256_Init(&c);
	(void)SHA256_Update(&c, bytes.data, bytes.len);
	(void)SHA256_Final(h.bytes, &c);
	return h;
}

struct pal_hash
pal_tree_leaf(struct pal_view entry)
{
	const uint8_t   prefix = PREFIX_LEAF;
	struct pal_hash h = { 0 };
	SHA256_CTX      c;

	(void)SHA256_Init(&c);
	(void)SHA256_Update(&c, &prefix, 1);
	(void)SHA256_Update(&c, entry.data, entry.len);
	(void)SHA256_Final(h.bytes, &c);
	return h;
}

struct pal_hash
pal_tree_node(const struct pal_hash *left, const struct pal_hash *right)
{
	uint8_t text[1 + 2 * PAL_HASH] = { PREFIX_NODE };

	pal_mem_copy(text + 1, PAL_HASH, left->bytes, PAL_HASH);
	pal_mem_copy(text + 1 + PAL_HASH, PAL_HASH, right->bytes, PAL_HASH);
	return pal_hash_of((struct pal_view){ text, sizeof(text) });
}

struct pal_hash
pal_tree_empty(void)
{
	return pal_hash_of((struct pal_view){ 0 });
}

struct pal_hash
pal_tree_root(const struct pal_hash *leaves, size_t count)
{
	struct pal_frontier f = { 0 };

	for (size_t i = 0; i < count; i++)
		pal_frontier_add(&f, &leaves[i]);
	return pal_frontier_root(&f);
}

bool
pal_hash_eq(const struct pal_hash *a, const struct pal_hash *b)
{
	return memcmp(a->bytes, b->bytes, PAL_HASH) == 0;
}

void
pal_hash_add(struct pal_buf *b, const struct pal_hash *h)
{
	pal_base64_add(b, (struct pal_view){ h->bytes, PAL_HASH });
}

bool
pal_hash_parse(struct pal_view text, struct pal_hash *ret_hash)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	if (text.len != 44 || pal_base64_decode_padded(text, &b) != PAL_OK || b.len != PAL_HASH)
		return false;
	pal_mem_copy(ret_hash->bytes, PAL_HASH, b.data, b.len);
	return true;
}

void
pal_frontier_add(struct pal_frontier *f, const struct pal_hash *leaf)
{
	size_t          count = (size_t)__builtin_popcountll(f->size);
	struct pal_hash h = *leaf;

	/* Each one bit at the end of the size is a full subtree that the new leaf completes to the next larger one. */
	for (uint64_t n = f->size; (n & 1) != 0; n >>= 1)
		h = pal_tree_node(&f->nodes[--count], &h);
	f->nodes[count] = h;
	f->size++;
}

struct pal_hash
pal_frontier_root(const struct pal_frontier *f)
{
	size_t          count = (size_t)__builtin_popcountll(f->size);
	struct pal_hash root = { 0 };

	if (count == 0)
		return pal_tree_empty();
	root = f->nodes[--count];
	while (count > 0)
		root = pal_tree_node(&f->nodes[--count], &root);
	return root;
}
