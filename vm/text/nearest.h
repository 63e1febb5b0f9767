/* SPDX-License-Identifier: MIT
 * Which of some names was probably meant. */
#ifndef VM_TEXT_NEAREST_H
#define VM_TEXT_NEAREST_H

#include "vm/object.h"

/* A search for the candidate nearest to a name by CPython's measure (Levenshtein's distance, cheaper where only the
 * case differs). best is NULL while none is near enough. */
typedef struct Nearest {
    const Str *name;
    Str *best;
    size_t distance;
} Nearest;
void nearest_try(Nearest *n, Str *candidate);

#endif
