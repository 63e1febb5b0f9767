/* SPDX-License-Identifier: MIT
 * __spec__ and __loader__ of modules. */
#ifndef RUNTIME_MODSPEC_H
#define RUNTIME_MODSPEC_H

#include "runtime/runtime.h"

typedef enum ModuleOrigin { MODULE_BUILTIN, MODULE_SOURCE, MODULE_NAMESPACE } ModuleOrigin;

/* The types that scripts see in specs and in sys.meta_path, made on first use. NULL: exception pending. */
typedef enum ModspecType {
    MODSPEC_TYPE, MODSPEC_SOURCE_LOADER, MODSPEC_BUILTIN_IMPORTER, MODSPEC_NAMESPACE_LOADER, MODSPEC_FROZEN_IMPORTER,
    MODSPEC_PATH_FINDER
} ModspecType;
MUST_USE Type *modspec_type(Vm *vm, ModspecType which);
/* Their methods (modload.c). */
extern const MethodDef modload_source[], modload_builtin[], modload_namespace[], modload_frozen[], modload_path[];

/* The finders in sys.meta_path that stand for module.c. NULL: exception pending. */
MUST_USE List *modload_finders(Vm *vm);
/* Has a script put finders of its own there? */
bool modload_has_foreign(Vm *vm);
/* Import by these, the ones before (or behind) ours. EMPTY: exception pending; NONE: no one knows the module; NOT_IMPLEMENTED:
 * now it is our turn. */
MUST_USE Value modload_foreign(Vm *vm, Str *name, Value path, bool behind);

/* The loader of a module: file EMPTY unless it is MODULE_SOURCE, path is that of a package or EMPTY. */
MUST_USE Value modspec_loader(Vm *vm, ModuleOrigin origin, Str *name, Value file, Value path);
/* Where CPython would keep the compiled code of this file. */
MUST_USE Value modspec_cached(Vm *vm, Value file);
MUST_USE Value modspec_new(Vm *vm, ModuleOrigin origin, Str *name, Value loader, Value file, Value path);
/* While a module runs, its spec says so: messages about missing names mention it. */
bool modspec_beside_script(Vm *vm, Value file, Value name, bool *library);      /* hooks.beside_script */
MUST_USE bool modspec_running(Vm *vm, Value spec, bool running);

#endif
