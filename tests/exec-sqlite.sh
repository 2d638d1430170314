#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# An unmodified sqlite3 as four tasks, with a database of their own each and
# then all on the same one: its locks are between processes, and must hold.
. "${srcdir:-.}/tests/testlib.sh"

need_command sqlite3 sqlite3

sql='create table t(n integer primary key, s text);
with recursive c(n) as (select 1 union all select n + 1 from c where n < 20000)
insert into t select n, hex(n * n) from c;
create index i on t(s);
select count(*), sum(n), max(s) from t where s like "3%";
pragma integrity_check;'
sqlite3 one.db "$sql" >once || framework_failed 'sqlite3 itself fails'
expect_status 0 "$pip_exec" -n 4 sqlite3 :memory: "$sql"
cat once once once once | expect_sorted out

sqlite3 shared.db 'create table t(n); pragma journal_mode=delete;' >/dev/null
expect_status 0 "$pip_exec" -n 4 sqlite3 shared.db \
	'.timeout 60000' \
	"$(i=0; while [ $i -lt 25 ]; do echo 'insert into t values(1);'; i=$((i + 1)); done)"
[ "$(sqlite3 shared.db 'select count(*) from t; pragma integrity_check;')" = '100
ok' ] || fail "the shared database holds $(sqlite3 shared.db 'select count(*) from t')"
