# Files, programs and logs of the server's machine.
COPY orders TO '«folder»/new.txt'
COPY (SELECT * FROM orders) TO '«folder»/new.txt' WITH (FORMAT csv)
COPY orders TO PROGRAM 'touch «folder»/new.txt'
COPY (SELECT 1) TO PROGRAM 'cat > «folder»/new.txt'
COPY customers (name) FROM '«folder»/secret.txt'
COPY customers (name) FROM PROGRAM 'cat «folder»/secret.txt'
COPY orders TO STDOUT
COPY (DELETE FROM orders RETURNING *) TO STDOUT
COPY BINARY orders TO '«folder»/new.txt'
SELECT pg_read_file('«folder»/secret.txt')
SELECT pg_read_file('postgresql.conf')
SELECT pg_read_file('postgresql.conf', 0, 10)
SELECT pg_read_file('postgresql.conf', 0, 10, true)
SELECT pg_read_file('../secret.txt')
SELECT pg_read_file('PG_VERSION')
SELECT pg_read_file(chr(112) || 'ostgresql.conf')
SELECT pg_read_file(current_setting('config_file'))
SELECT pg_read_file(current_setting('hba_file'))
SELECT pg_catalog.pg_read_file('«folder»/secret.txt')
SELECT "pg_read_file"('«folder»/secret.txt')
SELECT pg_read_file(VARIADIC ARRAY['«folder»/secret.txt'])
SELECT PG_READ_FILE ('«folder»/secret.txt')
SELECT U&"pg\005fread\005ffile"('«folder»/secret.txt')
SELECT U&"pg!005fread!005ffile" UESCAPE '!' ('«folder»/secret.txt')
SELECT pg_read_file/**/('«folder»/secret.txt')
SELECT pg_read_file«lf»('«folder»/secret.txt')
SELECT pg_read_file(E'\x2fetc\x2fpasswd')
SELECT pg_read_file($$«folder»/secret.txt$$)
SELECT pg_read_file(U&'\002fetc\002fpasswd')
SELECT pg_read_file('/etc/pass' 'wd')
SELECT pg_read_file('/etc/pass'«lf»'wd')
SELECT pg_read_file(filename => '«folder»/secret.txt')
SELECT pg_read_file(filename := '«folder»/secret.txt')
SELECT pg_read_binary_file('«folder»/secret.txt')
SELECT convert_from(pg_read_binary_file('«folder»/secret.txt'), 'UTF8')
SELECT pg_read_file_old('«folder»/secret.txt')
SELECT pg_stat_file('«folder»/secret.txt')
SELECT (pg_stat_file('«folder»/secret.txt')).size
SELECT size FROM pg_stat_file('«folder»/secret.txt')
SELECT pg_stat_file('postgresql.conf', true)
SELECT pg_ls_dir('.')
SELECT pg_ls_dir('«folder»')
SELECT * FROM pg_ls_dir('/')
SELECT pg_ls_dir('.', true, true)
SELECT * FROM pg_ls_logdir()
SELECT * FROM pg_ls_waldir()
SELECT * FROM pg_ls_tmpdir()
SELECT * FROM pg_ls_archive_statusdir()
SELECT * FROM pg_ls_logicalsnapdir()
SELECT * FROM pg_ls_logicalmapdir()
SELECT * FROM pg_ls_replslotdir('x')
SELECT pg_current_logfile()
SELECT pg_current_logfile('stderr')
SELECT pg_rotate_logfile()
SELECT pg_logfile_rotate()
SELECT pg_file_write('«folder»/new.txt', 'x', false)
SELECT pg_file_unlink('«folder»/secret.txt')
SELECT pg_file_rename('«folder»/secret.txt', 'x')
SELECT pg_file_sync('«folder»/secret.txt')
SELECT lo_import('«folder»/secret.txt')
SELECT lo_import('/etc/passwd', 4711)
SELECT lo_export(4242, '«folder»/new.txt')
SELECT lo_get(lo_import('«folder»/secret.txt'))
SELECT lo_get(4242)
SELECT lo_get(4242, 0, 10)
SELECT loread(lo_open(4242, 262144), 100)
SELECT * FROM pg_largeobject
SELECT data FROM pg_largeobject WHERE loid = 4242
SELECT * FROM pg_largeobject_metadata
SELECT lomowner FROM pg_catalog.pg_largeobject_metadata
SELECT pg_backup_start('x')
SELECT pg_backup_stop()
SELECT pg_export_snapshot()
SELECT pg_create_restore_point('x')
SELECT pg_switch_wal()
SELECT pg_relation_filepath('orders')
SELECT pg_relation_filenode('orders')
SELECT pg_filenode_relation(0, 1259)
SELECT pg_tablespace_location(1663)
SELECT * FROM pg_file_settings
SELECT * FROM pg_hba_file_rules
SELECT * FROM pg_ident_file_mappings
SELECT * FROM pg_show_all_file_settings()
SELECT pg_hba_file_rules()
SELECT * FROM pg_config
SELECT * FROM pg_config()
SELECT * FROM pg_stat_ssl
SELECT pg_read_server_files
SELECT pg_promote()
SELECT pg_wal_replay_pause()
SELECT pg_log_backend_memory_contexts(pg_backend_pid())
SELECT pg_current_wal_lsn()
SELECT * FROM pg_get_wal_records_info('0/0', '0/1')
SELECT ts_lexize('english_stem', pg_read_file('postgresql.conf'))
SELECT xmlparse(document '<!DOCTYPE x [<!ENTITY e SYSTEM "file://«folder»/secret.txt">]><x>&e;</x>')
SELECT xpath('/x', xmlparse(document '<!DOCTYPE x [<!ENTITY e SYSTEM "file://«folder»/secret.txt">]><x>&e;</x>'))
SELECT '<!DOCTYPE x SYSTEM "http://127.0.0.1:«port»/x.dtd"><x/>'::xml
\copy orders TO '«folder»/new.txt'
\! touch «folder»/new.txt
\i «folder»/secret.txt
\o «folder»/new.txt
\lo_import «folder»/secret.txt
