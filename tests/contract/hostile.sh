#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# hostile.sh OVCTL PLUGIN_PATH SHADOWS CONTRACT ARGUMENTS...: the cases, and what an operator
# does, in a database whose schema public is another role's, stands before pg_catalog in our
# search_path, and has a namesake of all that our statements might name. None may be called,
# and nothing of ours may be bound to one.
set -euo pipefail
[ -n "${OV_TEST_PG_DIR:-}" ] || {
    echo "# skipped: no server (OV_TEST_PG_DIR)"
    exit 77
}
ovctl=$1 plugins=$2 shadows=$3
shift 3
. "$OV_TEST_PG_DIR/server"
folder=$(mktemp -d)
database=ovhostile$$

sql() { # ROLE WORDS...
    LD_LIBRARY_PATH=$libraries "$bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$run/s" \
        -p "$port" -d "$database" -U "$@"
}

end() {
    rm -rf "$folder"
    database=postgres sql postgres -c "drop database if exists ovhostile$$ with (force)" \
        -c "drop role if exists mallory$$"
}
trap end EXIT

fail() {
    echo "hostile: $*" >&2
    exit 1
}

calls() {
    sql postgres -c 'select is_called::int * last_value from public.shadow_calls'
}

database=postgres sql postgres -c "create role mallory$$ login" -c "create database $database"
sql postgres -c 'create extension vector schema public' -c 'create schema spy' \
    -c 'create extension pg_stat_statements schema spy' \
    -c "alter schema public owner to mallory$$" \
    -c "grant create on database $database to ov" \
    -c "alter role ov in database $database set search_path = public, pg_catalog"
sql "mallory$$" -f "$shadows" >"$folder/shadows"
[ "$(awk "{ n += \$1 } END { print n }" "$folder/shadows")" -gt 3000 ] ||
    fail "too few shadows: $(paste -sd' ' "$folder/shadows")"

# The check bites: whoever keeps the path that the role has does call one.
for text in "select pg_catalog.int8(1) - 1" "select left('abc', 2)" "select 1::text" \
    "select count(*) from pg_class" "select * from unnest(array[1])"; do
    before=$(calls)
    sql ov -c "$text" >/dev/null 2>&1 || true
    [ "$(calls)" -gt "$before" ] || fail "no shadow stands in the way of: $text"
done
before=$(calls)

cat >"$folder/ov.ini" <<END
[storage.vectordb]
backend = pgvector
url = postgresql://ov@/$database?host=$run/s&port=$port
schema = openviking
table = context
index_name = default
exact_rows = 1
dimension = 4
END
"$@" --ini "$folder/ov.ini" --plugin-path "$plugins"

ctl() {
    "$ovctl" --config "$folder/ov.ini" --plugin-path "$plugins" "$@" >"$folder/out" 2>&1 || {
        cat "$folder/out" >&2
        fail "ovctl $* failed"
    }
}

# What an operator does beside: a table that is larger than is searched exactly, so that an
# index is built beside the writers, a load, plans, the doctor.
for i in $(seq 1 40); do
    printf '{"id":"r%d","uri":"/a/%d","vector":[%d,1,0,0],"abstract":"words of %d"}\n' "$i" "$i" "$i" "$i"
done >"$folder/records"
# The file for an administrator as well, by who has strangers in the path of the session.
ctl init --dry-run
cp "$folder/out" "$folder/plan.sql"
grep -q '^CREATE TABLE' "$folder/plan.sql" || fail "the plan makes no table"
sql ov -f "$folder/plan.sql" >/dev/null
ctl init
grep -q 'nothing was missing' "$folder/out" || fail "after the plan: $(cat "$folder/out")"
ctl import "$folder/records"
ctl import "$folder/records"
ctl init
ctl act repair
ctl doctor
ctl search --vector '[1,0,0,0]' --limit 3
ctl search --text words --limit 3
ctl explain search --vector '[1,0,0,0]' --filter '{"op":"must","field":"uri","conds":["/a"],"para":"-d=2"}'
ctl act stats
ctl scan --limit 3
ctl delete r1
ctl delete --filter '{"op":"must","field":"uri","conds":["/a/2"]}'

[ "$(calls)" = "$before" ] || fail "$(($(calls) - before)) shadows were called"
sql postgres -F ' ' -c "
select pg_describe_object(d.classid, d.objid, d.objsubid), 'is bound to',
    pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid)
from pg_depend as d, pg_identify_object(d.classid, d.objid, d.objsubid) as i,
    pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) as r
where (i.schema = 'openviking' or i.identity like '%openviking.%') and d.refclassid <> 'pg_class'::regclass and r.schema = 'public'
and not exists (select 1 from pg_depend as e where e.classid = d.refclassid
    and e.objid = d.refobjid and e.deptype = 'e')
union all select a.attrelid::regclass || '.' || a.attname, 'is collated by', a.attcollation::regcollation::text
from pg_attribute as a join pg_collation as c on c.oid = a.attcollation
join pg_class as t on t.oid = a.attrelid join pg_namespace as n on n.oid = t.relnamespace
where n.nspname = 'openviking' and c.collnamespace = 'public'::regnamespace" >"$folder/bound"
[ ! -s "$folder/bound" ] || fail "of ours: $(cat "$folder/bound")"

# Every name that the statements used has its shadow: what none stands for was not tested.
sql postgres -F ' ' -c "
set search_path = pg_catalog;
with q as (select s.query from spy.pg_stat_statements as s join pg_roles as r on
    r.oid = s.userid join pg_database as d on d.oid = s.dbid
    where r.rolname = 'ov' and d.datname = current_database()),
f as (select distinct m[1] as name from q, regexp_matches(query, '([a-z_][a-z0-9_]*)\(', 'g') as m
    where exists (select 1 from pg_proc as p where p.proname = m[1]
        and p.pronamespace = 'pg_catalog'::regnamespace)),
o as (select distinct m[1] as name from q, regexp_matches(query, '([-+*/<>=~!@#%^&|]+)', 'g') as m
    where exists (select 1 from pg_operator as p where p.oprname = m[1]
        and p.oprnamespace = 'pg_catalog'::regnamespace)),
t as (select distinct m[1] as name from q, regexp_matches(query, '(?:::| |\.)([a-z_0-9]+)', 'g') as m
    where exists (select 1 from pg_type as t where t.typname = m[1]
        and t.typnamespace = 'pg_catalog'::regnamespace and t.typtype = 'b')),
c as (select distinct m[1] as name from q, regexp_matches(query, '(pg_[a-z_]+)', 'g') as m
    where exists (select 1 from pg_class as c where c.relname = m[1]
        and c.relnamespace = 'pg_catalog'::regnamespace))
select 'function', name, exists (select 1 from pg_proc as p where p.proname = name
    and p.pronamespace = 'public'::regnamespace) from f
union all select 'operator', name, exists (select 1 from pg_operator as p where p.oprname = name
    and p.oprnamespace = 'public'::regnamespace) from o
union all select 'type', name, exists (select 1 from pg_type as p where p.typname = name
    and p.typnamespace = 'public'::regnamespace) from t
union all select 'relation', name, exists (select 1 from pg_class as p where p.relname = name
    and p.relnamespace = 'public'::regnamespace) from c" >"$folder/names"
! grep ' f$' "$folder/names" >&2 || fail "these names have no shadow"
for kind in function:25 operator:8 type:3 relation:5; do
    [ "$(grep -c "^${kind%:*} " "$folder/names")" -ge "${kind#*:}" ] ||
        fail "fewer names than ${kind#*:} of kind ${kind%:*} were found in the statements"
done
echo "# $(wc -l <"$folder/names") names of the statements have shadows, none was called"
