/*
 * yaml.h - reads YAML 1.2 files of users into structs, by tables that say what may stand where.
 *
 * A table (struct pal_yaml_schema) lists the keys of a map: name, type, whether it
 * is needed, default, unit, documentation. pal_yaml_parse() makes a tree out of the
 * text, pal_yaml_read() checks the tree against a table and fills a struct. Every
 * fault is put on one list, so that a user sees all of them at once; the reference
 * manual is written from the same tables. Anchors, aliases, tags and second
 * documents are refused: nothing in the file can stand for something elsewhere.
 *
 *   units    lines and columns count from 1, columns in code points; dates are milliseconds since 1970
 *   memory   trees, structs and texts live in the caller's arena
 *   errors   PAL_ECONFIG with "file:line:column: what" of the first fault, the rest on the list; PAL_ELIMIT when the
 *            arena is full
 *   threads  safe; one list of faults belongs to one thread
 */
#ifndef PALISADE_YAML_H
#define PALISADE_YAML_H

#include "palisade/buf.h"
#include "palisade/list.h"

#define PAL_YAML_SIZE   ((size_t)1 << 20) /* bytes of a file */
#define PAL_YAML_DEPTH  32                /* maps and lists in each other */
#define PAL_YAML_NODES  50000             /* values, keys, maps and lists */
#define PAL_YAML_FAULTS 20                /* that are kept; the rest is counted */

/* Where something stands; line 0: nowhere, it was not given. */
struct pal_mark {
	unsigned int line, column;
};

struct pal_texts {
	const char *const     *items;
	const struct pal_mark *marks;
	size_t                 count;
};

struct pal_pair {
	const char     *key, *value;
	struct pal_mark mark; /* of the value */
};

struct pal_pairs {
	const struct pal_pair *items;
	size_t                 count;
};

/* Structs of any kind, one after the other: cast items to the kind that the field's comment names. */
struct pal_structs {
	void  *items;
	size_t count;
};

enum pal_yaml_kind { PAL_YAML_NOTHING, PAL_YAML_SCALAR, PAL_YAML_SEQUENCE, PAL_YAML_MAPPING };

struct pal_yaml_node {
	enum pal_yaml_kind    kind;
	bool                  plain; /* a scalar without quotes */
	struct pal_mark       mark;
	const char           *text; /* of a scalar */
	const char           *key;  /* under which it stands in its map; NULL in lists */
	struct pal_mark       key_mark;
	struct pal_yaml_node *first, *last, *next; /* children; sibling */
	size_t                count;               /* children */
};

struct pal_yaml_fault {
	struct pal_mark mark;
	const char     *text; /* without the position */
};

struct pal_yaml_faults {
	const char       *file; /* as it is named in messages */
	struct pal_arena *arena;
	struct pal_list   list; /* of struct pal_yaml_fault */
	size_t            dropped;
};

enum pal_yaml_type {
	PAL_YAML_TEXT,
	PAL_YAML_NAME,   /* letters, digits, '.', '_', '-', first a letter or digit; at most 128 */
	PAL_YAML_PATH,   /* absolute, or below the folder of the file: no "..", no empty part */
	PAL_YAML_DIGEST, /* "sha256:" and 64 lower-case hex digits */
	PAL_YAML_ENUM,   /* one of `values`: the field is an enum, the index into values */
	PAL_YAML_BOOL,   /* true or false */
	PAL_YAML_INT,    /* int64_t, from low to high */
	PAL_YAML_REAL,   /* double, from low to high */
	PAL_YAML_DATE,   /* uint64_t: RFC 3339, or a date alone, which is its first moment in UTC */
	PAL_YAML_MAP,    /* struct pal_pairs: any names, each with a scalar */
	PAL_YAML_STRUCT, /* the struct that `schema` describes, in place */
	PAL_YAML_TREE,   /* const struct pal_yaml_node *: as it stands, for a reader of its own */
};

struct pal_yaml_schema;

struct pal_yaml_key {
	const char                   *name;
	enum pal_yaml_type            type;
	bool                          many; /* a list: struct pal_texts, of PAL_YAML_STRUCT struct pal_structs */
	bool                          required;
	const char                   *preset;    /* default as one would write it; NULL: zero, empty, NULL */
	const char                   *unit;      /* NULL: none */
	const char                   *doc;       /* one line */
	const char *const            *values;    /* NULL-terminated */
	double                        low, high; /* of numbers; both 0: any */
	const struct pal_yaml_schema *schema;
	size_t                        offset; /* of the field */
	size_t                        mark;   /* offset of a struct pal_mark for the value; 0: not wanted */
};

struct pal_yaml_schema {
	const char                *name; /* "a dataset" */
	const char                *doc;
	const struct pal_yaml_key *keys;
	size_t                     count;
	size_t                     size;      /* of the struct, which begins with a struct pal_mark */
	const char                *short_key; /* a scalar in place of the map means this key; NULL: not allowed */
	const char *unique; /* no two structs in one list may have the same value of this key; NULL: none */
};

#define PAL_YAML_KEYS(array) .keys = (array), .count = sizeof(array) / sizeof((array)[0])

struct pal_yaml_faults pal_yaml_faults_of(struct pal_arena *a, const char *file);
void         pal_yaml_fault(struct pal_yaml_faults *f, struct pal_mark at, const char *fmt, ...) PAL_PRINTF(3, 4);
enum pal_err pal_yaml_result(const struct pal_yaml_faults *f, struct pal_diag *d); /* PAL_OK when there is none */
void         pal_yaml_faults_write(const struct pal_yaml_faults *f, struct pal_buf *out); /* a line each */

/*
 * The tree of one document; NULL when it holds nothing but comments. A key that is given twice is put on the list and
 * the tree given all the same, so that other faults are found too: ask pal_yaml_result() at the end.
 */
PAL_NODISCARD enum pal_err pal_yaml_parse(struct pal_view text, struct pal_yaml_faults *f,
					  struct pal_yaml_node **ret_root, struct pal_diag *d);

/* Reads a file and parses it. */
PAL_NODISCARD enum pal_err pal_yaml_load(const char *path, struct pal_yaml_faults *f, struct pal_yaml_node **ret_root,
					 struct pal_diag *d);

/* Fills the struct; faults go to the list, the fields concerned keep their defaults. */
void pal_yaml_read(const struct pal_yaml_schema *s, const struct pal_yaml_node *node, struct pal_yaml_faults *f,
		   void *ret_struct);

/* Reads one value by a row of a table whose offset counts from `base`. */
void pal_yaml_read_value(const struct pal_yaml_key *k, const struct pal_yaml_node *node, struct pal_yaml_faults *f,
			 void *base);

/* Sets the field to the row's default. */
void pal_yaml_preset(const struct pal_yaml_key *k, struct pal_yaml_faults *f, void *base);

const struct pal_yaml_node *pal_yaml_get(const struct pal_yaml_node *map, const char *key); /* NULL when absent */
const char *pal_yaml_found(const struct pal_yaml_node *node, struct pal_arena *a); /* "the list", "\"seven\"" */

void pal_yaml_type_text(const struct pal_yaml_key *k, struct pal_buf *out); /* "list of names", "true or false" */

#endif
