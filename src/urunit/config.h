/* SPDX-License-Identifier: Apache-2.0 */
/* What the runtime tells urunit: the configuration file, read into plain data. */
#ifndef URUNC_URUNIT_CONFIG_H
#define URUNC_URUNIT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "urunit/text.h"

#define UCONF_MAX_BYTES (4u << 20)
#define UCONF_DEFAULT_PATH "/urunit.conf"
#define UCONF_RLIMITS 16
#define UCONF_ID_MAX 4294967294u /* the largest uid and gid; one more means "no change" to the kernel */
#define UCONF_HOSTNAME_MAX 64
#define UCONF_GROUPS_MAX 65536

struct urlimit {
	bool set;
	uint64_t soft, hard;
};

/* Parts of a root that is joined out of several. */
enum ulayer { ULAYER_NONE, ULAYER_LOWER, ULAYER_UPPER, ULAYER_RW };

struct uvolume {
	const char *id, *path; /* id: serial of a disk, or tag of a share */
	const char *fstype;    /* NULL: found by trying */
	const char *options;   /* for the file system; NULL = none */
	unsigned long flags;   /* of mount(2) */
	size_t order;          /* number of the disk where none has the serial; exact only */
	size_t after;          /* so many of binds are mounted first */
	bool exact;   /* of a URS section: path "/" is the root to move to, ids have no second meaning */
	bool share;   /* 9p or virtiofs */
	bool archive; /* for binds to take from: to be mounted before the archive is left */
	enum ulayer layer;
};

struct uaddress {
	const char *text;  /* as given, for messages */
	uint8_t bytes[16]; /* network order */
	uint8_t n;         /* 4 or 16 of them */
	uint8_t prefix;
};

#define UNIC_MAC_BYTES 18
#define UNIC_ADDRESSES 8
#define UNIC_GATEWAYS 2
#define UCONF_NICS 16

/* A network interface. */
struct unic {
	char mac[UNIC_MAC_BYTES]; /* lower case; "": found by its name */
	const char *name;         /* what it is to be called; NULL: as it is */
	uint32_t mtu;             /* 0: as it is */
	struct uaddress addresses[UNIC_ADDRESSES], gateways[UNIC_GATEWAYS];
	size_t n_addresses, n_gateways;
};

/* A file or tree of the archive, or of a volume mounted in it, or a tmpfs, that is to be seen at a path. */
struct ubind {
	const char *path;
	const char *from;    /* NULL: a tmpfs */
	const char *options; /* for the file system; NULL = none */
	unsigned long flags; /* of mount(2) */
	int fd;              /* from, once it is open; then what is mounted, until it has its flags */
};

struct uputfile {
	const char *path;
	uint32_t mode;
	const char *data;
	size_t n;
};

/* Zero-initialise. Strings point into the file's text. */
struct uconf {
	bool present;        /* a configuration was read: user, groups and directory are to be set */
	bool exact;          /* it had a URS section: environment exactly as given, even when empty */
	struct uvec args;    /* char *, NULL-terminated; empty: use our own arguments */
	struct uvec env;     /* char *, NULL-terminated */
	struct uvec groups;  /* gid_t */
	struct uvec volumes; /* struct uvolume */
	struct uvec nics;    /* struct unic */
	struct uvec files;   /* struct uputfile */
	struct uvec sysctls; /* const char *, NAME=VALUE */
	struct uvec binds;   /* struct ubind */
	uint64_t clock_ms;   /* since 1970, when the machine was started; 0: not told */
	const char *cwd;     /* NULL: "/" */
	const char *hostname;
	uint32_t uid, gid;
	uint32_t umask;
	bool has_umask;
	bool terminal;                         /* keep the console a cooked terminal */
	bool ctl;                              /* the control port is promised */
	bool readonly;                         /* nothing may be written in the root itself */
	bool power_off;                        /* at the end the machine is switched off, not reset */
	struct urlimit rlimits[UCONF_RLIMITS]; /* index = RLIMIT_… */
	size_t unknown;                        /* keys skipped, and the first of them */
	const char *first_unknown;

	/* while parsing: text-section values that a URS section has replaced, and whether a text section has its keys */
	bool urs_uid, urs_gid, urs_cwd, text_keys;
	struct uvec urs_env;
};

/*
 * Reads text[0..n), which must be writable and followed by one NUL byte; both forms of docs/design/urunit.md
 * may be in one file. 0, or -EINVAL/-ENOMEM with one line in *why; then *c is not to be used.
 */
int uconf_parse(struct uconf *c, char *text, size_t n, struct utext *why);

/* The URS section whose marker line ended at *at; *at moves behind its end. (For uconf_parse.) */
int uconf_parse_exact(struct uconf *c, char *text, size_t n, size_t *at, struct utext *why);

/* The same key in a line of a text section; ';' and blanks behind it are line breaks of its value. */
int uconf_set_text(struct uconf *c, char *key, char *value, size_t at, struct utext *why);

/* One value of a URS section, NUL-terminated behind its n bytes; at: of its first byte in the file, for messages. */
struct uvalue {
	char *p;
	size_t n;
	size_t at;
};
typedef int uconf_set(struct uconf *c, const struct uvalue *v, struct utext *why);
/* The keys that describe the machine. */
uconf_set uconf_set_file, uconf_set_sysctl, uconf_set_nic, uconf_set_volume, uconf_set_clock, uconf_set_bind,
	uconf_set_tmpfs;

#define UCONF_LINE(n) ((n) | (size_t)1 << 63)
/* Sets *why to "<what>, at byte <at>" (or "in line N", for UCONF_LINE(N)) and returns -EINVAL. */
int uconf_bad(struct utext *why, const char *what, size_t at);

/* The file at path (NULL: the default path, which may be missing) through uconf_parse. */
int uconf_load(struct uconf *c, const char *path, struct utext *why);

#endif
