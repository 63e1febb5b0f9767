/* SPDX-License-Identifier: MIT
 * A VM's life: memory, core types in the order in which they need each other, names. */
#include "vm/vm.h"

#include <sys/mman.h>
#include <sys/random.h>

#include "vm/interp.h"
#include "vm/objects/bytes.h"
#include "vm/objects/core.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"
#include "vm/shape_users.h"
#include "vm/signature.h"
#include "vm/stats.h"
#include "vm/text/charname.h"
#include "vm/weak.h"

static bool intern_names(Vm *vm)
{
    struct {
        Str **slot;
        const char *text;
    } table[] = {
#define NAME(x) { &vm->names.x, #x },
#define NAME_(x, text) { &vm->names.x, text },
#include "vm/names.def"
    };
    static const char *const specials[SPECIAL_COUNT] = {
#define SPECIAL(NAME, text) text,
#include "vm/specials.def"
    };
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (!(*table[i].slot = str_intern(vm, table[i].text, strlen(table[i].text))))
            return false;
    for (size_t i = 0; i < SPECIAL_COUNT; i++) {
        if (!(vm->special_names[i] = str_intern(vm, specials[i], strlen(specials[i]))))
            return false;
        vm->special_names[i]->special = (uint32_t)i + 1;
        unsigned at = special_hash(specials[i], strlen(specials[i]));
        while (vm->special_table[at % SPECIAL_TABLE])
            at++;
        vm->special_table[at % SPECIAL_TABLE] = (uint8_t)(i + 1);
    }
    for (unsigned i = 0; i < 128; i++) {
        char c = (char)i;
        if (!(vm->ascii_chars[i] = str_intern(vm, &c, 1)))
            return false;
    }
    vm->empty_str = vm->names.empty;
    return true;
}

static bool core_objects(Vm *vm)
{
    vm->empty_tuple = heap_zalloc(vm, sizeof(Tuple), KIND_TUPLE, SHAPE_TUPLE_ID, 0);
    vm->empty_bytes = heap_zalloc(vm, sizeof(Bytes) + 1, KIND_BYTES, SHAPE_BYTES_ID, 0);
    if (!vm->empty_tuple || !vm->empty_bytes)
        return false;
    vm->empty_bytes->hash = -1;
    return true;
}

static bool core_types(Vm *vm)
{
    return core_types_init(vm) && str_types_init(vm) && int_types_init(vm) && float_types_init(vm) && list_types_init(vm) &&
           dict_types_init(vm) && range_types_init(vm) && iter_types_init(vm) && set_types_init(vm) && bytes_types_init(vm) &&
           object_types_init(vm) && function_types_init(vm) && generator_types_init(vm) && exception_types_init(vm) &&
           weak_types_init(vm);
}

static bool core_dicts(Vm *vm)
{
    vm->builtins = dict_new(vm);
    vm->modules = dict_new(vm);
    if (!vm->builtins || !vm->modules || !dict_make_cells(vm, vm->builtins) ||
        !dict_reserve(vm, vm->builtins, 170))
        return false;
    Value e = exc_new_args(vm, vm->exc[EXC_MemoryError], 0, NULL);
    vm->memory_error = e;
    return !value_is_empty(e) && builtin_types_publish(vm);
}

static void seed_hash(Vm *vm, uint64_t seed)
{
    vm->hash_key[0] = seed;
    vm->hash_key[1] = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    if (!seed && getrandom(vm->hash_key, sizeof vm->hash_key, GRND_NONBLOCK) != (ssize_t)sizeof vm->hash_key)
        vm->hash_key[0] = (uint64_t)(uintptr_t)vm;
}

/* Most of a VM is a cache of which a short script uses little: its pages stay untouched. */
static Vm *vm_alloc(const Alloc *host)
{
    if (!host->fn) {
        Vm *mapped = mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED)
            return NULL;
        mapped->is_mapped = true;
        return mapped;
    }
    Vm *vm = mem_alloc(host, sizeof *vm);
    if (vm)
        memset(vm, 0, sizeof *vm);
    return vm;
}

static void vm_release(Vm *vm, const Alloc *host)
{
    if (vm->is_mapped)
        munmap(vm, sizeof *vm);
    else
        mem_free(host, vm, sizeof *vm);
}

Vm *vm_new(const VmConfig *config)
{
    Vm *vm = vm_alloc(&config->alloc);
    if (!vm)
        return NULL;
    vm->alloc = config->alloc;
    vm->strand = &vm->main_strand;
    vm->shape_count = SHAPE_FIRST_FREE_ID;
    vm->globals_epoch = 1;
    vm->int_max_str_digits = 4300;
    vm->gc_stress = config->gc_stress;
    vm->optimize = config->optimize;
    seed_hash(vm, config->hash_seed);
    if (!heap_init(vm)) {
        vm_release(vm, &config->alloc);
        return NULL;
    }
    heap_set_limit(vm, config->max_memory);
    if (!strand_init(vm, vm->strand)) {
        vm_free(vm);
        return NULL;
    }
    vm->nstrands = 1;
    vm->strand->ident = ++vm->next_ident;
    vm->strand->depth_limit = config->max_depth ? config->max_depth : 1000;
    if (!intern_names(vm) || !core_objects(vm) || !core_types(vm) || !core_dicts(vm)) {
        vm_free(vm);
        return NULL;
    }
    if (vm->gc_stress)
        vm_attend(vm, ATTENTION_STRESS);
    return vm;
}

void vm_free(Vm *vm)
{
    Alloc host = heap_host_alloc(vm);
    vm->closing = true;
    stats_free(vm);
    strand_free(vm, &vm->main_strand);
    signatures_free(vm);
    format_memo_free(vm);
    charname_release(vm);
    heap_free(vm);      /* looks at shapes; from here on vm->alloc is the host's */
    shape_users_free(vm);
    mem_free(&vm->alloc, vm->shapes, vm->shape_cap * sizeof *vm->shapes);
    vm_release(vm, &host);
}
