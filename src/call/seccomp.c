/* The operations of seccomp(2): like prctl, several calls behind one number, of which only programs make use. The third
 * argument is a filter, an array of one action to be asked about, or room for three sizes. */
#include "call/seccomp.h"
#include "base/mem.h"
#include "call/rows.h"
#include <linux/seccomp.h>

#define NAMED(c)                                                                                                       \
    {                                                                                                                  \
        .name = #c, .value = (c)                                                                                       \
    }

static const struct call_const seccomp_operation_v[] = {NAMED(SECCOMP_SET_MODE_STRICT), NAMED(SECCOMP_SET_MODE_FILTER),
                                                        NAMED(SECCOMP_GET_ACTION_AVAIL),
                                                        NAMED(SECCOMP_GET_NOTIF_SIZES)};
static const struct call_family family_seccomp_operation = {
    .noun = "operation", .unknown = "SECCOMP_SET_MODE_???", .v = seccomp_operation_v, .n = COUNT(seccomp_operation_v)};

static const struct call_const seccomp_flag_v[] = {
    NAMED(SECCOMP_FILTER_FLAG_TSYNC), NAMED(SECCOMP_FILTER_FLAG_LOG), NAMED(SECCOMP_FILTER_FLAG_SPEC_ALLOW),
    NAMED(SECCOMP_FILTER_FLAG_NEW_LISTENER), NAMED(SECCOMP_FILTER_FLAG_TSYNC_ESRCH)};
static const struct call_family family_seccomp_flag = {.noun = "flag",
                                                       .unknown = "SECCOMP_FILTER_FLAG_???",
                                                       .bits = true,
                                                       .v = seccomp_flag_v,
                                                       .n = COUNT(seccomp_flag_v)};

static const struct call_const seccomp_action_v[] = {
    NAMED(SECCOMP_RET_KILL_PROCESS), NAMED(SECCOMP_RET_KILL_THREAD), NAMED(SECCOMP_RET_TRAP), NAMED(SECCOMP_RET_ERRNO),
    NAMED(SECCOMP_RET_USER_NOTIF),   NAMED(SECCOMP_RET_TRACE),       NAMED(SECCOMP_RET_LOG),  NAMED(SECCOMP_RET_ALLOW)};
static const struct call_family family_seccomp_action = {
    .noun = "action", .unknown = "SECCOMP_RET_???", .v = seccomp_action_v, .n = COUNT(seccomp_action_v)};

const struct call_struct struct_sock_fprog = {.name = "struct sock_fprog",
                                              .size = 16,
                                              .lone = -1,
                                              .n = 2,
                                              .field = {{.name = "len", .kind = ARG_INT, .offset = 0, .width = 2},
                                                        {.name = "filter", .kind = ARG_NULL, .offset = 8, .width = 8}}};

static const struct call_struct seccomp_action = {
    .name = "uint32_t",
    .size = 4,
    .lone = 0,
    .n = 1,
    .field = {{.kind = ARG_ENUM, .family = &family_seccomp_action, .offset = 0, .width = 4}}};

static const struct call_struct seccomp_notif_sizes = {
    .name = "struct seccomp_notif_sizes",
    .size = 6,
    .lone = -1,
    .n = 3,
    .field = {{.name = "seccomp_notif", .kind = ARG_INT, .offset = 0, .width = 2},
              {.name = "seccomp_notif_resp", .kind = ARG_INT, .offset = 2, .width = 2},
              {.name = "seccomp_data", .kind = ARG_INT, .offset = 4, .width = 2}}};

#define OPERATION ENUM(seccomp_operation)

static const struct call_arg seccomp_set_filter[] = {
    OPERATION, FLAGS(seccomp_flag), {.kind = ARG_NULL, .shape = &struct_sock_fprog}};
static const struct call_arg seccomp_get_action[] = {OPERATION, OPT_ZERO, {.kind = ARG_NULL, .shape = &seccomp_action}};
static const struct call_arg seccomp_get_sizes[] = {OPERATION, OPT_ZERO, OUT_STRUCT(seccomp_notif_sizes)};
const struct call_arg seccomp_other[SECCOMP_ARGS] = {OPERATION, OPT_ZERO, OPT_NULL};

const struct call_arg *seccomp_args(uint64_t operation)
{
    switch (operation) {
    case SECCOMP_SET_MODE_FILTER:
        return seccomp_set_filter;
    case SECCOMP_GET_ACTION_AVAIL:
        return seccomp_get_action;
    case SECCOMP_GET_NOTIF_SIZES:
        return seccomp_get_sizes;
    default:
        return seccomp_other;
    }
}
