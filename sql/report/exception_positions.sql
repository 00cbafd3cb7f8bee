-- Grain: instrument_id. Inputs: core_positions, core_prices, core_instruments.
-- Use: what an account held on the date of an exceedance, with the prices of that date and of the
-- end of the horizon.
SELECT
    held.instrument_id,
    instrument.product,
    instrument.kind,
    held.quantity,
    first_price.settlement_price AS first_price,
    last_price.settlement_price AS last_price,
    100 * (last_price.settlement_price / nullif(first_price.settlement_price, 0) - 1) AS change_pct
FROM core_positions AS held
LEFT JOIN core_instruments AS instrument ON held.instrument_id = instrument.instrument_id
LEFT JOIN core_prices AS first_price
    ON
        held.instrument_id = first_price.instrument_id
        AND held.business_date = first_price.business_date
LEFT JOIN core_prices AS last_price
    ON
        held.instrument_id = last_price.instrument_id
        AND last_price.business_date = $last_date
WHERE
    held.account_id = $account_id
    AND held.business_date = $business_date
    AND held.quantity <> 0
ORDER BY instrument.product, held.instrument_id;
