/* SPDX-License-Identifier: MIT
 * The formatting of messages: printf's d i u x c s p and values. raise_exc() and str_printf() are made of it. */
#ifndef VM_FORMAT_H
#define VM_FORMAT_H

#include <stdarg.h>

#include "vm/buf.h"
#include "vm/vm.h"

/* Append. Besides printf's conversions (with flags, width, precision and the sizes l, ll, z): %S a Str *, %R
 * repr() of a Value, %V str() of a Value, %T the name of a Value's type, %N the name of a Type *. %c is a code
 * point. May call script (%R, %V). False: an exception is pending. */
MUST_USE bool vformat(Vm *vm, Buf *b, const char *fmt, va_list ap);

#endif
