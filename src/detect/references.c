/* references.c - the detector that judges paths and URLs that loading a file would open; to audit: leaves(), drive. */
#include "mask.h"
#include "rules.h"

#define PATH_MOST     4096 /* of one path; what is longer is cut, and said */
#define EXCERPT       160
#define UNESCAPE_MOST 3 /* times that %25 hides %2e */

struct state {
	const struct pal_rule *traversal, *absolute, *url;
};

/* What a path is, at its worst. */
struct verdict {
	const struct pal_rule *rule;
	enum pal_severity      severity;
	const char            *why;
};

static enum pal_err
start(const struct pal_detect *rules, struct pal_arena *a, void **ret_state)
{
	struct state *s = pal_arena_array(a, 1, sizeof(*s));

	if (s == NULL)
		return pal_arena_err(a);
	s->traversal = pal_detect_own(rules, "REF-TRAVERSAL");
	s->absolute = pal_detect_own(rules, "REF-ABSOLUTE");
	s->url = pal_detect_own(rules, "REF-URL");
	*ret_state = s;
	return PAL_OK;
}

static void
worse(struct verdict *have, const struct pal_rule *rule, enum pal_severity severity, const char *why)
{
	if (have->rule == NULL || severity > have->severity)
		*have = (struct verdict){ rule, severity, why };
}

static int
hex_of(uint8_t c)
{
	if (pal_is_digit(c))
		return c - '0';
	c = pal_to_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes %2e and the like once; true when there was something. */
static bool
unescape(struct pal_buf *to, struct pal_view v)
{
	bool any = false;

	pal_buf_clear(to);
	for (size_t i = 0; i < v.len; i++) {
		int high = v.data[i] == '%' && i + 2 < v.len ? hex_of(v.data[i + 1]) : -1;
		int low = high < 0 ? -1 : hex_of(v.data[i + 2]);

		pal_buf_add_byte(to, low < 0 ? v.data[i] : (uint8_t)(high * 16 + low));
		any = any || low >= 0;
		i += low < 0 ? 0 : 2;
	}
	return any;
}

static bool
is_separator(uint8_t c)
{
	return c == '/' || c == '\\';
}

/* The next part between separators of either kind; empty ones are passed over. */
static bool
next_part(struct pal_view *rest, struct pal_view *ret_part)
{
	size_t from = 0, to = 0;

	while (from < rest->len && is_separator(rest->data[from]))
		from++;
	for (to = from; to < rest->len && !is_separator(rest->data[to]);)
		to++;
	*ret_part = pal_view_sub(*rest, from, to - from);
	*rest = pal_view_sub(*rest, to, rest->len);
	return ret_part->len > 0;
}

/* Windows drops blanks at the end of a part. */
static bool
is_parent(struct pal_view part)
{
	while (part.len > 2 && part.data[part.len - 1] == ' ')
		part.len--;
	return pal_view_is(part, "..");
}

static void
judge_parts(const struct state *s, struct pal_view path, struct verdict *v)
{
	struct pal_view part = { 0 };
	int64_t         depth = 0;

	while (next_part(&path, &part)) {
		if (pal_view_is(part, "."))
			continue;
		depth += is_parent(part) ? -1 : 1;
		if (depth < 0)
			worse(v, s->traversal, PAL_HIGH, "leaves the model's folder");
		else if (is_parent(part))
			worse(v, s->traversal, PAL_MEDIUM, "goes up, though it stays in the model's folder");
	}
}

/* Paths whose content is a secret, or the machine itself. */
static bool
is_sensitive(struct pal_view path)
{
	static const char *const places[] = { "/etc/",     "/proc/", "/dev/",     "/sys/",     "/root/",     "/run/",
					      "/var/run/", "/boot/", "/var/log/", "/var/lib/", "/var/spool/" };
	static const char *const parts[] = {
		".ssh",   ".aws",       ".kube",           ".docker",  ".gnupg",      "id_rsa",
		".env",   "id_ed25519", "authorized_keys", ".netrc",   "credentials", ".pypirc",
		"shadow", "passwd",     ".bash_history",   "system32", "SAM",         ".git-credentials",
		"token"
	};
	struct pal_view part = { 0 };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (pal_view_starts(path, places[i]))
			return true;
	while (next_part(&path, &part))
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			if (pal_view_is_nocase(part, parts[i]))
				return true;
	return false;
}

static bool
is_drive(struct pal_view p)
{
	return p.len >= 2 && pal_is_alpha(p.data[0]) && p.data[1] == ':';
}

/* Formats whose references are relative by definition: an absolute one is an attack or a mistake, never a habit. */
static bool
must_be_relative(const struct pal_content *piece)
{
	/* ONNX (onnx.proto, external_data), shards beside their index, layers in the archive that names them, the files
	 * of TorchServe's manifest. */
	static const char *const names[] = { "external_data", "weight_map", "layers",        "handler",
					     "modelFile",     "extraFiles", "serializedFile" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (pal_view_is(piece->name, names[i]))
			return true;
	return false;
}

/* Adapters name the model that they were trained on by the path it had there; a loader of other people opens nothing.
 */
static bool
is_habit(const struct pal_content *piece)
{
	return pal_view_is(piece->name, "base_model");
}

/* A training writes down where its checkpoints are, absolutely if it was told so. */
static bool
may_be_absolute(const struct pal_content *piece)
{
	return is_habit(piece) || pal_view_is(piece->name, "checkpoint");
}

static void
judge_root(const struct state *s, const struct pal_content *piece, struct pal_view p, struct verdict *v)
{
	enum pal_severity plain = must_be_relative(piece) || is_sensitive(p) ? PAL_HIGH
				  : may_be_absolute(piece)                   ? PAL_LOW
									     : PAL_MEDIUM;

	if (p.len >= 2 && is_separator(p.data[0]) && is_separator(p.data[1]))
		worse(v, s->absolute, PAL_HIGH,
		      "names another machine (UNC), which also sends it the user's credentials");
	else if (p.len >= 1 && is_separator(p.data[0]))
		worse(v, s->absolute, plain, "is absolute");
	else if (is_drive(p))
		worse(v, s->absolute, plain, "begins with a drive letter");
	else if (p.len >= 1 && p.data[0] == '~' &&
		 (p.len == 1 || is_separator(p.data[1]) || pal_view_find_byte(p, '/', 0) != SIZE_MAX))
		worse(v, s->absolute, PAL_HIGH, "begins in a user's home");
}

/* $HOME, ${HOME}, %APPDATA%: capitals, digits and underscores. */
static bool
has_variable(struct pal_view p)
{
	for (size_t i = 0; i + 2 < p.len; i++) {
		bool   percent = p.data[i] == '%', brace = p.data[i] == '$' && p.data[i + 1] == '{';
		size_t from = i + (brace ? 2 : 1), at = from;

		if (p.data[i] != '$' && !percent)
			continue;
		while (at < p.len && ((p.data[at] >= 'A' && p.data[at] <= 'Z') || p.data[at] == '_' ||
				      (at > from && pal_is_digit(p.data[at]))))
			at++;
		if (at < from + 2)
			continue;
		if (percent || brace ? at < p.len && p.data[at] == (percent ? '%' : '}') : true)
			return true;
	}
	return false;
}

/* CON, NUL, COM1 ... with any ending (docs.microsoft.com, "Naming Files"). */
static bool
is_device(struct pal_view part)
{
	static const char *const names[] = { "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$" };
	size_t                   dot = pal_view_find_byte(part, '.', 0);
	struct pal_view          stem = pal_view_trim(pal_view_sub(part, 0, dot == SIZE_MAX ? part.len : dot));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (pal_view_is_nocase(stem, names[i]))
			return true;
	return stem.len == 4 && stem.data[3] >= '1' && stem.data[3] <= '9' &&
	       (pal_view_is_nocase(pal_view_sub(stem, 0, 3), "COM") ||
		pal_view_is_nocase(pal_view_sub(stem, 0, 3), "LPT"));
}

static void
judge_devices(const struct state *s, struct pal_view path, struct verdict *v)
{
	struct pal_view part = { 0 };

	while (next_part(&path, &part))
		if (is_device(part))
			worse(v, s->absolute, PAL_LOW, "names a device on Windows");
}

struct scheme {
	const char       *name;
	enum pal_severity severity;
	const char       *why;
};

static const struct scheme schemes[] = {
	{ "https", PAL_MEDIUM, "is fetched from the network" },
	{ "http", PAL_MEDIUM, "is fetched from the network, unprotected" },
	{ "ftp", PAL_MEDIUM, "is fetched from the network, unprotected" },
	{ "ftps", PAL_MEDIUM, "is fetched from the network" },
	{ "sftp", PAL_MEDIUM, "is fetched from the network" },
	{ "ssh", PAL_MEDIUM, "is fetched from the network" },
	{ "grpc", PAL_MEDIUM, "is fetched from the network" },
	{ "smb", PAL_HIGH, "is fetched from another machine, which also gets the user's credentials" },
	{ "s3", PAL_LOW, "is fetched from a bucket" },
	{ "s3a", PAL_LOW, "is fetched from a bucket" },
	{ "gs", PAL_LOW, "is fetched from a bucket" },
	{ "gcs", PAL_LOW, "is fetched from a bucket" },
	{ "az", PAL_LOW, "is fetched from a bucket" },
	{ "abfs", PAL_LOW, "is fetched from a bucket" },
	{ "abfss", PAL_LOW, "is fetched from a bucket" },
	{ "wasbs", PAL_LOW, "is fetched from a bucket" },
	{ "hdfs", PAL_LOW, "is fetched from a cluster" },
	{ "hf", PAL_LOW, "is fetched from a model hub" },
	{ "dbfs", PAL_LOW, "is fetched from a workspace" },
	{ "mlflow", PAL_LOW, "is fetched from a registry" },
	{ "models", PAL_LOW, "is fetched from a registry" },
	{ "runs", PAL_LOW, "is fetched from a registry" },
};

/* RFC 3986, 3.1: a letter, then letters, digits, + - . up to the colon; one letter is a drive. */
static struct pal_view
scheme_of(struct pal_view p)
{
	size_t colon = pal_view_find_byte(p, ':', 0);

	if (colon == SIZE_MAX || colon < 2 || colon > 20 || !pal_is_alpha(p.data[0]))
		return (struct pal_view){ 0 };
	for (size_t i = 1; i < colon; i++)
		if (!pal_is_alnum(p.data[i]) && p.data[i] != '+' && p.data[i] != '-' && p.data[i] != '.')
			return (struct pal_view){ 0 };
	return pal_view_sub(p, 0, colon);
}

/* True when it is a URL, and judged. */
static bool
judge_url(const struct state *s, const struct pal_content *piece, struct pal_view p, struct verdict *v)
{
	struct pal_view scheme = scheme_of(p), rest = pal_view_sub(p, scheme.len + 1, p.len);

	if (scheme.len == 0)
		return false;
	if (pal_view_is_nocase(scheme, "file")) {
		worse(v, s->absolute, PAL_HIGH, "is a file: URL");
		return true;
	}
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (pal_view_is_nocase(scheme, schemes[i].name)) {
			worse(v, s->url, must_be_relative(piece) ? PAL_HIGH : schemes[i].severity, schemes[i].why);
			return true;
		}
	if (!pal_view_starts(rest, "//"))
		return false; /* a:b is a name too */
	worse(v, s->url, PAL_MEDIUM, "is a URL of a scheme that no list knows");
	return true;
}

static void
judge(const struct state *s, const struct pal_content *piece, struct pal_view path, struct verdict *v)
{
	if (path.len > 0 && pal_view_find_byte(path, 0, 0) != SIZE_MAX)
		worse(v, s->traversal, PAL_HIGH, "holds a NUL byte: what is checked is not what is opened");
	if (judge_url(s, piece, path, v))
		return;
	judge_root(s, piece, path, v);
	if (!is_habit(piece) || is_sensitive(path)) /* ../llama says where the trainer kept it */
		judge_parts(s, path, v);
	if (has_variable(path))
		worse(v, s->absolute, PAL_MEDIUM, "takes a part from the environment");
	judge_devices(s, path, v);
}

static void
report(const struct pal_content *piece, const struct verdict *v, struct pal_findings *out)
{
	char               path[EXCERPT + 4], what[64 + 4], owner[EXCERPT + 4];
	PAL_AUTO_BUF       text = pal_buf_of(1024);
	struct pal_finding f = { .rule = v->rule,
				 .severity = v->severity,
				 .confidence = PAL_CONFIDENCE_HIGH,
				 .place = piece->place,
				 .count = 1 };

	f.place.field = pal_excerpt(piece->text, EXCERPT, path);
	(void)pal_excerpt(piece->name, 64, what);
	(void)pal_excerpt(pal_view_of(piece->place.field), EXCERPT, owner);
	pal_buf_printf(&text, "%s%s%s%s%s \"%s\" %s", piece->loader == NULL ? "" : piece->loader,
		       piece->loader == NULL ? "" : ": ", what, owner[0] == '\0' ? "" : " of ", owner, path, v->why);
	f.text = pal_buf_text(&text);
	pal_findings_add(out, &f);
}

static enum pal_err
feed(void *state, const struct pal_content *piece, struct pal_findings *out)
{
	const struct state *s = state;
	PAL_AUTO_BUF        once = pal_buf_of(0);
	PAL_AUTO_BUF        twice = pal_buf_of(0);
	struct pal_view     path = pal_view_sub(piece->text, 0, PATH_MOST);
	struct verdict      v = { 0 };

	judge(s, piece, path, &v);
	for (unsigned int i = 0; i < UNESCAPE_MOST; i++) {
		struct pal_buf *to = i % 2 == 0 ? &once : &twice;

		if (!unescape(to, path))
			break;
		PAL_TRY(pal_buf_err(to));
		path = pal_buf_view(to);
		judge(s, piece, path, &v);
	}
	if (piece->text.len > PATH_MOST)
		worse(&v, s->traversal, PAL_MEDIUM, "is longer than any path can be");
	if (v.rule != NULL)
		report(piece, &v, out);
	return PAL_OK;
}

const struct pal_detector pal_detector_references = {
	.name = "references",
	.summary = "paths and URLs outside the model's folder that loading would open",
	.reads = PAL_READS(PAL_CONTENT_REFERENCE),
	.start = start,
	.feed = feed,
};
