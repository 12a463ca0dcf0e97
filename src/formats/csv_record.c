/* csv_record.c - records and cells (RFC 4180, and what people write); indexes stay below v.len by the loops' heads. */
#include "csv.h"

#include <string.h>

#include "palisade/mem.h"

/* Runs to the end of the quoted cell that scan->at is in. False when it is not in v. */
static bool
leave_quotes(struct pal_view v, struct pal_csv_scan *s)
{
	for (;;) {
		size_t j = pal_view_find_byte(v, '"', s->at);

		if (j == SIZE_MAX) {
			s->at = v.len;
			return false;
		}
		s->at = j;
		if (j + 1 == v.len)
			return false; /* closing, or the first half of an escape */
		if (v.data[j + 1] != '"') {
			s->quoted = false;
			s->at = j + 1;
			return true;
		}
		s->at = j + 2;
	}
}

static bool
scan_quoted_record(struct pal_view v, const struct pal_csv_dialect *how, struct pal_csv_scan *s)
{
	while (s->at < v.len) {
		uint8_t c = v.data[s->at];

		if (s->quoted) {
			if (!leave_quotes(v, s))
				return false;
			continue;
		}
		if (c == how->eol)
			return true;
		if (c == '"' && !s->in_cell) {
			s->quoted = true;
			s->quote_at = s->at;
		}
		s->in_cell = c != how->delimiter && !(how->blank_after && c == ' ' && !s->in_cell);
		s->at++;
	}
	return false;
}

bool
pal_csv_record(struct pal_view v, const struct pal_csv_dialect *how, struct pal_csv_scan *s, size_t *ret_end,
	       size_t *ret_next)
{
	if (!s->quoted && !s->in_cell && s->at == 0) {
		size_t end = pal_view_find_byte(v, how->eol, 0);

		if (end != SIZE_MAX && (end == 0 || memchr(v.data, '"', end) == NULL))
			s->at = end;
		else if (!scan_quoted_record(v, how, s))
			return false;
	} else if (!scan_quoted_record(v, how, s)) {
		return false;
	}
	*ret_next = s->at + 1;
	*ret_end = s->at > 0 && how->eol == '\n' && v.data[s->at - 1] == '\r' ? s->at - 1 : s->at;
	return true;
}

/* text[at] is an opening quote. The cell's bytes are moved together; returns where the search for a delimiter goes on.
 */
static size_t
unquote(uint8_t *text, size_t len, size_t at, struct pal_view *ret_cell)
{
	size_t out = at + 1, i = at + 1;

	while (i < len) {
		const uint8_t *q = memchr(text + i, '"', len - i);
		size_t         n = q == NULL ? len - i : (size_t)(q - (text + i));

		if (out != i)
			pal_mem_move(text + out, len - out, text + i, n);
		out += n;
		i += n;
		if (q == NULL)
			break;
		if (i + 1 < len && text[i + 1] == '"') {
			text[out++] = '"';
			i += 2;
			continue;
		}
		i++;
		break;
	}
	*ret_cell = (struct pal_view){ text + at + 1, out - at - 1 };
	return i;
}

struct pal_csv_split
pal_csv_split(uint8_t *text, size_t len, const struct pal_csv_dialect *how, bool quotes, struct pal_view *ret_cells)
{
	struct pal_csv_split r = { 0 };
	size_t               at = 0;

	for (;;) {
		struct pal_view cell = { 0 };
		size_t          end = 0, from = at;
		const uint8_t  *d = NULL;

		while (how->blank_after && from < len && text[from] == ' ')
			from++;
		if (quotes && from < len && text[from] == '"') {
			size_t after = unquote(text, len, from, &cell);

			d = after < len ? memchr(text + after, how->delimiter, len - after) : NULL;
			end = d == NULL ? len : (size_t)(d - text);
			if (end > after) { /* keep what was there: as it is written, from the quote on */
				r.stray = true;
				pal_mem_move(text + from + 1 + cell.len, end - from - 1 - cell.len, text + after,
					     end - after);
				cell.len += end - after;
			}
		} else {
			d = from < len ? memchr(text + from, how->delimiter, len - from) : NULL;
			end = d == NULL ? len : (size_t)(d - text);
			cell = (struct pal_view){ text + from, end - from };
		}
		if (r.count + 1 == PAL_CSV_COLUMNS && d != NULL) {
			r.more = true;
			cell.len = len - (size_t)(cell.data - text);
			d = NULL;
		}
		ret_cells[r.count++] = cell;
		if (d == NULL)
			return r;
		at = end + 1;
	}
}
