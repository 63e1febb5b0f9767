/* SPDX-License-Identifier: MIT
 * Module posix: its numbers, and the tables of sysconf() and its like. */
#include "stdlib/posix/posix.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <sysexits.h>
#include <unistd.h>

#include "vm/objects/dict.h"
#include "vm/objects/str.h"

#define N(name) { #name, name }
static const PosixNumber numbers[] = {
    N(F_OK), N(R_OK), N(W_OK), N(X_OK), N(TMP_MAX), N(WCONTINUED), N(WNOHANG), N(WUNTRACED), N(O_RDONLY),
    N(O_WRONLY), N(O_RDWR), N(O_NDELAY), N(O_NONBLOCK), N(O_APPEND), N(O_DSYNC), N(O_RSYNC), N(O_SYNC), N(O_NOCTTY),
    N(O_CREAT), N(O_EXCL), N(O_TRUNC), N(O_LARGEFILE), N(O_PATH), N(O_TMPFILE), N(PRIO_PROCESS), N(PRIO_PGRP),
    N(PRIO_USER), N(O_CLOEXEC), N(O_ACCMODE), N(O_FSYNC), N(SEEK_HOLE), N(SEEK_DATA), N(O_ASYNC), N(O_DIRECT),
    N(O_DIRECTORY), N(O_NOFOLLOW), N(O_NOATIME), { "EX_OK", 0 }, N(EX_USAGE), N(EX_DATAERR), N(EX_NOINPUT),
    N(EX_NOUSER), N(EX_NOHOST), N(EX_UNAVAILABLE), N(EX_SOFTWARE), N(EX_OSERR), N(EX_OSFILE), N(EX_CANTCREAT),
    N(EX_IOERR), N(EX_TEMPFAIL), N(EX_PROTOCOL), N(EX_NOPERM), N(EX_CONFIG), N(ST_RDONLY), N(ST_NOSUID), N(ST_NODEV),
    N(ST_NOEXEC), N(ST_SYNCHRONOUS), N(ST_MANDLOCK), N(ST_WRITE), N(ST_APPEND), N(ST_NOATIME), N(ST_NODIRATIME),
    N(ST_RELATIME), N(TFD_NONBLOCK), N(TFD_CLOEXEC), N(TFD_TIMER_ABSTIME), N(TFD_TIMER_CANCEL_ON_SET),
    N(POSIX_FADV_NORMAL), N(POSIX_FADV_SEQUENTIAL), N(POSIX_FADV_RANDOM), N(POSIX_FADV_NOREUSE),
    N(POSIX_FADV_WILLNEED), N(POSIX_FADV_DONTNEED), N(P_PID), N(P_PGID), N(P_ALL), { "P_PIDFD", 3 }, N(WEXITED),
    N(WNOWAIT), N(WSTOPPED), N(CLD_EXITED), N(CLD_KILLED), N(CLD_DUMPED), N(CLD_TRAPPED), N(CLD_STOPPED),
    N(CLD_CONTINUED), N(F_LOCK), N(F_TLOCK), N(F_ULOCK), N(F_TEST), N(RWF_DSYNC), N(RWF_HIPRI), N(RWF_SYNC),
    N(RWF_NOWAIT), N(RWF_APPEND), N(SPLICE_F_MOVE), N(SPLICE_F_NONBLOCK), N(SPLICE_F_MORE),
    { "POSIX_SPAWN_OPEN", 0 }, { "POSIX_SPAWN_CLOSE", 1 }, { "POSIX_SPAWN_DUP2", 2 }, { "POSIX_SPAWN_CLOSEFROM", 3 },
    N(SCHED_OTHER), N(SCHED_FIFO), N(SCHED_RR), N(SCHED_BATCH), N(SCHED_IDLE),
    { "SCHED_RESET_ON_FORK", SCHED_RESET_ON_FORK }, N(CLONE_FS), N(CLONE_FILES), N(CLONE_NEWNS), N(CLONE_NEWCGROUP),
    N(CLONE_NEWUTS), N(CLONE_NEWIPC), N(CLONE_NEWUSER), N(CLONE_NEWPID), N(CLONE_NEWNET), N(CLONE_NEWTIME),
    N(CLONE_SYSVSEM), N(CLONE_THREAD), N(CLONE_SIGHAND), N(CLONE_VM), N(XATTR_CREATE), N(XATTR_REPLACE),
    N(RTLD_LAZY), N(RTLD_NOW), N(RTLD_GLOBAL), N(RTLD_LOCAL), N(RTLD_NODELETE), N(RTLD_NOLOAD), N(RTLD_DEEPBIND),
    N(GRND_RANDOM), N(GRND_NONBLOCK), N(MFD_CLOEXEC), N(MFD_ALLOW_SEALING), N(MFD_HUGETLB), N(MFD_HUGE_SHIFT),
    N(MFD_HUGE_MASK), N(MFD_HUGE_64KB), N(MFD_HUGE_512KB), N(MFD_HUGE_1MB), N(MFD_HUGE_2MB), N(MFD_HUGE_8MB),
    N(MFD_HUGE_16MB), N(MFD_HUGE_32MB), N(MFD_HUGE_256MB), N(MFD_HUGE_512MB), N(MFD_HUGE_1GB), N(MFD_HUGE_2GB),
    N(MFD_HUGE_16GB), N(EFD_CLOEXEC), N(EFD_NONBLOCK), N(EFD_SEMAPHORE), N(SEEK_SET), N(SEEK_CUR), N(SEEK_END),
    { "NGROUPS_MAX", 65536 }, { "XATTR_SIZE_MAX", 65536 },
    { 0 }
};
#undef N

#define SC(name) { "SC_" #name, _SC_##name }
static const PosixNumber sysconf_names[] = {
    SC(2_CHAR_TERM), SC(2_C_BIND), SC(2_C_DEV), SC(2_C_VERSION), SC(2_FORT_DEV), SC(2_FORT_RUN), SC(2_LOCALEDEF),
    SC(2_SW_DEV), SC(2_UPE), SC(2_VERSION), SC(AIO_LISTIO_MAX), SC(AIO_MAX), SC(AIO_PRIO_DELTA_MAX), SC(ARG_MAX),
    SC(ASYNCHRONOUS_IO), SC(ATEXIT_MAX), SC(AVPHYS_PAGES), SC(BC_BASE_MAX), SC(BC_DIM_MAX), SC(BC_SCALE_MAX),
    SC(BC_STRING_MAX), SC(CHARCLASS_NAME_MAX), SC(CHAR_BIT), SC(CHAR_MAX), SC(CHAR_MIN), SC(CHILD_MAX), SC(CLK_TCK),
    SC(COLL_WEIGHTS_MAX), SC(DELAYTIMER_MAX), SC(EQUIV_CLASS_MAX), SC(EXPR_NEST_MAX), SC(FSYNC),
    SC(GETGR_R_SIZE_MAX), SC(GETPW_R_SIZE_MAX), SC(INT_MAX), SC(INT_MIN), SC(IOV_MAX), SC(JOB_CONTROL), SC(LINE_MAX),
    SC(LOGIN_NAME_MAX), SC(LONG_BIT), SC(MAPPED_FILES), SC(MB_LEN_MAX), SC(MEMLOCK), SC(MEMLOCK_RANGE),
    SC(MEMORY_PROTECTION), SC(MESSAGE_PASSING), SC(MINSIGSTKSZ), SC(MQ_OPEN_MAX), SC(MQ_PRIO_MAX), SC(NGROUPS_MAX),
    SC(NL_ARGMAX), SC(NL_LANGMAX), SC(NL_MSGMAX), SC(NL_NMAX), SC(NL_SETMAX), SC(NL_TEXTMAX), SC(NPROCESSORS_CONF),
    SC(NPROCESSORS_ONLN), SC(NZERO), SC(OPEN_MAX), SC(PAGESIZE), SC(PAGE_SIZE), SC(PASS_MAX), SC(PHYS_PAGES),
    SC(PII), SC(PII_INTERNET), SC(PII_INTERNET_DGRAM), SC(PII_INTERNET_STREAM), SC(PII_OSI), SC(PII_OSI_CLTS),
    SC(PII_OSI_COTS), SC(PII_OSI_M), SC(PII_SOCKET), SC(PII_XTI), SC(POLL), SC(PRIORITIZED_IO),
    SC(PRIORITY_SCHEDULING), SC(REALTIME_SIGNALS), SC(RE_DUP_MAX), SC(RTSIG_MAX), SC(SAVED_IDS), SC(SCHAR_MAX),
    SC(SCHAR_MIN), SC(SELECT), SC(SEMAPHORES), SC(SEM_NSEMS_MAX), SC(SEM_VALUE_MAX), SC(SHARED_MEMORY_OBJECTS),
    SC(SHRT_MAX), SC(SHRT_MIN), SC(SIGQUEUE_MAX), SC(SSIZE_MAX), SC(STREAM_MAX), SC(SYNCHRONIZED_IO), SC(THREADS),
    SC(THREAD_ATTR_STACKADDR), SC(THREAD_ATTR_STACKSIZE), SC(THREAD_DESTRUCTOR_ITERATIONS), SC(THREAD_KEYS_MAX),
    SC(THREAD_PRIORITY_SCHEDULING), SC(THREAD_PRIO_INHERIT), SC(THREAD_PRIO_PROTECT), SC(THREAD_PROCESS_SHARED),
    SC(THREAD_SAFE_FUNCTIONS), SC(THREAD_STACK_MIN), SC(THREAD_THREADS_MAX), SC(TIMERS), SC(TIMER_MAX),
    SC(TTY_NAME_MAX), SC(TZNAME_MAX), SC(T_IOV_MAX), SC(UCHAR_MAX), SC(UINT_MAX), SC(UIO_MAXIOV), SC(ULONG_MAX),
    SC(USHRT_MAX), SC(VERSION), SC(WORD_BIT), SC(XBS5_ILP32_OFF32), SC(XBS5_ILP32_OFFBIG), SC(XBS5_LP64_OFF64),
    SC(XBS5_LPBIG_OFFBIG), SC(XOPEN_CRYPT), SC(XOPEN_ENH_I18N), SC(XOPEN_LEGACY), SC(XOPEN_REALTIME),
    SC(XOPEN_REALTIME_THREADS), SC(XOPEN_SHM), SC(XOPEN_UNIX), SC(XOPEN_VERSION), SC(XOPEN_XCU_VERSION),
    SC(XOPEN_XPG2), SC(XOPEN_XPG3), SC(XOPEN_XPG4),
    { 0 }
};
#undef SC

#define PC(name) { "PC_" #name, _PC_##name }
const PosixNumber posix_pathconf_names[] = {
    PC(ALLOC_SIZE_MIN), PC(ASYNC_IO), PC(CHOWN_RESTRICTED), PC(FILESIZEBITS), PC(LINK_MAX), PC(MAX_CANON),
    PC(MAX_INPUT), PC(NAME_MAX), PC(NO_TRUNC), PC(PATH_MAX), PC(PIPE_BUF), PC(PRIO_IO), PC(REC_INCR_XFER_SIZE),
    PC(REC_MAX_XFER_SIZE), PC(REC_MIN_XFER_SIZE), PC(REC_XFER_ALIGN), PC(SOCK_MAXBUF),
    PC(SYMLINK_MAX), PC(SYNC_IO), PC(VDISABLE),
    { 0 }
};
#undef PC

#define CS(name) { "CS_" #name, _CS_##name }
static const PosixNumber confstr_names[] = {
    CS(GNU_LIBC_VERSION), CS(GNU_LIBPTHREAD_VERSION), CS(LFS64_CFLAGS), CS(LFS64_LDFLAGS), CS(LFS64_LIBS),
    CS(LFS64_LINTFLAGS), CS(LFS_CFLAGS), CS(LFS_LDFLAGS), CS(LFS_LIBS), CS(LFS_LINTFLAGS), CS(PATH),
    CS(XBS5_ILP32_OFF32_CFLAGS), CS(XBS5_ILP32_OFF32_LDFLAGS), CS(XBS5_ILP32_OFF32_LIBS),
    CS(XBS5_ILP32_OFF32_LINTFLAGS), CS(XBS5_ILP32_OFFBIG_CFLAGS), CS(XBS5_ILP32_OFFBIG_LDFLAGS),
    CS(XBS5_ILP32_OFFBIG_LIBS), CS(XBS5_ILP32_OFFBIG_LINTFLAGS), CS(XBS5_LP64_OFF64_CFLAGS),
    CS(XBS5_LP64_OFF64_LDFLAGS), CS(XBS5_LP64_OFF64_LIBS), CS(XBS5_LP64_OFF64_LINTFLAGS),
    CS(XBS5_LPBIG_OFFBIG_CFLAGS), CS(XBS5_LPBIG_OFFBIG_LDFLAGS), CS(XBS5_LPBIG_OFFBIG_LIBS),
    CS(XBS5_LPBIG_OFFBIG_LINTFLAGS),
    { 0 }
};
#undef CS

bool posix_config_name(Vm *vm, Value v, const PosixNumber *table, int *out)
{
    if (is_str(v)) {
        for (; table->name; table++) {
            if (str_is(as_str(v), table->name)) {
                *out = (int)table->value;
                return true;
            }
        }
        raise_exc(vm, EXC_ValueError, "unrecognized configuration name");
        return false;
    }
    if (value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX))) {
        raise_exc(vm, EXC_TypeError, "configuration names must be strings or integers");
        return false;
    }
    return posix_int(vm, v, out);
}

static Value posix_f_sysconf(Vm *vm, Value self, const Args *args)
{
    int name;
    (void)self;
    if (!posix_config_name(vm, args->v[0], sysconf_names, &name))
        return VALUE_ERROR;
    errno = 0;
    long r = sysconf(name);
    return r == -1 && errno ? raise_os(vm, errno, VALUE_EMPTY) : int_new(vm, r);
}

static Value posix_f_confstr(Vm *vm, Value self, const Args *args)
{
    int name;
    char buf[512];
    (void)self;
    if (!posix_config_name(vm, args->v[0], confstr_names, &name))
        return VALUE_ERROR;
    errno = 0;
    size_t n = confstr(name, buf, sizeof buf);
    if (!n)
        return errno ? raise_os(vm, errno, VALUE_EMPTY) : VALUE_NONE;
    return path_result(vm, buf, (n < sizeof buf ? n : sizeof buf) - 1, false);
}

static Value config_result(Vm *vm, long r, Value shown)
{
    return r == -1 && errno ? raise_os(vm, errno, shown) : int_new(vm, r);
}

static Value posix_f_pathconf(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    int name;
    (void)self;
    if (!posix_path(vm, args->v[0], "pathconf", "path", PATH_OR_FD, &p) ||
        !posix_config_name(vm, args->v[1], posix_pathconf_names, &name) || !rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    errno = 0;
    return config_result(vm, p.text ? pathconf(p.text, name) : fpathconf(p.fd, name), p.shown);
}

static Value posix_f_fpathconf(Vm *vm, Value self, const Args *args)
{
    int name, fd;
    (void)self;
    if (!posix_fileno(vm, args->v[0], &fd) || !posix_config_name(vm, args->v[1], posix_pathconf_names, &name))
        return VALUE_ERROR;
    errno = 0;
    return config_result(vm, fpathconf(fd, name), VALUE_EMPTY);
}

const MethodDef posix_names_functions[] = {
    FUNCTION(posix, sysconf, "sysconf(name, /)", "An integer of the system's configuration; names are in sysconf_names."),
    FUNCTION(posix, confstr, "confstr(name, /)", "A string of the system's configuration, None if it has none."),
    FUNCTION(posix, pathconf, "pathconf(path, name)", "A limit of a file; names are in pathconf_names."),
    FUNCTION(posix, fpathconf, "fpathconf(fd, name, /)", "The same by descriptor."),
    { 0 }
};

static bool add_table(Vm *vm, Module *m, const char *name, const PosixNumber *table)
{
    Dict *d = dict_new(vm);
    for (; d && table->name; table++)
        if (!dict_set_cstr(vm, d, table->name, value_from_int48(table->value)))
            return false;
    return d && module_set(vm, m, name, value_from_obj(d));
}

bool posix_names_init(Vm *vm, Module *m)
{
    return posix_add_numbers(vm, m, numbers) && add_table(vm, m, "sysconf_names", sysconf_names) &&
           add_table(vm, m, "pathconf_names", posix_pathconf_names) && add_table(vm, m, "confstr_names", confstr_names);
}
