/* SPDX-License-Identifier: MIT
 * Certificates: as dicts, as DER, and as Certificate objects. */
#include "stdlib/ssl/ssl.h"

#include <arpa/inet.h>
#include <openssl/pem.h>

#include "vm/buf.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"

/* ---- parts ---- */

/* What a memory BIO has been given, as a Str. Frees it. */
static Value bio_text(Vm *vm, BIO *b)
{
    const Tls *t = tls_of(vm);
    char *p = NULL;
    long n = t->BIO_ctrl(b, BIO_CTRL_INFO, 0, (void *)&p);
    Str *s = str_decode(vm, p ? p : "", n > 0 ? (size_t)n : 0);
    t->BIO_free(b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static BIO *memory(Vm *vm)
{
    const Tls *t = tls_of(vm);
    BIO *b = t->BIO_new(t->BIO_s_mem());
    if (!b)
        raise_no_memory(vm);
    return b;
}

/* The long name of a kind of object, else its numbers. */
static Value object_name(Vm *vm, const ASN1_OBJECT *o)
{
    const Tls *t = tls_of(vm);
    char text[256];
    int n = t->OBJ_obj2txt(text, sizeof text, o, 0);
    Str *s = str_new(vm, text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value asn1_str(Vm *vm, const ASN1_STRING *a)
{
    const Tls *t = tls_of(vm);
    unsigned char *p = NULL;
    int n = t->ASN1_STRING_to_UTF8(&p, a);
    if (n < 0)
        return tls_raise_queue(vm, LINE_ANY);
    Str *s = str_decode(vm, (char *)p, (size_t)n);
    t->CRYPTO_free(p, __FILE__, __LINE__);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value pair(Vm *vm, Value a, Value b)
{
    Tuple *t = value_is_empty(a) || value_is_empty(b) ? NULL : tuple_pack(vm, 2, a, b);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value to_tuple(Vm *vm, List *l)
{
    return l ? op_tuple_of(vm, value_from_obj(l)) : VALUE_ERROR;
}

static bool add(Vm *vm, List *l, Value v)
{
    return !value_is_empty(v) && list_append(vm, l, v);
}

/* A name: a tuple of sets, each a tuple of (kind, value). */
static Value name_tuple(Vm *vm, const X509_NAME *name)
{
    const Tls *t = tls_of(vm);
    List *sets = list_new(vm, 0), *one = list_new(vm, 0);
    if (!sets || !one)
        return VALUE_ERROR;
    int set = -1, n = t->X509_NAME_entry_count(name);
    for (int i = 0; i < n; i++) {
        X509_NAME_ENTRY *e = t->X509_NAME_get_entry(name, i);
        if (set >= 0 && t->X509_NAME_ENTRY_set(e) != set) {
            if (!add(vm, sets, to_tuple(vm, one)) || !(one = list_new(vm, 0)))
                return VALUE_ERROR;
        }
        set = t->X509_NAME_ENTRY_set(e);
        Value kind = object_name(vm, t->X509_NAME_ENTRY_get_object(e));
        Value text = value_is_empty(kind) ? kind : asn1_str(vm, t->X509_NAME_ENTRY_get_data(e));
        if (!add(vm, one, pair(vm, kind, text)))
            return VALUE_ERROR;
    }
    if (one->len && !add(vm, sets, to_tuple(vm, one)))
        return VALUE_ERROR;
    return to_tuple(vm, sets);
}

static Value ip_text(Vm *vm, const ASN1_STRING *a)
{
    const Tls *t = tls_of(vm);
    const unsigned char *p = t->ASN1_STRING_get0_data(a);
    int n = t->ASN1_STRING_length(a);
    char four[INET_ADDRSTRLEN];
    if (n == 4)
        return tls_str(vm, inet_ntop(AF_INET, p, four, sizeof four));
    if (n != 16)
        return tls_str(vm, "<invalid>");
    Str *s = str_printf(vm, "%X:%X:%X:%X:%X:%X:%X:%X", p[0] << 8 | p[1], p[2] << 8 | p[3], p[4] << 8 | p[5], p[6] << 8 | p[7],
                        p[8] << 8 | p[9], p[10] << 8 | p[11], p[12] << 8 | p[13], p[14] << 8 | p[15]);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* (kind, value) of one of the subject's other names. */
static Value general_name(Vm *vm, GENERAL_NAME *g)
{
    const Tls *t = tls_of(vm);
    switch (g->type) {
    case GEN_DIRNAME: {
        Value name = name_tuple(vm, g->d.dirn);
        return pair(vm, tls_str(vm, "DirName"), name);
    }
    case GEN_EMAIL: case GEN_DNS: case GEN_URI: {
        const ASN1_STRING *a = g->d.ia5;
        Str *s = str_decode(vm, (const char *)t->ASN1_STRING_get0_data(a), (size_t)t->ASN1_STRING_length(a));
        const char *kind = g->type == GEN_EMAIL ? "email" : g->type == GEN_DNS ? "DNS" : "URI";
        return s ? pair(vm, tls_str(vm, kind), value_from_obj(s)) : VALUE_ERROR;
    }
    case GEN_RID: {
        Value v = object_name(vm, g->d.rid);
        return pair(vm, tls_str(vm, "Registered ID"), v);
    }
    case GEN_IPADD: {
        Value v = ip_text(vm, g->d.ip);
        return pair(vm, tls_str(vm, "IP Address"), v);
    }
    default: {
        BIO *b = memory(vm);
        if (!b)
            return VALUE_ERROR;
        t->GENERAL_NAME_print(b, g);
        Value v = bio_text(vm, b);
        if (value_is_empty(v))
            return v;
        const char *p = str_data(as_str(v)), *colon = memchr(p, ':', as_str(v)->len);
        if (!colon)
            return raise_exc(vm, EXC_ValueError, "Invalid value %R", v);
        Str *kind = str_new(vm, p, (size_t)(colon - p));
        Str *rest = kind ? str_new(vm, colon + 1, as_str(v)->len - (size_t)(colon + 1 - p)) : NULL;
        return rest ? pair(vm, value_from_obj(kind), value_from_obj(rest)) : VALUE_ERROR;
    }
    }
}

/* Free functions of the elements, as OPENSSL_sk_pop_free() calls them. */
typedef void (*FreeFn)(void *);

static Value alt_names(Vm *vm, X509 *x)
{
    const Tls *t = tls_of(vm);
    OPENSSL_STACK *names = t->X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    if (!names)
        return VALUE_NONE;
    List *l = list_new(vm, 0);
    bool ok = l;
    for (int i = 0; ok && i < t->OPENSSL_sk_num(names); i++)
        ok = add(vm, l, general_name(vm, t->OPENSSL_sk_value(names, i)));
    t->OPENSSL_sk_pop_free(names, (FreeFn)(void (*)(void))t->GENERAL_NAME_free);
    return ok ? to_tuple(vm, l) : VALUE_ERROR;
}

static Value ia5(Vm *vm, const ASN1_STRING *a)
{
    const Tls *t = tls_of(vm);
    Str *s = str_decode(vm, (const char *)t->ASN1_STRING_get0_data(a), (size_t)t->ASN1_STRING_length(a));
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* URIs at which the authority answers for one purpose; NONE: there are none. */
static Value authority_uris(Vm *vm, X509 *x, int nid)
{
    const Tls *t = tls_of(vm);
    OPENSSL_STACK *info = t->X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
    if (!info)
        return VALUE_NONE;
    List *l = list_new(vm, 0);
    bool ok = l;
    for (int i = 0; ok && i < t->OPENSSL_sk_num(info); i++) {
        const ACCESS_DESCRIPTION *a = t->OPENSSL_sk_value(info, i);
        if (t->OBJ_obj2nid(a->method) == nid && a->location->type == GEN_URI)
            ok = add(vm, l, ia5(vm, a->location->d.uniformResourceIdentifier));
    }
    t->AUTHORITY_INFO_ACCESS_free((AUTHORITY_INFO_ACCESS *)info);
    return !ok ? VALUE_ERROR : l->len ? to_tuple(vm, l) : VALUE_NONE;
}

static Value crl_uris(Vm *vm, X509 *x)
{
    const Tls *t = tls_of(vm);
    OPENSSL_STACK *points = t->X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
    if (!points)
        return VALUE_NONE;
    List *l = list_new(vm, 0);
    bool ok = l;
    for (int i = 0; ok && i < t->OPENSSL_sk_num(points); i++) {
        const DIST_POINT *p = t->OPENSSL_sk_value(points, i);
        if (!p->distpoint || p->distpoint->type)
            continue;
        const OPENSSL_STACK *names = (const OPENSSL_STACK *)p->distpoint->name.fullname;
        for (int k = 0; ok && k < t->OPENSSL_sk_num(names); k++) {
            const GENERAL_NAME *g = t->OPENSSL_sk_value(names, k);
            ok = g->type != GEN_URI || add(vm, l, ia5(vm, g->d.uniformResourceIdentifier));
        }
    }
    t->OPENSSL_sk_pop_free(points, (FreeFn)(void (*)(void))t->DIST_POINT_free);
    return !ok ? VALUE_ERROR : l->len ? to_tuple(vm, l) : VALUE_NONE;
}

static Value time_text(Vm *vm, const ASN1_TIME *at)
{
    BIO *b = memory(vm);
    if (!b)
        return VALUE_ERROR;
    tls_of(vm)->ASN1_TIME_print(b, at);
    return bio_text(vm, b);
}

static Value serial_text(Vm *vm, X509 *x)
{
    const Tls *t = tls_of(vm);
    BIO *b = memory(vm);
    if (!b)
        return VALUE_ERROR;
    t->i2a_ASN1_INTEGER(b, t->X509_get_serialNumber(x));
    return bio_text(vm, b);
}

static bool put(Vm *vm, Dict *d, const char *key, Value v)
{
    return !value_is_empty(v) && dict_set_cstr(vm, d, key, v);
}

static bool put_some(Vm *vm, Dict *d, const char *key, Value v)
{
    return value_is_none(v) || put(vm, d, key, v);
}

Value tls_decode_cert(Vm *vm, X509 *x)
{
    const Tls *t = tls_of(vm);
    Dict *d = dict_new(vm);
    bool ok = d && put(vm, d, "subject", name_tuple(vm, t->X509_get_subject_name(x))) &&
              put(vm, d, "issuer", name_tuple(vm, t->X509_get_issuer_name(x))) &&
              put(vm, d, "version", value_from_int48(t->X509_get_version(x) + 1)) &&
              put(vm, d, "serialNumber", serial_text(vm, x)) &&
              put(vm, d, "notBefore", time_text(vm, t->X509_get0_notBefore(x))) &&
              put(vm, d, "notAfter", time_text(vm, t->X509_get0_notAfter(x))) &&
              put_some(vm, d, "subjectAltName", alt_names(vm, x)) &&
              put_some(vm, d, "OCSP", authority_uris(vm, x, NID_ad_OCSP)) &&
              put_some(vm, d, "caIssuers", authority_uris(vm, x, NID_ad_ca_issuers)) &&
              put_some(vm, d, "crlDistributionPoints", crl_uris(vm, x));
    return ok ? value_from_obj(d) : VALUE_ERROR;
}

Value tls_cert_der(Vm *vm, X509 *x)
{
    const Tls *t = tls_of(vm);
    unsigned char *p = NULL;
    int n = t->i2d_X509(x, &p);
    if (n < 0)
        return tls_raise_queue(vm, LINE_ANY);
    Bytes *b = bytes_new(vm, p, (size_t)n);
    t->CRYPTO_free(p, __FILE__, __LINE__);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

/* ---- Certificate ---- */
typedef struct TlsCert {
    Obj h;
    X509 *x;
    void (*free)(X509 *);
} TlsCert;

static void cert_finalize(Vm *vm, Obj *o)
{
    (void)vm;
    if (((TlsCert *)o)->x)
        ((TlsCert *)o)->free(((TlsCert *)o)->x);
}
static const TypeLayout cert_layout = { .kind = KIND_EXT, .size = sizeof(TlsCert), .finalize = cert_finalize };

static TlsCert *as_cert(Value v)
{
    return (TlsCert *)value_obj(v);
}

Value tls_cert_new(Vm *vm, X509 *x)
{
    const Tls *t = tls_of(vm);
    TlsCert *c = (TlsCert *)object_alloc(vm, t->cert_type);
    if (!c || !t->X509_up_ref(x))
        return VALUE_ERROR;
    c->x = x;
    c->free = t->X509_free;
    return value_from_obj(c);
}

static Value cert_m_public_bytes(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    int64_t form;
    if (!op_int64(vm, args->v[0], &form))
        return VALUE_ERROR;
    if (form == X509_FILETYPE_ASN1)
        return tls_cert_der(vm, as_cert(self)->x);
    if (form != X509_FILETYPE_PEM)
        return raise_exc(vm, EXC_ValueError, "Unsupported format");
    BIO *b = memory(vm);
    if (!b)
        return VALUE_ERROR;
    t->PEM_write_bio_X509(b, as_cert(self)->x);
    return bio_text(vm, b);
}

static Value cert_m_get_info(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return tls_decode_cert(vm, as_cert(self)->x);
}

static Value cert_m_repr(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    BIO *b = memory(vm);
    (void)args;
    if (!b)
        return VALUE_ERROR;
    t->X509_NAME_print_ex(b, t->X509_get_subject_name(as_cert(self)->x), 0, XN_FLAG_RFC2253);
    Value name = bio_text(vm, b);
    Str *s = value_is_empty(name) ? NULL : str_printf(vm, "<_ssl.Certificate '%V'>", name);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value cert_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_int48((int64_t)(tls_of(vm)->X509_subject_name_hash(as_cert(self)->x) & 0xffffffffu));
}

static Value cert_m_eq(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    if (type_of(vm, args->v[0]) != t->cert_type)
        return VALUE_NOT_IMPLEMENTED;
    return value_from_bool(t->X509_cmp(as_cert(self)->x, as_cert(args->v[0])->x) == 0);
}

static const MethodDef methods[] = {
    METHOD(cert, public_bytes, "public_bytes(format=1)", "The certificate as PEM text, or as DER bytes."),
    METHOD(cert, get_info, "get_info()", "What getpeercert() tells of it."),
    METHOD(cert, repr, "__repr__()", "Return repr(self)."),
    METHOD(cert, hash, "__hash__()", "Return hash(self)."),
    METHOD(cert, eq, "__eq__(value, /)", "Return self==value."),
    { 0 }
};

bool tls_cert_init(Vm *vm, Module *m, Tls *t)
{
    static const TypeDef def = { .name = "_ssl.Certificate", .doc = "An X.509 certificate.", .layout = &cert_layout,
                                 .methods = methods, .flags = TYPE_DISALLOW_NEW };
    t->cert_type = lib_add_type(vm, m, &def, vm->types.object);
    return t->cert_type;
}
