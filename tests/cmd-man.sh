#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-man hands its arguments to man(1), which finds the pages of PiP first.
. "${srcdir:-.}/tests/testlib.sh"

pip_man=$builddir/bin/pip-man

# A man that shows what it is asked for.
mkdir bin
cat >bin/man <<'END'
#!/bin/sh
printf '<%s>\n' "$@"
echo "MANPATH=${MANPATH-unset}"
exit 7
END
chmod +x bin/man
PATH=$work_dir/bin:$PATH
unset MANPATH

expect_status 7 "$pip_man" ls 'two words'
grep -qx '<ls>' out && grep -qx '<two words>' out || fail 'not its arguments'

# In the build tree: the pages of the source, also those that name another.
for page in pip-exec pip-man pipcc pipfc; do
	expect_status 7 "$pip_man" "$page"
	grep -q "^<$top_srcdir/docs/man/" out || grep -q "/docs/man/.*\\.1>$" out ||
		fail "$page is not the page of the source"
	expect_status 7 "$pip_man" 1 "$page"
	grep -q '/docs/man/.*\.1>$' out || fail "1 $page is not the page of the source"
done
expect_status 7 "$pip_man" pipfc
grep -q '/docs/man/pipcc\.1>$' out || fail 'pipfc is not on the page of pipcc'
expect_status 7 "$pip_man"
grep -qE '<libpip>|/docs/man/libpip\.7>' out || fail 'not libpip(7)'

# Installed: MANPATH begins with its own directory.
mkdir -p tree/bin tree/share/man/man1
cp "$pip_man" tree/bin
cp "$top_srcdir/docs/man/pip-man.1" tree/share/man/man1
expect_status 7 tree/bin/pip-man pip-exec
grep -qxE 'MANPATH=(/.*/man):' out || fail "MANPATH: $(cat out)"
expect_status 7 env MANPATH=/one:/two tree/bin/pip-man pip-exec
grep -qxE 'MANPATH=(/.*/man):/one:/two' out || fail "MANPATH: $(cat out)"
expect_status 7 tree/bin/pip-man
grep -qx '<7>' out && grep -qx '<libpip>' out || fail 'not libpip(7)'
