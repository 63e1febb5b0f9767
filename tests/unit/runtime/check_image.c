/* SPDX-License-Identifier: MIT
 * Modules inside the binary: their images give the code that their source gives, and no sooner than it is needed. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "parser/codegen/compile.h"
#include "runtime/embedded.h"
#include "vm/buf.h"
#include "vm/dis.h"
#include "vm/image.h"
#include "vm/objects/str.h"
#include "vm/vm.h"

Suite *image_suite(void);

typedef struct Fixture {
    Vm *vm;
    VmEntry saved;
} Fixture;

static void begin(Fixture *f, const VmConfig *config)
{
    f->vm = vm_new(config);
    ck_assert_ptr_nonnull(f->vm);
    vm_enter(f->vm, &f->saved, __builtin_frame_address(0));
}

static void end(Fixture *f)
{
    vm_leave(f->vm, &f->saved);
    vm_free(f->vm);
}

static Code *from_source(Vm *vm, const EmbeddedModule *m)
{
    char path[512];
    snprintf(path, sizeof path, "stdlib/%s", strchr(m->path, '/') + 1);
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s: the tests run at the top of the sources", path);
    Buf text;
    buf_init(&text, &vm->alloc);
    for (char *p; (p = buf_reserve(&text, 4096)) != NULL;) {
        size_t n = fread(p, 1, 4096, f);
        text.len += n;
        if (!n)
            break;
    }
    fclose(f);
    CompileOptions o = { .filename = m->path, .in_file = true };
    Code *code = compile_source(vm, buf_cstr(&text), text.len, &o, NULL);
    ck_assert_ptr_nonnull(code);
    buf_free(&text);
    return code;
}

static Code *from_image(Vm *vm, const EmbeddedModule *m)
{
    Code *code = image_code(vm, &m->image, str_cstr(vm, m->path));
    ck_assert_ptr_nonnull(code);
    return code;
}

static void unpack_all(Vm *vm, Code *code)
{
    ck_assert_ptr_null(code->instrs);
    ck_assert(code_ready(vm, code));
    ck_assert_ptr_nonnull(code->instrs);
    ck_assert_ptr_null(code_verify(code));
    ck_assert(!(code->flags & CODE_HAS_DOCSTRING) || is_str(code_doc(vm, code)));
    for (uint32_t i = 0; i < code->nconsts; i++)
        if (value_is_obj(code->consts[i]) && is_code(code->consts[i]))
            unpack_all(vm, as_code(code->consts[i]));
}

START_TEST(test_same_as_source)
{
    const EmbeddedModule *m = &embedded_modules[_i];
    Fixture f;
    begin(&f, &(VmConfig){ .hash_seed = 1 });
    Code *source = from_source(f.vm, m), *image = from_image(f.vm, m);
    unpack_all(f.vm, image);
    Buf a, b;
    buf_init(&a, &f.vm->alloc);
    buf_init(&b, &f.vm->alloc);
    dis_code(&a, source);
    dis_code(&b, image);
    ck_assert_str_eq(buf_cstr(&a), buf_cstr(&b));
    buf_free(&a);
    buf_free(&b);
    end(&f);
}
END_TEST

/* Fails once the memory that is left is used up, as a host's may. */
static void *scarce(void *ud, void *p, size_t old_size, size_t new_size)
{
    size_t *left = ud;
    if (!new_size) {
        free(p);
        return NULL;
    }
    if (new_size > old_size && new_size - old_size > *left)
        return NULL;
    *left -= new_size > old_size ? new_size - old_size : 0;
    return realloc(p, new_size);
}

/* Without memory for all of it a code stays a head, and can be asked again. */
START_TEST(test_out_of_memory)
{
    size_t left = SIZE_MAX;
    Fixture f;
    begin(&f, &(VmConfig){ .hash_seed = 1, .alloc = { scarce, &left } });
    Code *code = from_image(f.vm, &embedded_modules[0]);
    left = 0;
    ck_assert(!code_ready(f.vm, code));
    ck_assert(vm_pending(f.vm));
    ck_assert_ptr_null(code->instrs);
    left = SIZE_MAX;
    f.vm->strand->exc = VALUE_EMPTY;
    unpack_all(f.vm, code);
    end(&f);
}
END_TEST

Suite *image_suite(void)
{
    Suite *s = suite_create("image");
    TCase *t = tcase_create("image");
    tcase_add_loop_test(t, test_same_as_source, 0, (int)embedded_module_count);
    tcase_add_test(t, test_out_of_memory);
    suite_add_tcase(s, t);
    return s;
}
