# Other files: attached, copied to, loaded, read and written.
ATTACH DATABASE '«folder»/other.sqlite' AS other
ATTACH '«folder»/other.sqlite' AS other
ATTACH '«folder»/new.sqlite' AS fresh
ATTACH 'file:«folder»/other.sqlite?mode=rw' AS other
ATTACH 'file:«folder»/other.sqlite?mode=ro&immutable=1' AS other
ATTACH 'file:«folder»/other.sqlite?vfs=unix-none&nolock=1' AS other
ATTACH 'file:«folder»/new.sqlite?mode=rwc' AS other
ATTACH 'file:memory?mode=memory&cache=shared' AS m
ATTACH ':memory:' AS m
ATTACH '' AS t
ATTACH DATABASE ':memory:' AS "main2"
ATTACH (SELECT '«folder»/other.sqlite') AS other
ATTACH '«folder»/' || 'other.sqlite' AS other
ATTACH CASE WHEN 1 THEN '«folder»/other.sqlite' END AS other
ATTACH printf('%s', '«folder»/other.sqlite') AS other
ATTACH char(47) || 'etc/passwd' AS p
ATTACH '/etc/passwd' AS p
ATTACH '/dev/zero' AS z
ATTACH '/proc/self/mem' AS z
ATTACH "«folder»/other.sqlite" AS other
ATTACH x'2f746d70' AS other
ATTACH '«folder»/other.sqlite' AS other KEY 'k'
ATTACH DATABASE '«folder»/other.sqlite' AS (SELECT 'other')
attach/**/database/**/'«folder»/other.sqlite'/**/as/**/other
aTtAcH«lf»'«folder»/other.sqlite'«lf»aS«lf»o
EXPLAIN ATTACH '«folder»/other.sqlite' AS other
DETACH DATABASE main
DETACH main
DETACH temp
DETACH other
VACUUM INTO '«folder»/new.sqlite'
VACUUM main INTO '«folder»/new.sqlite'
VACUUM INTO 'file:«folder»/new.sqlite?mode=rwc'
VACUUM INTO (SELECT '«folder»/new.sqlite')
VACUUM INTO '«folder»/' || 'new.sqlite'
VACUUM temp INTO '«folder»/new.sqlite'
EXPLAIN VACUUM INTO '«folder»/new.sqlite'
SELECT * FROM other.treasure
SELECT * FROM "«folder»/other.sqlite".treasure
SELECT * FROM '«folder»/other.sqlite'
SELECT * FROM read_csv('«folder»/secret.txt')
SELECT * FROM read_csv_auto('«folder»/secret.txt')
SELECT * FROM csv('«folder»/secret.txt')
SELECT * FROM zipfile('«folder»/secret.txt')
SELECT * FROM fsdir('«folder»')
SELECT * FROM fsdir('secret.txt', '«folder»')
SELECT name, data FROM sqlar
SELECT * FROM lines_read('«folder»/secret.txt')
COPY orders TO '«folder»/out.csv'
COPY orders FROM '«folder»/secret.txt'
EXPORT DATABASE '«folder»/out'
INSTALL httpfs
LOAD '«folder»/evil.so'
LOAD DATA INFILE '«folder»/secret.txt' INTO TABLE orders
SELECT * FROM orders INTO OUTFILE '«folder»/out.csv'
SELECT * INTO DUMPFILE '«folder»/out.csv' FROM orders
.open «folder»/other.sqlite
.read «folder»/secret.txt
.shell touch «folder»/new
.import «folder»/secret.txt orders
.load «folder»/evil.so
.output «folder»/out.txt
.dump
