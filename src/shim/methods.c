/* SPDX-License-Identifier: Apache-2.0 */
/* The table of methods. */
#include "shim/methods.h"

#include "common/str.h"
#include "proto/shim/task.pb-c.h"

static const struct method methods[] = {
	{"State", &pb__state_request__descriptor, rpc_state},
	{"Create", &pb__create_task_request__descriptor, rpc_create},
	{"Start", &pb__start_request__descriptor, rpc_start},
	{"Delete", &pb__delete_request__descriptor, rpc_delete},
	{"Pids", &pb__pids_request__descriptor, rpc_pids},
	{"Pause", &pb__pause_request__descriptor, rpc_pause},
	{"Resume", &pb__resume_request__descriptor, rpc_resume},
	{"Checkpoint", &pb__checkpoint_task_request__descriptor, rpc_checkpoint},
	{"Kill", &pb__kill_request__descriptor, rpc_kill},
	{"Exec", &pb__exec_process_request__descriptor, rpc_exec},
	{"ResizePty", &pb__resize_pty_request__descriptor, rpc_resize_pty},
	{"CloseIO", &pb__close_iorequest__descriptor, rpc_close_io},
	{"Update", &pb__update_task_request__descriptor, rpc_update},
	{"Wait", &pb__wait_request__descriptor, rpc_wait},
	{"Stats", &pb__stats_request__descriptor, rpc_stats},
	{"Connect", &pb__connect_request__descriptor, rpc_connect},
	{"Shutdown", &pb__shutdown_request__descriptor, rpc_shutdown},
};

const struct method *method_find(const char *service, const char *name)
{
	if (!streq(service, "containerd.task.v2.Task") && !streq(service, "containerd.task.v3.Task"))
		return NULL;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (streq(methods[i].name, name))
			return &methods[i];
	return NULL;
}
