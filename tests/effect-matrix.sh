#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# bench/effect/matrix.sh replaces the figures of docs/PROBE-EFFECT.md, and nothing
# but them; what fails stays as it was.
. "${srcdir:-.}/tests/effect-lib.sh"

matrix=$top_srcdir/bench/effect/matrix.sh
document=$top_srcdir/docs/PROBE-EFFECT.md

# The document has a place for each block, and no other, and each has an end.
sed -n "s/^all='\\(.*\\)'$/\\1/p" "$matrix" | tr ' ' '\n' | sort >blocks
[ "$(wc -l <blocks)" -ge 9 ] || framework_failed 'no list of blocks'
sed -n 's/^<!-- \([a-z_]*\) -->$/\1/p' "$document" | grep -vx end | sort |
	diff blocks - || fail 'the blocks of the document'
awk '/^<!-- end -->$/ { depth--; next } /^<!-- [a-z_]+ -->$/ { depth++ }
	depth < 0 || depth > 1 { exit 1 } END { exit depth != 0 }' "$document" ||
	fail 'a block without its end'

# Runs in the build directory.
try() { # STATUS ENVIRONMENT... FILE
	wanted=$1
	shift
	status=0
	(cd "$builddir" && timeout 900 env QUICK=1 "$@") >out 2>err || status=$?
	[ "$status" -eq "$wanted" ] || {
		show out
		show err
		fail "matrix.sh: status $status instead of $wanted: $*"
	}
}
prose_of() {
	awk '/^<!-- end -->$/ { inside = 0 } !inside
		/^<!-- [a-z_]+ -->$/ && $2 != "end" { inside = 1 }' "$1"
}
block_of() { # NAME FILE
	awk -v name="$1" '/^<!-- end -->$/ { inside = 0 } inside
		$0 == "<!-- " name " -->" { inside = 1 }' "$2"
}

cp "$document" copy.md
prose_of "$document" >prose
try 0 BLOCKS='machine sizes' "$matrix" "$work_dir/copy.md"
prose_of copy.md | diff prose - || fail 'the prose has changed'
block_of machine copy.md | grep -q '^    all of it took [0-9]* minutes$' ||
	fail 'the time that it took is not there'
[ "$(block_of sizes copy.md | grep -c '^| [0-9]* [KM]iB |')" -eq 13 ] ||
	{ block_of sizes copy.md >found; show found; fail 'not 13 sizes'; }
for same in goals matrix lock effects modes; do
	block_of $same "$document" >before
	block_of $same copy.md | diff before - || fail "'$same' was not asked for"
done

# What fails, fails twice, and is named; the rest is there.
cp copy.md before.md
try 1 BLOCKS='promises machine' "$matrix" "$work_dir/copy.md"
grep -q 'failed, and as they were: promises$' err || { show err; fail 'not named'; }
block_of promises copy.md >after
block_of promises before.md | diff after - || fail 'what failed was replaced'

try 2 BLOCKS=x "$matrix"
grep -q "there is no 'x'" err || { show err; fail 'no message'; }
try 2 "$matrix" "$work_dir/missing"
status=0
"$matrix" 2>err || status=$?
[ $status -eq 2 ] && grep -q 'build directory' err || fail 'elsewhere'
