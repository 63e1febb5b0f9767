/* SPDX-License-Identifier: MIT
 * The loop's methods that watch descriptors. */
#ifndef RUNTIME_LOOP_IO_H
#define RUNTIME_LOOP_IO_H

#include "runtime/loop.h"

Value loop_m_add_reader(Vm *vm, Value self, const Args *args);
Value loop_m_add_writer(Vm *vm, Value self, const Args *args);
Value loop_m_remove_reader(Vm *vm, Value self, const Args *args);
Value loop_m_remove_writer(Vm *vm, Value self, const Args *args);
/* The same without a look at who owns the descriptor: for the parts of asyncio. They return the Handle. */
Value loop_m_add_reader_plain(Vm *vm, Value self, const Args *args);
Value loop_m_add_writer_plain(Vm *vm, Value self, const Args *args);
Value loop_m_remove_reader_plain(Vm *vm, Value self, const Args *args);
Value loop_m_remove_writer_plain(Vm *vm, Value self, const Args *args);
Value loop_m_ensure_no_transport(Vm *vm, Value self, const Args *args);

#endif
