/* SPDX-License-Identifier: MIT
 * The layout of every heap object.
 *
 * One header word: kind (layout), collector bits, flags of the kind, and the id of the object's shape, from
 * which its type follows (vm->shapes[id]->type). Instances of subclasses of a built-in are the built-in's
 * struct followed by one pointer to their attributes ("ext", see type.h); instances of plain classes are
 * Instance, whose first slots lie inline. */
#ifndef VM_OBJECT_H
#define VM_OBJECT_H

#include "vm/value.h"

typedef struct Vm Vm;
typedef struct Strand Strand;
typedef struct Type Type;
typedef struct Shape Shape;
typedef struct Code Code;
typedef struct Frame Frame;
typedef struct Gen Gen;
typedef struct Str Str;
typedef struct Dict Dict;
typedef struct Tuple Tuple;

typedef enum Kind {
#define KIND(NAME, Struct) KIND_##NAME,
#include "vm/kinds.def"
    KIND_COUNT
} Kind;

struct Obj {
    uint8_t kind;
    uint8_t gc;             /* heap.h */
    uint16_t flags;         /* meaning depends on the kind, but for the top ones below */
    uint32_t shape;
};

/* Flags that any object may have. */
#define OBJ_HAS_WEAKREFS 0x8000u
#define OBJ_HAS_ID 0x4000u
#define OBJ_FINALIZED 0x2000u   /* __del__ (or its like) has run */
#define OBJ_GIVEN 0x0800u       /* coroutines, futures: an argument of the gather() that is being called */
#define EXT_UNSEEN 16u          /* kind EXT: made for the await behind its call, nobody else has a reference */
#define OBJ_SUBCLASS 0x1000u    /* instance of a subclass of a built-in: a pointer to attributes follows */

/* ---- buffers: cells that belong to one object ---- */
typedef struct Values {         /* an array of values, all traced */
    Obj h;
    size_t cap;
    Value items[];
} Values;
typedef struct Raw {            /* bytes, not traced */
    Obj h;
    size_t cap;
    char data[];
} Raw;

/* ---- text and bytes ---- */
/* UTF-8 (lone surrogates as three bytes, WTF-8). `len` is in bytes. Text lies inline, or in a shared growing
 * buffer (STR_BUFFERED: made by repeated a + b; only the newest holder appends in place). Use str_data().
 * Inline text has a NUL behind it; buffered text has not. When not STR_ASCII, chars holds the number of code
 * points and index (made on first use) the byte offsets of every 64th. */
#define STR_ASCII 1u
#define STR_INTERNED 2u
#define STR_BUFFERED 4u
#define STR_SURROGATES 8u       /* holds lone surrogates: cannot be encoded strictly */
#define STR_IDENTIFIER 16u      /* known to be one */
#define STR_CONCAT 32u          /* inline, made by a + b: the next one gets a buffer */
typedef struct StrBuf {
    Obj h;
    uint32_t used, cap;
    char data[];
} StrBuf;
struct Str {
    Obj h;
    uint32_t len;
    uint32_t hash;              /* 0: not yet computed */
    uint32_t chars;             /* code points */
    uint32_t special;           /* interned names of special methods: their number (SPECIAL_*) + 1 */
    union {
        StrBuf *buf;            /* STR_BUFFERED */
        Raw *index;             /* inline and not ASCII: may be NULL */
    } u;
    char text[];
};
static inline const char *str_data(const Str *s) { return s->h.flags & STR_BUFFERED ? s->u.buf->data : s->text; }
static inline bool str_is_ascii(const Str *s) { return s->h.flags & STR_ASCII; }

typedef struct Bytes {
    Obj h;
    size_t len;
    int64_t hash;               /* -1: not yet computed */
    char data[];                /* NUL behind */
} Bytes;
typedef struct ByteArray {
    Obj h;
    size_t len;
    Raw *buf;                   /* may be NULL when empty */
    uint32_t exports;           /* memoryviews on it: no resize */
    uint32_t start;             /* its bytes begin there in buf: what went at the front */
} ByteArray;
static inline char *bytearray_data(const ByteArray *b) { return b->buf->data + b->start; }     /* of one that has some */

/* ---- numbers: those that do not fit a Value, and instances of subclasses ---- */
typedef struct Int {
    Obj h;
    int32_t sign;               /* -1, 0, 1 */
    uint32_t count;             /* limbs; the top one is not 0 */
    uint64_t limbs[];
} Int;
typedef struct Float {
    Obj h;
    double value;
} Float;
typedef struct Cplx {
    double re, im;
} Cplx;
typedef struct Complex {
    Obj h;
    Cplx z;
} Complex;

/* ---- containers ---- */
struct Tuple {
    Obj h;
    size_t len;
    Value items[];
};
typedef struct List {
    Obj h;
    size_t len;
    Values *buf;                /* NULL when nothing was ever stored */
} List;

/* One compact table: entries in insertion order, behind an index of 1, 2 or 4 bytes an item. dict.c alone
 * knows more. In cell mode (DICT_CELLS) the entries' values are Cells: see dict.h. */
#define DICT_CELLS 1u
#define DICT_OF_INSTANCE 8u    /* the attributes of an instance of a class of the script's */
#define DICT_MODULE_BUILTINS 2u
#define DICT_EPHEMERONS 4u      /* keys are WeakRefs; a value is alive only while its key's target is (weak.h) */
typedef struct DictEntry {
    Value key;                  /* EMPTY: deleted */
    Value value;
    int64_t hash;
} DictEntry;
typedef struct DictTable {
    Obj h;
    uint16_t log2_size;         /* index slots */
    uint16_t skipped;           /* entries that would stand before the first, had the table not begun anew when it was empty */
    uint32_t cap;               /* entries that fit */
    DictEntry entries[];        /* then the index */
} DictTable;
struct Dict {
    Obj h;
    uint32_t used;              /* live entries */
    uint32_t filled;            /* entries written, dead ones included */
    DictTable *table;           /* NULL when empty */
    uint32_t version;           /* bumped when keys are added or removed: iterators notice */
    uint32_t indexed;           /* index slots taken, dead ones included */
};
enum { DICT_KEYS, DICT_VALUES, DICT_ITEMS };
typedef struct DictView {
    Obj h;                      /* flags: DICT_KEYS, DICT_VALUES or DICT_ITEMS */
    Dict *dict;
} DictView;

/* Open addressing in CPython's own order (same probe, same growth): what iterates there iterates alike here. */
#define SET_FROZEN 1u
typedef struct SetEntry {
    Value key;                  /* EMPTY: never used; VALUE_NOT_IMPLEMENTED's bits with hash -1: deleted */
    int64_t hash;
} SetEntry;
typedef struct SetTable {
    Obj h;
    size_t size;                /* a power of two */
    SetEntry entries[];
} SetTable;
typedef struct Set {
    Obj h;
    uint32_t used, filled;
    SetTable *table;            /* never NULL once built */
    int64_t hash;               /* frozenset: -1 not yet computed */
    size_t finger;              /* where pop() goes on */
} Set;

typedef struct Slice {
    Obj h;
    Value start, stop, step;
} Slice;
typedef struct Range {
    Obj h;
    Value start, stop, step, length;    /* ints of any size */
} Range;

/* Iterators of built-in types, all one struct; flags say which (iter.h). */
typedef struct Iter {
    Obj h;
    Value source;               /* EMPTY: exhausted */
    int64_t index;
    int64_t stop, step;         /* ranges within 48 bits; dict, set: expected version and length */
} Iter;

typedef struct Cell {
    Obj h;
    Value value;                /* EMPTY: unbound */
} Cell;

/* ---- callables ---- */
typedef struct Func {
    Obj h;
    Code *code;
    Dict *globals;
    Dict *builtins;
    Value name, qualname;       /* Str */
    Value defaults;             /* Tuple or EMPTY */
    Value kwdefaults;           /* Dict or EMPTY */
    Value module, doc;          /* EMPTY: taken from globals["__name__"], the code's docstring */
    Value annotations;          /* EMPTY, a Dict, or a thunk (Func) that makes it */
    Value dict;                 /* attributes set on the function, or EMPTY */
    Value type_params;          /* Tuple or EMPTY */
    Cell *cells[];              /* code->ncaptures of them */
} Func;

/* Arguments of a native, already bound to its signature: v[i] is the i-th parameter, its default when it
 * was not given, EMPTY when it has none that a Value could express. `*args` collects into rest[0..nrest),
 * `**kwargs` stands in v[] as a fresh Dict. v and rest stay valid during the call only. */
typedef struct Args {
    Value *v;
    uint32_t count;             /* parameters in v */
    uint32_t given;             /* positional arguments that the caller wrote */
    Value *rest;
    uint32_t nrest;
    uint32_t nkw;               /* NATIVE_VECTOR: keywords, their values stand behind rest[0..nrest) */
    const Value *names;
} Args;
typedef Value (*NativeFn)(Vm *vm, Value self, const Args *args);
typedef struct MethodDef MethodDef;
typedef struct Signature Signature;
typedef struct Native {         /* a built-in function, or a method descriptor of a built-in type */
    Obj h;                      /* flags: NATIVE_* of type.h */
    const MethodDef *def;
    const Signature *sig;       /* parsed on first use */
    Value self;                 /* bound to it; EMPTY: the first argument is self when owner is set */
    Type *owner;                /* type that declares it; NULL for module functions */
    Value module;               /* Str or EMPTY */
    void *ud;                   /* the host's, for natives made through the embedding API */
    uint32_t direct;            /* so many arguments go to def->fn as they are: 1 + their number of a function, of a method that
                                 * is not bound NATIVE_OF_SELF + their number; 0: ask the signature */
} Native;
#define NATIVE_OF_SELF 256u
typedef struct Method {         /* bound method: func(self, …) */
    Obj h;
    Value func, self;
} Method;

/* property, classmethod, staticmethod, getset and member descriptors, super: one struct, the type tells. */
typedef struct Descr {
    Obj h;
    Value a, b, c, d;           /* property: get, set, del, doc; classmethod, staticmethod: a = function */
    const void *def;            /* GetSetDef of a native getset */
    Type *owner;
    Value name;
    Value dict;                 /* attributes set on it, or EMPTY */
} Descr;

typedef struct Module {
    Obj h;
    Dict *globals;              /* in cell mode */
    bool (*fill)(Vm *vm, struct Module *m);     /* makes the names nobody asked for yet; NULL: there are none */
    Value name;
    void *state;                /* of a native module; freed with the VM */
    uint64_t serial;            /* for caches, which may know it longer than it lives; 0: none does */
} Module;

/* ---- exceptions ---- */
/* BaseException and all that derive from it. Extra attributes of built-in exceptions (errno, name, value …)
 * live in `extra` (Values or EMPTY), laid out by exceptions.c. */
typedef struct Exc {
    Obj h;
    Value args;                 /* Tuple */
    Value traceback;            /* Traceback or NONE */
    Value cause, context;       /* exception or NONE */
    Value extra[3];
    uint8_t suppress_context;
} Exc;
typedef struct Traceback {
    Obj h;
    Value next;                 /* Traceback or NONE: towards where it was raised */
    Code *code;
    Value globals;              /* of the frame: for tb_frame.f_globals */
    Value frame;                /* FrameObj if one existed, else EMPTY */
    uint32_t at;                /* instruction index; past the last one: unknown */
    uint32_t line;              /* when a script said so; 0: that of the instruction */
} Traceback;

/* ---- weak references (weak.h) ---- */
/* Refs and proxies, which differ by type. */
typedef struct WeakRef {
    Obj h;
    Obj *target;                /* not traced; NULL: it died */
    struct WeakRef *next;       /* in the heap's table; not traced */
    Value callback;             /* EMPTY: none, or called already */
    int64_t hash;               /* the target's; -1: not yet asked */
} WeakRef;

/* ---- everything else ---- */
typedef struct Instance {
    Obj h;
    Value ext;                  /* Values with the slots that do not fit inline, a Dict in dict mode, or EMPTY */
    Value slots[];              /* shape->inline_cap of them */
} Instance;

/* A native struct of a layer above vm/ (tasks, futures, files, host classes …): its Type knows size, trace
 * and finalize hooks. */
typedef struct Ext {
    Obj h;
    /* the owner's fields */
} Ext;

/* False for EMPTY. */
static inline bool is_kind(Value v, Kind k) { return value_is_cell(v) && value_obj(v)->kind == k; }
#define DEFINE_CAST(lower, Upper, KIND_X)                                                  \
    static inline bool is_##lower(Value v) { return is_kind(v, KIND_X); }                  \
    static inline Upper *as_##lower(Value v) { return (Upper *)value_obj(v); }
DEFINE_CAST(str, Str, KIND_STR)
DEFINE_CAST(bytes, Bytes, KIND_BYTES)
DEFINE_CAST(bytearray, ByteArray, KIND_BYTEARRAY)
DEFINE_CAST(bigint, Int, KIND_INT)
DEFINE_CAST(floatobj, Float, KIND_FLOAT)
DEFINE_CAST(complex, Complex, KIND_COMPLEX)
DEFINE_CAST(tuple, Tuple, KIND_TUPLE)
DEFINE_CAST(list, List, KIND_LIST)
DEFINE_CAST(dict, Dict, KIND_DICT)
DEFINE_CAST(dictview, DictView, KIND_DICT_VIEW)
DEFINE_CAST(set, Set, KIND_SET)
DEFINE_CAST(slice, Slice, KIND_SLICE)
DEFINE_CAST(range, Range, KIND_RANGE)
DEFINE_CAST(iter, Iter, KIND_ITER)
DEFINE_CAST(cell, Cell, KIND_CELL)
DEFINE_CAST(code, Code, KIND_CODE)
DEFINE_CAST(func, Func, KIND_FUNC)
DEFINE_CAST(native, Native, KIND_NATIVE)
DEFINE_CAST(method, Method, KIND_METHOD)
DEFINE_CAST(descr, Descr, KIND_DESCR)
DEFINE_CAST(module, Module, KIND_MODULE)
DEFINE_CAST(gen, Gen, KIND_GEN)
DEFINE_CAST(exc, Exc, KIND_EXC)
DEFINE_CAST(traceback, Traceback, KIND_TRACEBACK)
DEFINE_CAST(type, Type, KIND_TYPE)
DEFINE_CAST(weakref, WeakRef, KIND_WEAKREF)
DEFINE_CAST(instance, Instance, KIND_INSTANCE)
#undef DEFINE_CAST

#endif
