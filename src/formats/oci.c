/* oci.c - documents of container images: index, manifest, configuration; what is beside them is read in oci_image.c. */
#include "oci.h"

#include "config_give.h"
#include "palisade/format.h"
#include "source.h"

#define SHOWN 300u

extern const struct pal_format pal_format_jsonl;

static unsigned int
oci_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_view v = pal_view_trim(head);

	(void)size;
	(void)name;
	if (v.len < 2 || v.data[0] != '{' || !pal_source_is_text(head))
		return 0;
	if (pal_view_has(v, "\"schemaVersion\"") &&
	    (pal_view_has(v, "application/vnd.oci.image.") || pal_view_has(v, "application/vnd.docker.distribution.")))
		return 92;
	if (pal_view_has(v, "\"imageLayoutVersion\""))
		return 92;
	return pal_view_has(v, "\"architecture\"") && pal_view_has(v, "\"os\"") &&
		       (pal_view_has(v, "\"Entrypoint\"") || pal_view_has(v, "\"Cmd\"") ||
			pal_view_has(v, "\"rootfs\""))
		   ? 91
		   : 0;
}

static enum pal_err
take_descriptor(void *arg, const struct pal_oci_descriptor *d)
{
	struct pal_sink *s = arg;
	const json_t    *url = NULL;
	size_t           i = 0;

	if (!pal_oci_is_digest(pal_view_of(d->digest)))
		PAL_TRY(pal_sink_anomaly(s, &pal_anomaly_oci_digest, 0, "\"%.80s\" is no digest that can be checked",
					 d->digest));
	if (pal_oci_is_foreign(d) || json_array_size(d->urls) > 0)
		PAL_TRY(pal_sink_anomaly(s, &pal_anomaly_oci_foreign, 0, "%.23s... (%s) is fetched from elsewhere",
					 d->digest, d->media_type == NULL ? "no type" : d->media_type));
	json_array_foreach(d->urls, i, url) if (json_is_string(url))
	    PAL_TRY(pal_config_reference(s, "oci", "layer", pal_view_of(json_string_value(url)), 0));
	return PAL_OK;
}

static void
add_words(struct pal_buf *to, const json_t *words)
{
	const json_t *word = NULL;
	size_t        i = 0;

	json_array_foreach(words, i, word)
	{
		if (!json_is_string(word))
			continue;
		if (to->len > 0)
			pal_buf_add_byte(to, ' ');
		pal_buf_add_text(to, json_string_value(word));
	}
}

/* What a container of this image starts, and as whom. */
static enum pal_err
take_start(struct pal_sink *s, const json_t *doc)
{
	const json_t *config = pal_json_object(doc, "config");
	const char   *user = pal_json_text(config, "User");
	PAL_AUTO_BUF  start = pal_buf_of(1 << 20);

	add_words(&start, pal_json_array(config, "Entrypoint"));
	add_words(&start, pal_json_array(config, "Cmd"));
	PAL_TRY(pal_buf_err(&start));
	if (start.len == 0)
		return PAL_OK;
	return pal_sink_anomaly(s, &pal_anomaly_oci_start, 0, "starts %.*s as %s",
				(int)(start.len < SHOWN ? start.len : SHOWN), pal_buf_text(&start),
				user == NULL || user[0] == '\0' ? "root" : user);
}

static enum pal_err
read_text(struct pal_input *in, struct pal_buf *text)
{
	for (uint64_t at = 0; at < in->size;) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(in, at, 1, PAL_INPUT_WINDOW, &v));
		pal_buf_add(text, v);
		at += v.len;
	}
	return pal_buf_err(text);
}

/* What is broken has been told by the reader of texts. */
static enum pal_err
oci_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	PAL_AUTO_BUF  text = pal_buf_of(PAL_OCI_JSON_MOST);
	PAL_AUTO_JSON doc = NULL;

	PAL_TRY(pal_format_jsonl.parse(in, sink, d));
	if (in->size > PAL_OCI_JSON_MOST)
		return pal_sink_unread(sink, &pal_anomaly_format_limit, 0, in->size,
				       "a document of more than 4 MiB; its descriptors were not read");
	PAL_TRY(read_text(in, &text));
	if (pal_json_parse(pal_buf_view(&text), PAL_OCI_JSON_MOST, &doc, NULL) != PAL_OK)
		return PAL_OK;
	PAL_TRY(pal_oci_each(doc, take_descriptor, sink));
	return take_start(sink, doc);
}

const struct pal_format pal_format_oci = {
	.name = "oci",
	.summary = "container images: index, manifest and configuration (OCI, docker save)",
	.covers =
	    "All that is said of JSON documents; digests by their form, layers that are fetched from elsewhere with "
	    "their addresses, what a container starts and as whom. In a tar of an image (OCI layout, docker save) "
	    "each blob is held against the digest that is its name, and against the size that the documents give; "
	    "blobs that are named and not there are said. Layers are examined as the archives that they are. In a "
	    "folder each blob is a file of its own, and nothing is compared.",
	.probe = oci_probe,
	.parse = oci_parse,
};
