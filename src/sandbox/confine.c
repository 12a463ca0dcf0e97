/* confine.c - the layers of confinement; to audit: the list of calls that a worker may make, and the order of layers.
 */
#include "palisade/confine.h"

#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534u

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

const struct pal_confine_limits pal_confine_default = {
	.memory = (uint64_t)2 << 30,
	.cpu_s = (uint64_t)6 * 60 * 60,
	.descriptors = 16,
	.channel = 3,
};

/* What a layer could not do goes to `without`, in its own words. */
struct layer {
	const char *name;
	bool        required;
	bool (*apply)(const struct pal_confine_limits *l, struct pal_buf *said, struct pal_buf *without);
};

/* Root keeps nothing of being root. Others have no user to change to, and say nothing. */
static bool
apply_user(const struct pal_confine_limits *l, struct pal_buf *said, struct pal_buf *without)
{
	(void)l;
	if (geteuid() != 0)
		return true;
	if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) != 0) {
		pal_buf_printf(without, " user (%s)", strerror(errno));
		return false;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* changing the user forgot it */
	pal_buf_add_text(said, " user");
	return true;
}

static bool
limit(__rlimit_resource_t what, uint64_t n)
{
	struct rlimit l = { .rlim_cur = (rlim_t)n, .rlim_max = (rlim_t)n };

	return setrlimit(what, &l) == 0;
}

static bool
apply_rlimits(const struct pal_confine_limits *l, struct pal_buf *said, struct pal_buf *without)
{
	bool ok = limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NPROC, 0) &&
		  limit(RLIMIT_NOFILE, l->descriptors) && limit(RLIMIT_CPU, l->cpu_s) && limit(RLIMIT_MEMLOCK, 0);

	if (ok && SANITIZED)
		pal_buf_add_text(without, " memory limit (a sanitizer build needs the address space)");
	else
		ok = ok && limit(RLIMIT_DATA, l->memory);
	if (!ok)
		pal_buf_printf(without, " rlimits (%s)", strerror(errno));
	else
		pal_buf_add_text(said, " rlimits");
	return ok;
}

static enum pal_err
lose_privileges(void *arg, size_t item, unsigned int thread)
{
	(void)arg;
	(void)item;
	(void)thread;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? PAL_OK : PAL_ESYS;
}

static bool
apply_privileges(const struct pal_confine_limits *l, struct pal_buf *said, struct pal_buf *without)
{
	if (pal_crew_each(l->crew, lose_privileges, NULL) != PAL_OK || lose_privileges(NULL, 0, 0) != PAL_OK) {
		pal_buf_printf(without, " no_new_privs (%s)", strerror(errno));
		return false;
	}
	(void)prctl(PR_SET_DUMPABLE, 0); /* nobody of the same user attaches to us */
	pal_buf_add_text(said, " no_new_privs");
	return true;
}

/* The kernel's struct landlock_ruleset_attr as of ABI 6; Debian 12's header knows only the first field. */
struct ruleset {
	uint64_t fs, net, scoped;
};

/* Everything that each ABI of the kernel can forbid: linux/Documentation/userspace-api/landlock.rst. */
static struct ruleset
everything(long abi)
{
	struct ruleset r = { .fs = (1u << 13) - 1 }; /* EXECUTE ... MAKE_SYM */

	if (abi >= 2)
		r.fs |= 1u << 13; /* REFER */
	if (abi >= 3)
		r.fs |= 1u << 14; /* TRUNCATE */
	if (abi >= 4)
		r.net = 3; /* BIND_TCP, CONNECT_TCP */
	if (abi >= 5)
		r.fs |= 1u << 15; /* IOCTL_DEV */
	if (abi >= 6)
		r.scoped = 3; /* ABSTRACT_UNIX_SOCKET, SIGNAL */
	return r;
}

/* Landlock holds for the thread that asks for it. */
static enum pal_err
restrict_thread(void *arg, size_t item, unsigned int thread)
{
	const int *fd = arg;

	(void)item;
	(void)thread;
	return syscall(SYS_landlock_restrict_self, *fd, 0u) == 0 ? PAL_OK : PAL_ESYS;
}

static bool
apply_landlock(const struct pal_confine_limits *l, struct pal_buf *said, struct pal_buf *without)
{
	long           abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1u /* VERSION */);
	struct ruleset r = everything(abi);
	size_t         size = abi >= 6 ? sizeof(r) : abi >= 4 ? 2 * sizeof(r.fs) : sizeof(r.fs);
	int            fd = abi < 1 ? -1 : (int)syscall(SYS_landlock_create_ruleset, &r, size, 0u);
	bool           ok =
	    fd >= 0 && pal_crew_each(l->crew, restrict_thread, &fd) == PAL_OK && restrict_thread(&fd, 0, 0) == PAL_OK;

	if (!ok)
		pal_buf_printf(without, " landlock (%s)", strerror(errno));
	else
		pal_buf_printf(said, " landlock-%ld", abi);
	if (fd >= 0)
		(void)close(fd);
	return ok;
}

/* What a reader of one open file needs, and what it is for. Nothing here names a path, a process or an address. */
static const int free_calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(recvmsg),
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(sched_yield),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(sysinfo), /* qsort(3) asks how much memory there is before it sorts by merging */
};

#if SANITIZED
/* A sanitizer's own needs: its stacks, and its report on standard error. */
static const int sanitizer_calls[] = { SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigaction), SCMP_SYS(getrlimit),
				       SCMP_SYS(prlimit64) };
#endif

static int
allow_all(scmp_filter_ctx f, const int *calls, size_t n)
{
	int bad = 0;

	for (size_t i = 0; i < n && bad == 0; i++)
		bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);
	return bad;
}

/* Writing goes to the channel alone; memory is anonymous and never runs; the only process to signal is ourselves. */
static int
allow_some(scmp_filter_ctx f, unsigned int channel)
{
	struct scmp_arg_cmp to_channel = SCMP_A0(SCMP_CMP_EQ, channel, 0);
	struct scmp_arg_cmp to_self = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);
	struct scmp_arg_cmp no_exec = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	struct scmp_arg_cmp anonymous = SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS);
	int                 bad = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 1, to_channel);

	bad = bad != 0 ? bad : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, to_channel);
	bad = bad != 0 ? bad : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, to_self);
	bad = bad != 0 ? bad : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, no_exec);
	bad = bad != 0 ? bad : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, no_exec, anonymous);
#if SANITIZED
	{
		struct scmp_arg_cmp to_stderr = SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO, 0);

		bad = bad != 0 ? bad : seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, to_stderr);
		bad = bad != 0 ? bad
			       : allow_all(f, sanitizer_calls, sizeof(sanitizer_calls) / sizeof(sanitizer_calls[0]));
	}
#endif
	return bad;
}

static bool
apply_seccomp(const struct pal_confine_limits *l, struct pal_buf *said, struct pal_buf *without)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int             bad = f == NULL ? -ENOMEM : seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	bad = bad != 0 || l->crew == NULL ? bad : seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1); /* or it fails */
	bad = bad != 0 ? bad : allow_all(f, free_calls, sizeof(free_calls) / sizeof(free_calls[0]));
	bad = bad != 0 ? bad : allow_some(f, (unsigned int)l->channel);
	bad = bad != 0 ? bad : seccomp_load(f);
	if (f != NULL)
		seccomp_release(f);
	if (bad != 0)
		pal_buf_printf(without, " seccomp (%s)", strerror(-bad));
	else
		pal_buf_add_text(said, " seccomp");
	return bad == 0;
}

/* In order: users first, since that needs calls that the last layer takes away. */
static const struct layer layers[] = {
	{ "user", false, apply_user },
	{ "rlimits", true, apply_rlimits },
	{ "no_new_privs", true, apply_privileges },
	{ "landlock", false, apply_landlock }, /* older kernels lack it; seccomp alone still forbids every open */
	{ "seccomp", true, apply_seccomp },
};

static enum pal_err
apply_worker(const struct pal_confine_limits *l, struct pal_buf *said, struct pal_diag *d)
{
	PAL_AUTO_BUF with = pal_buf_of(0);
	PAL_AUTO_BUF without = pal_buf_of(0);

	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++)
		if (!layers[i].apply(l, &with, &without) && layers[i].required)
			return pal_fail(d, PAL_EUNSUPPORTED, 0,
					"this machine cannot confine a worker: it lacks%s, which is required",
					pal_buf_text(&without));
	pal_buf_add(said, pal_view_trim(pal_buf_view(&with)));
	if (without.len > 0)
		pal_buf_printf(said, "; without%s", pal_buf_text(&without));
	return pal_buf_err(said);
}

static enum pal_err
apply_none(const struct pal_confine_limits *l, struct pal_buf *said, struct pal_diag *d)
{
	(void)l;
	(void)d;
	pal_buf_add_text(said, "none (workers are separate processes with all of the user's rights)");
	return pal_buf_err(said);
}

static const struct pal_sandbox sandbox_worker = {
	.name = "worker",
	.summary = "no user, files, network or processes: rlimits, Landlock, seccomp",
	.apply = apply_worker,
};

static const struct pal_sandbox sandbox_none = {
	.name = "none",
	.summary = "separate processes that keep the user's rights; for machines without seccomp",
	.apply = apply_none,
};

const struct pal_sandbox *const pal_sandboxes[] = { &sandbox_worker, &sandbox_none, NULL };

const struct pal_sandbox *
pal_sandbox_named(const char *name)
{
	if (name == NULL)
		return pal_sandboxes[0];
	for (const struct pal_sandbox *const *s = pal_sandboxes; *s != NULL; s++)
		if (strcmp((*s)->name, name) == 0)
			return *s;
	return NULL;
}
