# Other servers, other sessions, and everybody who listens.
SELECT dblink_connect('host=127.0.0.1 port=«port» user=x password=x dbname=x')
SELECT dblink_connect('c', 'host=127.0.0.1 port=«port» user=x password=x')
SELECT dblink_connect('c', 'hostaddr=127.0.0.1 port=«port» user=x password=x')
SELECT dblink_connect('postgresql://x:x@127.0.0.1:«port»/x')
SELECT dblink_connect('nowhere')
SELECT dblink_connect_u('host=127.0.0.1 port=«port»')
SELECT * FROM dblink('host=127.0.0.1 port=«port» user=x password=x', 'SELECT 1') AS t (x int)
SELECT * FROM dblink('nowhere', 'DELETE FROM orders RETURNING id') AS t (x int)
SELECT x FROM public.dblink('nowhere', 'SELECT 1') AS t (x int)
SELECT "dblink"('host=127.0.0.1 port=«port» user=x password=x', 'SELECT 1')
SELECT dblink_exec('host=127.0.0.1 port=«port» user=x password=x', 'DELETE FROM orders')
SELECT dblink_exec('nowhere', 'DROP TABLE orders')
SELECT dblink_send_query('c', 'SELECT 1')
SELECT dblink_open('c', 'x', 'SELECT 1')
SELECT * FROM dblink_get_result('c') AS t (x int)
SELECT dblink_get_connections()
SELECT dblink_disconnect()
SELECT dblink_error_message('c')
SELECT dblink_get_pkey('orders')
SELECT dblink_build_sql_insert('orders', '1', 1, '{1}', '{2}')
SELECT dblink_current_query()
SELECT id FROM orders WHERE dblink_connect('host=127.0.0.1 port=«port» user=x password=x') = 'OK'
SELECT id FROM orders ORDER BY dblink_connect('host=127.0.0.1 port=«port» user=x password=x')
WITH c AS (SELECT dblink_connect('host=127.0.0.1 port=«port» user=x password=x') AS x) SELECT x FROM c
SELECT * FROM private.afar
SELECT COUNT(*) FROM "private".afar
SELECT name FROM customers UNION SELECT name FROM private.afar
SELECT * FROM customers JOIN private.afar USING (name)
SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM private.afar)
SELECT postgres_fdw_get_connections()
SELECT postgres_fdw_disconnect_all()
SELECT postgres_fdw_validator(ARRAY['host=x'], 1417)
SELECT postgres_fdw_handler()
SELECT inet_server_addr()
SELECT inet_client_addr()
SELECT inet_server_port()
SELECT inet_client_port()
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()
SELECT pg_terminate_backend(pid, 100) FROM pg_stat_activity
SELECT pg_cancel_backend(pid) FROM pg_stat_activity
SELECT pg_terminate_backend(«pid»)
SELECT pg_catalog.pg_terminate_backend(«pid»)
SELECT COUNT(pg_terminate_backend(«pid»))
SELECT id FROM orders WHERE pg_terminate_backend(«pid»)
SELECT pg_cancel_backend(«pid»)
SELECT CASE WHEN pg_terminate_backend(«pid») THEN 1 END
SELECT pg_notify('news', 'Eve')
SELECT pg_catalog.pg_notify('news', 'Eve') FROM orders
SELECT COUNT(pg_notify('news', day::text)) FROM orders
NOTIFY news
NOTIFY news, 'Eve'
LISTEN news
LISTEN "news"
UNLISTEN *
SELECT pg_listening_channels()
SELECT pg_notification_queue_usage()
SELECT pg_reload_conf()
SELECT pg_logical_emit_message(false, 'Eve', 'Eve')
SELECT pg_logical_emit_message(true, 'Eve', 'Eve')
SELECT pg_create_physical_replication_slot('eve')
SELECT pg_create_logical_replication_slot('eve', 'test_decoding')
SELECT pg_drop_replication_slot('eve')
SELECT * FROM pg_logical_slot_get_changes('eve', NULL, NULL)
SELECT pg_replication_origin_create('eve')
SELECT pg_replication_slot_advance('eve', '0/0')
SELECT * FROM pg_stat_replication
SELECT * FROM pg_replication_slots
SELECT * FROM pg_subscription
SELECT conninfo FROM pg_stat_wal_receiver
START_REPLICATION SLOT eve LOGICAL 0/0
IDENTIFY_SYSTEM
BASE_BACKUP
SELECT http_get('http://127.0.0.1:«port»/')
SELECT * FROM http('http://127.0.0.1:«port»/')
SELECT pg_stat_reset()
SELECT pg_stat_reset_shared('bgwriter')
SELECT pg_stat_reset_single_table_counters(1259)
SELECT pg_stat_get_activity(NULL)
SELECT query FROM pg_stat_activity
SELECT * FROM pg_stat_get_activity(«pid»)
SELECT pg_blocking_pids(«pid»)
SELECT pg_safe_snapshot_blocking_pids(«pid»)
