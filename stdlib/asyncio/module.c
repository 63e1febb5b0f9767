/* SPDX-License-Identifier: MIT
 * Module _transports: what asyncio's transports are made of. */
#include "stdlib/asyncio/stream.h"
#include "stdlib/modules.h"
#include "stdlib/util.h"

static bool add(Vm *vm, Module *m, const TypeDef *def, Type *base)
{
    return lib_add_type(vm, m, def, base) != NULL;
}

/* The class that asyncio makes of the one here. */
static Value transports_f_set_stream_class(Vm *vm, Value self, const Args *args)
{
    (void)self;
    rt_of(vm)->roots[RT_ROOT_STREAM_TRANSPORT] = args->v[0];
    rt_of(vm)->stream_version = is_type(args->v[0]) ? as_type(args->v[0])->version : 0;
    return VALUE_NONE;
}

static const MethodDef functions[] = {
    FUNCTION(transports, set_stream_class,
             "_set_stream_class(cls, /)", "Instances of this class are known not to be a script's."),
    { 0 }
};

Value transports_init(Vm *vm)
{
    static const TypeDef base_def = { .name = "_transports.SelectorTransport", .doc = "A transport over a socket.",
        .layout = &transport_layout, .methods = transport_methods, .getsets = transport_getsets,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    static const TypeDef stream_def = { .name = "_transports._SelectorSocketTransport", .doc = "A transport over a connection.",
        .layout = &transport_layout, .methods = stream_methods,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    static const TypeDef datagram_def = { .name = "_transports._SelectorDatagramTransport", .doc = "A transport of datagrams.",
        .layout = &transport_layout, .methods = datagram_methods,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    Module *m = module_new(vm, "_transports", "What transports are made of.");
    Type *base = m && module_add_functions(vm, m, functions) ? lib_add_type(vm, m, &base_def, vm->types.object) : NULL;
    return base && add(vm, m, &stream_def, base) && add(vm, m, &datagram_def, base) &&
           stream_reader_add(vm, m) && stream_writer_add(vm, m) && stream_protocol_add(vm, m) ? value_from_obj(m) : VALUE_ERROR;
}
