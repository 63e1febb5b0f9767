/* SPDX-License-Identifier: MIT */
#include "vm/fiber.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FIBER_SIZE (512u * 1024)        /* address space: pages come as they are touched */
#define PAGE 4096u

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif
#ifdef FIBER_ASAN
void __sanitizer_start_switch_fiber(void **fake_stack, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *fake_stack, const void **old_bottom, size_t *old_size);
#endif
#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(low, high) 0u
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif

/* ---- the switch itself ---- */
#if defined(__x86_64__)
/* fiber_swap(void **from, void *to): rbp rbx r12-r15 and the control words go to the stack, its pointer to *from. */
__asm__(".text\n"
        ".p2align 4\n"
        ".hidden fiber_swap\n"
        ".globl fiber_swap\n"
        ".type fiber_swap, @function\n"
        "fiber_swap:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    subq $8, %rsp\n"
        "    stmxcsr (%rsp)\n"
        "    fnstcw 4(%rsp)\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    ldmxcsr (%rsp)\n"
        "    fldcw 4(%rsp)\n"
        "    addq $8, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size fiber_swap, . - fiber_swap\n"
        /* The first switch "returns" to here, entry in r12 and its argument in r13. */
        ".p2align 4\n"
        ".hidden fiber_start\n"
        ".globl fiber_start\n"
        ".type fiber_start, @function\n"
        "fiber_start:\n"
        "    movq %r13, %rdi\n"
        "    callq *%r12\n"
        "    hlt\n"
        ".size fiber_start, . - fiber_start\n");
void fiber_swap(void **from, void *to);
void fiber_start(void);

static bool prepare(Fiber *f, const Alloc *alloc, void (*entry)(void *), void *arg)
{
    (void)alloc;
    uint64_t *sp = (uint64_t *)(void *)f->high;
    *--sp = 0;                                  /* so that entry finds the stack aligned */
    *--sp = 0;
    *--sp = (uint64_t)(uintptr_t)fiber_start;
    *--sp = 0;                                  /* rbp */
    *--sp = 0;                                  /* rbx */
    *--sp = (uint64_t)(uintptr_t)entry;         /* r12 */
    *--sp = (uint64_t)(uintptr_t)arg;           /* r13 */
    *--sp = 0;
    *--sp = 0;
    uint32_t control[2] = { 0x1f80, 0x37f };    /* mxcsr, x87: as a process begins */
    memcpy(--sp, control, sizeof control);
    f->sp = sp;
    return true;
}

static void release(Fiber *f, const Alloc *alloc) { (void)f, (void)alloc; }
static void swap(Fiber *from, Fiber *to) { fiber_swap(&from->sp, to->sp); }

#elif defined(__aarch64__)
__asm__(".text\n"
        ".p2align 4\n"
        ".hidden fiber_swap\n"
        ".globl fiber_swap\n"
        ".type fiber_swap, @function\n"
        "fiber_swap:\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x2, sp\n"
        "    str x2, [x0]\n"
        "    mov sp, x1\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        ".size fiber_swap, . - fiber_swap\n"
        ".p2align 4\n"
        ".hidden fiber_start\n"
        ".globl fiber_start\n"
        ".type fiber_start, @function\n"
        "fiber_start:\n"
        "    mov x0, x20\n"
        "    blr x19\n"
        "    brk #1\n"
        ".size fiber_start, . - fiber_start\n");
void fiber_swap(void **from, void *to);
void fiber_start(void);

static bool prepare(Fiber *f, const Alloc *alloc, void (*entry)(void *), void *arg)
{
    (void)alloc;
    uint64_t *sp = (uint64_t *)(void *)(f->high - 160);
    memset(sp, 0, 160);
    sp[0] = (uint64_t)(uintptr_t)entry;         /* x19 */
    sp[1] = (uint64_t)(uintptr_t)arg;           /* x20 */
    sp[11] = (uint64_t)(uintptr_t)fiber_start;  /* x30 */
    f->sp = sp;
    return true;
}

static void release(Fiber *f, const Alloc *alloc) { (void)f, (void)alloc; }
static void swap(Fiber *from, Fiber *to) { fiber_swap(&from->sp, to->sp); }

#else
#include <ucontext.h>

typedef struct Context {
    ucontext_t u;               /* registers lie in here: the collector looks at the struct as well as at the stack */
    void (*entry)(void *);
    void *arg;
} Context;

static void start(unsigned high, unsigned low)
{
    Context *c = (Context *)(((uintptr_t)high << 16 << 16) | low);
    c->entry(c->arg);
}

static bool context_of(Fiber *f)
{
    static const size_t size = sizeof(Context);
    return f->context || (f->context = calloc(1, size)) != NULL;
}

static bool prepare(Fiber *f, const Alloc *alloc, void (*entry)(void *), void *arg)
{
    (void)alloc;
    if (!context_of(f))
        return false;
    Context *c = f->context;
    c->entry = entry;
    c->arg = arg;
    getcontext(&c->u);
    c->u.uc_stack.ss_sp = f->low;
    c->u.uc_stack.ss_size = (size_t)(f->high - f->low);
    makecontext(&c->u, (void (*)(void))start, 2, (unsigned)((uintptr_t)c >> 16 >> 16), (unsigned)(uintptr_t)c);
    f->sp = f->high;
    return true;
}

static void release(Fiber *f, const Alloc *alloc)
{
    (void)alloc;
    free(f->context);
}

static void swap(Fiber *from, Fiber *to)
{
    ucontext_t here;            /* on the stack, so that the collector sees what it holds */
    if (!context_of(from))
        return;
    from->sp = &here;
    memcpy(&here, &((Context *)from->context)->u, sizeof here);
    swapcontext(&((Context *)from->context)->u, &((Context *)to->context)->u);
}
#endif

/* ---- stacks ---- */
bool fiber_make(Fiber *f, const Alloc *alloc, void (*entry)(void *), void *arg)
{
    *f = (Fiber){ .size = FIBER_SIZE, .memory = mem_alloc(alloc, FIBER_SIZE) };
    if (!f->memory)
        return false;
    char *guard = (char *)(((uintptr_t)f->memory + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
    f->low = guard + PAGE;
    f->high = (char *)((uintptr_t)(f->memory + f->size) & ~(uintptr_t)15);
    mprotect(guard, PAGE, PROT_NONE);           /* what runs over it faults instead of overwriting others */
    if (!prepare(f, alloc, entry, arg)) {
        fiber_free(f, alloc);
        return false;
    }
    f->valgrind = (unsigned)VALGRIND_STACK_REGISTER(f->low, f->high);
    return true;
}

void fiber_free(Fiber *f, const Alloc *alloc)
{
    release(f, alloc);
    if (!f->memory)
        return;
    VALGRIND_STACK_DEREGISTER(f->valgrind);
    mprotect(f->low - PAGE, PAGE, PROT_READ | PROT_WRITE);
    mem_free(alloc, f->memory, f->size);
    *f = (Fiber){ .memory = NULL };
}

void fiber_entered(Fiber *f, Fiber *from)
{
#ifdef FIBER_ASAN
    const void *low;
    size_t size;
    __sanitizer_finish_switch_fiber(f->shadow, &low, &size);
    from->host_low = low;
    from->host_size = size;
#else
    (void)f, (void)from;
#endif
}

void fiber_switch(Fiber *from, Fiber *to, bool over)
{
#ifdef FIBER_ASAN
    const void *low = to->memory ? to->low : to->host_low;
    size_t size = to->memory ? (size_t)(to->high - to->low) : to->host_size;
    __sanitizer_start_switch_fiber(over ? NULL : &from->shadow, low, size);
    swap(from, to);
    __sanitizer_finish_switch_fiber(from->shadow, NULL, NULL);
#else
    (void)over;
    swap(from, to);
#endif
}
