/* SPDX-License-Identifier: MIT
 * Ciphers as scripts see them. */
#include "stdlib/ssl/ssl.h"

#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"

Value tls_cipher_tuple(Vm *vm, const SSL_CIPHER *c)
{
    const Tls *t = tls_of(vm);
    Value name = tls_str(vm, t->SSL_CIPHER_get_name(c));
    Value version = value_is_empty(name) ? name : tls_str(vm, t->SSL_CIPHER_get_version(c));
    Tuple *all = value_is_empty(version) ? NULL : tuple_pack(vm, 3, name, version,
                                                             value_from_int48(t->SSL_CIPHER_get_bits(c, NULL)));
    return all ? value_from_obj(all) : VALUE_ERROR;
}

static bool put(Vm *vm, Dict *d, const char *key, Value v)
{
    return !value_is_empty(v) && dict_set_cstr(vm, d, key, v);
}

/* The long name of a part, or None. */
static Value part(Vm *vm, int nid)
{
    return tls_str(vm, nid == NID_undef ? NULL : tls_of(vm)->OBJ_nid2ln(nid));
}

Value tls_cipher_dict(Vm *vm, const SSL_CIPHER *c)
{
    const Tls *t = tls_of(vm);
    char text[512];
    t->SSL_CIPHER_description(c, text, sizeof text);
    size_t n = strlen(text);
    while (n && text[n - 1] == '\n')
        text[--n] = 0;
    int alg_bits, bits = t->SSL_CIPHER_get_bits(c, &alg_bits);
    Dict *d = dict_new(vm);
    bool ok = d && put(vm, d, "id", value_from_int48(t->SSL_CIPHER_get_id(c))) &&
              put(vm, d, "name", tls_str(vm, t->SSL_CIPHER_get_name(c))) &&
              put(vm, d, "protocol", tls_str(vm, t->SSL_CIPHER_get_version(c))) && put(vm, d, "description", tls_str(vm, text)) &&
              put(vm, d, "strength_bits", value_from_int48(bits)) && put(vm, d, "alg_bits", value_from_int48(alg_bits)) &&
              put(vm, d, "aead", value_from_bool(t->SSL_CIPHER_is_aead(c))) &&
              put(vm, d, "symmetric", part(vm, t->SSL_CIPHER_get_cipher_nid(c))) &&
              put(vm, d, "digest", part(vm, t->SSL_CIPHER_get_digest_nid(c))) &&
              put(vm, d, "kea", part(vm, t->SSL_CIPHER_get_kx_nid(c))) &&
                  put(vm, d, "auth", part(vm, t->SSL_CIPHER_get_auth_nid(c)));
    return ok ? value_from_obj(d) : VALUE_ERROR;
}
