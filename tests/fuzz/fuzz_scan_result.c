/* fuzz_scan_result.c - a worker that has been taken over says anything; what is accepted must encode and decode alike.
 */
#include "palisade/detector.h"
#include "palisade/scan_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pal_arena      kept;
	static struct pal_detect    *detect;
	static struct pal_scan_rules rules;
	PAL_AUTO_ARENA               a;
	PAL_AUTO_BUF                 first = pal_buf_of(0);
	PAL_AUTO_BUF                 second = pal_buf_of(0);
	struct pal_scan_file         f = { 0 };
	struct pal_diag              d = { 0 };

	pal_arena_init(&a, (size_t)64 << 20);
	if (detect == NULL && rules.version == NULL) {
		pal_arena_init(&kept, (size_t)64 << 20);
		PAL_ASSERT(pal_detect_load(NULL, &detect, &d) == PAL_OK);
		PAL_ASSERT(pal_scan_rules_of(detect, &kept, &rules, &d) == PAL_OK);
	}
	if (pal_scan_result_decode((struct pal_view){ data, size }, "x", &rules, &a, &f, &d) != PAL_OK)
		return 0;
	PAL_ASSERT(pal_scan_result_encode(&f, &first) == PAL_OK);
	PAL_ASSERT(pal_scan_result_decode(pal_buf_view(&first), "x", &rules, &a, &f, &d) == PAL_OK);
	PAL_ASSERT(pal_scan_result_encode(&f, &second) == PAL_OK);
	PAL_ASSERT(pal_view_eq(pal_buf_view(&first), pal_buf_view(&second)));
	return 0;
}
