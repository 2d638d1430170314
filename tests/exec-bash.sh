#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# An unmodified bash as four tasks: pipes, command substitution, background
# jobs, traps, here-documents.
. "${srcdir:-.}/tests/testlib.sh"

need_command bash bash

cat >script <<'END'
set -o pipefail
echo "pipe $(seq 1 1000 | grep 7 | wc -l)"
echo "nested $(echo $(echo $(( 6 * 7 )) ) )"
(exit 3) | cat; echo "pipefail $?"
sleep 0.2 & wait $!; echo "wait $?"
declare -A map=([one]=1 [two]=2); echo "map ${map[two]}${map[one]}"
while read -r line; do echo "read $line"; done < <(printf 'a\nb\n')
cat <<'TEXT' | tr a-z A-Z
here
TEXT
trap 'echo trapped' USR1; kill -USR1 $$
trap 'echo bye' EXIT
[[ $$ = $BASHPID && $(readlink /proc/self/exe) = */readlink ]] && echo "ids"
exit 11
END
bash script >once || :
[ "$(wc -l <once)" -eq 11 ] || framework_failed 'bash itself does something else'
expect_status 11 "$pip_exec" -n 4 bash "$work_dir/script"
cat once once once once | expect_sorted out
[ ! -s err ] || fail "on stderr: $(cat err)"
