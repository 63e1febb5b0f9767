/* SPDX-License-Identifier: MIT
 * Code objects as constant bytes: what build/<variant>/precompile makes of the modules written in aio, and what
 * all VMs share. A VM makes of it what it needs: image_code() the head of a module's code, code_ready() the rest of
 * a code when it first runs or somebody looks into it (and the heads of the codes inside it), image_position() a
 * line and image_doc() a docstring when somebody asks for it.
 *
 * An image begins with the offset of its codes and that of the module's own code (4 bytes each, the low one first).
 * Strings follow, then the codes. Nearly all of it is symbols of 8 bits in Huffman codes. Each symbol has a context,
 * which says whose statistics apply: IMAGE_CTX_*. The tables of all contexts are the model, one for all images,
 * made from the statistics of all modules.
 *
 *   number     a symbol; 255: groups of 7 bits follow, 8 bits each, the lowest first, the top bit set in all but the last
 *   signed     the number 2 * n, or -2 * n - 1
 *   wide       a number, then the low 8 bits
 *   reference  the number (offset >> 8) * 2 + pooled, then the low 8 bits of the offset of a string, in the image or,
 *              pooled, among those that more than one image uses: a symbol, see image_low_context()
 *   string     at a byte's beginning: length * 2 + packed, in groups of 7 bits; packed: symbols whose context is the one
 *              before: from IMAGE_UNIT on units, which stand for several bytes, IMAGE_ESCAPE for 8 bits that follow,
 *              others for themselves; else the bytes
 *   code       at a byte's beginning: flags and IMAGE_QUALNAME_*, first_line (signed: less that of the code before in
 *              the same one, or of that one), nregs, nlocals, nargs, IMAGE_HAS_*, what they say, name, qualname where the
 *              flags say so;
 *              ninstrs, nconsts, ncaches, nhandlers, the docstring where the flags say so; names of locals, a bit for
 *              each that tells a cell; captures: name, index * 2 + is_local; constants: IMAGE_* and what it needs;
 *              names of caches; handlers: start, length, target, reg, live; the first indexes that the operands K and G
 *              have, instructions; at a byte's beginning: lines
 *   instruction   op, the operands that its letters in opcodes.def name, x where they do. Before the op, IMAGE_UNUSUAL and
 *              the change of the live count where that is not what it mostly is behind the op before
 *   register   160 to 223: 192 less than that from the live count on; less: itself
 *   index      0: one more than the highest so far; less than IMAGE_INDEX_FAR: how much less than that; else how much
 *              more than IMAGE_INDEX_FAR
 *   lines      runs: signed difference to the line before (first_line), number of instructions - 1
 *
 * Of positions the lines are kept: the columns are of use beside the text of a line, and that is not in the binary.
 *
 * Images come from the binary alone, so they are not checked: precompile has compared each with what it is made from. */
#ifndef VM_IMAGE_H
#define VM_IMAGE_H

#include "vm/code.h"

enum {
    IMAGE_NONE, IMAGE_TRUE, IMAGE_FALSE, IMAGE_ELLIPSIS,
    IMAGE_INT,                  /* signed */
    IMAGE_BIG_INT,              /* the number count * 2 + negative, then count * 8 bytes of 8 bits */
    IMAGE_FLOAT,                /* 8 bytes of 8 bits */
    IMAGE_STR, IMAGE_NAME,      /* reference; a NAME is interned */
    IMAGE_BYTES,                /* reference */
    IMAGE_TUPLE, IMAGE_FROZENSET,       /* number, constants */
    IMAGE_CODE                  /* its offset among the codes, wide */
};

enum {                          /* the qualified name is: */
    IMAGE_QUALNAME_SAME,        /* the name */
    IMAGE_QUALNAME_MEMBER,      /* that of the code around it, ".", the name */
    IMAGE_QUALNAME_LOCAL,       /* that of the code around it, ".<locals>.", the name */
    IMAGE_QUALNAME_OTHER        /* given */
};

enum { IMAGE_HAS_POSONLY = 1, IMAGE_HAS_KWONLY = 2, IMAGE_HAS_CAPTURES = 4, IMAGE_HAS_SELF_ATTRS = 8 };

/* Numbers that have a context of their own; first those that change while codes are made. */
enum {
    IMAGE_FIELD_CODE_NAME, IMAGE_FIELD_LOCAL_NAME, IMAGE_FIELD_CACHE_NAME, IMAGE_FIELD_CONSTANT_NAME, IMAGE_FIELD_CONSTANT,
    IMAGE_FIELD_LOWS, IMAGE_LOWS_POOLED = 96, IMAGE_LOWS = IMAGE_LOWS_POOLED + 1,
    IMAGE_FIELD_CODE_WIDE = IMAGE_FIELD_LOWS + IMAGE_LOWS, IMAGE_FIELD_NINSTRS_WIDE, IMAGE_WIDE_FIELDS,
    IMAGE_FIELD_FLAGS = IMAGE_WIDE_FIELDS, IMAGE_FIELD_FIRST_LINE, IMAGE_FIELD_NREGS, IMAGE_FIELD_NLOCALS, IMAGE_FIELD_NARGS,
    IMAGE_FIELD_HAS, IMAGE_FIELD_NPOSONLY, IMAGE_FIELD_NKWONLY, IMAGE_FIELD_NCAPTURES, IMAGE_FIELD_SELF_ATTRS,
    IMAGE_FIELD_NCONSTS, IMAGE_FIELD_NCACHES,
    IMAGE_FIELD_NHANDLERS, IMAGE_FIELD_CAPTURE, IMAGE_FIELD_TAG, IMAGE_FIELD_INT, IMAGE_FIELD_COUNT, IMAGE_FIELD_HANDLER,
    IMAGE_FIELD_FIRST, IMAGE_FIELD_LINE, IMAGE_FIELD_RUN, IMAGE_FIELDS
};

/* Contexts: fields, then for each op (OPCODE_COUNT: none yet) what may follow it, how it leaves the live count, then
 * its operands and x, then for each symbol of a string the next one. */
enum {
    IMAGE_CTX_OP = IMAGE_FIELDS,
    IMAGE_CTX_LIVE = IMAGE_CTX_OP + OPCODE_COUNT + 1,
    IMAGE_CTX_OPERAND = IMAGE_CTX_LIVE + OPCODE_COUNT + 1,
    IMAGE_CTX_X = IMAGE_CTX_OPERAND + 3 * OPCODE_COUNT,
    IMAGE_CTX_CHAR = IMAGE_CTX_X + OPCODE_COUNT,
    IMAGE_CONTEXTS = IMAGE_CTX_CHAR + 256
};

/* That of a string's low bits of the offset. */
static inline unsigned image_low_context(uint64_t high, bool pooled)
{
    uint64_t first = pooled ? 0 : IMAGE_LOWS_POOLED, count = pooled ? IMAGE_LOWS_POOLED : IMAGE_LOWS - IMAGE_LOWS_POOLED;
    return IMAGE_FIELD_LOWS + (unsigned)(first + (high < count ? high : count - 1));
}

#define IMAGE_CODE_MAX 12u      /* bits of the longest code */
#define IMAGE_SHORT_CODE 4u     /* bits of those that are found at once */
#define IMAGE_SHORT_MASK 15u
#define IMAGE_PADDING 8u        /* bytes behind an image that may be read */
#define IMAGE_LOCAL_MAX 160u    /* registers below it may stand for themselves */
#define IMAGE_TEMP 192u
#define IMAGE_LIVE_ZERO 128
#define IMAGE_UNUSUAL 255u
#define IMAGE_ESCAPE 1u
#define IMAGE_UNIT 128u
#define IMAGE_UNITS 128u
#define IMAGE_INDEX_FAR 0x20000u

/* At each context's offset: for each value of the next 4 bits 1 + the length of the code that begins them, 0 if it is
 * longer, and its symbol; then of codes longer than 4 bits the first one's first 5 bits, the number of each length from
 * 5 on behind their number, and the symbols by code. */
typedef struct ImageModel {
    const uint16_t *offsets;
    const uint8_t *tables;
    const uint8_t *pool;        /* strings that more than one image uses */
    const uint16_t *unit_starts;        /* unit n: unit_text[starts[n]] .. unit_text[starts[n + 1]] */
    const uint8_t *unit_text;
    const uint8_t *usual;       /* by op: how the live count mostly changes behind it, plus IMAGE_LIVE_ZERO */
} ImageModel;

struct Image {
    const uint8_t *bytes;
    const ImageModel *model;
};

/* The code of the module, of which nothing but the head is made. NULL: MemoryError is pending. */
MUST_USE Code *image_code(Vm *vm, const Image *image, Str *filename);

#endif
