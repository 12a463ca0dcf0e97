/*
 * err.h - how every palisade function says that it failed.
 *
 * A function that can fail returns enum pal_err, PAL_OK being 0. It leaves its
 * outputs untouched unless it returns PAL_OK. Details for a human go to a
 * struct pal_diag that the caller owns, always the last argument, NULL allowed.
 * No function in the library logs, exits, or keeps an error in a global.
 *
 *   units    an offset is bytes from the start of the input
 *   memory   a diagnosis is the caller's, of fixed size; texts are static
 *   errors   err.def lists the kinds, each with its exit code
 *   threads  pure; a diagnosis belongs to one thread
 */
#ifndef PALISADE_ERR_H
#define PALISADE_ERR_H

#include <stdint.h>

#define PAL_NODISCARD    __attribute__((warn_unused_result))
#define PAL_PRINTF(f, a) __attribute__((format(printf, f, a)))

enum pal_err {
#define PAL_ERR(name, exit_code, http, text) PAL_##name,
#include "palisade/err.def"
#undef PAL_ERR
};

#define PAL_DIAG_TEXT 400

/* Why, and where in the input (bytes from its start). Fixed size: no failure in the failure path. */
struct pal_diag {
	enum pal_err code;
	uint64_t     offset;
	char         text[PAL_DIAG_TEXT];
};

const char *pal_err_text(enum pal_err e); /* static string, never NULL */
const char *pal_err_name(enum pal_err e); /* "EFORM": the stable name that JSON output carries, never NULL */
int         pal_err_exit(enum pal_err e); /* 0 done, 1 a check said no, 2 the work itself could not be done */

/* Fills *d (if not NULL) and returns code, so that a failure is one line: return pal_fail(d, PAL_EFORM, off, ...). */
enum pal_err pal_fail(struct pal_diag *d, enum pal_err code, uint64_t offset, const char *fmt, ...) PAL_PRINTF(4, 5);

/* Hand a failure to the caller. The only macro in palisade that returns. */
#define PAL_TRY(expr)                         \
	do {                                  \
		enum pal_err pal_e_ = (expr); \
		if (pal_e_ != PAL_OK)         \
			return pal_e_;        \
	} while (0)

/* Puts "context: " before what a lower floor said, keeping its code and offset; returns d's code. */
enum pal_err pal_fail_in(struct pal_diag *d, enum pal_err code, const char *context);

/* The analyser sees one source at a time; without this it follows every failure as if it were PAL_OK. */
#ifdef __clang_analyzer__
#define pal_fail(d, code, ...)     ((void)(pal_fail)(d, code, __VA_ARGS__), (code))
#define pal_fail_in(d, code, text) ((void)(pal_fail_in)(d, code, text), (code))
#endif

/* Our own bug, not bad input: says where and aborts. On in production; a worker that aborts is a finding. */
#define PAL_ASSERT(cond) ((cond) ? (void)0 : pal_assert_failed(#cond, __FILE__, __LINE__))
_Noreturn void pal_assert_failed(const char *cond, const char *file, int line);

#endif
