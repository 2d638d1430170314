#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# lib/probe.h, the note in libpip.so, pip-probes(7), the events of
# pip_recorder.h, pip_recorder(5), and what tools list: all the same probes.
. "${srcdir:-.}/tests/testlib.sh"

libpip=$builddir/lib/.libs/libpip.so
man=$top_srcdir/docs/man

# NAME NUMBER-OF-ARGUMENTS, of each.
tr '\n\t' '  ' <"$top_srcdir/lib/probe.h" |
	grep -oE 'STAP_PROBE[0-9]\(pip, [a-z_]+' |
	sed -E 's/STAP_PROBE([0-9])\(pip, (.*)/\2 \1/' | sort -u >header
[ "$(wc -l <header)" -ge 27 ] || framework_failed 'no probes in lib/probe.h'

sed -nE 's/^\.BI ([a-z_]+) " \((.*)\)"$/\1 \2/p' "$man/pip-probes.7" |
	awk '{ n = gsub(/,/, ""); print $1, n + 1 }' | sort >page
diff -u header page || fail 'pip-probes(7) is not lib/probe.h'

# Every event of the recorder is a probe, and vice versa, but for the program's
# own four, which are one probe.
sed -nE 's/^\tPIP_EVENT_([A-Z_]+)( = [0-9]+)?,.*/\1/p' \
	"$top_srcdir/include/pip/pip_recorder.h" | grep -vx NONE >events
grep -vxE 'MARK|BEGIN|END|COUNTER' events | tr '[:upper:]' '[:lower:]' |
	sort >events.probes
sed 's/ .*//; s/__/_/g' header | grep -vx user | sort | diff -u - events.probes ||
	fail 'the events of pip_recorder.h are not the probes'

# The page has the numbers that the compiler gives them.
{
	echo '#include <pip/pip_recorder.h>'
	echo '#include <stdio.h>'
	echo 'int main(void) {'
	while read -r event; do
		echo "printf(\"%s %d%c\", \"PIP_EVENT_$event\", PIP_EVENT_$event, 10);"
	done <events
	echo 'return 0; }'
} >numbers.c
compile "${CC:-cc}" -I"$top_srcdir/include" -o numbers numbers.c
./numbers | sort >numbers.out
sed -nE 's/^(PIP_EVENT_[A-Z_]+)\|([0-9]+)\|.*/\1 \2/p' "$man/pip_recorder.5" |
	sort | diff -u numbers.out - || fail 'pip_recorder(5) has other events'

# What is in the library.
need_command readelf binutils
readelf -n "$libpip" >notes 2>/dev/null
grep -q 'Provider: pip' notes ||
	skip 'libpip has no probes: install systemtap-sdt-dev'
awk '$1 == "Name:" { name = $2 }
	$1 == "Arguments:" { print name, NF - 1 }' notes | sort -u |
	diff -u header - || fail 'libpip.so has other probes, or other arguments'
grep 'Semaphore:' notes | grep -qv 'Semaphore: 0x0000000000000000' &&
	fail 'a probe has a semaphore'
# Where an argument must be for a tracer to get it: a register or a constant.
grep 'Arguments:' notes | sed 's/.*Arguments://' | tr ' ' '\n' | grep . |
	grep -vE '^-?[48]@(%[a-z0-9]+|\$-?[0-9]+)$' &&
	fail 'an argument is neither in a register nor a constant'
# None is a function of its own, which would be called although nobody looks.
nm "$libpip" | grep -E ' t probe_' && fail 'a probe was not inlined'

# What tools list.
cut -d' ' -f1 header >names
if command -v gdb >/dev/null; then
	gdb -nx -batch -ex 'info probes stap pip' "$libpip" 2>/dev/null |
		awk '$1 == "stap" { print $3 }' | sort -u | diff -u names - ||
		fail 'GDB lists other probes'
fi
if command -v bpftrace >/dev/null && [ "$(id -u)" -eq 0 ]; then
	bpftrace -l "usdt:$libpip:*" 2>/dev/null | sed 's/.*:pip://' | sort -u |
		diff -u names - || fail 'bpftrace lists other probes'
fi
exit 0
