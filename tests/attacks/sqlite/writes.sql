# Changes of rows, plain and in every dress that SQLite's grammar has for them.
INSERT INTO customers VALUES (9, 'Eve', 1)
INSERT INTO customers DEFAULT VALUES
INSERT INTO customers (name) VALUES ('Eve')
INSERT INTO customers SELECT * FROM customers
INSERT INTO customers (id, name) SELECT id + 100, day FROM orders
INSERT INTO customers (name) VALUES ('a'), ('b'), ('c')
INSERT INTO main.customers (name) VALUES ('Eve')
INSERT INTO customers AS c (name) VALUES ('Eve')
INSERT OR REPLACE INTO customers VALUES (1, 'Eve', 1)
INSERT OR IGNORE INTO customers VALUES (77, 'Eve', 1)
INSERT OR ABORT INTO customers VALUES (77, 'Eve', 1)
INSERT OR FAIL INTO customers VALUES (77, 'Eve', 1)
INSERT OR ROLLBACK INTO customers VALUES (77, 'Eve', 1)
INSERT INTO customers VALUES (1, 'Eve', 1) ON CONFLICT DO NOTHING
INSERT INTO customers VALUES (1, 'Eve', 1) ON CONFLICT (id) DO UPDATE SET name = excluded.name
INSERT INTO customers VALUES (1, 'Eve', 1) ON CONFLICT (id) DO UPDATE SET name = 'Eve' WHERE id = 1 RETURNING *
INSERT INTO customers (name) VALUES ('Eve') RETURNING id
INSERT INTO customers (name) VALUES ('Eve') RETURNING (SELECT COUNT(*) FROM orders)
INSERT INTO customers (name) WITH w AS (SELECT 'Eve') SELECT * FROM w
INSERT INTO customers (name) VALUES ((SELECT name FROM customers LIMIT 1))
WITH w AS (SELECT 'Eve' AS n) INSERT INTO customers (name) SELECT n FROM w
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 10) INSERT INTO customers (name) SELECT x FROM n
REPLACE INTO customers VALUES (1, 'Eve', 1)
REPLACE INTO customers (id, name) SELECT id, 'Eve' FROM customers
UPDATE orders SET total = 0
UPDATE orders SET total = total + 1 WHERE id = 1
UPDATE orders SET (total, day) = (0, '2000-01-01')
UPDATE orders SET (total, day) = (SELECT 0, name FROM customers LIMIT 1)
UPDATE orders SET total = 0 FROM customers WHERE customers.id = orders.customer
UPDATE OR IGNORE orders SET id = 1
UPDATE OR REPLACE orders SET id = 2 WHERE id = 1
UPDATE OR ROLLBACK orders SET total = 0
UPDATE orders SET total = 0 RETURNING id, total
UPDATE orders INDEXED BY by_day SET total = 0 WHERE day > ''
UPDATE orders NOT INDEXED SET total = 0
UPDATE main.orders SET total = 0
UPDATE orders AS o SET total = 0 WHERE o.id = 1
UPDATE orders SET rowid = rowid + 1000
UPDATE orders SET note = zeroblob(10)
UPDATE dear SET total = 0
UPDATE welcome SET name = 'Eve'
WITH c AS (SELECT id FROM customers) UPDATE orders SET total = 0 WHERE customer IN (SELECT id FROM c)
DELETE FROM orders
DELETE FROM orders WHERE id = 1
DELETE FROM orders WHERE id IN (SELECT id FROM orders LIMIT 1)
DELETE FROM orders RETURNING id
DELETE FROM orders WHERE 1 RETURNING *
DELETE FROM main.orders
DELETE FROM orders AS o WHERE o.total > 5
DELETE FROM orders INDEXED BY by_day WHERE day > ''
DELETE FROM orders NOT INDEXED
WITH gone AS (SELECT id FROM orders) DELETE FROM orders WHERE id IN (SELECT id FROM gone)
DELETE FROM welcome
INSERT INTO welcome VALUES ('Eve')
INSERT INTO letters (body) VALUES ('Eve')
INSERT INTO letters (letters) VALUES ('optimize')
INSERT INTO letters (letters) VALUES ('rebuild')
INSERT INTO letters (letters, rank) VALUES ('automerge', 0)
INSERT INTO letters (letters) VALUES ('delete-all')
DELETE FROM letters
UPDATE letters SET body = 'Eve' WHERE rowid = 1
INSERT INTO letters_data VALUES (99, x'00')
DELETE FROM letters_content
UPDATE letters_config SET v = 0
INSERT INTO places VALUES (9, 0, 1)
DELETE FROM places WHERE id = 1
DELETE FROM places_node
INSERT INTO places_rowid VALUES (1, 1)
UPDATE sqlite_sequence SET seq = 0
DELETE FROM sqlite_sequence WHERE name = 'tickets'
INSERT INTO sqlite_sequence VALUES ('orders', 1000)
DELETE FROM sqlite_stat1
INSERT INTO sqlite_stat1 VALUES ('orders', 'by_day', '1 1')
UPDATE sqlite_master SET sql = 'CREATE TABLE orders (x)' WHERE name = 'orders'
DELETE FROM sqlite_master WHERE name = 'orders'
INSERT INTO sqlite_master VALUES ('table', 't', 't', 0, 'CREATE TABLE t (x)')
UPDATE sqlite_schema SET rootpage = 2
INSERT INTO sqlite_temp_master VALUES ('table', 't', 't', 0, 'CREATE TABLE t (x)')
INSERT INTO tickets (subject) VALUES ('Eve')
UPDATE tickets SET subject = upper(subject)
UPDATE tickets SET loud = 'x'
MERGE INTO customers USING orders ON customers.id = orders.customer WHEN MATCHED THEN DELETE
TRUNCATE TABLE orders
TRUNCATE orders
