#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# An installed tree works wherever it is moved to, also through symbolic links:
# pipcc compiles against it, and pip-man shows its pages.
. "${srcdir:-.}/tests/testlib.sh"

unset CC CXX FC PIP_API
need_command make make
make -C "$builddir" DESTDIR="$work_dir/stage" install >install.log 2>&1 || {
	show install.log
	framework_failed 'make install'
}
bin=$(dirname "$(find stage -name pipcc)")
prefix=$(dirname "$bin")
case $prefix in
stage/*) ;;
*) framework_failed "no pipcc in $prefix" ;;
esac
mkdir 'moved-here'
mv "$prefix" 'moved-here/pip'
ln -s 'moved-here/pip/bin/pipcc' pipcc

expect_status 0 ./pipcc --where
expect_lines 1 "$work_dir/moved-here/pip/bin/pipcc" out
expect_status 0 ./pipcc --silent --api=2 -o v2 "$program_sources/pipcc-v2.c"
expect_status 0 ./v2
expect_lines 1 'version 2 task 0: 40' out
grep -qa "$work_dir/moved-here/pip/lib" v2 || fail 'it is not linked with the moved library'
grep -qaF "$builddir" v2 && fail 'it is linked with the build tree'
expect_status 0 './moved-here/pip/lib/libpip.so' --version

command -v man >/dev/null || exit 0
expect_status 0 './moved-here/pip/bin/pip-man' -w pipfc
grep -q 'moved-here/pip' out || fail "pip-man shows another page: $(cat out)"
