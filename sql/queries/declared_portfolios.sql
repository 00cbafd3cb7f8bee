-- Grain: one row. Inputs: out_hypothetical_portfolios.
-- Use: what the declared portfolios hold, as one text for the checksum of a run; null where none is
-- declared.
SELECT
    string_agg(
        portfolio_id || ': ' || composition || '; roll ' || roll_days::VARCHAR,
        chr(10) ORDER BY portfolio_id
    ) AS declared
FROM out_hypothetical_portfolios;
