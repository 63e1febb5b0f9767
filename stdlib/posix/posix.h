/* SPDX-License-Identifier: MIT
 * The parts of module posix, which os is made of. */
#ifndef STDLIB_POSIX_POSIX_H
#define STDLIB_POSIX_POSIX_H

#include <sys/stat.h>

#include "runtime/path.h"
#include "runtime/runtime.h"
#include "vm/objects/int.h"

extern const MethodDef posix_fd_functions[];    /* fd.c: descriptors */
extern const MethodDef posix_fd_more_functions[];       /* fd_more.c: the less usual calls */
extern const MethodDef posix_fs_functions[];    /* fs.c: files by name */
extern const MethodDef posix_dir_functions[];   /* dir.c: directories */
extern const MethodDef posix_stat_functions[];  /* stat.c */
extern const MethodDef posix_ids_functions[];   /* ids.c: users, groups, sessions, scheduling */
extern const MethodDef posix_process_functions[];       /* process.c: children, signals, exec */
extern const MethodDef posix_names_functions[]; /* names.c: sysconf and its like */
MUST_USE bool posix_dir_init(Vm *vm, Module *m);
MUST_USE bool posix_stat_init(Vm *vm, Module *m);
MUST_USE bool posix_process_init(Vm *vm, Module *m);
MUST_USE bool posix_ids_init(Vm *vm, Module *m);
MUST_USE bool posix_fd_init(Vm *vm, Module *m);
MUST_USE bool posix_names_init(Vm *vm, Module *m);

/* An argument that is a C int. */
MUST_USE bool posix_int(Vm *vm, Value v, int *out);
/* One that the signature has checked. */
static inline int64_t posix_arg(const Args *args, unsigned i)
{
    int64_t n = 0;
    (void)int_to_i64(args->v[i], &n);
    return n;
}
/* A descriptor as an int or by its fileno(). */
MUST_USE bool posix_fileno(Vm *vm, Value v, int *fd);

/* A file by name, by descriptor, or the current directory. */
typedef struct FsPath {
    const char *text;           /* NULL: a descriptor */
    int fd;                     /* -1: a name */
    Value shown;                /* for the filename of an OSError; EMPTY: none was given */
    bool bytes;                 /* results are bytes */
    Value keep;
} FsPath;
enum { PATH_NAME = 0, PATH_OR_FD = 1, PATH_OR_NONE = 2 };       /* what may be given */
MUST_USE bool posix_path(Vm *vm, Value v, const char *func, const char *arg, unsigned also, FsPath *out);
/* None is AT_FDCWD. */
MUST_USE bool posix_dir_fd(Vm *vm, Value v, int *fd);
/* A dir_fd or "do not follow" that goes with no descriptor. False: ValueError is pending. */
MUST_USE bool posix_path_alone(Vm *vm, const FsPath *p, const char *func, int dir_fd, bool follow);

MUST_USE Value posix_text(Vm *vm, const char *s);
MUST_USE Value posix_tuple(Vm *vm, const Value *items, size_t n);       /* EMPTY among them: an error */
/* None, or errno's exception. */
MUST_USE Value posix_none(Vm *vm, int64_t r);
MUST_USE Value posix_number(Vm *vm, int64_t r);
MUST_USE Value posix_error2(Vm *vm, Value first, Value second);         /* errno's, with two names */
/* After a call that failed: true to try it again. */
MUST_USE bool posix_interrupted(Vm *vm);
/* Others run until the call would not wait; a descriptor that never waits says so itself. */
MUST_USE bool posix_wait_fd(Vm *vm, int fd, bool write);
MUST_USE Value posix_stat_result(Vm *vm, const struct stat *st);
void posix_flush_files(Vm *vm);         /* what scripts have written is seen by who looks */
/* "must be" text and numbers: a table of names that the module has. */
typedef struct PosixNumber {
    const char *name;
    int64_t value;
} PosixNumber;
MUST_USE bool posix_add_numbers(Vm *vm, Module *m, const PosixNumber *numbers);
MUST_USE bool posix_id_arg(Vm *vm, Value v, const char *what, uint32_t *out);   /* uid_t, gid_t; -1 is one */
MUST_USE bool posix_config_name(Vm *vm, Value v, const PosixNumber *table, int *out);
extern const PosixNumber posix_pathconf_names[];

#endif
