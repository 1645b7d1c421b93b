# Runaways: all are honest in their words, or as near to it as the lock allows. Each must be refused, capped, or cut at the deadline.
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT SUM(x) FROM n
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n
WITH RECURSIVE n(x) AS (SELECT 1 UNION SELECT x + 1 FROM n) SELECT COUNT(*) FROM n
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT MAX(x) FROM n WHERE x < 0
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n ORDER BY 1 DESC) SELECT x FROM n WHERE x < 0
WITH RECURSIVE d(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM d LIMIT 40) SELECT MAX(LENGTH(s)) FROM d
WITH RECURSIVE d(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM d LIMIT 20) SELECT s FROM d
WITH RECURSIVE d(s) AS (SELECT 'a' UNION ALL SELECT s || s FROM d LIMIT 20) SELECT INSTR(MAX(s), SUBSTR(MAX(s), 1, 400000) || 'b') FROM d
WITH RECURSIVE d(s) AS (SELECT 'a' UNION ALL SELECT s || s FROM d LIMIT 20) SELECT MAX(s) LIKE '%«900*a»b' FROM d
WITH RECURSIVE d(s) AS (SELECT 'a' UNION ALL SELECT s || s FROM d LIMIT 20) SELECT COUNT(*) FROM d, orders WHERE s LIKE '%«900*a»b'
WITH RECURSIVE d(s) AS (SELECT 'a' UNION ALL SELECT s || s FROM d LIMIT 20) SELECT COUNT(*) FROM d, orders WHERE s LIKE '%«90*a»b'
WITH RECURSIVE d(s) AS (SELECT 'a' UNION ALL SELECT s || s FROM d LIMIT 20) SELECT COUNT(*) FROM d WHERE «80*s LIKE '%«90*a»b' OR »s = ''
WITH RECURSIVE d(s) AS (SELECT 'a' UNION ALL SELECT s || s FROM d LIMIT 20) SELECT LENGTH(TRIM(MAX(s), 'b' || MAX(s))) FROM d
WITH RECURSIVE d(s) AS (SELECT '%J' UNION ALL SELECT s || s FROM d LIMIT 16) SELECT LENGTH(STRFTIME(s, '2024-01-01')) FROM d, orders
WITH RECURSIVE d(s) AS (SELECT '%J' UNION ALL SELECT s || s FROM d LIMIT 16) SELECT «150*LENGTH(STRFTIME(MAX(s), '2024-01-01')) + »0 FROM d
WITH RECURSIVE d(s) AS (SELECT '9' UNION ALL SELECT s || s FROM d LIMIT 20) SELECT SUM(CAST(s AS REAL)) FROM d, orders, orders AS p, orders AS q
WITH RECURSIVE d(s) AS (SELECT 'a' UNION ALL SELECT s || s FROM d LIMIT 20) SELECT COUNT(DISTINCT UPPER(s) || p.id) FROM d, orders, orders AS p
WITH RECURSIVE d(s) AS (SELECT 'a' UNION ALL SELECT s || s FROM d LIMIT 19) SELECT s || orders.id FROM d, orders, orders AS p ORDER BY 1
WITH RECURSIVE f(a, b) AS (SELECT 1, 1 UNION ALL SELECT b, a + b FROM f) SELECT COUNT(*) FROM f
WITH RECURSIVE m(x, y) AS (SELECT 0, 0 UNION ALL SELECT CASE WHEN x < 9 THEN x + 1 ELSE 0 END, y + 1 FROM m) SELECT MAX(y) FROM m
WITH RECURSIVE t(i, d) AS (SELECT 1, '2024-01-01' UNION ALL SELECT i + 1, DATE(d, '+1 day') FROM t) SELECT MAX(d) FROM t
WITH RECURSIVE a(x) AS (SELECT id FROM orders UNION ALL SELECT a.x FROM a, orders) SELECT COUNT(*) FROM a
WITH RECURSIVE a(x) AS (SELECT id FROM orders UNION ALL SELECT x + 1 FROM a), b AS (SELECT x FROM a) SELECT COUNT(*) FROM b, orders
SELECT SUM(a.id) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f, orders AS g, orders AS h
SELECT COUNT(*) FROM orders AS a CROSS JOIN orders AS b CROSS JOIN orders AS c CROSS JOIN orders AS d CROSS JOIN orders AS e CROSS JOIN orders AS f
SELECT a.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f ORDER BY a.id + f.id
SELECT a.day FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f ORDER BY a.day, b.day, c.day, d.day
SELECT DISTINCT a.id, b.id, c.id, d.id, e.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e ORDER BY 1, 2, 3, 4, 5
SELECT COUNT(DISTINCT a.id * b.id * c.id * d.id * e.id * f.id) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f
SELECT a.id, COUNT(*) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f GROUP BY a.id
SELECT a.id, b.id, c.id, d.id, COUNT(*) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f GROUP BY 1, 2, 3, 4
SELECT a.id FROM orders AS a LEFT JOIN orders AS b ON 1 LEFT JOIN orders AS c ON 1 LEFT JOIN orders AS d ON 1 LEFT JOIN orders AS e ON 1 LEFT JOIN orders AS f ON 1 WHERE a.id + f.id < 0
SELECT id FROM orders WHERE id + (SELECT COUNT(*) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e WHERE a.id > orders.id) < 0
SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f WHERE a.id + b.id + c.id + d.id + e.id + f.id < orders.id)
SELECT id FROM orders WHERE id IN (SELECT a.id + b.id + c.id + d.id + e.id + f.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f)
SELECT id FROM orders WHERE id NOT IN (SELECT -a.id - b.id - c.id - d.id - e.id - f.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f)
SELECT id FROM orders ORDER BY (SELECT COUNT(*) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f WHERE f.id > orders.id)
SELECT a.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e UNION SELECT a.total FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e
SELECT a.id + b.id * c.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e EXCEPT SELECT a.id + d.id * e.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e
SELECT a.id + b.id * c.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e INTERSECT SELECT -1 - a.id FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e
SELECT COUNT(*) FROM (SELECT a.id FROM orders AS a, orders AS b, orders AS c, orders AS d), (SELECT a.id FROM orders AS a, orders AS b, orders AS c)
SELECT COUNT(*) FROM dear AS a, dear AS b, dear AS c, dear AS d, dear AS e, dear AS f
SELECT COUNT(*) FROM spin
SELECT turn FROM spin
SELECT * FROM spin ORDER BY turn DESC
SELECT COUNT(*) FROM orders, spin WHERE orders.id = spin.turn
SELECT id FROM orders WHERE id IN (SELECT turn FROM spin WHERE turn < 0)
SELECT SUM(LENGTH(a.day) + LENGTH(b.day) + LENGTH(c.day)) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f
SELECT COUNT(*) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e WHERE a.day LIKE '%' AND b.day LIKE '%-%-%' AND c.day LIKE '%0%' AND d.day LIKE e.day
SELECT MAX(UPPER(LOWER(UPPER(a.day)))) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f
SELECT MAX(STRFTIME('%Y-%m-%d', a.day)) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f
SELECT SUM(a.total / b.total * c.total - d.total) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f, orders AS g
SELECT ROUND(AVG(a.total), 2) FROM orders AS a JOIN orders AS b ON a.id < b.id JOIN orders AS c ON b.id <> c.id JOIN orders AS d ON 1 JOIN orders AS e ON 1 JOIN orders AS f ON 1 JOIN orders AS g ON 1
SELECT ROW_NUMBER() OVER (ORDER BY a.id * f.id) FROM orders AS a, orders AS b, orders AS c, orders AS d, orders AS e, orders AS f
SELECT SUM(a.id) OVER (ORDER BY b.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM orders AS a, orders AS b, orders AS c, orders AS d
SELECT COUNT(*) FROM letters WHERE body LIKE '%«900*e»x' OR body LIKE '%«901*e»x' OR body LIKE '%«902*e»x'
SELECT COUNT(*) FROM tomes AS a, tomes AS b WHERE a.text LIKE '%«90*e»x' OR b.text LIKE '%«91*e»x' OR a.text LIKE '%«92*e»y'
SELECT «60*text LIKE '%«90*e»x', »1 FROM tomes
SELECT COUNT(*) FROM tomes AS a, tomes AS b, tomes AS c WHERE a.text || b.text <> c.text
SELECT a.text, b.text, c.text FROM tomes AS a, tomes AS b, tomes AS c
SELECT text FROM tomes ORDER BY UPPER(text) || LOWER(text)
SELECT MAX(a.text || b.text || c.text) FROM tomes AS a, tomes AS b, tomes AS c
SELECT COUNT(DISTINCT UPPER(a.text) || b.id || c.id) FROM tomes AS a, orders AS b, orders AS c
SELECT LENGTH(UPPER(LOWER(UPPER(LOWER(a.text))))) FROM tomes AS a, orders AS b, orders AS c, orders AS d
