/* test_ops.c - the table of operations: which row speaks, what is wrong with one; and the findings that come of it. */
#include "detecting.h"

extern const struct pal_detector pal_detector_ops;

static struct pal_detect *rules;

static const char table[] = "# comment\n"
			    "x\tmine\tRun*\tdeny\thigh\tOP-CODE\truns\n"
			    "x\t*\tRunner Jumper\tdeny\tcritical\tOP-CODE\truns anywhere\n"
			    "x\tmine\t*\tallow\t-\t-\tours\n"
			    "x\tmine.*\t*\tallow\t-\t-\tours below\n"
			    "x\t-\tPlain\tsuspicious\tmedium\tOP-NETWORK\ttalks\n"
			    "x\t*\t*\tsuspicious\tlow\tOP-CUSTOM\tunknown\n";

static const struct {
	const char *loader, *domain, *op, *does; /* NULL: no row */
} judged[] = {
	{ "x", "mine", "RunIt", "runs" },
	{ "x", "mine", "Run", "runs" },
	{ "x", "mine", "Runner", "runs anywhere" },
	{ "x", "", "Jumper", "runs anywhere" },
	{ "x", "mine", "Conv", "ours" },
	{ "x", "mine.sub", "Conv", "ours below" },
	{ "x", "mine2", "Conv", "unknown" },
	{ "x", "", "Plain", "talks" },
	{ "x", "other", "Plain", "unknown" },
	{ "x", "", "", "unknown" },
	{ "y", "mine", "Runner", NULL },
};

static const struct {
	const char *text, *says;
} bads[] = {
	{ "x\tmine\tRun\n", "t.tsv:1: expected loader, domain" },
	{ "\n\tmine\tRun\tdeny\thigh\tOP-CODE\truns\n", "t.tsv:2: expected loader, domain" },
	{ "x\tmine\tRun\tforbid\thigh\tOP-CODE\truns\n", "verdict is \"forbid\", expected allow" },
	{ "x\tmine\tRun\tdeny\tbad\tOP-CODE\truns\n", "severity is \"bad\"" },
	{ "x\tmine\tRun\tdeny\thigh\tOP-X\truns\n", "rule is \"OP-X\"" },
	{ "x\tmine\tRun\tdeny\thigh\tOP-CODE\t\xff\n", "UTF-8" },
};

static void
tables(void)
{
	PAL_AUTO_ARENA      a;
	struct pal_op_table t;
	struct pal_diag     d = { .text = "" };

	pal_arena_init(&a, (size_t)1 << 20);
	t = pal_op_table_of(&a);
	CHECK_SAY(pal_op_table_parse(&t, pal_view_of(table), "t.tsv", &d) == PAL_OK, d.text);
	for (size_t i = 0; i < sizeof(judged) / sizeof(judged[0]); i++) {
		const struct pal_op_row *row = pal_op_table_judge(
		    &t, pal_view_of(judged[i].loader), pal_view_of(judged[i].domain), pal_view_of(judged[i].op));

		if (!CHECK(judged[i].does == NULL ? row == NULL
						  : row != NULL && strcmp(row->does, judged[i].does) == 0))
			printf("  %s %s: %s\n", judged[i].domain, judged[i].op, row == NULL ? "no row" : row->does);
	}
	CHECK(pal_op_table_parse(&t, pal_view_of("x\t*\tRunner\tallow\t-\t-\treviewed\n"), "u.tsv", &d) == PAL_OK);
	CHECK(pal_op_table_judge(&t, pal_view_of("x"), pal_view_of("mine"), pal_view_of("Runner"))->allow);
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		CHECK(pal_op_table_parse(&t, pal_view_of(bads[i].text), "t.tsv", &d) == PAL_ECONFIG);
		CHECK_SAY(strstr(d.text, bads[i].says) != NULL, d.text);
	}
}

static struct pal_content
op(const char *domain, const char *name, const char *node, const char *arguments)
{
	return (struct pal_content){ .kind = PAL_CONTENT_OP,
				     .loader = "onnx",
				     .module = pal_view_of(domain),
				     .name = pal_view_of(name),
				     .text = pal_view_of(arguments),
				     .place = { .path = "m.onnx", .offset = 7, .field = node } };
}

static void
findings(void)
{
	struct detecting          t;
	const struct pal_finding *f;

	detecting_start(&t, rules, &pal_detector_ops);
	detecting_feed(&t, op("ai.onnx", "Conv", "c1", ""));
	detecting_feed(&t, op("com.microsoft", "FusedConv", "c2", ""));
	detecting_feed(&t, op("com.microsoft", "PyOp", "run\nme", "module=os"));
	detecting_feed(&t, op("com.microsoft", "PyOp", "again", ""));
	detecting_feed(&t, op("ai.onnx.contrib", "PyOp", "", ""));
	detecting_feed(&t, op("mycompany", "Fancy", "n", ""));
	detecting_feed(&t, op("mycompany", "Fancy", "n", ""));
	detecting_feed(&t, op("mycompany", "Fancy", "n", ""));
	detecting_finish(&t);
	f = detecting_found(&t, "OP-CODE", "com.microsoft:PyOp");
	CHECK(f != NULL && f->severity == PAL_CRITICAL && f->count == 2 && f->place.offset == 7);
	CHECK(f != NULL && strstr(f->text, "com.microsoft:PyOp (node run?me) with module=os: runs Python") != NULL);
	CHECK(f != NULL && f->rule->cwe != NULL && strcmp(f->rule->cwe, "CWE-94") == 0);
	CHECK(detecting_found(&t, "OP-CODE", "ai.onnx.contrib:PyOp") != NULL);
	f = detecting_found(&t, "OP-CUSTOM", "mycompany:Fancy");
	CHECK(f != NULL && f->severity == PAL_LOW && f->count == 3 && f->confidence == PAL_CONFIDENCE_MEDIUM);
	CHECK(t.found.list.count == 3);
	detecting_done(&t);
}

/* A graph that makes up names without end is bounded, and what is left out is said. */
static void
many(void)
{
	struct detecting          t;
	const struct pal_finding *f;

	detecting_start(&t, rules, &pal_detector_ops);
	for (unsigned int i = 0; i < 20050; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "n%u", i);
		detecting_feed(&t, op("ai.onnx", name, NULL, ""));
	}
	detecting_feed(&t, op("ai.onnx", "n7", NULL, ""));
	detecting_finish(&t);
	f = detecting_found(&t, "OP-CUSTOM", "(more)");
	CHECK(f != NULL && f->count == 50 && f->severity == PAL_HIGH);
	detecting_done(&t);
}

int
main(void)
{
	tables();
	rules = detecting_rules();
	if (rules == NULL)
		return check_done();
	findings();
	many();
	pal_detect_free(&rules);
	return check_done();
}
