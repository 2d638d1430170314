#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-check: every verdict, on stderr, and its exit status.
. "${srcdir:-.}/tests/testlib.sh"

pip_check=$builddir/bin/pip-check
unset CC PIP_API
echo 'int main(void) { return 0; }' >prog.c
for role in both piproot piptask; do
	case $role in
	both) "$builddir/bin/pipcc" --silent -o both prog.c ;;
	*) "$builddir/bin/pipcc" --silent --$role -o $role prog.c ;;
	esac || framework_failed "pipcc: $role"
done
compile "${CC:-gcc}" -fPIE -pie -o plain prog.c
compile "${CC:-gcc}" -fPIE -pie -rdynamic -o exporting prog.c
compile "${CC:-gcc}" -fno-pie -no-pie -o fixed prog.c
compile "${CC:-gcc}" -fPIE -pie -Wl,--dynamic-linker=/no/such/loader -o no-loader prog.c
compile "${CC:-gcc}" -fPIC -shared -o library.so prog.c
compile "${CC:-gcc}" -c -o object.o prog.c
chmod +x object.o
printf '#!/bin/sh\nexit 0\n' >script
: >empty
head -c 1000 plain >truncated
{ head -c 18 plain; printf '\267\000'; tail -c +21 plain; } >aarch64
chmod +x script empty truncated aarch64
cp plain not-executable
chmod 644 not-executable
mkdir directory
mkfifo fifo

expect_verdict() { # STATUS OPTIONS FILE VERDICT
	# shellcheck disable=SC2086 # words by intention
	expect_status "$1" "$pip_check" $2 "./$3"
	[ ! -s out ] || fail "$3: something is on stdout"
	expect_lines 1 "\\./$3 : $4" err
}

# The table's words.
# shellcheck disable=SC2034 # eval uses them
root='cannot be a PiP root' task='cannot be a PiP task' neither='not a PiP program'
#              none                 -r            -t            -b
while read -r file s1 v1 s2 v2 s3 v3 s4 v4; do
	expect_verdict "$s1" '' "$file" "$(eval "echo $v1")"
	expect_verdict "$s2" -r "$file" "$(eval "echo $v2")"
	expect_verdict "$s3" -t "$file" "$(eval "echo $v3")"
	expect_verdict "$s4" -b "$file" "$(eval "echo $v4")"
done <<'END'
both         0 Root\&Task 0 Root\&Task 0 Root\&Task 0 Root\&Task
piptask      0 Root\&Task 0 Root\&Task 0 Root\&Task 0 Root\&Task
piproot      0 Root       0 Root       1 $task      1 $task
exporting    0 Task       1 $root      0 Task       1 $root
plain        1 $neither   1 $root      0 Task       1 $root
fixed        1 $neither   1 $root      1 $task      1 $neither
no-loader    1 $neither   1 $root      1 $task      1 $neither
library.so   1 $neither   1 $root      1 $task      1 $neither
object.o     1 $neither   1 $root      1 $task      1 $neither
truncated    1 $neither   1 $root      1 $task      1 $neither
aarch64      1 $neither   1 $root      1 $task      1 $neither
END
for options in '' -r -t -b; do
	expect_verdict 1 "$options" no-such-file 'not found'
	expect_verdict 1 "$options" directory 'not an executable file'
	expect_verdict 1 "$options" fifo 'not an executable file'
	expect_verdict 1 "$options" not-executable 'not an executable file'
	expect_verdict 1 "$options" script 'not an ELF file'
	expect_verdict 1 "$options" empty 'not an ELF file'
done

# The long names, several files, and the original's example.
for option in --root --piproot; do expect_verdict 0 $option piproot Root; done
for option in --task --piptask; do expect_verdict 0 $option plain Task; done
for option in --both --pipboth; do expect_verdict 0 $option both 'Root&Task'; done
expect_verdict 1 '-r -t' plain "$root"
expect_status 0 "$pip_check" both piproot exporting
expect_status 1 "$pip_check" both script piproot
cat >expected <<'END'
both : Root&Task
script : not an ELF file
piproot : Root
END
diff expected err || fail 'not one line for each file'
if [ -x /usr/bin/ps ]; then
	expect_status 1 "$pip_check" /usr/bin/ps
	expect_lines 1 '/usr/bin/ps : not a PiP program' err
fi
expect_status 1 "$pip_check" -v ./fixed
grep -q 'not PIE' err || fail '-v does not say why'
expect_status 1 "$pip_check" --verbose ./no-loader
grep -q '/no/such/loader' err || fail '-v does not name the loader'

# What it says is what happens.
expect_status 0 "$pip_exec" ./plain : ./both : ./exporting
expect_status 83 "$pip_exec" ./piproot

for option in --ldlinux --ldso; do
	expect_status 0 "$pip_check" $option
	[ -e "$(cat out)" ] || fail "$option: no loader at $(cat out)"
done
expect_status 1 "$pip_check"
expect_status 1 "$pip_check" -h
grep -q '^Usage: pip-check' err || fail 'no usage'
expect_status 1 "$pip_check" --usage
expect_status 1 "$pip_check" -x both

# Damaged files: a verdict, whatever it is.
size=$(wc -c <both)
i=0
while [ "$i" -lt 200 ]; do
	at=$((i * 7919 % (i < 150 ? 1024 : size)))
	{ head -c "$at" both; printf '\377'; tail -c +$((at + 2)) both; } >damaged
	chmod +x damaged
	status=0
	timeout 60 "$pip_check" -v damaged >out 2>err || status=$?
	[ "$status" -le 1 ] || fail "exit status $status with byte $at damaged"
	grep -qE '^damaged : ' err || fail "no verdict with byte $at damaged"
	i=$((i + 1))
done
