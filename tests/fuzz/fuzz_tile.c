/* fuzz_tile.c - entry bundles and names of tiles; both must be written the same way again. */
#include "palisade/tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pal_view    v = { data, size };
	struct pal_view    entries[PAL_TILE_WIDTH];
	struct pal_tile_id id = { 0 };
	struct pal_diag    d = { 0 };
	size_t             count = 0;
	char               path[PAL_TILE_PATH];
	PAL_AUTO_BUF       b = pal_buf_of(0);

	if (pal_bundle_split(v, entries, &count, &d) == PAL_OK) {
		for (size_t i = 0; i < count; i++)
			pal_bundle_add(&b, entries[i]);
		if (!pal_view_eq(pal_buf_view(&b), v))
			__builtin_trap();
	}
	if (pal_tile_path_parse(v, &id)) {
		pal_tile_path(&id, path);
		if (!pal_view_is(v, path))
			__builtin_trap();
	}
	return 0;
}
