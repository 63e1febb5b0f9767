/* SPDX-License-Identifier: MIT
 * Files as scripts see them: a binary File (buffered or raw, over a descriptor or the host's hooks) and a TextFile
 * over one. The standard streams are such files. */
#ifndef RUNTIME_IO_H
#define RUNTIME_IO_H

#include "runtime/runtime.h"

#define IO_BUFFER_SIZE ((size_t)8192)

typedef enum StdStream { STD_NONE, STD_IN, STD_OUT, STD_ERR } StdStream;

/* BufferedReader, BufferedWriter, BufferedRandom, FileIO. At most one of the two buffers holds something. */
typedef struct File {
    Obj h;
    struct File *prev, *next;   /* of the runtime's list of open files */
    Runtime *rt;
    Strand *busy;               /* this one waits in a system call: others wait for it */
    Value name, mode;           /* name: Str, bytes, or an int */
    Value raw_file;             /* what the attribute `raw` gave, EMPTY: nobody asked; of that: the file it belongs to */
    int fd;
    StdStream std;
    bool listed, readable, writable, appending, raw, close_fd, closed;
    bool detached;              /* raw_file has taken over; closed is set too */
    bool shadow;                /* a `raw` of a buffered file, which closes the descriptor */
    bool blocked;               /* the last read found nothing, and must not wait */
    size_t size;                /* of the buffers */
    char *in;                   /* in[in_pos..in_len) is read ahead */
    size_t in_pos, in_len;
    char *out;                  /* out[0..out_len) is not yet written */
    size_t out_len;
} File;

typedef enum Newlines { NEWLINES_ANY, NEWLINES_KEEP, NEWLINES_LF, NEWLINES_CR, NEWLINES_CRLF } Newlines;

/* TextIOWrapper. Encodings in which a newline is one byte are read a line at a time, so that the binary file stands
 * where the text does; others (utf-16, utf-32) are decoded whole, into `text`. */
typedef struct TextFile {
    Obj h;
    Value buffer;               /* File; EMPTY: detached */
    Value encoding, errors;     /* Str */
    Value mode;                 /* Str, or EMPTY */
    Newlines newlines;
    bool line_buffering, write_through, whole, decoded, mark_written, utf8, not_telling;
    bool sig, sig_passed;       /* utf-8-sig: the mark at the beginning of what is read is passed over */
    uint8_t seen;               /* ends of lines read so far: 1 \r, 2 \n, 4 \r\n */
    Value text;                 /* whole: what was decoded, a Str */
    size_t text_pos;            /* in bytes of it */
} TextFile;

extern const TypeLayout file_layout, text_file_layout;
static inline bool is_file(Vm *vm, Value v) { return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &file_layout; }
static inline File *as_file(Value v) { return (File *)value_obj(v); }
static inline bool is_text_file(Vm *vm, Value v) { return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &text_file_layout; }
static inline TextFile *as_text_file(Value v) { return (TextFile *)value_obj(v); }

/* io.c */
void io_init(Runtime *rt);
MUST_USE bool io_types_init(Vm *vm);            /* types and the three standard files */
int io_flush_out(Runtime *rt);                  /* what the buffer of stdout holds: 0, or an errno */
Value io_sys_attr(Vm *vm, Str *name);           /* sys.NAME as it is now; EMPTY: absent */
MUST_USE bool io_write_value(Vm *vm, Value file, Str *s);       /* file.write(s) */
MUST_USE bool io_flush_value(Vm *vm, Value file);
/* To sys.stderr, whatever that is now. Leaves no exception of its own pending, and a pending one as it was. */
void io_put_stderr(Vm *vm, const char *p, size_t n);
void io_escape_surrogates(Buf *out, const char *p, size_t n);    /* append; surrogates, which no stream takes, by number */
/* What rt_write() could not write, as an exception. */
MUST_USE bool io_check_output(Vm *vm);
Value io_display(Vm *vm, Value v);

/* file.c */
MUST_USE Value file_new(Vm *vm, Type *type, int fd, Value name);
MUST_USE bool file_types_init(Vm *vm);
MUST_USE bool file_check_open(Vm *vm, const File *f);
MUST_USE bool file_write(Vm *vm, File *f, const char *p, size_t n);
MUST_USE bool file_flush(Vm *vm, File *f);
/* Append to out: at most n bytes (n < 0: all), one line (with its end) of at most n, or what one read gives. */
MUST_USE bool file_read(Vm *vm, File *f, int64_t n, Buf *out);
MUST_USE bool file_read_line(Vm *vm, File *f, int64_t n, Buf *out);
MUST_USE bool file_fill(Vm *vm, File *f);       /* read ahead; in_pos == in_len afterwards: at the end */
MUST_USE bool file_seek(Vm *vm, File *f, int64_t offset, int whence, int64_t *pos);
MUST_USE bool file_tell(Vm *vm, File *f, int64_t *pos);
MUST_USE bool file_close(Vm *vm, File *f);
MUST_USE bool file_close_as(Vm *vm, File *f, Value self);   /* the script may have given self a flush() of its own */
void file_flush_quietly(File *f);
void file_complain(Vm *vm, File *f, Value outermost);      /* nobody holds it, and it is open: a ResourceWarning, and close it */
void io_close_all(Runtime *rt);                 /* at the end */
Value io_unsupported(Vm *vm, const char *what); /* raises io.UnsupportedOperation */
MUST_USE Value io_unsupported_type(Vm *vm);     /* that class, made on first use */

/* textfile.c */
MUST_USE Value text_file_new(Vm *vm, Value buffer, Value encoding, Value errors, Value newline, bool line_buffering);
MUST_USE bool text_file_types_init(Vm *vm);
bool text_file_knows(const Str *encoding);      /* how to read it piece by piece */
MUST_USE bool text_file_write(Vm *vm, TextFile *t, Str *s);
MUST_USE Value text_file_read_line(Vm *vm, TextFile *t, int64_t limit);    /* a Str, empty at the end */

/* open.c */
Value io_open(Vm *vm, Value self, const Args *args);    /* builtins.open */
MUST_USE Value io_module_init(Vm *vm);

#endif
