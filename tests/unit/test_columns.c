/* test_columns.c - evidence from columns: headers, shares, chance, values inside longer cells. */
#include "detecting.h"

static struct pal_detect *rules;
static uint64_t           seed = 1;

static uint32_t
any(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static void
columns(struct detecting *t, const char *const *names, size_t n)
{
	struct pal_view cells[8];

	for (size_t i = 0; i < n; i++)
		cells[i] = pal_view_of(names[i]);
	detecting_feed(t, (struct pal_content){ .kind = PAL_CONTENT_COLUMNS, .cells = cells, .cell_count = n });
}

static void
row(struct detecting *t, uint64_t number, const char *const *values, size_t n)
{
	struct pal_view cells[8];

	for (size_t i = 0; i < n; i++)
		cells[i] = pal_view_of(values[i]);
	detecting_feed(t, (struct pal_content){ .kind = PAL_CONTENT_ROW,
						.cells = cells,
						.cell_count = n,
						.place = { .path = "t.csv", .row = number, .offset = number * 40 } });
}

/* 16 digits: of a card that passes, or of any number. */
static const char *
sixteen(char room[20], bool card)
{
	unsigned int sum = 0;

	room[0] = '4';
	for (size_t i = 1; i < 16; i++)
		room[i] = (char)('0' + any(10));
	room[16] = '\0';
	for (size_t i = 0; card && i < 15; i++) {
		unsigned int d = (unsigned int)(room[i] - '0') * (i % 2 == 0 ? 2 : 1);

		sum += d > 9 ? d - 9 : d;
	}
	if (card)
		room[15] = (char)('0' + (10 - sum % 10) % 10);
	return room;
}

static void
table(const char *header, bool card, size_t rows, struct detecting *t)
{
	const char *names[] = { "id", header };

	detecting_start(t, rules, &pal_detector_columns);
	columns(t, names, 2);
	for (size_t i = 1; i <= rows; i++) {
		char        a[20], b[20];
		const char *values[] = { a, sixteen(b, card) };

		(void)snprintf(a, sizeof(a), "%zu", i);
		row(t, i, values, 2);
	}
	detecting_finish(t);
}

static void
cards(void)
{
	struct detecting          t;
	const struct pal_finding *f;

	table("card number", true, 200, &t);
	f = detecting_found(&t, "FIN-CARD", "card number");
	CHECK(f != NULL && f->count == 200 && f->confidence == PAL_CONFIDENCE_HIGH && f->place.row == 1);
	CHECK(f != NULL && strstr(f->text, "200 of 200") != NULL && strstr(f->text, "4...") != NULL);
	detecting_done(&t);
	table("x7", true, 200, &t);
	f = detecting_found(&t, "FIN-CARD", "x7");
	CHECK(f != NULL && f->confidence == PAL_CONFIDENCE_MEDIUM);
	detecting_done(&t);
	/* One in ten of these passes Luhn and starts with 4: chance, and not a word about it. */
	for (size_t k = 0; k < 20; k++) {
		table("x7", false, 500, &t);
		CHECK(detecting_found(&t, "FIN-CARD", NULL) == NULL);
		detecting_done(&t);
	}
}

/* Nine random digits below a header that says nothing are no SSN, ABA, SIN, BSN or TFN. */
static void
numbers(void)
{
	for (size_t k = 0; k < 20; k++) {
		struct detecting t;
		const char      *names[] = { "n" };

		detecting_start(&t, rules, &pal_detector_columns);
		columns(&t, names, 1);
		for (size_t i = 1; i <= 400; i++) {
			char        a[20];
			const char *values[] = { a };

			(void)snprintf(a, sizeof(a), "%u%08u", 1 + any(9), any(100000000));
			row(&t, i, values, 1);
		}
		detecting_finish(&t);
		CHECK(t.found.list.count == 0);
		detecting_done(&t);
	}
}

static void
mixed(void)
{
	static const char *const names[] = { "first_name", "note", "mean radius", "api" };
	static const char *const rows[][4] = {
		{ "Anna", "call her at anna@mail.example.org please", "17.99", "AKIAQ3ZR52LMXV7ZPTBW" },
		{ "Bertil", "", "20.57", "" },
		{ "Chlo\xc3\xa9", "paid with 4111 1111 1111 1111 today", "19.69", "none" },
		{ "", "n/a", "11.42" },
	};
	struct detecting t;

	detecting_start(&t, rules, &pal_detector_columns);
	columns(&t, names, 4);
	for (size_t i = 0; i < 4; i++)
		row(&t, i + 1, rows[i], i == 3 ? 3 : 4);
	detecting_finish(&t);
	CHECK(detecting_found(&t, "PII-PERSON-NAME", "first_name") != NULL);
	CHECK(detecting_found(&t, "PII-PERSON-NAME", "first_name")->confidence == PAL_CONFIDENCE_LOW);
	CHECK(detecting_found(&t, "PII-EMAIL", "note") != NULL);
	CHECK(detecting_found(&t, "FIN-CARD", "note") != NULL);
	CHECK(detecting_found(&t, "FIN-CARD", "note")->place.row == 3);
	CHECK(detecting_found(&t, "SECRET-AWS-KEY-ID", "api") != NULL);
	CHECK(t.found.list.count == 4);
	detecting_done(&t);
}

/* Rows without a header, headers that come twice, more columns than are judged. */
static void
shapes(void)
{
	struct detecting       t;
	const char            *names[] = { "email", "phone" }, *more[] = { "phone", "email", "x" };
	const char            *values[] = { "anna@mail.example.org", "+44 20 7946 0958" };
	const char            *swapped[] = { "+44 20 7946 0959", "bert@mail.example.org", "1" };
	static struct pal_view many[5000];

	detecting_start(&t, rules, &pal_detector_columns);
	columns(&t, names, 2);
	row(&t, 1, values, 2);
	columns(&t, more, 3);
	row(&t, 2, swapped, 3);
	detecting_finish(&t);
	CHECK(detecting_found(&t, "PII-EMAIL", "email") != NULL &&
	      detecting_found(&t, "PII-EMAIL", "email")->count == 2);
	CHECK(detecting_found(&t, "PII-EMAIL", "phone") == NULL);
	detecting_done(&t);

	detecting_start(&t, rules, &pal_detector_columns);
	row(&t, 1, values, 2);
	for (size_t i = 0; i < 5000; i++)
		many[i] = pal_view_of(i == 4900 ? "bert@mail.example.org" : "7");
	detecting_feed(&t, (struct pal_content){ .kind = PAL_CONTENT_ROW, .cells = many, .cell_count = 5000 });
	detecting_finish(&t);
	CHECK(detecting_found(&t, "PII-EMAIL", "column 1") != NULL);
	CHECK(detecting_found(&t, "PII-EMAIL", "further columns") != NULL);
	detecting_done(&t);
}

int
main(void)
{
	rules = detecting_rules();
	if (rules != NULL) {
		cards();
		numbers();
		mixed();
		shapes();
	}
	pal_detect_free(&rules);
	return check_done();
}
