/* SPDX-License-Identifier: MIT
 * Finding and running modules. */
#ifndef RUNTIME_MODULE_H
#define RUNTIME_MODULE_H

#include "parser/codegen/compile.h"
#include "runtime/runtime.h"

/* Makes a module of stdlib/ that is written in C. EMPTY: an exception is pending. */
typedef Value (*ModuleInit)(Vm *vm);
typedef struct BuiltinModule {
    const char *name;
    ModuleInit init;
} BuiltinModule;
extern const BuiltinModule builtin_modules[];   /* stdlib/init.c; ends with { 0 } */

/* sys, builtins, and sys.path; before anything is imported. */
MUST_USE bool modules_init(Vm *vm);
/* What a module has from the start: file EMPTY for one without, path (of a package) too. */
MUST_USE bool module_set_meta(Vm *vm, Module *m, Str *name, Value file, bool package, Value path);

/* The spec of a module that can be found (path: of its package, EMPTY: sys.path), else NONE. EMPTY: an exception is pending. */
/* The code of a module that is embedded; None: there is none of that name. */
Value rt_library_code(Vm *vm, Str *name);
Value rt_find_spec(Vm *vm, Str *name, Value path);

/* source.c: the text of a file. 1 read, 0 there is no such file (or it may not be read), -1 exception pending. */
MUST_USE int source_read(Vm *vm, const char *path, Buf *out);
/* The text is said to be that of a file, whose lines tracebacks show: is there one, and does it say something else? */
MUST_USE bool source_claims_file(Vm *vm, const char *text, size_t n, CompileOptions *o);

#endif
