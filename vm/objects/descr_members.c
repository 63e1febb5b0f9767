/* SPDX-License-Identifier: MIT
 * Which attributes of built-in types are member_descriptors in CPython. They are read by functions here, as others are; what
 * scripts see of the difference is their type, their repr and what is said when they are set. */
#include "vm/objects/descr_members.h"

#include "vm/type.h"

static const struct {
    const char *type, *names;
} members[] = {
    { "AttributeError", " name obj " },
    { "BaseException", " __suppress_context__ " },
    { "BaseExceptionGroup", " exceptions message " },
    { "ContextVar", " name " },
    { "DirEntry", " name path " },
    { "GenericAlias", " __args__ __origin__ __unpacked__ " },
    { "ImportError", " msg name name_from path " },
    { "KeyWrapper", " obj " },
    { "Match", " endpos pos re string " },
    { "NameError", " name " },
    { "OSError", " errno filename filename2 strerror " },
    { "ParamSpec", " __bound__ __contravariant__ __covariant__ __infer_variance__ __name__ " },
    { "Pattern", " flags groups pattern " },
    { "ReferenceType", " __callback__ " },
    { "SimpleNamespace", " __dict__ " },
    { "StopIteration", " value " },
    { "SyntaxError", " end_lineno end_offset filename lineno msg offset print_file_and_line text " },
    { "SystemExit", " code " },
    { "TypeAliasType", " __name__ " },
    { "TypeVar", " __contravariant__ __covariant__ __infer_variance__ __name__ " },
    { "TypeVarTuple", " __name__ " },
    { "UnicodeDecodeError", " encoding end object reason start " },
    { "UnicodeEncodeError", " encoding end object reason start " },
    { "UnicodeTranslateError", " encoding end object reason start " },
    { "UnionType", " __args__ " },
    { "async_generator", " ag_running " },
    { "classmethod", " __func__ __wrapped__ " },
    { "code", " co_argcount co_consts co_filename co_firstlineno co_flags co_kwonlyargcount co_name "
      "co_names co_nlocals co_posonlyargcount co_qualname co_stacksize " },
    { "complex", " imag real " },
    { "coroutine", " cr_origin " },
    { "defaultdict", " default_factory " },
    { "function", " __builtins__ __closure__ __globals__ " },
    { "getset_descriptor", " __name__ __objclass__ " },
    { "member_descriptor", " __name__ __objclass__ " },
    { "method", " __func__ __self__ " },
    { "method-wrapper", " __self__ " },
    { "method_descriptor", " __name__ __objclass__ " },
    { "module", " __dict__ " },
    { "partial", " args func keywords " },
    { "property", " fdel fget fset " },
    { "range", " start step stop " },
    { "slice", " start step stop " },
    { "staticmethod", " __func__ __wrapped__ " },
    { "super", " __self__ __self_class__ __thisclass__ " },
    { "traceback", " tb_frame tb_lasti " },
    { "type", " __base__ __basicsize__ __dictoffset__ __flags__ __itemsize__ __weakrefoffset__ " },
    { "wrapper_descriptor", " __name__ __objclass__ " },
};

const char *descr_members(const Type *t)
{
    const char *name = type_short_name(t);
    for (size_t i = 0; i < COUNT_OF(members); i++)
        if (!strcmp(members[i].type, name))
            return members[i].names;
    return NULL;
}

bool descr_is_member(const char *names, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = names; p && (p = strstr(p, name)); p += n)
        if (p[-1] == ' ' && p[n] == ' ')
            return true;
    return false;
}
