/* SPDX-License-Identifier: MIT
 * File names as arguments: str, bytes, or anything with __fspath__. */
#ifndef RUNTIME_PATH_H
#define RUNTIME_PATH_H

#include "runtime/runtime.h"

typedef struct Path {
    Value original;             /* for the filename of an OSError */
    const char *text;           /* NUL-terminated; lives while `keep` does on the C stack */
    bool bytes;                 /* was given as bytes: results are bytes too */
    Value keep;
} Path;

/* False: an exception is pending. func and arg name the place in messages: "stat: path should be …"; arg NULL:
 * "expected str, bytes or os.PathLike object, not x". */
MUST_USE bool path_of(Vm *vm, Value v, const char *func, const char *arg, Path *out);
/* __fspath__ applied: a str or bytes. */
MUST_USE Value path_fspath(Vm *vm, Value v);
/* A name that the system gave, undecodable bytes as surrogates; bytes when asked. */
MUST_USE Value path_result(Vm *vm, const char *name, size_t len, bool bytes);

#endif
