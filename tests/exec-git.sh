#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# An unmodified git as tasks: four at once make a repository, commit, and read
# it back; an ordinary git agrees that they are sound.
. "${srcdir:-.}/tests/testlib.sh"

need_command git git

HOME=$work_dir GIT_CONFIG_NOSYSTEM=1
GIT_AUTHOR_NAME=tester GIT_AUTHOR_EMAIL=tester@example.org
GIT_COMMITTER_NAME=tester GIT_COMMITTER_EMAIL=tester@example.org
export HOME GIT_CONFIG_NOSYSTEM GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL \
	GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE

# One git command in each of four repositories.
in_all() { # ARGUMENT...
	expect_status 0 "$pip_exec" git -C 0 "$@" : git -C 1 "$@" : \
		git -C 2 "$@" : git -C 3 "$@"
}

mkdir 0 1 2 3
in_all init -q -b trunk
for i in 0 1 2 3; do
	seq "$i" 5000 >"$i/numbers"
done
in_all add numbers
in_all commit -q -m 'A commit from a task'
in_all log --format=%s:%an
expect_lines 4 'A commit from a task:tester' out
in_all gc -q
in_all status --porcelain
[ ! -s out ] || fail "not clean: $(cat out)"
for i in 0 1 2 3; do
	git -C "$i" fsck --strict >fsck.log 2>&1 || { show fsck.log; fail "repository $i is broken"; }
	git -C "$i" show trunk:numbers | cmp - "$i/numbers" || fail "repository $i lost its file"
done

# Four readers of the same one.
expect_status 0 "$pip_exec" -n 4 git -C 0 rev-parse trunk
expect_lines 4 "$(git -C 0 rev-parse trunk)" out
