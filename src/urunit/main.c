/* SPDX-License-Identifier: Apache-2.0 */
/* urunit: PID 1 of a Linux guest. Makes the machine fit for one application, runs it, tells how it ended. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "urunit/app.h"
#include "urunit/args.h"
#include "urunit/binds.h"
#include "urunit/config.h"
#include "urunit/console.h"
#include "urunit/file.h"
#include "urunit/home.h"
#include "urunit/modules.h"
#include "urunit/mounts.h"
#include "urunit/net.h"
#include "urunit/nic.h"
#include "urunit/port.h"
#include "urunit/portfind.h"
#include "urunit/power.h"
#include "urunit/putfile.h"
#include "urunit/sysctl.h"
#include "urunit/volumes.h"
#include "urunit/wallclock.h"

#define PORT_TIMEOUT_MS 2000
#define PASSWD_MAX_BYTES (1u << 20)

/* Not on the stack: the port's buffers and the configuration are a few KiB. */
static struct uconf conf;
static struct uport port;
static enum urole role;

static void __attribute__((noreturn)) fail(uint8_t status, const struct utext *why)
{
	usay(why->s);
	uport_send(&port, CTL_ERROR, why->s, why->n);
	upower_off(role, &port, (struct uend){CTL_EXITED, status}, conf.power_off);
}

static void load_modules(const char *self)
{
	char list[UTEXT_BYTES];

	if (umod_list_path(self, list, sizeof(list)) == 0)
		umod_load_all(list);
}

static void open_port(int uevent_fd)
{
	/* Without the driver, which is here by now, no port will come. */
	bool driver = access("/sys/class/virtio-ports", F_OK) == 0;
	/* A configuration in the original's form, none, or one that we cannot read says nothing about the
	 * channel; then a device of that kind is reason enough to wait. */
	bool wanted = driver && (conf.ctl || uport_device_present("/sys/bus/virtio/devices"));

	port.fd = uport_open(uevent_fd, wanted ? PORT_TIMEOUT_MS : -1);
	if (port.fd < 0 && conf.ctl)
		usay(driver ? "the control port " CTL_PORT_NAME
			      " did not appear within 2 s; going on without it"
			    : "no signals and no exit status: the kernel has no virtio console, nor has urunit.modules");
}

/* The kernel's words were for us; the application gets the rest. */
static char **boot_environment(char **env)
{
	char **to = env;

	for (char **from = env; *from; from++)
		if (strncmp(*from, "URUNIT_", 7) != 0)
			*to++ = *from;
	*to = NULL;
	return env;
}

/* "HOME=" and the user's home directory: only the guest knows its own list of users. */
static char *home_entry(void)
{
	static char entry[PATH_MAX];
	char *passwd = NULL;
	size_t n = 0;

	memcpy(entry, "HOME=/", 7);
	if (ufile_read("/etc/passwd", PASSWD_MAX_BYTES, &passwd, &n) == 0) {
		const char *dir = uhome_find(passwd, conf.uid);

		if (strlen(dir) < sizeof(entry) - 5)
			memcpy(entry + 5, dir, strlen(dir) + 1);
		ufile_free(passwd, PASSWD_MAX_BYTES);
	}
	return entry;
}

static char **environment(char **boot)
{
	static char *none[1];
	char *home;

	if (!conf.present || (!conf.exact && !conf.env.bytes))
		return boot_environment(boot);
	if (!conf.env.bytes || !uapp_env_get(conf.env.p, "HOME")) {
		home = home_entry();
		if (uvec_add(&conf.env, &home, sizeof(home)) < 0)
			usay("no memory for HOME");
	}
	return conf.env.p ? conf.env.p : none;
}

static char **arguments(char **words, size_t n)
{
	struct utext why = {0};

	if (!conf.args.bytes && uargs_regroup(words, n, &conf.args) < 0)
		usay("no memory for the arguments");
	if (!conf.args.bytes) {
		utext_add(&why,
			  "no program to run: neither the configuration nor the kernel command line names one");
		fail(UAPP_NOT_FOUND, &why);
	}
	return conf.args.p;
}

/* What a machine's init owes its programs before anything can be read or reported. */
static void prepare_machine(void)
{
	umnt_setup();
	uconsole_open();
	/* Ctrl-Alt-Del then comes as SIGINT instead of resetting a running application. */
	reboot(RB_DISABLE_CAD);
}

static void mount_all(void)
{
	struct utext why = {0};

	if (uvolume_mount_archive(&conf.volumes, &why) < 0 || ubind_open_all(&conf.binds, &why) < 0 ||
	    uvolume_move_to_root(&conf.volumes, &why) < 0 ||
	    ubind_mount_all(&conf.binds, &conf.volumes, &why) < 0)
		fail(UAPP_NOT_EXECUTABLE, &why);
	uvolume_hide_archive(&conf.volumes);
}

static void prepare_surroundings(void)
{
	int rc;

	/* Only our own runtime asks for bytes unchanged; others expect the terminal as the kernel left it. */
	if (conf.exact && !conf.terminal)
		uconsole_raw();
	if (conf.hostname && sethostname(conf.hostname, strlen(conf.hostname)) < 0)
		usay("cannot set the host name");
	if (conf.unknown)
		usay_about("configuration: skipped what I do not know, first the key ", conf.first_unknown, 0);
	uwallclock_set(conf.clock_ms);
	mount_all();
	unet_loopback_up();
	if (getenv("URUNIT_DEFROUTE"))
		unet_default_route();
	unic_set_up_all("/sys/class/net", &conf.nics);
	uputfile_all(&conf.files);
	if (conf.readonly && (rc = ubind_root_readonly()) < 0)
		usay_about("cannot make read-only: ", "/", -rc);
	/* Last, as in a container: some of them are about the interfaces. */
	usysctl_set_all("/proc/sys", &conf.sysctls);
	uconsole_give(conf.uid);
}

int main(int argc, char **argv, char **envp)
{
	static const uint8_t version = CTL_VERSION;
	struct utext why = {0};
	uint8_t status = UAPP_NOT_FOUND;
	pid_t pid = 0;
	int signal_fd = ureap_signals();

	port.fd = -1;
	role = upower_role();
	if (role == UROLE_MACHINE) {
		prepare_machine();
		/* Again, now that there is a /proc for certain. */
		role = upower_role();
	}
	if (role != UROLE_MACHINE)
		prctl(PR_SET_CHILD_SUBREAPER, 1);

	/* The file of the machine's own init would make an urunit that the init starts start itself, over and over. */
	bool mine = role != UROLE_PROCESS || argc < 2 || getenv("URUNIT_CONFIG");
	int conf_rc = mine ? uconf_load(&conf, getenv("URUNIT_CONFIG"), &why) : 0;
	int uevent_fd = role == UROLE_MACHINE ? uevent_open() : -1;

	if (role == UROLE_MACHINE) {
		load_modules(argv[0]);
		open_port(uevent_fd);
		close(uevent_fd);
	}
	if (conf_rc < 0)
		fail(UAPP_NOT_FOUND, &why);
	if (role == UROLE_MACHINE)
		prepare_surroundings();

	struct uapp app = {
		.args = arguments(argv + 1, argc > 0 ? (size_t)argc - 1 : 0),
		.env = environment(envp),
		.conf = &conf,
		.tty = role == UROLE_MACHINE && (conf.terminal || !conf.exact),
	};

	uport_send(&port, CTL_READY, &version, sizeof(version));
	if (uapp_start(&app, &pid, &status, &why) < 0)
		fail(status, &why);
	upower_off(role, &port, ureap_run(pid, signal_fd, &port, role == UROLE_MACHINE), conf.power_off);
}
