# Pragmas as statements and as table-valued functions: settings, the file's own header, and what they tell.
PRAGMA query_only = OFF
PRAGMA query_only(0)
PRAGMA main.query_only = 0
PRAGMA "query_only" = false
PRAGMA query_only
pragma/**/query_only=0
EXPLAIN PRAGMA query_only = OFF
PRAGMA writable_schema = ON
PRAGMA writable_schema = RESET
PRAGMA trusted_schema = ON
PRAGMA journal_mode = DELETE
PRAGMA journal_mode = WAL
PRAGMA journal_mode = OFF
PRAGMA main.journal_mode = MEMORY
PRAGMA journal_mode
PRAGMA journal_size_limit = 0
PRAGMA wal_checkpoint
PRAGMA wal_checkpoint(TRUNCATE)
PRAGMA wal_autocheckpoint = 1
PRAGMA locking_mode = EXCLUSIVE
PRAGMA synchronous = OFF
PRAGMA user_version = 7
PRAGMA user_version
PRAGMA application_id = 7
PRAGMA schema_version = 7
PRAGMA schema_version
PRAGMA data_version
PRAGMA encoding = 'UTF-16'
PRAGMA encoding
PRAGMA page_size = 512
PRAGMA page_count
PRAGMA max_page_count = 10
PRAGMA freelist_count
PRAGMA auto_vacuum = FULL
PRAGMA incremental_vacuum
PRAGMA secure_delete = ON
PRAGMA cache_size = -1000000
PRAGMA cache_spill = OFF
PRAGMA mmap_size = 1000000000000
PRAGMA temp_store = FILE
PRAGMA temp_store_directory = '«folder»'
PRAGMA data_store_directory = '«folder»'
PRAGMA threads = 8
PRAGMA soft_heap_limit = 1
PRAGMA hard_heap_limit = 1
PRAGMA busy_timeout = 1000000
PRAGMA foreign_keys = ON
PRAGMA defer_foreign_keys = ON
PRAGMA ignore_check_constraints = ON
PRAGMA recursive_triggers = ON
PRAGMA reverse_unordered_selects = ON
PRAGMA case_sensitive_like = ON
PRAGMA count_changes = ON
PRAGMA full_column_names = ON
PRAGMA short_column_names = OFF
PRAGMA empty_result_callbacks = ON
PRAGMA legacy_alter_table = ON
PRAGMA legacy_file_format = ON
PRAGMA cell_size_check = ON
PRAGMA checkpoint_fullfsync = ON
PRAGMA fullfsync = ON
PRAGMA read_uncommitted = ON
PRAGMA automatic_index = OFF
PRAGMA analysis_limit = 1
PRAGMA optimize
PRAGMA optimize(0x10002)
PRAGMA shrink_memory
PRAGMA integrity_check
PRAGMA quick_check
PRAGMA foreign_key_check
PRAGMA foreign_key_list(orders)
PRAGMA table_info(orders)
PRAGMA table_xinfo(orders)
PRAGMA table_list
PRAGMA index_list(orders)
PRAGMA index_info(by_day)
PRAGMA index_xinfo(by_day)
PRAGMA database_list
PRAGMA collation_list
PRAGMA function_list
PRAGMA module_list
PRAGMA pragma_list
PRAGMA compile_options
PRAGMA stats
PRAGMA lock_status
PRAGMA key = 'x'
PRAGMA rekey = 'x'
PRAGMA activate_extensions = 'x'
PRAGMA vdbe_trace = ON
PRAGMA parser_trace = ON
PRAGMA no_such_pragma = 1
SELECT * FROM pragma_table_info('orders')
SELECT * FROM pragma_table_xinfo('orders')
SELECT * FROM pragma_table_list
SELECT * FROM pragma_database_list
SELECT file FROM pragma_database_list()
SELECT * FROM pragma_function_list
SELECT * FROM pragma_module_list
SELECT * FROM pragma_pragma_list
SELECT * FROM pragma_compile_options
SELECT * FROM pragma_collation_list
SELECT * FROM pragma_index_list('orders')
SELECT * FROM pragma_foreign_key_list('orders')
SELECT * FROM pragma_user_version
SELECT * FROM pragma_integrity_check
SELECT * FROM pragma_journal_mode
SELECT * FROM pragma_page_count, pragma_page_size
SELECT * FROM pragma_schema_version
SELECT * FROM pragma_data_version
SELECT * FROM pragma_encoding
SELECT * FROM "pragma_table_info"('orders')
SELECT * FROM main.pragma_database_list
SELECT * FROM customers JOIN pragma_table_info('orders')
SELECT * FROM customers, pragma_database_list AS orders
SELECT name FROM customers WHERE name IN (SELECT name FROM pragma_table_list)
SELECT name FROM customers WHERE name IN pragma_function_list
SELECT t.name FROM customers AS c, pragma_table_info(c.name) AS t
