/*
 * python_calls.h - the functions of Python and its libraries that are worth a word when they are called.
 *
 *   units    none
 *   memory   static
 *   errors   none
 *   threads  pure
 */
#ifndef PALISADE_DETECT_PYTHON_CALLS_H
#define PALISADE_DETECT_PYTHON_CALLS_H

#include "palisade/view.h"

enum pal_python_call_kind {
	PAL_CALL_PLAIN,
	PAL_CALL_EXEC,     /* runs source or code that it is given */
	PAL_CALL_COMPILE,  /* makes code of source */
	PAL_CALL_UNPICKLE, /* runs what is in a pickle or a code object */
	PAL_CALL_IMPORT,   /* imports by a name that is a value */
	PAL_CALL_PROCESS,
	PAL_CALL_NETWORK,
	PAL_CALL_DOWNLOAD, /* of a file, to disk */
	PAL_CALL_DELETE,
	PAL_CALL_MEMORY, /* of the process, as shell code needs */
	PAL_CALL_OPEN,
	PAL_CALL_REDIRECT, /* of a descriptor onto another */
	PAL_CALL_DECODE,   /* makes bytes or text of a text that hides them */
};

/* `path` is a dotted name whose first part is a module: "os.system", "builtins.exec", "shutil.os.system". */
enum pal_python_call_kind pal_python_call_kind(struct pal_view path);

/* Does the table know a function in a module of this name? What is bound to it is not forgotten. */
bool pal_python_is_watched(struct pal_view path);

#endif
