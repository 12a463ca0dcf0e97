/* test_tree.c - known answers of Certificate Transparency's reference tree, and roots against the recursive model. */
#include "palisade/tree.h"

#include "check.h"
#include "merkle_model.h"
#include "palisade/hex.h"

/* The eight leaves that the CT implementations share, in hexadecimal; the roots of the first n of them. */
static const char *const leaf_hex[] = {
	"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
};
static const char *const root_hex[] = {
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static bool
is_hex(const struct pal_hash *h, const char *want)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	pal_hex_add(&b, (struct pal_view){ h->bytes, PAL_HASH });
	return pal_view_is(pal_buf_view(&b), want);
}

static void
test_known(void)
{
	struct pal_frontier f = { 0 };
	struct pal_hash     empty = pal_tree_empty();

	CHECK(is_hex(&empty, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	for (size_t i = 0; i < 8; i++) {
		PAL_AUTO_BUF    b = pal_buf_of(0);
		struct pal_hash leaf, root;

		CHECK(pal_hex_decode(pal_view_of(leaf_hex[i]), &b) == PAL_OK);
		leaf = pal_tree_leaf(pal_buf_view(&b));
		pal_frontier_add(&f, &leaf);
		root = pal_frontier_root(&f);
		CHECK_SAY(is_hex(&root, root_hex[i]), root_hex[i]);
	}
}

static void
test_model(void)
{
	struct pal_hash    *leaves = model_leaves(1100);
	struct pal_frontier f = { 0 };

	for (size_t n = 0; n <= 1100; n++) {
		struct pal_hash want = model_root(leaves, n), grown = pal_frontier_root(&f),
				whole = pal_tree_root(leaves, n);

		CHECK(pal_hash_eq(&want, &grown) && pal_hash_eq(&want, &whole));
		if (n < 1100)
			pal_frontier_add(&f, &leaves[n]);
	}
	free(leaves);
}

static void
test_text(void)
{
	static const char *const bad[] = { "",
					   "AAAA",
					   "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
					   "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
					   "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
					   "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
					   "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFVV" };
	PAL_AUTO_BUF             b = pal_buf_of(0);
	struct pal_hash          h = pal_tree_empty(), back = { 0 };

	pal_hash_add(&b, &h);
	CHECK(pal_view_is(pal_buf_view(&b), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
	CHECK(pal_hash_parse(pal_buf_view(&b), &back) && pal_hash_eq(&h, &back));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_SAY(!pal_hash_parse(pal_view_of(bad[i]), &back), bad[i]);
}

int
main(void)
{
	test_known();
	test_model();
	test_text();
	return check_done();
}
