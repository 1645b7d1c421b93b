# Statements in disguise: several at once, comments that nest, quotes with prefixes, bytes that end or hide text, look-alikes.
SELECT 1; DELETE FROM orders
SELECT id FROM orders; SELECT secret FROM private.treasure
SELECT id FROM orders; COMMIT; DROP TABLE orders
COMMIT; DELETE FROM orders; BEGIN
ROLLBACK; BEGIN READ WRITE; DELETE FROM orders; COMMIT; BEGIN; SELECT 1
ROLLBACK; SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE; DELETE FROM orders
;DELETE FROM orders
; ; DROP TABLE orders;
SELECT 1;
SELECT 1 \; DELETE FROM orders
SELECT 1 \gexec
SELECT 'DELETE FROM orders' \gexec
SELECT id FROM orders«nul»; DROP TABLE orders
SELECT '«nul»' FROM orders
SELECT '«surrogate»' FROM orders
SELECT id FROM "«surrogate»"
SELECT id FROM orders --«lf»; DELETE FROM orders
SELECT id FROM orders --«cr»; DELETE FROM orders
SELECT id FROM orders /* */; DELETE FROM orders
SELECT id FROM orders /* /* */ */; DELETE FROM orders
SELECT id FROM orders /* /* */ ; DELETE FROM orders -- */ */
SELECT id FROM orders /* */ */ ; DELETE FROM orders
SELECT id FROM orders --/*«lf»; DELETE FROM orders --*/
/* SELECT */ DELETE FROM orders
/**/DELETE/**/FROM/**/orders
-- SELECT id FROM orders«lf»DELETE FROM orders
/*!50000 DELETE FROM orders */
SELECT id /* unfinished ; DELETE FROM orders
DELETE«tab»FROM«tab»orders
DELETE«ff»FROM«ff»orders
DELETE«vt»FROM«vt»orders
DeLeTe FrOm OrDeRs
«bom»DELETE FROM orders
«nbsp»DELETE FROM orders
SELECT«nbsp»secret«nbsp»FROM«nbsp»private.treasure
SELECT«zwsp»secret FROM private.treasure
SELECT id FROM orders«rlo»; DELETE FROM orders
SELECT secret FROM ｐrivate.treasure
SELECT pg_ｓleep(1)
SELECT secret FROM PRİVATE.TREASURE
SELECT secret FROM "private.treasure"
SELECT secret FROM "private"."treasure "
SELECT secret FROM "private""treasure"
SELECT secret FROM [private].[treasure]
SELECT secret FROM `private`.`treasure`
SELECT(secret)FROM(private.treasure)
SELECT ALL secret FROM private.treasure
SELECT DISTINCT ON (secret) secret FROM private.treasure
SELECT secret FROM private.treasure FETCH FIRST ROW ONLY
SELECT secret FROM private.treasure OFFSET 0 ROWS FETCH NEXT 1 ROWS WITH TIES
SELECT id FROM orders WINDOW w AS (PARTITION BY (SELECT secret FROM private.treasure))
SELECT id FROM orders GROUP BY GROUPING SETS ((id), ((SELECT secret FROM private.treasure)))
SELECT 'a\'; DELETE FROM orders; --'
SELECT E'a\'; DELETE FROM orders; --'
SELECT E'\'; DELETE FROM orders; --'
SELECT e'\\'; DELETE FROM orders
SELECT E'\x27; DELETE FROM orders; --'
SELECT 'it''s'; DELETE FROM orders
SELECT 'a'«lf»'b'; DELETE FROM orders
SELECT $$; DELETE FROM orders; $$
SELECT $$a$$; DELETE FROM orders; SELECT $$b$$
SELECT $a$ $b$ $a$; DELETE FROM orders
SELECT $é$x$é$; DELETE FROM orders
SELECT $1$; DELETE FROM orders
SELECT U&'\003b'; DELETE FROM orders
SELECT U&'d!0061t' UESCAPE '!'; DELETE FROM orders
SELECT U&"\0069d" FROM orders; DELETE FROM orders
SELECT U&"\0069d" FROM orders
SELECT U&"\0073ecret" FROM private.treasure
SELECT B'1'; DELETE FROM orders
SELECT X'3b'; DELETE FROM orders
SELECT N'x'; DELETE FROM orders
SELECT nchar 'x'; DELETE FROM orders
SELECT date '2024-01-01'; DELETE FROM orders
SELECT "a\"; DELETE FROM orders; --"
SELECT q'[x]'; DELETE FROM orders
SELECT 1 UNION DELETE FROM orders
SELECT (DELETE FROM orders RETURNING id)
SELECT * FROM (DELETE FROM orders RETURNING id) AS x
SELECT * FROM [DELETE FROM orders RETURNING id]
(DELETE FROM orders)
((SELECT secret FROM private.treasure))
(SELECT 1); DELETE FROM orders
(SELECT secret FROM private.treasure) ORDER BY 1
BEGIN; DELETE FROM orders; COMMIT
BEGIN ATOMIC DELETE FROM orders; END
IF true THEN DELETE FROM orders; END IF
EXECUTE 'DELETE FROM orders'
EXECUTE IMMEDIATE 'DELETE FROM orders'
PERFORM scribble('Eve')
RETURN 1
FROM private.treasure
FROM private.treasure SELECT secret
WITH x AS (SELECT 1) TABLE private.treasure
WITH x AS (SELECT 1) DELETE FROM orders
WITH x AS (SELECT 1) VALUES (pg_sleep(1))
WITH x AS (SELECT pg_sleep(1)) SELECT 1
EXPLAIN SELECT id FROM orders
EXPLAIN (VERBOSE) SELECT id FROM orders
EXPLAIN (GENERIC_PLAN) SELECT id FROM orders
SELECT id FROM orders WHERE id OPERATOR(pg_catalog.=) 1
SELECT id OPERATOR(pg_catalog.+) 1 FROM orders
SELECT id FROM orders ORDER BY id USING OPERATOR(pg_catalog.<)
SELECT id FROM orders ORDER BY id USING <
SELECT OPERATOR(pg_catalog.-) id FROM orders
SELECT id FROM orders WHERE id = ANY (SELECT COUNT(*) FROM private.treasure)
SELECT id FROM orders WHERE id = ALL (ARRAY[1])
SELECT id FROM orders WHERE (id, total) OVERLAPS (id, total)
SELECT name COLLATE "no such" FROM customers
SELECT name COLLATE pg_catalog."C" FROM customers
SELECT day AT TIME ZONE 'Asia/Tokyo' FROM orders
SELECT INTERVAL '1 day'
SELECT name IS NORMALIZED FROM customers
SELECT id FROM orders WHERE day IS DISTINCT FROM pg_read_file('postgresql.conf')
SELECT "id" "; DELETE FROM orders" FROM orders; DELETE FROM orders
SELECT %s FROM orders
SELECT %(x)s FROM orders
SELECT %b FROM orders
SELECT %% FROM orders
SELECT $1 FROM orders
SELECT :x FROM orders
SELECT ? FROM orders
SELECT @ -5 FROM orders; DELETE FROM orders
not sql at all
SELECT
SELECT FROM
SELECT FROM private.treasure
SELECT id FROM orders WHERE day = '
SELECT id FROM orders WHERE day = "
SELECT id FROM orders WHERE name = $$
SELECT id FROM orders WHERE E'
«20001*x»
SELECT «9999*-»1
SELECT «9999*- »1
SELECT «5000*(»1«5000*)»
SELECT «4000*NOT »true
SELECT «800*CASE WHEN true THEN »1«800* END»
SELECT «3000*~ »1
SELECT «6000*1+»1
SELECT 1«900* UNION ALL SELECT 1»
SELECT «2000*id, »id FROM orders
SELECT id FROM orders WHERE id IN («6000*1,»1)
SELECT id FROM orders WHERE «1500*id=1 OR »id = 1
SELECT id FROM orders WHERE name LIKE '«9000*%a»'
SELECT '«19000*x»'
SELECT «900*(SELECT »1«900*)»
SELECT * FROM «400*(SELECT * FROM »orders«400*) AS x»
SELECT 1 FROM «900*orders, »orders
SELECT id FROM orders ORDER BY «3000*id, »id
SELECT coalesce(«5000*NULL, »1)
SELECT «1600*1::int::»int
SELECT ARRAY[«5000*1,»1]
SELECT «3000*ARRAY[»1«3000*]»
