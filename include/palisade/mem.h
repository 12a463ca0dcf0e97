/*
 * mem.h - heap objects that outlive a unit of work, and the one checked copy.
 *
 * Most memory comes from an arena (arena.h); what remains comes from here, so
 * that a count of calls to malloc stays at one and faults can be injected.
 *
 *   units    bytes
 *   memory   pal_mem_new gives zeroed memory owned by the caller; free it with pal_mem_free
 *   errors   NULL when there is no memory or n * size would wrap
 *   threads  safe
 */
#ifndef PALISADE_MEM_H
#define PALISADE_MEM_H

#include <stddef.h>

void *pal_mem_new(size_t n, size_t size);
void *pal_mem_grow(void *old, size_t old_size, size_t new_size); /* the added part is zeroed; old stays when NULL */
void  pal_mem_free(void *p);                                     /* NULL allowed */

void pal_mem_copy(void *dst, size_t room, const void *src, size_t n); /* asserts n <= room; no overlap; n 0 allowed */
void pal_mem_move(void *dst, size_t room, const void *src, size_t n); /* the same, overlap allowed */

#endif
