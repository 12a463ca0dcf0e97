/* python_calls.c - the table of calls. */
#include "python_calls.h"

#include "palisade/buf.h"

/* A star at the end stands for any rest; names are those of Python 3 and 2. */
static const struct {
	const char               *path;
	enum pal_python_call_kind kind;
} calls[] = {
	{ "builtins.exec", PAL_CALL_EXEC },
	{ "builtins.eval", PAL_CALL_EXEC },
	{ "builtins.execfile", PAL_CALL_EXEC },
	{ "runpy.run_*", PAL_CALL_EXEC },
	{ "code.interact", PAL_CALL_EXEC },
	{ "code.InteractiveInterpreter", PAL_CALL_EXEC },
	{ "code.InteractiveConsole", PAL_CALL_EXEC },
	{ "types.FunctionType", PAL_CALL_EXEC },
	{ "types.CodeType", PAL_CALL_EXEC },
	{ "builtins.compile", PAL_CALL_COMPILE },
	{ "marshal.load*", PAL_CALL_UNPICKLE },
	{ "pickle.load*", PAL_CALL_UNPICKLE },
	{ "_pickle.load*", PAL_CALL_UNPICKLE },
	{ "cPickle.load*", PAL_CALL_UNPICKLE },
	{ "dill.load*", PAL_CALL_UNPICKLE },
	{ "cloudpickle.load*", PAL_CALL_UNPICKLE },
	{ "builtins.__import__", PAL_CALL_IMPORT },
	{ "importlib.import_module", PAL_CALL_IMPORT },
	{ "importlib.__import__", PAL_CALL_IMPORT },
	{ "pkgutil.resolve_name", PAL_CALL_IMPORT },
	{ "os.system", PAL_CALL_PROCESS },
	{ "os.popen*", PAL_CALL_PROCESS },
	{ "os.exec*", PAL_CALL_PROCESS },
	{ "os.spawn*", PAL_CALL_PROCESS },
	{ "os.posix_spawn*", PAL_CALL_PROCESS },
	{ "os.startfile", PAL_CALL_PROCESS },
	{ "posix.system", PAL_CALL_PROCESS },
	{ "posix.popen", PAL_CALL_PROCESS },
	{ "posix.exec*", PAL_CALL_PROCESS },
	{ "nt.system", PAL_CALL_PROCESS },
	{ "subprocess.run", PAL_CALL_PROCESS },
	{ "subprocess.call", PAL_CALL_PROCESS },
	{ "subprocess.Popen", PAL_CALL_PROCESS },
	{ "subprocess.check_call", PAL_CALL_PROCESS },
	{ "subprocess.check_output", PAL_CALL_PROCESS },
	{ "subprocess.getoutput", PAL_CALL_PROCESS },
	{ "subprocess.getstatusoutput", PAL_CALL_PROCESS },
	{ "commands.get*", PAL_CALL_PROCESS },
	{ "pty.spawn", PAL_CALL_PROCESS },
	{ "platform.popen", PAL_CALL_PROCESS },
	{ "asyncio.create_subprocess_*", PAL_CALL_PROCESS },
	{ "pip.main", PAL_CALL_PROCESS },
	{ "pip._internal.main", PAL_CALL_PROCESS },
	{ "pexpect.spawn", PAL_CALL_PROCESS },
	{ "webbrowser.open*", PAL_CALL_PROCESS },
	{ "socket.socket", PAL_CALL_NETWORK },
	{ "socket.create_connection", PAL_CALL_NETWORK },
	{ "socket.create_server", PAL_CALL_NETWORK },
	{ "urllib.request.urlopen", PAL_CALL_NETWORK },
	{ "urllib.urlopen", PAL_CALL_NETWORK },
	{ "urllib2.urlopen", PAL_CALL_NETWORK },
	{ "requests.get", PAL_CALL_NETWORK },
	{ "requests.post", PAL_CALL_NETWORK },
	{ "requests.put", PAL_CALL_NETWORK },
	{ "requests.request", PAL_CALL_NETWORK },
	{ "requests.head", PAL_CALL_NETWORK },
	{ "requests.api.*", PAL_CALL_NETWORK },
	{ "httpx.get", PAL_CALL_NETWORK },
	{ "httpx.post", PAL_CALL_NETWORK },
	{ "httpx.request", PAL_CALL_NETWORK },
	{ "aiohttp.request", PAL_CALL_NETWORK },
	{ "http.client.HTTPConnection", PAL_CALL_NETWORK },
	{ "http.client.HTTPSConnection", PAL_CALL_NETWORK },
	{ "ftplib.FTP*", PAL_CALL_NETWORK },
	{ "smtplib.SMTP*", PAL_CALL_NETWORK },
	{ "telnetlib.Telnet", PAL_CALL_NETWORK },
	{ "xmlrpc.client.ServerProxy", PAL_CALL_NETWORK },
	{ "paramiko.SSHClient", PAL_CALL_NETWORK },
	{ "urllib.request.urlretrieve", PAL_CALL_DOWNLOAD },
	{ "urllib.urlretrieve", PAL_CALL_DOWNLOAD },
	{ "wget.download", PAL_CALL_DOWNLOAD },
	{ "gdown.download*", PAL_CALL_DOWNLOAD },
	{ "torch.hub.load*", PAL_CALL_DOWNLOAD },
	{ "torch.hub.download_url_to_file", PAL_CALL_DOWNLOAD },
	{ "huggingface_hub.hf_hub_download", PAL_CALL_DOWNLOAD },
	{ "huggingface_hub.snapshot_download", PAL_CALL_DOWNLOAD },
	{ "os.remove", PAL_CALL_DELETE },
	{ "os.unlink", PAL_CALL_DELETE },
	{ "os.rmdir", PAL_CALL_DELETE },
	{ "os.removedirs", PAL_CALL_DELETE },
	{ "os.truncate", PAL_CALL_DELETE },
	{ "shutil.rmtree", PAL_CALL_DELETE },
	{ "pathlib.Path.unlink", PAL_CALL_DELETE },
	{ "pathlib.Path.rmdir", PAL_CALL_DELETE },
	{ "ctypes.VirtualAlloc*", PAL_CALL_MEMORY },
	{ "ctypes.VirtualProtect*", PAL_CALL_MEMORY },
	{ "ctypes.RtlMoveMemory", PAL_CALL_MEMORY },
	{ "ctypes.CreateThread", PAL_CALL_MEMORY },
	{ "ctypes.CreateRemoteThread*", PAL_CALL_MEMORY },
	{ "ctypes.WriteProcessMemory", PAL_CALL_MEMORY },
	{ "os.dup2", PAL_CALL_REDIRECT },
	{ "builtins.open", PAL_CALL_OPEN },
	{ "io.open", PAL_CALL_OPEN },
	{ "codecs.open", PAL_CALL_OPEN },
	{ "base64.b64decode", PAL_CALL_DECODE },
	{ "base64.urlsafe_b64decode", PAL_CALL_DECODE },
	{ "base64.standard_b64decode", PAL_CALL_DECODE },
	{ "base64.decodebytes", PAL_CALL_DECODE },
	{ "base64.decodestring", PAL_CALL_DECODE },
	{ "base64.b16decode", PAL_CALL_DECODE },
	{ "base64.b32decode", PAL_CALL_DECODE },
	{ "base64.b85decode", PAL_CALL_DECODE },
	{ "base64.a85decode", PAL_CALL_DECODE },
	{ "binascii.unhexlify", PAL_CALL_DECODE },
	{ "binascii.a2b_*", PAL_CALL_DECODE },
	{ "codecs.decode", PAL_CALL_DECODE },
	{ "builtins.bytes.fromhex", PAL_CALL_DECODE },
	{ "builtins.bytearray.fromhex", PAL_CALL_DECODE },
	{ "builtins.bytes", PAL_CALL_DECODE },
	{ "builtins.bytearray", PAL_CALL_DECODE },
	{ "builtins.chr", PAL_CALL_DECODE },
	{ "zlib.decompress", PAL_CALL_DECODE },
	{ "gzip.decompress", PAL_CALL_DECODE },
	{ "bz2.decompress", PAL_CALL_DECODE },
	{ "lzma.decompress", PAL_CALL_DECODE },
	{ "cryptography.fernet.Fernet.decrypt", PAL_CALL_DECODE },
};

static bool
matches(const char *pattern, struct pal_view path)
{
	struct pal_view p = pal_view_of(pattern);

	if (p.data[p.len - 1] != '*')
		return pal_view_eq(p, path);
	p.len--;
	return path.len >= p.len && pal_view_eq(pal_view_sub(path, 0, p.len), p) &&
	       pal_view_find_byte(pal_view_sub(path, p.len, path.len), '.', 0) == SIZE_MAX;
}

static enum pal_python_call_kind
exactly(struct pal_view path)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if ((uint8_t)calls[i].path[0] == path.data[0] && matches(calls[i].path, path))
			return calls[i].kind;
	return PAL_CALL_PLAIN;
}

/* ctypes.windll.kernel32.VirtualAlloc and ctypes.CDLL(...).VirtualAlloc are ctypes.VirtualAlloc here. */
static bool
is_foreign(struct pal_view path)
{
	size_t       at = path.len;
	PAL_AUTO_BUF b = pal_buf_of(0);

	if (!pal_view_starts(path, "ctypes."))
		return false;
	while (path.data[at - 1] != '.')
		at--;
	pal_buf_add_text(&b, "ctypes.");
	pal_buf_add(&b, pal_view_sub(path, at, path.len));
	return exactly(pal_buf_view(&b)) == PAL_CALL_MEMORY;
}

/* Also what is reached through another module: shutil.os.system, random._os.system. */
enum pal_python_call_kind
pal_python_call_kind(struct pal_view path)
{
	enum pal_python_call_kind kind = PAL_CALL_PLAIN;
	bool                      first = true;

	if (is_foreign(path))
		return PAL_CALL_MEMORY;
	while (path.len > 0 && kind == PAL_CALL_PLAIN) {
		size_t dot = pal_view_find_byte(path, '.', 0);

		kind = exactly(path);
		if (!first && kind != PAL_CALL_PROCESS && kind != PAL_CALL_DELETE && kind != PAL_CALL_EXEC)
			kind = PAL_CALL_PLAIN;
		first = false;
		path = pal_view_sub(path, dot == SIZE_MAX ? path.len : dot + 1, path.len);
		while (path.len > 1 && path.data[0] == '_' && path.data[1] != '_')
			path = pal_view_sub(path, 1, path.len);
	}
	return kind;
}

bool
pal_python_is_watched(struct pal_view path)
{
	size_t          dot = pal_view_find_byte(path, '.', 0);
	struct pal_view top = pal_view_sub(path, 0, dot == SIZE_MAX ? path.len : dot);

	for (size_t i = 0; top.len > 0 && i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct pal_view p = pal_view_of(calls[i].path);

		if (p.len > top.len && p.data[top.len] == '.' && pal_view_eq(pal_view_sub(p, 0, top.len), top))
			return true;
	}
	return false;
}
