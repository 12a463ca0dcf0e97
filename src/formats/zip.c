/* zip.c - which directory counts, and where it and the members contradict each other. Local headers are read again. */
#include "zip.h"

#include "palisade/format.h"
#include "palisade/map.h"
#include "torch_zip.h"

#define TAIL       ((size_t)65535 + 22)
#define CRC_BUDGET ((uint64_t)256 << 20)
#define ENDS_MOST  8

struct end {
	uint64_t at; /* of the end record */
	uint64_t directory_at, directory_len, count;
	uint64_t base;        /* what stands before the archive */
	bool     plain;       /* without its zip64 record, though there is one */
	bool     contradicts; /* its zip64 record says something else than it does, unasked */
};

static unsigned int
zip_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	uint32_t sign = pal_zip_u32(head, 0);

	(void)size;
	(void)name;
	if (sign == PAL_ZIP_LOCAL || sign == 0x08074b50) /* a split archive's mark */
		return 95;
	return sign == PAL_ZIP_END || sign == PAL_ZIP_CENTRAL ? 90 : 0;
}

static uint64_t
zip_u64(struct pal_view v, size_t at)
{
	return pal_zip_u32(v, at) | (uint64_t)pal_zip_u32(v, at + 4) << 32;
}

static enum pal_err
sign_at(struct pal_input *in, uint64_t at, uint32_t *ret_sign)
{
	struct pal_view v = { 0 };

	*ret_sign = 0;
	if (at > in->size || in->size - at < 4)
		return PAL_OK;
	PAL_TRY(pal_input_view(in, at, 4, 4, &v));
	*ret_sign = pal_zip_u32(v, 0);
	return PAL_OK;
}

/* A number of the end record that is not all ones needs no zip64 record; some readers take it, others the other. */
static bool
says_else(uint64_t small, uint64_t all_ones, uint64_t large)
{
	return small != all_ones && small != large;
}

/* The zip64 end record (APPNOTE 4.3.14), found by its locator before the end record, takes the place of the small one.
 */
static enum pal_err
read_zip64_end(struct pal_input *in, struct end *e, uint64_t *directory_end)
{
	struct pal_view v = { 0 };
	uint64_t        at = 0;

	if (e->at < 20 || e->plain)
		return PAL_OK;
	PAL_TRY(pal_input_view(in, e->at - 20, 20, 20, &v));
	if (pal_zip_u32(v, 0) != 0x07064b50)
		return PAL_OK;
	at = zip_u64(v, 8);
	if (e->at < 76 || at > e->at - 76)
		at = e->at < 76 ? 0 : e->at - 76;
	PAL_TRY(pal_input_view(in, at, 0, 56, &v));
	if (pal_zip_u32(v, 0) != 0x06064b50 && e->at >= 76) {
		at = e->at - 76; /* right before its locator, when something stands before the archive */
		PAL_TRY(pal_input_view(in, at, 56, 56, &v));
	}
	if (pal_zip_u32(v, 0) != 0x06064b50)
		return PAL_OK;
	e->contradicts = says_else(e->count, UINT16_MAX, zip_u64(v, 32)) ||
			 says_else(e->directory_len, UINT32_MAX, zip_u64(v, 40)) ||
			 says_else(e->directory_at, UINT32_MAX, zip_u64(v, 48));
	e->count = zip_u64(v, 32);
	e->directory_len = zip_u64(v, 40);
	e->directory_at = zip_u64(v, 48);
	*directory_end = at;
	return PAL_OK;
}

/* Where the directory of an end record really is: as far before it as it is long, or where it says. */
static enum pal_err
place_directory(struct pal_input *in, struct end *e, bool *ret_good)
{
	uint64_t end = e->at, said = 0;
	uint32_t before = 0, there = 0;

	*ret_good = false;
	PAL_TRY(read_zip64_end(in, e, &end));
	said = e->directory_at;
	if (e->count == 0 && e->directory_len == 0) {
		*ret_good = true;
		e->directory_at = end;
		return PAL_OK;
	}
	if (e->directory_len <= end)
		PAL_TRY(sign_at(in, end - e->directory_len, &before));
	PAL_TRY(sign_at(in, said, &there));
	if (before == PAL_ZIP_CENTRAL && end - e->directory_len >= said) {
		e->directory_at = end - e->directory_len;
		e->base = e->directory_at - said;
		*ret_good = true;
	} else if (there == PAL_ZIP_CENTRAL) {
		*ret_good = true;
	}
	if (*ret_good && e->directory_len > end - e->directory_at)
		e->directory_len = end - e->directory_at;
	return PAL_OK;
}

static struct end
end_at(const struct pal_input *in, struct pal_view tail, size_t at)
{
	return (struct end){ .at = in->size - tail.len + at,
			     .count = pal_zip_u16(tail, at + 10),
			     .directory_len = pal_zip_u32(tail, at + 12),
			     .directory_at = pal_zip_u32(tail, at + 16) };
}

/* The last one there is, which Python and torch take; and those whose comment reaches exactly to the end of the file,
 * which others want. */
static enum pal_err
find_ends(struct pal_input *in, struct end *ends, size_t *ret_count)
{
	size_t          n = in->size < TAIL ? (size_t)in->size : TAIL, count = 0;
	struct pal_view v = { 0 };

	PAL_TRY(pal_input_view(in, in->size - n, n, n, &v));
	v = pal_view_sub(v, 0, n);
	for (size_t i = n < 22 ? 0 : n - 21; i > 0 && count < ENDS_MOST; i--) {
		if (v.data[i - 1] != 'P' || pal_zip_u32(v, i - 1) != PAL_ZIP_END)
			continue;
		if (count == 0 || i - 1 + 22 + pal_zip_u16(v, i - 1 + 20) == n)
			ends[count++] = end_at(in, v, i - 1);
	}
	*ret_count = count;
	return PAL_OK;
}

/* Another directory may list the same members: those count once. */
static bool
is_known(struct pal_zip *z, const struct pal_zip_header *h, uint64_t local_at)
{
	struct pal_view key = pal_view_of(
	    pal_arena_printf(&z->arena, "%llx/%.*s", (unsigned long long)local_at, (int)h->name.len, h->name.data));
	void **slot = pal_map_put(&z->known, key);

	if (slot == NULL || *slot == (void *)(uintptr_t)z->directory)
		return false; /* twice in one directory is for take_entries() to say */
	if (*slot != NULL)
		return true;
	*slot = (void *)(uintptr_t)z->directory;
	return false;
}

static enum pal_err
read_directory(struct pal_zip *z, const struct end *e, bool first)
{
	struct pal_reader     r = pal_reader_at(z->in, e->directory_at, e->directory_len);
	struct pal_zip_header h = { 0 };
	uint64_t              count = 0, local_at = 0;

	z->directory++;
	while (count < z->sink->limits->members && pal_zip_read_central(z, &r, &h, &local_at)) {
		struct pal_zip_entry *entry = NULL;

		count++;
		local_at += e->base;
		if (is_known(z, &h, local_at))
			continue;
		entry = pal_list_add(&z->entries);
		if (entry == NULL)
			break;
		*entry = (struct pal_zip_entry){ .central = h, .local_at = local_at, .listed_first = first };
	}
	if (pal_arena_err(&z->arena) != PAL_OK || count >= z->sink->limits->members)
		return pal_sink_anomaly(z->sink, &pal_anomaly_format_limit, e->directory_at,
					"the directory lists more members than are examined (%llu)",
					(unsigned long long)count);
	if (count != e->count || pal_reader_left(&r) > 0)
		return pal_sink_anomaly(z->sink, &pal_anomaly_zip_broken, e->directory_at,
					"the directory says %llu members, it lists %llu and %llu bytes more",
					(unsigned long long)e->count, (unsigned long long)count,
					(unsigned long long)pal_reader_left(&r));
	return PAL_OK;
}

/* The name that the extra field gives is in UTF-8 (APPNOTE 4.6.9): where the other is plain ASCII, they are the same.
 */
static enum pal_err
compare_unicode(struct pal_zip *z, const struct pal_zip_entry *e, const struct pal_zip_header *h)
{
	bool ascii = true;

	for (size_t i = 0; i < h->name.len; i++)
		ascii = ascii && h->name.data[i] < 0x80;
	if (!ascii || h->unicode.len == 0 || pal_view_eq(h->name, h->unicode))
		return PAL_OK;
	return pal_sink_anomaly(z->sink, &pal_anomaly_zip_name_mismatch, e->local_at,
				"%.*s in the header, %.*s in its Unicode path field",
				(int)(h->name.len < 120 ? h->name.len : 120), h->name.data,
				(int)(h->unicode.len < 120 ? h->unicode.len : 120), h->unicode.data);
}

static enum pal_err
compare_zip64(struct pal_zip *z, const struct pal_zip_entry *e, const struct pal_zip_header *h)
{
	if ((h->size64 == 0 && h->packed64 == 0) || (h->size64 == h->size && h->packed64 == h->packed))
		return PAL_OK;
	return pal_sink_anomaly(z->sink, &pal_anomaly_zip_size_mismatch, e->local_at,
				"%.*s: %llu packed bytes in the header, %llu in its zip64 field",
				(int)(h->name.len < 120 ? h->name.len : 120), h->name.data,
				(unsigned long long)h->packed, (unsigned long long)h->packed64);
}

static enum pal_err
differ(struct pal_zip *z, const struct pal_rule *rule, const struct pal_zip_entry *e, uint64_t central, uint64_t local)
{
	return pal_sink_anomaly(z->sink, rule, e->local_at, "%.*s: %llu in the directory, %llu at the member",
				(int)(e->central.name.len < 120 ? e->central.name.len : 120), e->central.name.data,
				(unsigned long long)central, (unsigned long long)local);
}

static enum pal_err
compare(struct pal_zip *z, const struct pal_zip_entry *e, const struct pal_zip_header *local)
{
	const struct pal_zip_header *c = &e->central;
	bool                         later = (local->flags & 8) != 0; /* sizes and checksum stand behind the data */

	if (!pal_view_eq(c->name, local->name))
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_name_mismatch, e->local_at,
					 "%.*s in the directory, %.*s at the member",
					 (int)(c->name.len < 120 ? c->name.len : 120), c->name.data,
					 (int)(local->name.len < 120 ? local->name.len : 120), local->name.data));
	PAL_TRY(compare_unicode(z, e, c));
	PAL_TRY(compare_unicode(z, e, local));
	PAL_TRY(compare_zip64(z, e, c));
	PAL_TRY(compare_zip64(z, e, local));
	if (c->method != local->method)
		PAL_TRY(differ(z, &pal_anomaly_zip_method_mismatch, e, c->method, local->method));
	if (((c->flags ^ local->flags) & 0x0849) != 0) /* encrypted, descriptor, strong encryption, UTF-8 */
		PAL_TRY(differ(z, &pal_anomaly_zip_flags_mismatch, e, c->flags, local->flags));
	if (c->packed != local->packed && !(later && (local->packed == 0 || local->packed == UINT32_MAX)))
		PAL_TRY(differ(z, &pal_anomaly_zip_size_mismatch, e, c->packed, local->packed));
	if (c->size != local->size && !(later && (local->size == 0 || local->size == UINT32_MAX)))
		PAL_TRY(differ(z, &pal_anomaly_zip_size_mismatch, e, c->size, local->size));
	if (c->crc != local->crc && !(later && local->crc == 0))
		PAL_TRY(differ(z, &pal_anomaly_zip_crc_mismatch, e, c->crc, local->crc));
	return PAL_OK;
}

/* As the directory describes it; and as its own header does, where that is something else. */
static enum pal_err
give_entry(struct pal_zip *z, struct pal_zip_entry *e, const struct pal_zip_header *local)
{
	struct pal_zip_header h = e->central, other = e->central;
	uint64_t              left = z->in->size - e->data_at, used = 0;

	if (((h.flags ^ local->flags) & 1) != 0)
		h.flags = other.flags = h.flags & (uint16_t)~1u; /* not for both: some loader reads it as it is */
	if (h.packed > left) {
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_broken, e->local_at,
					 "%.*s: %llu bytes, but the file ends after %llu",
					 (int)(h.name.len < 120 ? h.name.len : 120), h.name.data,
					 (unsigned long long)h.packed, (unsigned long long)left));
		h.packed = other.packed = left;
	}
	PAL_TRY(pal_zip_give(z, &h, e->data_at, &used));
	e->end = e->data_at + used;
	other.method = local->method;
	if (local->packed != 0 && local->packed <= left && (local->flags & 8) == 0) {
		other.packed = local->packed;
		other.size = local->size;
	}
	if (other.method == h.method && (other.packed == h.packed || h.method == 8))
		return PAL_OK;
	other.name = local->name;
	other.crc = local->crc;
	PAL_TRY(pal_zip_give(z, &other, e->data_at, &used));
	if (used > e->end - e->data_at)
		e->end = e->data_at + used;
	return PAL_OK;
}

static void
look_for_torch(struct pal_zip *z)
{
	for (size_t i = 0; i < z->entries.count; i++) {
		struct pal_view name = ((struct pal_zip_entry *)pal_list_at(&z->entries, i))->central.name;

		if (pal_view_is(name, "data.pkl") || pal_view_ends(name, "/data.pkl"))
			z->torch = (struct pal_view){ name.data, name.len - pal_view_of("data.pkl").len };
	}
}

static enum pal_err
take_entries(struct pal_zip *z)
{
	struct pal_map names = pal_map_of(&z->arena);

	for (size_t i = 0; i < z->entries.count; i++) {
		struct pal_zip_entry *e = pal_list_at(&z->entries, i);
		struct pal_zip_header local = { 0 };
		bool                  good = false;
		void                **slot = pal_map_put(&names, e->central.name);

		if (slot != NULL && *slot != NULL)
			PAL_TRY(pal_sink_anomaly(
			    z->sink, &pal_anomaly_zip_duplicate_name, e->local_at, "%.*s stands twice in the directory",
			    (int)(e->central.name.len < 120 ? e->central.name.len : 120), e->central.name.data));
		if (slot != NULL)
			*slot = z;
		if (!e->listed_first)
			PAL_TRY(pal_sink_anomaly(
			    z->sink, &pal_anomaly_zip_ends, e->local_at, "%.*s is listed by another directory only",
			    (int)(e->central.name.len < 120 ? e->central.name.len : 120), e->central.name.data));
		PAL_TRY(pal_zip_read_local(z, e->local_at, &local, &e->data_at, &good));
		if (!good) {
			PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_broken, e->local_at,
						 "%.*s: no member begins at %llu",
						 (int)(e->central.name.len < 120 ? e->central.name.len : 120),
						 e->central.name.data, (unsigned long long)e->local_at));
			e->local_at = e->end = 0; /* covers nothing */
			continue;
		}
		PAL_TRY(compare(z, e, &local));
		if (e->central.comment.len > 0)
			PAL_TRY(pal_give_meta(z->sink, e->central.name, e->central.comment, e->local_at));
		PAL_TRY(give_entry(z, e, &local));
	}
	return PAL_OK;
}

static enum pal_err
take_after_end(struct pal_zip *z)
{
	struct pal_view v = { 0 };
	uint64_t        end = 0;

	PAL_TRY(pal_input_view(z->in, z->end_at, 22, 22, &v));
	end = z->end_at + 22 + pal_zip_u16(v, 20);
	if (pal_zip_u16(v, 20) > 0 && end <= z->in->size) {
		PAL_TRY(pal_input_view(z->in, z->end_at + 22, 0, pal_zip_u16(v, 20), &v));
		PAL_TRY(pal_give_meta(z->sink, pal_view_of("comment"), v, z->end_at + 22));
	}
	if (end >= z->in->size)
		return end > z->in->size
			   ? pal_sink_anomaly(z->sink, &pal_anomaly_zip_broken, z->end_at, "the comment is cut short")
			   : PAL_OK;
	return pal_zip_gap(z, end, z->in->size - end, &pal_anomaly_zip_trailing);
}

/* Reads the directory of one end record, and where its zip64 record says otherwise, that of the record by itself. */
static enum pal_err
take_end(struct pal_zip *z, struct end *e, size_t *used)
{
	struct end plain = *e;
	bool       good = false;

	plain.plain = true;
	PAL_TRY(place_directory(z->in, e, &good));
	if (good) {
		if (*used == 0) {
			z->directory_at = e->directory_at;
			z->end_at = e->at;
		}
		PAL_TRY(read_directory(z, e, (*used)++ == 0));
	}
	if (!e->contradicts)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_ends, e->at,
				 "the end record says %llu members at %llu, its zip64 record %llu at %llu",
				 (unsigned long long)plain.count, (unsigned long long)plain.directory_at,
				 (unsigned long long)e->count, (unsigned long long)e->directory_at));
	PAL_TRY(place_directory(z->in, &plain, &good));
	return good ? read_directory(z, &plain, false) : PAL_OK;
}

/* Where an archive behind something else begins: at its first member. One that reaches into what stands before it is
 * the trick of two files in one. */
static enum pal_err
find_begin(struct pal_zip *z)
{
	uint64_t first = z->directory_at;

	if (!z->behind)
		return PAL_OK;
	for (size_t i = 0; i < z->entries.count; i++) {
		uint64_t at = ((struct pal_zip_entry *)pal_list_at(&z->entries, i))->local_at;

		first = at < first ? at : first;
	}
	if (first < z->from)
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_polyglot, first,
					 "the archive begins at %llu, the file before it ends at %llu",
					 (unsigned long long)first, (unsigned long long)z->from));
	z->from = first;
	return PAL_OK;
}

void
pal_zip_init(struct pal_zip *z, struct pal_input *in, struct pal_sink *sink)
{
	*z = (struct pal_zip){ .in = in, .sink = sink, .unpaid = in->size, .crc_left = CRC_BUDGET };
	pal_arena_init(&z->arena, (size_t)64 << 20);
	z->known = pal_map_of(&z->arena);
	z->entries = pal_list_of(&z->arena, sizeof(struct pal_zip_entry));
}

enum pal_err
pal_zip_list(struct pal_zip *z, size_t *ret_directories)
{
	struct end ends[ENDS_MOST] = { 0 };
	size_t     count = 0, used = 0;

	PAL_TRY(find_ends(z->in, ends, &count));
	for (size_t i = 0; i < count; i++)
		PAL_TRY(take_end(z, &ends[i], &used));
	look_for_torch(z);
	*ret_directories = used;
	return PAL_OK;
}

static enum pal_err
parse(struct pal_zip *z)
{
	size_t used = 0;

	PAL_TRY(pal_zip_list(z, &used));
	if (used == 0) {
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_no_directory, 0,
					 "no directory was found; members are found by their own headers"));
		return pal_zip_gap(z, 0, z->in->size, NULL);
	}
	if (used > 1)
		PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_ends, z->end_at, "%zu ends of directory", used));
	PAL_TRY(pal_torch_zip_open(z, &z->view));
	PAL_TRY(find_begin(z));
	PAL_TRY(take_entries(z));
	PAL_TRY(pal_torch_zip_end(z->view, z));
	PAL_TRY(pal_zip_gaps(z));
	return take_after_end(z);
}

static enum pal_err
run(struct pal_zip *z)
{
	enum pal_err err = parse(z);

	pal_torch_zip_close(&z->view);
	pal_arena_done(&z->arena);
	return err;
}

static enum pal_err
zip_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_zip z;

	(void)d;
	pal_zip_init(&z, in, sink);
	return run(&z);
}

bool
pal_zip_at_end(struct pal_input *in)
{
	struct end ends[ENDS_MOST] = { 0 };
	size_t     count = 0;

	if (in->size < 22 + 46 || find_ends(in, ends, &count) != PAL_OK)
		return false;
	for (size_t i = 0; i < count; i++) {
		bool good = false;

		if (place_directory(in, &ends[i], &good) == PAL_OK && good && ends[i].count > 0)
			return true;
	}
	return false;
}

enum pal_err
pal_zip_also(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	PAL_TRY(
	    pal_sink_anomaly(sink, &pal_anomaly_zip_polyglot, 0, "the file ends with the directory of a zip archive"));
	return zip_parse(in, sink, d);
}

enum pal_err
pal_zip_behind(struct pal_input *in, struct pal_sink *sink, uint64_t least, uint64_t *ret_from, struct pal_diag *d)
{
	struct pal_zip z;

	(void)d;
	pal_zip_init(&z, in, sink);
	z.behind = true;
	z.from = least;
	PAL_TRY(run(&z));
	sink->tail_read = true;
	*ret_from = z.from;
	return PAL_OK;
}

const struct pal_format pal_format_zip = {
	.name = "zip",
	.summary = "zip archives: torch, npz, keras, wheels",
	.covers =
	    "Every member, as the directory lists it and as its own header says where the two differ: names (the "
	    "Unicode path field too), sizes, methods, flags, checksums. Members that no directory lists, several "
	    "directories, zip64 and where it contradicts, data before, between and behind members and behind a "
	    "member's stream, overlaps, names that stand twice or leave the folder, and links are found; comments are "
	    "metadata. Stored members are read in place; deflate, deflate64, bzip2, lzma, xz and zstd are unpacked in "
	    "memory, one "
	    "member at a time (at most 512 MiB each; a ratio above 100 past 16 MiB is a bomb). In torch's archives the "
	    "pickles are followed to every tensor: its name, type, shape and storage, that it does not reach beyond "
	    "that, "
	    "storages that nothing refers to or that are missing; TorchScript's code and exported graphs are read for "
	    "the "
	    "operators that they call. Reported and not unpacked: encrypted members and "
	    "older methods.",
	.probe = zip_probe,
	.parse = zip_parse,
};
