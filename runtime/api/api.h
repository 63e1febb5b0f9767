/* SPDX-License-Identifier: MIT
 * What the files of the embedding API share. struct aiovm is the host's side of a VM. */
#ifndef RUNTIME_API_API_H
#define RUNTIME_API_API_H

#include <pthread.h>

#include "include/aiovm.h"
#include "runtime/loop.h"

/* Completions and posts from other threads. Outlives the VM while pending objects hold it. */
typedef struct Mail Mail;
typedef struct Mailbox {
    pthread_mutex_t lock;
    unsigned refs;
    Poller *poller;             /* NULL once the VM is closed */
    Mail *first, **last;
    bool closed;
} Mailbox;

/* Method tables made for the host's functions, freed with the VM. */
typedef struct ApiDef {
    MethodDef *def;
    struct ApiDef *next;
} ApiDef;

typedef struct HandleSlot {
    Value value;
    uint32_t stamp;             /* 0: free */
    uint32_t strand;            /* who made it */
} HandleSlot;

struct aiovm {
    Vm *vm;
    Runtime *rt;
    aiovm_config config;
    HandleSlot *slots;
    uint32_t count, cap;
    uint32_t stamp;             /* of the newest scope */
    struct aiovm_ref *refs;
    Mailbox *mailbox;
    Value loop;                 /* the VM's own loop, made on first use; EMPTY */
    Dict *globals;              /* of __main__ */
    ApiDef *defs;
};

struct aiovm_ref {
    Value value;
    struct aiovm_ref *prev, *next;
};

struct aiovm_call {
    aiovm *host;
    const Args *args;
    Native *native;
    Value result;
};

/* Each function that may use the VM's C stack begins and ends with these. */
typedef struct ApiEntry { VmEntry saved; } ApiEntry;
#define API_ENTER(host) \
    ApiEntry entry_;    \
    vm_enter((host)->vm, &entry_.saved, __builtin_frame_address(0))
#define API_LEAVE(host) vm_leave((host)->vm, &entry_.saved)

static inline aiovm *host_of(Vm *vm) { return vm->ext[VM_EXT_API]; }

/* handles.c */
aiovm_val api_handle(aiovm *host, Value v);         /* EMPTY: null */
bool api_value(aiovm *host, aiovm_val h, Value *v); /* false: stale or null */
aiovm_status api_status(aiovm *host, bool ok);      /* of what is pending */
void api_roots(Vm *vm, Marker *m, void *ud);

/* run.c */
MUST_USE Loop *api_loop(aiovm *host);

/* pending.c */
Mailbox *mailbox_new(void);
void mailbox_close(Mailbox *box);                   /* the VM ends; what is in it is dropped */
MUST_USE bool mailbox_ready(aiovm *host);           /* it has a poller to wake */
MUST_USE bool mailbox_drain(aiovm *host);

/* native.c */
Value api_native(Vm *vm, Value self, const Args *args);
void api_defs_free(aiovm *host);

#endif
