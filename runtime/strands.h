/* SPDX-License-Identifier: MIT
 * What the scheduler of strands (vm/sched.h) wants from this layer: a clock, waiting, slices. */
#ifndef RUNTIME_STRANDS_H
#define RUNTIME_STRANDS_H

#include <sys/types.h>

#include "runtime/runtime.h"

void strands_install(Vm *vm);
void strands_free(Runtime *rt);
/* Other strands run until the descriptor can be read or written without waiting. False: an exception is pending. With
 * one strand alone it returns at once: the call itself may wait. */
MUST_USE bool strands_wait_fd(Vm *vm, int fd, bool write);
/* The same until a time of rt_now() at most (INFINITY: none): 1 ready, 0 too late, -1 exception pending. */
MUST_USE int strands_wait_fd_until(Vm *vm, int fd, bool write, double deadline);
/* As poll(): other strands run meanwhile, signal handlers too. 0: the deadline came, -1: an exception is pending. */
struct pollfd;
MUST_USE int strands_poll(Vm *vm, struct pollfd *p, size_t n, double deadline);
/* openat(); a FIFO that must be waited for holds up nobody else. -1: errno; -2: an exception is pending. */
int strands_open(Vm *vm, int at, const char *path, int flags, mode_t mode);
/* How much of n to write() at a time, so that a pipe which can be written does not make all of them wait. */
size_t strands_write_size(const Vm *vm, int fd, size_t n);
/* Nanoseconds until another strand can go on: 0 now, -1 nothing but the outside. */
int64_t strands_timeout_ns(Vm *vm);
/* Seconds between two slices, as asked for; it is 100 us at least and a second at most. */
double strands_interval(const Runtime *rt);
void strands_set_interval(Runtime *rt, double seconds);

#endif
