/* SPDX-License-Identifier: MIT
 * Module _transports: what asyncio's transports are made of. */
#include "stdlib/asyncio/transport.h"
#include "stdlib/modules.h"
#include "stdlib/util.h"

static bool add(Vm *vm, Module *m, const TypeDef *def, Type *base)
{
    return lib_add_type(vm, m, def, base) != NULL;
}

Value transports_init(Vm *vm)
{
    static const TypeDef base_def = { .name = "_transports.SelectorTransport", .doc = "A transport over a socket.",
        .layout = &transport_layout, .methods = transport_methods, .getsets = transport_getsets,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    static const TypeDef stream_def = { .name = "_transports.SocketTransport", .doc = "A transport over a connection.",
        .layout = &transport_layout, .methods = stream_methods,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    static const TypeDef datagram_def = { .name = "_transports.DatagramTransport", .doc = "A transport of datagrams.",
        .layout = &transport_layout, .methods = datagram_methods,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    Module *m = module_new(vm, "_transports", "What transports are made of.");
    Type *base = m ? lib_add_type(vm, m, &base_def, vm->types.object) : NULL;
    return base && add(vm, m, &stream_def, base) && add(vm, m, &datagram_def, base) ? value_from_obj(m) : VALUE_ERROR;
}
