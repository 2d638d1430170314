#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# libpip exports what its headers declare, what programs of the original declare
# themselves (lib/undeclared.h), and what stands in for libc's functions,
# each under its version, and nothing else.
set -u
LC_ALL=C
export LC_ALL

library=lib/.libs/libpip.so
headers="${srcdir:-.}/include/pip/pip.h ${srcdir:-.}/include/pip/pip_dlfcn.h
	${srcdir:-.}/include/pip/pip_signal.h ${srcdir:-.}/include/pip/pip_util.h
	${srcdir:-.}/include/pip/pip_blt.h ${srcdir:-.}/include/pip/pip_trace.h
	${srcdir:-.}/include/pip/pip_plugin.h
	${srcdir:-.}/include/pip/pip_coordinate.h
	${srcdir:-.}/include/pip/pip_virtual_id.h
	${srcdir:-.}/lib/undeclared.h"
command -v nm >/dev/null || { echo 'skipped: nm (binutils) is missing'; exit 77; }
[ -f "$library" ] || { echo "no $library: run me in the build directory"; exit 99; }
exported=$(nm -D --defined-only "$library" | awk '{ print $3 }' | sort) || exit 99
failures=0

complain() {
	echo "$0: $*"
	failures=$((failures + 1))
}

# Every function that the header declares: word, parameters, semicolon.
# shellcheck disable=SC2086 # a list of words
declared=$(sed -e '/^#/d' $headers | grep -oE '^[a-z].*[ *]pip_[a-z_]+\(' |
	grep -vE '^(INLINE|typedef)' | grep -oE 'pip_[a-z_]+\($' | tr -d '(' | sort -u)
[ "$(echo "$declared" | wc -l)" -ge 80 ] || complain "only these are declared: $declared"
for name in $declared; do
	[ "$name" != pip_event_hook ] || continue # the plugin's own
	echo "$exported" | grep -qxE "$name@+PIP_3" ||
		# Version 3 has no such function.
		echo "$exported" | grep -qxE "pip2_${name#pip_}@+PIP_2" ||
		complain "$name@@PIP_3 is not exported"
done
# Those with a version 2 form.
# shellcheck disable=SC2086 # a list of words
for name in $(grep -ohE 'pip2_[a-z_]+' $headers | sort -u); do
	echo "$exported" | grep -qxE "$name@+PIP_2" || complain "$name@@PIP_2 is not exported"
done
# libc's, which must have no version to be found instead of it.
for name in malloc calloc realloc free posix_memalign aligned_alloc memalign \
	valloc pvalloc reallocarray malloc_usable_size \
	mmap mmap64 mremap shmat exit quick_exit pthread_exit __libc_start_main \
	_exit _Exit pthread_create; do
	echo "$exported" | grep -qx "$name" || complain "$name is not exported"
done
# shellcheck disable=SC2086 # a list of words
for name in $exported; do
	case $name in
	PIP_[23]@*PIP_[23] | PIP_[23]) ;;
	pip_main@*PIP_3) ;; # where libpip.so starts as a program
	*@*PIP_2) grep -q "${name%%@*}" $headers || complain "$name is in no header" ;;
	*@*PIP_3) grep -qE "[ *]${name%%@*}\(" $headers || complain "$name is in no header" ;;
	malloc | calloc | realloc | free | cfree | posix_memalign | aligned_alloc | \
		memalign | valloc | pvalloc | reallocarray | malloc_usable_size | \
		mmap | mmap64 | mremap | shmat | exit | quick_exit | pthread_exit | __libc_start_main | \
		_exit | _Exit | pthread_create) ;;
	*) complain "$name should not be exported" ;;
	esac
done
[ "$failures" -eq 0 ]
