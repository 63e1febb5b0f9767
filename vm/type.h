/* SPDX-License-Identifier: MIT
 * Types, shapes, attributes, and the tables by which C declares built-in types and functions.
 *
 * Every heap object carries the id of its shape. A built-in type has one shape (instances have no attributes);
 * a class made by a script has a tree of them: the root for an object without attributes, a child for each
 * attribute added. A shape belongs to one class, so a comparison of one id guards both "this class" and "these
 * attributes in these slots". A change of kind in a class (a function, descriptor or special method added,
 * replaced or removed, here or in a base) gives its shapes and those of its subclasses new ids: the old ids map to
 * the same Shape, and objects take the new id when they are next looked at by a slow path.
 *
 * Attributes of an instance: slot i < inline_cap lies in Instance.slots[i], the rest in the Values at `ext`.
 * Past 64 attributes, after a deletion, or when __dict__ is asked for, the object goes to dict mode for good: its
 * shape is the class's dict shape and `ext` is a Dict. For an instance of a subclass of a built-in, ext
 * follows the built-in's struct (obj_ext), and there are no inline slots. */
#ifndef VM_TYPE_H
#define VM_TYPE_H

#include "vm/heap.h"

#define SHAPE_MAX_SLOTS 64u
#define SHAPE_MAX_CHILDREN 128u

struct Shape {
    Obj h;
    uint32_t id;
    uint16_t nslots;
    uint16_t inline_cap;
    Type *type;
    Shape *parent;              /* NULL for a root */
    Str *key;                   /* the attribute that this shape adds */
    Shape *next_sibling, *children;     /* transitions */
    Shape *all_next;            /* all shapes of the type */
    uint32_t nchildren;
    bool dict_mode;
    bool cached;                /* its id may stand in an inline cache */
};

/* Ids of the shapes of values that are no heap objects, and of built-in types that C tests for. */
enum { SHAPE_NONE_ID = 1, SHAPE_BOOL_ID, SHAPE_INT_ID, SHAPE_FLOAT_ID, SHAPE_NOT_IMPLEMENTED_ID, SHAPE_ELLIPSIS_ID,
       SHAPE_STR_ID, SHAPE_BYTES_ID, SHAPE_TUPLE_ID, SHAPE_LIST_ID, SHAPE_DICT_ID, SHAPE_SET_ID, SHAPE_FROZENSET_ID,
       SHAPE_FUNCTION_ID, SHAPE_NATIVE_ID, SHAPE_METHOD_ID, SHAPE_CELL_ID, SHAPE_FIRST_FREE_ID };

#define TYPE_HEAP 1u            /* made by a script: may be changed */
#define TYPE_BASE 2u            /* may be subclassed */
#define TYPE_HAS_DICT 4u        /* instances take attributes */
#define TYPE_ABSTRACT 8u        /* has abstract methods: cannot be instantiated */
#define TYPE_DISALLOW_NEW 16u   /* "cannot create 'x' instances" */
#define TYPE_EXC 32u            /* derives from BaseException */
#define TYPE_HAS_DEL 64u
#define TYPE_CUSTOM_GETATTRIBUTE 128u   /* __getattribute__ is not object's (or module's, type's) */
#define TYPE_CUSTOM_GETATTR 256u
#define TYPE_CUSTOM_SETATTR 512u
#define TYPE_SEQUENCE 1024u     /* matches sequence patterns */
#define TYPE_MAPPING 2048u      /* matches mapping patterns */
#define TYPE_MATCH_SELF 4096u   /* one positional class pattern matches the object itself */
#define TYPE_SLOTS_ONLY 8192u   /* __slots__ without __dict__ anywhere */
#define TYPE_DESCR_GET 16384u   /* has __get__ */
#define TYPE_DESCR_SET 32768u   /* has __set__ or __delete__ */
#define TYPE_WEAKREFS (1u << 17)        /* instances can be referred to weakly */
#define TYPE_PLAIN_NAME (1u << 18)      /* a class of script in CPython: may be changed, messages name it without its module */
#define TYPE_SOLID (1u << 19)           /* has a layout of its own in CPython, although not here: bases conflict */
#define TYPE_ORDERED (1u << 20)         /* OrderedDict: its iterators are of another kind */
#define TYPE_NO_MRO (1u << 21)          /* the first mro() of its metaclass is being asked */
#define TYPE_METHOD_DESCR 65536u        /* functions: LOAD_METHOD may leave out the bound method */

/* Items of a native format in memory that stays where it is while *exports is not 0. */
typedef struct LentBytes {
    char *data;
    size_t len;                 /* in bytes */
    unsigned itemsize;
    char format;
    bool readonly;
    uint32_t *exports;
} LentBytes;

/* How instances look in C and how the collector sees them. Inherited by subclasses. */
typedef struct TypeLayout {
    Kind kind;
    uint32_t size;              /* of the struct; 0: varies (then ext lies behind the payload) */
    void (*trace)(Marker *m, Obj *o);           /* kind EXT only */
    void (*finalize)(Vm *vm, Obj *o);           /* kind EXT only: before the cell is freed; no script */
    /* kind EXT only: has the dead object something to say (no script)? Then last_word() runs at a checkpoint, once,
     * with the object whole; no exception may be left pending. */
    bool (*wants_last_word)(Vm *vm, Obj *o);
    void (*last_word)(Vm *vm, Obj *o);
    void (*died)(Vm *vm, Obj *o);       /* with last_word: the collector finds it dead, last word to come or not; no script */
    bool (*quiet)(const Obj *o);        /* with last_word: it can have none any more, and died() would do nothing. Optional */
    const void *tag;
    /* kind EXT only: the bytes that it lends to memoryviews and to all that takes bytes-like objects; NULL: none. */
    void (*lend)(Obj *o, struct LentBytes *out);
    /* Awaiting an instance without an iterator (futures). `first`: the await begins; else it was resumed.
     * Returns true and *out: the await is over with this result, EMPTY *out: an exception is pending.
     * Returns false: suspend, *out goes out to who resumed the chain. */
    bool (*await)(Vm *vm, Obj *o, bool first, Value *out);
    /* An exception is thrown at who awaits it. Results as above; the same exception is left pending where nothing is
     * made of it. NULL: it does not need to know. */
    bool (*thrown)(Vm *vm, Obj *o, Value exc, Value *out);
    void (*reuse)(Vm *vm, Obj *o);  /* EXT_UNSEEN, and what awaited it has its result */
} TypeLayout;

struct Type {
    Obj h;
    uint32_t flags;
    uint32_t version;           /* changes with the type or a base; lookup caches compare it */
    const TypeLayout *layout;
    Type *base;                 /* the one that gave the layout */
    Tuple *bases, *mro;
    Dict *dict;                 /* type_dict() fills it first */
    uint8_t unfilled;           /* a built-in type that nobody has looked into yet: from these its dict will be filled,
                                   after so many looks at the latest */
    const char *def_name, *def_doc;
    const struct MethodDef *def_methods, *def_more;
    const struct GetSetDef *def_getsets;
    Value name, qualname;       /* Str */
    const char *cname;          /* of a built-in type */
    Shape *root_shape, *all_shapes;
    Shape *dict_shape;          /* NULL: not needed yet */
    uint16_t inline_cap;        /* of instances of plain classes */
    uint16_t nmembers;          /* of __slots__, bases included: each has a number (Descr.a) */
    Value slots;                /* names of __slots__ in order, a Tuple, or EMPTY */
    Values *subclasses;         /* weak: cleared by the collector */
    uint32_t nsubclasses;
    Values *specials;           /* SPECIAL_COUNT, resolved along the mro, not bound; EMPTY: none. The base's while alike */
    Value ext;                  /* attributes of a class whose metaclass is a script's (a Dict), else EMPTY */
};

/* The plain layouts of the VM's own kinds. */
extern const TypeLayout kind_layouts[KIND_COUNT];
#define LAYOUT(KIND_X) (&kind_layouts[KIND_##KIND_X])

/* ---- tables ---- */
/* A native function or method. `signature` is its name and parameters in Python's form, "insert(index: int,
 * value, /)"; it is parsed on first use and decides checking, defaults, keywords, and the error texts. Annotations
 * int (by __index__), ssize and cint (the same, and in the range of C's ssize_t or int), slice (an end of a
 * slice: None or an index, cut to the range of ssize_t), float, str, bytes, bool (truth), and none (anything)
 * convert before the function runs, from left to right. A default of `...` means EMPTY. */
struct MethodDef {
    const char *signature;
    const char *doc;
    NativeFn fn;
    uint32_t flags;
};
#define NATIVE_STATIC 1u        /* staticmethod of its type (and __new__): self is EMPTY, or cls for __new__ */
#define NATIVE_CLASS 2u         /* classmethod: self is the class */
#define NATIVE_PLAIN 4u         /* a plain method although its name is that of a slot: list.__getitem__ */
#define NATIVE_INVALID_KW 16u   /* words the error of an unknown keyword as enumerate does */
#define NATIVE_AS_SCRIPT 32u    /* words its errors as a function of a script does: it is one in CPython */
#define NATIVE_VECTOR 64u       /* takes all arguments as they come: Args.rest, then nkw values named by Args.names */
#define NATIVE_COROUTINE 128u   /* gives a fresh coroutine: an `async def` function in script's eyes */
#define NATIVE_STEPS 256u       /* next(generator), generator.send(value): the interpreter enters it by itself */
#define NATIVE_REFUSES 128u     /* stands for Native.module, whose owner's instances `self` is none of: an error */
#define NATIVE_PARSED 512u      /* words its errors as what unpacks a tuple of arguments by a format does */
#define NATIVE_RAW 8u           /* host natives: fn is called through ud (runtime/api) */
/* Obj.flags of a Native. */
#define NATIVE_IS_NEW 1u        /* __new__ of a built-in type: static, the class comes first */
#define NATIVE_IS_SLOT 2u       /* __add__ and its like: shows as a slot wrapper and words its errors so */
/* A method of a built-in type, not bound yet: the first argument is self. */
static inline bool native_binds(const Native *n)
{
    return n->owner && value_is_empty(n->self) && !(n->h.flags & NATIVE_IS_NEW) &&
        !(n->def->flags & (NATIVE_STATIC | NATIVE_CLASS));
}
#define METHOD(type, cname, signature, doc) { signature, doc, type##_m_##cname, 0 }
#define PLAIN_METHOD(type, cname, signature, doc) { signature, doc, type##_m_##cname, NATIVE_PLAIN }
#define SCRIPT_METHOD(type, cname, signature, doc) { signature, doc, type##_m_##cname, NATIVE_AS_SCRIPT }
#define ASYNC_METHOD(type, cname, signature, doc) \
    { signature, doc, type##_m_##cname, NATIVE_AS_SCRIPT | NATIVE_COROUTINE }
#define SCRIPT_FUNCTION(module, cname, signature, doc) { signature, doc, module##_f_##cname, NATIVE_AS_SCRIPT }
#define PARSED_METHOD(type, cname, signature, doc) { signature, doc, type##_m_##cname, NATIVE_PARSED }
#define PARSED_FUNCTION(module, cname, signature, doc) { signature, doc, module##_f_##cname, NATIVE_PARSED }
#define CLASSMETHOD(type, cname, signature, doc) { signature, doc, type##_m_##cname, NATIVE_CLASS }
#define STATICMETHOD(type, cname, signature, doc) { signature, doc, type##_m_##cname, NATIVE_STATIC }
#define FUNCTION(module, cname, signature, doc) { signature, doc, module##_f_##cname, 0 }

typedef struct GetSetDef {
    const char *name, *doc;
    Value (*get)(Vm *vm, Value self);
    bool (*set)(Vm *vm, Value self, Value v);   /* v EMPTY: delete; NULL: read-only */
} GetSetDef;

typedef struct TypeDef {
    const char *name;           /* "list", "asyncio.Future": what stands before the last dot is the module */
    const char *doc;
    const TypeLayout *layout;   /* NULL: the base's */
    const MethodDef *methods;   /* dunder methods too: they are what the operators call. Ends with { 0 } */
    const GetSetDef *getsets;   /* may be NULL */
    uint32_t flags;
    uint32_t shape_id;          /* a fixed id from the enum above, 0: the next free one */
} TypeDef;

/* Make a built-in type. __new__ in the table is "__new__(…)" with self = the class to make an instance of; a
 * type without one inherits its base's, or has none (TYPE_DISALLOW_NEW). NULL: exception pending. */
MUST_USE Type *type_from_def(Vm *vm, const TypeDef *def, Type *base);
/* The same for a type that had to exist before its table could be read (core.c). */
MUST_USE bool type_complete(Vm *vm, Type *t, const TypeDef *def, Type *base);
MUST_USE Native *native_new(Vm *vm, const MethodDef *def, Value self, Value module);
MUST_USE Native *native_method(Vm *vm, const MethodDef *def, Type *owner, const Str *name);     /* name: interned */
MUST_USE Native *native_bind(Vm *vm, const Native *n, Value self);
/* Fill a module's globals from a table. */
MUST_USE bool module_add_functions(Vm *vm, Module *m, const MethodDef *defs);
MUST_USE bool module_set(Vm *vm, Module *m, const char *name, Value v);
MUST_USE Module *module_new(Vm *vm, const char *name, const char *doc);

/* ---- types ---- */
static inline uint32_t shape_id_of(Value v)
{
    if (value_is_obj(v))
        return value_obj(v)->shape;
    if (value_is_int48(v))
        return SHAPE_INT_ID;
    if (value_is_double(v))
        return SHAPE_FLOAT_ID;
    if (value_is_bool(v))
        return SHAPE_BOOL_ID;
    return value_is_none(v) ? SHAPE_NONE_ID : v.bits == 10 ? SHAPE_NOT_IMPLEMENTED_ID : SHAPE_ELLIPSIS_ID;
}
static inline Shape *shape_of(Vm *vm, Value v) { return vm->shapes[shape_id_of(v)]; }
static inline Type *type_of(Vm *vm, Value v) { return shape_of(vm, v)->type; }
/* Exactly this built-in type, no subclass. */
static inline bool is_exact(Value v, uint32_t shape_id) { return value_is_cell(v) && value_obj(v)->shape == shape_id; }

bool type_is_subtype(const Type *a, const Type *b);     /* by mro */
static inline bool value_is_a(Vm *vm, Value v, Type *t)
{
    Type *own = type_of(vm, v);
    return own == t || type_is_subtype(own, t);
}
const char *type_short_name(const Type *t);             /* without the module of a built-in type */
const char *type_name(const Type *t);                   /* for messages: NUL-terminated, lives as long as the type */
static inline const char *type_name_of(Vm *vm, Value v) { return type_name(type_of(vm, v)); }

/* Along the mro, without binding; EMPTY when absent (nothing raised). */
Value type_lookup(Vm *vm, Type *t, Str *name);
void type_fill(Vm *vm, Type *t);
/* More methods for a built-in type, before any script runs. */
MUST_USE bool type_add_methods(Vm *vm, Type *t, const MethodDef *defs);
/* __hash__ = None; only for a type just made: nothing has looked at it, so it keeps its fixed shape id. */
MUST_USE bool type_make_unhashable(Vm *vm, Type *t);
/* The names that the class itself defines. */
static inline Dict *type_dict(Vm *vm, Type *t)
{
    if (UNLIKELY(t->unfilled))
        type_fill(vm, t);
    return t->dict;
}
static inline Value type_special(const Type *t, Special s) { return t->specials->items[s]; }
/* Set or delete (EMPTY) a class attribute: updates specials, flags, versions, shapes. */
MUST_USE bool type_set_attr(Vm *vm, Type *t, Str *name, Value v);
/* class statement and type(): metatype is already decided. NULL: exception pending. */
MUST_USE Type *type_new_class(Vm *vm, Type *metatype, Str *name, Tuple *bases, Dict *ns, Dict *kwargs);
MUST_USE Type *type_calculate_metaclass(Vm *vm, Type *metatype, Tuple *bases);
/* Instance of a type, attributes unset; builtin payload zeroed. For use by __new__ natives: cls may be a subclass. */
MUST_USE Obj *object_alloc(Vm *vm, Type *cls);
/* The same when the struct's size varies (str, int, tuple, bytes): `size` bytes of payload, ext behind. */
MUST_USE Obj *object_alloc_var(Vm *vm, Type *cls, Kind kind, size_t size);
/* Where an object's attributes hang (Values, Dict or EMPTY); NULL when it takes none. */
Value *obj_ext(Vm *vm, Obj *o);
size_t obj_size(Vm *vm, const Obj *o);      /* of the struct with its payload, without ext */

/* __dict__ of instances, for the tables of types with TYPE_HAS_DICT. */
Value instance_g_dict(Vm *vm, Value self);
Value type_g_dict(Vm *vm, Value self);
MUST_USE bool instance_s_dict(Vm *vm, Value self, Value v);
#define DICT_GETSET { "__dict__", "The instance's own attributes.", instance_g_dict, instance_s_dict }

/* Steps in making a type (type.c, class.c). */
MUST_USE Type *type_alloc(Vm *vm, Type *metatype);
void type_inherit(Type *t, Type *base);
MUST_USE bool type_set_bases(Vm *vm, Type *t, Tuple *bases);
MUST_USE bool type_add_subclass(Vm *vm, Type *base, Type *t);
/* The descriptor __dict__, unless the type has or inherits one (class.c). */
MUST_USE bool type_add_dict(Vm *vm, Type *t);
MUST_USE bool type_ready(Vm *vm, Type *t, uint32_t shape_id);

/* ---- shapes ---- */
MUST_USE Shape *shape_new_root(Vm *vm, Type *t, uint32_t fixed_id, bool dict_mode);
MUST_USE Shape *shape_dict_root(Vm *vm, Type *t);       /* of instances in dict mode */
/* The shape with one attribute more; NULL with nothing pending: too many, go to dict mode. */
Shape *shape_child(Vm *vm, Shape *s, Str *key);
int shape_slot(const Shape *s, const Str *key);         /* -1: absent; key is interned */
/* The object's shape, its id brought up to date. */
static inline Shape *obj_shape(Vm *vm, Obj *o)
{
    Shape *s = vm->shapes[o->shape];
    o->shape = s->id;
    return s;
}
/* The class changed in kind: new ids for its shapes and those of its subclasses, caches miss. */
MUST_USE bool type_invalidate(Vm *vm, Type *t);
/* Fill t->special and the flags that follow from it. */
MUST_USE bool type_resolve_specials(Vm *vm, Type *t);
MUST_USE Tuple *type_make_mro(Vm *vm, Type *t, Tuple *bases);   /* C3 */

/* ---- attributes (attr.c) ---- */
MUST_USE Value attr_get(Vm *vm, Value o, Str *name);
/* The same, but AttributeError is no error: EMPTY with nothing pending. */
MUST_USE Value attr_get_opt(Vm *vm, Value o, Str *name);
MUST_USE bool attr_set(Vm *vm, Value o, Str *name, Value v);     /* v EMPTY: delete */
/* object.__getattribute__ and friends, bypassing overrides. */
MUST_USE Value attr_generic_get(Vm *vm, Value o, Str *name);
MUST_USE bool attr_generic_set(Vm *vm, Value o, Str *name, Value v);
/* The instance's own attributes only. EMPTY: absent. */
Value attr_own(Vm *vm, Obj *o, Str *name);
/* The object's __dict__ as a real dict; the object is in dict mode from now on. NULL: exception pending. */
MUST_USE Dict *attr_dict(Vm *vm, Value o);
/* Bind what a class lookup gave: functions, properties, anything with __get__. o EMPTY: asked of the class. */
MUST_USE Value attr_bind(Vm *vm, Value descr, Value o, Type *t);
MUST_USE bool attr_to_dict_mode(Vm *vm, Obj *o);
void attr_replace_dict(Vm *vm, Obj *o, Dict *d);         /* of an object in dict mode */
/* Set or delete (EMPTY) in the object itself, past descriptors; *found 0: there was nothing to delete. */
MUST_USE bool attr_set_own(Vm *vm, Obj *o, Str *name, Value v, int *found);
/* The same of a slot of __slots__, by its descriptor. */
/* A member_descriptor of __slots__. EMPTY is none. */
static inline bool descr_is_slot(const Vm *vm, Value descr)
{
    if (value_is_empty(descr) || !value_is_obj(descr))
        return false;
    const Descr *d = (const Descr *)value_obj(descr);
    return d->h.shape == vm->types.member_descriptor->root_shape->id && !d->def;
}
/* A getset_descriptor, or a member_descriptor of a built-in type: `def` is a GetSetDef. */
static inline bool descr_is_getset(const Vm *vm, const Descr *d)
{
    return d->h.shape == vm->types.getset_descriptor->root_shape->id ||
           (d->h.shape == vm->types.member_descriptor->root_shape->id && d->def);
}
MUST_USE Value attr_member_get(Vm *vm, Obj *o, const Descr *d);
MUST_USE bool attr_member_set(Vm *vm, Obj *o, const Descr *d, Value v, int *found);
MUST_USE Value method_new(Vm *vm, Value func, Value self);
/* Is the module's code still running? *origin: where it came from, a str where that is known. */
bool module_is_running(Vm *vm, const Module *m, Value *origin);
/* Method lookup without a bound method: *self is EMPTY when the result is not a method to be called with self
 * first. EMPTY result: exception pending. */
MUST_USE Value attr_method(Vm *vm, Value o, Str *name, Value *self);

#endif
