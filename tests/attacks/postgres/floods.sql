# Runaways: honest in their words, or as near to it as the lock allows. Each must be refused, capped, or cut at the deadline.
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT SUM(x) FROM n
WITH RECURSIVE n(x) AS (SELECT 1::numeric UNION ALL SELECT x + 1 FROM n) SELECT x FROM n
WITH RECURSIVE n(x) AS (SELECT 1::numeric UNION SELECT x * 2 FROM n) SELECT MAX(x) FROM n
WITH RECURSIVE d(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM d) SELECT MAX(LENGTH(s)) FROM d
WITH RECURSIVE a(x) AS (SELECT id FROM orders UNION ALL SELECT a.x FROM a, orders) SELECT COUNT(*) FROM a
SELECT pg_sleep(5)
SELECT pg_sleep(0.3) FROM orders
SELECT generate_series(1, 10000000000)
SELECT COUNT(*) FROM generate_series(1, 10000000000)
SELECT SUM(a * b) FROM generate_series(1, 1000000) AS a, generate_series(1, 1000000) AS b
SELECT repeat('x', 500000000)
SELECT repeat('x', 1000) FROM generate_series(1, 10000000)
SELECT string_agg(repeat('x', 100000), ',') FROM generate_series(1, 5000)
SELECT array_agg(a) FROM generate_series(1, 100000000) AS a
SELECT regexp_matches(repeat('a', 60), '^(a|aa)+\1\1\1b')
SELECT 9.9::numeric ^ 100000
SELECT factorial(30000)
SELECT SUM(a.id) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f, orders AS g, orders AS h
SELECT COUNT(*) FROM orders AS a CROSS JOIN orders AS b CROSS JOIN orders AS c CROSS JOIN orders AS d CROSS JOIN orders AS e CROSS JOIN orders AS f
SELECT a.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f
SELECT a.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f ORDER BY a.id + f.id
SELECT a.name FROM customers AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f ORDER BY a.name, b.day, c.day, d.day
SELECT DISTINCT a.id, b.id, c.id, d.id, e.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e ORDER BY 1, 2, 3, 4, 5
SELECT COUNT(DISTINCT a.id * b.id * c.id * d.id * e.id) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f
SELECT a.id, COUNT(*) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f GROUP BY a.id
SELECT a.id, b.id, c.id, d.id, COUNT(*) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f GROUP BY 1, 2, 3, 4
SELECT a.id FROM orders AS a LEFT JOIN orders AS b ON true LEFT JOIN orders AS c ON true LEFT JOIN orders AS d ON true LEFT JOIN orders AS e ON true LEFT JOIN orders AS f ON true WHERE a.id + f.id < 0
SELECT a.id FROM orders AS a FULL JOIN orders AS b ON a.id = b.id, orders AS c, orders AS d, orders AS e, orders AS f WHERE a.id + f.id < 0
SELECT id FROM orders WHERE id + (SELECT COUNT(*) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e WHERE a.id > orders.id) < 0
SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f WHERE a.id + b.id + c.id + d.id + e.id + f.id < orders.id)
SELECT id FROM orders WHERE id IN (SELECT -a.id - b.id - c.id - d.id - e.id - f.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f)
SELECT id FROM orders WHERE id NOT IN (SELECT -a.id - b.id - c.id - d.id - e.id - f.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f)
SELECT id FROM orders ORDER BY (SELECT COUNT(*) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f WHERE f.id > orders.id)
SELECT a.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e UNION SELECT a.total FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e
SELECT a.id + b.id * c.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e EXCEPT SELECT a.id + d.id * e.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e
SELECT a.id + b.id * c.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e INTERSECT SELECT -1 - a.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e
SELECT COUNT(*) FROM (SELECT a.id FROM orders AS a, orders AS b, orders AS c, orders AS d) AS x, (SELECT a.id FROM orders AS a, orders AS b, orders AS c) AS y
SELECT COUNT(*) FROM dear AS a, dear AS b, dear AS c, dear AS d, dear AS e, dear AS f
SELECT COUNT(*) FROM spin
SELECT turn FROM spin
SELECT * FROM spin ORDER BY turn DESC
SELECT COUNT(*) FROM orders, spin WHERE orders.id = spin.turn
SELECT id FROM orders WHERE id IN (SELECT turn FROM spin WHERE turn < 0)
SELECT SUM(LENGTH(a.name) + LENGTH(b.name)) FROM customers AS a, customers AS b, orders AS c, orders AS d, orders AS e, orders AS f, orders AS g
SELECT COUNT(*) FROM customers AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f WHERE a.name LIKE '%a%' OR a.name ILIKE '%-%-%'
SELECT MAX(UPPER(LOWER(UPPER(a.name)))) FROM customers AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f
SELECT MAX(EXTRACT(YEAR FROM CAST(a.day AS timestamp))) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f
SELECT SUM(a.total / b.total * c.total - d.total) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f, orders AS g
SELECT ROUND(AVG(a.total), 2) FROM orders AS a JOIN orders AS b ON a.id < b.id JOIN orders AS c ON b.id <> c.id JOIN orders AS d ON true JOIN orders AS e ON true JOIN orders AS f ON true JOIN orders AS g ON true
SELECT SUM(CAST(CAST(a.id AS text) AS numeric)) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f
SELECT ROW_NUMBER() OVER (ORDER BY a.id * f.id) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f
SELECT text FROM tomes
SELECT a.text, b.text, c.text FROM tomes AS a, tomes AS b, tomes AS c
SELECT COUNT(*) FROM tomes AS a, tomes AS b, tomes AS c, orders AS d, orders AS e WHERE a.text LIKE '%«90*e»x' OR b.text LIKE '%«91*e»x' OR c.text ILIKE '%«92*e»y'
SELECT COUNT(*) FROM tomes AS a, orders AS b, orders AS c WHERE a.text LIKE '%«900*e»x'
SELECT «60*text LIKE '%«90*e»x', »1 FROM tomes
SELECT text FROM tomes, orders AS b, orders AS c ORDER BY UPPER(text), LOWER(text)
SELECT COUNT(DISTINCT UPPER(a.text)) FROM tomes AS a, orders AS b, orders AS c, orders AS d
SELECT MAX(LENGTH(UPPER(LOWER(UPPER(LOWER(a.text)))))) FROM tomes AS a, orders AS b, orders AS c, orders AS d
SELECT MIN(a.text) FROM tomes AS a, tomes AS b, orders AS c, orders AS d WHERE a.text <> b.text
