/* SPDX-License-Identifier: MIT
 * Arguments and environments for programs: arrays of C strings. */
#ifndef STDLIB_POSIX_ARGV_H
#define STDLIB_POSIX_ARGV_H

#include "stdlib/posix/posix.h"

/* Arrays that end in NULL. They live while the array itself, or `keep`, is on the C stack. */
typedef struct StringArray {
    char **items;
    size_t count;
    List *keep;                 /* the bytes that the items lie in */
} StringArray;

/* From a list or tuple of paths. */
MUST_USE bool strings_of(Vm *vm, Value seq, StringArray *out);
/* "name=value" from a mapping; func names the caller in errors. */
MUST_USE bool strings_of_env(Vm *vm, Value mapping, const char *func, StringArray *out);

#endif
