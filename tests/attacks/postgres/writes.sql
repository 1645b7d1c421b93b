# Changes of rows, sequences and large objects, plain and hidden in what reads.
INSERT INTO customers VALUES (9, 'Eve', true)
INSERT INTO customers DEFAULT VALUES
INSERT INTO customers (name) VALUES ('Eve')
INSERT INTO customers SELECT * FROM customers
INSERT INTO public.customers (id, name) TABLE customers
INSERT INTO customers (id, name) OVERRIDING SYSTEM VALUE VALUES (9, 'Eve')
INSERT INTO customers (id, name) VALUES (1, 'Eve') ON CONFLICT DO NOTHING
INSERT INTO customers (id, name) VALUES (1, 'Eve') ON CONFLICT (id) DO UPDATE SET name = excluded.name
INSERT INTO customers (id, name) VALUES (1, 'Eve') ON CONFLICT ON CONSTRAINT customers_pkey DO UPDATE SET name = 'Eve'
INSERT INTO customers (id, name) VALUES (9, 'Eve') RETURNING *
INSERT INTO customers AS c (id, name) VALUES (9, 'Eve') RETURNING c.id
INSERT INTO tickets (subject) VALUES ('Eve')
INSERT INTO tickets (number, subject) VALUES (nextval('tickets_number_seq'), 'Eve')
INSERT INTO welcome VALUES ('Eve')
INSERT INTO private.treasure VALUES ('Eve')
WITH w AS (SELECT 9 AS id) INSERT INTO customers (id) SELECT id FROM w
UPDATE orders SET total = 0
UPDATE orders SET total = total + 1 WHERE id = 1
UPDATE ONLY orders SET total = 0
UPDATE orders * SET total = 0
UPDATE orders AS o SET (total, day) = (0, '2000-01-01')
UPDATE orders SET (total, customer) = (SELECT 0, 1)
UPDATE orders SET (total, customer) = ROW (0, 1)
UPDATE orders SET total = DEFAULT
UPDATE orders SET total = 0 FROM customers WHERE customers.id = orders.customer
UPDATE orders SET total = 0 RETURNING id, total
UPDATE orders SET total = 0 WHERE CURRENT OF c
UPDATE tickets SET subject = 'Eve'
UPDATE dear SET total = 0
UPDATE welcome SET name = 'Eve'
UPDATE pg_catalog.pg_class SET relname = 'x' WHERE relname = 'orders'
UPDATE pg_settings SET setting = '0' WHERE name = 'statement_timeout'
UPDATE pg_settings SET setting = 'off' WHERE name = 'transaction_read_only'
DELETE FROM orders
DELETE FROM ONLY orders WHERE id = 1
DELETE FROM orders AS o USING customers AS c WHERE o.customer = c.id
DELETE FROM orders RETURNING *
DELETE FROM orders WHERE ctid = '(0,1)'
DELETE FROM pg_largeobject
DELETE FROM pg_catalog.pg_proc WHERE proname = 'scribble'
WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone
WITH gone AS (DELETE FROM orders RETURNING id) SELECT COUNT(*) FROM gone
WITH gone AS MATERIALIZED (UPDATE orders SET total = 0 RETURNING id) SELECT id FROM gone
WITH a AS (INSERT INTO customers (id) VALUES (9) RETURNING id), b AS (DELETE FROM orders WHERE id IN (SELECT id FROM a) RETURNING id) SELECT * FROM b
WITH RECURSIVE n AS (INSERT INTO customers (id) VALUES (9) RETURNING id) SELECT * FROM n
SELECT * FROM (WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone) AS g
SELECT (WITH gone AS (DELETE FROM orders RETURNING id) SELECT COUNT(*) FROM gone)
SELECT id FROM orders UNION (WITH gone AS (DELETE FROM orders RETURNING id) SELECT id FROM gone)
MERGE INTO customers AS c USING orders AS o ON c.id = o.customer WHEN MATCHED THEN DELETE
MERGE INTO customers AS c USING orders AS o ON c.id = o.id WHEN NOT MATCHED THEN INSERT (id) VALUES (o.id + 100)
MERGE INTO customers AS c USING orders AS o ON c.id = o.customer WHEN MATCHED THEN UPDATE SET name = 'Eve'
TRUNCATE orders
TRUNCATE TABLE ONLY orders RESTART IDENTITY CASCADE
TRUNCATE customers, orders
SELECT * INTO stolen FROM orders
SELECT id INTO TEMP stolen FROM orders
SELECT id INTO TEMPORARY TABLE stolen FROM orders
SELECT id INTO UNLOGGED stolen FROM orders
SELECT id FROM orders INTO stolen
SELECT id FROM orders FOR UPDATE
SELECT id FROM orders FOR NO KEY UPDATE
SELECT id FROM orders FOR SHARE
SELECT id FROM orders FOR KEY SHARE
SELECT id FROM orders FOR UPDATE OF orders NOWAIT
SELECT id FROM orders FOR UPDATE SKIP LOCKED
SELECT o.id FROM orders AS o JOIN customers AS c ON true FOR SHARE OF c
SELECT * FROM (SELECT id FROM orders FOR UPDATE) AS x
WITH x AS (SELECT id FROM orders FOR UPDATE) SELECT id FROM x
COPY orders FROM STDIN
COPY customers (name) FROM STDIN WITH (FORMAT csv)
EXPLAIN ANALYZE DELETE FROM orders
EXPLAIN (ANALYZE) INSERT INTO customers (id) VALUES (9)
EXPLAIN (ANALYZE, BUFFERS, FORMAT json) UPDATE orders SET total = 0
EXPLAIN ANALYZE SELECT scribble('Eve')
EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1
EXPLAIN ANALYZE EXECUTE p
EXPLAIN ANALYZE WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone
EXPLAIN DELETE FROM orders
PREPARE p AS DELETE FROM orders
PREPARE p (int) AS UPDATE orders SET total = $1
EXECUTE p
EXECUTE p (1)
DO 'BEGIN DELETE FROM orders; END'
DO $$BEGIN DELETE FROM orders; END$$
DO LANGUAGE plpgsql $x$ BEGIN PERFORM scribble('Eve'); COMMIT; END $x$
CALL stamp()
CALL stamp('Eve')
REFRESH MATERIALIZED VIEW frozen
REFRESH MATERIALIZED VIEW CONCURRENTLY frozen
SELECT scribble('Eve')
SELECT public.scribble('Eve')
SELECT * FROM scribble('Eve')
SELECT * FROM ROWS FROM (scribble('Eve'))
SELECT name FROM customers WHERE scribble(name) > 0
SELECT * FROM scribbling
SELECT nextval('tickets_number_seq')
SELECT setval('tickets_number_seq', 1)
SELECT setval('tickets_number_seq', 1, false) FROM orders
SELECT pg_catalog.nextval('public.tickets_number_seq'::regclass)
SELECT lo_create(0)
SELECT lo_create(4711)
SELECT lo_creat(-1)
SELECT lo_from_bytea(0, 'Eve')
SELECT lo_from_bytea(4711, decode('00', 'hex'))
SELECT lo_put(4242, 0, 'Eve')
SELECT lo_unlink(4242)
SELECT lo_truncate(lo_open(4242, 131072), 0)
SELECT lowrite(lo_open(4242, 131072), 'Eve')
SELECT lo_truncate64(lo_open(4242, 131072), 0)
