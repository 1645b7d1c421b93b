# Statements in disguise: several at once, comments, quotes, bytes that end or hide text, words that look like others.
SELECT 1; DELETE FROM orders
SELECT id FROM orders; SELECT sql FROM sqlite_master
SELECT id FROM orders; ATTACH '«folder»/other.sqlite' AS o
SELECT id FROM orders;; DROP TABLE orders;
;DELETE FROM orders
; ; ; DROP TABLE orders
SELECT id FROM orders;«nul»DROP TABLE orders
SELECT id FROM orders«nul»; DROP TABLE orders
SELECT '«nul»' FROM orders
SELECT id FROM orders WHERE day = '«nul»' OR 1; DELETE FROM orders
SELECT "id«nul»" FROM orders
SELECT id FROM "orders«nul»"
«nul»DELETE FROM orders
SELECT id FROM orders --«lf»; DELETE FROM orders
SELECT id FROM orders --; «cr»DELETE FROM orders
SELECT id FROM orders /* */; DELETE FROM orders
SELECT id FROM orders /* ; */ ; DELETE FROM orders /* */
/* SELECT */ DELETE FROM orders
-- SELECT id FROM orders«lf»DELETE FROM orders
/*!50000 DELETE FROM orders */
SELECT id FROM orders /*!50000 ; DELETE FROM orders */
SELECT id /* unfinished ; DELETE FROM orders
DELETE/**/FROM/**/orders
DELETE«tab»FROM«tab»orders
DELETE«ff»FROM«ff»orders
DeLeTe FrOm OrDeRs
«bom»DELETE FROM orders
«bom»SELECT sql FROM sqlite_master
«nbsp»DELETE FROM orders
SELECT«nbsp»sql«nbsp»FROM«nbsp»sqlite_master
# comment«lf»DELETE FROM orders
SELECT sql FROM ｓqlite_master
SELECT sql FROM sqlite＿master
SELECT sql FROM SQLİTE_MASTER
SELECT sql FROM "sqlite_master "
SELECT sql FROM " sqlite_master"
SELECT sql FROM "sqlite""_master"
SELECT sql FROM [sqlite_master"]
SELECT sql FROM main . sqlite_master
SELECT sql FROM main /**/ . /**/ sqlite_master
SELECT sql FROM "main".sqlite_master AS customers
SELECT sql FROM`main`.`sqlite_master`
SELECT sql FROM'sqlite_master'
SELECT(sql)FROM(sqlite_master)
SELECT+1,sql FROM sqlite_master
SELECT-1.sql FROM sqlite_master
SELECT 1e1sql FROM sqlite_master
SELECT ALL sql FROM sqlite_master
SELECT DISTINCT sql FROM sqlite_master
SELECT 'a' 'b'; DELETE FROM orders
SELECT 'it''s'; DELETE FROM orders
SELECT 'a\'; DELETE FROM orders; --'
SELECT "a\"; DELETE FROM orders; --"
SELECT $$; DELETE FROM orders; $$
SELECT $a$x$a$; DELETE FROM orders
SELECT q'[; DELETE FROM orders; ]'
SELECT x'3b'; DELETE FROM orders
SELECT N'x'; DELETE FROM orders
SELECT U&'\003b'; DELETE FROM orders
SELECT 1 UNION DELETE FROM orders
SELECT (DELETE FROM orders RETURNING id)
SELECT * FROM (DELETE FROM orders RETURNING id)
SELECT * FROM (UPDATE orders SET total = 0 RETURNING *) AS x
SELECT * FROM (INSERT INTO customers (name) VALUES ('Eve') RETURNING *)
WITH x AS (DELETE FROM orders RETURNING *) SELECT * FROM x
WITH x AS (INSERT INTO customers (name) VALUES ('Eve') RETURNING id) SELECT id FROM x
WITH x AS (UPDATE orders SET total = 0 RETURNING id) SELECT id FROM x
SELECT id INTO stolen FROM orders
SELECT id FROM orders FOR UPDATE
SELECT id FROM orders LOCK IN SHARE MODE
SELECT id FROM orders INTO @x
SELECT @@version
SELECT @x := 1
SELECT id FROM orders PROCEDURE ANALYSE()
SELECT TOP 1 sql FROM sqlite_master
SELECT sql FROM sqlite_master FETCH FIRST 1 ROW ONLY
SELECT id FROM orders INDEXED BY no_such_index
SELECT id FROM orders INDEXED BY sqlite_autoindex_orders_1
SELECT id FROM orders MATCH_RECOGNIZE (PATTERN (a))
SELECT id FROM orders TABLESAMPLE BERNOULLI (1)
SELECT * FROM orders PIVOT (SUM(total) FOR day IN ('x'))
FROM sqlite_master
FROM orders SELECT load_extension('evil')
TABLE sqlite_master
VALUES (load_extension('evil'))
VALUES ((SELECT sql FROM sqlite_master LIMIT 1))
VALUES (1) UNION SELECT sql FROM sqlite_master
(DELETE FROM orders)
((SELECT sql FROM sqlite_master))
BEGIN; DELETE FROM orders; COMMIT
BEGIN SELECT 1; END
IF 1 THEN DELETE FROM orders; END IF
CASE WHEN 1 THEN DELETE FROM orders END
EXECUTE IMMEDIATE 'DELETE FROM orders'
EXEC xp_cmdshell 'id'
not sql at all
SELECT
SELECT FROM
SELECT * FROM orders WHERE
SELECT id FROM orders WHERE day = '
SELECT id FROM orders WHERE day = "
SELECT id FROM [orders
SELECT «surrogate» FROM orders
SELECT '«surrogate»' FROM orders
SELECT id FROM "«surrogate»"
SELECT ?2000000000 FROM orders
SELECT :name FROM orders
SELECT @name FROM orders
SELECT $name FROM orders
SELECT ?, ?, ? FROM orders
«20001*x»
SELECT «9999*-»1
SELECT «5000*(»1«5000*)»
SELECT «4000*NOT »1
SELECT «800*CASE WHEN 1 THEN »1«800* END»
SELECT «3000*~»1
SELECT «6000*1+»1
SELECT 1«900* UNION ALL SELECT 1»
SELECT «3000*id, »id FROM orders
SELECT id FROM orders WHERE id IN («6000*1,»1)
SELECT id FROM orders WHERE «1500*id=1 OR »id = 1
SELECT id FROM orders WHERE day LIKE '«9000*%a»'
SELECT id FROM orders WHERE day LIKE '%«5000*_»%'
SELECT '«19000*'' »'
SELECT «900*(SELECT »1«900*)»
SELECT * FROM «400*(SELECT * FROM »orders«400*)»
SELECT * FROM orders«70*, orders»
SELECT id FROM orders ORDER BY «3000*id, »id
SELECT coalesce(«5000*NULL, »1)
WITH «400*a AS (SELECT 1), »b AS (SELECT 1) SELECT * FROM b
