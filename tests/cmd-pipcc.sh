#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pipcc: what it adds, what it refuses, what it prints; arguments arrive whole
# and the compiler's exit status comes back.
. "${srcdir:-.}/tests/testlib.sh"

pipcc=$builddir/bin/pipcc pipfc=$builddir/bin/pipfc
unset CC CXX FC PIP_API

# A compiler that shows what it was given, one word a line, and fails.
cat >show-words <<'END'
#!/bin/sh
printf '<%s>\n' "$@"
exit 42
END
chmod +x show-words
CC="$work_dir/show-words first"
export CC

expect_words() { # PIPCC-ARGUMENT...: the words are those of stdin
	cat >words
	expect_status 42 "$pipcc" --silent "$@"
	diff -u words out || fail "other words for: $*"
}

cflags='<-DPIPCC>
<-DPIP_VERSION=3.1.0>
<-DPIP_VERSION_MAJOR=3>
<-DPIP_VERSION_MINOR=1>
<-DPIP_VERSION_SUBMINOR=0>
<-I'$top_srcdir/include'>'
lflags="<-L$builddir/lib/.libs>
<-Wl,-rpath=$builddir/lib/.libs>
<-Wl,--disable-new-dtags>
<-lpip>
<-ldl>
<-pthread>"

# --- What is added, and where

expect_words -o p 'two words.c' "-DNAME=\"it's\"" '' '*' '-I$HOME' <<END
<first>
$cflags
<-fPIC>
<-pie>
<-rdynamic>
<-o>
<p>
<two words.c>
<-DNAME="it's">
<>
<*>
<-I\$HOME>
$lflags
END
expect_words --piptask x.c <<END
<first>
$cflags
<-fPIC>
<-pie>
<-rdynamic>
<x.c>
$lflags
END
for option in --piproot -piproot --pip-root -pip-root; do
	expect_words "$option" x.c <<-END
		<first>
		$cflags
		<-no-pie>
		<x.c>
		$lflags
	END
done
for option in -c -E -S -M -MM -fsyntax-only -r; do
	expect_words "$option" x.c 2>/dev/null <<-END
		<first>
		$cflags
		<-fPIC>
		<$option>
		<x.c>
	END
done
expect_words -shared x.c <<END
<first>
$cflags
<-fPIC>
<-shared>
<x.c>
$lflags
END
expect_words --nopip -O2 'x y.c' <<END
<first>
<-O2>
<x y.c>
END

# --- The version

expect_major() { # MAJOR COMMAND...
	major=$1
	shift
	expect_status 42 "$@"
	grep -qx "<-DPIP_VERSION_MAJOR=$major>" out || fail "not version $major: $*"
}
expect_major 2 "$pipcc" --api=2 x.c
grep -qx '<-DPIP_VERSION=2.4.1>' out || fail 'version 2 is not 2.4.1'
grep -qx '<-DPIP_VERSION_MINOR=4>' out || fail 'minor version'
grep -qx '<-DPIP_VERSION_SUBMINOR=1>' out || fail 'subminor version'
expect_major 2 env PIP_API=2 "$pipcc" x.c
expect_major 3 env PIP_API=2 "$pipcc" --api=3 x.c
expect_status 2 "$pipcc" --api=4 x.c
expect_status 2 env PIP_API=two "$pipcc" x.c
grep -q "^pipcc: PIP_API: 'two' is no version" err || fail 'PIP_API is not named'

# --- Which compiler

cat >show-cxx <<'END'
#!/bin/sh
echo C++
END
sed 's/C++/Fortran/' show-cxx >show-fc
chmod +x show-cxx show-fc
CXX=$work_dir/show-cxx FC=$work_dir/show-fc
export CXX FC
for source in x.C x.cc x.cpp x.cxx; do
	expect_status 0 "$pipcc" --silent y.c "$source"
	expect_lines 1 'C\+\+' out
done
expect_status 42 "$pipcc" --silent -o x.cc x.c # its second word is no source
expect_status 0 "$pipfc" --silent x.f90
expect_lines 1 Fortran out
expect_status 0 "$pipcc" --which
expect_lines 1 "$work_dir/show-words" out
expect_status 0 "$pipfc" --which
expect_lines 1 "$work_dir/show-fc" out
expect_status 1 env CC=./no-such-compiler "$pipcc" x.c
expect_lines 1 "pipcc: the compiler './no-such-compiler' is not found: set CC .*" err
# make CC=pipcc hands the variable on.
expect_status 0 env CC="$pipcc" "$pipcc" --which
grep -q pipcc out && fail 'pipcc would run itself'

# --- What is printed

expect_status 0 "$pipcc" --where
expect_lines 1 "$builddir/bin/pipcc" out
expect_status 0 "$pipfc" --where
expect_lines 1 "$builddir/bin/pipfc" out
expect_status 0 "$pipcc" --cflags
sed 's/ /\n/g; s/$/\n-fPIC/' out | grep -qx -- "-I$top_srcdir/include" || fail '--cflags'
grep -q -- -lpip out && fail '--cflags has libraries'
expect_status 0 "$pipcc" --lflags
grep -q -- ' -lpip -ldl -pthread$' out || fail '--lflags'
grep -q -- -DPIPCC out && fail '--lflags has macros'
expect_status 0 "$pipcc" --cflags --lflags
grep -q -- '-DPIPCC .* -pie -rdynamic .* -lpip -ldl -pthread$' out || fail '--cflags --lflags'
expect_status 0 "$pipcc" --ccopts -O2
grep -q -- '-DPIPCC .* -O2 .*-lpip' out || fail '--ccopts'
expect_status 0 "$pipcc" --ccopts -c -O2
grep -q -- '-DPIPCC .* -c -O2$' out || fail '--ccopts -c'
expect_status 0 "$pipcc" --dryrun -c "a'b c.c"
expect_lines 1 "$work_dir/show-words first .* -c 'a'\\\\''b c.c'" out
expect_status 0 "$pipcc" --dry -c x.c
# The line that is printed is a command that a shell can run.
"$pipcc" --dryrun -c "a'b c.c" '$x "y"' '' >line
"$pipcc" --silent -c "a'b c.c" '$x "y"' '' >silent
sh ./line | diff silent - || fail 'the printed line is another command'
expect_status 42 "$pipcc" -E x.c
grep -q '^<first>$' out || fail '-E does not run the compiler'
[ "$(head -n 1 out)" = '<first>' ] || fail 'the command line is in the output of -E'
unset CC
expect_status 0 "$pipcc" --version
head -n 1 out | grep -qxE 'pipcc \(Process-in-Process Compiler Wrapper Script\) Version:[0-9.]+' ||
	fail '--version: the first line'
grep -q '^Commit Hash' out || fail '--version: what libpip says is missing'
expect_status 0 "$pipcc" -v
grep -q '^Commit Hash' out || fail '-v is not --version'

# --- What is refused: a reason, the usage, status 2

CC=$work_dir/show-words
export CC
for option in -static -static-pie -Bstatic --enable-new-dtags \
	-Wl,--enable-new-dtags -Wl,-z,now,--enable-new-dtags -Wl,-static; do
	expect_status 2 "$pipcc" x.c "$option"
	head -n 1 err | grep -qF "pipcc: $option cannot be used: " || fail "$option is not named"
	grep -q '^Usage: pipcc' err || fail "no usage after $option"
	[ ! -s out ] || fail "the compiler was run with $option"
done
expect_status 2 "$pipcc" -Xlinker --enable-new-dtags x.c
expect_status 2 "$pipcc" --pipbuild --pipinstall x.c
expect_status 2 "$pipcc"
expect_status 0 "$pipcc" --pipinstall --cflags
grep -qF -- "-I$top_srcdir" out && fail '--pipinstall uses the source tree'
expect_status 0 "$pipcc" --pipbuild --cflags

# A copy elsewhere cannot know; a symbolic link is followed.
cp "$pipcc" pipcc-copy
expect_status 1 ./pipcc-copy x.c
expect_lines 1 'pipcc: Failed to identify .*' err
expect_status 0 ./pipcc-copy --pipbuild --cflags
ln -s "$pipcc" pipcc-link
expect_status 0 ./pipcc-link --cflags
