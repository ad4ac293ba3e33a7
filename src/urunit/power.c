/* SPDX-License-Identifier: Apache-2.0 */
/* The end: nothing left running, nothing left unwritten, the status told, the machine off. */
#include "urunit/power.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "urunit/console.h"
#include "urunit/deadline.h"
#include "urunit/mounts.h"
#include "urunit/text.h"

#define KILL_TIMEOUT_S 2
#define DRAIN_TIMEOUT_S 10
#define REPORT_TIMEOUT_S 2
#define INITIAL_PID_NAMESPACE 0xEFFFFFFCu /* PROC_PID_INIT_INO, fixed in the kernel */

enum urole upower_role(void)
{
	struct stat st;

	if (getpid() != 1)
		return UROLE_PROCESS;
	/* A machine's init finds no /proc yet, or one that shows the kernel's own namespace. */
	if (stat("/proc/self/ns/pid", &st) == 0 && st.st_ino != INITIAL_PID_NAMESPACE)
		return UROLE_NAMESPACE;
	return UROLE_MACHINE;
}

int upower_status(struct uend end)
{
	return end.kind == CTL_SIGNALED ? 128 + end.value : end.value;
}

static void kill_the_rest(void)
{
	struct udeadline d;

	if (kill(-1, SIGKILL) < 0)
		return;
	/* A process stuck in the kernel must not keep the machine. */
	udeadline_start(&d, KILL_TIMEOUT_S);
	while (waitpid(-1, NULL, 0) > 0)
		;
	udeadline_stop(&d);
}

/* The console is the application's output: the kernel's last words do not belong there. A panic speaks up
 * all the same. */
static void silence_kernel(void)
{
	int fd = open("/proc/sys/kernel/printk", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;

	ssize_t n = write(fd, "0", 1);

	(void)n;
	close(fd);
}

void upower_off(enum urole role, struct uport *port, struct uend end, bool switch_off)
{
	const uint8_t report[] = {end.kind, end.value};

	if (role != UROLE_PROCESS)
		kill_the_rest();
	if (role == UROLE_MACHINE) {
		sync();
		umnt_take_all_away();
		uconsole_drain(DRAIN_TIMEOUT_S);
	}
	uport_send(port, CTL_EXIT, report, sizeof(report));
	if (!uport_finish(port, REPORT_TIMEOUT_S))
		usay("the host did not take the exit status");
	if (role == UROLE_MACHINE) {
		/* A reset, unless the configuration says that its monitor survives one: small machines cannot
		 * switch themselves off without ACPI. */
		silence_kernel();
		reboot(switch_off ? RB_POWER_OFF : RB_AUTOBOOT);
		usay_about("cannot end the machine", "", errno);
	}
	_exit(upower_status(end));
}
