/* SPDX-License-Identifier: MIT
 * ssl.MemoryBIO: a queue of bytes between the protocol and whoever carries them. */
#include "stdlib/ssl/ssl.h"

#include "vm/objects/bytes.h"

static void bio_finalize(Vm *vm, Obj *o)
{
    TlsBio *b = (TlsBio *)o;
    (void)vm;
    if (b->bio)
        b->free(b->bio);
}
const TypeLayout tls_bio_layout = { .kind = KIND_EXT, .size = sizeof(TlsBio), .finalize = bio_finalize };

static TlsBio *as_bio(Value v)
{
    return (TlsBio *)value_obj(v);
}

static void at_end_gives(const Tls *t, BIO *b, int r)
{
    t->BIO_ctrl(b, BIO_C_SET_BUF_MEM_EOF_RETURN, r, NULL);
}

static Value bio_m_new(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    TlsBio *b = (TlsBio *)object_alloc(vm, as_type(self));
    (void)args;
    if (!b)
        return VALUE_ERROR;
    b->free = t->BIO_free;
    b->bio = t->BIO_new(t->BIO_s_mem());
    if (!b->bio)
        return raise_no_memory(vm);
    /* An empty queue is no end until someone says so: "try again". */
    t->BIO_set_flags(b->bio, BIO_FLAGS_SHOULD_RETRY | BIO_FLAGS_READ);
    at_end_gives(t, b->bio, -1);
    return value_from_obj(b);
}

static Value bio_m_read(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    int64_t n, have = (int64_t)t->BIO_ctrl_pending(as_bio(self)->bio);
    if (!op_int64(vm, args->v[0], &n))
        return VALUE_ERROR;
    if (n < 0 || n > have)
        n = have;
    if (n > INT32_MAX)
        n = INT32_MAX;
    Bytes *out = bytes_new(vm, NULL, (size_t)n);
    if (out && n && t->BIO_read(as_bio(self)->bio, out->data, (int)n) != n)
        return tls_raise_queue(vm, LINE_ANY);
    return out ? value_from_obj(out) : VALUE_ERROR;
}

static Value bio_m_write(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    TlsBio *b = as_bio(self);
    const char *p;
    size_t n;
    if (!bytes_view(vm, args->v[0], &p, &n))
        return VALUE_ERROR;
    if (n > INT32_MAX)
        return raise_exc(vm, EXC_OverflowError, "string longer than %d bytes", INT32_MAX);
    if (b->eof_written) {
        RAISE_LIB(vm, "ssl", "SSLError", "cannot write() after write_eof()");
        return VALUE_ERROR;
    }
    int r = n ? t->BIO_write(b->bio, p, (int)n) : 0;
    return r < 0 ? tls_raise_queue(vm, LINE_ANY) : value_from_int48(r);
}

static Value bio_m_write_eof(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    (void)args;
    as_bio(self)->eof_written = true;
    t->BIO_clear_flags(as_bio(self)->bio, BIO_FLAGS_SHOULD_RETRY | BIO_FLAGS_READ);
    at_end_gives(t, as_bio(self)->bio, 0);
    return VALUE_NONE;
}

static Value bio_get_pending(Vm *vm, Value self)
{
    return value_from_int48((int64_t)tls_of(vm)->BIO_ctrl_pending(as_bio(self)->bio));
}

static Value bio_get_eof(Vm *vm, Value self)
{
    return value_from_bool(as_bio(self)->eof_written && !tls_of(vm)->BIO_ctrl_pending(as_bio(self)->bio));
}

static const MethodDef methods[] = {
    METHOD(bio, new, "__new__()", "An empty queue."),
    METHOD(bio, read, "read(size=-1, /)", "Take out at most size bytes, all there are if that is negative."),
    METHOD(bio, write, "write(b, /)", "Put bytes in; how many they were."),
    METHOD(bio, write_eof, "write_eof()", "Nothing more will be put in."),
    { 0 }
};
static const GetSetDef getsets[] = {
    { "pending", "Bytes that wait to be read.", bio_get_pending, NULL },
    { "eof", "Is the end reached: write_eof() was called and all is read?", bio_get_eof, NULL },
    { 0 }
};

bool tls_bio_init(Vm *vm, Module *m, Tls *t)
{
    static const TypeDef def = { .name = "_ssl.MemoryBIO", .doc = "A queue of bytes on their way to or from a TLS object.",
                                 .layout = &tls_bio_layout, .methods = methods, .getsets = getsets };
    t->bio_type = lib_add_type(vm, m, &def, vm->types.object);
    return t->bio_type;
}
