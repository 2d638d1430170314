#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# quickstart installs just what is missing, builds just what is needed, counts
# the tests rightly, and says what went wrong.  The tools that it calls are
# stand-ins here, which do as each case says.
. "${srcdir:-.}/tests/testlib.sh"

# --- Stand-ins --------------------------------------------------------------

mkdir tree bin
cp "$top_srcdir/quickstart" tree/
for tool in awk cat chmod cp cut date dirname env find grep head ls mkdir nproc \
	rm sed sh sleep sort tail tee timeout tr wc; do
	ln -s "$(command -v "$tool")" bin/
done

printf '#!/bin/sh\n' >bin/true # in most shells no file, so not found above
chmod +x bin/true

# A stand-in reads its orders from, and writes what it did to, $work_dir.
stand_in() { # NAME, script on stdin
	{
		printf '#!/bin/sh\ncd %s || exit 99\n' "$work_dir"
		printf 'echo "%s $*" >>calls\n' "$1"
		cat
	} >"bin/$1"
	chmod +x "bin/$1"
}

stand_in id <<'END'
cat uid
END
stand_in dpkg-query <<'END'
for package; do :; done # the last argument
grep -qx "$package" missing && exit 1
echo installed
END
stand_in apt-cache <<'END'
if grep -qx "$2" unknown; then
	printf '%s:\n  Candidate: (none)\n' "$2"
else
	printf '%s:\n  Candidate: 1.0-1\n' "$2"
fi
END
stand_in apt-get <<'END'
[ "$DEBIAN_FRONTEND" = noninteractive ] || exit 98
case "$*" in
*update) : >unknown ;;
*install*)
	if [ -s install-fails ]; then
		cat install-fails
		: >install-fails.new
		[ -e install-fails-always ] || : >install-fails
		exit 100
	fi
	;;
esac
END
stand_in autoreconf <<'END'
cd tree || exit 99
: >Makefile.in
cat >configure <<'CONFIGURE'
#!/bin/sh
echo "configure $*" >>../../calls
printf '#!/bin/sh\necho "%s"\n' "$*" >config.status
chmod +x config.status
CONFIGURE
chmod +x configure
END
stand_in make <<'END'
case "$*" in
-j[12]\ check)
	cd tree/build || exit 99
	. ../../check-orders
	;;
clean) ;;
*)
	[ ! -s build-fails ] || { cat build-fails; exit 2; }
	mkdir -p tree/build/bin tree/build/pips tree/build/gdb
	cp job tree/build/bin/pip-exec
	cp list tree/build/pips/pips
	cp backtraces tree/build/gdb/pip-gdb
	;;
esac
END

# What would be built for the main job: eight tasks, a list, their backtraces.
program() { # NAME, script on stdin
	{
		printf '#!/bin/sh\necho "%s $*" >>%s\n' "$1" "$work_dir/calls"
		cat
	} >"$1"
	chmod +x "$1"
}

build_main_job() {
	program job <<-'END'
		for n in 0 1 2 3 4 5 6 7; do echo "PIPID $n  PID 100$n"; done
		exec sleep 300
	END
	program list <<-'END'
		echo '    0  1000'
	END
	program backtraces <<-'END'
		echo '[0-4,7] 6 tasks'
		echo '  work at shared_sum.c:81'
		echo '[5-6] 2 tasks'
		echo '  work at shared_sum.c:76'
		echo '[root] 1 task'
		echo '  main at pip-exec.c:163'
	END
}

# Start again: all installed, root, nothing fails, nothing was called.
reset() {
	echo 0 >uid
	for file in missing unknown install-fails calls build-fails; do
		: >$file
	done
	rm -f install-fails-always bin/sudo
	: >bin/promtool # nothing to be fetched
	chmod +x bin/promtool
	pass_all
	build_main_job
}

pass_all() {
	cat >check-orders <<'END'
printf '# TOTAL: 3\n# PASS:  3\n# SKIP:  0\n# XFAIL: 0\n# FAIL:  0\n# XPASS: 0\n# ERROR: 0\n' >test-suite.log
END
}

quickstart() { # STATUS ARGUMENT...
	expected_status=$1
	shift
	expect_status "$expected_status" env PATH="$work_dir/bin" tree/quickstart "$@"
}

expect_call() { # REGEXP
	grep -qxE "$1" calls || { show calls; fail "not called: $1"; }
}

expect_no_call() { # REGEXP
	! grep -qxE "$1" calls || { show calls; fail "called: $1"; }
}

expect_text() { # REGEXP FILE
	grep -qE "$1" "$2" || { show out; show err; fail "$2 does not say '$1'"; }
}

expect_last_line() { # TEXT
	[ "$(tail -n 1 out)" = "$1" ] || { show out; fail "the last line is not '$1'"; }
}

touch tree/configure.ac

# --- Arguments --------------------------------------------------------------

reset
quickstart 0 --help
expect_text '^Usage: ./quickstart' out
quickstart 2 --nonsense
expect_text "unknown argument '--nonsense'" err
quickstart 2 check more
[ ! -s calls ] || { show calls; fail 'bad usage did something'; }

# --- Packages ---------------------------------------------------------------

quickstart 0 packages
expect_no_call 'apt-get.*'
expect_text 'all there' out

printf 'tmux\ngdb\n' >missing
quickstart 0 packages
expect_call 'apt-get -q install -y --no-install-recommends gdb tmux'
expect_no_call 'apt-get -q update'

reset
printf 'tmux\n' >missing
printf 'tmux\n' >unknown
quickstart 0 packages
[ "$(grep '^apt-get' calls | cut -d' ' -f3 | tr '\n' ' ')" = 'update install ' ] ||
	{ show calls; fail 'not first update, then install'; }

# One program of a package is fetched, and done without where that fails.
reset
rm bin/promtool
quickstart 0 packages
expect_call 'apt-get -q download promtool'
expect_text '^No promtool: ' out
expect_no_call 'apt-get .*install.*'

# Where it has no package of its own.
reset
rm bin/promtool
echo promtool >unknown
quickstart 0 packages
expect_call 'apt-get -q download prometheus'

reset
printf 'tmux\n' >missing
printf 'E: 404 Not Found\n' >install-fails
quickstart 0 packages
[ "$(grep '^apt-get' calls | cut -d' ' -f3 | tr '\n' ' ')" = 'install update install ' ] ||
	{ show calls; fail 'a stale list was not updated'; }

reset
printf 'tmux\n' >missing
printf 'Reading\nE: Unable to locate package tmux\n' >install-fails
touch install-fails-always
quickstart 1 packages
expect_text '^quickstart: Install packages: E: Unable to locate package tmux$' err

reset
echo 1000 >uid
printf 'tmux\ngdb\n' >missing
quickstart 1 packages
expect_text 'apt-get install gdb tmux$' err
expect_no_call 'apt-get.*'
stand_in sudo <<'END'
exit 1
END
quickstart 1 packages
expect_text 'apt-get install gdb tmux$' err
stand_in sudo <<'END'
shift # -n
exec "$@"
END
quickstart 0 packages
expect_call 'sudo -n env DEBIAN_FRONTEND=noninteractive apt-get -q install .* gdb tmux'

# --- The main job -----------------------------------------------------------

# (tests/quickstart-show.sh runs the real one.)
expect_job_ended() {
	expect_text "^\\\$ kill [0-9]+\$" out
	! list_processes | xargs -r ps -o args= -p | grep -q '^sleep 300' ||
		fail 'the job was left behind'
}

reset
printf 'gdb\n' >missing
quickstart 0
expect_call 'apt-get -q install -y --no-install-recommends gdb'
expect_call 'configure '
expect_call 'make -j[0-9]+'
expect_call 'job -n 8 build/examples/shared_sum 300'
expect_call 'list '
expect_call 'backtraces -p [0-9]+ -batch -ex pip bt'
expect_text '^PIPID 7  PID 1007$' out
expect_last_line 'All ended.  Try more: README.md; tests: ./quickstart check'
expect_job_ended

# Each of the three can go wrong, and then it is no success.
reset
program backtraces <<'END'
echo '[0-6] 7 tasks'
echo '  work at shared_sum.c:81'
echo '[root] 1 task'
echo '  main at shared_sum.c:1'
END
quickstart 1
expect_text '^quickstart: pip-gdb did not show 8 backtraces with file and line$' err
program backtraces <<'END'
kill -KILL "$2"
echo '[0-7] 8 tasks'
echo '  work at shared_sum.c:81'
while kill -0 "$2" && ! grep -q '^State:.*Z' "/proc/$2/status"; do :; done
END
quickstart 1
expect_text '^quickstart: the tasks did not survive the debugger$' err
reset
program list <<'END'
exit 1
END
quickstart 1
expect_text '^quickstart: pips does not list the tasks$' err
reset
program job <<'END'
echo 'PIPID 0  PID 1000'
echo 'pip-exec: error: no such thing'
exit 1
END
quickstart 1
expect_text '^quickstart: the tasks did not start: pip-exec: error: no such thing$' err
expect_no_call 'list.*'

# Only that: nothing is installed or built.
reset
quickstart 0
printf 'gdb\n' >missing
: >calls
quickstart 0 show
expect_no_call 'apt-get.*'
expect_no_call '(make|configure|autoreconf).*'
expect_call 'job -n 8 build/examples/shared_sum 300'
quickstart 1 show "$work_dir/nowhere"
expect_text "^quickstart: nothing was built in $work_dir/nowhere " err
quickstart 2 check more

# --- Tests ------------------------------------------------------------------

rm -r tree/build tree/configure tree/Makefile.in

reset
quickstart 0 check
expect_last_line '3 passed, 0 failed, 0 skipped'
expect_call 'configure --enable-werror'
: >calls
quickstart 0 check
expect_no_call 'configure.*'
expect_no_call 'autoreconf.*'

# What was built with other options is built again.
rm -r tree/build
mkdir tree/build
printf '#!/bin/sh\necho "--prefix=/nowhere"\n' >tree/build/config.status
chmod +x tree/build/config.status
: >calls
quickstart 0 check
expect_call 'configure --enable-werror'
expect_call 'make clean'

cat >check-orders <<'END'
mkdir -p tests
printf '# TOTAL: 15\n# PASS:  1\n# SKIP:  2\n# XFAIL: 4\n# FAIL:  3\n# XPASS: 1\n# ERROR: 4\n' >test-suite.log
printf ':test-result: FAIL tests/bad.sh (exit status: 1)\n' >tests/bad.sh.trs
echo 'this went wrong' >tests/bad.sh.log
printf ':test-result: SKIP tests/not.sh (exit status: 77)\n' >tests/not.sh.trs
printf 'no tmux here\nSKIP tests/not.sh (exit status: 77)\n' >tests/not.sh.log
exit 1
END
quickstart 1 check
expect_last_line '1 passed, 8 failed, 6 skipped'
expect_text '^this went wrong$' out
expect_text '^skipped: tests/not.sh: no tmux here$' out

# Success is not to be believed when something failed, or nothing ran.
printf 'printf "# PASS:  5\\n# FAIL:  1\\n" >test-suite.log\n' >check-orders
quickstart 1 check
expect_last_line '5 passed, 1 failed, 0 skipped'
printf 'printf "# PASS:  0\\n# SKIP:  9\\n" >test-suite.log\n' >check-orders
quickstart 1 check
expect_last_line '0 passed, 0 failed, 9 skipped'
printf 'printf "# PASS:  5\\n" >test-suite.log; exit 1\n' >check-orders
quickstart 1 check
expect_last_line '5 passed, 0 failed, 0 skipped'

# The counts are of this run.
echo 'echo "gcc: error: no such thing"; exit 2' >check-orders
quickstart 1 check
expect_last_line '0 passed, 0 failed, 0 skipped'
expect_text 'gcc: error: no such thing' out

echo 'x.c:1:2: error: expected something else' >build-fails
quickstart 1 check
expect_text '^quickstart: Build: x.c:1:2: error: expected something else$' err
