/* test_xml.c - what a reader would fetch, expand, include or run; usual documents give nothing but their text. */
#include "collect.h"

extern const struct pal_format pal_format_xml;

static const struct collect_case cases[] = {
	{ "good/tree.pmml", "TEXT @0 r1 <?xml version" },
	{ "good/net.xml", "OP @0 r3 opset1:Parameter in\nOP @0 r4 opset1:ReLU relu" },
	{ "good/picture.svg", "TEXT" },
	{ "good/wide.xml", "<a b=\"c\">d</a>" },
	{ "good/entity.xml", "nobody" },
	{ "bad/entity.xml", "XML-ENTITY\nthe entity x\nfile:///etc/passwd" },
	{ "bad/parameter.xml", "XML-ENTITY\nthe entity p\nhttp://example.org/p.dtd" },
	{ "bad/laughs.xml", "XML-EXPANSION\nthe entity l7 expands to more than 10 MB" },
	{ "bad/include.xml", "XML-INCLUDE\nREFERENCE @0 r1 XInclude ../../secret.txt" },
	{ "bad/script.pmml", "XML-SCRIPT\na script of 28 bytes\nSOURCE @0 r1 script java.lang.Runtime.exec(\"id\")" },
	{ "bad/library.xml",
	  "OP @0 r1 extension:Special x\nXML-LIBRARY\nREFERENCE @0 r1 library /opt/x/libspecial.so" },
	{ "bad/broken.xml", "XML-SCRIPT\nSOURCE @0 r4 script kept\nXML-BROKEN\nline 3" },
	{ "bad/doctype.xml", "XML-DOCTYPE\n../a.dtd" },
	{ "bad/chapter.xml", "XML-ENTITY-LOCAL\nchapter1.xml" },
	{ "bad/utf7.xml", "XML-ENCODING\nUTF-7" },
	{ "bad/eucjp.xml", "TEXT-ENCODING" },
};

static void
test_quiet(void)
{
	static const char *const good[] = { "tree.pmml", "net.xml", "picture.svg", "wide.xml", "entity.xml" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char           path[512];
		PAL_AUTO_BUF   b = pal_buf_of(0);
		struct collect c;

		(void)snprintf(path, sizeof(path), SOURCE_DIR "/tests/corpus/xml/good/%s", good[i]);
		CHECK(pal_file_read(path, 1 << 20, &b, NULL) == PAL_OK);
		c = collect(&pal_format_xml, pal_buf_view(&b));
		CHECK_SAY(c.counts[PAL_CONTENT_ANOMALY] == 0 && c.counts[PAL_CONTENT_REFERENCE] == 0, good[i]);
		collect_done(&c);
	}
}

int
main(void)
{
	check_cases(&pal_format_xml, cases, sizeof(cases) / sizeof(cases[0]));
	test_quiet();
	CHECK(PROBE(pal_format_xml, "<?xml version='1.0'?>", "") == 90 && PROBE(pal_format_xml, "<PMML>", "") == 85);
	CHECK(PROBE(pal_format_xml, "<!DOCTYPE html><html>", "") == 0 && PROBE(pal_format_xml, "<html>", "") == 0);
	CHECK(PROBE(pal_format_xml, "a < b", "a.xml") == 0 && PROBE(pal_format_xml, "<?xmlx", "") == 0);
	check_corpus(&pal_format_xml, 700);
	return check_done();
}
