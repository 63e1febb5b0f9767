/* SPDX-License-Identifier: MIT
 * Uncaught exceptions as text, as CPython prints them. Nothing here leaves an exception pending: what str() or
 * repr() of a script's objects raises becomes a placeholder in the text, and out of memory ends the text early. */
#ifndef RUNTIME_TRACEBACK_H
#define RUNTIME_TRACEBACK_H

#include "vm/buf.h"
#include "vm/code.h"
#include "vm/ops.h"

/* The whole text of an exception: chain of causes and contexts, traceback, notes, members of groups. May call
 * script (__str__, __dir__). False: out of memory, the text may end early. */
MUST_USE bool traceback_text(Vm *vm, Value exc, Buf *out);
/* The same without causes and contexts when `chain` is false, and with at most `limit` entries of each traceback;
 * negative: the last -limit. sys.tracebacklimit has no say in it. */
#define TRACEBACK_NO_LIMIT INT64_MAX
MUST_USE bool traceback_text_limited(Vm *vm, Value exc, bool chain, int64_t limit, Buf *out);

/* As for exceptions that are ignored: no carets, no causes and contexts, no members of groups. */
void traceback_text_plain(Vm *vm, Value exc, Buf *out);

/* The parts, for module traceback. */
/* Entries of a traceback, NONE for nothing: '  File "x.py", line 3, in f' with the source and its carets. */
void traceback_put_stack(Vm *vm, Value tb, int64_t limit, Buf *out);
/* One such entry: the place of an instruction; without one (UINT32_MAX) a line. */
void traceback_put_entry(Vm *vm, const Code *code, uint32_t at, uint32_t line, Buf *out);
/* What stands behind the traceback: "ValueError: text", notes, a SyntaxError's line. tb helps suggestions. */
void traceback_put_exception(Vm *vm, Value exc, Value tb, Buf *out);
/* Line `number` of a source text, without white space at its end; NULL: there is none. */
const char *traceback_source_line(const Str *source, uint32_t number, size_t *len);

/* suggest.c: the name that a NameError, AttributeError or ImportError may have meant; NULL: none. */
Str *traceback_suggestion(Vm *vm, Value exc, Value tb);

/* traceback_frame.c: text without the white space that all its lines have in common, as textwrap.dedent(). */
void text_dedent(const char *s, size_t n, Buf *out);
/* Each line behind a prefix. */
void text_indent(const char *s, size_t n, const char *prefix, Buf *out);

#endif
