-- Grain: contract, rule, column_name, severity. Inputs: out_contract_results.
-- Use: what the data contracts checked and found, over all dates up to an as-of date.
SELECT
    contract,
    rule,
    column_name,
    severity,
    sum(checked_count)::BIGINT AS checked_count,
    sum(failed_count)::BIGINT AS failed_count,
    coalesce(
        min(message) FILTER (WHERE failed_count > 0),
        min(message)
    ) AS message
FROM out_contract_results
WHERE business_date IS NULL OR business_date <= $as_of_date
GROUP BY contract, rule, column_name, severity
ORDER BY contract, rule, column_name, severity;
