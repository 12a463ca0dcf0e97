/* test_templates.c - templates that attack, templates that chat. */
#include "detecting.h"
#include "mutate.h"

static struct pal_detect *rules;

static const struct {
	const char *text, *id; /* NULL: nothing */
} cases[] = {
	{ "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] }}{% endfor %}", NULL },
	{ "{% set system = messages[0]['content'] %}{{ system }}{% if m['role'] == 'system' %}x{% endif %}", NULL },
	{ "{{ raise_exception('roles must alternate') }}{%- set ns = namespace(found=false) -%}", NULL },
	{ "{{ strftime_now('%d %b %Y') }}{{ tools | tojson(indent=4) }}{{ 'def __init__ is a method' }}", NULL },
	{ "plain text about __class__ and os.popen", NULL },
	{ "outside {{ x }} __class__ os.popen", NULL },
	{ "{# __class__ in a comment of another kind #}", NULL },
	{ "{{ ''.__class__.__mro__[1].__subclasses__() }}", "TEMPLATE-SSTI" },
	{ "{{ self.__init__.__globals__.__builtins__.__import__('os').popen('id').read() }}", "TEMPLATE-SSTI" },
	{ "{{ cycler.__init__.__globals__.os.popen('id') }}", "TEMPLATE-SSTI" },
	{ "{{ x['__cla' ~ 'ss__'] }}", "TEMPLATE-SSTI" },
	{ "{{ x['__cla' + 'ss__'] }}", "TEMPLATE-SSTI" },
	{ "{{ x['__cla' 'ss__'] }}", "TEMPLATE-SSTI" },
	{ "{{ x['\\x5f\\x5fclass\\x5f\\x5f'] }}", "TEMPLATE-SSTI" },
	{ "{{ x['\\u005f\\u005fclass\\137\\137'] }}", "TEMPLATE-SSTI" },
	{ "{{ x|attr('\\x5f_class__') }}", "TEMPLATE-SSTI" },
	{ "{{ lipsum | string }}", "TEMPLATE-SSTI" },
	{ "{%- import 'x' as y -%}", "TEMPLATE-SUSPICIOUS" },
	{ "{% include '/etc/passwd' %}", "TEMPLATE-SUSPICIOUS" },
	{ "{{ x|attr(name) }}", "TEMPLATE-SUSPICIOUS" },
	{ "{% for i in range(1000000000) %}x{% endfor %}", "TEMPLATE-SUSPICIOUS" },
	{ "{{ '", NULL },
	{ "{{ '\\", NULL },
	{ "{%", NULL },
};

static void
try_one(const char *text, const char *id)
{
	struct detecting t;

	detecting_start(&t, rules, &pal_detector_templates);
	detecting_feed(&t, (struct pal_content){ .kind = PAL_CONTENT_META,
						 .name = pal_view_of("tokenizer.chat_template"),
						 .text = pal_view_of(text) });
	detecting_finish(&t);
	if (!CHECK_SAY(id == NULL ? t.found.list.count == 0
				  : detecting_found(&t, id, "tokenizer.chat_template") != NULL,
		       text))
		for (size_t i = 0; i < t.found.list.count; i++)
			printf("  %s\n", ((struct pal_finding *)pal_list_at(&t.found.list, i))->text);
	detecting_done(&t);
}

static void
tables(void)
{
	struct detecting t;
	struct pal_view  names[] = { pal_view_of("model_max_length"), pal_view_of("chat_template") };
	struct pal_view  cells[] = { pal_view_of("{{ ''.__class__ }}"), pal_view_of("{{ ''.__class__ }}") };

	detecting_start(&t, rules, &pal_detector_templates);
	detecting_feed(&t, (struct pal_content){ .kind = PAL_CONTENT_COLUMNS, .cells = names, .cell_count = 2 });
	detecting_feed(&t, (struct pal_content){ .kind = PAL_CONTENT_ROW, .cells = cells, .cell_count = 2 });
	detecting_feed(
	    &t, (struct pal_content){ .kind = PAL_CONTENT_TEXT, .text = cells[0], .place = { .path = "README.md" } });
	CHECK(detecting_found(&t, "TEMPLATE-SSTI", "chat_template") != NULL && t.found.list.count == 1);
	detecting_feed(
	    &t, (struct pal_content){ .kind = PAL_CONTENT_TEXT, .text = cells[0], .place = { .path = "t.jinja" } });
	detecting_feed(&t, (struct pal_content){ .kind = PAL_CONTENT_TEXT,
						 .text = cells[0],
						 .place = { .path = "c.json", .field = "chat_template[0].template" } });
	CHECK(t.found.list.count == 3);
	detecting_done(&t);
}

static void
damaged(struct pal_view v, void *arg)
{
	struct detecting t;

	(void)arg;
	detecting_start(&t, rules, &pal_detector_templates);
	detecting_feed(&t, (struct pal_content){ .kind = PAL_CONTENT_META, .text = v });
	detecting_done(&t);
}

int
main(void)
{
	rules = detecting_rules();
	if (rules == NULL)
		return check_done();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		try_one(cases[i].text, cases[i].id);
	pal_mutate_all(pal_view_of("{{ x['\\x5f_cla' ~ \"ss__\"]|attr('y') }}{%- import 'z' %}"), damaged, NULL);
	tables();
	pal_detect_free(&rules);
	return check_done();
}
