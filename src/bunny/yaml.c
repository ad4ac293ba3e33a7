/* SPDX-License-Identifier: Apache-2.0 */
/* libyaml's events made into a small tree; what makes YAML dangerous is refused. */
#include "bunny/yaml.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "common/utf8.h"

const char *const yaml_kind_names[] = {"a text", "a list", "a map"};

struct yaml_reader {
	yaml_parser_t parser;
	const struct source *source;
	struct arena *a;
	struct diags *d;
	size_t nodes;
	/* where the last place was: a line and a character of it, from 0 */
	const char *line_start, *at;
	size_t bom; /* bytes of the mark at the beginning, which libyaml does not see */
	size_t line, column;
	int failed; /* 0, -EINVAL, -ENOMEM: of the first failure, after which nothing is read */
};

#define BAD "invalid format of input file: "

/* libyaml counts characters, we count bytes. Places mostly come in order, so each search goes on from the last one. */
static struct src_pos place(struct yaml_reader *in, const yaml_mark_t *mark)
{
	const char *end = (const char *)in->source->text.p + in->source->text.n, *p;

	if (!in->line_start || mark->line < in->line ||
	    (mark->line == in->line && mark->column < in->column)) {
		in->line_start = in->source->text.p;
		in->at = in->line_start + in->bom;
		in->line = in->column = 0;
	}
	while (in->line < mark->line) {
		p = memchr(in->at, '\n', (size_t)(end - in->at));
		if (!p)
			return (struct src_pos){(unsigned)mark->line + 1, 1, 0};
		in->line_start = in->at = p + 1;
		in->line++;
		in->column = 0;
	}
	for (p = in->at; in->column < mark->column && p < end; in->column++) {
		size_t n = utf8_seq(p, (size_t)(end - p));

		p += n ? n : 1;
	}
	in->at = p;
	return (struct src_pos){(unsigned)mark->line + 1, (unsigned)(p - in->line_start) + 1, 0};
}

static struct src_pos event_place(struct yaml_reader *in, const yaml_event_t *ev)
{
	struct src_pos pos = place(in, &ev->start_mark);

	if (ev->start_mark.line == ev->end_mark.line && ev->end_mark.index > ev->start_mark.index)
		pos.width = (unsigned)(ev->end_mark.index - ev->start_mark.index);
	return pos;
}

static void refuse(struct yaml_reader *in, const yaml_event_t *ev, const char *hint, const char *text)
{
	diag_error(in->d, event_place(in, ev), hint, BAD "%s", text);
	in->failed = -EINVAL;
}

/* The next event, to be deleted. False: nothing more may be read. */
static bool next_event(struct yaml_reader *in, yaml_event_t *ev)
{
	const yaml_parser_t *p = &in->parser;
	const char *hint = NULL;

	if (in->failed)
		return false;
	if (yaml_parser_parse(&in->parser, ev))
		return true;
	memset(ev, 0, sizeof(*ev));
	if (p->error == YAML_MEMORY_ERROR) {
		in->failed = -ENOMEM;
		return false;
	}
	if (p->problem && strstr(p->problem, "cannot start any token"))
		hint = "put quotes around a text that begins with @, ` or %, and indent with blanks, not tabs";
	else if (p->problem && strstr(p->problem, "mapping values are not allowed"))
		hint = "look at how far this line is indented, and put quotes around a text that has ': ' in it";
	if (p->context)
		diag_error(in->d, place(in, &p->problem_mark), hint, BAD "%s %s",
			   p->problem ? p->problem : "error", p->context);
	else
		diag_error(in->d, place(in, &p->problem_mark), hint, BAD "%s",
			   p->problem ? p->problem : "error");
	in->failed = -EINVAL;
	return false;
}

static struct yaml_node *new_node(struct yaml_reader *in, const yaml_event_t *ev, enum yaml_kind kind)
{
	struct yaml_node *node;

	if (++in->nodes > YAML_MAX_NODES) {
		diag_error(in->d, event_place(in, ev), NULL, BAD "more than %d values", YAML_MAX_NODES);
		in->failed = -EINVAL;
		return NULL;
	}
	node = arena_alloc(in->a, sizeof(*node));
	if (!node) {
		in->failed = -ENOMEM;
		return NULL;
	}
	node->kind = kind;
	node->pos = event_place(in, ev);
	if (kind != YAML_SCALAR)
		node->pos.width = 0;
	return node;
}

static bool is_null(const char *s)
{
	return !*s || streq(s, "~") || streq(s, "null") || streq(s, "Null") || streq(s, "NULL");
}

/* Tags other than those that every value has by itself would change what it means. */
static bool tag_is_plain(const yaml_char_t *tag)
{
	static const char *const known[] = {"str", "int", "float", "bool", "null", "seq", "map"};

	if (!tag)
		return true;
	if (!str_starts((const char *)tag, "tag:yaml.org,2002:"))
		return streq((const char *)tag, "!");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (streq((const char *)tag + strlen("tag:yaml.org,2002:"), known[i]))
			return true;
	return false;
}

static struct yaml_node *read_scalar(struct yaml_reader *in, const yaml_event_t *ev)
{
	struct yaml_node *node = new_node(in, ev, YAML_SCALAR);
	const char *text = (const char *)ev->data.scalar.value;
	size_t n = ev->data.scalar.length;

	if (!node)
		return NULL;
	if (memchr(text, '\0', n)) { /* "\0" */
		refuse(in, ev, NULL, "a NUL byte in a text");
		return NULL;
	}
	node->null = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && is_null(text);
	node->text = node->null ? "" : arena_strndup(in->a, text, n);
	if (!node->text)
		in->failed = -ENOMEM;
	return node;
}

static struct yaml_node *read_node(struct yaml_reader *in, yaml_event_t *ev, unsigned depth);

/* What may stand where a value begins, or NULL. */
static const char *refused_feature(const yaml_event_t *ev)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	switch (ev->type) {
	case YAML_ALIAS_EVENT:
		return "an alias (*name) is not allowed";
	case YAML_SCALAR_EVENT:
		anchor = ev->data.scalar.anchor;
		tag = ev->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = ev->data.sequence_start.anchor;
		tag = ev->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = ev->data.mapping_start.anchor;
		tag = ev->data.mapping_start.tag;
		break;
	default:
		break;
	}
	if (anchor)
		return "an anchor (&name) is not allowed";
	return tag_is_plain(tag) ? NULL : "a tag (!name) is not allowed";
}

static void read_list(struct yaml_reader *in, struct yaml_node *list, unsigned depth)
{
	struct yaml_node **tail = &list->first;
	yaml_event_t ev;

	while (next_event(in, &ev)) {
		bool end = ev.type == YAML_SEQUENCE_END_EVENT;

		if (!end && (*tail = read_node(in, &ev, depth)))
			tail = &(*tail)->next;
		yaml_event_delete(&ev);
		if (end)
			return;
	}
}

static void check_key(struct yaml_reader *in, const struct yaml_node *map, const struct yaml_node *key)
{
	if (key->kind != YAML_SCALAR) {
		diag_error(in->d, key->pos, NULL, BAD "a key must be a text, not %s",
			   yaml_kind_names[key->kind]);
		in->failed = -EINVAL;
		return;
	}
	for (const struct yaml_node *m = map->first; m; m = m->next)
		if (streq(m->key->text, key->text)) {
			diag_error(in->d, key->pos, "remove one of the two",
				   BAD "'%s' is already there in line %u", key->text, m->key->pos.line);
			return;
		}
}

static void read_map(struct yaml_reader *in, struct yaml_node *map, unsigned depth)
{
	struct yaml_node **tail = &map->first, *key;
	yaml_event_t ev;
	size_t keys = 0;

	while (next_event(in, &ev)) {
		bool end = ev.type == YAML_MAPPING_END_EVENT;

		key = end ? NULL : read_node(in, &ev, depth);
		yaml_event_delete(&ev);
		if (!key)
			return;
		if (keys++ == YAML_MAX_KEYS) {
			diag_error(in->d, key->pos, NULL, BAD "more than %d keys in one map", YAML_MAX_KEYS);
			in->failed = -EINVAL;
			return;
		}
		check_key(in, map, key);
		if (!next_event(in, &ev))
			return;
		*tail = read_node(in, &ev, depth);
		yaml_event_delete(&ev);
		if (!*tail)
			return;
		(*tail)->key = key;
		tail = &(*tail)->next;
	}
}

static struct yaml_node *read_node(struct yaml_reader *in, yaml_event_t *ev, unsigned depth)
{
	const char *refused = refused_feature(ev);
	struct yaml_node *node;

	if (refused) {
		refuse(in, ev, "write the value itself", refused);
		return NULL;
	}
	if (ev->type == YAML_SCALAR_EVENT)
		return read_scalar(in, ev);
	if (depth == YAML_MAX_DEPTH) {
		diag_error(in->d, event_place(in, ev), NULL, BAD "nested more than %d levels deep",
			   YAML_MAX_DEPTH);
		in->failed = -EINVAL;
		return NULL;
	}
	node = new_node(in, ev, ev->type == YAML_SEQUENCE_START_EVENT ? YAML_LIST : YAML_MAP);
	if (!node)
		return NULL;
	if (node->kind == YAML_LIST)
		read_list(in, node, depth + 1);
	else
		read_map(in, node, depth + 1);
	return node;
}

static void read_document(struct yaml_reader *in, struct yaml_node **ret)
{
	yaml_event_t ev;
	bool had_one = false, end = false;

	while (!end && next_event(in, &ev)) {
		switch (ev.type) {
		case YAML_STREAM_END_EVENT:
			end = true;
			break;
		case YAML_DOCUMENT_START_EVENT:
			if (had_one) {
				diag_warn(in->d, event_place(in, &ev), NULL,
					  "only the first document of the file is read");
				end = true;
			}
			had_one = true;
			break;
		case YAML_SCALAR_EVENT:
		case YAML_ALIAS_EVENT:
		case YAML_SEQUENCE_START_EVENT:
		case YAML_MAPPING_START_EVENT:
			*ret = read_node(in, &ev, 0);
			break;
		default:
			break;
		}
		yaml_event_delete(&ev);
	}
}

int yaml_read(const struct source *source, struct arena *a, struct yaml_node **ret, struct diags *d)
{
	struct yaml_reader in = {.source = source, .a = a, .d = d};
	struct yaml_node *root = NULL;
	size_t errors = d->errors;

	if (!yaml_parser_initialize(&in.parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&in.parser, YAML_UTF8_ENCODING);
	if (source->text.n >= 3 && memcmp(source->text.p, "\xef\xbb\xbf", 3) == 0)
		in.bom = 3;
	yaml_parser_set_input_string(&in.parser, (const unsigned char *)source->text.p + in.bom,
				     source->text.n - in.bom);
	read_document(&in, &root);
	yaml_parser_delete(&in.parser);
	if (in.failed || d->oom)
		return d->oom ? -ENOMEM : in.failed;
	if (d->errors > errors)
		return -EINVAL;
	*ret = root;
	return 0;
}
