/* fuzz_note.c - signed notes and verifier keys from anywhere. */
#include "palisade/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pal_view v = { data, size };
	struct pal_note note = { 0 };
	struct pal_vkey vkey = { .name = "example.org/demo", .id = 0x41d0a74b, .type = PAL_NOTE_ED25519 };
	struct pal_diag d = { 0 };

	if (pal_note_parse(v, &note, &d) == PAL_OK) {
		if (note.count == 0 || note.text.len == 0 || note.text.len + 1 + note.signatures.len != size)
			__builtin_trap();
		/* Nobody holds this key. */
		if (pal_note_verify(&note, &vkey, 1, &d) == PAL_OK)
			__builtin_trap();
	}
	if (pal_vkey_parse(v, &vkey, &d) == PAL_OK) {
		PAL_AUTO_BUF    b = pal_buf_of(0);
		struct pal_vkey again = { 0 };

		pal_vkey_add(&b, &vkey);
		if (pal_vkey_parse(pal_buf_view(&b), &again, &d) != PAL_OK || again.id != vkey.id)
			__builtin_trap();
	}
	return 0;
}
