/* SPDX-License-Identifier: MIT
 * Code objects as constant bytes: what build/<variant>/precompile makes of the modules written in aio, and what
 * all VMs share. A VM makes of it what it needs: image_code() the head of a module's code, code_ready() the rest of
 * a code when it first runs or somebody looks into it (and the heads of the codes inside it), image_position() a
 * position when somebody asks for it.
 *
 * An image begins with the offset of its codes and that of the module's own code (4 bytes each, the low one first).
 * Strings follow, then the codes. Numbers are in groups of 7 bits, the lowest first, the top bit set in all but the
 * last; signed ones have their sign in the lowest bit. Strings are named by offset, so the frequent ones come first.
 *
 *   string     length, UTF-8
 *   code       flags * 4 + IMAGE_QUALNAME_*, first_line, nregs, nlocals, nposonly, nargs, nkwonly, ncaptures,
 *              self_attrs, name, qualname where the flags say so;
 *              ninstrs, nconsts, ncaches, nhandlers; names of locals, a byte for each that tells a cell;
 *              captures: name, index * 2 + is_local; constants: IMAGE_* and what it needs; names of caches;
 *              handlers: start, length, target, reg, live; instructions; live counts; lines
 *   instruction   op, the operands that its letters in opcodes.def name, x where they do
 *   live counts, lines   bytes of (instructions - 1) * 16 + (difference + 8); 0: the two are numbers that follow
 *
 * Of positions the lines are kept: the columns are of use beside the text of a line, and that is not in the binary.
 *
 * Images come from the binary alone, so they are not checked: precompile has compared each with what it is made from. */
#ifndef VM_IMAGE_H
#define VM_IMAGE_H

#include "vm/code.h"

enum {
    IMAGE_NONE, IMAGE_TRUE, IMAGE_FALSE, IMAGE_ELLIPSIS,
    IMAGE_INT,                  /* signed number */
    IMAGE_BIG_INT,              /* count * 2 + negative, limbs of 8 bytes */
    IMAGE_FLOAT,                /* 8 bytes */
    IMAGE_STR, IMAGE_NAME,      /* string; a NAME is interned */
    IMAGE_BYTES,                /* string */
    IMAGE_TUPLE, IMAGE_FROZENSET,       /* count, constants */
    IMAGE_CODE                  /* offset among the codes */
};

enum {                          /* the qualified name is: */
    IMAGE_QUALNAME_SAME,        /* the name */
    IMAGE_QUALNAME_MEMBER,      /* that of the code around it, ".", the name */
    IMAGE_QUALNAME_LOCAL,       /* that of the code around it, ".<locals>.", the name */
    IMAGE_QUALNAME_OTHER        /* given */
};

/* The code of the module, of which nothing but the head is made. NULL: MemoryError is pending. */
MUST_USE Code *image_code(Vm *vm, const uint8_t *image, Str *filename);

#endif
