-- Grain: table or view of schema main, column. Inputs: the database's own catalogue.
-- Use: the data catalogue; a comment that is missing is an empty text.
WITH relations AS (
    SELECT
        table_name,
        comment
    FROM duckdb_tables()
    WHERE schema_name = 'main' AND database_name = current_database()
    UNION ALL
    SELECT
        view_name AS table_name,
        comment
    FROM duckdb_views()
    WHERE schema_name = 'main' AND database_name = current_database() AND NOT internal
)

SELECT
    relations.table_name,
    columns.column_name,
    columns.data_type,
    coalesce(relations.comment, '') AS table_comment,
    coalesce(columns.comment, '') AS column_comment
FROM relations
INNER JOIN duckdb_columns() AS columns ON relations.table_name = columns.table_name
WHERE columns.schema_name = 'main' AND columns.database_name = current_database()
ORDER BY relations.table_name, columns.column_index;
