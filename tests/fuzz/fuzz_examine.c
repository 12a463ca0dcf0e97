/* fuzz_examine.c - any bytes under any name, through every format, into every detector; the result must encode and come
 * back as it was. */
#include "palisade/detector.h"
#include "palisade/examine.h"
#include "palisade/scan_result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = { "a",     "a.csv", "a.jsonl", "a.txt", "a.pkl", "a.pt",
				     "a.zip", "a.npy", "a.gguf",  "a.bin", "a.png", "a.safetensors" };

/* The first byte chooses the name. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pal_arena      kept;
	static struct pal_detect    *detect;
	static struct pal_scan_rules rules;
	PAL_AUTO_ARENA               a;
	PAL_AUTO_BUF                 bytes = pal_buf_of(0);
	struct pal_limits            limits = pal_limits_default;
	struct pal_examiner          e = { .rules = &rules, .limits = &limits, .memory = (size_t)64 << 20 };
	struct pal_scan_file         f = { 0 }, back = { 0 };
	struct pal_diag              d = { 0 };
	struct pal_input             in = { .fd = -1 };

	pal_arena_init(&a, (size_t)64 << 20);
	if (rules.version == NULL) {
		pal_arena_init(&kept, (size_t)64 << 20);
		PAL_ASSERT(pal_detect_load(NULL, &detect, &d) == PAL_OK);
		PAL_ASSERT(pal_scan_rules_of(detect, &kept, &rules, &d) == PAL_OK);
	}
	if (size == 0)
		return 0;
	limits.output = (uint64_t)16 << 20;
	in = pal_input_of_view((struct pal_view){ data + 1, size - 1 });
	PAL_ASSERT(pal_examine(&e, &in, names[data[0] % (sizeof(names) / sizeof(names[0]))], &a, &f) == PAL_OK);
	pal_input_done(&in);
	PAL_ASSERT(pal_scan_result_encode(&f, &bytes) == PAL_OK);
	PAL_ASSERT(pal_scan_result_decode(pal_buf_view(&bytes), f.path, &rules, &a, &back, &d) == PAL_OK);
	PAL_ASSERT(back.finding_count == f.finding_count && back.complete == f.complete);
	return 0;
}
