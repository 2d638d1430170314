#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The manual pages: all are installed, no name leads nowhere, every function has
# one, they are well-formed, and their programs compile; most of them run.
. "${srcdir:-.}/tests/testlib.sh"

pages=$top_srcdir/docs/man

# --- Names -------------------------------------------------------------------

grep -ohE 'docs/man/[^ ]+' "$top_srcdir"/docs/*.mk | sed 's,.*/,,' | sort >listed
for page in "$pages"/*; do
	echo "${page##*/}"
done | sort | diff listed - || fail 'not all pages are installed, once'

for page in "$pages"/*.[1-8]; do
	target=$(sed -n 's/^\.so //p' "$page")
	name=$(basename "$page")
	[ -n "$target" ] || continue
	[ -s "$pages/${target#man?/}" ] || fail "$name leads to $target, which is not there"
	# The page that it leads to has its name.
	sed -n '/^\.SH NAME/,/^\.SH [LS]/p' "$pages/${target#man?/}" |
		sed -e 's/[\]//g' -e 's/[ ,]/\n/g' | grep -qx "${name%.*}" ||
		fail "${target#man?/} does not say that it is about ${name%.*}"
done

# What libpip exports under version 3 of the interface, but for what no header
# declares, and symbols behind macros.
[ -f "$builddir/lib/.libs/libpip.so" ] || framework_failed 'no libpip.so'
if command -v nm >/dev/null; then
	nm -D --defined-only "$builddir/lib/.libs/libpip.so" |
		sed -n 's/.* \(pip_[a-zA-Z0-9_]*\)@@PIP_3$/\1/p' >exported
	[ "$(wc -l <exported)" -ge 80 ] || framework_failed 'nothing is exported'
	while read -r name; do
		grep -qw "$name" "$top_srcdir/lib/undeclared.h" && continue
		name=${name%_}
		[ -e "$pages/$name.3" ] || [ "$name" = pip_main ] ||
			fail "$name has no manual page"
	done <exported
fi

# --- Form --------------------------------------------------------------------

if command -v groff >/dev/null; then
	for page in "$pages"/*.[1-8]; do
		grep -q '^\.so ' "$page" && continue
		groff -t -man -Kutf8 -Tutf8 -ww "$page" >/dev/null 2>warnings
		[ ! -s warnings ] || { show warnings; fail "groff about ${page##*/}"; }
	done
fi

# --- Programs ----------------------------------------------------------------

# The examples that begin with an #include, a file each.
extract() { # PAGE
	awk -v page="${1##*/}" '
		/^\.EX/ { on = 1; file = ""; next }
		/^\.EE/ { on = 0 }
		on == 1 { on = 2; if (/^#/) file = page "." ++n ".c" }
		on && file != "" { print >file }' "$1"
}

# pip_table's has an argument; on pages of commands there are other files.
runnable() { # FILE
	grep -q 'int main' "$1" && case $1 in pip_table.*) false ;; esac
}

for page in "$pages"/*.[357]; do
	extract "$page"
done
set -- *.c
[ $# -ge 12 ] || framework_failed "only these programs: $*"
for file; do
	sed -e 's/\\&//' -e 's/\\e/\\/g' -e 's/\\-/-/g' -e "s/\\\\(aq/'/g" "$file" >program.c
	compile "${CC:-gcc}" -Wall -Wextra -Werror -fPIE -pie -I"$top_srcdir/include" \
		-o "${file%.c}" program.c -L"$builddir/lib/.libs" -lpip \
		-Wl,-rpath,"$builddir/lib/.libs"
	if runnable "$file"; then
		expect_status 0 timeout 100 "./${file%.c}"
		echo "$file: $(head -n 1 out)"
	fi
done
