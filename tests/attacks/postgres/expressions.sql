# Expressions: one a line, asked as `SELECT … FROM customers` and, by the grammar of tests/attacks/corpus.py, in every other place.
pg_sleep(3)
pg_sleep_for('3 seconds')
pg_sleep_until(now() + interval '3 seconds')
pg_catalog.pg_sleep(3)
"pg_sleep"(3)
"pg_catalog"."pg_sleep"(3)
U&"pg\005fsleep"(3)
U&"pg!005fsleep" UESCAPE '!' (3)
PG_SLEEP (3)
pg_sleep/**/(3)
pg_sleep«lf»(3)
pg_sleep(VARIADIC 3)
pg_sleep($$3$$)
pg_sleep('3'::float)
pg_sleep(seconds => 3)
(pg_sleep(3))::text
CAST(pg_sleep(3) AS text)
pg_sleep(3) IS NULL
COALESCE(pg_sleep(3)::text, 'x')
NULLIF(pg_sleep(3)::text, 'x')
GREATEST(pg_sleep(3)::text, 'x')
CASE WHEN pg_sleep(3) IS NULL THEN 1 END
CASE pg_sleep(3)::text WHEN '' THEN 1 END
(SELECT pg_sleep(3))
EXISTS (SELECT pg_sleep(3))
ARRAY(SELECT pg_sleep(3))
ARRAY[pg_sleep(3)]
ROW(pg_sleep(3))
(SELECT COUNT(*) FROM pg_sleep(3))
COUNT(pg_sleep(3))
MAX(pg_sleep(3)::text)
COUNT(*) FILTER (WHERE pg_sleep(3) IS NULL)
string_agg(pg_sleep(3)::text, ',' ORDER BY name)
SUM(1) OVER (ORDER BY pg_sleep(3)::text)
pg_read_file('«folder»/secret.txt')
pg_read_file('postgresql.conf')
pg_read_binary_file('«folder»/secret.txt')
pg_ls_dir('«folder»')
pg_stat_file('«folder»/secret.txt')
(pg_stat_file('«folder»/secret.txt')).modification
lo_import('«folder»/secret.txt')
lo_export(4242, '«folder»/new.txt')
lo_get(4242)
loread(lo_open(4242, 262144), 1000)
lo_unlink(4242)
set_config('statement_timeout', '0', false)
set_config('search_path', 'private', false)
current_setting('app.secret')
current_setting('data_directory')
nextval('tickets_number_seq')
setval('tickets_number_seq', 1)
currval('tickets_number_seq')
lastval()
scribble('Eve')
public.scribble('Eve')
public."scribble"(name)
scribble(VARIADIC 'x')
whisper()
dblink_connect('host=127.0.0.1 port=«port» user=x password=x')
dblink_exec('nowhere', 'DELETE FROM orders')
public.dblink_connect('nowhere')
pg_terminate_backend(«pid»)
pg_cancel_backend(«pid»)
pg_notify('news', 'Eve')
pg_advisory_lock(id)
pg_try_advisory_lock(id)
pg_advisory_unlock_all()
pg_reload_conf()
pg_rotate_logfile()
pg_switch_wal()
pg_export_snapshot()
pg_logical_emit_message(true, 'x', 'x')
setseed(0.5)
random()
random_normal()
gen_random_uuid()
txid_current()
pg_current_xact_id()
pg_backend_pid()
version()
current_user
session_user
user
current_role
current_catalog
current_schema
current_database()
current_schemas(true)
current_query()
inet_server_addr()
now()
clock_timestamp()
statement_timestamp()
timeofday()
current_date
current_timestamp
localtime
localtimestamp(3)
query_to_xml('DELETE FROM orders', true, true, '')
query_to_xml('SELECT secret FROM private.treasure', true, true, '')
query_to_xml('SELECT pg_sleep(3)', true, true, '')
query_to_xml('COPY orders TO PROGRAM ''touch «folder»/new.txt''', true, true, '')
query_to_xmlschema('SELECT 1', true, true, '')
query_to_xml_and_xmlschema('SELECT * FROM pg_authid', true, true, '')
table_to_xml('private.treasure', true, true, '')
table_to_xml('pg_authid'::regclass, true, true, '')
schema_to_xml('private', true, true, '')
database_to_xml(true, true, '')
database_to_xmlschema(true, true, '')
cursor_to_xml('answer', 10, true, true, '')
xmlparse(document '<a/>')
xmlelement(name a, name)
xmlforest(name)
xmlconcat('<a/>', '<b/>')
xmlagg('<a/>'::xml)
xpath('/a', '<a/>')
xmlserialize(content '<a/>' AS text)
ts_stat('SELECT to_tsvector(secret) FROM private.treasure')
(SELECT word FROM ts_stat('SELECT to_tsvector(secret) FROM private.treasure'))
ts_rewrite('a', 'SELECT ''a''::tsquery, ''b''::tsquery')
ts_headline(name, 'x')
to_tsvector(name)
to_tsvector('private.config', name)
name @@ to_tsquery('x')
ts_debug('x')
crosstab('SELECT 1,2,3')
connectby('orders', 'id', 'customer', '1', 0)
row_to_json(customers)
to_json(customers)
to_jsonb(customers.*)
json_agg(customers)
jsonb_agg(name)
json_build_object('a', name)
json_each('{"a":1}')
jsonb_path_query('[1]', '$[*]')
jsonb_set('{}', '{a}', '1')
'{"a":1}'::json -> 'a'
'{"a":1}'::jsonb ->> 'a'
'{"a":{"b":1}}'::json #>> '{a,b}'
'{"a":1}'::jsonb @> '{"a":1}'
'{"a":1}'::jsonb ? 'a'
hstore('a', 'b')
array_agg(name)
string_agg(name, ',')
xmlagg(customers::text::xml)
percentile_cont(0.5) WITHIN GROUP (ORDER BY id)
mode() WITHIN GROUP (ORDER BY name)
array_fill(1, ARRAY[100000, 1000])
array_to_string(ARRAY[1], ',')
array_cat(ARRAY[1], ARRAY[2])
unnest(ARRAY[1, 2, 3])
generate_series(1, 1000000000)
generate_series(now(), now() + interval '1000000 years', '1 second')
generate_subscripts(ARRAY[1], 1)
regexp_split_to_table(name, '')
regexp_matches(repeat('a', 40), '(a*)*\1b')
regexp_replace(repeat('a', 10000), '(a+)+', 'b', 'g')
regexp_like(name, 'x')
substring(name FROM '(a+)+$')
substring(name SIMILAR 'a#"b#"c' ESCAPE '#')
name ~ '(a+)+$'
name ~* '((a|a)*)*b'
name !~ 'x'
name SIMILAR TO '(a|a)*b'
repeat('x', 1000000000)
length(repeat('x', 1000000000))
md5(repeat('x', 1000000000))
sha512(repeat('x', 500000000)::bytea)
lpad('x', 1000000000)
rpad(name, 500000000, 'ab')
upper(repeat('x', 500000000))
replace(repeat('x', 10000), 'x', repeat('y', 10000))
translate(name, 'a', 'b')
overlay(name PLACING repeat('x', 100000000) FROM 1)
format('%1000000000s', name)
format('%s', VARIADIC ARRAY['a'])
concat(name, repeat('x', 500000000))
concat_ws(',', name, name)
name || repeat('x', 500000000)
to_char(1, repeat('9', 100000))
to_char(now(), repeat('Day', 100000))
to_number('1', repeat('9', 100000))
to_timestamp('x', 'y')
to_hex(255)
encode(repeat('x', 100000000)::bytea, 'hex')
decode('00', 'hex')
convert_from('\x41', 'UTF8')
quote_literal(name)
quote_ident(name)
factorial(100000)
10::numeric ^ 100000
power(9.9::numeric, 99999.9)
exp(5000::numeric)
ln(10::numeric ^ 10000)
sqrt(10::numeric ^ 50000)
gcd(10::numeric ^ 50000, 3::numeric ^ 50000)
2 ^ 1000
|/ 4
@ -5
1 << 31
id & 1
id # 1
~ id
bit_count(B'101')
B'1'::bit(83886080)
'x'::char(10485760)
CAST('x' AS character(10485760))
name::varchar(10)
'1'::money
'(1,2)'::point
'{1,2}'::int[]
'1 day'::interval
'now'::timestamp
'a'::"char"
'x'::name
'1'::xid
'0/0'::pg_lsn
'<a/>'::xml
'{}'::json
'127.0.0.1'::inet
'pg_authid'::regclass
'scribble'::regproc
'keeper'::regrole
'private.treasure'::regclass::oid
regclass 'private.treasure'
oid '1259'
name::private.mood
CAST(name AS private.mood)
customers::text
customers.*::text
(customers).name
(customers.*)
customers
customers IS NOT NULL
ctid
xmin
tableoid::regclass
customers.row_to_json
customers.scribble
customers.ctid
(SELECT secret FROM private.treasure)
(SELECT rolpassword FROM pg_authid LIMIT 1)
(SELECT COUNT(*) FROM pg_class)
(SELECT string_agg(query, ',') FROM pg_stat_activity)
(TABLE private.treasure)
(VALUES (1))
name IN (SELECT secret FROM private.treasure)
id = ANY (ARRAY[1, 2])
id = ANY (SELECT COUNT(*)::int FROM private.treasure)
id = SOME ('{1}'::int[])
no_such_column
customers.no_such_column
public.customers.name
postgres.public.customers.name
no_such_function(1)
name COLLATE "C"
name[1]
(ARRAY[1, 2])[1]
(ARRAY[1, 2])[1:2]
name AT TIME ZONE 'UTC'
EXTRACT(epoch FROM now())
EXTRACT(year FROM pg_read_file('postgresql.conf')::date)
POSITION('a' IN name)
TRIM(BOTH 'a' FROM name)
OVERLAY('a' PLACING 'b' FROM 1)
COLLATION FOR (name)
NORMALIZE(name)
GROUPING(name)
ROW(1, 2)
row_number() OVER ()
lag(name) OVER (ORDER BY id)
rank() OVER (PARTITION BY (SELECT secret FROM private.treasure))
pg_get_viewdef('dear')
pg_get_functiondef('scribble(text)'::regprocedure)
obj_description('orders'::regclass)
has_table_privilege('private.treasure', 'select')
pg_typeof(name)
pg_column_size(name)
pg_relation_size('orders')
pg_size_pretty(1::bigint)
pg_input_is_valid('x', 'int')
pg_collation_for(name)
pg_client_encoding()
pg_conf_load_time()
to_regclass('private.treasure')
lower(pg_read_file('postgresql.conf'))
upper(current_setting('app.secret'))
length(query_to_xml('SELECT 1', true, true, '')::text)
abs(nextval('tickets_number_seq'))
round(random())
sum(setval('tickets_number_seq', 1))
cast(current_setting('app.secret') AS text)
coalesce(current_setting('app.secret'), name)
nullif(current_user, name)
name LIKE current_setting('app.secret')
name LIKE '%' ESCAPE current_setting('app.secret')
name BETWEEN current_user AND session_user
id IN (1, nextval('tickets_number_seq'))
%s
$1
