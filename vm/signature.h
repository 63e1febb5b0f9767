/* SPDX-License-Identifier: MIT
 * Signatures of natives: parsed once from their text, they check and convert arguments. */
#ifndef VM_SIGNATURE_H
#define VM_SIGNATURE_H

#include "vm/ops.h"

#define SIGNATURE_MAX_PARAMS 24u

typedef enum ParamConv { CONV_NONE, CONV_INT, CONV_SSIZE, CONV_CINT, CONV_SLICE,
                         CONV_FLOAT, CONV_STR, CONV_BYTES, CONV_BOOL } ParamConv;

typedef struct Param {
    Str *name;
    Value dflt;                 /* EMPTY: none, or `...` */
    uint8_t conv;
    bool required;
} Param;

/* Parameters in the order of Args.v: positional-only, positional, keyword-only, then `**`. */
struct Signature {
    uint16_t nparams;           /* without * and ** */
    uint16_t nposonly, npos, nrequired;         /* npos: may be given by position; nrequired of them must be */
    bool varargs, varkw, kwonly_required;
    bool plain;                 /* no **, no keyword that must be given, and the function asks for its arguments one by one */
    uint16_t nplain;            /* the first so many are taken as they are */
    bool direct;                /* plain, nothing to convert, and nparams arguments by position are what the function wants */
    Signature *next;            /* of the VM's list */
    size_t bytes;
    Param params[];
};

/* Cached in the native. NULL: exception pending (memory, or a bad signature: SystemError). */
MUST_USE const Signature *signature_of(Vm *vm, Native *n);
/* "($self, x, /, y=1)": the parameters as __text_signature__ has them, behind `first` (NULL: none); None where a
 * default cannot be told. "f(*args) as (x, y=1)" takes *args and says (x, y=1). */
MUST_USE Value signature_text(Vm *vm, const char *signature, const char *first);
/* The name alone, from "insert(index: int, …)". */
size_t signature_name_len(const char *signature);
void signatures_free(Vm *vm);          /* all of the VM's, at its end */
/* Bind and call. args are the parameters' values only, self is known. */
MUST_USE Value signature_call(Vm *vm, Native *n, Value self, uint32_t nargs, const Value *args, uint32_t nkw,
                              const Value *names);

/* TypeError: a method got an object of another class. */
Value raise_wrong_self(Vm *vm, const Native *n, Value self);
/* TypeError; meant: the parameter that key was probably to name, or NULL. */
Value raise_unexpected_keyword(Vm *vm, const char *function, Str *key, Str *meant);

#endif
