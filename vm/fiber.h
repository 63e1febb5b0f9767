/* SPDX-License-Identifier: MIT
 * C stacks of our own, and switching between them. A switch saves the callee-saved registers on the stack that is left
 * and costs a few instructions; where there is no assembly for the machine, ucontext does it. */
#ifndef VM_FIBER_H
#define VM_FIBER_H

#include "lexer/base.h"

typedef struct Fiber {
    char *memory;               /* NULL: a stack of the host's */
    size_t size;
    char *low, *high;           /* what can be used of it */
    void *sp;                   /* while it is left: everything from here to high is in use */
    void *context;              /* ucontext's, where that is needed */
    void *shadow;               /* the sanitizer's */
    const void *host_low;       /* the host's stack as the sanitizer knows it */
    size_t host_size;
    unsigned valgrind;
} Fiber;

/* A stack on which entry(arg) begins when it is first switched to; entry never returns. False: no memory. */
MUST_USE bool fiber_make(Fiber *f, const Alloc *alloc, void (*entry)(void *arg), void *arg);
void fiber_free(Fiber *f, const Alloc *alloc);
/* Go on in `to`; returns when somebody switches back to `from`. over: from will not be switched to again. */
void fiber_switch(Fiber *from, Fiber *to, bool over);
/* The first thing that entry does; from: where the switch came from. */
void fiber_entered(Fiber *f, Fiber *from);

#endif
