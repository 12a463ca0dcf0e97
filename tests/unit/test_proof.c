/* test_proof.c - proofs against the recursive model, damaged proofs, and the vectors of transparency-dev/merkle. */
#include "palisade/proof.h"

#include "check.h"
#include "merkle_model.h"
#include "palisade/file.h"
#include "palisade/hex.h"
#include "palisade/mem.h"
#include "palisade/walk.h"

#define VECTORS SOURCE_DIR "/../shared/vectors/supply/merkle"

static enum pal_err
model_node(void *arg, unsigned int level, uint64_t index, struct pal_hash *ret_hash, struct pal_diag *d)
{
	const struct pal_hash *leaves = arg;

	(void)d;
	*ret_hash = model_root(leaves + (index << level), (size_t)1 << level);
	return PAL_OK;
}

/* One proof, and what must no longer pass: each hash changed, one too few, one too many, another place. */
static void
check_inclusion(struct pal_hash *leaves, size_t index, size_t size, bool thorough)
{
	struct pal_tree_head head = { .size = size, .root = model_root(leaves, size) };
	struct pal_proof     want = { 0 }, got = { 0 }, bad = { 0 };
	struct pal_hash      other = leaves[index];

	model_path(index, leaves, size, &want);
	CHECK(pal_proof_make_inclusion(index, size, model_node, leaves, &got, NULL) == PAL_OK &&
	      model_same(&want, &got));
	CHECK(pal_proof_check_inclusion(index, &leaves[index], &got, &head, NULL) == PAL_OK);
	if (!thorough)
		return;
	other.bytes[31] ^= 1;
	CHECK(pal_proof_check_inclusion(index, &other, &got, &head, NULL) == PAL_EVERIFY);
	for (size_t i = 0; i < got.count; i++) {
		bad = got;
		bad.hashes[i].bytes[i % 32] ^= 0x80;
		CHECK(pal_proof_check_inclusion(index, &leaves[index], &bad, &head, NULL) == PAL_EVERIFY);
	}
	bad = got;
	bad.count++;
	CHECK(pal_proof_check_inclusion(index, &leaves[index], &bad, &head, NULL) == PAL_EVERIFY);
	if (got.count > 0) {
		bad.count = got.count - 1;
		CHECK(pal_proof_check_inclusion(index, &leaves[index], &bad, &head, NULL) == PAL_EVERIFY);
		CHECK(pal_proof_check_inclusion(index ^ 1, &leaves[index], &got, &head, NULL) == PAL_EVERIFY);
	}
	CHECK(pal_proof_check_inclusion(size, &leaves[index], &got, &head, NULL) == PAL_EVERIFY);
}

static void
check_consistency(struct pal_hash *leaves, size_t old_size, size_t size, bool thorough)
{
	struct pal_tree_head old = { .size = old_size, .root = model_root(leaves, old_size) },
			     head = { .size = size, .root = model_root(leaves, size) };
	struct pal_proof want = { 0 }, got = { 0 }, bad = { 0 };

	model_subproof(old_size, leaves, size, true, &want);
	CHECK(pal_proof_make_consistency(old_size, size, model_node, leaves, &got, NULL) == PAL_OK &&
	      model_same(&want, &got));
	CHECK(pal_proof_check_consistency(&old, &got, &head, NULL) == PAL_OK);
	for (size_t i = 0; thorough && i < got.count; i++) {
		bad = got;
		bad.hashes[i].bytes[i % 32] ^= 1;
		CHECK(pal_proof_check_consistency(&old, &bad, &head, NULL) == PAL_EVERIFY);
		bad = got;
		bad.count = i;
		CHECK(pal_proof_check_consistency(&old, &bad, &head, NULL) == PAL_EVERIFY);
	}
	if (!thorough)
		return;
	bad = got;
	bad.count++;
	CHECK(pal_proof_check_consistency(&old, &bad, &head, NULL) == PAL_EVERIFY);
	old.root.bytes[0] ^= 1;
	CHECK(pal_proof_check_consistency(&old, &got, &head, NULL) == PAL_EVERIFY);
}

static void
test_model(void)
{
	static const size_t big[] = { 127, 128, 129, 255, 256, 257, 511, 512, 513, 599, 600 };
	struct pal_hash    *leaves = model_leaves(700);

	for (size_t size = 1; size <= 70; size++)
		for (size_t i = 0; i < size; i++) {
			check_inclusion(leaves, i, size, true);
			check_consistency(leaves, i + 1, size, true);
		}
	for (size_t b = 0; b < sizeof(big) / sizeof(big[0]); b++)
		for (size_t i = 0; i < big[b]; i += 7) {
			check_inclusion(leaves, i, big[b], false);
			check_consistency(leaves, i + 1, big[b], false);
		}
	free(leaves);
}

static void
test_range(void)
{
	struct pal_hash     *leaves = model_leaves(4);
	struct pal_proof     p = { 0 };
	struct pal_tree_head none = { .size = 0, .root = pal_tree_empty() };

	CHECK(pal_proof_make_inclusion(4, 4, model_node, leaves, &p, NULL) == PAL_EUSAGE);
	CHECK(pal_proof_make_inclusion(0, 0, model_node, leaves, &p, NULL) == PAL_EUSAGE);
	CHECK(pal_proof_make_consistency(0, 4, model_node, leaves, &p, NULL) == PAL_EUSAGE);
	CHECK(pal_proof_make_consistency(5, 4, model_node, leaves, &p, NULL) == PAL_EUSAGE);
	CHECK(pal_proof_check_consistency(&none, &p, &none, NULL) == PAL_EVERIFY);
	CHECK(pal_proof_check_inclusion(0, &leaves[0], &p, &none, NULL) == PAL_EVERIFY);
	free(leaves);
}

/* A vector is flat JSON; its numbers go past what JSON readers take, so they are cut out of the text. */
struct vector {
	struct pal_view text;
};

static struct pal_view
value_of(const struct vector *v, const char *key)
{
	char   name[32];
	size_t at = 0, end = 0;

	(void)snprintf(name, sizeof(name), "\"%s\": ", key);
	at = pal_view_find(v->text, pal_view_of(name), 0);
	if (at == SIZE_MAX)
		return (struct pal_view){ 0 };
	at += strlen(name);
	end = pal_view_find_byte(v->text, v->text.data[at] == '[' ? ']' : '\n', at);
	return pal_view_sub(v->text, at, end - at);
}

static uint64_t
number_of(const struct vector *v, const char *key)
{
	struct pal_view t = value_of(v, key);
	uint64_t        n = 0;

	if (pal_view_ends(t, ","))
		t.len--;
	CHECK_SAY(pal_view_u64(t, &n), key);
	return n;
}

/* Takes the next quoted hash off a text. */
static bool
next_hash(struct pal_view *rest, struct pal_hash *ret_hash, bool *ret_some)
{
	size_t          open = pal_view_find_byte(*rest, '"', 0);
	size_t          end = open == SIZE_MAX ? SIZE_MAX : pal_view_find_byte(*rest, '"', open + 1);
	struct pal_view text = { 0 };

	*ret_some = end != SIZE_MAX;
	if (!*ret_some)
		return true;
	text = pal_view_sub(*rest, open + 1, end - open - 1);
	*rest = pal_view_sub(*rest, end + 1, SIZE_MAX);
	return pal_hash_parse(text, ret_hash);
}

/* Some vectors compare roots that are no hashes ("don't care"): bytes with zeros after them will do as well. */
static bool
hash_of(const struct vector *v, const char *key, struct pal_hash *ret_hash)
{
	struct pal_view t = value_of(v, key);
	size_t          open = pal_view_find_byte(t, '"', 0);
	PAL_AUTO_BUF    b = pal_buf_of(0);

	t = pal_view_sub(t, open + 1, pal_view_find_byte(t, '"', open + 1) - open - 1);
	if (pal_base64_decode_padded(t, &b) != PAL_OK || b.len == 0 || b.len > PAL_HASH)
		return false;
	pal_mem_copy(ret_hash->bytes, PAL_HASH, b.data, b.len);
	return true;
}

/* False when it holds something that is no hash: such a proof is refused before it is checked. */
static bool
proof_of(const struct vector *v, struct pal_proof *ret_proof)
{
	struct pal_view t = value_of(v, "proof");
	bool            some = true;

	for (ret_proof->count = 0;; ret_proof->count++) {
		struct pal_hash h = { 0 };

		if (!next_hash(&t, &h, &some))
			return false;
		if (!some)
			return true;
		if (ret_proof->count == PAL_PROOF_MOST)
			return false;
		ret_proof->hashes[ret_proof->count] = h;
	}
}

static bool
passes(const struct vector *v, const char *kind)
{
	struct pal_proof     proof = { 0 };
	struct pal_hash      one = { 0 }, two = { 0 };
	struct pal_subtree   part = { 0 };
	struct pal_tree_head head = { 0 };
	bool                 inclusion = strstr(kind, "inclusion") != NULL, subtree = strstr(kind, "subtree") != NULL;

	if (!proof_of(v, &proof) || !hash_of(v, inclusion ? "leafHash" : "root1", &one) ||
	    !hash_of(v, inclusion ? "root" : "root2", &two))
		return false;
	head.root = two;
	if (inclusion && !subtree) {
		head.size = number_of(v, "treeSize");
		return pal_proof_check_inclusion(number_of(v, "leafIdx"), &one, &proof, &head, NULL) == PAL_OK;
	}
	if (!inclusion && !subtree) {
		struct pal_tree_head old = { .size = number_of(v, "size1"), .root = one };

		head.size = number_of(v, "size2");
		return pal_proof_check_consistency(&old, &proof, &head, NULL) == PAL_OK;
	}
	part = (struct pal_subtree){ .start = number_of(v, "start"),
				     .end = number_of(v, "end"),
				     .root = inclusion ? two : one };
	if (inclusion)
		return pal_proof_check_subtree_inclusion(number_of(v, "leafIdx"), &one, &proof, &part, NULL) == PAL_OK;
	head.size = number_of(v, "size");
	return pal_proof_check_subtree(&part, &proof, &head, NULL) == PAL_OK;
}

static void
test_vectors(void)
{
	PAL_AUTO_ARENA  a;
	struct pal_list list = { 0 };
	size_t          count = 0;

	pal_arena_init(&a, (size_t)16 << 20);
	list = pal_list_of(&a, sizeof(struct pal_entry));
	if (pal_walk(VECTORS, 10000, &list, NULL) != PAL_OK) {
		printf("skipped: ../shared/vectors is not here\n");
		return;
	}
	for (size_t i = 0; i < list.count; i++) {
		const struct pal_entry *e = pal_list_at(&list, i);
		PAL_AUTO_BUF            text = pal_buf_of(0);
		char                   *path = pal_arena_printf(&a, "%s/%s", VECTORS, e->path);
		struct vector           v = { 0 };

		CHECK(pal_file_read(path, 1 << 20, &text, NULL) == PAL_OK);
		v.text = pal_buf_view(&text);
		CHECK_SAY(passes(&v, e->path) == pal_view_starts(value_of(&v, "wantErr"), "false"), e->path);
		count++;
	}
	CHECK(count == 518);
}

int
main(void)
{
	test_model();
	test_range();
	test_vectors();
	return check_done();
}
