/*
 * xml.c - XML documents (W3C XML 1.0, 5th edition): PMML, OpenVINO IR, plists, SVG.
 *
 * The text is given as text; libxml2's SAX parser then tells what a reader would
 * do beside reading: entities, inclusions, scripts, libraries. It is given no
 * callback that could fetch or expand anything. Audit entity(), which counts what
 * an expanding reader would make without expanding.
 */
#include <libxml/parser.h>
#include <string.h>

#include "feed.h"
#include "give.h"
#include "palisade/format.h"
#include "palisade/map.h"
#include "palisade/utf8.h"

#define CHUNK         ((size_t)64 << 10)
#define ENTITIES_MOST 100000u
#define EXPANDED_MOST ((uint64_t)10 << 20) /* what libxml2, too, takes for an attack */
#define SCRIPT_MOST   ((size_t)1 << 20)
#define XINCLUDE      "http://www.w3.org/2001/XInclude"

struct xml {
	struct pal_sink *sink;
	xmlParserCtxtPtr ctxt;
	struct pal_map   entities; /* name -> bytes that it expands to */
	struct pal_buf   script;   /* text of the script element that is open */
	unsigned int     in_script;
	bool             root_seen, openvino, expansion_said;
	char             wrong[200]; /* the parser's first complaint */
	uint64_t         wrong_line;
	enum pal_err     err; /* of the sink */
};

static const char *
chars(const xmlChar *text)
{
	return text == NULL ? "" : (const char *)text;
}

static struct pal_place
here(const struct xml *x)
{
	int line = x->ctxt == NULL ? 0 : xmlSAX2GetLineNumber(x->ctxt);

	return (struct pal_place){ .row = line < 0 ? 0 : (uint64_t)line };
}

/* The first error of the sink ends the parse. */
static void
keep(struct xml *x, enum pal_err e)
{
	if (e == PAL_OK || x->err != PAL_OK)
		return;
	x->err = e;
	xmlStopParser(x->ctxt);
}

static void PAL_PRINTF(3, 4) say(struct xml *x, const struct pal_rule *rule, const char *fmt, ...)
{
	char               text[PAL_DIAG_TEXT];
	struct pal_content c = { .kind = PAL_CONTENT_ANOMALY, .place = here(x), .rule = rule };
	va_list            ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c.text = pal_view_of(text);
	keep(x, x->err == PAL_OK ? pal_sink_take(x->sink, &c) : PAL_OK);
}

static void
refer(struct xml *x, const char *name, const char *path)
{
	struct pal_content c = { .kind = PAL_CONTENT_REFERENCE,
				 .place = here(x),
				 .loader = "xml",
				 .name = pal_view_of(name),
				 .text = pal_view_of(path) };

	keep(x, x->err == PAL_OK && path[0] != '\0' ? pal_sink_take(x->sink, &c) : PAL_OK);
}

/* ---- the document type ---- */

/* Document types that millions of files name, for nobody to fetch. */
static bool
is_usual(struct pal_view id)
{
	static const char *const usual[] = { "http://www.w3.org/", "https://www.w3.org/", "http://www.apple.com/DTDs/",
					     "https://www.apple.com/DTDs/", "http://www.oasis-open.org/docbook/" };

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (pal_view_starts(id, usual[i]))
			return true;
	return false;
}

static void
document_type(void *arg, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id)
{
	struct xml *x = arg;

	(void)name;
	(void)public_id;
	if (system_id == NULL || is_usual(pal_view_of(chars(system_id))))
		return;
	say(x, &pal_anomaly_xml_doctype, "the document type is read from \"%.100s\"", chars(system_id));
}

/* What the value expands to: itself, with each entity in it as long as that one expands to. */
static uint64_t
expanded(const struct xml *x, struct pal_view value)
{
	uint64_t n = 0;

	for (size_t i = 0; i < value.len; i++) {
		size_t end =
		    value.data[i] == '&' || value.data[i] == '%' ? pal_view_find_byte(value, ';', i) : SIZE_MAX;
		uint64_t *size =
		    end == SIZE_MAX ? NULL : pal_map_get(&x->entities, pal_view_sub(value, i + 1, end - i - 1));

		n += size == NULL ? 1 : *size;
		i = size == NULL ? i : end;
		if (n > EXPANDED_MOST)
			return n;
	}
	return n;
}

/* A chapter of a book in the same folder, as DocBook has them. */
static bool
stays(struct pal_view path)
{
	return pal_view_find_byte(path, ':', 0) == SIZE_MAX && pal_view_find(path, pal_view_of(".."), 0) == SIZE_MAX &&
	       !pal_view_starts(path, "/") && !pal_view_starts(path, "\\");
}

static void
entity(void *arg, const xmlChar *name, int type, const xmlChar *public_id, const xmlChar *system_id, xmlChar *value)
{
	struct xml *x = arg;
	void      **place = NULL;
	uint64_t   *size = NULL;

	(void)type;
	(void)public_id;
	if (system_id != NULL) {
		if (!is_usual(pal_view_of(chars(system_id))))
			say(x,
			    stays(pal_view_of(chars(system_id))) ? &pal_anomaly_xml_entity_local
								 : &pal_anomaly_xml_entity,
			    "the entity %.60s is read from \"%.100s\"", chars(name), chars(system_id));
		return;
	}
	if (x->entities.count >= ENTITIES_MOST || x->expansion_said)
		return;
	place = pal_map_put(&x->entities, pal_view_of(chars(name)));
	size = place == NULL || *place != NULL ? NULL : pal_arena_array(x->sink->arena, 1, sizeof(*size));
	if (size == NULL)
		return; /* the first declaration counts (XML 1.0, 4.2); no memory: the arena tells */
	*place = size;
	*size = expanded(x, pal_view_of(chars(value)));
	if (*size > EXPANDED_MOST) {
		x->expansion_said = true;
		say(x, &pal_anomaly_xml_expansion, "the entity %.60s expands to more than %llu MB", chars(name),
		    (unsigned long long)(EXPANDED_MOST >> 20));
	}
}

/* ---- elements ---- */

/* libxml2 hands attributes as five pointers each: local name, prefix, namespace, begin and end of the value. */
static struct pal_view
attribute(const xmlChar **attributes, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		if (strcmp(chars(attributes[5 * i]), name) == 0)
			return (struct pal_view){ attributes[5 * i + 3],
						  (size_t)(attributes[5 * i + 4] - attributes[5 * i + 3]) };
	return (struct pal_view){ 0 };
}

static const char *
copy(struct xml *x, struct pal_view v)
{
	const char *text = pal_arena_text(x->sink->arena, pal_view_sub(v, 0, 4096));

	return text == NULL ? "" : text;
}

/* A layer's type comes from an operation set ("opset8"); what comes from elsewhere needs a library. */
static void
openvino_layer(struct xml *x, const xmlChar **attributes, int count)
{
	struct pal_view    library = attribute(attributes, count, "library");
	struct pal_content c = { .kind = PAL_CONTENT_OP,
				 .place = here(x),
				 .loader = "openvino",
				 .module = attribute(attributes, count, "version"),
				 .name = attribute(attributes, count, "type"),
				 .text = attribute(attributes, count, "name") };

	keep(x, x->err == PAL_OK && c.name.len > 0 ? pal_sink_take(x->sink, &c) : PAL_OK);
	if (library.len == 0)
		return;
	say(x, &pal_anomaly_xml_library, "the layer %.60s names the library \"%.100s\"", copy(x, c.text),
	    copy(x, library));
	refer(x, "library", copy(x, library));
}

static void
begin(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *space, int spaces, const xmlChar **declared,
      int count, int defaulted, const xmlChar **attributes)
{
	struct xml *x = arg;

	(void)prefix;
	(void)spaces;
	(void)declared;
	(void)defaulted;
	if (!x->root_seen) {
		x->root_seen = true;
		x->openvino = strcmp(chars(name), "net") == 0;
	}
	if (x->openvino && strcmp(chars(name), "layer") == 0)
		openvino_layer(x, attributes, count);
	if (strcmp(chars(name), "include") == 0 && strcmp(chars(space), XINCLUDE) == 0) {
		const char *href = copy(x, attribute(attributes, count, "href"));

		say(x, &pal_anomaly_xml_include, "\"%.100s\" is included", href);
		refer(x, "XInclude", href);
	}
	if (xmlStrcasecmp(name, (const xmlChar *)"script") != 0)
		return;
	if (x->in_script++ == 0)
		pal_buf_clear(&x->script);
	refer(x, "script", copy(x, attribute(attributes, count, "src")));
}

static void
end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *space)
{
	struct xml        *x = arg;
	struct pal_content c = { .kind = PAL_CONTENT_SOURCE, .place = here(x), .name = pal_view_of("script") };

	(void)prefix;
	(void)space;
	if (x->in_script == 0 || xmlStrcasecmp(name, (const xmlChar *)"script") != 0 || --x->in_script > 0)
		return;
	say(x, &pal_anomaly_xml_script, "a script of %zu bytes", x->script.len);
	c.text = pal_buf_view(&x->script);
	keep(x, x->err == PAL_OK ? pal_sink_take(x->sink, &c) : PAL_OK);
}

static void
text(void *arg, const xmlChar *data, int len)
{
	struct xml *x = arg;

	if (x->in_script > 0 && len > 0 && x->script.len + (size_t)len <= SCRIPT_MOST)
		pal_buf_add(&x->script, (struct pal_view){ data, (size_t)len });
}

static void
complain(void *arg, xmlErrorPtr e)
{
	struct xml *x = arg;

	if (x->wrong[0] != '\0' || e == NULL || e->level < XML_ERR_FATAL || e->code == XML_ERR_UNDECLARED_ENTITY)
		return;
	(void)snprintf(x->wrong, sizeof(x->wrong), "%s", e->message == NULL ? "not well-formed" : e->message);
	x->wrong_line = e->line < 0 ? 0 : (uint64_t)e->line;
}

/* ---- the format ---- */

/* Encodings in which markup is the same bytes as in ASCII, and those that are told by their first bytes. */
static bool
is_readable(struct pal_view encoding)
{
	static const char *const known[] = { "utf-8",    "utf8",    "utf-16",   "ucs-2",     "iso-10646-ucs-2",
					     "us-ascii", "ascii",   "iso-8859", "iso8859",   "latin",
					     "windows-", "cp125",   "koi8-",    "euc-",      "gb2312",
					     "gbk",      "gb18030", "big5",     "shift_jis", "x-sjis",
					     "sjis",     "tis-620", "mac",      "x-mac",     "ibm8",
					     "cp8" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (pal_view_is_nocase(pal_view_sub(encoding, 0, strlen(known[i])), known[i]))
			return true;
	return encoding.len == 0;
}

/* The encoding that the XML declaration names, of the document's first characters. */
static struct pal_view
declared(struct pal_view head)
{
	size_t          stop = pal_view_find(head, pal_view_of("?>"), 0);
	size_t          at = stop == SIZE_MAX ? SIZE_MAX : pal_view_find(head, pal_view_of("encoding"), 0);
	struct pal_view rest =
	    at == SIZE_MAX || at > stop ? (struct pal_view){ 0 } : pal_view_sub(head, at + 8, stop - at - 8);
	size_t quote = 0, last = 0;

	while (quote < rest.len && rest.data[quote] != '"' && rest.data[quote] != '\'')
		quote++;
	last = quote < rest.len ? pal_view_find_byte(rest, rest.data[quote], quote + 1) : SIZE_MAX;
	return last == SIZE_MAX ? (struct pal_view){ 0 } : pal_view_sub(rest, quote + 1, last - quote - 1);
}

/* The parser gets UTF-8 whatever the file is in: it would open tables of the C library for other encodings. */
static enum pal_err
feed(struct xml *x, struct pal_input *in)
{
	PAL_AUTO_FEED f = { 0 };

	PAL_TRY(pal_feed_open(&f, in, 4 * CHUNK));
	PAL_TRY(pal_feed_more(&f));
	if (!is_readable(declared(pal_view_sub(pal_feed_view(&f), 0, 200))))
		say(x, &pal_anomaly_xml_encoding, "the encoding %.40s", copy(x, declared(pal_feed_view(&f))));
	while (x->err == PAL_OK && pal_feed_view(&f).len > 0) {
		struct pal_view v = pal_view_sub(pal_feed_view(&f), 0, CHUNK);

		(void)xmlParseChunk(x->ctxt, (const char *)v.data, (int)v.len, 0); /* complain() hears */
		pal_feed_skip(&f, v.len);
		if (pal_feed_view(&f).len <= CHUNK)
			PAL_TRY(pal_feed_more(&f));
	}
	if (x->err == PAL_OK)
		(void)xmlParseChunk(x->ctxt, NULL, 0, 1);
	return x->err;
}

static enum pal_err
report(struct xml *x)
{
	struct pal_view first = pal_view_trim(pal_view_of(x->wrong));

	if (x->wrong[0] == '\0')
		return PAL_OK;
	say(x, &pal_anomaly_xml_broken, "line %llu: %.*s", (unsigned long long)x->wrong_line,
	    (int)(first.len < 150 ? first.len : 150), (const char *)first.data);
	return x->err;
}

static void
xml_done(struct xml *x)
{
	if (x->ctxt != NULL && x->ctxt->myDoc != NULL)
		xmlFreeDoc(x->ctxt->myDoc); /* the parser's own list of entities */
	if (x->ctxt != NULL)
		xmlFreeParserCtxt(x->ctxt);
	x->ctxt = NULL;
	pal_buf_done(&x->script);
}

static enum pal_err
xml_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	xmlSAXHandler                                 handlers = { .initialized = XML_SAX2_MAGIC,
								   .internalSubset = document_type,
								   .entityDecl = entity,
								   .startElementNs = begin,
								   .endElementNs = end,
								   .characters = text,
								   .cdataBlock = text,
								   .serror = complain };
	__attribute__((cleanup(xml_done))) struct xml x = { .sink = sink,
							    .entities = pal_map_of(sink->arena),
							    .script = pal_buf_of(SCRIPT_MOST) };

	PAL_TRY(pal_format_named("text")->parse(in, sink, d));
	x.ctxt = xmlCreatePushParserCtxt(&handlers, &x, NULL, 0, NULL);
	if (x.ctxt == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "no memory for an XML parser");
	(void)xmlCtxtUseOptions(x.ctxt, XML_PARSE_NONET | XML_PARSE_RECOVER | XML_PARSE_IGNORE_ENC);
	PAL_TRY(feed(&x, in));
	PAL_TRY(report(&x));
	return pal_arena_err(sink->arena);
}

/* After a byte order mark and blanks stands "<?xml", or a document type or root that is not HTML's. */
static unsigned int
xml_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	static const char *const endings[] = { ".xml", ".pmml", ".plist", ".svg", NULL };
	struct pal_view          v = head;

	(void)size;
	if (pal_view_starts(v, "\xef\xbb\xbf"))
		v = pal_view_sub(v, 3, SIZE_MAX);
	v = pal_view_trim(v);
	if (pal_view_starts(v, "<?xml") && v.len > 5 && (v.data[5] == ' ' || v.data[5] == '\t' || v.data[5] == '\n'))
		return 90;
	if (pal_view_eq(pal_view_sub(head, 0, 4), (struct pal_view){ (const uint8_t *)"\xff\xfe<", 4 }) ||
	    pal_view_eq(pal_view_sub(head, 0, 4), (struct pal_view){ (const uint8_t *)"\xfe\xff\0<", 4 }))
		return 70;
	if (pal_view_starts(v, "<PMML") ||
	    (pal_view_starts(v, "<net ") && pal_view_find(v, pal_view_of("<layer"), 0) != SIZE_MAX))
		return 85;
	if (pal_view_starts(v, "<!DOCTYPE") && !pal_view_is_nocase(pal_view_trim(pal_view_sub(v, 9, 5)), "html"))
		return 60;
	return pal_view_starts(v, "<") && pal_name_ends(name, endings) ? 60 : 0;
}

const struct pal_format pal_format_xml = {
	.name = "xml",
	.summary = "XML documents: PMML, OpenVINO models, plists, SVG",
	.covers =
	    "All of the text. Document types and entities that are read from elsewhere, entities that expand without "
	    "end, inclusions, scripts, and OpenVINO layers whose code comes from outside are found; nothing is fetched "
	    "or expanded. OpenVINO's weights are the .bin file beside the model.",
	.probe = xml_probe,
	.parse = xml_parse,
};
