/* SPDX-License-Identifier: MIT
 * Module _ssl: opens OpenSSL, and what belongs to no connection. */
#include "stdlib/ssl/ssl.h"

#include <dlfcn.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "runtime/path.h"
#include "stdlib/modules.h"
#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"

/* ---- opening the library ---- */

static bool find(Vm *vm, void *lib, const char *name, void *out)
{
    void *p = dlsym(lib, name);
    if (!p) {
        raise_exc(vm, EXC_ImportError, "%s", dlerror());
        return false;
    }
    memcpy(out, &p, sizeof p);
    return true;
}

static void *open_library(Vm *vm, const char *name)
{
    void *lib = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!lib)
        raise_exc(vm, EXC_ImportError, "%s", dlerror());
    return lib;
}

static Tls *open_tls(Vm *vm)
{
    static const TypeLayout layout = { .kind = KIND_EXT, .size = sizeof(Tls) };
    static const TypeDef def = { .name = "_ssl.Library", .layout = &layout, .flags = TYPE_DISALLOW_NEW };
    Type *type = type_from_def(vm, &def, vm->types.object);
    Tls *t = type ? (Tls *)object_alloc(vm, type) : NULL;
    void *crypto = t ? open_library(vm, TLS_LIBCRYPTO) : NULL, *ssl = crypto ? open_library(vm, TLS_LIBSSL) : NULL;
    if (!ssl)
        return NULL;
#define CRYPTO(name)                                                                        \
    if (!find(vm, crypto, #name, &t->name))                                                 \
        return NULL;
#define SSL(name)                                                                           \
    if (!find(vm, ssl, #name, &t->name))                                                    \
        return NULL;
#include "stdlib/ssl/functions.def"
#undef CRYPTO
#undef SSL
    rt_of(vm)->roots[RT_ROOT_SSL] = value_from_obj(t);
    return t;
}

/* ---- functions ---- */

static Value ssl_f_RAND_bytes(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    (void)self;
    if (!op_int64(vm, args->v[0], &n))
        return VALUE_ERROR;
    if (n < 0)
        return raise_exc(vm, EXC_ValueError, "num must be positive");
    if (n > INT32_MAX)
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C int");
    Bytes *b = bytes_new(vm, NULL, (size_t)n);
    if (!b)
        return VALUE_ERROR;
    return tls_of(vm)->RAND_bytes((unsigned char *)b->data, (int)n) == 1 ? value_from_obj(b) : tls_raise_queue(vm, LINE_ANY);
}

static Value ssl_f_RAND_status(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_bool(tls_of(vm)->RAND_status());
}

static Value ssl_f_RAND_add(Vm *vm, Value self, const Args *args)
{
    const char *p;
    size_t n;
    double entropy;
    (void)self;
    if (is_str(args->v[0])) {
        p = str_data(as_str(args->v[0]));
        n = as_str(args->v[0])->len;
    } else if (!bytes_view(vm, args->v[0], &p, &n)) {
        return VALUE_ERROR;
    }
    if (!op_double(vm, args->v[1], &entropy))
        return VALUE_ERROR;
    tls_of(vm)->RAND_add(p, n < INT32_MAX ? (int)n : INT32_MAX, entropy);
    return VALUE_NONE;
}

/* (number, short name, long name, numbers with dots) */
static Value object_tuple(Vm *vm, const ASN1_OBJECT *o)
{
    const Tls *t = tls_of(vm);
    char text[256];
    int nid = t->OBJ_obj2nid(o);
    if (t->OBJ_obj2txt(text, sizeof text, o, 1) < 0)
        return tls_raise_queue(vm, LINE_ANY);
    Value sn = tls_str(vm, nid == NID_undef ? "UNDEF" : t->OBJ_nid2sn(nid));
    Value ln = value_is_empty(sn) ? sn : tls_str(vm, nid == NID_undef ? "undefined" : t->OBJ_nid2ln(nid));
    Value numbers = value_is_empty(ln) ? ln : tls_str(vm, *text ? text : NULL);
    Tuple *all = value_is_empty(numbers) ? NULL : tuple_pack(vm, 4, value_from_int48(nid), sn, ln, numbers);
    return all ? value_from_obj(all) : VALUE_ERROR;
}

static Value ssl_f_txt2obj(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    Value keep;
    (void)self;
    const char *text = str_c(vm, as_str(args->v[0]), &keep);
    int name = text ? op_truth(vm, args->v[1]) : -1;
    if (name < 0)
        return VALUE_ERROR;
    ASN1_OBJECT *o = t->OBJ_txt2obj(text, !name);
    if (!o) {
        t->ERR_clear_error();
        return raise_exc(vm, EXC_ValueError, "unknown object '%V'", args->v[0]);
    }
    Value v = object_tuple(vm, o);
    t->ASN1_OBJECT_free(o);
    return v;
}

static Value ssl_f_nid2obj(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    int64_t nid = value_int48(args->v[0]);
    (void)self;
    if (nid < NID_undef)
        return raise_exc(vm, EXC_ValueError, "NID must be positive");
    const ASN1_OBJECT *o = t->OBJ_nid2obj((int)nid);
    if (o)
        return object_tuple(vm, o);
    t->ERR_clear_error();
    return raise_exc(vm, EXC_ValueError, "unknown NID %d", (int)nid);
}

static Value ssl_f_get_default_verify_paths(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    const char *texts[4] = { t->X509_get_default_cert_file_env(), t->X509_get_default_cert_file(),
        t->X509_get_default_cert_dir_env(),
                             t->X509_get_default_cert_dir() };
    Tuple *all = tuple_new(vm, 4);
    (void)self;
    (void)args;
    for (size_t i = 0; all && i < 4; i++) {
        Value v = tls_str(vm, texts[i]);
        if (value_is_empty(v))
            return VALUE_ERROR;
        heap_set(vm, all, &all->items[i], v);
    }
    return all ? value_from_obj(all) : VALUE_ERROR;
}

static Value ssl_f_test_decode_cert(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    Path p;
    (void)self;
    if (!rt_allowed(vm, ALLOW_FS_READ, "_test_decode_cert") || !path_of(vm, args->v[0], NULL, NULL, &p))
        return VALUE_ERROR;
    BIO *b = t->BIO_new_file(p.text, "r");
    X509 *x = b ? t->PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
    if (b)
        t->BIO_free(b);
    t->ERR_clear_error();
    if (!x) {
        RAISE_LIB(vm, "ssl", "SSLError", b ? "Error decoding PEM-encoded file" : "Can't open file");
        return VALUE_ERROR;
    }
    Value v = tls_decode_cert(vm, x);
    t->X509_free(x);
    return v;
}

static const MethodDef functions[] = {
    FUNCTION(ssl, RAND_bytes, "RAND_bytes(n, /)", "So many bytes that nobody can guess."),
    FUNCTION(ssl, RAND_status, "RAND_status()", "Has the generator been fed enough?"),
    FUNCTION(ssl, RAND_add, "RAND_add(string, entropy, /)", "Feed the generator of random bytes."),
    FUNCTION(ssl, txt2obj, "txt2obj(txt: str, name=False)", "What OpenSSL knows of an object, by numbers or by name."),
    FUNCTION(ssl, nid2obj, "nid2obj(nid: cint, /)", "The same by OpenSSL's number."),
    FUNCTION(ssl, get_default_verify_paths, "get_default_verify_paths()", "Where OpenSSL looks for authorities."),
    FUNCTION(ssl, test_decode_cert, "_test_decode_cert(path, /)", "A certificate from a PEM file, as a dict."),
    { 0 }
};

/* ---- constants ---- */

static bool add_version(Vm *vm, Module *m, const Tls *t)
{
    unsigned long n = t->OpenSSL_version_num();
    int64_t parts[5] = { n >> 28 & 0xff, n >> 20 & 0xff, n >> 12 & 0xff, n >> 4 & 0xff, n & 0xf };
    Tuple *info = tuple_new(vm, 5);
    for (size_t i = 0; info && i < 5; i++)
        info->items[i] = value_from_int48(parts[i]);
    Value text = tls_str(vm, t->OpenSSL_version(OPENSSL_VERSION));
    return info && !value_is_empty(text) && module_set(vm, m, "OPENSSL_VERSION", text) &&
           module_set(vm, m, "OPENSSL_VERSION_INFO", value_from_obj(info)) &&
           module_set(vm, m, "_OPENSSL_API_VERSION", value_from_obj(info)) &&
           module_set(vm, m, "OPENSSL_VERSION_NUMBER", value_from_int48((int64_t)n));
}

/* Those that OpenSSL's headers decide; what Python decides stands in ssl.aio. */
static bool add_constants(Vm *vm, Module *m)
{
#define C(name, value) { name, (int64_t)(value) }
    static const struct { const char *name; int64_t value; } all[] = {
        C("OP_ALL", SSL_OP_ALL & ~SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS), C("OP_NO_SSLv2", SSL_OP_NO_SSLv2),
        C("OP_NO_SSLv3", SSL_OP_NO_SSLv3),
        C("OP_NO_TLSv1", SSL_OP_NO_TLSv1), C("OP_NO_TLSv1_1", SSL_OP_NO_TLSv1_1), C("OP_NO_TLSv1_2", SSL_OP_NO_TLSv1_2),
        C("OP_NO_TLSv1_3", SSL_OP_NO_TLSv1_3), C("OP_CIPHER_SERVER_PREFERENCE", SSL_OP_CIPHER_SERVER_PREFERENCE),
        C("OP_SINGLE_DH_USE", SSL_OP_SINGLE_DH_USE), C("OP_NO_TICKET", SSL_OP_NO_TICKET),
        C("OP_LEGACY_SERVER_CONNECT", SSL_OP_LEGACY_SERVER_CONNECT), C("OP_SINGLE_ECDH_USE", SSL_OP_SINGLE_ECDH_USE),
        C("OP_NO_COMPRESSION", SSL_OP_NO_COMPRESSION), C("OP_ENABLE_MIDDLEBOX_COMPAT", SSL_OP_ENABLE_MIDDLEBOX_COMPAT),
        C("OP_NO_RENEGOTIATION", SSL_OP_NO_RENEGOTIATION), C("OP_IGNORE_UNEXPECTED_EOF", SSL_OP_IGNORE_UNEXPECTED_EOF),
        C("OP_ENABLE_KTLS", SSL_OP_ENABLE_KTLS), C("VERIFY_CRL_CHECK_LEAF", X509_V_FLAG_CRL_CHECK),
        C("VERIFY_CRL_CHECK_CHAIN", X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL),
            C("VERIFY_X509_STRICT", X509_V_FLAG_X509_STRICT),
        C("VERIFY_X509_TRUSTED_FIRST", X509_V_FLAG_TRUSTED_FIRST), C("VERIFY_ALLOW_PROXY_CERTS", X509_V_FLAG_ALLOW_PROXY_CERTS),
        C("VERIFY_X509_PARTIAL_CHAIN", X509_V_FLAG_PARTIAL_CHAIN),
            C("HOSTFLAG_ALWAYS_CHECK_SUBJECT", X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT),
        C("HOSTFLAG_NEVER_CHECK_SUBJECT", X509_CHECK_FLAG_NEVER_CHECK_SUBJECT),
            C("HOSTFLAG_NO_WILDCARDS", X509_CHECK_FLAG_NO_WILDCARDS),
        C("HOSTFLAG_NO_PARTIAL_WILDCARDS", X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS),
        C("HOSTFLAG_MULTI_LABEL_WILDCARDS", X509_CHECK_FLAG_MULTI_LABEL_WILDCARDS),
        C("HOSTFLAG_SINGLE_LABEL_SUBDOMAINS", X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS), C("ENCODING_PEM", X509_FILETYPE_PEM),
        C("ENCODING_DER", X509_FILETYPE_ASN1),
    };
#undef C
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        Value v = int_new(vm, all[i].value);
        if (value_is_empty(v) || !module_set(vm, m, all[i].name, v))
            return false;
    }
    return true;
}

Value ssl_init(Vm *vm)
{
    Module *m = module_new(vm, "_ssl", "TLS by OpenSSL.");
    Tls *t = m ? open_tls(vm) : NULL;
    bool ok = t && tls_context_init(vm, m, t) && tls_bio_init(vm, m, t) && tls_object_init(vm, m, t) && tls_cert_init(vm, m, t) &&
              module_add_functions(vm, m, functions) && add_version(vm, m, t) && add_constants(vm, m);
    return ok ? value_from_obj(m) : VALUE_ERROR;
}
