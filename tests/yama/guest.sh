#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make check-yama: tests/yama.sh as an ordinary user in a virtual machine whose
# kernel has Yama, with scopes 1, 2 and 3.  Runs in the build directory.
#
#   PIP_TEST_KERNEL   the kernel's image (bzImage); else the newest in
#                     ./tools/vmlinuz-*
#   PIP_TEST_ACCEL    of qemu: tcg (nothing special needed), or kvm
#   PIP_YAMA_TESTS    tests to run with scope 1: yama, or yama,exceptions,exception-gdb
#
# No disk, no modules: all that the tests need is in the initial file system
# (Documentation/filesystems/ramfs-rootfs-initramfs.rst of the kernel), under
# the names that it has here.
. "${srcdir:-.}/tests/testlib.sh"

SECONDS_MAX=900
tests=${PIP_YAMA_TESTS:-yama}

kernel=${PIP_TEST_KERNEL-}
[ -n "$kernel" ] || kernel=$(find "$builddir/tools" -name 'vmlinuz-*' 2>/dev/null | sort | tail -n 1)
[ -n "$kernel" ] ||
	skip 'no kernel with Yama: name the vmlinuz of a distribution in PIP_TEST_KERNEL'
[ -r "$kernel" ] || skip "the kernel '$kernel' (PIP_TEST_KERNEL) cannot be read"
need_command qemu-system-x86_64 qemu-system-x86
need_command cpio cpio
need_command "${GDB:-gdb}" gdb
need_command ps procps
need_command setpriv util-linux
[ -x "$builddir/tests/programs/crash" ] ||
	framework_failed 'the tests are not built: make check TESTS='

# --- What is in it ------------------------------------------------------------

commands='sh cat ls cp mv rm mkdir mkfifo mktemp chmod ln sed grep awk cut tr
	sort uniq head tail wc diff env id kill ps find sleep timeout dirname
	basename readlink tee touch setpriv setsid mount mkdir expr stat date
	bash cmp od seq comm echo printf true false rmdir uname'

# Not what the shell has built in.
find_command() { # NAME
	case $1 in
	*/*) echo "$1" ;;
	*) echo "$PATH" | tr : '\n' | while read -r directory; do
		[ ! -x "$directory/$1" ] || echo "$directory/$1"
	done | grep -m 1 / ;;
	esac
}

# A file by the names that lead to it: each link, and each directory.
list_file() { # PATH
	path=$1
	while :; do
		directory=$(readlink -f "${path%/*}/.") || return 0
		echo "${directory%/}/${path##*/}"
		[ -L "$path" ] || break
		link=$(readlink "$path")
		case $link in
		/*) path=$link ;;
		*) path=${directory%/}/$link ;;
		esac
	done
	echo "$path" | grep -q '^/lib\|^/bin\|^/sbin' && readlink -f "$path"
}

list_tree() { # DIRECTORY FIND-EXPRESSION...
	directory=$(readlink -f "$1")
	shift
	find "$directory" \( "$@" \) -prune -o \( -type f -o -type l \) -print
}

# Where GDB's Python looks for modules.
list_python() {
	"${GDB:-gdb}" -nx -batch -ex 'python
import sys
print("\n".join(sys.path))' | while read -r directory; do
		[ ! -d "$directory" ] || list_tree "$directory" -name test \
			-o -name 'dist-packages' -o -name 'site-packages' \
			-o -name 'config-*' -o -name lib2to3 -o -name idlelib
	done
	list_tree "$("${GDB:-gdb}" -nx -batch -ex 'show data-directory' |
		sed 's/.*"\(.*\)".*/\1/')" -name syscalls
}

list_build() {
	list_tree "$builddir" -name '*.o' -o -name '*.lo' -o -name '*.a' \
		-o -name .deps -o -name '*.log' -o -name tools -o -name '*.cpio' \
		-o -name bench -o -name '*.trs' -o -name docs
	list_tree "$top_srcdir/tests" -name model
	list_tree "$top_srcdir/gdb" -name __pycache__
}

# For the names of libc's functions: Debian's libc6-dbg.
list_debug_file() { # PATH
	id=$(readelf -n "$1" 2>/dev/null | sed -n 's/.*Build ID: *//p')
	file=/usr/lib/debug/.build-id/$(echo "$id" | cut -c1-2)/$(echo "$id" | cut -c3-).debug
	[ ! -f "$file" ] || echo "$file"
}

# Shared libraries, those too that are opened when they are needed.
list_libraries() { # of the files on stdin
	libraries=$(grep -E '/bin/|/sbin/|\.so|/build|/pip|/tests/' | while read -r file; do
		[ ! -x "$file" ] && case $file in *.so*) false ;; *) true ;; esac ||
			ldd "$file" 2>/dev/null
	done | grep -o '/[^ ]*' | grep -v ':$' | sort -u)
	for library in $libraries; do
		list_file "$library"
		case $library in
		*/libc.so.6)
			list_debug_file "$library"
			for name in libthread_db.so.1 libelf.so.1 libgcc_s.so.1; do
				[ ! -e "${library%/*}/$name" ] ||
					list_file "${library%/*}/$name"
			done
			;;
		esac
	done
}

# Each directory before what is in it, and the links that top directories are.
list_parents() { # of the files on stdin
	awk -F/ '{ path = ""
		for (i = 2; i < NF; i++) {
			path = path "/" $i
			if (!seen[path]++) print path
		}
		print }'
	for directory in /bin /sbin /lib /lib64; do
		[ ! -L $directory ] || echo $directory
	done
}

list_all() {
	{
		for command in $commands "${GDB:-gdb}"; do
			file=$(find_command "$command") && list_file "$file"
		done
		list_build
	} >files.1
	list_python >files.2
	cat files.1 files.2 | list_libraries >files.3
	cat files.1 files.2 files.3 | sort -u | list_parents
}

make_image() {
	mkdir -p top/proc top/sys top/dev top/tmp top/etc \
		"top$builddir/tests/yama" &&
		echo 'user:x:1000:1000::/tmp:/bin/sh' >top/etc/passwd &&
		cp "$top_srcdir/tests/yama/init" top/init && chmod 755 top/init &&
		echo "$top_srcdir" >"top$builddir/tests/yama/srcdir" &&
		list_all | sed 's,^/,,' >files &&
		(cd / && cpio -o -H newc -R 1000:1000 --quiet <"$work_dir/files") >image &&
		(cd top && find . | cpio -o -H newc -R 1000:1000 --quiet) >>image
}

make_image 2>image.log || {
	show image.log
	framework_failed 'the initial file system could not be made'
}

# --- Run it -------------------------------------------------------------------

# nodefaults: no network, whose ROM would be asked for a system.
status=0
timeout -k 10 $SECONDS_MAX qemu-system-x86_64 -accel "${PIP_TEST_ACCEL:-tcg}" \
	-smp 2 -m 2048 -nodefaults -display none -serial stdio -no-reboot \
	-kernel "$kernel" -initrd image \
	-append "console=ttyS0 quiet panic=-1 build=$builddir tests=$tests" \
	</dev/null >console.raw 2>qemu.err || status=$?
tr -d '\r' <console.raw >console
grep -a '^YAMA ' console
wanted=$(($(echo "$tests" | tr , '\n' | wc -l) + 2))
[ "$(grep -aEc '^YAMA scope [123] [^ ]* status 0 ' console)" -eq "$wanted" ] &&
	grep -aqx 'YAMA end' console && exit 0
tail -n 200 console
show qemu.err
[ "$status" -ne 124 ] || fail "the virtual machine has not ended after $SECONDS_MAX s"
fail "not all tests have passed in the virtual machine (qemu: status $status)"
