# What is not the operator's data: the catalogue, its aliases, shadow tables, virtual tables over the file, other schemas.
SELECT * FROM sqlite_master
SELECT sql FROM sqlite_schema
SELECT * FROM main.sqlite_master
SELECT * FROM main.sqlite_schema
SELECT * FROM sqlite_temp_master
SELECT * FROM sqlite_temp_schema
SELECT * FROM temp.sqlite_master
SELECT * FROM temp.sqlite_schema
SELECT * FROM "sqlite_master"
SELECT * FROM [sqlite_master]
SELECT * FROM `sqlite_master`
SELECT * FROM 'sqlite_master'
SELECT * FROM SQLITE_MASTER AS orders
SELECT orders.sql FROM sqlite_master AS orders
SELECT * FROM "main"."sqlite_master"
SELECT * FROM [main].[sqlite_schema]
SELECT COUNT(*) FROM sqlite_master
SELECT 1 FROM sqlite_master LIMIT 1
SELECT rootpage FROM sqlite_master NOT INDEXED
SELECT name FROM customers UNION SELECT sql FROM sqlite_master
SELECT name FROM customers UNION ALL SELECT name FROM sqlite_schema
SELECT name FROM customers INTERSECT SELECT name FROM sqlite_master
SELECT name FROM customers EXCEPT SELECT name FROM sqlite_master
SELECT (SELECT sql FROM sqlite_master LIMIT 1)
SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM sqlite_master)
SELECT id FROM orders WHERE day IN (SELECT sql FROM sqlite_master)
SELECT id FROM orders WHERE day IN sqlite_master
SELECT id FROM orders WHERE day NOT IN (SELECT tbl_name FROM sqlite_master)
SELECT id FROM orders WHERE day > (SELECT MAX(sql) FROM sqlite_master)
SELECT id FROM orders ORDER BY (SELECT COUNT(*) FROM sqlite_master)
SELECT id FROM orders LIMIT (SELECT COUNT(*) FROM sqlite_master)
SELECT id FROM orders LIMIT 1 OFFSET (SELECT COUNT(*) FROM sqlite_master)
SELECT id FROM orders GROUP BY (SELECT sql FROM sqlite_master LIMIT 1)
SELECT customer FROM orders GROUP BY customer HAVING COUNT(*) > (SELECT COUNT(*) FROM sqlite_master)
SELECT CASE (SELECT COUNT(*) FROM sqlite_master) WHEN 1 THEN 2 ELSE 3 END
SELECT CASE WHEN (SELECT sql FROM sqlite_master LIMIT 1) LIKE 'C%' THEN 1 END FROM customers
SELECT c.name FROM customers AS c JOIN sqlite_master AS m ON c.name = m.name
SELECT c.name FROM customers AS c LEFT JOIN sqlite_master AS m ON 1
SELECT * FROM customers NATURAL JOIN sqlite_master
SELECT * FROM customers CROSS JOIN sqlite_master
SELECT * FROM customers JOIN sqlite_master USING (name)
SELECT * FROM (sqlite_master)
SELECT * FROM (customers, sqlite_master)
SELECT * FROM (SELECT * FROM sqlite_master) AS orders
SELECT * FROM (SELECT * FROM (SELECT * FROM (SELECT sql FROM sqlite_master)))
WITH orders AS (SELECT * FROM sqlite_master) SELECT * FROM orders
WITH customers AS MATERIALIZED (SELECT sql AS name FROM sqlite_master) SELECT name FROM customers
WITH customers(name) AS NOT MATERIALIZED (SELECT sql FROM sqlite_master) SELECT name FROM customers
WITH RECURSIVE orders(x) AS (SELECT sql FROM sqlite_master UNION SELECT x FROM orders) SELECT * FROM orders
SELECT * FROM (VALUES (1)) JOIN sqlite_master
SELECT SUM(LENGTH(sql)) FROM sqlite_master
SELECT MIN(name), MAX(name) FROM sqlite_master
SELECT 1 FROM customers WHERE (SELECT 1 FROM sqlite_master WHERE sql LIKE '%CANARY%')
SELECT COALESCE(NULL, (SELECT sql FROM sqlite_master LIMIT 1))
SELECT MAX((SELECT sql FROM sqlite_master LIMIT 1)) FROM customers
SELECT ROW_NUMBER() OVER (ORDER BY (SELECT sql FROM sqlite_master LIMIT 1)) FROM orders
SELECT COUNT(*) FILTER (WHERE EXISTS (SELECT 1 FROM sqlite_master)) FROM orders
SELECT * FROM leak
SELECT COUNT(*) FROM leak
SELECT sql FROM leak WHERE sql LIKE '%CANARY%'
SELECT * FROM customers, leak
SELECT name FROM customers WHERE name IN leak
SELECT * FROM sqlite_sequence
SELECT seq FROM main.sqlite_sequence WHERE name = 'tickets'
SELECT * FROM sqlite_stat1
SELECT stat FROM sqlite_stat1 WHERE tbl = 'orders'
SELECT * FROM sqlite_stat4
SELECT * FROM sqlite_autoindex_customers_1
SELECT * FROM by_day
SELECT * FROM dbstat
SELECT name, path, payload FROM dbstat('main')
SELECT * FROM sqlite_dbpage
SELECT data FROM sqlite_dbpage('main') WHERE pgno = 1
SELECT * FROM sqlite_stmt
SELECT * FROM sqlite_memstat
SELECT * FROM tables_used('SELECT * FROM orders')
SELECT * FROM bytecode('SELECT * FROM orders')
SELECT * FROM temp.orders
SELECT * FROM aux.orders
SELECT * FROM main.no_such_table
SELECT * FROM main.temp.orders
SELECT * FROM nowhere
SELECT * FROM information_schema.tables
SELECT * FROM pg_catalog.pg_class
SELECT * FROM sys.objects
SELECT * FROM dual
SELECT * FROM json_each('[1,2,3]')
SELECT value FROM json_tree('{"a":[1]}')
SELECT * FROM customers, json_each(customers.name)
SELECT * FROM generate_series(1, 10)
SELECT * FROM carray(0, 10)
SELECT * FROM fts3tokenize('simple', 'a b')
SELECT * FROM fts5vocab
SELECT * FROM unnest(orders)
SELECT * FROM wholenumber
SELECT * FROM completion('SEL')
SELECT * FROM sqlite_drop_column
SELECT * FROM rtreecheck('places')
SELECT * FROM customers JOIN LATERAL (SELECT * FROM sqlite_master) ON 1
