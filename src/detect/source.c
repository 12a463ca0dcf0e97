/* source.c - the detector that reads programs: what importing a Python file runs, and what its functions would. */
#include "mask.h"
#include "python.h"
#include "rules.h"

#define MEMORY_MOST ((size_t)64 << 20)
#define CALLS_MOST  20000

struct rules {
	const struct pal_rule *hidden, *dynamic, *process, *network, *delete, *secrets, *memory, *unread;
};

struct state {
	struct rules r;
};

/* One program that is being judged. */
struct reading {
	const struct state *s;
	struct pal_place    place;
	const char *kept; /* where, when it is no file but a text in one: that is told instead of when it runs */
	struct pal_findings *out;
	struct pal_arena    *arena;
	struct pal_list      calls;   /* of struct pal_python_call */
	struct pal_map       reached; /* functions that importing the file calls */
	bool                 socket, redirect;
	uint64_t             dropped;
};

static enum pal_err
start(const struct pal_detect *rules, struct pal_arena *a, void **ret_state)
{
	struct state *s = pal_arena_array(a, 1, sizeof(*s));

	if (s == NULL)
		return pal_arena_err(a);
	s->r = (struct rules){
		.hidden = pal_detect_own(rules, "SOURCE-HIDDEN"),
		.dynamic = pal_detect_own(rules, "SOURCE-DYNAMIC"),
		.process = pal_detect_own(rules, "SOURCE-PROCESS"),
		.network = pal_detect_own(rules, "SOURCE-NETWORK"),
		.delete = pal_detect_own(rules, "SOURCE-DELETE"),
		.secrets = pal_detect_own(rules, "SOURCE-SECRETS"),
		.memory = pal_detect_own(rules, "SOURCE-MEMORY"),
		.unread = pal_detect_own(rules, "SOURCE-UNREAD"),
	};
	*ret_state = s;
	return PAL_OK;
}

static void
keep_call(void *arg, const struct pal_python_call *call)
{
	struct reading         *r = arg;
	struct pal_python_call *kept = r->calls.count < CALLS_MOST ? pal_list_add(&r->calls) : NULL;

	r->socket = r->socket || (call->kind == PAL_CALL_NETWORK && pal_view_starts(call->path, "socket."));
	r->redirect = r->redirect || call->kind == PAL_CALL_REDIRECT;
	if (kept == NULL)
		r->dropped++;
	else
		*kept = *call;
}

/* ---- what importing reaches ---- */

/* Each pass follows the calls one step further; a chain of more steps than that is told as if nothing called it. */
static void
follow(struct reading *r, const struct pal_list *edges)
{
	bool more = true;

	for (unsigned int pass = 0; more && pass < 20; pass++) {
		more = false;
		for (size_t i = 0; i < edges->count; i++) {
			const struct pal_python_edge *e = pal_list_at(edges, i);
			void                        **place = NULL;

			if (e->from.len > 0 && pal_map_get(&r->reached, e->from) == NULL)
				continue;
			place = pal_map_put(&r->reached, e->to);
			if (place == NULL)
				return;
			more = more || *place == NULL;
			*place = r;
		}
	}
}

static bool
runs_now(const struct reading *r, const struct pal_python_call *c)
{
	return c->now || (c->owner.len > 0 && pal_map_get(&r->reached, c->owner) != NULL);
}

/* ---- judging ---- */

static bool
has_any(struct pal_view text, const char *const *parts)
{
	for (; *parts != NULL; parts++)
		if (pal_view_find(text, pal_view_of(*parts), 0) != SIZE_MAX)
			return true;
	return false;
}

/* Commands that fetch and run, open a way in, or take what is not theirs. */
static bool
is_telling(struct pal_view text)
{
	static const char *const parts[] = { "| sh",        "|sh",         "| bash",    "|bash",     "/dev/tcp/",
					     "bash -i",     "/bin/sh -i",  "nc -e",     "ncat ",     "powershell",
					     "base64 -d",   "mkfifo ",     "crontab ",  "certutil ", "mshta ",
					     "/etc/shadow", "/etc/passwd", ".ssh/",     "rm -rf /",  "rm -rf ~",
					     "curl http",   "curl -s",     "wget http", "wget -q",   NULL };

	return has_any(pal_view_sub(text, 0, 4096), parts);
}

static bool
is_private(struct pal_view path)
{
	static const char *const parts[] = {
		"/etc/shadow",        "/etc/passwd", "/etc/sudoers", "/etc/cron",        ".ssh/",
		".aws/credentials",   ".bashrc",     ".netrc",       ".git-credentials", "authorized_keys",
		"/proc/self/environ", NULL
	};

	return path.len < 300 && has_any(path, parts);
}

struct verdict {
	const struct pal_rule *rule;
	enum pal_severity      now, later; /* when the file is imported, when a function is called */
	const char            *why;
};

static struct verdict
judge_run(const struct rules *r, const struct pal_python_call *c)
{
	bool code = c->kind == PAL_CALL_UNPICKLE && pal_view_starts(c->path, "marshal.");

	if (c->kind == PAL_CALL_UNPICKLE)
		return (struct verdict){ r->dynamic, code ? PAL_HIGH : PAL_MEDIUM, code ? PAL_MEDIUM : PAL_INFO,
					 code ? "loads compiled code" : "loads a pickle" };
	if (c->kind != PAL_CALL_EXEC || c->constant)
		return (struct verdict){ 0 }; /* a constant program was read itself */
	return (struct verdict){ r->dynamic, PAL_HIGH, PAL_LOW, "runs a program that is put together" };
}

static struct verdict
judge_process(const struct reading *r, const struct pal_python_call *c)
{
	const struct rules *rules = &r->s->r;

	if (r->socket && r->redirect)
		return (struct verdict){ rules->process, PAL_CRITICAL, PAL_HIGH,
					 "starts a program whose input and output are a connection" };
	if (is_telling(c->text))
		return (struct verdict){ rules->process, PAL_CRITICAL, PAL_MEDIUM,
					 "starts a command that fetches, opens a way in, or takes secrets" };
	return (struct verdict){ rules->process, PAL_HIGH, PAL_LOW, "starts a program" };
}

static struct verdict
judge_call(const struct reading *r, const struct pal_python_call *c)
{
	const struct rules *rules = &r->s->r;
	bool                pickle =
	    c->kind == PAL_CALL_UNPICKLE && !pal_view_starts(c->path, "marshal."); /* packed ones are common */

	if ((c->decoded || c->fetched) &&
	    (c->kind == PAL_CALL_EXEC || c->kind == PAL_CALL_UNPICKLE || (c->kind == PAL_CALL_PROCESS && c->decoded)))
		return (struct verdict){ rules->hidden, PAL_CRITICAL, pickle ? PAL_LOW : PAL_HIGH,
					 c->fetched ? "runs what it downloads" : "runs what it decodes first" };
	if (c->kind == PAL_CALL_NETWORK && c->secret)
		return (struct verdict){ rules->secrets, PAL_CRITICAL, PAL_HIGH, "sends the environment away" };
	switch (c->kind) {
	case PAL_CALL_EXEC:
	case PAL_CALL_UNPICKLE:
		return judge_run(rules, c);
	case PAL_CALL_IMPORT:
		return c->decoded ? (struct verdict){ rules->hidden, PAL_HIGH, PAL_MEDIUM,
						      "imports a module whose name it decodes" }
				  : (struct verdict){ 0 };
	case PAL_CALL_PROCESS:
		return judge_process(r, c);
	case PAL_CALL_NETWORK:
		return (struct verdict){ rules->network, PAL_HIGH, PAL_LOW, "opens a connection" };
	case PAL_CALL_DOWNLOAD:
		return (struct verdict){ rules->network, PAL_HIGH, PAL_LOW, "downloads a file" };
	case PAL_CALL_DELETE:
		return (struct verdict){ rules->delete, PAL_HIGH, PAL_INFO, "deletes files" };
	case PAL_CALL_MEMORY:
		return (struct verdict){ rules->memory, PAL_HIGH, PAL_MEDIUM, "reaches the memory of processes" };
	case PAL_CALL_OPEN:
		return is_private(c->text) ? (struct verdict){ rules->secrets, PAL_HIGH, PAL_MEDIUM,
							       "opens a file that holds secrets or starts programs" }
					   : (struct verdict){ 0 };
	case PAL_CALL_PLAIN:
	case PAL_CALL_COMPILE:
	case PAL_CALL_REDIRECT:
	case PAL_CALL_DECODE:
		break;
	}
	return (struct verdict){ 0 };
}

/* A program that is kept as data runs when somebody runs it: never by loading the file, which is judged apart. */
static struct verdict
judge(const struct reading *r, const struct pal_python_call *c)
{
	struct verdict v = judge_call(r, c);

	if (r->kept != NULL && v.now > PAL_HIGH)
		v.now = PAL_HIGH;
	if (r->kept != NULL && v.later > PAL_MEDIUM)
		v.later = PAL_MEDIUM;
	return v;
}

static void
report(const struct reading *r, const struct pal_python_call *c)
{
	struct verdict     v = judge(r, c);
	bool               now = runs_now(r, c);
	char               path[84], shown[104];
	PAL_AUTO_BUF       text = pal_buf_of(1024);
	struct pal_finding f = { .rule = v.rule,
				 .severity = now ? v.now : v.later,
				 .confidence = PAL_CONFIDENCE_HIGH,
				 .place = r->place,
				 .count = 1 };

	if (v.rule == NULL || f.severity == PAL_INFO)
		return;
	f.place.field = pal_excerpt(c->path, 80, path);
	f.place.row = c->line;
	(void)pal_excerpt(pal_view_trim(pal_view_sub(c->text, 0, 200)), 100, shown);
	pal_buf_printf(&text, "line %llu: %s%s%s%s %s, %s", (unsigned long long)c->line, path,
		       shown[0] == '\0' ? "" : " with \"", shown, shown[0] == '\0' ? "" : "\"", v.why,
		       r->kept != NULL ? r->kept
		       : now           ? "when the file is imported"
				       : "when a function of the file is called");
	f.text = pal_buf_text(&text);
	pal_findings_add(r->out, &f);
}

/* A command of a shell, kept as data. */
static enum pal_err
feed_shell(const struct state *s, const struct pal_content *piece, struct pal_findings *out)
{
	char shown[104];

	if (is_telling(piece->text))
		pal_found(out, s->r.process, PAL_CONFIDENCE_HIGH, &piece->place,
			  "a command that fetches, opens a way in, or takes secrets is kept as data: \"%s\"",
			  pal_excerpt(piece->text, 100, shown));
	return PAL_OK;
}

static enum pal_err
feed(void *state, const struct pal_content *piece, struct pal_findings *out)
{
	PAL_AUTO_ARENA  a;
	struct reading  r = { .s = state, .place = piece->place, .out = out, .arena = &a };
	struct pal_list edges = { 0 };
	bool            whole = true;

	pal_arena_init(&a, MEMORY_MOST);
	if (pal_view_is(piece->name, "shell"))
		return feed_shell(state, piece, out);
	if (!pal_view_is(piece->name, "python"))
		return PAL_OK;
	if (piece->loader != NULL)
		r.kept = pal_view_is(pal_view_of(piece->loader), "metadata") ? "in a program that the metadata hold"
									     : "in a program that is kept as data";
	r.calls = pal_list_of(&a, sizeof(struct pal_python_call));
	r.reached = pal_map_of(&a);
	whole = pal_python_read(piece->text, &a, &edges, keep_call, &r);
	follow(&r, &edges);
	for (unsigned int later = 0; later < 2; later++) /* the worst of equal findings gives them their words */
		for (size_t i = 0; i < r.calls.count; i++)
			if (runs_now(&r, pal_list_at(&r.calls, i)) != (later == 1))
				report(&r, pal_list_at(&r.calls, i));
	if (!whole || r.dropped > 0 || pal_arena_err(&a) != PAL_OK)
		pal_found(out, r.s->r.unread, PAL_CONFIDENCE_HIGH, &r.place,
			  "the program needs more memory than is given to one (%zu bytes), or holds more than %d calls "
			  "that count; the rest was searched as text only",
			  MEMORY_MOST, CALLS_MOST);
	return PAL_OK;
}

const struct pal_detector pal_detector_source = {
	.name = "source",
	.summary = "what importing a Python file runs, and what its functions would",
	.reads = PAL_READS(PAL_CONTENT_SOURCE),
	.start = start,
	.feed = feed,
};
