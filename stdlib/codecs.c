/* SPDX-License-Identifier: MIT
 * Module _codecs: what the module codecs needs to know of the encodings that are built in. */
#include "stdlib/modules.h"

#include "vm/objects/str.h"
#include "vm/objects/text_codec.h"
#include "vm/text/charmap.h"

/* CPython's name of a table of 256 characters: what stands first among ours, "iso8859_2", with dashes. */
static Str *charmap_name(Vm *vm, CodecId id)
{
    const char *names = charmaps[id - CODEC_CHARMAP].names;
    Str *s = str_new(vm, names, strcspn(names, " "));
    for (size_t i = 0; s && i < s->len; i++)
        if (s->text[i] == '_')
            s->text[i] = '-';
    return s;
}

static Value codecs_f_name_of(Vm *vm, Value self, const Args *args)
{
    static const char *const names[] = {
        [CODEC_UTF8] = "utf-8", [CODEC_UTF8_SIG] = "utf-8-sig", [CODEC_ASCII] = "ascii", [CODEC_LATIN1] = "iso8859-1",
        [CODEC_UNICODE_ESCAPE] = "unicode-escape", [CODEC_RAW_UNICODE_ESCAPE] = "raw-unicode-escape",
        [CODEC_UTF16] = "utf-16", [CODEC_UTF16_LE] = "utf-16-le", [CODEC_UTF16_BE] = "utf-16-be",
        [CODEC_UTF32] = "utf-32", [CODEC_UTF32_LE] = "utf-32-le", [CODEC_UTF32_BE] = "utf-32-be",
    };
    const Str *s = as_str(args->v[0]);
    CodecId id;
    (void)self;
    if (!codec_find(str_data(s), s->len, &id))
        return VALUE_NONE;
    Str *name = codec_is_charmap(id) ? charmap_name(vm, id) : str_cstr(vm, names[id]);
    return name ? value_from_obj(name) : VALUE_ERROR;
}

static Value codecs_f_decode_part(Vm *vm, Value self, const Args *args)
{
    int final = op_truth(vm, args->v[3]);
    (void)self;
    return final < 0 ? VALUE_ERROR : text_decode_part(vm, args->v[1], as_str(args->v[0]), as_str(args->v[2]), final);
}

static const MethodDef functions[] = {
    FUNCTION(codecs, name_of, "name_of(encoding: str, /)", "The name of a built-in encoding, None of any other."),
    FUNCTION(codecs, decode_part, "decode_part(encoding: str, data, errors: str, final, /)",
             "(text, bytes used); unless final, a character that is not yet complete is left."),
    { 0 }
};

Value codecs_init(Vm *vm)
{
    Module *m = module_new(vm, "_codecs", "The encodings that are built in.");
    return m && module_add_functions(vm, m, functions) ? value_from_obj(m) : VALUE_ERROR;
}
