/* test_torch_script.c - TorchScript code and exported graphs: which operators they call, and what is no call. */
#include "collect.h"
#include "formats/torch_script.h"

struct case_of {
	const char *code, *expected; /* each operation as module:name(arguments), each path as =path */
};

static const struct case_of scripts[] = {
	{ "    torch.save(x, \"/tmp/owned\")\n", "aten:save(x, \"/tmp/owned\") " },
	{ "y = torch.from_file(\"/etc/passwd\", False, 10)",
	  "aten:from_file(\"/etc/passwd\", False, 10) =/etc/passwd " },
	{ "y = ops.aten.from_file('a b', None)", "aten:from_file('a b', None) =a b " },
	{ "_0 = ops.image.read_file(path)", "image:read_file(path) " },
	{ "_0 = torch.add(torch.mul(a, b), c)", "aten:add(torch.mul(a, b), c) aten:mul(a, b) " },
	{ "s = \"torch.save(x, 'y')\"\n# torch.save(x)\nt = 'it\\'s torch.save(1)'", "" },
	{ "torch = 1\nnn.torch.save(x)\nself.torch.save(y)\nx.ops.image.read_file(z)", "" },
	{ "m : __torch__.torch.classes.tensorrt.Engine", "classes.tensorrt:Engine() " },
	{ "a : __torch__.torch.nn.modules.linear.Linear\nreturn (a).forward(x, )", "" },
	{ "_1 = rpc_sync(to, name, args)", "prim:rpc_sync(to, name, args) " },
	{ "f = torch.save\nops.image.read_file", "" },
	{ "x = \"unclosed\ntorch.relu(x)", "aten:relu(x) " },
	{ "torch.cat", "" },
	{ "torch.cat(", "aten:cat() " },
};

static const struct case_of graphs[] = {
	{ "{\"nodes\":[{\"target\":\"torch.ops.aten.add.Tensor\"}]}", "aten:add(torch.ops.aten.add.Tensor) " },
	{ "{\"target\": \"torch.ops.evil.run.default\"}", "evil:run(torch.ops.evil.run.default) " },
	{ "{\"target\": \"os.system\", \"target\": \"_operator.mul\"}", "python:os.system() python:_operator.mul() " },
	{ "{\"target\": \"x\", \"target\": 5, \"target\": \"cut", "" },
};

struct heard {
	struct pal_buf out;
};

static enum pal_err
hear(void *arg, const struct pal_content *c)
{
	struct heard *h = arg;

	if (c->kind == PAL_CONTENT_OP)
		pal_buf_printf(&h->out, "%.*s:%.*s(%.*s) ", (int)c->module.len, (const char *)c->module.data,
			       (int)c->name.len, (const char *)c->name.data, (int)c->text.len,
			       c->text.len == 0 ? "" : (const char *)c->text.data);
	else if (c->kind == PAL_CONTENT_REFERENCE)
		pal_buf_printf(&h->out, "=%.*s ", (int)c->text.len, (const char *)c->text.data);
	return PAL_OK;
}

typedef enum pal_err reader(struct pal_sink *s, struct pal_input *code, uint64_t at, const char *field);

static void
read_with(reader *read, struct pal_view code, struct heard *h)
{
	struct pal_input  in = pal_input_of_view(code);
	struct pal_limits limits = pal_limits_default;
	struct pal_sink   sink = { .take = hear, .arg = h, .limits = &limits };

	CHECK(read(&sink, &in, 0, "code.py") == PAL_OK);
}

static void
damaged(struct pal_view v, void *arg)
{
	struct heard h = { .out = pal_buf_of(0) };

	read_with(*(reader **)arg, v, &h);
	pal_buf_done(&h.out);
}

static void
check_table(reader *read, const struct case_of *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct heard h = { .out = pal_buf_of(0) };

		read_with(read, pal_view_of(cases[i].code), &h);
		if (!CHECK_SAY(strcmp(pal_buf_text(&h.out), cases[i].expected) == 0, cases[i].code))
			printf("--- got %s\n", pal_buf_text(&h.out));
		pal_buf_done(&h.out);
		pal_mutate_all(pal_view_of(cases[i].code), damaged, &read);
	}
}

/* Code of many windows: each call is heard once, wherever the windows meet. */
static void
test_long(reader *read, const char *one)
{
	struct pal_buf b = pal_buf_of(0);
	struct heard   h = { .out = pal_buf_of(0) };
	size_t         n = 0;

	for (int i = 0; i < 60000; i++)
		pal_buf_add_text(&b, one);
	read_with(read, pal_buf_view(&b), &h);
	for (size_t at = 0; (at = pal_view_find(pal_buf_view(&h.out), pal_view_of(":mul("), at)) != SIZE_MAX; at++)
		n++;
	CHECK(n == 60000);
	pal_buf_done(&b);
	pal_buf_done(&h.out);
}

int
main(void)
{
	check_table(pal_torch_script, scripts, sizeof(scripts) / sizeof(scripts[0]));
	check_table(pal_torch_export, graphs, sizeof(graphs) / sizeof(graphs[0]));
	test_long(pal_torch_script, "    x = torch.mul(x, \"a\") # twice\n");
	test_long(pal_torch_export, "{\"target\": \"torch.ops.aten.mul.Tensor\", \"x\": 1},\n");
	return check_done();
}
