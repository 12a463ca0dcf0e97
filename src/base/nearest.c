/* nearest.c - edit distance (optimal string alignment), ASCII case ignored, for names in error messages. */
#include "palisade/nearest.h"

#define LONGEST 64

struct pal_nearest
pal_nearest_of(struct pal_view wrong)
{
	/* A third of the letters may be wrong; more is another word. */
	return (struct pal_nearest){ .wrong = wrong, .edits = wrong.len / 3 + 2 };
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t
distance(struct pal_view a, struct pal_view b)
{
	size_t rows[3][LONGEST + 1];

	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t       *now = rows[i % 3];
		const size_t *up = rows[(i - 1) % 3], *upper = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			uint8_t x = pal_to_lower(a.data[i - 1]), y = pal_to_lower(b.data[j - 1]);

			now[j] = least(least(up[j], now[j - 1]) + 1, up[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == pal_to_lower(b.data[j - 2]) && pal_to_lower(a.data[i - 2]) == y)
				now[j] = least(now[j], upper[j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

void
pal_nearest_try(struct pal_nearest *n, const char *candidate)
{
	struct pal_view c = pal_view_of(candidate);
	size_t          edits;

	if (n->wrong.len == 0 || n->wrong.len > LONGEST || c.len > LONGEST)
		return;
	edits = distance(n->wrong, c);
	if (edits < n->edits) {
		n->edits = edits;
		n->best = candidate;
	}
}
