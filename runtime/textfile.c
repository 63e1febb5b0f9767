/* SPDX-License-Identifier: MIT
 * Text files: decoding, encoding and newlines over a binary file. */
#include "runtime/io.h"

#include <unistd.h>

#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/objects/text_codec.h"
#include "vm/text/codec.h"

static void text_trace(Marker *m, Obj *o)
{
    TextFile *t = (TextFile *)o;
    mark_value(m, t->buffer);
    mark_value(m, t->encoding);
    mark_value(m, t->errors);
    mark_value(m, t->mode);
    mark_value(m, t->text);
}

/* The binary file below would tell its own name. */
static bool text_is_left_open(Vm *vm, Obj *o)
{
    const TextFile *t = (TextFile *)o;
    return !value_is_empty(t->buffer) && file_layout.wants_last_word(vm, value_obj(t->buffer));
}

static void text_last_word(Vm *vm, Obj *o)
{
    file_complain(vm, as_file(((TextFile *)o)->buffer), value_from_obj(o));
}

static void text_finalize(Vm *vm, Obj *o)
{
    (void)vm;
    (void)o;
}

const TypeLayout text_file_layout = { .kind = KIND_EXT, .size = sizeof(TextFile), .trace = text_trace, .finalize = text_finalize,
                                      .wants_last_word = text_is_left_open, .last_word = text_last_word };

static bool newline_mode(Vm *vm, Value v, Newlines *out)
{
    static const char *const texts[] = { NULL, "", "\n", "\r", "\r\n" };
    *out = NEWLINES_ANY;
    if (value_is_none(v))
        return true;
    if (!is_str(v)) {
        raise_exc(vm, EXC_TypeError, "newline must be str or None, not %T", v);
        return false;
    }
    for (unsigned i = 1; i < COUNT_OF(texts); i++) {
        if (str_is(as_str(v), texts[i])) {
            *out = (Newlines)i;
            return true;
        }
    }
    raise_exc(vm, EXC_ValueError, "illegal newline value: %V", v);
    return false;
}

static void set_codec(TextFile *t, CodecId id)
{
    t->sig = id == CODEC_UTF8_SIG;
    t->utf8 = id == CODEC_UTF8 || t->sig;
    t->whole = !t->utf8 && id != CODEC_ASCII && id != CODEC_LATIN1 && !codec_is_charmap(id);
    t->decoded = t->sig_passed = false;
}

bool text_file_knows(const Str *encoding)
{
    TextFile t;
    CodecId id;
    if (!codec_find(str_data(encoding), encoding->len, &id))
        return false;
    set_codec(&t, id);
    return !t.whole;
}

Value text_file_new(Vm *vm, Value buffer, Value encoding, Value errors, Value newline, bool line_buffering)
{
    Newlines newlines;
    CodecId id;
    if (!codec_find(str_data(as_str(encoding)), as_str(encoding)->len, &id))
        return raise_exc(vm, EXC_LookupError, "unknown encoding: %S", as_str(encoding));
    if (!newline_mode(vm, newline, &newlines))
        return VALUE_ERROR;
    TextFile *t = (TextFile *)object_alloc(vm, as_type(rt_of(vm)->roots[RT_ROOT_TEXT_TYPE]));
    if (!t)
        return VALUE_ERROR;
    t->buffer = buffer;
    t->encoding = encoding;
    t->errors = errors;
    t->newlines = newlines;
    t->line_buffering = line_buffering;
    set_codec(t, id);
    return value_from_obj(t);
}

/* ---- checks ---- */

static File *open_file(Vm *vm, TextFile *t)
{
    if (value_is_empty(t->buffer)) {
        raise_exc(vm, EXC_ValueError, "underlying buffer has been detached");
        return NULL;
    }
    File *f = as_file(t->buffer);
    return file_check_open(vm, f) ? f : NULL;
}

/* What is read begins with the mark of utf-8-sig. */
static bool pass_mark(Vm *vm, TextFile *t, File *f)
{
    t->sig_passed = true;
    if (!file_fill(vm, f))
        return false;
    if (f->in_len - f->in_pos >= 3 && !memcmp(f->in + f->in_pos, "\xef\xbb\xbf", 3))
        f->in_pos += 3;
    return true;
}

static File *readable_file(Vm *vm, TextFile *t)
{
    File *f = open_file(vm, t);
    if (f && !f->readable) {
        io_unsupported(vm, "not readable");
        return NULL;
    }
    if (f && t->sig && !t->sig_passed && !pass_mark(vm, t, f))
        return NULL;
    return f;
}

/* ---- writing ---- */

static Str *translate_out(Vm *vm, Str *s, Newlines mode)
{
    if (mode < NEWLINES_CR || !memchr(str_data(s), '\n', s->len))
        return s;
    Buf b;
    buf_init(&b, &vm->alloc);
    const char *p = str_data(s);
    for (size_t i = 0; i < s->len; i++) {
        if (p[i] == '\n')
            buf_puts(&b, mode == NEWLINES_CR ? "\r" : "\r\n");
        else
            buf_putc(&b, p[i]);
    }
    return str_from_buf(vm, &b);
}

/* The byte order mark stands once, at the start. */
static Str *encoding_to_write(Vm *vm, TextFile *t)
{
    Str *enc = as_str(t->encoding);
    CodecId id = CODEC_UTF8;
    bool first = !t->mark_written;
    t->mark_written = true;
    if (first || !(t->whole || t->sig) || !codec_find(str_data(enc), enc->len, &id))
        return enc;
    return id == CODEC_UTF16 ? str_cstr(vm, "utf-16-le") : id == CODEC_UTF32 ? str_cstr(vm, "utf-32-le")
         : id == CODEC_UTF8_SIG ? vm->names.utf8 : enc;
}

bool text_file_write(Vm *vm, TextFile *t, Str *s)
{
    File *f = open_file(vm, t);
    if (!f)
        return false;
    if (!f->writable) {
        io_unsupported(vm, "not writable");
        return false;
    }
    s = translate_out(vm, s, t->newlines);
    if (!s)
        return false;
    bool ok;
    if (t->utf8 && !(t->sig && !t->mark_written) && !(s->h.flags & STR_SURROGATES)) {
        ok = file_write(vm, f, str_data(s), s->len);
    } else {
        Str *enc = encoding_to_write(vm, t);
        Bytes *b = enc ? text_encode(vm, s, enc, as_str(t->errors)) : NULL;
        ok = b && file_write(vm, f, b->data, b->len);
    }
    if (ok && t->line_buffering && f->std == STD_NONE && memchr(str_data(s), '\n', s->len))
        return file_flush(vm, f);
    return ok;
}

/* ---- reading ---- */

static Str *decode(Vm *vm, TextFile *t, Buf *b)
{
    Str *s = NULL;
    if (b->failed)
        raise_no_memory(vm);
    else
        s = text_decode(vm, VALUE_EMPTY, b->data ? b->data : "", b->len, t->sig ? vm->names.utf8 : as_str(t->encoding),
                        as_str(t->errors));
    buf_free(b);
    return s;
}

enum { SEEN_CR = 1, SEEN_LF = 2, SEEN_CRLF = 4 };

/* Which ends of lines are in a text that was read in one go. */
static void note_ends(TextFile *t, const char *p, size_t n)
{
    if (t->newlines > NEWLINES_KEEP)
        return;
    for (size_t i = 0; i < n; i++) {
        bool pair = p[i] == '\r' && i + 1 < n && p[i + 1] == '\n';
        if (p[i] == '\r')
            t->seen |= pair ? SEEN_CRLF : SEEN_CR;
        else if (p[i] == '\n')
            t->seen |= SEEN_LF;
        i += pair;
    }
}

/* \r and \r\n become \n, in place. */
static void translate_in(Buf *b)
{
    char *to = b->data;
    for (size_t i = 0; i < b->len; i++) {
        if (b->data[i] == '\r') {
            *to++ = '\n';
            i += i + 1 < b->len && b->data[i + 1] == '\n';
        } else {
            *to++ = b->data[i];
        }
    }
    b->len = b->data ? (size_t)(to - b->data) : 0;
}

static bool load_whole(Vm *vm, TextFile *t, File *f)
{
    Buf b;
    if (t->decoded)
        return true;
    buf_init(&b, &vm->alloc);
    if (!file_read(vm, f, -1, &b)) {
        buf_free(&b);
        return false;
    }
    Str *s = decode(vm, t, &b);
    if (s)
        note_ends(t, str_data(s), s->len);
    if (s && t->newlines == NEWLINES_ANY && memchr(str_data(s), '\r', s->len)) {
        buf_init(&b, &vm->alloc);
        buf_put(&b, str_data(s), s->len);
        translate_in(&b);
        s = str_from_buf(vm, &b);
    }
    if (!s)
        return false;
    heap_set(vm, t, &t->text, value_from_obj(s));
    t->text_pos = 0;
    t->decoded = true;
    return true;
}

/* Where bytes come from: the binary file, or the text that was decoded whole. */
typedef struct Input {
    Vm *vm;
    TextFile *t;
    File *f;
} Input;

/* The next byte without taking it; -1: the end, -2: exception pending. */
static int peek_byte(Input *in)
{
    if (in->t->whole) {
        Str *s = as_str(in->t->text);
        return in->t->text_pos < s->len ? (unsigned char)str_data(s)[in->t->text_pos] : -1;
    }
    File *f = in->f;
    if (f->in_pos == f->in_len && (!file_fill(in->vm, f) || !vm_checkpoint(in->vm)))
        return -2;
    return f->in_pos < f->in_len ? (unsigned char)f->in[f->in_pos] : -1;
}

static void skip_byte(Input *in)
{
    if (in->t->whole)
        in->t->text_pos++;
    else
        in->f->in_pos++;
}

static unsigned char_bytes(const TextFile *t, int lead)
{
    if (!t->utf8 && !t->whole)
        return 1;
    return lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* One character, newlines translated; *ended: it ends a line. 1 taken, 0 the end, -1 exception pending. */
static int take_char(Input *in, Buf *out, bool *ended)
{
    Newlines mode = in->t->newlines;
    int c = peek_byte(in);
    *ended = false;
    if (c < 0)
        return c + 1;
    skip_byte(in);
    if (c == '\r' && mode != NEWLINES_LF && !in->t->whole) {
        int next = mode == NEWLINES_CR ? -1 : peek_byte(in);
        if (next == -2)
            return -1;
        *ended = mode != NEWLINES_CRLF || next == '\n';
        in->t->seen |= next == '\n' ? SEEN_CRLF : SEEN_CR;
        buf_putc(out, mode == NEWLINES_ANY ? '\n' : '\r');
        if (next == '\n') {
            skip_byte(in);
            if (mode != NEWLINES_ANY)
                buf_putc(out, '\n');
        }
        return 1;
    }
    *ended = c == '\n' && mode < NEWLINES_CR;
    in->t->seen |= c == '\n' ? SEEN_LF : 0;
    buf_putc(out, (char)c);
    for (unsigned n = char_bytes(in->t, c); n > 1; n--) {
        int next = peek_byte(in);
        if (next == -2)
            return -1;
        if (next < 0 || (next & 0xc0) != 0x80)
            break;
        skip_byte(in);
        buf_putc(out, (char)next);
    }
    return 1;
}

/* What was taken from a text that is decoded already needs no decoding. */
static Str *taken(Input *in, Buf *b, bool ok)
{
    if (ok && in->t->whole)
        return str_from_buf(in->vm, b);
    if (ok)
        return decode(in->vm, in->t, b);
    buf_free(b);
    return NULL;
}

/* The frequent case: no limit, and no \r in sight. */
static bool take_plain_line(Input *in, Buf *out, bool *done)
{
    File *f = in->f;
    *done = false;
    if (in->t->whole || in->t->newlines > NEWLINES_LF)
        return true;
    while (!*done && !out->failed) {
        if (!file_fill(in->vm, f) || !vm_checkpoint(in->vm))
            return false;
        const char *p = f->in + f->in_pos;
        size_t have = f->in_len - f->in_pos;
        const char *nl = have ? memchr(p, '\n', have) : NULL;
        size_t n = nl ? (size_t)(nl + 1 - p) : have;
        const char *cr = n && in->t->newlines != NEWLINES_LF ? memchr(p, '\r', n) : NULL;
        if (cr)
            n = (size_t)(cr - p);
        buf_put(out, p, n);
        f->in_pos += n;
        if (cr)
            return true;
        in->t->seen |= nl ? SEEN_LF : 0;
        *done = nl || !have;
    }
    return true;
}

Value text_file_read_line(Vm *vm, TextFile *t, int64_t limit)
{
    Input in = { vm, t, readable_file(vm, t) };
    Buf b;
    bool ended = false;
    int r = 1;
    if (!in.f || (t->whole && !load_whole(vm, t, in.f)))
        return VALUE_ERROR;
    buf_init(&b, &vm->alloc);
    if (limit < 0 && !take_plain_line(&in, &b, &ended))
        r = -1;
    for (int64_t n = 0; r > 0 && !ended && n != limit && !b.failed; n++)
        r = take_char(&in, &b, &ended);
    Str *s = taken(&in, &b, r >= 0);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value read_chars(Vm *vm, TextFile *t, int64_t limit)
{
    Input in = { vm, t, readable_file(vm, t) };
    Buf b;
    bool ended;
    int r = 1;
    if (!in.f || (t->whole && !load_whole(vm, t, in.f)))
        return VALUE_ERROR;
    buf_init(&b, &vm->alloc);
    if (limit < 0 && !t->whole) {
        r = file_read(vm, in.f, -1, &b) ? 0 : -1;
        note_ends(t, b.data, b.len);
        if (t->newlines == NEWLINES_ANY && b.len && memchr(b.data, '\r', b.len))
            translate_in(&b);
    }
    for (int64_t n = 0; r > 0 && n != limit && !b.failed; n++)
        r = take_char(&in, &b, &ended);
    Str *s = taken(&in, &b, r >= 0);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* ---- methods ---- */

static bool size_arg(Vm *vm, Value v, int64_t *n)
{
    *n = -1;
    if (value_is_none(v))
        return true;
    if (value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX))) {
        raise_exc(vm, EXC_TypeError, "argument should be integer or None, not '%T'", v);
        return false;
    }
    return op_int64(vm, v, n);
}

static Value text_m_read(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    return size_arg(vm, args->v[0], &n) ? read_chars(vm, as_text_file(self), n) : VALUE_ERROR;
}

static Value text_m_readline(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    return op_int64(vm, args->v[0], &n) ? text_file_read_line(vm, as_text_file(self), n) : VALUE_ERROR;
}

static Value text_m_readlines(Vm *vm, Value self, const Args *args)
{
    int64_t hint, total = 0;
    List *l = list_new(vm, 0);
    if (!l || !size_arg(vm, args->v[0], &hint))
        return VALUE_ERROR;
    for (;;) {
        Value line = text_file_read_line(vm, as_text_file(self), -1);
        if (value_is_empty(line))
            return line;
        if (!as_str(line)->len)
            return value_from_obj(l);
        if (!list_append(vm, l, line))
            return VALUE_ERROR;
        total += as_str(line)->chars;
        if (hint > 0 && total > hint)
            return value_from_obj(l);
    }
}

static Value text_m_next(Vm *vm, Value self, const Args *args)
{
    (void)args;
    as_text_file(self)->not_telling = true;
    Value line = text_file_read_line(vm, as_text_file(self), -1);
    if (value_is_empty(line) || as_str(line)->len)
        return line;
    as_text_file(self)->not_telling = false;
    return raise_stop_iteration(vm, VALUE_NONE);
}

static Value text_m_write(Vm *vm, Value self, const Args *args)
{
    Str *s = as_str(args->v[0]);
    return text_file_write(vm, as_text_file(self), s) ? value_from_int48(s->chars) : VALUE_ERROR;
}

static bool write_line(Vm *vm, Value item, void *ud)
{
    return !value_is_empty(op_call_method(vm, *(Value *)ud, vm->names.write, 1, &item));
}

static Value text_m_writelines(Vm *vm, Value self, const Args *args)
{
    if (!open_file(vm, as_text_file(self)) || !op_each(vm, args->v[0], write_line, &self))
        return VALUE_ERROR;
    return VALUE_NONE;
}

static Value text_m_flush(Vm *vm, Value self, const Args *args)
{
    (void)args;
    File *f = open_file(vm, as_text_file(self));
    if (f)
        as_text_file(self)->not_telling = false;
    return f && file_flush(vm, f) ? VALUE_NONE : VALUE_ERROR;
}

static Value text_m_close(Vm *vm, Value self, const Args *args)
{
    (void)args;
    TextFile *t = as_text_file(self);
    if (value_is_empty(t->buffer))
        return raise_exc(vm, EXC_ValueError, "underlying buffer has been detached");
    return file_close_as(vm, as_file(t->buffer), self) ? VALUE_NONE : VALUE_ERROR;
}

static Value text_m_seek(Vm *vm, Value self, const Args *args)
{
    TextFile *t = as_text_file(self);
    File *f = open_file(vm, t);
    int64_t offset, whence, pos;
    if (!f || !op_int64(vm, args->v[0], &offset) || !op_int64(vm, args->v[1], &whence))
        return VALUE_ERROR;
    if (whence < 0 || whence > 2)
        return raise_exc(vm, EXC_ValueError, "invalid whence (%d, should be 0, 1 or 2)", (int)whence);
    if (whence && offset)
        return io_unsupported(vm, whence == SEEK_CUR ? "can't do nonzero cur-relative seeks"
                                                     : "can't do nonzero end-relative seeks");
    if (offset < 0)
        return raise_exc(vm, EXC_ValueError, "negative seek position %d", (int)offset);
    t->decoded = t->not_telling = false;
    if (!file_seek(vm, f, offset, (int)whence, &pos))
        return VALUE_ERROR;
    t->mark_written = t->sig_passed = pos > 0;
    return int_new(vm, pos);
}

static Value text_m_tell(Vm *vm, Value self, const Args *args)
{
    int64_t pos;
    (void)args;
    File *f = open_file(vm, as_text_file(self));
    if (f && as_text_file(self)->not_telling)
        return raise_exc(vm, EXC_OSError, "telling position disabled by next() call");
    return f && file_tell(vm, f, &pos) ? int_new(vm, pos) : VALUE_ERROR;
}

/* What the binary file answers. */
static Value forward(Vm *vm, Value self, const char *name, const Args *args)
{
    TextFile *t = as_text_file(self);
    if (value_is_empty(t->buffer))
        return raise_exc(vm, EXC_ValueError, "underlying buffer has been detached");
    Str *s = str_intern(vm, name, strlen(name));
    return s ? op_call_method(vm, t->buffer, s, args->count, args->v) : VALUE_ERROR;
}
#define FORWARD(name) \
    static Value text_m_##name(Vm *vm, Value self, const Args *args) { return forward(vm, self, #name, args); }
FORWARD(fileno)
FORWARD(isatty)
FORWARD(readable)
FORWARD(writable)
FORWARD(seekable)

static Value text_m_truncate(Vm *vm, Value self, const Args *args)
{
    return open_file(vm, as_text_file(self)) ? forward(vm, self, "truncate", args) : VALUE_ERROR;
}

static Value text_m_detach(Vm *vm, Value self, const Args *args)
{
    (void)args;
    TextFile *t = as_text_file(self);
    File *f = open_file(vm, t);
    if (!f || !file_flush(vm, f))
        return VALUE_ERROR;
    t->buffer = VALUE_EMPTY;
    return value_from_obj(f);
}

static Value text_m_reconfigure(Vm *vm, Value self, const Args *args)
{
    TextFile *t = as_text_file(self);
    File *f = open_file(vm, t);
    Newlines newlines = t->newlines;
    CodecId id = CODEC_UTF8;
    int truth = value_is_none(args->v[3]) ? (int)t->line_buffering : op_truth(vm, args->v[3]);
    if (!f || truth < 0 || !file_flush(vm, f))
        return VALUE_ERROR;
    if (!value_is_empty(args->v[2]) && !newline_mode(vm, args->v[2], &newlines))
        return VALUE_ERROR;
    if (is_str(args->v[0])) {
        if (!codec_find(str_data(as_str(args->v[0])), as_str(args->v[0])->len, &id))
            return raise_exc(vm, EXC_LookupError, "unknown encoding: %S", as_str(args->v[0]));
        heap_set(vm, t, &t->encoding, args->v[0]);
        set_codec(t, id);
    }
    if (is_str(args->v[1]))
        heap_set(vm, t, &t->errors, args->v[1]);
    t->newlines = newlines;
    t->line_buffering = truth;
    return VALUE_NONE;
}

static Value text_m_enter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return open_file(vm, as_text_file(self)) ? self : VALUE_ERROR;
}
#define text_m_iter text_m_enter

static Value text_m_exit(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_is_empty(op_call_method(vm, self, vm->names.close, 0, NULL)) ? VALUE_ERROR : VALUE_NONE;
}

static Value text_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    TextFile *t = as_text_file(self);
    Str *s;
    if (value_is_empty(t->buffer) || value_is_empty(as_file(t->buffer)->name))
        s = is_str(t->mode) ? str_printf(vm, "<_io.TextIOWrapper mode=%R encoding=%R>", t->mode, t->encoding)
                            : str_printf(vm, "<_io.TextIOWrapper encoding=%R>", t->encoding);
    else if (is_str(t->mode))
        s = str_printf(vm, "<_io.TextIOWrapper name=%R mode=%R encoding=%R>", as_file(t->buffer)->name, t->mode, t->encoding);
    else
        s = str_printf(vm, "<_io.TextIOWrapper name=%R encoding=%R>", as_file(t->buffer)->name, t->encoding);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static const MethodDef text_methods[] = {
    METHOD(text, read, "read(size=-1, /)", "Read up to size characters, or all."),
    METHOD(text, readline, "readline(size: ssize=-1, /)", "Read a line with its end."),
    METHOD(text, readlines, "readlines(hint=-1, /)", "A list of the lines."),
    METHOD(text, write, "write(text: str, /)", "Write text; the number of characters."),
    METHOD(text, writelines, "writelines(lines, /)", "Write each of them."),
    METHOD(text, flush, "flush()", "Write what is buffered."),
    METHOD(text, close, "close()", "Flush and close."),
    METHOD(text, seek, "seek(cookie, whence=0, /)", "Move; the new position."),
    METHOD(text, tell, "tell()", "The position."),
    METHOD(text, truncate, "truncate(pos=None, /)", "Cut or extend the file."),
    METHOD(text, fileno, "fileno()", "The descriptor."),
    METHOD(text, isatty, "isatty()", "Is it a terminal?"),
    METHOD(text, readable, "readable()", "May it be read?"),
    METHOD(text, writable, "writable()", "May it be written?"),
    METHOD(text, seekable, "seekable()", "Can it move?"),
    METHOD(text, detach, "detach()", "The binary file, without the text."),
    METHOD(text, reconfigure, "reconfigure(*, encoding=None, errors=None, newline=..., line_buffering=None, write_through=None)",
           "Change how text is read and written."),
    METHOD(text, enter, "__enter__()", "The file itself."),
    METHOD(text, exit, "__exit__(*args)", "Close it."),
    METHOD(text, iter, "__iter__()", "Its lines."),
    METHOD(text, next, "__next__()", "The next line."),
    METHOD(text, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static Value text_g_buffer(Vm *vm, Value self)
{
    Value b = as_text_file(self)->buffer;
    return value_is_empty(b) ? raise_exc(vm, EXC_ValueError, "underlying buffer has been detached") : b;
}

static Value text_g_name(Vm *vm, Value self)
{
    Value b = text_g_buffer(vm, self);
    if (value_is_empty(b))
        return b;
    Value name = as_file(b)->name;
    return value_is_empty(name) ? raise_attribute(vm, b, str_cstr(vm, "name")) : name;
}

static Value text_g_closed(Vm *vm, Value self)
{
    Value b = text_g_buffer(vm, self);
    return value_is_empty(b) ? b : value_from_bool(as_file(b)->closed);
}

static Value text_g_mode(Vm *vm, Value self)
{
    Value mode = as_text_file(self)->mode;
    return value_is_empty(mode) ? raise_attribute(vm, self, str_cstr(vm, "mode")) : mode;
}

static bool text_s_mode(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_text_file(self), &as_text_file(self)->mode, v);     /* EMPTY: it is deleted */
    return true;
}

/* Scripts that set it learn nothing from it: pieces are those of the binary file. */
static Value text_g_chunk(Vm *vm, Value self)
{
    (void)self;
    (void)vm;
    return value_from_int48((int64_t)IO_BUFFER_SIZE);
}

static bool text_s_chunk(Vm *vm, Value self, Value v)
{
    int64_t n;
    if (value_is_empty(v))
        raise_exc(vm, EXC_AttributeError, "cannot delete attribute");
    if (value_is_empty(v) || !op_int64(vm, v, &n))
        return false;
    (void)self;
    if (n <= 0)
        raise_exc(vm, EXC_ValueError, "a strictly positive integer is required");
    return n > 0;
}

static Value text_g_write_through(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_text_file(self)->write_through);
}

static Value text_g_encoding(Vm *vm, Value self)
{
    (void)vm;
    return as_text_file(self)->encoding;
}

static Value text_g_errors(Vm *vm, Value self)
{
    (void)vm;
    return as_text_file(self)->errors;
}

static Value text_g_newlines(Vm *vm, Value self)
{
    static const char *const ends[] = { "\r", "\n", "\r\n" };
    TextFile *t = as_text_file(self);
    Value found[3];
    size_t n = 0;
    for (unsigned i = 0; i < 3 && t->newlines <= NEWLINES_KEEP; i++) {
        if (!(t->seen & 1u << i))
            continue;
        Str *s = str_cstr(vm, ends[i]);
        if (!s)
            return VALUE_ERROR;
        found[n++] = value_from_obj(s);
    }
    if (n < 2)
        return n ? found[0] : VALUE_NONE;
    Tuple *all = tuple_from(vm, found, n);
    return all ? value_from_obj(all) : VALUE_ERROR;
}

static Value text_g_line_buffering(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_text_file(self)->line_buffering);
}

static const GetSetDef text_getsets[] = {
    { "buffer", "The binary file below.", text_g_buffer, NULL },
    { "name", "The path or descriptor it was opened with.", text_g_name, NULL },
    { "mode", "The mode.", text_g_mode, text_s_mode },
    { "_CHUNK_SIZE", "How much is read at once.", text_g_chunk, text_s_chunk },
    { "write_through", "Does nothing wait here?", text_g_write_through, NULL },
    DICT_GETSET,
    { "closed", "Is it closed?", text_g_closed, NULL },
    { "encoding", "The encoding.", text_g_encoding, NULL },
    { "errors", "What happens to characters that cannot be encoded or decoded.", text_g_errors, NULL },
    { "newlines", "The ends of lines seen so far: None, one, or a tuple.", text_g_newlines, NULL },
    { "line_buffering", "Is each line flushed?", text_g_line_buffering, NULL },
    { 0 }
};

bool text_file_types_init(Vm *vm)
{
    static const TypeDef def = { .name = "_io.TextIOWrapper", .layout = &text_file_layout, .methods = text_methods,
        .getsets = text_getsets, .flags = TYPE_DISALLOW_NEW | TYPE_WEAKREFS | TYPE_HAS_DICT };
    Type *t = type_from_def(vm, &def, vm->types.object);
    if (t)
        rt_of(vm)->roots[RT_ROOT_TEXT_TYPE] = value_from_obj(t);
    return t;
}
