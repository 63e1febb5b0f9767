/* SPDX-License-Identifier: MIT
 * Module _hashlib: digest objects and what is built on them. */
#include "stdlib/hash/hash.h"

#include "stdlib/modules.h"
#include "stdlib/util.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

typedef struct Hash {
    Obj h;
    const HashAlgo *algo;
    HashState s;
} Hash;

static const TypeLayout hash_layout = { .kind = KIND_EXT, .size = sizeof(Hash) };

/* Where the types are: attributes of the module. */
static Type *hash_type(Vm *vm, const HashAlgo *a)
{
    const char *name = a == &hash_blake2b ? "blake2b" : a == &hash_blake2s ? "blake2s" : a->digest_size ? "HASH" : "HASHXOF";
    return lib_type(vm, "_hashlib", name);
}

static bool view(Vm *vm, Value v, const char **p, size_t *n)
{
    if (is_str(v)) {
        raise_exc(vm, EXC_TypeError, "Strings must be encoded before hashing");
        return false;
    }
    if (bytes_view(vm, v, p, n))
        return true;
    if (exc_pending_is(vm, EXC_TypeError)) {
        exc_discard(vm);
        raise_exc(vm, EXC_TypeError, "object supporting the buffer API required");
    }
    return false;
}

/* In parts, with checkpoints between them: the data may change meanwhile. */
#define PART ((size_t)1 << 20)
static bool feed(Vm *vm, Hash *h, Value data)
{
    const char *p;
    size_t n;
    for (size_t at = 0; view(vm, data, &p, &n); at += PART) {
        size_t left = at < n ? n - at : 0;
        h->algo->update(&h->s, (const unsigned char *)p + (left ? at : 0), left < PART ? left : PART);
        if (left <= PART)
            return true;
        if (!vm_checkpoint(vm))
            return false;
    }
    return false;
}

static Value hash_new(Vm *vm, const HashAlgo *a, Value data)
{
    Type *t = hash_type(vm, a);
    Hash *h = t ? (Hash *)object_alloc(vm, t) : NULL;
    if (!h)
        return VALUE_ERROR;
    h->algo = a;
    a->init(&h->s);
    return value_is_empty(data) || feed(vm, h, data) ? value_from_obj(h) : VALUE_ERROR;
}

/* ---- methods ---- */
static inline Hash *as_hash(Value v) { return (Hash *)value_obj(v); }

static Value hash_m_update(Vm *vm, Value self, const Args *args)
{
    return feed(vm, as_hash(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static size_t digest_size(const Hash *h)
{
    bool blake = h->algo == &hash_blake2b || h->algo == &hash_blake2s;
    return blake ? h->s.digest_size : h->algo->digest_size;
}

static Value digest(Vm *vm, const Hash *h, size_t n, bool hex)
{
    HashState copy = h->s;
    Bytes *b = bytes_new(vm, NULL, n);
    if (!b)
        return VALUE_ERROR;
    h->algo->finish(&copy, (unsigned char *)b->data, n);
    if (!hex)
        return value_from_obj(b);
    Str *s = str_alloc(vm, 2 * n);
    if (!s)
        return VALUE_ERROR;
    for (size_t i = 0; i < n; i++) {
        s->text[2 * i] = "0123456789abcdef"[(unsigned char)b->data[i] >> 4];
        s->text[2 * i + 1] = "0123456789abcdef"[b->data[i] & 15];
    }
    str_finish(s);
    return value_from_obj(s);
}

static Value hash_m_digest(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return digest(vm, as_hash(self), digest_size(as_hash(self)), false);
}

static Value hash_m_hexdigest(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return digest(vm, as_hash(self), digest_size(as_hash(self)), true);
}

static Value xof(Vm *vm, Value self, const Args *args, bool hex)
{
    int64_t n = value_int48(args->v[0]);
    if (!int_to_i64(args->v[0], &n) || n >= INT32_MAX)
        return raise_no_memory(vm);
    if (n < 0)
        return raise_exc(vm, EXC_SystemError, "Negative size passed to PyBytes_FromStringAndSize");
    return digest(vm, as_hash(self), (size_t)n, hex);
}

static Value xof_m_digest(Vm *vm, Value self, const Args *args)
{
    return xof(vm, self, args, false);
}

static Value xof_m_hexdigest(Vm *vm, Value self, const Args *args)
{
    return xof(vm, self, args, true);
}

static Value hash_m_copy(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Hash *h = (Hash *)object_alloc(vm, type_of(vm, self));
    if (!h)
        return VALUE_ERROR;
    h->algo = as_hash(self)->algo;
    h->s = as_hash(self)->s;
    return value_from_obj(h);
}

static Value hash_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Str *s = str_printf(vm, "<%s %T object @ %p>", as_hash(self)->algo->name, self, (void *)value_obj(self));
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value hash_get_name(Vm *vm, Value self)
{
    Str *s = str_cstr(vm, as_hash(self)->algo->name);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value hash_get_digest_size(Vm *vm, Value self)
{
    (void)vm;
    return value_from_int48((int64_t)digest_size(as_hash(self)));
}

static Value hash_get_block_size(Vm *vm, Value self)
{
    (void)vm;
    return value_from_int48(as_hash(self)->algo->block_size);
}

/* ---- BLAKE2 ---- */
static bool small(Vm *vm, Value v, int64_t low, int64_t high, const char *message, unsigned *out)
{
    int64_t i;
    if (!op_int64(vm, v, &i))
        return false;
    if (i < low || i > high) {
        raise_exc(vm, EXC_ValueError, "%s", message);
        return false;
    }
    *out = (unsigned)i;
    return true;
}

/* An unsigned number that fits `bits` bits. */
static bool unsigned_arg(Vm *vm, Value v, unsigned bits, const char *name, uint64_t *out)
{
    v = op_index(vm, v);
    if (value_is_empty(v))
        return false;
    if (int_sign(v) < 0) {
        raise_exc(vm, EXC_ValueError, "value must be positive");
        return false;
    }
    int64_t i;
    if (int_to_i64(v, &i)) {
        *out = (uint64_t)i;
    } else if (is_bigint(v) && as_bigint(v)->count == 1) {
        *out = as_bigint(v)->limbs[0];
    } else {
        raise_exc(vm, EXC_OverflowError, "int too big to convert");
        return false;
    }
    if (bits < 64 && *out >> bits) {
        raise_exc(vm, EXC_OverflowError, "%s is too large", name);
        return false;
    }
    return true;
}

static bool text_arg(Vm *vm, Value v, size_t max, const char *name, const char **p, size_t *n)
{
    *p = "";
    *n = 0;
    if (!value_is_empty(v) && !bytes_view(vm, v, p, n))
        return false;
    if (*n > max) {
        raise_exc(vm, EXC_ValueError, "maximum %s length is %zu bytes", name, max);
        return false;
    }
    return true;
}

static Value blake2_new(Vm *vm, Type *t, const HashAlgo *a, const Args *args)
{
    enum { DATA, DIGEST_SIZE, KEY, SALT, PERSON, FANOUT, DEPTH, LEAF_SIZE, NODE_OFFSET, NODE_DEPTH, INNER_SIZE, LAST_NODE };
    bool big = a == &hash_blake2b;
    const unsigned size = a->digest_size;
    Blake2Params p = { 0 };
    const char *text;
    size_t n;
    uint64_t leaf;
    if (!small(vm, args->v[DIGEST_SIZE], 1, size, big ? "digest_size must be between 1 and 64 bytes"
                                                      : "digest_size must be between 1 and 32 bytes", &p.digest_size))
        return VALUE_ERROR;
    if (!text_arg(vm, args->v[SALT], size / 4, "salt", &text, &n))
        return VALUE_ERROR;
    memcpy(p.salt, text, n);
    if (!text_arg(vm, args->v[PERSON], size / 4, "person", &text, &n))
        return VALUE_ERROR;
    memcpy(p.person, text, n);
    if (!small(vm, args->v[FANOUT], 0, 255, "fanout must be between 0 and 255", &p.fanout) ||
        !small(vm, args->v[DEPTH], 1, 255, "depth must be between 1 and 255", &p.depth) ||
        !unsigned_arg(vm, args->v[LEAF_SIZE], 32, "leaf_size", &leaf) ||
        !unsigned_arg(vm, args->v[NODE_OFFSET], big ? 64 : 48, "node_offset", &p.node_offset) ||
        !small(vm, args->v[NODE_DEPTH], 0, 255, "node_depth must be between 0 and 255", &p.node_depth) ||
        !small(vm, args->v[INNER_SIZE], 0, size, big ? "inner_size must be between 0 and is 64"
                                                     : "inner_size must be between 0 and is 32", &p.inner_size) ||
        !text_arg(vm, args->v[KEY], size, "key", &text, &p.key_len))
        return VALUE_ERROR;
    p.key = (const unsigned char *)text;
    p.leaf_size = (uint32_t)leaf;
    int last = op_truth(vm, args->v[LAST_NODE]);
    p.last_node = last > 0;
    Hash *h = last < 0 ? NULL : (Hash *)object_alloc(vm, t);
    if (!h)
        return VALUE_ERROR;
    h->algo = a;
    (big ? blake2b_init : blake2s_init)(&h->s, &p);
    return value_is_empty(args->v[DATA]) || feed(vm, h, args->v[DATA]) ? value_from_obj(h) : VALUE_ERROR;
}

static Value blake2b_m_new(Vm *vm, Value self, const Args *args)
{
    return blake2_new(vm, as_type(self), &hash_blake2b, args);
}

static Value blake2s_m_new(Vm *vm, Value self, const Args *args)
{
    return blake2_new(vm, as_type(self), &hash_blake2s, args);
}

#define METHODS                                                                                             \
    METHOD(hash, update, "update(obj, /)", "Take in more bytes."),                                          \
    METHOD(hash, copy, "copy()", "A digest object of its own with the same state.")
#define SIZED                                                                                               \
    METHOD(hash, digest, "digest()", "The digest of what was taken in so far, as bytes."),                  \
    METHOD(hash, hexdigest, "hexdigest()", "The digest as hexadecimal text.")

static const MethodDef hash_methods[] = {
    METHODS, SIZED, METHOD(hash, repr, "__repr__()", "Return repr(self)."), { 0 }
};
static const MethodDef xof_methods[] = {
    METHOD(xof, digest, "digest(length: int)", "The first bytes of the digest of what was taken in so far."),
    METHOD(xof, hexdigest, "hexdigest(length: int)", "The same as hexadecimal text."), { 0 }
};
#define BLAKE2_SIGNATURE(size)                                                                              \
    "__new__(data=b'', /, *, digest_size=" size ", key=b'', salt=b'', person=b'', fanout=1, depth=1, "      \
    "leaf_size=0, node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True)"
static const MethodDef blake2b_methods[] = {
    METHOD(blake2b, new, BLAKE2_SIGNATURE("64"), "A new BLAKE2b digest object."), METHODS, SIZED, { 0 }
};
static const MethodDef blake2s_methods[] = {
    METHOD(blake2s, new, BLAKE2_SIGNATURE("32"), "A new BLAKE2s digest object."), METHODS, SIZED, { 0 }
};
static const GetSetDef hash_getsets[] = {
    { "name", "The algorithm.", hash_get_name, NULL },
    { "digest_size", "Bytes of the digest.", hash_get_digest_size, NULL },
    { "block_size", "Bytes that are worked on at a time.", hash_get_block_size, NULL },
    { 0 }
};

/* ---- functions ---- */
/* The algorithm that OpenSSL knows by this name, in any of its spellings: "SHA2-256", "sha_256" … */
static const HashAlgo *find(const char *name, size_t n)
{
    char plain[16];
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        if (c == '-' || c == '_' || c == '/')
            continue;
        if (k == sizeof plain - 1)
            return NULL;
        plain[k++] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    plain[k] = 0;
    for (size_t i = 0; hash_algos[i]; i++) {
        char want[16], *w = want;
        for (const char *p = hash_algos[i]->name; *p; p++)
            if (*p != '_')
                *w++ = *p;
        *w = 0;
        if (!strcmp(plain, want) || (!strncmp(want, "sha", 3) && !strncmp(plain, "sha2", 4) && !strcmp(plain + 4, want + 3)))
            return hash_algos[i];
    }
    return NULL;
}

static const HashAlgo *algo_arg(Vm *vm, Value v)
{
    if (!is_str(v)) {
        raise_exc(vm, EXC_TypeError, "name must be a string");
        return NULL;
    }
    const HashAlgo *a = find(str_data(as_str(v)), as_str(v)->len);
    if (!a)
        raise_exc(vm, EXC_ValueError, "unsupported hash type %V", v);
    return a;
}

static Value hashlib_f_new(Vm *vm, Value self, const Args *args)
{
    (void)self;
    const HashAlgo *a = algo_arg(vm, args->v[0]);
    return a ? hash_new(vm, a, args->v[1]) : VALUE_ERROR;
}

typedef struct Hmac {
    const HashAlgo *algo;
    HashState inner, outer;     /* behind the padded keys */
} Hmac;

static void hmac_key(Hmac *h, const HashAlgo *a, const char *key, size_t n)
{
    unsigned char pad[HASH_BLOCK_MAX] = { 0 };
    h->algo = a;
    if (n > a->block_size)
        hash_digest(a, key, n, pad);
    else
        memcpy(pad, key, n);
    for (size_t i = 0; i < a->block_size; i++)
        pad[i] ^= 0x36;
    a->init(&h->inner);
    a->update(&h->inner, pad, a->block_size);
    for (size_t i = 0; i < a->block_size; i++)
        pad[i] ^= 0x36 ^ 0x5c;
    a->init(&h->outer);
    a->update(&h->outer, pad, a->block_size);
}

/* out has room for HASH_DIGEST_MAX. */
static void hmac_digest(const Hmac *h, const void *p, size_t n, const void *q, size_t m, unsigned char *out)
{
    HashState s = h->inner;
    unsigned char inner[HASH_DIGEST_MAX];
    h->algo->update(&s, p, n);
    if (m)
        h->algo->update(&s, q, m);
    h->algo->finish(&s, inner, h->algo->digest_size);
    s = h->outer;
    h->algo->update(&s, inner, h->algo->digest_size);
    h->algo->finish(&s, out, h->algo->digest_size);
}

static Value hashlib_f_hmac_digest(Vm *vm, Value self, const Args *args)
{
    const char *key, *msg;
    size_t nkey, nmsg;
    unsigned char out[HASH_DIGEST_MAX];
    Hmac h;
    (void)self;
    const HashAlgo *a = algo_arg(vm, args->v[2]);
    if (!a || !bytes_view(vm, args->v[0], &key, &nkey) || !bytes_view(vm, args->v[1], &msg, &nmsg))
        return VALUE_ERROR;
    if (!a->digest_size)
        return raise_exc(vm, EXC_ValueError, "unsupported hash type %s", a->name);
    hmac_key(&h, a, key, nkey);
    hmac_digest(&h, msg, nmsg, NULL, 0, out);
    Bytes *b = bytes_new(vm, out, a->digest_size);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static MUST_USE bool pbkdf2(Vm *vm, const Hmac *h, const char *salt, size_t nsalt, int64_t rounds, unsigned char *out, size_t n)
{
    size_t size = h->algo->digest_size;
    for (uint32_t i = 1; n; i++) {
        unsigned char u[HASH_DIGEST_MAX], sum[HASH_DIGEST_MAX];
        unsigned char index[4] = { (unsigned char)(i >> 24), (unsigned char)(i >> 16), (unsigned char)(i >> 8),
            (unsigned char)i };
        hmac_digest(h, salt, nsalt, index, 4, u);
        memcpy(sum, u, size);
        for (int64_t r = 1; r < rounds; r++) {
            hmac_digest(h, u, size, NULL, 0, u);
            for (size_t k = 0; k < size; k++)
                sum[k] ^= u[k];
            if (!(r & 1023) && !vm_checkpoint(vm))
                return false;
        }
        size_t take = n < size ? n : size;
        memcpy(out, sum, take);
        out += take;
        n -= take;
    }
    return true;
}

static Value hashlib_f_pbkdf2_hmac(Vm *vm, Value self, const Args *args)
{
    const char *password, *salt;
    size_t npassword, nsalt;
    int64_t rounds, n;
    Hmac h;
    (void)self;
    if (!is_str(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "pbkdf2_hmac() argument 'hash_name' must be str, not %B", args->v[0]);
    if (!bytes_view(vm, args->v[1], &password, &npassword) || !bytes_view(vm, args->v[2], &salt, &nsalt) ||
        !op_int64(vm, args->v[3], &rounds))
        return VALUE_ERROR;
    const HashAlgo *a = algo_arg(vm, args->v[0]);
    if (!a || !a->digest_size)
        return a ? raise_exc(vm, EXC_ValueError, "unsupported hash type %s", a->name) : VALUE_ERROR;
    if (rounds < 1)
        return raise_exc(vm, EXC_ValueError, "iteration value must be greater than 0.");
    n = a->digest_size;
    if (!value_is_none(args->v[4]) && !op_int64(vm, args->v[4], &n))
        return VALUE_ERROR;
    if (n < 1)
        return raise_exc(vm, EXC_ValueError, "key length must be greater than 0.");
    if (n > INT32_MAX)
        return raise_exc(vm, EXC_OverflowError, "key length is too great.");
    Bytes *own_salt = bytes_new(vm, salt, nsalt), *b = bytes_new(vm, NULL, (size_t)n);
    if (!b || !own_salt)
        return VALUE_ERROR;
    hmac_key(&h, a, password, npassword);
    return pbkdf2(vm, &h, own_salt->data, nsalt, rounds, (unsigned char *)b->data, (size_t)n) ? value_from_obj(b) : VALUE_ERROR;
}

#define OPENSSL(name)                                                                       \
    static Value hashlib_f_##name(Vm *vm, Value self, const Args *args)                     \
    {                                                                                       \
        (void)self;                                                                         \
        return hash_new(vm, &hash_##name, args->v[0]);                                      \
    }
OPENSSL(md5) OPENSSL(sha1) OPENSSL(sha224) OPENSSL(sha256) OPENSSL(sha384) OPENSSL(sha512) OPENSSL(sha3_224)
OPENSSL(sha3_256) OPENSSL(sha3_384) OPENSSL(sha3_512) OPENSSL(shake_128) OPENSSL(shake_256)
#undef OPENSSL

#define OPENSSL(name) \
    FUNCTION(hashlib, name, "openssl_" #name "(string=b'', *, usedforsecurity=True)", "A new " #name " digest object.")
static const MethodDef functions[] = {
    FUNCTION(hashlib, new, "new(name, string=b'', *, usedforsecurity=True)", "A new digest object of the algorithm so named."),
    FUNCTION(hashlib, hmac_digest, "hmac_digest(key, msg, digest)", "The HMAC of a message, in one go."),
    FUNCTION(hashlib, pbkdf2_hmac, "pbkdf2_hmac(hash_name, password, salt, iterations, dklen=None)",
             "A key of dklen bytes from a password: PBKDF2 with HMAC."),
    OPENSSL(md5), OPENSSL(sha1), OPENSSL(sha224), OPENSSL(sha256), OPENSSL(sha384), OPENSSL(sha512), OPENSSL(sha3_224),
    OPENSSL(sha3_256), OPENSSL(sha3_384), OPENSSL(sha3_512), OPENSSL(shake_128), OPENSSL(shake_256),
    { 0 }
};

static bool blake2_sizes(Vm *vm, Type *t, int64_t size)
{
    const struct { const char *name; int64_t n; } sizes[] = {
        { "SALT_SIZE", size / 4 }, { "PERSON_SIZE", size / 4 }, { "MAX_KEY_SIZE", size }, { "MAX_DIGEST_SIZE", size },
    };
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        if (!dict_set_cstr(vm, type_dict(vm, t), sizes[i].name, value_from_int48(sizes[i].n)))
            return false;
    return true;
}

static bool add_names(Vm *vm, Module *m)
{
    Set *names = set_new(vm, true);
    for (size_t i = 0; names && hash_algos[i]; i++) {
        Str *s = str_cstr(vm, hash_algos[i]->name);
        if (!s || !set_add(vm, names, value_from_obj(s)))
            return false;
    }
    return names && module_set(vm, m, "openssl_md_meth_names", value_from_obj(names));
}

Value hashlib_init(Vm *vm)
{
    static const TypeDef hash_def = { .name = "_hashlib.HASH", .doc = "A message digest in the making.", .layout = &hash_layout,
                                      .methods = hash_methods, .getsets = hash_getsets, .flags = TYPE_BASE | TYPE_DISALLOW_NEW };
    static const TypeDef xof_def = { .name = "_hashlib.HASHXOF", .doc = "A digest of any length in the making.",
                                     .layout = &hash_layout, .methods = xof_methods, .flags = TYPE_DISALLOW_NEW };
    static const TypeDef b_def = { .name = "_blake2.blake2b", .doc = "A BLAKE2b digest in the making.", .layout = &hash_layout,
                                   .methods = blake2b_methods, .getsets = hash_getsets, .flags = TYPE_BASE };
    static const TypeDef s_def = { .name = "_blake2.blake2s", .doc = "A BLAKE2s digest in the making.", .layout = &hash_layout,
                                   .methods = blake2s_methods, .getsets = hash_getsets, .flags = TYPE_BASE };
    Module *m = module_new(vm, "_hashlib", "Message digests.");
    Type *object = vm->types.object, *hash = m ? lib_add_type(vm, m, &hash_def, object) : NULL;
    Type *b = hash && lib_add_type(vm, m, &xof_def, hash) ? lib_add_type(vm, m, &b_def, object) : NULL;
    Type *s = b ? lib_add_type(vm, m, &s_def, object) : NULL;
    bool ok = s && module_add_functions(vm, m, functions) && blake2_sizes(vm, b, 64) && blake2_sizes(vm, s, 32) &&
              add_names(vm, m);
    return ok ? value_from_obj(m) : VALUE_ERROR;
}
