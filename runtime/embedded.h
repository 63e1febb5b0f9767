/* SPDX-License-Identifier: MIT
 * The modules of stdlib/ that are written in aio, compiled, inside the binary. The table is made at build time by
 * scripts/precompile.c. */
#ifndef RUNTIME_EMBEDDED_H
#define RUNTIME_EMBEDDED_H

#include "vm/image.h"

typedef struct EmbeddedModule {
    const char *name;               /* dotted: "asyncio.queues"; NULL ends the table */
    const char *path;               /* for tracebacks: "<stdlib>/asyncio/queues.aio" */
    Image image;                    /* its code */
    bool is_package;                /* made from an __init__.aio */
} EmbeddedModule;

/* Sorted by name (strcmp), so that a look-up may bisect. */
extern const EmbeddedModule embedded_modules[];
extern const size_t embedded_module_count;

#endif
