#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-plugin writes a plugin that compiles, as C and as C++, and is loaded.
. "${srcdir:-.}/tests/testlib.sh"
. "$top_srcdir/tests/plugin-lib.sh"

pip_plugin=$builddir/bin/pip-plugin
expect_status 0 "$pip_plugin" new my-plugin
expect_text out <<-END
	my-plugin/my-plugin.c
	my-plugin/Makefile
END
make -C my-plugin CFLAGS='-O2 -Wall -Wextra -Werror' >make.log 2>&1 || { show make.log; fail 'it does not build'; }
expect_status 0 "$pip_exec" --with-plugin my-plugin/my-plugin.so "$program" names
[ ! -s err ] || { show err; fail 'messages'; }
make -C my-plugin clean >/dev/null || fail 'clean'
[ ! -e my-plugin/my-plugin.so ] || fail 'clean cleans nothing'
if command -v g++ >/dev/null; then
	compile g++ -Wall -Wextra -Werror -shared -fPIC -I"$top_srcdir/include" -o cxx.so -x c++ my-plugin/my-plugin.c
	expect_status 0 "$pip_exec" --with-plugin ./cxx.so:"$plugins/first.so" "$program" names
fi

# Elsewhere; and what is wrong.
expect_status 0 "$pip_plugin" new --directory other another
[ -s other/another.c ] || fail 'no other/another.c'
expect_status 0 "$pip_plugin" new --directory=third a.b_c+d
expect_status 1 "$pip_plugin" new my-plugin
grep -qx "pip-plugin: new: 'my-plugin' exists already: choose another with --directory" err || { show err; fail 'it exists'; }
expect_status 1 "$pip_plugin" new -d no/where x
grep -qx "pip-plugin: new: 'no/where' cannot be made: No such file or directory" err || { show err; fail 'nowhere'; }
expect_status 2 "$pip_plugin"
expect_status 2 "$pip_plugin" old
expect_status 2 "$pip_plugin" new
expect_status 2 "$pip_plugin" new 'a b'
expect_status 2 "$pip_plugin" new a/b
expect_status 2 "$pip_plugin" new ..
expect_status 2 "$pip_plugin" new --what
expect_status 2 "$pip_plugin" new a b
expect_status 2 "$pip_plugin" new -d
expect_status 2 "$pip_plugin" new abcdefghijklmnopqrstuvwxyz123456
expect_status 0 "$pip_plugin" --help
grep -q '^Usage: pip-plugin' out || fail '--help'
[ "$(awk 'length > 80' out)" = '' ] || fail '--help has long lines'
expect_status 0 "$pip_plugin" --version
