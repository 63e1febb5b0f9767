/* SPDX-License-Identifier: MIT
 * Module termios: the settings of terminals. */
#include <asm/ioctls.h>
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "stdlib/modules.h"
#include "stdlib/posix/posix.h"
#include "stdlib/util.h"
#include "vm/objects/bytes.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static Value error(Vm *vm)
{
    char buf[128];
    int err = errno;
    Type *t = lib_type(vm, "termios", "error");
    Str *text = t ? str_cstr(vm, strerror_r(err, buf, sizeof buf)) : NULL;
    if (!text)
        return VALUE_ERROR;
    Value v[2] = { value_from_int48(err), value_from_obj(text) };
    Value exc = exc_new_args(vm, t, 2, v);
    return value_is_empty(exc) ? exc : raise_value(vm, exc);
}

static Value done(Vm *vm, int r)
{
    return r < 0 ? error(vm) : VALUE_NONE;
}

static Value termios_f_tcgetattr(Vm *vm, Value self, const Args *args)
{
    struct termios t;
    int fd;
    (void)self;
    if (!posix_fileno(vm, args->v[0], &fd))
        return VALUE_ERROR;
    if (tcgetattr(fd, &t) < 0)
        return error(vm);
    List *cc = list_new(vm, NCCS);
    for (int i = 0; cc && i < NCCS; i++) {
        bool number = !(t.c_lflag & ICANON) && (i == VMIN || i == VTIME);
        Bytes *b = number ? NULL : bytes_new(vm, &t.c_cc[i], 1);
        if ((!number && !b) || !list_append(vm, cc, number ? value_from_int48(t.c_cc[i]) : value_from_obj(b)))
            return VALUE_ERROR;
    }
    Value v[7] = { int_new_u64(vm, t.c_iflag), int_new_u64(vm, t.c_oflag), int_new_u64(vm, t.c_cflag),
                   int_new_u64(vm, t.c_lflag), int_new_u64(vm, cfgetispeed(&t)), int_new_u64(vm, cfgetospeed(&t)),
                   cc ? value_from_obj(cc) : VALUE_ERROR };
    List *l = cc ? list_from(vm, v, 7) : NULL;
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static bool control_chars(Vm *vm, Value v, struct termios *t)
{
    if (!is_list(v) || as_list(v)->len != NCCS) {
        raise_exc(vm, EXC_TypeError, "tcsetattr: attributes[6] must be %d element list", NCCS);
        return false;
    }
    for (int i = 0; i < NCCS; i++) {
        Value c = list_items(as_list(v))[i];
        int64_t n;
        if (is_bytes(c) && as_bytes(c)->len == 1) {
            t->c_cc[i] = (cc_t)as_bytes(c)->data[0];
        } else if (is_int(c)) {
            if (!op_int64(vm, c, &n))
                return false;
            t->c_cc[i] = (cc_t)n;
        } else {
            raise_type_error(vm, "tcsetattr: elements of attributes must be characters or integers");
            return false;
        }
    }
    return true;
}

static Value termios_f_tcsetattr(Vm *vm, Value self, const Args *args)
{
    struct termios t;
    int fd;
    int64_t n[6];
    (void)self;
    if (!posix_fileno(vm, args->v[0], &fd))
        return VALUE_ERROR;
    if (!is_list(args->v[2]) || as_list(args->v[2])->len != 7)
        return raise_type_error(vm, "tcsetattr, arg 3: must be 7 element list");
    if (tcgetattr(fd, &t) < 0)
        return error(vm);
    for (int i = 0; i < 6; i++)
        if (!op_int64(vm, list_items(as_list(args->v[2]))[i], &n[i]))
            return VALUE_ERROR;
    t.c_iflag = (tcflag_t)n[0];
    t.c_oflag = (tcflag_t)n[1];
    t.c_cflag = (tcflag_t)n[2];
    t.c_lflag = (tcflag_t)n[3];
    if (!control_chars(vm, list_items(as_list(args->v[2]))[6], &t))
        return VALUE_ERROR;
    if (cfsetispeed(&t, (speed_t)n[4]) < 0 || cfsetospeed(&t, (speed_t)n[5]) < 0)
        return error(vm);
    return done(vm, tcsetattr(fd, (int)posix_arg(args, 1), &t));
}

/* Calls of a descriptor and a number. */
static Value with_number(Vm *vm, const Args *args, int (*fn)(int, int))
{
    int fd;
    return posix_fileno(vm, args->v[0], &fd) ? done(vm, fn(fd, (int)posix_arg(args, 1))) : VALUE_ERROR;
}

static Value termios_f_tcsendbreak(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return with_number(vm, args, tcsendbreak);
}

static Value termios_f_tcflush(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return with_number(vm, args, tcflush);
}

static Value termios_f_tcflow(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return with_number(vm, args, tcflow);
}

static Value termios_f_tcdrain(Vm *vm, Value self, const Args *args)
{
    int fd;
    (void)self;
    return posix_fileno(vm, args->v[0], &fd) ? done(vm, tcdrain(fd)) : VALUE_ERROR;
}

static Value termios_f_tcgetwinsize(Vm *vm, Value self, const Args *args)
{
    struct winsize w;
    int fd;
    (void)self;
    if (!posix_fileno(vm, args->v[0], &fd))
        return VALUE_ERROR;
    if (ioctl(fd, TIOCGWINSZ, &w) < 0)
        return error(vm);
    Value v[2] = { value_from_int48(w.ws_row), value_from_int48(w.ws_col) };
    return posix_tuple(vm, v, 2);
}

static Value termios_f_tcsetwinsize(Vm *vm, Value self, const Args *args)
{
    struct winsize w;
    int fd;
    int64_t n[2];
    (void)self;
    if (!posix_fileno(vm, args->v[0], &fd))
        return VALUE_ERROR;
    Value t = is_list(args->v[1]) || is_tuple(args->v[1]) ? op_tuple_of(vm, args->v[1]) : VALUE_EMPTY;
    if (value_is_empty(t) || as_tuple(t)->len != 2)
        return raise_type_error(vm, "tcsetwinsize, arg 2: must be a two-item sequence");
    for (int i = 0; i < 2; i++) {
        if (!op_int64(vm, as_tuple(t)->items[i], &n[i]))
            return VALUE_ERROR;
        if (n[i] < 0 || n[i] > UINT16_MAX)
            return raise_exc(vm, EXC_OverflowError, "winsize value(s) out of range.");
    }
    if (ioctl(fd, TIOCGWINSZ, &w) < 0)
        return error(vm);
    w.ws_row = (unsigned short)n[0];
    w.ws_col = (unsigned short)n[1];
    return done(vm, ioctl(fd, TIOCSWINSZ, &w));
}

static const MethodDef functions[] = {
    FUNCTION(termios, tcgetattr, "tcgetattr(fd, /)", "The settings: [iflag, oflag, cflag, lflag, ispeed, ospeed, cc]."),
    FUNCTION(termios, tcsetattr, "tcsetattr(fd, when: cint, attributes, /)", "Set them."),
    FUNCTION(termios, tcsendbreak, "tcsendbreak(fd, duration: cint, /)", "Send a break."),
    FUNCTION(termios, tcdrain, "tcdrain(fd, /)", "Wait until all is sent."),
    FUNCTION(termios, tcflush, "tcflush(fd, queue: cint, /)", "Drop what waits."),
    FUNCTION(termios, tcflow, "tcflow(fd, action: cint, /)", "Stop or go on."),
    FUNCTION(termios, tcgetwinsize, "tcgetwinsize(fd, /)", "Rows and columns."),
    FUNCTION(termios, tcsetwinsize, "tcsetwinsize(fd, winsize, /)", "Set them."),
    { 0 }
};

Value termios_init(Vm *vm)
{
#define N(name) { #name, name }
    static const PosixNumber numbers[] = {
#ifdef B0
        N(B0),
#endif
#ifdef B1000000
        N(B1000000),
#endif
#ifdef B110
        N(B110),
#endif
#ifdef B115200
        N(B115200),
#endif
#ifdef B1152000
        N(B1152000),
#endif
#ifdef B1200
        N(B1200),
#endif
#ifdef B134
        N(B134),
#endif
#ifdef B150
        N(B150),
#endif
#ifdef B1500000
        N(B1500000),
#endif
#ifdef B1800
        N(B1800),
#endif
#ifdef B19200
        N(B19200),
#endif
#ifdef B200
        N(B200),
#endif
#ifdef B2000000
        N(B2000000),
#endif
#ifdef B230400
        N(B230400),
#endif
#ifdef B2400
        N(B2400),
#endif
#ifdef B2500000
        N(B2500000),
#endif
#ifdef B300
        N(B300),
#endif
#ifdef B3000000
        N(B3000000),
#endif
#ifdef B3500000
        N(B3500000),
#endif
#ifdef B38400
        N(B38400),
#endif
#ifdef B4000000
        N(B4000000),
#endif
#ifdef B460800
        N(B460800),
#endif
#ifdef B4800
        N(B4800),
#endif
#ifdef B50
        N(B50),
#endif
#ifdef B500000
        N(B500000),
#endif
#ifdef B57600
        N(B57600),
#endif
#ifdef B576000
        N(B576000),
#endif
#ifdef B600
        N(B600),
#endif
#ifdef B75
        N(B75),
#endif
#ifdef B921600
        N(B921600),
#endif
#ifdef B9600
        N(B9600),
#endif
#ifdef BRKINT
        N(BRKINT),
#endif
#ifdef BS0
        N(BS0),
#endif
#ifdef BS1
        N(BS1),
#endif
#ifdef BSDLY
        N(BSDLY),
#endif
#ifdef CBAUD
        N(CBAUD),
#endif
#ifdef CBAUDEX
        N(CBAUDEX),
#endif
#ifdef CDSUSP
        N(CDSUSP),
#endif
#ifdef CEOF
        N(CEOF),
#endif
#ifdef CEOL
        N(CEOL),
#endif
#ifdef CEOT
        N(CEOT),
#endif
#ifdef CERASE
        N(CERASE),
#endif
#ifdef CFLUSH
        N(CFLUSH),
#endif
#ifdef CIBAUD
        N(CIBAUD),
#endif
#ifdef CINTR
        N(CINTR),
#endif
#ifdef CKILL
        N(CKILL),
#endif
#ifdef CLNEXT
        N(CLNEXT),
#endif
#ifdef CLOCAL
        N(CLOCAL),
#endif
#ifdef CQUIT
        N(CQUIT),
#endif
#ifdef CR0
        N(CR0),
#endif
#ifdef CR1
        N(CR1),
#endif
#ifdef CR2
        N(CR2),
#endif
#ifdef CR3
        N(CR3),
#endif
#ifdef CRDLY
        N(CRDLY),
#endif
#ifdef CREAD
        N(CREAD),
#endif
#ifdef CRPRNT
        N(CRPRNT),
#endif
#ifdef CRTSCTS
        N(CRTSCTS),
#endif
#ifdef CS5
        N(CS5),
#endif
#ifdef CS6
        N(CS6),
#endif
#ifdef CS7
        N(CS7),
#endif
#ifdef CS8
        N(CS8),
#endif
#ifdef CSIZE
        N(CSIZE),
#endif
#ifdef CSTART
        N(CSTART),
#endif
#ifdef CSTOP
        N(CSTOP),
#endif
#ifdef CSTOPB
        N(CSTOPB),
#endif
#ifdef CSUSP
        N(CSUSP),
#endif
#ifdef CWERASE
        N(CWERASE),
#endif
#ifdef ECHO
        N(ECHO),
#endif
#ifdef ECHOCTL
        N(ECHOCTL),
#endif
#ifdef ECHOE
        N(ECHOE),
#endif
#ifdef ECHOK
        N(ECHOK),
#endif
#ifdef ECHOKE
        N(ECHOKE),
#endif
#ifdef ECHONL
        N(ECHONL),
#endif
#ifdef ECHOPRT
        N(ECHOPRT),
#endif
#ifdef EXTA
        N(EXTA),
#endif
#ifdef EXTB
        N(EXTB),
#endif
#ifdef EXTPROC
        N(EXTPROC),
#endif
#ifdef FF0
        N(FF0),
#endif
#ifdef FF1
        N(FF1),
#endif
#ifdef FFDLY
        N(FFDLY),
#endif
#ifdef FIOASYNC
        N(FIOASYNC),
#endif
#ifdef FIOCLEX
        N(FIOCLEX),
#endif
#ifdef FIONBIO
        N(FIONBIO),
#endif
#ifdef FIONCLEX
        N(FIONCLEX),
#endif
#ifdef FIONREAD
        N(FIONREAD),
#endif
#ifdef FLUSHO
        N(FLUSHO),
#endif
#ifdef HUPCL
        N(HUPCL),
#endif
#ifdef ICANON
        N(ICANON),
#endif
#ifdef ICRNL
        N(ICRNL),
#endif
#ifdef IEXTEN
        N(IEXTEN),
#endif
#ifdef IGNBRK
        N(IGNBRK),
#endif
#ifdef IGNCR
        N(IGNCR),
#endif
#ifdef IGNPAR
        N(IGNPAR),
#endif
#ifdef IMAXBEL
        N(IMAXBEL),
#endif
#ifdef INLCR
        N(INLCR),
#endif
#ifdef INPCK
        N(INPCK),
#endif
#ifdef IOCSIZE_MASK
        N(IOCSIZE_MASK),
#endif
#ifdef IOCSIZE_SHIFT
        N(IOCSIZE_SHIFT),
#endif
#ifdef ISIG
        N(ISIG),
#endif
#ifdef ISTRIP
        N(ISTRIP),
#endif
#ifdef IUCLC
        N(IUCLC),
#endif
#ifdef IUTF8
        N(IUTF8),
#endif
#ifdef IXANY
        N(IXANY),
#endif
#ifdef IXOFF
        N(IXOFF),
#endif
#ifdef IXON
        N(IXON),
#endif
#ifdef NCC
        N(NCC),
#endif
#ifdef NCCS
        N(NCCS),
#endif
#ifdef NL0
        N(NL0),
#endif
#ifdef NL1
        N(NL1),
#endif
#ifdef NLDLY
        N(NLDLY),
#endif
#ifdef NOFLSH
        N(NOFLSH),
#endif
#ifdef N_MOUSE
        N(N_MOUSE),
#endif
#ifdef N_PPP
        N(N_PPP),
#endif
#ifdef N_SLIP
        N(N_SLIP),
#endif
#ifdef N_STRIP
        N(N_STRIP),
#endif
#ifdef N_TTY
        N(N_TTY),
#endif
#ifdef OCRNL
        N(OCRNL),
#endif
#ifdef OFDEL
        N(OFDEL),
#endif
#ifdef OFILL
        N(OFILL),
#endif
#ifdef OLCUC
        N(OLCUC),
#endif
#ifdef ONLCR
        N(ONLCR),
#endif
#ifdef ONLRET
        N(ONLRET),
#endif
#ifdef ONOCR
        N(ONOCR),
#endif
#ifdef OPOST
        N(OPOST),
#endif
#ifdef PARENB
        N(PARENB),
#endif
#ifdef PARMRK
        N(PARMRK),
#endif
#ifdef PARODD
        N(PARODD),
#endif
#ifdef PENDIN
        N(PENDIN),
#endif
#ifdef TAB0
        N(TAB0),
#endif
#ifdef TAB1
        N(TAB1),
#endif
#ifdef TAB2
        N(TAB2),
#endif
#ifdef TAB3
        N(TAB3),
#endif
#ifdef TABDLY
        N(TABDLY),
#endif
#ifdef TCFLSH
        N(TCFLSH),
#endif
#ifdef TCGETA
        N(TCGETA),
#endif
#ifdef TCGETS
        N(TCGETS),
#endif
#ifdef TCIFLUSH
        N(TCIFLUSH),
#endif
#ifdef TCIOFF
        N(TCIOFF),
#endif
#ifdef TCIOFLUSH
        N(TCIOFLUSH),
#endif
#ifdef TCION
        N(TCION),
#endif
#ifdef TCOFLUSH
        N(TCOFLUSH),
#endif
#ifdef TCOOFF
        N(TCOOFF),
#endif
#ifdef TCOON
        N(TCOON),
#endif
#ifdef TCSADRAIN
        N(TCSADRAIN),
#endif
#ifdef TCSAFLUSH
        N(TCSAFLUSH),
#endif
#ifdef TCSANOW
        N(TCSANOW),
#endif
#ifdef TCSBRK
        N(TCSBRK),
#endif
#ifdef TCSBRKP
        N(TCSBRKP),
#endif
#ifdef TCSETA
        N(TCSETA),
#endif
#ifdef TCSETAF
        N(TCSETAF),
#endif
#ifdef TCSETAW
        N(TCSETAW),
#endif
#ifdef TCSETS
        N(TCSETS),
#endif
#ifdef TCSETSF
        N(TCSETSF),
#endif
#ifdef TCSETSW
        N(TCSETSW),
#endif
#ifdef TCXONC
        N(TCXONC),
#endif
#ifdef TIOCCONS
        N(TIOCCONS),
#endif
#ifdef TIOCEXCL
        N(TIOCEXCL),
#endif
#ifdef TIOCGETD
        N(TIOCGETD),
#endif
#ifdef TIOCGICOUNT
        N(TIOCGICOUNT),
#endif
#ifdef TIOCGLCKTRMIOS
        N(TIOCGLCKTRMIOS),
#endif
#ifdef TIOCGPGRP
        N(TIOCGPGRP),
#endif
#ifdef TIOCGSERIAL
        N(TIOCGSERIAL),
#endif
#ifdef TIOCGSOFTCAR
        N(TIOCGSOFTCAR),
#endif
#ifdef TIOCGWINSZ
        N(TIOCGWINSZ),
#endif
#ifdef TIOCINQ
        N(TIOCINQ),
#endif
#ifdef TIOCLINUX
        N(TIOCLINUX),
#endif
#ifdef TIOCMBIC
        N(TIOCMBIC),
#endif
#ifdef TIOCMBIS
        N(TIOCMBIS),
#endif
#ifdef TIOCMGET
        N(TIOCMGET),
#endif
#ifdef TIOCMIWAIT
        N(TIOCMIWAIT),
#endif
#ifdef TIOCMSET
        N(TIOCMSET),
#endif
#ifdef TIOCM_CAR
        N(TIOCM_CAR),
#endif
#ifdef TIOCM_CD
        N(TIOCM_CD),
#endif
#ifdef TIOCM_CTS
        N(TIOCM_CTS),
#endif
#ifdef TIOCM_DSR
        N(TIOCM_DSR),
#endif
#ifdef TIOCM_DTR
        N(TIOCM_DTR),
#endif
#ifdef TIOCM_LE
        N(TIOCM_LE),
#endif
#ifdef TIOCM_RI
        N(TIOCM_RI),
#endif
#ifdef TIOCM_RNG
        N(TIOCM_RNG),
#endif
#ifdef TIOCM_RTS
        N(TIOCM_RTS),
#endif
#ifdef TIOCM_SR
        N(TIOCM_SR),
#endif
#ifdef TIOCM_ST
        N(TIOCM_ST),
#endif
#ifdef TIOCNOTTY
        N(TIOCNOTTY),
#endif
#ifdef TIOCNXCL
        N(TIOCNXCL),
#endif
#ifdef TIOCOUTQ
        N(TIOCOUTQ),
#endif
#ifdef TIOCPKT
        N(TIOCPKT),
#endif
#ifdef TIOCPKT_DATA
        N(TIOCPKT_DATA),
#endif
#ifdef TIOCPKT_DOSTOP
        N(TIOCPKT_DOSTOP),
#endif
#ifdef TIOCPKT_FLUSHREAD
        N(TIOCPKT_FLUSHREAD),
#endif
#ifdef TIOCPKT_FLUSHWRITE
        N(TIOCPKT_FLUSHWRITE),
#endif
#ifdef TIOCPKT_NOSTOP
        N(TIOCPKT_NOSTOP),
#endif
#ifdef TIOCPKT_START
        N(TIOCPKT_START),
#endif
#ifdef TIOCPKT_STOP
        N(TIOCPKT_STOP),
#endif
#ifdef TIOCSCTTY
        N(TIOCSCTTY),
#endif
#ifdef TIOCSERCONFIG
        N(TIOCSERCONFIG),
#endif
#ifdef TIOCSERGETLSR
        N(TIOCSERGETLSR),
#endif
#ifdef TIOCSERGETMULTI
        N(TIOCSERGETMULTI),
#endif
#ifdef TIOCSERGSTRUCT
        N(TIOCSERGSTRUCT),
#endif
#ifdef TIOCSERGWILD
        N(TIOCSERGWILD),
#endif
#ifdef TIOCSERSETMULTI
        N(TIOCSERSETMULTI),
#endif
#ifdef TIOCSERSWILD
        N(TIOCSERSWILD),
#endif
#ifdef TIOCSER_TEMT
        N(TIOCSER_TEMT),
#endif
#ifdef TIOCSETD
        N(TIOCSETD),
#endif
#ifdef TIOCSLCKTRMIOS
        N(TIOCSLCKTRMIOS),
#endif
#ifdef TIOCSPGRP
        N(TIOCSPGRP),
#endif
#ifdef TIOCSSERIAL
        N(TIOCSSERIAL),
#endif
#ifdef TIOCSSOFTCAR
        N(TIOCSSOFTCAR),
#endif
#ifdef TIOCSTI
        N(TIOCSTI),
#endif
#ifdef TIOCSWINSZ
        N(TIOCSWINSZ),
#endif
#ifdef TOSTOP
        N(TOSTOP),
#endif
#ifdef VDISCARD
        N(VDISCARD),
#endif
#ifdef VEOF
        N(VEOF),
#endif
#ifdef VEOL
        N(VEOL),
#endif
#ifdef VEOL2
        N(VEOL2),
#endif
#ifdef VERASE
        N(VERASE),
#endif
#ifdef VINTR
        N(VINTR),
#endif
#ifdef VKILL
        N(VKILL),
#endif
#ifdef VLNEXT
        N(VLNEXT),
#endif
#ifdef VMIN
        N(VMIN),
#endif
#ifdef VQUIT
        N(VQUIT),
#endif
#ifdef VREPRINT
        N(VREPRINT),
#endif
#ifdef VSTART
        N(VSTART),
#endif
#ifdef VSTOP
        N(VSTOP),
#endif
#ifdef VSUSP
        N(VSUSP),
#endif
#ifdef VSWTC
        N(VSWTC),
#endif
#ifdef VSWTCH
        N(VSWTCH),
#endif
#ifdef VT0
        N(VT0),
#endif
#ifdef VT1
        N(VT1),
#endif
#ifdef VTDLY
        N(VTDLY),
#endif
#ifdef VTIME
        N(VTIME),
#endif
#ifdef VWERASE
        N(VWERASE),
#endif
#ifdef XCASE
        N(XCASE),
#endif
#ifdef XTABS
        N(XTABS),
#endif
        { 0 }
    };
#undef N
    static const TypeDef error_def = { .name = "termios.error", .doc = "(errno, text)", .flags = TYPE_BASE };
    Module *m = module_new(vm, "termios", "The settings of terminals.");
    Type *t = m ? type_from_def(vm, &error_def, vm->exc[EXC_Exception]) : NULL;
    return t && module_set(vm, m, "error", value_from_obj(t)) && module_add_functions(vm, m, functions) &&
           posix_add_numbers(vm, m, numbers) ? value_from_obj(m) : VALUE_ERROR;
}
