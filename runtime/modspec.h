/* SPDX-License-Identifier: MIT
 * __spec__ and __loader__ of modules. */
#ifndef RUNTIME_MODSPEC_H
#define RUNTIME_MODSPEC_H

#include "runtime/runtime.h"

typedef enum ModuleOrigin { MODULE_BUILTIN, MODULE_SOURCE, MODULE_NAMESPACE } ModuleOrigin;

/* The loader of a module: file EMPTY unless it is MODULE_SOURCE, path is that of a package or EMPTY. */
MUST_USE Value modspec_loader(Vm *vm, ModuleOrigin origin, Str *name, Value file, Value path);
MUST_USE Value modspec_new(Vm *vm, ModuleOrigin origin, Str *name, Value loader, Value file, Value path);
/* While a module runs, its spec says so: messages about missing names mention it. */
bool modspec_beside_script(Vm *vm, Value file, Value name, bool *library);      /* hooks.beside_script */
MUST_USE bool modspec_running(Vm *vm, Value spec, bool running);

#endif
