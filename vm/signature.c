/* SPDX-License-Identifier: MIT
 * Signatures of natives, in Python's own form: "sort(*, key=None, reverse: bool = False)". The text decides
 * checking, defaults, keywords, conversions and the words of the errors, so that they are alike everywhere. */
#include "vm/signature.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "vm/buf.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/text/nearest.h"

size_t signature_name_len(const char *signature)
{
    const char *open = strchr(signature, '(');
    return open ? (size_t)(open - signature) : strlen(signature);
}

/* ---- parsing ---- */

static const char *skip_space(const char *p)
{
    while (*p == ' ' || *p == '\n')
        p++;
    return p;
}

/* Of a parameter; strcspn() would bring a page of libc that nothing else needs. */
static size_t name_len(const char *p)
{
    size_t n = 0;
    while (p[n] && p[n] != ':' && p[n] != '=' && p[n] != ',' && p[n] != ')' && p[n] != ' ')
        n++;
    return n;
}

static bool word_is(const char *w, size_t n, const char *text)
{
    return strlen(text) == n && memcmp(w, text, n) == 0;
}

static ParamConv conv_named(const char *w, size_t n)
{
    return word_is(w, n, "int") ? CONV_INT : word_is(w, n, "ssize") ? CONV_SSIZE : word_is(w, n, "cint") ? CONV_CINT
         : word_is(w, n, "slice") ? CONV_SLICE : word_is(w, n, "float") ? CONV_FLOAT : word_is(w, n, "str") ? CONV_STR
         : word_is(w, n, "bytes") ? CONV_BYTES : word_is(w, n, "bool") ? CONV_BOOL : CONV_NONE;
}

/* A default: None True False, an int, a float, a quoted string, anything else (like ...) is EMPTY. */
static bool parse_default(Vm *vm, const char *w, size_t n, Value *out)
{
    *out = VALUE_EMPTY;
    if (word_is(w, n, "None")) {
        *out = VALUE_NONE;
    } else if (word_is(w, n, "True") || word_is(w, n, "False")) {
        *out = value_from_bool(w[0] == 'T');
    } else if (n && (w[0] == '\'' || w[0] == '"')) {
        char text[64];
        size_t len = 0;
        for (size_t i = 1; i + 1 < n && len < sizeof text; i++) {
            if (w[i] == '\\' && i + 2 < n)
                text[len++] = w[++i] == 'n' ? '\n' : w[i] == 't' ? '\t' : w[i];
            else
                text[len++] = w[i];
        }
        Str *s = str_intern(vm, text, len);
        if (!s)
            return false;
        s->h.gc |= GC_PINNED;
        *out = value_from_obj(s);
    } else if (n && (isdigit((unsigned char)w[0]) || (w[0] == '-' && n > 1))) {
        char *end;
        if (memchr(w, '.', n))
            *out = value_from_double(strtod(w, &end));
        else
            *out = value_from_int48(strtoll(w, &end, 10));
    }
    return true;
}

/* The end of a default or annotation: a comma or parenthesis outside quotes and brackets. */
static const char *expression_end(const char *p, const char *stop)
{
    int depth = 0;
    for (; *p; p++) {
        if (*p == '\'' || *p == '"') {
            char q = *p++;
            while (*p && *p != q)
                p += *p == '\\' ? 2 : 1;
        } else if (strchr("([{", *p)) {
            depth++;
        } else if (strchr(")]}", *p)) {
            if (!depth--)
                return p;
        } else if (!depth && strchr(stop, *p)) {
            return p;
        }
    }
    return p;
}

static size_t trimmed(const char *from, const char *to)
{
    while (to > from && to[-1] == ' ')
        to--;
    return (size_t)(to - from);
}

typedef struct SigParser {
    Vm *vm;
    Signature *sig;
    bool kwonly;
} SigParser;

static const char *parse_param(SigParser *sp, const char *p)
{
    Signature *sig = sp->sig;
    size_t n = name_len(p);
    const char *name = p;
    p = skip_space(p + n);
    if (sig->nparams >= SIGNATURE_MAX_PARAMS)
        return NULL;
    Param *q = &sig->params[sig->nparams++];
    *q = (Param){ .name = str_intern(sp->vm, name, n), .required = true };
    if (!q->name)
        return NULL;
    q->name->h.gc |= GC_PINNED; /* the collector does not look into signatures */
    if (*p == ':') {
        p = skip_space(p + 1);
        const char *end = expression_end(p, ",=");
        q->conv = (uint8_t)conv_named(p, trimmed(p, end));
        p = end;
    }
    if (*p == '=') {
        p = skip_space(p + 1);
        const char *end = expression_end(p, ",");
        q->required = false;
        if (!parse_default(sp->vm, p, trimmed(p, end), &q->dflt))
            return NULL;
        p = end;
    }
    if (sp->kwonly) {
        sig->kwonly_required |= q->required;
    } else {
        sig->npos++;
        sig->nrequired += q->required;
    }
    return p;
}

static Signature *signature_parse(Vm *vm, const char *text)
{
    size_t count = 2;
    for (const char *c = text; *c; c++)
        count += *c == ',';
    size_t bytes = sizeof(Signature) + count * sizeof(Param);
    Signature *sig = mem_alloc(&vm->alloc, bytes);
    if (!sig) {
        raise_no_memory(vm);
        return NULL;
    }
    memset(sig, 0, bytes);
    sig->bytes = bytes;
    SigParser sp = { vm, sig, false };
    const char *p = skip_space(text + signature_name_len(text) + 1);
    while (p && *p && *p != ')') {
        if (*p == '/') {
            sig->nposonly = sig->npos;
            p++;
        } else if (p[0] == '*' && p[1] == '*') {
            sig->varkw = true;
            p = expression_end(p, ",");
        } else if (*p == '*') {
            sig->varargs = p[1] != ',' && p[1] != ' ';
            sp.kwonly = true;
            p = expression_end(p, ",");
        } else {
            p = parse_param(&sp, p);
        }
        if (p)
            p = skip_space(*p == ',' ? p + 1 : p);
    }
    if (!p) {
        mem_free(&vm->alloc, sig, bytes);
        if (!vm_pending(vm))
            raise_exc(vm, EXC_SystemError, "bad signature: %s", text);
        return NULL;
    }
    sig->plain = !sig->varkw && !sig->kwonly_required;
    while (sig->nplain < sig->nparams && sig->params[sig->nplain].conv == CONV_NONE)
        sig->nplain++;
    sig->next = vm->signatures;
    vm->signatures = sig;
    return sig;
}

void signatures_free(Vm *vm)
{
    while (vm->signatures) {
        Signature *sig = vm->signatures;
        vm->signatures = sig->next;
        mem_free(&vm->alloc, sig, sig->bytes);
    }
}

const Signature *signature_of(Vm *vm, Native *n)
{
    if (n->sig)
        return n->sig;
    Signature *sig = signature_parse(vm, n->def->signature);
    if (!sig)
        return NULL;
    sig->plain &= !(n->def->flags & (NATIVE_VECTOR | NATIVE_RAW));
    sig->direct = sig->plain && sig->nplain == sig->nparams && sig->npos == sig->nparams;
    if (sig->direct)
        n->direct = native_binds(n) ? NATIVE_OF_SELF + sig->nparams : n->h.flags & NATIVE_IS_NEW ? 0u : 1u + sig->nparams;
    return n->sig = sig;
}

/* ---- as text ---- */

/* One parameter without its annotation. false: it has a default that cannot be told. */
static bool put_param(Buf *out, const char *p, const char *end)
{
    const char *name_end = p + name_len(p), *dflt = memchr(name_end, '=', (size_t)(end - name_end));
    buf_put(out, p, (size_t)(name_end - p));
    if (!dflt)
        return true;
    dflt = skip_space(dflt + 1);
    buf_putc(out, '=');
    buf_put(out, dflt, trimmed(dflt, end));
    return strncmp(dflt, "...", 3) != 0;
}

Value signature_text(Vm *vm, const char *signature, const char *first)
{
    const char *p = skip_space(signature + signature_name_len(signature) + 1), *other = strstr(p, ") as (");
    p = other ? other + 6 : p;
    bool slash = first && !strstr(p, "/"), known = true, optional = false;
    Buf b;
    buf_init(&b, &vm->alloc);
    buf_printf(&b, "(%s%s", first ? first : "", slash ? ", /" : "");
    for (bool more = first != NULL; *p && *p != ')'; more = true) {
        const char *end = expression_end(p, ","), *name_end = p + name_len(p);
        bool slice = strncmp(name_end, ": slice=", 8) == 0;     /* where a slice starts, or ends */
        if (optional && !slice)
            buf_puts(&b, "]]");
        optional = slice;
        buf_puts(&b, slice ? "[, " : more ? ", " : "");
        known &= put_param(&b, p, slice ? name_end : end);
        p = skip_space(*end == ',' ? end + 1 : end);
    }
    buf_putc(&b, ')');
    if (!known) {
        buf_free(&b);
        return VALUE_NONE;
    }
    Str *s = str_from_buf(vm, &b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* ---- the words of errors ---- */

typedef struct FuncName {
    char text[128];             /* "list.append" or "len" */
    bool ctor;                  /* __new__ or __init__ */
    char last[64];              /* "append"; of __new__ and __init__ the type's name */
} FuncName;

/* Constructors whose errors CPython does not word with the type's name. */
static const char *ctor_name(const char *type, const char *sig)
{
    static const char *const names[][2] = { { "TypeVar", "typevar" }, { "ParamSpec", "paramspec" },
                                            { "TypeVarTuple", "typevartuple" }, { "TypeAliasType", "typealias" } };
    if (!strncmp(sig, "__new__(sequence, dict", 22))
        return "structseq";
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (!strcmp(type, names[i][0]))
            return names[i][1];
    return type;
}

static void func_name(Vm *vm, const Native *n, FuncName *out)
{
    const char *sig = n->def->signature;
    int len = (int)signature_name_len(sig);
    bool ctor = out->ctor = n->owner && (!strncmp(sig, "__new__(", 8) || !strncmp(sig, "__init__(", 9));
    bool of_class = (n->def->flags & NATIVE_CLASS) && is_type(n->self);
    bool bound = n->owner && !value_is_empty(n->self) && !(n->h.flags & NATIVE_IS_SLOT);
    const char *type = of_class ? str_data(as_str(as_type(n->self)->qualname))
                     : bound ? str_data(as_str(type_of(vm, n->self)->qualname)) : n->owner ? type_short_name(n->owner) : NULL;
    if (ctor) {
        snprintf(out->text, sizeof out->text, "%s", type);
        snprintf(out->last, sizeof out->last, "%s", ctor_name(type, sig));
        return;
    }
    snprintf(out->last, sizeof out->last, "%.*s", len, sig);
    if (type)
        snprintf(out->text, sizeof out->text, "%s.%s", type, out->last);
    else if (is_str(n->module) && !str_is(as_str(n->module), "builtins"))
        snprintf(out->text, sizeof out->text, "%.60s.%.60s", str_data(as_str(n->module)), out->last);
    else
        snprintf(out->text, sizeof out->text, "%s", out->last);
}

static const char *plural(uint32_t n)
{
    return n == 1 ? "" : "s";
}

/* Of slot wrappers: those with more than one parameter unpack them under an empty name, hence the space. */
static Value slot_count_error(Vm *vm, const Native *n, const Signature *sig, uint32_t given)
{
    bool few = given < sig->nrequired, exact = sig->nrequired == sig->npos;
    bool repeats = !value_is_empty(type_special(n->owner, SPECIAL_LEN)) && strstr(n->def->signature, "mul__(");
    uint32_t bound = few ? sig->nrequired : sig->npos;
    return raise_exc(vm, EXC_TypeError, "%sexpected %s%u argument%s, got %u",
                     sig->npos > 1 || repeats ? " " : "", exact ? "" : few ? "at least " : "at most ", bound,
                     plural(bound), given);
}

/* The wrong number of positional arguments, in the words of the way CPython's own function is declared. */
static Value count_error(Vm *vm, const Native *n, const Signature *sig, uint32_t given, uint32_t nkw)
{
    FuncName name;
    func_name(vm, n, &name);
    bool keywords = sig->nparams > sig->nposonly || sig->varkw, few = given < sig->nrequired;
    uint32_t bound = few ? sig->nrequired : sig->npos;
    if (n->def->flags & NATIVE_PARSED)
        return raise_exc(vm, EXC_TypeError, "%s() takes %s %u argument%s (%u given)", name.last,
                         sig->nrequired == sig->npos ? "exactly" : few ? "at least" : "at most", bound, plural(bound), given);
    if (!keywords && !sig->varargs) {
        if (n->h.flags & NATIVE_IS_SLOT && !name.ctor)
            return slot_count_error(vm, n, sig, given);
        if (sig->npos == 0)
            return raise_exc(vm, EXC_TypeError, "%s() takes no arguments (%u given)", name.text, given);
        if (sig->npos == 1 && sig->nrequired == 1 && !name.ctor)
            return raise_exc(vm, EXC_TypeError, "%s() takes exactly one argument (%u given)", name.text, given);
    }
    const char *how = sig->varargs || sig->nrequired != sig->npos ? few ? "at least " : "at most " : "";
    if (!keywords || sig->varargs)
        return raise_exc(vm, EXC_TypeError, "%s expected %s%u argument%s, got %u", name.last, how, bound, plural(bound), given);
    if (given + nkw > sig->nparams)
        return raise_exc(vm, EXC_TypeError, "%s() takes %s %u %sargument%s (%u given)", name.last,
                     "at most", sig->nparams, given ? "" : "keyword ",
                     plural(sig->nparams), given + nkw);
    if (!few && sig->npos == 0)
        return raise_exc(vm, EXC_TypeError, "%s() takes no positional arguments", name.last);
    return raise_exc(vm, EXC_TypeError, "%s() takes %s %u positional argument%s (%u given)", name.last,
                 sig->nrequired == sig->npos ? "exactly" : few ? "at least" : "at most", bound, plural(bound), given);
}

/* ---- binding ---- */

static Value ranged_index(Vm *vm, Value v, bool cint)
{
    int64_t i;
    v = op_index(vm, v);
    if (value_is_empty(v) || (int_to_i64(v, &i) && (!cint || (i >= INT32_MIN && i <= INT32_MAX))))
        return v;
    return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C %s", cint ? "int" : "ssize_t");
}

static Value convert(Vm *vm, const Native *n, const Signature *sig, uint32_t i, Value v)
{
    FuncName name;
    const char *got;
    double d;
    int64_t i64;
    int t;
    switch ((ParamConv)sig->params[i].conv) {
    case CONV_NONE:
        return v;
    case CONV_INT:
        return op_index(vm, v);
    case CONV_SSIZE:
    case CONV_CINT:
        return ranged_index(vm, v, sig->params[i].conv == CONV_CINT);
    case CONV_SLICE:
        if (value_is_none(v))
            return v;
        return slice_index(vm, v, &i64) ? int_new(vm, i64) : VALUE_ERROR;
    case CONV_FLOAT:
        return op_double(vm, v, &d) ? float_new(vm, d) : VALUE_ERROR;
    case CONV_BOOL:
        t = op_truth(vm, v);
        return t < 0 ? VALUE_ERROR : value_from_bool(t);
    case CONV_STR:
    case CONV_BYTES:
        if (sig->params[i].conv == CONV_STR ? is_str(v) : is_bytes(v))
            return v;
        func_name(vm, n, &name);
        if (n->h.flags & NATIVE_IS_SLOT && i == 0)
            return raise_exc(vm, EXC_TypeError, "attribute name must be string, not '%T'", v);
        got = value_is_none(v) ? "None" : type_name_of(vm, v);
        if (sig->nparams == 1 && !(n->def->flags & NATIVE_PARSED))
            return raise_exc(vm, EXC_TypeError, "%s() argument must be %s, not %s", name.last,
                         sig->params[i].conv == CONV_STR ? "str" : "bytes", got);
        if (i >= sig->nposonly)
            return raise_exc(vm, EXC_TypeError, "%s() argument '%S' must be %s, not %s", name.last, sig->params[i].name,
                         sig->params[i].conv == CONV_STR ? "str" : "bytes", got);
        return raise_exc(vm, EXC_TypeError, "%s() argument %u must be %s, not %s", name.last, i + 1,
                     sig->params[i].conv == CONV_STR ? "str" : "bytes", got);
    }
    return v;
}

Value raise_unexpected_keyword(Vm *vm, const char *function, Str *key, Str *meant)
{
    return meant ? raise_exc(vm, EXC_TypeError, "%s() got an unexpected keyword argument '%S'. Did you mean '%S'?",
                             function, key, meant)
                 : raise_exc(vm, EXC_TypeError, "%s() got an unexpected keyword argument '%S'", function, key);
}

/* Binds one keyword if it names a parameter that no position has taken; a `**` takes the rest. *odd: neither. */
static bool bind_keyword(Vm *vm, const Signature *sig, Value *v, uint32_t given, Str *key, Value value, bool *odd)
{
    for (uint32_t i = sig->nposonly; i < sig->nparams; i++) {
        if (sig->params[i].name != key && !str_equal(sig->params[i].name, key))
            continue;
        if (i < given)
            *odd = true;
        else
            v[i] = value;
        return true;
    }
    if (sig->varkw)
        return dict_set_str(vm, as_dict(v[sig->nparams]), key, value);
    *odd = true;
    return true;
}

/* The first keyword that was given twice, else the first that names nothing. */
static void keyword_error(Vm *vm, const Native *n, const Signature *sig, uint32_t given, uint32_t nkw, const Value *names)
{
    FuncName name;
    func_name(vm, n, &name);
    Str *unknown = NULL;
    for (uint32_t k = 0; k < nkw; k++) {
        Str *key = as_str(names[k]);
        uint32_t i = sig->nposonly;
        while (i < sig->nparams && !str_equal(sig->params[i].name, key))
            i++;
        if (i < given) {
            if (sig->varargs)
                raise_exc(vm, EXC_TypeError, "invalid keyword argument for %s()", name.last);
            else
                raise_exc(vm, EXC_TypeError, "argument for %s() given by name ('%S') and position (%u)", name.last, key, i + 1);
            return;
        }
        if (i == sig->nparams && !unknown)
            unknown = key;
    }
    if (n->def->flags & NATIVE_INVALID_KW) {
        raise_exc(vm, EXC_TypeError, "'%S' is an invalid keyword argument for %s()", unknown, name.last);
        return;
    }
    Nearest meant = { .name = unknown };
    for (uint32_t i = sig->nposonly; i < sig->nparams; i++)
        nearest_try(&meant, sig->params[i].name);
    raise_unexpected_keyword(vm, name.last, unknown, meant.best);
}

static void missing_error(Vm *vm, const Native *n, const Signature *sig, uint32_t i, uint32_t npos, uint32_t nkw)
{
    FuncName name;
    func_name(vm, n, &name);
    if (i < sig->nposonly)
        count_error(vm, n, sig, npos, nkw);
    else if (i >= sig->npos)
        raise_exc(vm, EXC_TypeError, "%s() missing required keyword-only argument: '%S'", name.last, sig->params[i].name);
    else
        raise_exc(vm, EXC_TypeError, "%s() missing required argument '%S' (pos %u)", name.last, sig->params[i].name, i + 1);
}

/* ---- binding and its errors as of functions of a script ---- */

typedef struct ScriptCall {
    const Native *n;
    const Signature *sig;
    Value *v;
    uint32_t npos;
} ScriptCall;

/* "BaseEventLoop.call_soon" */
static Str *script_name(Vm *vm, const Native *n)
{
    Str *name = str_new(vm, n->def->signature, signature_name_len(n->def->signature));
    return name && n->owner ? str_printf(vm, "%V.%S", n->owner->qualname, name) : name;
}

static bool script_missing(Vm *vm, const ScriptCall *c, uint32_t from, uint32_t to, const char *kind)
{
    uint32_t count = 0, seen = 0;
    for (uint32_t i = from; i < to; i++)
        count += value_is_empty(c->v[i]) && c->sig->params[i].required;
    if (!count)
        return true;
    Buf b;
    buf_init(&b, &vm->alloc);
    for (uint32_t i = from; i < to; i++) {
        if (!value_is_empty(c->v[i]) || !c->sig->params[i].required)
            continue;
        if (seen)
            buf_puts(&b, seen + 1 < count ? ", " : count == 2 ? " and " : ", and ");
        buf_putc(&b, '\'');
        buf_put(&b, str_data(c->sig->params[i].name), c->sig->params[i].name->len);
        buf_putc(&b, '\'');
        seen++;
    }
    Str *names = str_from_buf(vm, &b), *name = names ? script_name(vm, c->n) : NULL;
    if (name)
        raise_exc(vm, EXC_TypeError, "%S() missing %u required %s argument%s: %S", name, count, kind, plural(count), names);
    return false;
}

static bool script_too_many(Vm *vm, const ScriptCall *c)
{
    const Signature *sig = c->sig;
    uint32_t self = c->n->owner ? 1 : 0, most = sig->npos + self, least = sig->nrequired + self, given = c->npos + self, kw = 0;
    char takes[64], extra[64] = "";
    for (uint32_t i = sig->npos; i < sig->nparams; i++)
        kw += !value_is_empty(c->v[i]);
    if (least < most)
        snprintf(takes, sizeof takes, "from %u to %u", least, most);
    else
        snprintf(takes, sizeof takes, "%u", most);
    if (kw)
        snprintf(extra, sizeof extra, " positional argument%s (and %u keyword-only argument%s)", plural(given), kw, plural(kw));
    Str *name = script_name(vm, c->n);
    if (name)
        raise_exc(vm, EXC_TypeError, "%S() takes %s positional argument%s but %u%s %s given", name, takes,
                  least < most || most != 1 ? "s" : "", given, extra, given == 1 && !kw ? "was" : "were");
    return false;
}

static bool script_keyword(Vm *vm, const ScriptCall *c, Str *key, Value value)
{
    const Signature *sig = c->sig;
    for (uint32_t i = sig->nposonly; i < sig->nparams; i++) {
        if (!str_equal(sig->params[i].name, key))
            continue;
        if (!value_is_empty(c->v[i])) {
            Str *name = script_name(vm, c->n);
            if (name)
                raise_exc(vm, EXC_TypeError, "%S() got multiple values for argument '%S'", name, key);
            return false;
        }
        c->v[i] = value;
        return true;
    }
    if (sig->varkw)
        return dict_set_str(vm, as_dict(c->v[sig->nparams]), key, value);
    Nearest meant = { .name = key };
    for (uint32_t i = sig->nposonly; i < sig->nparams; i++)
        nearest_try(&meant, sig->params[i].name);
    Str *name = script_name(vm, c->n);
    if (name)
        raise_unexpected_keyword(vm, str_data(name), key, meant.best);
    return false;
}

static bool bind_as_script(Vm *vm, const Native *n, const Signature *sig, Value *v, uint32_t npos, const Value *args,
                           uint32_t nkw, const Value *names)
{
    ScriptCall c = { n, sig, v, npos };
    for (uint32_t i = 0; i < sig->nparams; i++)
        v[i] = i < npos && i < sig->npos ? args[i] : VALUE_EMPTY;
    if (sig->varkw) {
        Dict *d = dict_new(vm);
        if (!d)
            return false;
        v[sig->nparams] = value_from_obj(d);
    }
    for (uint32_t i = 0; i < nkw; i++)
        if (!script_keyword(vm, &c, as_str(names[i]), args[npos + i]))
            return false;
    if (npos > sig->npos && !sig->varargs)
        return script_too_many(vm, &c);
    if (LIKELY(npos >= sig->nrequired && !sig->kwonly_required))
        return true;
    return script_missing(vm, &c, 0, sig->npos, "positional") &&
        script_missing(vm, &c, sig->npos, sig->nparams, "keyword-only");
}

static bool bind_slow(Vm *vm, const Native *n, const Signature *sig, Value *v, uint32_t npos, const Value *args,
                      uint32_t nkw, const Value *names)
{
    uint32_t direct = npos < sig->npos ? npos : sig->npos;
    bool odd = false;
    if (n->def->flags & NATIVE_AS_SCRIPT)
        return bind_as_script(vm, n, sig, v, npos, args, nkw, names);
    if (nkw && sig->nparams == sig->nposonly && !sig->varkw) {
        FuncName name;
        func_name(vm, n, &name);
        bool slot = n->h.flags & NATIVE_IS_SLOT && !name.ctor;
        raise_exc(vm, EXC_TypeError, "%s%s() takes no keyword arguments", slot ? "wrapper " : "", slot ? name.last : name.text);
        return false;
    }
    if (nkw && sig->varargs && !sig->varkw && sig->npos == sig->nparams && npos + nkw > sig->nparams) {
        FuncName name;
        func_name(vm, n, &name);
        raise_exc(vm, EXC_TypeError, "%s() takes at most %u arguments (%u given)", name.last, sig->nparams, npos + nkw);
        return false;
    }
    if ((npos > sig->npos || (npos + nkw > sig->nparams && !sig->varkw)) && !sig->varargs) {
        count_error(vm, n, sig, npos, nkw);
        return false;
    }
    for (uint32_t i = 0; i < sig->nparams; i++)
        v[i] = i < direct ? args[i] : VALUE_EMPTY;
    if (sig->varkw) {
        Dict *d = dict_new(vm);
        if (!d)
            return false;
        v[sig->nparams] = value_from_obj(d);
    }
    for (uint32_t i = 0; i < nkw; i++)
        if (!bind_keyword(vm, sig, v, direct, as_str(names[i]), args[npos + i], &odd))
            return false;
    for (uint32_t i = 0; i < sig->nparams; i++) {
        if (value_is_empty(v[i]) && sig->params[i].required) {
            missing_error(vm, n, sig, i, npos, nkw);
            return false;
        }
    }
    if (odd)
        keyword_error(vm, n, sig, direct, nkw, names);
    return !odd;
}

/* An argument that is what the parameter asks for already. */
static inline bool needs_no_conversion(const Param *p, Value v)
{
    switch ((ParamConv)p->conv) {
    case CONV_NONE: return true;
    case CONV_STR: return is_str(v);
    case CONV_INT: return value_is_int48(v);
    case CONV_FLOAT: return value_is_double(v);
    case CONV_BOOL: return value_is_bool(v);
    case CONV_SLICE: return value_is_int48(v) || value_is_none(v);
    case CONV_SSIZE: return value_is_int48(v);
    default: return false;
    }
}

/* The general case. */
static NOINLINE Value call_slow(Vm *vm, Native *n, Value self, uint32_t nargs, const Value *args, uint32_t nkw,
                                const Value *names)
{
    if (n->def->flags & NATIVE_VECTOR) {
        if (UNLIKELY(n->def->flags & NATIVE_REFUSES))
            return raise_wrong_self(vm, as_native(n->module), self);
        Args all = { .rest = (Value *)(uintptr_t)args, .nrest = nargs - nkw, .nkw = nkw, .names = names };
        return n->def->fn(vm, self, &all);
    }
    const Signature *sig = signature_of(vm, n);
    Value v[SIGNATURE_MAX_PARAMS + 1];
    if (UNLIKELY(!sig))
        return VALUE_ERROR;
    if (n->def->flags & NATIVE_RAW)
        self = value_from_obj(n);
    uint32_t npos = nargs - nkw;
    Args a = { .v = v, .count = sig->nparams, .given = npos };
    if (LIKELY(!nkw && npos >= sig->nrequired && npos <= sig->npos && !sig->varkw && !sig->kwonly_required)) {
        for (uint32_t i = 0; i < sig->nparams; i++)
            v[i] = i < npos ? args[i] : VALUE_EMPTY;
    } else {
        if (!bind_slow(vm, n, sig, v, npos, args, nkw, names))
            return VALUE_ERROR;
        if (sig->varargs && npos > sig->npos) {
            a.rest = (Value *)(uintptr_t)args + sig->npos;
            a.nrest = npos - sig->npos;
        }
    }
    for (uint32_t i = 0; i < sig->nparams; i++) {
        if (value_is_empty(v[i])) {
            v[i] = sig->params[i].dflt;
        } else if (!needs_no_conversion(&sig->params[i], v[i])) {
            v[i] = convert(vm, n, sig, i, v[i]);
            if (value_is_empty(v[i]))
                return VALUE_ERROR;
        }
    }
    return n->def->fn(vm, self, &a);
}

/* Positional arguments alone, which need no conversion, lie where they are or are copied once. */
Value signature_call(Vm *vm, Native *n, Value self, uint32_t nargs, const Value *args, uint32_t nkw, const Value *names)
{
    const Signature *sig = n->sig;
    if (UNLIKELY(!sig || !sig->plain || nkw || nargs < sig->nrequired || (nargs > sig->npos && !sig->varargs)))
        return call_slow(vm, n, self, nargs, args, nkw, names);
    Args a = { .v = (Value *)(uintptr_t)args, .count = sig->nparams, .given = nargs };
    if (nargs > sig->npos) {
        a.rest = (Value *)(uintptr_t)args + sig->npos;
        a.nrest = nargs - sig->npos;
        nargs = sig->npos;
    }
    for (uint32_t i = sig->nplain; i < nargs; i++)
        if (!needs_no_conversion(&sig->params[i], args[i]))
            return call_slow(vm, n, self, a.given, args, 0, NULL);
    if (nargs == sig->nparams)
        return n->def->fn(vm, self, &a);
    Value v[SIGNATURE_MAX_PARAMS + 1];
    a.v = v;
    const Param *p = sig->params, *end = p + sig->nparams;
    Value *to = v;
    for (const Param *given = p + nargs; p < given; p++) {
        *to++ = *args++;
#ifdef __GNUC__
        __asm__("" : "+r"(to));         /* one or two: not worth a call of memcpy() */
#endif
    }
    for (; p < end; p++)
        *to++ = p->dflt;
    return n->def->fn(vm, self, &a);
}
