/* csv_detect.c - which delimiter a table uses, and whether its first record names the columns. */
#include "csv.h"

#include <string.h>

#define SAMPLE_RECORDS 64

static size_t
count_cells(struct pal_view record, const struct pal_csv_dialect *how)
{
	size_t n = 1;
	bool   quoted = false, in_cell = false;

	for (size_t i = 0; i < record.len; i++) {
		uint8_t c = record.data[i];

		if (quoted) {
			quoted = c != '"'; /* a doubled quote closes and opens again */
			continue;
		}
		if (c == how->delimiter)
			n++;
		if (c == '"' && (!in_cell || (i > 0 && record.data[i - 1] == '"')))
			quoted = true;
		in_cell = c != how->delimiter && !(how->blank_after && c == ' ' && !in_cell);
	}
	return n;
}

/* The most frequent number of cells among the sample's records. */
static void
judge(struct pal_view text, bool whole, struct pal_csv_dialect *how)
{
	size_t counts[SAMPLE_RECORDS] = { 0 };
	size_t best = 0;

	how->records = 0;
	while (text.len > 0 && how->records < SAMPLE_RECORDS) {
		struct pal_csv_scan scan = { 0 };
		size_t              end = text.len, next = text.len;

		if (!pal_csv_record(text, how, &scan, &end, &next) && (!whole || scan.quoted))
			break;
		if (end > 0)
			counts[how->records++] = count_cells(pal_view_sub(text, 0, end), how);
		text = pal_view_sub(text, next, text.len);
	}
	how->columns = 1;
	for (size_t i = 0; i < how->records; i++) {
		size_t same = 0;

		for (size_t j = 0; j < how->records; j++)
			same += counts[j] == counts[i];
		if (same > best || (same == best && counts[i] > how->columns)) {
			best = same;
			how->columns = counts[i];
		}
	}
	how->agreement = how->records == 0 ? 0 : (unsigned int)(best * 100 / how->records);
}

/* `a, "b"` more often than `a,"b"`. */
static bool
blanks_after(struct pal_view text, uint8_t delimiter)
{
	const uint8_t   with[] = { delimiter, ' ', '"' }, without[] = { delimiter, '"' };
	size_t          spaced = 0, tight = 0;
	struct pal_view w = { with, sizeof(with) }, o = { without, sizeof(without) };

	for (size_t at = 0; (at = pal_view_find(text, w, at)) != SIZE_MAX; at++)
		spaced++;
	for (size_t at = 0; (at = pal_view_find(text, o, at)) != SIZE_MAX; at++)
		tight++;
	return spaced > tight;
}

static bool
better(const struct pal_csv_dialect *a, const struct pal_csv_dialect *b)
{
	if ((a->columns > 1) != (b->columns > 1))
		return a->columns > 1;
	if (a->agreement != b->agreement)
		return a->agreement > b->agreement;
	return a->columns > b->columns;
}

struct pal_csv_dialect
pal_csv_detect(struct pal_view text, bool whole)
{
	static const uint8_t   delimiters[] = { ',', '\t', ';', '|' };
	struct pal_csv_dialect best = { .delimiter = ',' };
	bool cr = pal_view_find_byte(text, '\n', 0) == SIZE_MAX && pal_view_find_byte(text, '\r', 0) != SIZE_MAX &&
		  (!whole || text.data[text.len - 1] == '\r');

	for (size_t i = 0; i < sizeof(delimiters); i++) {
		struct pal_csv_dialect how = { .delimiter = delimiters[i], .eol = cr ? '\r' : '\n' };

		how.blank_after = blanks_after(text, how.delimiter);
		judge(text, whole, &how);
		if (i == 0 || better(&how, &best))
			best = how;
	}
	return best;
}

enum cell_kind { EMPTY, NUMBER, WORDS };

/* Numbers, amounts, dates and times: digits with the signs that go with them. */
static enum cell_kind
kind_of(struct pal_view cell)
{
	size_t digits = 0;

	cell = pal_view_trim(cell);
	if (cell.len == 0)
		return EMPTY;
	for (size_t i = 0; i < cell.len; i++) {
		if (pal_is_digit(cell.data[i]))
			digits++;
		else if (memchr("+-.,:/%$ eETZ", cell.data[i], 13) == NULL)
			return WORDS;
	}
	return digits * 2 >= cell.len ? NUMBER : WORDS;
}

static bool
is_name(struct pal_view cell)
{
	size_t blanks = 0;

	cell = pal_view_trim(cell);
	for (size_t i = 0; i < cell.len; i++) {
		blanks += cell.data[i] == ' ';
		if (cell.data[i] < 0x20 || memchr(",;!?\"@", cell.data[i], 6) != NULL)
			return false;
	}
	return cell.len > 0 && cell.len <= 80 && blanks <= 6;
}

/* 0,1,2 ... or 1,2,3 ...: what a data frame without names is written with. */
static bool
counts_up(const struct pal_view *cells, size_t count)
{
	uint64_t first = 0, n = 0;

	for (size_t i = 0; i < count; i++) {
		if (i == 0 && cells[0].len == 0) {
			first = 0;
			continue;
		}
		if (!pal_view_u64(cells[i], &n))
			return false;
		if (i == 0)
			first = n;
		else if (cells[0].len == 0 ? n != i - 1 : n != first + i)
			return false;
	}
	return count > 2 && first <= 1;
}

static bool
column_is_numbers(struct pal_view *const *rows, const size_t *counts, size_t row_count, size_t column)
{
	size_t numbers = 0, words = 0;

	for (size_t r = 1; r < row_count; r++) {
		if (column >= counts[r])
			continue;
		numbers += kind_of(rows[r][column]) == NUMBER;
		words += kind_of(rows[r][column]) == WORDS;
	}
	return numbers > 3 * words;
}

static bool
seen_below(struct pal_view *const *rows, const size_t *counts, size_t row_count, size_t column)
{
	for (size_t r = 1; r < row_count; r++)
		if (column < counts[r] && pal_view_eq(rows[r][column], rows[0][column]))
			return true;
	return false;
}

bool
pal_csv_header(struct pal_view *const *rows, const size_t *counts, size_t row_count)
{
	bool numbers = false;

	if (row_count < 1)
		return false;
	if (row_count > 1 && counts_up(rows[0], counts[0]))
		return true;
	for (size_t c = 0; c < counts[0]; c++) {
		if (c == 0 && counts[0] > 1 && rows[0][0].len == 0)
			continue; /* the nameless index column of a data frame */
		if (kind_of(rows[0][c]) != WORDS || !is_name(rows[0][c]) || seen_below(rows, counts, row_count, c))
			return false;
		numbers = numbers || column_is_numbers(rows, counts, row_count, c);
	}
	if (numbers || row_count == 1)
		return true;
	for (size_t c = 0; c < counts[0]; c++) /* words over words: names are short and hold no sentence */
		if (rows[0][c].len > 32 || pal_view_find_byte(rows[0][c], '.', 0) == rows[0][c].len - 1)
			return false;
	return true;
}
