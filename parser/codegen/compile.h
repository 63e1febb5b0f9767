/* SPDX-License-Identifier: MIT
 * Source text to code objects: the whole front end in one call. */
#ifndef PARSER_CODEGEN_COMPILE_H
#define PARSER_CODEGEN_COMPILE_H

#include "parser/ast.h"
#include "vm/code.h"

typedef struct CompileOptions {
    const char *filename;       /* UTF-8; NULL: "<string>" */
    ParseMode mode;
    bool top_level_await;       /* await may stand outside functions; the code is a coroutine's when it does */
    bool names_mode;            /* names by mapping: exec and eval with locals of their own */
    bool unseen;                /* its frames stand in no traceback */
    bool strip_source;          /* keep no source text in the code */
    bool is_text;               /* was a str: it declares no encoding */
    bool is_script;             /* a main script: errors of its encoding have no place */
    bool in_file;               /* the text is that of the file: errors after parsing show its lines */
    bool blank_is_more;         /* a text may be incomplete although a blank line ends it */
    uint8_t optimize;           /* 0: as the VM was told; else the level, plus 1 */
    unsigned future;            /* inherited future features: COMPILE_* */
    bool interactive;           /* whatever the mode, statements show the values of expressions */
    Dict *parts;                /* not code is wanted but the tree, as objects made of these (tree.h); NULL: code */
    Value shown;                /* the text that tracebacks show instead; no bits set: the one compiled */
    Value like;                 /* the text was written from this tree, which tells the places; no bits set: none */
} CompileOptions;

#define COMPILE_FUTURE_ANNOTATIONS 1u
#define COMPILE_FUTURE_BARRY 2u

/* Lex, parse, resolve names, generate. text is UTF-8 of len bytes and need not end in a NUL. Runs no script but
 * for warnings and codecs, collects nothing else. NULL: an exception is pending, SyntaxError with CPython's
 * attributes when the text is at fault. *incomplete (may be NULL) tells whether more text could make it right. */
MUST_USE Value compile_text(Vm *vm, const char *text, size_t len, const CompileOptions *o, bool *incomplete);
/* The same where code is wanted. */
MUST_USE Code *compile_source(Vm *vm, const char *text, size_t len, const CompileOptions *o, bool *incomplete);

#endif
