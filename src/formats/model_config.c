/* model_config.c - JSON that configures a model's loader; what is taken from it is in config_json.c. */
#include "give.h"
#include "palisade/format.h"

extern const struct pal_format pal_format_jsonl;

/* Keys that only such files have; deeper in a file they are found too, when it is read as JSON. */
static const char *const keys[] = { "\"architectures\"",
				    "\"model_type\"",
				    "\"auto_map\"",
				    "\"tokenizer_class\"",
				    "\"chat_template\"",
				    "\"added_tokens_decoder\"",
				    "\"added_tokens\"",
				    "\"peft_type\"",
				    "\"base_model_name_or_path\"",
				    "\"transformers_version\"",
				    "\"_diffusers_version\"",
				    "\"weight_map\"",
				    "\"image_processor_type\"",
				    "\"feature_extractor_type\"",
				    "\"processor_class\"",
				    "\"custom_pipelines\"",
				    "\"_target_\"",
				    "\"class_path\"",
				    "\"sentence_transformers.",
				    "\"__loader__\"",
				    "\"serializedFile\"",
				    NULL };

static bool
has_key(struct pal_view head)
{
	for (const char *const *k = keys; *k != NULL; k++)
		if (pal_view_find(head, pal_view_of(*k), 0) != SIZE_MAX)
			return true;
	return false;
}

/* A whole object on the first line and another one behind it: records, not a configuration. */
static bool
is_lines(struct pal_view head)
{
	size_t          end = pal_view_find_byte(head, '\n', 0);
	struct pal_view first = pal_view_trim(pal_view_sub(head, 0, end == SIZE_MAX ? head.len : end));
	struct pal_view rest = { 0 };

	if (end == SIZE_MAX)
		return false;
	rest = pal_view_trim(pal_view_sub(head, end, head.len));
	return first.len > 1 && first.data[0] == '{' && first.data[first.len - 1] == '}' && rest.len > 0 &&
	       rest.data[0] == '{';
}

static unsigned int
model_config_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	static const char *const endings[] = { ".json", NULL };
	unsigned int             json = pal_format_jsonl.probe(head, size, name);

	if (json < 60 || is_lines(pal_view_trim(head)) || !has_key(head))
		return 0;
	return pal_name_ends(name, endings) ? 90 : 80;
}

static enum pal_err
model_config_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	return pal_format_jsonl.parse(in, sink, d);
}

const struct pal_format pal_format_model_config = {
	.name = "model_config",
	.summary = "JSON that configures a model's loader",
	.covers = "All that is said of JSON documents, and what loaders take from them: classes that transformers, "
		  "diffusers, PEFT, "
		  "sentence-transformers, Hydra, jsonargparse and skops would import (auto_map and custom_pipelines, "
		  "also of another "
		  "repository; model_index.json; auto_mapping; modules.json; _target_; class_path; the nodes of a "
		  "schema.json, functions of its protocol 0 and bit generators among them), the files "
		  "of a weight_map, of TorchServe's manifest and of an adapter's base model, trust_remote_code, and "
		  "chat templates by "
		  "name. Keys are found at any depth and in any JSON document. Classes of the library that a "
		  "configuration names "
		  "without a module (architectures, tokenizer_class) are not resolved.",
	.probe = model_config_probe,
	.parse = model_config_parse,
};
