/* naming.c - Vectorscan, because an expression of a user must not be able to take exponential time. */
#include "naming.h"

#include <hs/hs.h>
#include <string.h>

static void
free_database(hs_database_t **db)
{
	(void)hs_free_database(*db); /* NULL allowed */
}

static void
free_scratch(hs_scratch_t **s)
{
	(void)hs_free_scratch(*s); /* NULL allowed */
}

static void
free_error(hs_compile_error_t **e)
{
	(void)hs_free_compile_error(*e); /* NULL allowed */
}

/* Repetition counts can make the smallest pattern huge; names need none above 99. */
static bool
counts_are_small(const char *pattern)
{
	unsigned int digits = 0, groups = 0;
	bool         inside = false;

	for (const char *c = pattern; *c != '\0'; c++) {
		if (*c == '{') {
			inside = true;
			digits = 0;
			groups++;
		} else if (*c == '}' || *c == ',') {
			inside = inside && *c == ',';
			digits = 0;
		} else if (inside && pal_is_digit((uint8_t)*c) && ++digits > 2) {
			return false;
		}
	}
	return groups <= 4;
}

const char *
naming_fault(const char *pattern, struct pal_arena *a)
{
	__attribute__((cleanup(free_database))) hs_database_t   *db = NULL;
	__attribute__((cleanup(free_error))) hs_compile_error_t *e = NULL;
	const char                                              *text = NULL;

	if (pattern[0] == '\0' || strlen(pattern) > NAMING_LONGEST)
		return "expected 1 to 128 characters";
	if (!counts_are_small(pattern))
		return "expected at most four repetitions {a,b}, none above 99";
	/* Alone first, so that no parenthesis can close the ones that naming_fits() puts around it. */
	if (hs_compile(pattern, HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY, HS_MODE_BLOCK, NULL, &db, &e) == HS_SUCCESS)
		return NULL;
	text = pal_arena_printf(a, "this is no regular expression: %s",
				e != NULL && e->message != NULL ? e->message : "cannot be compiled");
	return text != NULL ? text : "this is no regular expression";
}

static int
on_match(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags, void *arg)
{
	bool *matched = arg;

	(void)id;
	(void)from;
	(void)to;
	(void)flags;
	*matched = true;
	return 0;
}

bool
naming_fits(const char *pattern, const char *name)
{
	__attribute__((cleanup(free_database))) hs_database_t   *db = NULL;
	__attribute__((cleanup(free_scratch))) hs_scratch_t     *scratch = NULL;
	__attribute__((cleanup(free_error))) hs_compile_error_t *e = NULL;
	PAL_AUTO_ARENA                                           a;
	const char                                              *whole = NULL;
	size_t                                                   len = strlen(name);
	bool                                                     matched = false;

	pal_arena_init(&a, (size_t)64 << 10);
	whole = pal_arena_printf(&a, "\\A(?:%s)\\z", pattern);
	if (whole == NULL || len > UINT32_MAX || naming_fault(pattern, &a) != NULL)
		return false;
	if (hs_compile(whole, HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY, HS_MODE_BLOCK, NULL, &db, &e) != HS_SUCCESS ||
	    hs_alloc_scratch(db, &scratch) != HS_SUCCESS)
		return false;
	return hs_scan(db, name, (unsigned int)len, 0, scratch, on_match, &matched) == HS_SUCCESS && matched;
}
