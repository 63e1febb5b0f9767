/* SPDX-License-Identifier: MIT
 * What a script may not do to its host: take more memory than granted, recurse without end, touch files, keep a handle
 * alive; and what a host may do wrong without harm. */
#include <stdio.h>
#include <string.h>

#include "aiovm.h"

static void last_line(aiovm *vm)
{
    aiovm_val exc = aiovm_error_take(vm);
    const char *text = AIOVM_IS_NULL(exc) ? NULL : aiovm_error_text(vm, exc, NULL);
    size_t n = text ? strlen(text) : 0;
    while (n && text[n - 1] == '\n')
        n--;
    size_t from = n;
    while (from && text[from - 1] != '\n')
        from--;
    printf("%.*s\n", (int)(n - from), text ? text + from : "");
}

static void run(aiovm *vm, const char *src)
{
    aiovm_status st = aiovm_run(vm, src, SIZE_MAX, "limits.aio");
    printf("%d ", st);
    if (st == AIOVM_OK)
        printf("\n");
    else if (st == AIOVM_EEXIT)
        printf("exit %d\n", aiovm_exit_status(vm));
    else
        last_line(vm);
}

int main(void)
{
    aiovm_config c;
    aiovm_config_init(&c);
    c.max_memory = 32u << 20;
    aiovm *vm = aiovm_new(&c);
    if (!vm)
        return 1;
    run(vm, "x = []\nwhile True:\n    x.append(bytes(100000))\n");
    run(vm, "x = None\ny = 'still here'\n");
    run(vm, "b = b'x'\nwhile True:\n    b += b\n");
    run(vm, "try:\n    z = [0] * (10 ** 12)\nexcept MemoryError:\n    caught = True\n");
    run(vm, "def f(): return f() + 1\nf()\n");
    run(vm, "class A:\n    def __repr__(self): return repr(self)\nrepr(A())\n");
    run(vm, "x = []\nfor i in range(100000): x = [x]\ntry:\n    repr(x)\nexcept RecursionError: pass\nx = None\n");
    run(vm, "open('/etc/passwd')\n");
    run(vm, "import sys\nsys.exit(3)\n");
    run(vm, "def g(:\n");

    /* Handles of a closed scope are noticed. */
    aiovm_scope s = aiovm_scope_open(vm);
    aiovm_val v = aiovm_int(vm, 7);
    aiovm_scope_close(vm, s);
    int64_t n = 0;
    printf("%d\n", aiovm_to_int(vm, v, &n));
    aiovm_val other = aiovm_str(vm, "other", SIZE_MAX);
    printf("%d %s\n", aiovm_to_int(vm, v, &n), aiovm_to_str(vm, other, NULL));
    printf("%d\n", aiovm_call_value(vm, (aiovm_val){ 12345 }, NULL, 0, NULL));
    aiovm_ref *r = aiovm_ref_new(vm, other);
    s = aiovm_scope_open(vm);
    aiovm_collect(vm);
    printf("%s\n", aiovm_to_str(vm, aiovm_ref_get(vm, r), NULL));
    aiovm_scope_close(vm, s);
    aiovm_ref_free(vm, r);
    aiovm_close(vm);
    aiovm_close(NULL);
    return 0;
}
