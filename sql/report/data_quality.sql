-- Grain: one row. Inputs: core_prices, core_positions, out_backtest, core_quarantine.
-- Use: what the report's figures rest on, up to an as-of date; quarantined rows are those of every
-- file, whatever their date.
SELECT
    (SELECT min(business_date) FROM core_positions) AS first_date,
    (SELECT max(business_date) FROM core_positions WHERE business_date <= $as_of_date) AS last_date,
    (
        SELECT count(DISTINCT business_date) FROM core_positions
        WHERE business_date <= $as_of_date
    ) AS business_dates,
    (
        SELECT count(DISTINCT account_id) FROM core_positions
        WHERE business_date <= $as_of_date
    ) AS accounts,
    (
        SELECT count(DISTINCT instrument_id) FROM core_positions
        WHERE business_date <= $as_of_date
    ) AS instruments,
    (
        SELECT count(*) FROM out_backtest
        WHERE
            (horizon_end_date IS NULL OR horizon_end_date > $as_of_date)
            AND scope = 'account' AND track = 'core_model'
            AND model_id = $model_id AND mpor_days = $mpor_days AND business_date <= $as_of_date
    ) AS pending_account_days,
    (
        SELECT count(*) FROM out_backtest
        WHERE
            status = 'missing_price' AND horizon_end_date <= $as_of_date
            AND scope = 'account' AND track = 'core_model'
            AND model_id = $model_id AND mpor_days = $mpor_days AND business_date <= $as_of_date
    ) AS missing_price_account_days,
    (SELECT count(*) FROM core_quarantine) AS quarantined_rows;
