/*
 * pickle.h - the machine that reads pickles without running them: what its sources share.
 *
 * pickle.c walks the streams of a file, pickle_vm.c the opcodes, pickle_value.c
 * keeps the stack and containers, pickle_memo.c the memo, pickle_name.c names and
 * texts, pickle_follow.c tells what calls give, pickle_build.c what state and items are put into, pickle_give.c hands
 * over what was found, pickle_array.c skips joblib's arrays, pickle_search.c looks into what cannot be walked.
 *
 *   units    bytes; offsets from the start of the file
 *   memory   everything is bounded by the limits below and freed by pal_pickle_close()
 *   errors   those of the sink and of the input; a broken pickle is an anomaly, not an error
 *   threads  one machine belongs to one thread
 */
#ifndef PALISADE_FORMATS_PICKLE_H
#define PALISADE_FORMATS_PICKLE_H

#include "give.h"
#include "palisade/buf.h"
#include "palisade/map.h"
#include "palisade/pickle_trace.h"
#include "palisade/reader.h"

#define PAL_PICKLE_STACK     ((size_t)2 << 20) /* values */
#define PAL_PICKLE_MEMO      ((size_t)4 << 20)
#define PAL_PICKLE_SPARSE    ((size_t)1 << 14)   /* memo entries at numbers above PAL_PICKLE_MEMO */
#define PAL_PICKLE_RING      ((uint32_t)1 << 17) /* items of containers; fewer for a file that cannot have so many */
#define PAL_PICKLE_OBJECTS   ((size_t)2 << 20)   /* lists and dicts that may stand in two places */
#define PAL_PICKLE_NAMES     ((size_t)8 << 20)   /* bytes of module and attribute names */
#define PAL_PICKLE_ITEMS     32u                 /* of a tuple or a dict that are remembered */
#define PAL_PICKLE_SHORT     4u                  /* shorter strings say nothing */
#define PAL_PICKLE_LONG      4095u               /* bytes; of a string from the memo: that or more */
#define PAL_PICKLE_COMPUTED  1000u               /* calls of what cannot be told; after that they are only counted */
#define PAL_PICKLE_DEPTH     20000u              /* containers in each other */
#define PAL_PICKLE_JUMP      ((uint64_t)1 << 26) /* a memo number that makes a loader allocate a gigabyte */
#define PAL_PICKLE_LENGTH    ((uint64_t)1 << 47) /* of a string: more than there are addresses */
#define PAL_PICKLE_FOLLOWED  200000u             /* calls inside calls, in one file */
#define PAL_PICKLE_NAME_MOST 16384u              /* bytes of a name that attributes are added to */

enum pal_pickle_tag {
	PAL_V_UNKNOWN,
	PAL_V_PLAIN, /* None, a bool, a float, a buffer */
	PAL_V_INT,   /* at: its value */
	PAL_V_STR,   /* at, len: its text in the file; flag: how that is escaped; aux: see below */
	PAL_V_BYTES,
	PAL_V_GLOBAL, /* at: which of the names */
	PAL_V_MADE,   /* at: the name of what was called to make it */
	PAL_V_DTYPE,  /* numpy.dtype; flag: its kind, len: bytes an item */
	PAL_V_TUPLE,  /* len: place in the ring, aux: how many items are there; at: heft, or where that is kept */
	PAL_V_LIST,
	PAL_V_DICT,   /* items as in a tuple: keys and values in turn, those that were set last */
	PAL_V_CALLER, /* what calls something later; flag: how; its items are what it was made of */
};

enum { PAL_V_AS_IS, PAL_V_RAW_UNICODE, PAL_V_REPR };
enum { PAL_CALLER_ATTRIBUTE, PAL_CALLER_METHOD, PAL_CALLER_ITEM, PAL_CALLER_PARTIAL };
#define PAL_V_SETTER  1u                  /* flag of a dict that holds __setstate__ */
#define PAL_V_PART    2u                  /* flag of a tuple, list or dict: it holds more than is in the ring */
#define PAL_V_SHARED  ((uint64_t)1 << 63) /* at, of a list or dict: the rest is its number among the objects */
#define PAL_V_NESTED  1u                  /* aux of a string: it is a file by itself, and was examined */
#define PAL_V_SETTING 2u                  /* aux of a string: it spells __setstate__ */

/* How something is called. */
#define PAL_CALL_MADE     1u /* NEWOBJ: without the constructor */
#define PAL_CALL_FOLLOWED 2u /* what it gives is known */

struct pal_pickle_value {
	uint8_t  tag, flag;
	uint16_t aux;
	uint32_t len;
	uint64_t at;
};

struct pal_pickle_name {
	struct pal_view module, name;
	uint64_t        calls;
	uint8_t         special; /* how calls of it are followed; 0: not */
};

struct pal_pickle_values { /* a growing array; owned */
	struct pal_pickle_value *items;
	size_t                   count, cap;
};

struct pal_pickle_row { /* owned; one of them is NULL */
	uint32_t *narrow;
	uint64_t *wide;
};

struct pal_pickle_place {
	uint32_t number, place;
	uint16_t aux;
	uint8_t  flag;
};

struct pal_pickle_memo {
	struct pal_pickle_row   *rows; /* owned */
	size_t                   row_count, row_cap;
	size_t                   count;  /* numbers below it have an entry, which may be empty */
	uint64_t                 kept;   /* entries that are not */
	struct pal_pickle_place *recent; /* owned; of the containers that were put last */
	uint32_t                 recent_size;
};

struct pal_pickle_sparse {
	uint32_t                number;
	uint32_t                epoch; /* of the stream that put it */
	struct pal_pickle_value value;
};

struct pal_pickle_heft {
	float    values; /* how many are met when it is walked */
	uint32_t depth;  /* of containers in it */
};

/* What is said once in a stream. */
enum {
	PAL_SAID_BROKEN = 1,
	PAL_SAID_FRAME = 2,
	PAL_SAID_PROTO = 4,
	PAL_SAID_EXPANSION = 8,
	PAL_SAID_STACK = 16,
	PAL_SAID_MEMO = 32,
	PAL_SAID_NAMES = 64,
	PAL_SAID_BOMB = 128,
};

enum pal_pickle_end { PAL_PICKLE_GOES_ON, PAL_PICKLE_STOPPED, PAL_PICKLE_GAVE_UP };

struct pal_pickle {
	struct pal_input *in;
	struct pal_input  side;  /* the same file through a window of its own, for going back */
	struct pal_input  words; /* and once more, for texts: a few bytes here and there */
	struct pal_sink  *sink;
	struct pal_reader r;
	struct pal_arena  arena; /* names */
	struct pal_list   names; /* of struct pal_pickle_name */
	struct pal_map    name_index;
	struct pal_buf    texts; /* short strings on their way to the sink */
	uint64_t          texts_at;
	struct pal_buf    scratch;

	struct pal_pickle_values  stack;
	struct pal_pickle_memo    memo;
	struct pal_pickle_sparse *sparse; /* owned; PAL_PICKLE_SPARSE of them or NULL */
	uint64_t                  sparse_count;
	uint32_t                  epoch; /* counts the streams */
	uint32_t                 *marks; /* owned */
	size_t                    mark_count, mark_cap;
	struct pal_pickle_value  *ring; /* owned; ring_size of them, a power of two */
	uint32_t                  ring_next, ring_size;
	struct pal_pickle_heft  **objects; /* owned, in rows */
	size_t                    object_count, object_rows, object_cap;

	struct {
		int64_t                 code;
		struct pal_pickle_value value;
	} extensions[64];
	size_t extension_count;

	struct pal_pickle_value setter; /* the __setstate__ that was last put into a state */
	bool                    armed;  /* the last BUILD used that state */
	unsigned int            follow_depth;
	uint64_t                computed, followed, given; /* calls that were followed; calls that were given */

	uint64_t                       op_at, start, frame_end, opcodes, persistent, streams;
	uint32_t                       records; /* of torch's old archives: those that are still to come */
	unsigned int                   said;
	int                            protocol; /* -1: none seen */
	bool                           magic;    /* the first value was torch's magic number */
	bool                           arrays;   /* joblib's in-band arrays are skipped */
	uint16_t                       told;     /* of the last string: PAL_V_NESTED, PAL_V_SETTING */
	bool                           searched; /* a search found names: said already */
	enum pal_pickle_end            end;
	const struct pal_pickle_watch *watch; /* NULL: nobody is told of the opcodes */
};

/* pickle_value.c */
PAL_NODISCARD enum pal_err pal_pickle_open(struct pal_pickle *m, struct pal_input *in, struct pal_sink *sink);
void                       pal_pickle_close(struct pal_pickle *m);
void                       pal_pickle_restart(struct pal_pickle *m, uint64_t at); /* empty stack and memo */

/* Room for `need` items of `size` bytes; the new part is zero. */
PAL_NODISCARD enum pal_err pal_pickle_grow(void **items, size_t *cap, size_t need, size_t size);

PAL_NODISCARD enum pal_err pal_pickle_push(struct pal_pickle *m, struct pal_pickle_value v);
PAL_NODISCARD enum pal_err pal_pickle_pop(struct pal_pickle *m, struct pal_pickle_value *ret_value);
struct pal_pickle_value   *pal_pickle_top(struct pal_pickle *m); /* NULL when there is none */
PAL_NODISCARD enum pal_err pal_pickle_mark(struct pal_pickle *m);
/* The values above the topmost mark: they stay on the stack from *ret_from on, for the caller to cut off. */
PAL_NODISCARD enum pal_err pal_pickle_slice(struct pal_pickle *m, size_t *ret_from);

PAL_NODISCARD enum pal_err pal_pickle_put(struct pal_pickle *m, uint64_t number);
PAL_NODISCARD enum pal_err pal_pickle_get(struct pal_pickle *m, uint64_t number, struct pal_pickle_value *ret_value);
uint64_t                   pal_pickle_memo_count(const struct pal_pickle *m); /* the number that MEMOIZE takes */

/* A container that holds items[0..n); *ret_value may be one of them. */
PAL_NODISCARD enum pal_err pal_pickle_contain(struct pal_pickle *m, uint8_t tag, const struct pal_pickle_value *items,
					      size_t n, struct pal_pickle_value *ret_value);
PAL_NODISCARD enum pal_err pal_pickle_add(struct pal_pickle *m, struct pal_pickle_value *container,
					  const struct pal_pickle_value *items, size_t n);
/* From now on a list or dict may stand in two places: how heavy it is is kept in one. */
PAL_NODISCARD enum pal_err pal_pickle_share(struct pal_pickle *m, struct pal_pickle_value *v);
struct pal_pickle_heft     pal_pickle_heft_in(const struct pal_pickle_value *v); /* of one that is not shared */
void                       pal_pickle_weigh(struct pal_pickle_value *v, struct pal_pickle_heft h);
/* How many items of a tuple or dict are remembered, and the i-th of them. */
size_t                  pal_pickle_item_count(const struct pal_pickle *m, struct pal_pickle_value v);
struct pal_pickle_value pal_pickle_item(const struct pal_pickle *m, struct pal_pickle_value v, size_t i);

/* pickle_memo.c: numbers below PAL_PICKLE_MEMO. A list or dict has been shared before it is put. */
PAL_NODISCARD enum pal_err pal_pickle_memo_set(struct pal_pickle_memo *memo, uint32_t number,
					       const struct pal_pickle_value *v);
bool pal_pickle_memo_get(const struct pal_pickle_memo *memo, uint64_t number, struct pal_pickle_value *ret_value);
void pal_pickle_memo_done(struct pal_pickle_memo *memo);

/* pickle_name.c */
bool pal_pickle_decimal(struct pal_view v, int64_t *ret_n); /* of at most 18 digits, an L behind them allowed */

/* Text of a string, decoded; lives until the next call. At most `most` bytes of it. */
PAL_NODISCARD enum pal_err pal_pickle_text(struct pal_pickle *m, struct pal_pickle_value v, size_t most,
					   struct pal_view *ret_text);
/* Adds v without its escapes; bytes: letters up to 255 as one byte each, instead of UTF-8. */
void pal_pickle_unescape(struct pal_view v, uint8_t flag, bool bytes, struct pal_buf *out);
bool pal_pickle_text_is(struct pal_pickle *m, struct pal_pickle_value v, const char *text);

/* The value that stands for module.name; gives the IMPORT when it is new. */
PAL_NODISCARD enum pal_err    pal_pickle_global(struct pal_pickle *m, struct pal_view module, struct pal_view name,
						struct pal_pickle_value *ret_value);
const struct pal_pickle_name *pal_pickle_name(const struct pal_pickle *m, struct pal_pickle_value v); /* or NULL */
bool pal_pickle_is(const struct pal_pickle *m, struct pal_pickle_value v, const char *module, const char *name);

/* pickle_give.c */
PAL_NODISCARD enum pal_err pal_pickle_say(struct pal_pickle *m, unsigned int once, const struct pal_rule *rule,
					  const char *text);
PAL_NODISCARD enum pal_err pal_pickle_broken(struct pal_pickle *m, const char *what);
PAL_NODISCARD enum pal_err pal_pickle_give_call(struct pal_pickle *m, struct pal_pickle_value callee,
						const struct pal_pickle_value *args, size_t n, unsigned int how);
PAL_NODISCARD enum pal_err pal_pickle_give_persistent(struct pal_pickle *m, struct pal_pickle_value id);
/* A string; flag: how it is escaped. m->told is what its value's aux says. */
PAL_NODISCARD enum pal_err pal_pickle_give_text(struct pal_pickle *m, struct pal_view text, uint64_t at, uint8_t flag);
/* len bytes at the reader: a string's or a blob's content; the reader moves past them. */
PAL_NODISCARD enum pal_err pal_pickle_give_string(struct pal_pickle *m, uint64_t len);
PAL_NODISCARD enum pal_err pal_pickle_give_blob(struct pal_pickle *m, uint64_t len);
PAL_NODISCARD enum pal_err pal_pickle_flush(struct pal_pickle *m);
/* Adds what can be said of values: "os.system, 'id', (1, _)". */
PAL_NODISCARD enum pal_err pal_pickle_preview(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n,
					      struct pal_buf *out);

/* pickle_follow.c: what a call would do and give, as far as that can be told; made: without the constructor. */
PAL_NODISCARD enum pal_err pal_pickle_call(struct pal_pickle *m, struct pal_pickle_value callee,
					   const struct pal_pickle_value *args, size_t n, bool made,
					   struct pal_pickle_value *ret_value);
PAL_NODISCARD enum pal_err pal_pickle_partial_build(struct pal_pickle *m, struct pal_pickle_value *partial,
						    struct pal_pickle_value state);
uint8_t                    pal_pickle_special(struct pal_view module, struct pal_view name);

/* pickle_call.c: extension codes */
PAL_NODISCARD enum pal_err pal_pickle_register(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n);
PAL_NODISCARD enum pal_err pal_pickle_extension(struct pal_pickle *m, int64_t code);

/* pickle_build.c: state, and the items of APPEND(S), SETITEM(S), ADDITEMS, go into the top of the stack. */
PAL_NODISCARD enum pal_err pal_pickle_build(struct pal_pickle *m, struct pal_pickle_value state);
PAL_NODISCARD enum pal_err pal_pickle_put_items(struct pal_pickle *m, uint8_t op, const struct pal_pickle_value *items,
						size_t n);

/* pickle_array.c */
PAL_NODISCARD enum pal_err pal_pickle_array(struct pal_pickle *m, struct pal_pickle_value state);
struct pal_pickle_value    pal_pickle_dtype(struct pal_pickle *m, struct pal_pickle_value spec);
void pal_pickle_dtype_build(struct pal_pickle *m, struct pal_pickle_value *dtype, struct pal_pickle_value state);

/* pickle.c: all pickles of a file; watch NULL: nobody is told of the opcodes. */
PAL_NODISCARD enum pal_err pal_pickle_parse(struct pal_input *in, struct pal_sink *sink,
					    const struct pal_pickle_watch *watch, struct pal_diag *d);

/* torch_tar.c: after a pickle of torch's old archives: the numbers that stand behind it; *at moves behind them. */
PAL_NODISCARD enum pal_err pal_torch_tar_take(struct pal_pickle *m, uint64_t *at);

/* pickle_fast.c: as many of the commonest opcodes as stand in a row; may be none. */
PAL_NODISCARD enum pal_err pal_pickle_run_fast(struct pal_pickle *m);

/* pickle_trace.c: one opcode, and the watcher is told. */
PAL_NODISCARD enum pal_err pal_pickle_step_watched(struct pal_pickle *m);

/* pickle_vm.c: reads opcodes until m->end says that it is over; one opcode. */
PAL_NODISCARD enum pal_err pal_pickle_step(struct pal_pickle *m);
PAL_NODISCARD enum pal_err pal_pickle_run(struct pal_pickle *m);

/* pickle_search.c: names that opcodes would look up, found in bytes that were not walked. */
PAL_NODISCARD enum pal_err pal_pickle_search(struct pal_pickle *m, uint64_t at, uint64_t len);

/* pickle_probe.c: how much these bytes look like the start of a pickle; argument layout of the opcodes. */
enum pal_pickle_arg {
	PAL_ARG_BAD,
	PAL_ARG_NONE,
	PAL_ARG_1,
	PAL_ARG_2,
	PAL_ARG_4,
	PAL_ARG_8,
	PAL_ARG_LINE,
	PAL_ARG_LINES,
	PAL_ARG_LEN1,
	PAL_ARG_LEN4,
	PAL_ARG_LEN8,
};
extern const uint8_t pal_pickle_args[256];
unsigned int         pal_pickle_likely(struct pal_view head, uint64_t size);

#endif
