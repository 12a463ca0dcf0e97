/* fuzz_tlog_proof.c - proof files from anywhere, checked against a key that nobody holds. */
#include "palisade/tlog_proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pal_vkey       vkey = { .name = "example.org/demo", .id = 0x41d0a74b, .type = PAL_NOTE_ED25519 };
	struct pal_tlog_proof p = { 0 };
	struct pal_diag       d = { 0 };
	PAL_AUTO_BUF          b = pal_buf_of(0);

	if (pal_tlog_proof_parse((struct pal_view){ data, size }, &p, &d) != PAL_OK)
		return 0;
	if (pal_tlog_proof_check(&p, &vkey, pal_view_of("entry"), NULL, &d) == PAL_OK)
		__builtin_trap();
	pal_tlog_proof_add(&b, p.index, &p.proof, p.checkpoint);
	if (p.extra.len == 0 && !pal_view_eq(pal_buf_view(&b), (struct pal_view){ data, size }))
		__builtin_trap();
	return 0;
}
