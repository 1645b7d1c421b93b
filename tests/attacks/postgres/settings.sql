# Settings, roles, transactions, locks, prepared statements: whatever would outlive a statement on a pooled connection.
SELECT set_config('statement_timeout', '0', false)
SELECT set_config('statement_timeout', '0', true)
SELECT set_config('statement_timeout', '0', false), pg_sleep(3)
SELECT set_config('default_transaction_read_only', 'off', false)
SELECT set_config('transaction_read_only', 'off', false)
SELECT set_config('transaction_read_only', 'off', true), scribble('Eve')
SELECT set_config('role', 'keeper', false)
SELECT set_config('role', 'none', true), query_to_xml('SELECT pg_read_file(''«folder»/secret.txt'')', true, true, '')
SELECT set_config('session_authorization', 'tests', false)
SELECT set_config('search_path', 'private', false)
SELECT set_config('search_path', 'pg_temp, private', true), query_to_xml('SELECT * FROM treasure', true, true, '')
SELECT set_config('standard_conforming_strings', 'off', false)
SELECT set_config('backslash_quote', 'on', false)
SELECT set_config('client_encoding', 'SQL_ASCII', false)
SELECT set_config('row_security', 'off', false)
SELECT set_config('work_mem', '10GB', false)
SELECT set_config('temp_buffers', '1GB', false)
SELECT set_config('log_statement', 'all', false)
SELECT set_config('application_name', 'Eve', false)
SELECT set_config('DateStyle', 'German', false)
SELECT set_config('TimeZone', 'Asia/Tokyo', false)
SELECT set_config('lc_messages', 'C', false)
SELECT set_config('extra_float_digits', '-15', false)
SELECT set_config('bytea_output', 'escape', false)
SELECT set_config('xmloption', 'document', false)
SELECT set_config('session_preload_libraries', '«folder»/evil.so', false)
SELECT set_config('local_preload_libraries', 'x', false)
SELECT set_config('dynamic_library_path', '«folder»', false)
SELECT set_config('temp_tablespaces', '', false)
SELECT set_config('session_replication_role', 'replica', false)
SELECT set_config('lock_timeout', '0', false)
SELECT set_config('idle_in_transaction_session_timeout', '0', false)
SELECT set_config('enable_seqscan', 'off', false)
SELECT set_config('plan_cache_mode', 'force_generic_plan', false)
SELECT set_config('force_parallel_mode', 'on', false)
SELECT set_config('max_parallel_workers_per_gather', '64', false)
SELECT set_config('jit', 'on', false)
SELECT set_config('app.whatever', 'Eve', false)
SELECT pg_catalog.set_config('statement_timeout', '0', false)
SELECT "set_config"('statement_timeout', '0', false)
SELECT U&"set\005fconfig"('statement_timeout', '0', false)
SELECT set_config(name, '0', false) FROM pg_settings WHERE name LIKE '%timeout'
SELECT set_config(setting_name => 'statement_timeout', new_value => '0', is_local => false)
SELECT id FROM orders WHERE set_config('statement_timeout', '0', false) = '0'
SELECT id FROM orders ORDER BY set_config('statement_timeout', '0', false)
SELECT id FROM orders LIMIT set_config('statement_timeout', '5', false)::int
SELECT COUNT(set_config('statement_timeout', '0', false)) FROM orders
SELECT * FROM set_config('statement_timeout', '0', false)
SELECT current_setting('app.secret')
SELECT current_setting('app.secret', true)
SELECT current_setting('data_directory')
SELECT current_setting('config_file')
SELECT current_setting('shared_preload_libraries')
SELECT setting FROM pg_settings WHERE name = 'app.secret'
SELECT * FROM pg_settings
SELECT name, setting FROM pg_catalog.pg_settings
SELECT * FROM pg_show_all_settings()
SELECT * FROM pg_db_role_setting
SET statement_timeout = 0
SET LOCAL statement_timeout = 0
SET SESSION statement_timeout TO DEFAULT
SET transaction_read_only = off
SET TRANSACTION READ WRITE
SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE
SET default_transaction_read_only = off
SET ROLE keeper
SET ROLE NONE
SET LOCAL ROLE keeper
SET SESSION AUTHORIZATION tests
SET SESSION AUTHORIZATION DEFAULT
SET search_path = private
SET SCHEMA 'private'
SET NAMES 'LATIN1'
SET TIME ZONE 'Asia/Tokyo'
SET SEED TO 0.5
SET XML OPTION DOCUMENT
SET CONSTRAINTS ALL DEFERRED
RESET ALL
RESET ROLE
RESET SESSION AUTHORIZATION
RESET statement_timeout
SHOW ALL
SHOW app.secret
SHOW statement_timeout
SHOW data_directory
DISCARD ALL
DISCARD TEMP
DISCARD PLANS
BEGIN
BEGIN READ WRITE
START TRANSACTION READ WRITE
COMMIT
COMMIT AND CHAIN
END
ROLLBACK
ROLLBACK AND NO CHAIN
ABORT
SAVEPOINT s
RELEASE s
ROLLBACK TO s
PREPARE TRANSACTION 'eve'
COMMIT PREPARED 'eve'
ROLLBACK PREPARED 'eve'
DECLARE c CURSOR FOR SELECT 1
DECLARE c CURSOR WITH HOLD FOR SELECT id FROM orders
DECLARE c BINARY INSENSITIVE SCROLL CURSOR WITH HOLD FOR SELECT 1
FETCH ALL FROM answer
FETCH ALL FROM c
MOVE FORWARD ALL IN answer
CLOSE ALL
CLOSE answer
PREPARE p AS SELECT 1
DEALLOCATE ALL
DEALLOCATE p
LOCK TABLE orders
LOCK TABLE orders IN ACCESS EXCLUSIVE MODE
LOCK TABLE orders IN ACCESS SHARE MODE NOWAIT
SELECT pg_advisory_lock(1)
SELECT pg_advisory_lock(1, 2)
SELECT pg_advisory_lock_shared(1)
SELECT pg_try_advisory_lock(1)
SELECT pg_try_advisory_lock_shared(1)
SELECT pg_advisory_xact_lock(1)
SELECT pg_try_advisory_xact_lock(1)
SELECT pg_advisory_lock(id) FROM orders
SELECT COUNT(pg_advisory_lock(id)) FROM orders
SELECT pg_catalog.pg_advisory_lock(1)
SELECT U&"pg_advisory\005flock"(1)
SELECT id FROM orders WHERE pg_try_advisory_lock(id)
SELECT id FROM orders ORDER BY pg_try_advisory_lock(id)
SELECT pg_advisory_unlock(1)
SELECT pg_advisory_unlock_all()
SELECT setseed(0.5)
SELECT setseed(0.5) FROM orders
SELECT pg_stat_clear_snapshot()
SELECT txid_current()
SELECT pg_current_xact_id()
SELECT pg_export_snapshot() FROM orders
SET TRANSACTION SNAPSHOT '00000003-00000001-1'
SELECT * FROM pg_prepared_statements
SELECT * FROM pg_cursors
SELECT * FROM pg_locks
SELECT pg_jit_available()
SELECT pg_trigger_depth()
SELECT pg_my_temp_schema()
SELECT pg_conf_load_time()
SELECT pg_postmaster_start_time()
