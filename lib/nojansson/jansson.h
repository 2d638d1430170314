/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In the place of jansson's header where there is none: what makes JSON still
 * compiles, and is never reached, since an option that asks for it is refused
 * (JSON_IS_BUILT_IN in config.h).  Only what these tools call is here.
 */
#ifndef NOJANSSON_JANSSON_H
#define NOJANSSON_JANSSON_H

#include <stddef.h>
#include <stdio.h>

#undef JSON_IS_BUILT_IN
#define JSON_IS_BUILT_IN 0

typedef struct json_t json_t;
typedef long long json_int_t;
typedef struct json_error_t {
	int line;
	char text[160];
} json_error_t;

#define JSON_COMPACT 0
#define JSON_INDENT(n) 0
#define JSON_REAL_PRECISION(n) 0
#define JSON_PRESERVE_ORDER 0
#define JSON_SORT_KEYS 0

#define json_array_foreach(array, index, value)               \
	for ((index) = json_array_size(array), (value) = NULL; \
	     (index) > 0; (index)--)

static inline json_t *json_array(void)
{
	return NULL;
}

static inline json_t *json_object(void)
{
	return NULL;
}

static inline json_t *json_null(void)
{
	return NULL;
}

static inline json_t *json_boolean(int value)
{
	(void)value;
	return NULL;
}

static inline json_t *json_integer(json_int_t value)
{
	(void)value;
	return NULL;
}

static inline json_t *json_real(double value)
{
	(void)value;
	return NULL;
}

static inline json_t *json_string(const char *value)
{
	(void)value;
	return NULL;
}

static inline json_t *json_pack(const char *format, ...)
{
	(void)format;
	return NULL;
}

static inline int json_array_append_new(json_t *array, json_t *value)
{
	(void)array;
	(void)value;
	return -1;
}

static inline json_t *json_array_get(const json_t *array, size_t i)
{
	(void)array;
	(void)i;
	return NULL;
}

static inline size_t json_array_size(const json_t *array)
{
	(void)array;
	return 0;
}

static inline json_t *json_object_get(const json_t *object, const char *key)
{
	(void)object;
	(void)key;
	return NULL;
}

static inline int json_object_set_new(json_t *object, const char *key,
				      json_t *value)
{
	(void)object;
	(void)key;
	(void)value;
	return -1;
}

static inline int json_object_del(json_t *object, const char *key)
{
	(void)object;
	(void)key;
	return -1;
}

static inline int json_object_update_new(json_t *object, json_t *other)
{
	(void)object;
	(void)other;
	return -1;
}

static inline int json_dumpf(const json_t *json, FILE *file, size_t flags)
{
	(void)json;
	(void)file;
	(void)flags;
	return -1;
}

static inline void json_decref(json_t *json)
{
	(void)json;
}

#endif /* NOJANSSON_JANSSON_H */
