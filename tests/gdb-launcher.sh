#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the launcher does with its arguments, with a gdb that only prints them.
. "${srcdir:-.}/tests/gdb-common.sh"

cat >gdb <<'EOF'
#!/bin/sh
[ "$1" != --configuration ] || { echo "  $PYTHON"; exit 0; }
[ "$1" != --version ] || { echo "GNU gdb 99.1"; exit 0; }
[ "$1" = -iex ] && shift 2
for arg; do
	printf '<%s>' "$arg"
done
echo
EOF
chmod +x gdb
GDB=$work_dir/gdb
PYTHON='--with-python=/usr'
export GDB PYTHON

launch() { # ARG...
	status=0
	timeout 600 "$pip_gdb" "$@" >out 2>err || status=$?
}

check() { # EXPECTED ARG...
	expected=$1
	shift
	launch "$@"
	expect_gdb_status 0
	[ "$(cat out)" = "$expected" ] ||
		fail_showing "$* is not passed on as $expected"
}

attach='<-ex><python pip_gdb.start.attach_first(7, batch=False)>'
quiet='<-ex><python pip_gdb.start.attach_first(7, batch=True)>'
check ''
check '<-q><-nx>' -q -nx
check "$attach" -p 7
check "$attach" -pid 7
check "$attach" --pid 7
check "$attach" -p=7
check "$attach" --pid=7
check "$attach<-q><-x><a b>" -q -p 7 -x 'a b'
check "$quiet<-batch><-ex><pip bt>" -p 7 -batch -ex 'pip bt'
check "$quiet<--batch><-ex><-p>" --batch -ex -p --pid=7
check "<-ex><-p><-ex><--help><prog><core>" -ex -p -ex --help prog core
check "<--args><prog><-p><3><--help>" --args prog -p 3 --help
check "$attach<-ex><><-x>" -p 7 -ex '' -x
check "<-ex><print \"a\$b\`c' *>" -ex "print \"a\$b\`c' *"

for help in -h -help --help; do
	launch $help
	expect_gdb_status 0
	expect_match out '^Usage: pip-gdb'
	expect_match out 'gdb --help'
	[ -z "$(awk 'length > 80' out)" ] || fail_showing "help is too wide"
done
launch --version
expect_gdb_status 0
expect_count 1 out '^pip-gdb (.*) [0-9]'
expect_count 1 out '^GNU gdb 99\.1$'

# Nothing to run.
PYTHON='--without-python'
launch -batch
expect_gdb_status 126
expect_count 1 err 'built without Python: install'
expect_count 1 err ''
PYTHON='--with-python=/usr'
GDB=$work_dir/no-such-gdb
launch -batch
expect_gdb_status 127
expect_count 1 err 'no-such-gdb is not installed: install the package gdb$'
expect_count 1 err ''
launch --version
expect_gdb_status 0
expect_match out 'not installed'

# Where its package is.
GDB=$work_dir/gdb
PIP_GDB_DATADIR=$work_dir
export PIP_GDB_DATADIR
launch -batch
expect_gdb_status 1
expect_count 1 err "PIP_GDB_DATADIR ($work_dir)"
mkdir pip_gdb
: >pip_gdb/start.py
launch -batch
expect_gdb_status 0
unset PIP_GDB_DATADIR

# Moved to another prefix, and called through a link.
mkdir -p prefix/bin prefix/share/pip-toolkit/gdb/pip_gdb
cp "$pip_gdb" prefix/bin/pip-gdb
: >prefix/share/pip-toolkit/gdb/pip_gdb/start.py
ln -s "$work_dir/prefix/bin/pip-gdb" link
pip_gdb=$work_dir/link
launch -batch
expect_gdb_status 0
rm -r prefix/share
launch -batch
[ "$status" -eq 1 ] || echo "NOTE: an installed package was found"
