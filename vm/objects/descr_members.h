/* SPDX-License-Identifier: MIT
 * Attributes of built-in types that are member_descriptors. */
#ifndef VM_OBJECTS_DESCR_MEMBERS_H
#define VM_OBJECTS_DESCR_MEMBERS_H

#include "vm/object.h"

/* Of a built-in type, between spaces; NULL: none. */
const char *descr_members(const Type *t);
bool descr_is_member(const char *names, const char *name);

#endif
