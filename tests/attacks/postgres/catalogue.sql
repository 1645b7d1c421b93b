# What is not the operator's data: catalogues, other schemas, system columns, rows as a whole, definitions and rights.
SELECT * FROM pg_class
SELECT * FROM pg_catalog.pg_class
SELECT relname FROM "pg_catalog"."pg_class"
SELECT relname FROM U&"pg_cl\0061ss"
SELECT * FROM postgres.pg_catalog.pg_class
SELECT * FROM pg_authid
SELECT rolpassword FROM pg_authid
SELECT * FROM pg_shadow
SELECT passwd FROM pg_shadow
SELECT * FROM pg_roles
SELECT * FROM pg_user
SELECT * FROM pg_group
SELECT * FROM pg_auth_members
SELECT * FROM pg_database
SELECT * FROM pg_namespace
SELECT * FROM pg_tables
SELECT * FROM pg_views
SELECT definition FROM pg_views WHERE viewname = 'dear'
SELECT * FROM pg_matviews
SELECT * FROM pg_indexes
SELECT * FROM pg_sequences
SELECT * FROM pg_rules
SELECT * FROM pg_policies
SELECT * FROM pg_proc WHERE proname = 'scribble'
SELECT prosrc FROM pg_proc
SELECT * FROM pg_trigger
SELECT * FROM pg_attribute
SELECT * FROM pg_attrdef
SELECT * FROM pg_constraint
SELECT * FROM pg_description
SELECT * FROM pg_depend
SELECT * FROM pg_type
SELECT * FROM pg_stats
SELECT most_common_vals FROM pg_stats
SELECT * FROM pg_statistic
SELECT * FROM pg_stat_user_tables
SELECT * FROM pg_statio_all_tables
SELECT * FROM pg_stat_statements
SELECT * FROM pg_foreign_server
SELECT * FROM pg_user_mapping
SELECT umoptions FROM pg_user_mappings
SELECT * FROM pg_extension
SELECT * FROM pg_available_extensions
SELECT * FROM pg_timezone_names
SELECT * FROM pg_shmem_allocations
SELECT * FROM pg_backend_memory_contexts
SELECT * FROM pg_event_trigger
SELECT * FROM pg_publication
SELECT * FROM pg_seclabel
SELECT * FROM pg_toast.pg_toast_1255
SELECT * FROM pg_temp.orders
SELECT * FROM information_schema.tables
SELECT * FROM information_schema.columns
SELECT * FROM information_schema.enabled_roles
SELECT * FROM information_schema.routines
SELECT * FROM "information_schema"."schemata"
SELECT * FROM private.treasure
SELECT secret FROM private.treasure
SELECT * FROM "private"."treasure"
SELECT * FROM postgres.private.treasure
SELECT * FROM private . treasure
SELECT private.treasure.secret FROM private.treasure
SELECT name FROM customers UNION SELECT secret FROM private.treasure
SELECT (SELECT secret FROM private.treasure)
SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM private.treasure)
SELECT id FROM orders ORDER BY (SELECT secret FROM private.treasure)
SELECT id FROM orders LIMIT (SELECT COUNT(*) FROM private.treasure)
WITH customers AS (SELECT secret AS name FROM private.treasure) SELECT name FROM customers
WITH customers (name) AS (TABLE private.treasure) SELECT name FROM customers
SELECT c.name FROM customers AS c, LATERAL (SELECT secret FROM private.treasure) AS t
SELECT c.name FROM customers AS c CROSS JOIN private.treasure
SELECT treasure FROM private.treasure
SELECT * FROM treasure
TABLE private.treasure
TABLE pg_authid
TABLE ONLY pg_class
VALUES ((SELECT secret FROM private.treasure))
SELECT * FROM customers TABLESAMPLE SYSTEM (100), private.treasure
SELECT * FROM ONLY private.treasure
SELECT * FROM private.treasure *
SELECT ctid FROM orders
SELECT xmin, xmax, cmin, cmax FROM orders
SELECT tableoid FROM orders
SELECT tableoid::regclass FROM orders
SELECT orders.ctid FROM orders
SELECT orders.tableoid FROM orders
SELECT orders FROM orders
SELECT o FROM orders AS o
SELECT (o).total FROM orders AS o
SELECT (o.*).total FROM orders AS o
SELECT ROW (o.*) FROM orders AS o
SELECT COUNT(orders) FROM orders
SELECT o::text FROM orders AS o
SELECT CAST(o AS text) FROM orders AS o
SELECT MAX(o::text) FROM orders AS o
SELECT o.row_to_json FROM orders AS o
SELECT o.to_json FROM orders AS o
SELECT o.pg_typeof FROM orders AS o
SELECT o.pg_column_size FROM orders AS o
SELECT orders.row_to_json FROM orders
SELECT id FROM orders WHERE orders.row_to_json IS NOT NULL
SELECT id FROM orders ORDER BY orders.row_to_json
SELECT c.scribble FROM customers AS c
SELECT id FROM orders AS o WHERE o = o
SELECT id FROM orders AS o WHERE o IN (SELECT orders FROM orders)
SELECT DISTINCT o FROM orders AS o
SELECT 'orders'::regclass
SELECT 'pg_authid'::regclass::oid
SELECT 'scribble'::regproc
SELECT 'scribble(text)'::regprocedure
SELECT 'keeper'::regrole
SELECT 'private'::regnamespace
SELECT 'int'::regtype
SELECT CAST('private.treasure' AS regclass)
SELECT regclass 'orders'
SELECT 1259::regclass
SELECT to_regclass('private.treasure')
SELECT pg_get_viewdef('dear')
SELECT pg_get_viewdef('dear'::regclass, true)
SELECT pg_get_functiondef('scribble(text)'::regprocedure)
SELECT pg_get_indexdef('by_day'::regclass)
SELECT pg_get_constraintdef(oid) FROM pg_constraint
SELECT pg_get_triggerdef(oid) FROM pg_trigger
SELECT pg_get_ruledef(oid) FROM pg_rewrite
SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
SELECT pg_get_serial_sequence('tickets', 'number')
SELECT pg_get_userbyid(10)
SELECT pg_describe_object(1259, 'orders'::regclass, 0)
SELECT obj_description('orders'::regclass)
SELECT col_description('orders'::regclass, 1)
SELECT has_table_privilege('private.treasure', 'select')
SELECT has_schema_privilege('private', 'usage')
SELECT pg_has_role('keeper', 'member')
SELECT pg_relation_size('orders')
SELECT pg_database_size('postgres')
SELECT pg_column_size(note) FROM orders
SELECT pg_typeof(total) FROM orders
SELECT * FROM tickets_number_seq
SELECT last_value FROM public.tickets_number_seq
SELECT currval('tickets_number_seq')
SELECT lastval()
SELECT pg_sequence_last_value('tickets_number_seq'::regclass)
SELECT * FROM by_day
SELECT * FROM nowhere
SELECT * FROM frozen, private.treasure
SELECT * FROM public.orders
SELECT public.orders.id FROM public.orders
