#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A plugin that is missing or broken is an error that names it, before any task
# starts.
. "${srcdir:-.}/tests/testlib.sh"
. "$top_srcdir/tests/plugin-lib.sh"

refused() { # MESSAGE LIST
	rm -f started
	for way in option variable; do
		status=0
		if [ $way = option ]; then
			"$pip_exec" --with-plugin "$2" touch started >out 2>err || status=$?
		else
			PIP_PLUGINS=$2 "$pip_exec" touch started >out 2>err || status=$?
		fi
		{ [ "$status" -ne 0 ] && [ "$status" -lt 128 ]; } || { show err; fail "$2: status $status"; }
		[ ! -e started ] || fail "$2: a task has started"
		grep -qF "$1" err || { show err; fail "$2: not the message '$1'"; }
	done
}

cp "$plugins/first.so" 'a blank.so'
cp "$plugins/first.so" 'dollar$LIB.so'
cp "$plugins/first.so" other.so
echo text >text.so
seq 1000 >script.so
: >empty.so
mkfifo fifo.so
dd if="$plugins/first.so" of=short.so bs=1000 count=1 2>/dev/null
# Another machine, and another class.
cp "$plugins/first.so" machine.so && printf '\267' | dd of=machine.so bs=1 seek=18 conv=notrunc 2>/dev/null
cp "$plugins/first.so" class.so && printf '\1' | dd of=class.so bs=1 seek=4 conv=notrunc 2>/dev/null
printf 'int main(void) { return 0; }\n' >program.c
compile "${CC:-gcc}" -no-pie -o program program.c
compile "${CC:-gcc}" -c -o object.so program.c

refused "plugin './nothing.so': No such file or directory" ./nothing.so
refused "plugin './nothing.so': No such file or directory" "$plugins/first.so:./nothing.so"
refused "plugin 'nothing.so' is in no directory of LD_LIBRARY_PATH" nothing.so
refused "plugin '/' is a directory" /
refused "plugin './fifo.so' is not a regular file" ./fifo.so
refused "plugin './text.so' is too short for an ELF header" ./text.so
refused "plugin './script.so' is not an ELF file" ./script.so
refused "plugin './empty.so' is empty" ./empty.so
refused "plugin './short.so' is truncated" ./short.so
refused "plugin './machine.so' is for another machine" ./machine.so
refused "plugin './class.so' is a 32-bit file" ./class.so
refused "plugin './program' is not PIE" ./program
refused "plugin './object.so' is an object file" ./object.so
refused "plugin-program' is a program, not a shared library" "$program"
refused "cannot be preloaded: its path may hold neither blank, colon nor dollar sign" './a blank.so'
refused "cannot be preloaded: its path may hold neither blank, colon nor dollar sign" './dollar$LIB.so'
refused "plugin './other.so' is named twice" ./other.so:./other.so
refused "two plugins are called 'first': '$plugins/first.so' and '$plugins/namesake.so'" "$plugins/first.so:$plugins/namesake.so"
refused "version.so' is for version 77 of the interface, this is 1: compile it anew" "$plugins/version.so"
refused "no-description.so' has a pip_event_hook(), but no PIP_PLUGIN(): its version is not known" "$plugins/no-description.so"
refused "bad-name.so': its name is not 1 to 31 letters, digits and -_.+" "$plugins/bad-name.so"
refused "no-function.so' calls nobody_has_this(), which is in no library that is loaded" "$plugins/no-function.so"
refused 'libgone.so' "$plugins/no-library.so"

# More than there may be, and a path that is too long.
list='' n=0
while [ $n -lt 65 ]; do
	cp "$plugins/libplain.so" "libp$n.so"
	list=$list:./libp$n.so n=$((n + 1))
done
refused "plugin './libp64.so': there are more than 64" "$list"
expect_status 0 "$pip_exec" --with-plugin "${list%:./libp64.so}" true
long=$(printf '%5000s' '' | tr ' ' x)
refused 'its path is too long' "./$long"

# pip_init() of a root of its own; the program may go on without.
expect_status 1 env PIP_PLUGINS=./script.so "$program" root
grep -qF "plugin './script.so' is not an ELF file" err || { show err; fail 'pip_init() does not say why'; }
grep -qF ELIBBAD err || { show err; fail 'not ELIBBAD'; }
# A program that never calls it is not disturbed.
expect_status 0 env PIP_PLUGINS=./script.so "$program" nothing

# Usage.
expect_status 2 "$pip_exec" --with-plugin
expect_status 2 "$pip_exec" --with-plugin ''
grep -qF -- '--with-plugin: an empty name' err || fail 'an empty name'
expect_status 2 "$pip_exec" true : --with-plugin ./text.so true
grep -qF 'belongs before the first program' err || fail 'a later section'
# An empty list is none.
expect_status 0 env PIP_PLUGINS=: "$pip_exec" true

# By LD_LIBRARY_PATH; several options; with '='; with PIP_PLUGINS.
mkdir lib && cp "$plugins/libplain.so" lib/libplain2.so
expect_status 0 env LD_LIBRARY_PATH="/nonexistent:$work_dir/lib" "$pip_exec" --with-plugin libplain2.so "$program" wrap
grep -qx plain err || fail 'not found by LD_LIBRARY_PATH'
trace_run 0 env PIP_PLUGINS="$plugins/third.so" "$pip_exec" --with-plugin "$plugins/first.so" \
	--with-plugin="$plugins/second.so" "$program"
grep '0 INIT' "$PLUGIN_TRACE" | cut -d ' ' -f 1 >order
expect_text order <<-END
	third
	first
	second
END
# Another directory later does not matter.
cp "$plugins/first.so" here.so
trace_run 0 "$pip_exec" --with-plugin ./here.so sh -c 'cd / && exit 0'
grep -q '0 TASK_EXIT 0' trace.first || fail 'a relative path'

