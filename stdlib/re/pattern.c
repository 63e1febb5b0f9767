/* SPDX-License-Identifier: MIT
 * Pattern objects: translation on demand, and running PCRE2.
 *
 * No match may take for ever: each start has PCRE2's limit of steps, and a search looks at so many starts at a time
 * only that it comes to a checkpoint about every tenth of a second at worst. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <dlfcn.h>
#include <pcre2.h>

#include "stdlib/re/re.h"
#include "stdlib/modules.h"
#include "vm/iter.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/seq.h"
#include "vm/text/utf8.h"

#define STEPS_MAX 50000000u             /* of one start */
#define HEAP_MAX (1024u * 1024)         /* KiB that one match may take for going back */
#define JIT_STACK_MAX ((size_t)128 << 20)
#define WORK_MAX ((uint64_t)1 << 27)    /* starts times length between checkpoints */
#define JIT_AFTER 3u                    /* runs, or one text of JIT_LEN bytes */
#define JIT_LEN 400u

/* PCRE2, opened when the first pattern is compiled: the binary itself does not need it. Linked in where the build says so. */
#define PCRE2_LIBRARY "libpcre2-8.so.0"
#define PCRE2_FUNCTIONS(F)                                                                                                  \
    F(general_context_create) F(general_context_free) F(compile_context_create) F(compile_context_free)                     \
    F(match_context_create) F(match_context_free) F(set_newline) F(set_parens_nest_limit) F(set_match_limit)                \
    F(set_heap_limit) F(set_offset_limit) F(compile) F(code_free) F(pattern_info) F(get_error_message)                      \
    F(match) F(match_data_create) F(match_data_free) F(get_ovector_pointer)                                                 \
    F(jit_compile) F(jit_stack_create) F(jit_stack_free) F(jit_stack_assign)
typedef struct Pcre2 {
#define FIELD(name) __typeof__(&pcre2_##name) name;
    PCRE2_FUNCTIONS(FIELD)
#undef FIELD
} Pcre2;

/* What all patterns of a VM share, at RT_ROOT_RE. */
typedef struct Engine {
    Obj h;
    Vm *vm;
    Pcre2 lib;
    pcre2_general_context *general;
    pcre2_compile_context *compile;
    pcre2_match_context *match;
    pcre2_jit_stack *stack;
} Engine;

/* ---- memory: counted by the VM, whose free() wants to know sizes ---- */
#define HEADER 16u
static void *engine_malloc(PCRE2_SIZE n, void *ud)
{
    const Alloc *a = &((Vm *)ud)->alloc;
    char *p = n < SIZE_MAX - HEADER ? mem_alloc(a, n + HEADER) : NULL;
    if (!p)
        return NULL;
    *(size_t *)(void *)p = n + HEADER;
    return p + HEADER;
}

static void engine_free(void *q, void *ud)
{
    char *p = q ? (char *)q - HEADER : NULL;
    if (p)
        mem_free(&((Vm *)ud)->alloc, p, *(size_t *)(void *)p);
}

static void engine_finalize(Vm *vm, Obj *o)
{
    Engine *e = (Engine *)o;
    (void)vm;
    if (!e->general)
        return;
    e->lib.jit_stack_free(e->stack);
    e->lib.match_context_free(e->match);
    e->lib.compile_context_free(e->compile);
    e->lib.general_context_free(e->general);
}
static const TypeLayout engine_layout = { .kind = KIND_EXT, .size = sizeof(Engine), .finalize = engine_finalize };

#ifdef AIO_STATIC
static bool open_pcre2(Vm *vm, Pcre2 *to)
{
    (void)vm;
#define FIND(name) to->name = pcre2_##name;
    PCRE2_FUNCTIONS(FIND)
#undef FIND
    return true;
}
#else
static bool find(Vm *vm, void *lib, const char *name, void *out)
{
    void *p = lib ? dlsym(lib, name) : NULL;
    if (!p) {
        raise_exc(vm, EXC_ImportError, "%s", dlerror());
        return false;
    }
    memcpy(out, &p, sizeof p);
    return true;
}

/* It stays open: code made by its compiler may be in use. */
static bool open_pcre2(Vm *vm, Pcre2 *to)
{
    void *lib = dlopen(PCRE2_LIBRARY, RTLD_NOW | RTLD_LOCAL);
#define FIND(name)                                                                          \
    if (!find(vm, lib, "pcre2_" #name "_8", &to->name))                                     \
        return false;
    PCRE2_FUNCTIONS(FIND)
#undef FIND
    return true;
}
#endif

static Engine *engine_new(Vm *vm)
{
    static const TypeDef def = { .name = "_re.Engine", .layout = &engine_layout, .flags = TYPE_DISALLOW_NEW };
    Type *t = type_from_def(vm, &def, vm->types.object);
    Engine *e = t ? (Engine *)object_alloc(vm, t) : NULL;
    if (!e || !open_pcre2(vm, &e->lib))
        return NULL;
    const Pcre2 *lib = &e->lib;
    e->vm = vm;
    e->general = lib->general_context_create(engine_malloc, engine_free, vm);
    e->compile = e->general ? lib->compile_context_create(e->general) : NULL;
    e->match = e->compile ? lib->match_context_create(e->general) : NULL;
    if (!e->match) {
        raise_no_memory(vm);
        return NULL;
    }
    lib->set_newline(e->compile, PCRE2_NEWLINE_LF);
    lib->set_parens_nest_limit(e->compile, 2000);
    lib->set_match_limit(e->match, STEPS_MAX);
    lib->set_heap_limit(e->match, HEAP_MAX);
    e->stack = lib->jit_stack_create((size_t)32 << 10, JIT_STACK_MAX, e->general);
    if (e->stack)
        lib->jit_stack_assign(e->match, NULL, e->stack);
    return e;
}

static Engine *engine(Vm *vm)
{
    Value *root = &rt_of(vm)->roots[RT_ROOT_RE];
    if (value_is_empty(*root)) {
        Engine *e = engine_new(vm);
        if (!e)
            return NULL;
        *root = value_from_obj(e);
    }
    return (Engine *)value_obj(*root);
}

/* ---- patterns ---- */
static inline Pattern *as_pattern(Value v) { return (Pattern *)value_obj(v); }

static void pattern_trace(Marker *m, Obj *o)
{
    Pattern *p = (Pattern *)o;
    mark_value(m, p->pattern);
    mark_obj(m, p->names);
    mark_obj(m, p->group_names);
    mark_obj(m, p->engine);
    mark_obj(m, p->match_type);
}

static void pattern_finalize(Vm *vm, Obj *o)
{
    Pattern *p = (Pattern *)o;
    for (size_t i = 0; i < 2 * RE_MODES; i++)
        if (p->code[i / RE_MODES][i % RE_MODES])
            p->code_free(p->code[i / RE_MODES][i % RE_MODES]);
    if (p->result)
        p->result_free(p->result);
    mem_free(&vm->alloc, p->closing, p->closing_cap * sizeof *p->closing);
}
static const TypeLayout pattern_layout = { .kind = KIND_EXT, .size = sizeof(Pattern), .trace = pattern_trace,
                                           .finalize = pattern_finalize };

bool is_pattern(Vm *vm, Value v) { return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &pattern_layout; }

/* PCRE2's form, wrapped as the mode wants it. */
static pcre2_code *compile(Vm *vm, Pattern *p, ReTarget target, ReMode mode, ReInfo *info)
{
    Engine *e = (Engine *)p->engine;
    Buf text;
    pcre2_code *code = NULL;
    buf_init(&text, &vm->alloc);
    buf_puts(&text, mode == RE_SEARCH ? "" : "\\G(?:");
    if (re_translate(vm, p->pattern, p->flags, target, &text, info)) {
        uint32_t options = PCRE2_DOTALL | PCRE2_ALT_CIRCUMFLEX | PCRE2_NO_UTF_CHECK;
        int error = 0;
        PCRE2_SIZE at;
        buf_puts(&text, mode == RE_SEARCH ? "" : mode == RE_MATCH ? ")" : ")\\z");
        options |= target == RE_TEXT ? PCRE2_UTF : 0;
        options |= info->word_boundaries ? PCRE2_UCP : 0;
        options |= mode == RE_SEARCH ? PCRE2_USE_OFFSET_LIMIT : 0;
        if (!text.failed)
            code = e->lib.compile((PCRE2_SPTR)(text.data ? text.data : ""), text.len, options, &error, &at, e->compile);
        if (!code && (text.failed || error == PCRE2_ERROR_HEAP_FAILED)) {
            raise_no_memory(vm);
        } else if (!code) {
            char message[160];
            e->lib.get_error_message(error, (PCRE2_UCHAR *)message, sizeof message);
            re_raise(vm, p->pattern, -1, "this regular expression cannot be used: %s", message);
        }
    }
    buf_free(&text);
    return code;
}

static bool name_groups(Vm *vm, Pattern *p)
{
    Value key, v;
    size_t pos = 0;
    Tuple *t = tuple_new(vm, p->groups);
    if (!t)
        return false;
    while (dict_next(p->names, &pos, &key, &v))
        t->items[value_int48(v) - 1] = key;
    p->group_names = t;
    return true;
}

Pattern *re_pattern_new(Vm *vm, Value pattern, unsigned flags)
{
    ReInfo info = { .flags = flags };
    Type *t = lib_type(vm, "_re", "Pattern");
    Pattern *p = t ? (Pattern *)object_alloc(vm, t) : NULL;
    Engine *e = engine(vm);
    Type *match_type = lib_type(vm, "_re", "Match");
    if (!p || !e || !match_type)
        return NULL;
    p->engine = &e->h;
    p->code_free = e->lib.code_free;
    p->result_free = e->lib.match_data_free;
    p->match_type = match_type;
    p->text = is_str(pattern);
    if (!p->text && !is_bytes(pattern)) {
        const char *data;
        size_t n;
        if (!bytes_view(vm, pattern, &data, &n))
            return NULL;
        Bytes *b = bytes_new(vm, data, n);
        if (!b)
            return NULL;
        pattern = value_from_obj(b);
    }
    p->pattern = pattern;
    p->flags = flags;
    p->code[0][RE_SEARCH] = compile(vm, p, p->text ? RE_ASCII : RE_BYTES, RE_SEARCH, &info);
    p->closing = info.closing;
    p->closing_cap = info.closing_cap;
    if (!p->code[0][RE_SEARCH])
        return NULL;
    p->flags = info.flags;
    p->groups = info.groups;
    p->names = info.names;
    p->result = e->lib.match_data_create(p->groups + 1, e->general);
    if (!p->result) {
        raise_no_memory(vm);
        return NULL;
    }
    return name_groups(vm, p) ? p : NULL;
}

static const pcre2_code *code_for(Vm *vm, Pattern *p, const Subject *s, ReMode mode, bool jit)
{
    const Pcre2 *lib = &((Engine *)p->engine)->lib;
    pcre2_code **slot = &p->code[s->target == RE_TEXT][mode];
    if (!*slot) {
        ReInfo info = { .flags = p->flags };
        *slot = compile(vm, p, s->target, mode, &info);
        mem_free(&vm->alloc, info.closing, info.closing_cap * sizeof *info.closing);
    }
    size_t compiled = 0;
    if (*slot && jit && lib->pattern_info(*slot, PCRE2_INFO_JITSIZE, &compiled) == 0 && !compiled &&
        lib->jit_compile(*slot, PCRE2_JIT_COMPLETE) != 0)
        p->runs = 0;            /* where the system forbids it, it is not tried each time */
    return *slot;
}

/* ---- subjects ---- */
bool subject_view(Vm *vm, Subject *s)
{
    size_t n;
    if (s->target != RE_BYTES)
        return true;
    if (!bytes_view(vm, s->string, &s->data, &n))
        return false;
    s->len = n < (size_t)s->endpos ? n : (size_t)s->endpos;
    s->data = s->data ? s->data : "";
    return true;
}

size_t subject_offset(Vm *vm, const Subject *s, int64_t chars)
{
    return s->target == RE_TEXT ? str_offset(vm, as_str(s->string), (uint32_t)chars) : (size_t)chars;
}

static int64_t clamp(int64_t v, int64_t high) { return v < 0 ? 0 : v > high ? high : v; }

bool subject_open(Vm *vm, const Pattern *p, Value string, Value pos, Value endpos, Subject *s)
{
    int64_t len;
    s->string = string;
    if (is_str(string)) {
        Str *t = as_str(string);
        s->target = str_is_ascii(t) ? RE_ASCII : RE_TEXT;
        s->data = str_data(t);
        s->len = t->len;
        len = t->chars;
    } else {
        s->target = RE_BYTES;
        if (!bytes_view(vm, string, &s->data, &s->len)) {
            if (exc_pending_is(vm, EXC_TypeError)) {
                exc_discard(vm);
                raise_exc(vm, EXC_TypeError, "expected string or bytes-like object, got '%T'", string);
            }
            return false;
        }
        s->data = s->data ? s->data : "";
        len = (int64_t)s->len;
    }
    if (p->text != (s->target != RE_BYTES)) {
        raise_exc(vm, EXC_TypeError, p->text ? "cannot use a string pattern on a bytes-like object"
                                             : "cannot use a bytes pattern on a string-like object");
        return false;
    }
    s->pos = 0;
    s->endpos = INT64_MAX;
    if (!value_is_empty(pos) && !op_index_clamped(vm, pos, &s->pos))
        return false;
    if (!value_is_empty(endpos) && !op_index_clamped(vm, endpos, &s->endpos))
        return false;
    s->pos = clamp(s->pos, len);
    s->endpos = clamp(s->endpos, len);
    if (s->endpos < len)
        s->len = subject_offset(vm, s, s->endpos);
    return true;
}

Value subject_part(Vm *vm, const Subject *s, size_t from, size_t to)
{
    if (s->target != RE_BYTES) {
        Str *t = as_str(s->string);
        if (from == 0 && to == t->len && is_exact(s->string, SHAPE_STR_ID))
            return s->string;
        t = str_new(vm, str_data(t) + from, to - from);
        return t ? value_from_obj(t) : VALUE_ERROR;
    }
    const char *p;
    size_t n;
    if (!bytes_view(vm, s->string, &p, &n))
        return VALUE_ERROR;
    if (from == 0 && to == n && is_exact(s->string, SHAPE_BYTES_ID))
        return s->string;
    to = to < n ? to : n;
    from = from < to ? from : to;
    Bytes *b = bytes_new(vm, p + from, to - from);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

/* ---- running ---- */
static int failure(Vm *vm, int rc)
{
    if (rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT)
        raise_exc(vm, EXC_RuntimeError, "this regular expression takes too many steps on this text");
    else if (rc == PCRE2_ERROR_NOMEMORY)
        raise_no_memory(vm);
    else
        raise_exc(vm, EXC_SystemError, "the regular expression engine failed (%d)", rc);
    return -1;
}

static size_t next_char(const Subject *s, size_t at)
{
    for (at++; s->target == RE_TEXT && at < s->len && utf8_is_continuation(s->data[at]); at++) {}
    return at;
}

int re_exec(Vm *vm, Pattern *p, const Subject *given, ReMode mode, size_t from, bool not_empty, const size_t **regs)
{
    Subject s = *given;
    Engine *e = (Engine *)p->engine;
    bool jit = s.len > JIT_LEN || p->runs >= JIT_AFTER;
    if (s.pos > s.endpos || from > s.len)
        return 0;
    p->runs += p->runs < JIT_AFTER;
    const pcre2_code *code = code_for(vm, p, &s, mode, jit);
    if (!code)
        return -1;
    uint64_t window = s.len ? WORK_MAX / s.len : WORK_MAX;
    window = window < 512 ? 512 : window;
    for (uint32_t options = PCRE2_NO_UTF_CHECK | (not_empty ? PCRE2_NOTEMPTY_ATSTART : 0);;) {
        bool last = mode != RE_SEARCH || window >= s.len - from;
        e->lib.set_offset_limit(e->match, last ? PCRE2_UNSET : from + window);
        int rc = e->lib.match(code, (PCRE2_SPTR)s.data, s.len, from, options, p->result, e->match);
        if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
            rc = e->lib.match(code, (PCRE2_SPTR)s.data, s.len, from, options | PCRE2_NO_JIT, p->result, e->match);
        if (rc > 0) {
            *regs = e->lib.get_ovector_pointer(p->result);
            return 1;
        }
        if (rc != PCRE2_ERROR_NOMATCH)
            return failure(vm, rc);
        if (last)
            return 0;
        from = next_char(&s, from + window);
        options = PCRE2_NO_UTF_CHECK;
        if (!vm_checkpoint(vm) || !subject_view(vm, &s))
            return -1;
        if (from > s.len)
            return 0;
    }
}

/* ---- methods ---- */
static Value run(Vm *vm, Value self, const Args *args, ReMode mode)
{
    Pattern *p = as_pattern(self);
    Subject s;
    const size_t *regs;
    if (!subject_open(vm, p, args->v[0], args->v[1], args->v[2], &s))
        return VALUE_ERROR;
    int r = re_exec(vm, p, &s, mode, subject_offset(vm, &s, s.pos), false, &regs);
    return r < 0 ? VALUE_ERROR : r ? re_match_new(vm, p, &s, regs) : VALUE_NONE;
}

static Value pattern_m_match(Vm *vm, Value self, const Args *args) { return run(vm, self, args, RE_MATCH); }
static Value pattern_m_fullmatch(Vm *vm, Value self, const Args *args) { return run(vm, self, args, RE_FULLMATCH); }
static Value pattern_m_search(Vm *vm, Value self, const Args *args) { return run(vm, self, args, RE_SEARCH); }

static Value pattern_m_repr(Vm *vm, Value self, const Args *args)
{
    static const struct { unsigned flag; const char *name; } names[] = {
        { FLAG_IGNORECASE, "re.IGNORECASE" }, { FLAG_LOCALE, "re.LOCALE" }, { FLAG_MULTILINE, "re.MULTILINE" },
        { FLAG_DOTALL, "re.DOTALL" }, { FLAG_UNICODE, "re.UNICODE" }, { FLAG_VERBOSE, "re.VERBOSE" },
        { FLAG_DEBUG, "re.DEBUG" }, { FLAG_ASCII, "re.ASCII" },
    };
    Pattern *p = as_pattern(self);
    (void)args;
    Str *text = op_repr(vm, p->pattern);
    if (text && text->chars > 200)
        text = str_slice(vm, text, 0, 200);
    if (!text)
        return VALUE_ERROR;
    unsigned flags = p->flags;
    if (p->text && (flags & (FLAG_LOCALE | FLAG_UNICODE | FLAG_ASCII)) == FLAG_UNICODE)
        flags &= ~(unsigned)FLAG_UNICODE;
    Buf b;
    buf_init(&b, &vm->alloc);
    buf_puts(&b, "re.compile(");
    buf_put(&b, str_data(text), text->len);
    bool first = true;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!(flags & names[i].flag))
            continue;
        buf_puts(&b, first ? ", " : "|");
        buf_puts(&b, names[i].name);
        flags &= ~names[i].flag;
        first = false;
    }
    if (flags)
        buf_printf(&b, "%s0x%x", first ? ", " : "|", flags);
    buf_putc(&b, ')');
    Str *s = str_from_buf(vm, &b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value pattern_m_eq(Vm *vm, Value self, const Args *args)
{
    if (!is_pattern(vm, args->v[0]))
        return VALUE_NOT_IMPLEMENTED;
    const Pattern *a = as_pattern(self), *b = as_pattern(args->v[0]);
    if (a->flags != b->flags || a->text != b->text)
        return VALUE_FALSE;
    int r = op_equal(vm, a->pattern, b->pattern);
    return r < 0 ? VALUE_ERROR : value_from_bool(r);
}

static Value pattern_m_hash(Vm *vm, Value self, const Args *args)
{
    const Pattern *p = as_pattern(self);
    int64_t h;
    (void)args;
    if (!op_hash(vm, p->pattern, &h))
        return VALUE_ERROR;
    h = (h ^ (int64_t)p->flags * 1000003) >> 17;
    return value_from_int48(h == -1 ? -2 : h);
}

static Value pattern_m_copy(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

static Value pattern_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value m = rt_import_module(vm, "re"), f = value_is_empty(m) ? m : lib_attr(vm, m, "_compile");
    if (value_is_empty(f))
        return f;
    Tuple *t = tuple_pack(vm, 2, as_pattern(self)->pattern, value_from_int48(as_pattern(self)->flags));
    t = t ? tuple_pack(vm, 2, f, value_from_obj(t)) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

/* ---- scanners, and finditer(), which is made of one ---- */
typedef struct Scanner {
    Obj h;
    Value pattern, string;
    Subject s;                  /* its pointer is looked up anew each time */
    size_t at;                  /* where to go on, in bytes */
    bool not_empty, over;
} Scanner;

static void scanner_trace(Marker *m, Obj *o)
{
    mark_values(m, &((Scanner *)o)->pattern, 2);
}
static const TypeLayout scanner_layout = { .kind = KIND_EXT, .size = sizeof(Scanner), .trace = scanner_trace };

static Value scan(Vm *vm, Value self, ReMode mode)
{
    Scanner *sc = (Scanner *)value_obj(self);
    const size_t *regs;
    if (sc->over)
        return VALUE_NONE;
    Subject s = sc->s;
    if (!subject_view(vm, &s))
        return VALUE_ERROR;
    int r = re_exec(vm, as_pattern(sc->pattern), &s, mode, sc->at, sc->not_empty, &regs);
    if (r <= 0) {
        sc->over = true;
        return r < 0 ? VALUE_ERROR : VALUE_NONE;
    }
    sc->not_empty = regs[1] == regs[0];
    sc->at = regs[1];
    return re_match_new(vm, as_pattern(sc->pattern), &s, regs);
}

static Value scanner_m_search(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return scan(vm, self, RE_SEARCH);
}

static Value scanner_m_match(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return scan(vm, self, RE_MATCH);
}

static Value scanner_get_pattern(Vm *vm, Value self)
{
    (void)vm;
    return ((Scanner *)value_obj(self))->pattern;
}

static const MethodDef scanner_methods[] = {
    METHOD(scanner, search, "search()", "The next match anywhere behind the last one."),
    METHOD(scanner, match, "match()", "The next match right behind the last one."),
    { 0 }
};
static const GetSetDef scanner_getsets[] = { { "pattern", "The pattern.", scanner_get_pattern, seq_readonly }, { 0 } };

static Value pattern_m_scanner(Vm *vm, Value self, const Args *args)
{
    Subject s;
    if (!subject_open(vm, as_pattern(self), args->v[0], args->v[1], args->v[2], &s))
        return VALUE_ERROR;
    Type *t = lib_type(vm, "_re", "SRE_Scanner");
    Scanner *sc = t ? (Scanner *)object_alloc(vm, t) : NULL;
    if (!sc)
        return VALUE_ERROR;
    sc->pattern = self;
    sc->string = args->v[0];
    sc->s = s;
    sc->at = subject_offset(vm, &s, s.pos);
    return value_from_obj(sc);
}

static Value pattern_m_finditer(Vm *vm, Value self, const Args *args)
{
    Value sc = pattern_m_scanner(vm, self, args);
    Value f = value_is_empty(sc) ? sc : lib_attr(vm, sc, "search");
    return value_is_empty(f) ? f : iter_callable(vm, f, VALUE_NONE);
}

/* ---- tables ---- */
static Value pattern_get_pattern(Vm *vm, Value self)
{
    (void)vm;
    return as_pattern(self)->pattern;
}

static Value pattern_get_flags(Vm *vm, Value self)
{
    (void)vm;
    return value_from_int48(as_pattern(self)->flags);
}

static Value pattern_get_groups(Vm *vm, Value self)
{
    (void)vm;
    return value_from_int48(as_pattern(self)->groups);
}

static Value pattern_get_groupindex(Vm *vm, Value self)
{
    return op_call1(vm, value_from_obj(vm->types.mappingproxy), value_from_obj(as_pattern(self)->names));
}

static Value pattern_m_class_getitem(Vm *vm, Value self, const Args *args)
{
    Value two[] = { self, args->v[0] };
    return op_call(vm, value_from_obj(vm->types.generic_alias), 2, two);
}

#define RANGE "(string, pos=..., endpos=...)"
static const MethodDef pattern_methods[] = {
    METHOD(pattern, match, "match" RANGE, "A match that begins right at pos, or None."),
    METHOD(pattern, fullmatch, "fullmatch" RANGE, "A match of all from pos to endpos, or None."),
    METHOD(pattern, search, "search" RANGE, "The first match anywhere, or None."),
    METHOD(pattern, sub, "sub(repl, string, count=0)", "The string with each match replaced."),
    METHOD(pattern, subn, "subn(repl, string, count=0)", "The same, and how many there were."),
    METHOD(pattern, split, "split(string, maxsplit=0)", "The parts between the matches."),
    METHOD(pattern, findall, "findall" RANGE, "A list of what all matches matched."),
    METHOD(pattern, finditer, "finditer" RANGE, "An iterator over all matches."),
    METHOD(pattern, scanner, "scanner" RANGE, "An object that finds the matches one by one."),
    METHOD(pattern, repr, "__repr__()", "Return repr(self)."),
    METHOD(pattern, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(pattern, hash, "__hash__()", "Return hash(self)."),
    METHOD(pattern, copy, "__copy__()", "The pattern itself: it does not change."),
    METHOD(pattern, copy, "__deepcopy__(memo, /)", "The pattern itself: it does not change."),
    METHOD(pattern, reduce, "__reduce__()", "How to compile it again."),
    CLASSMETHOD(pattern, class_getitem, "__class_getitem__(object, /)", "Pattern[str] and the like, for annotations."),
    { 0 }
};
static const GetSetDef pattern_getsets[] = {
    { "pattern", "The text that it was compiled from.", pattern_get_pattern, seq_readonly },
    { "flags", "The flags that are in force.", pattern_get_flags, seq_readonly },
    { "groups", "How many groups there are.", pattern_get_groups, seq_readonly },
    { "groupindex", "Names of groups, and their numbers.", pattern_get_groupindex, NULL },
    { 0 }
};

static Value re_f_compile(Vm *vm, Value self, const Args *args)
{
    int64_t flags;
    (void)self;
    if (!op_int64(vm, args->v[1], &flags))
        return VALUE_ERROR;
    if (!is_str(args->v[0])) {
        const char *p;
        size_t n;
        if (!bytes_view(vm, args->v[0], &p, &n)) {
            exc_discard(vm);
            return raise_exc(vm, EXC_TypeError, "first argument must be string or compiled pattern");
        }
    }
    Pattern *p = re_pattern_new(vm, args->v[0], (unsigned)flags);
    return p ? value_from_obj(p) : VALUE_ERROR;
}

/* For re._parser: how short and how long a match can be. */
static Value re_f_width(Vm *vm, Value self, const Args *args)
{
    int64_t flags;
    const char *p;
    size_t n;
    (void)self;
    if (!op_int64(vm, args->v[1], &flags) || (!is_str(args->v[0]) && !bytes_view(vm, args->v[0], &p, &n)))
        return VALUE_ERROR;
    Buf out;
    ReInfo info = { 0 };
    buf_init(&out, &vm->alloc);
    bool ok = re_translate(vm, args->v[0], (unsigned)flags, is_str(args->v[0]) ? RE_TEXT : RE_BYTES, &out, &info);
    buf_free(&out);
    mem_free(&vm->alloc, info.closing, info.closing_cap * sizeof *info.closing);
    if (!ok)
        return VALUE_ERROR;
    Tuple *t = tuple_pack(vm, (size_t)3, value_from_int48((int64_t)info.low),
                          info.high >= RE_WIDTH_MAX ? VALUE_NONE : value_from_int48((int64_t)info.high),
                          value_from_int48(info.groups));
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value re_f_template(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!is_pattern(vm, args->v[0]))
        return raise_exc(vm, EXC_TypeError, "a pattern is required, not %T", args->v[0]);
    return re_template(vm, as_pattern(args->v[0]), args->v[1]);
}

static const MethodDef functions[] = {
    FUNCTION(re, compile, "compile(pattern, flags, /)", "A pattern object; nothing is kept for the next time."),
    FUNCTION(re, width, "_width(pattern, flags, /)", "(shortest match, longest or None, groups)"),
    FUNCTION(re, template, "template(pattern, template, /)", "A template of sub(), parsed."),
    { 0 }
};

Value re_init(Vm *vm)
{
    static const TypeDef def = { .name = "re.Pattern", .doc = "A compiled regular expression.", .layout = &pattern_layout,
                                 .methods = pattern_methods, .getsets = pattern_getsets,
                                 .flags = TYPE_DISALLOW_NEW | TYPE_WEAKREFS };
    static const TypeDef scanner_def = { .name = "_sre.SRE_Scanner", .layout = &scanner_layout, .methods = scanner_methods,
                                         .getsets = scanner_getsets, .flags = TYPE_DISALLOW_NEW };
    Module *m = module_new(vm, "_re", "Regular expressions: patterns and matches.");
    return m && module_add_functions(vm, m, functions) && lib_add_type(vm, m, &def, vm->types.object) &&
                   lib_add_type(vm, m, &scanner_def, vm->types.object) && re_match_type_init(vm, m)
               ? value_from_obj(m) : VALUE_ERROR;
}
