-- Grain: business_date, account_id, instrument_id. Inputs: core_positions, core_instruments,
-- core_prices, core_fx_rates.
-- Use: what an account holds on a date, with terms, price and size; no position of zero.
CREATE OR REPLACE VIEW positions AS
WITH converted AS (
    SELECT DISTINCT currency FROM core_fx_rates
)

SELECT
    position.business_date,
    position.account_id,
    position.instrument_id,
    instrument.product,
    instrument.kind,
    instrument.risk_factor,
    position.quantity,
    price.settlement_price,
    price.implied_vol,
    CASE WHEN converted.currency IS NULL THEN 1 ELSE fx.rate END AS fx_rate,
    position.quantity
    * instrument.multiplier
    * CASE
        WHEN instrument.settlement = 'inverse' AND instrument.kind != 'option' THEN 1
        ELSE price.settlement_price
    END
    * CASE WHEN converted.currency IS NULL THEN 1 ELSE fx.rate END AS notional_amount
FROM core_positions AS position
LEFT JOIN core_instruments AS instrument ON position.instrument_id = instrument.instrument_id
LEFT JOIN core_prices AS price
    ON
        position.business_date = price.business_date
        AND position.instrument_id = price.instrument_id
LEFT JOIN converted ON instrument.currency = converted.currency
LEFT JOIN core_fx_rates AS fx
    ON
        position.business_date = fx.business_date
        AND instrument.currency = fx.currency
WHERE position.quantity != 0;

COMMENT ON VIEW positions IS
'One row per business_date, account_id and instrument_id. What an account holds at the end of '
'a date, with terms, price and size.';
COMMENT ON COLUMN positions.business_date IS
'Date on which at least one instrument has a price.';
COMMENT ON COLUMN positions.account_id IS
'Identifier of the account.';
COMMENT ON COLUMN positions.instrument_id IS
'Identifier of the instrument, used by prices and positions.';
COMMENT ON COLUMN positions.product IS
'Product that the instrument belongs to; positions of one product net first.';
COMMENT ON COLUMN positions.kind IS
'What the instrument is: spot, future, perpetual or option.';
COMMENT ON COLUMN positions.risk_factor IS
'Price series whose moves shock the instrument. Instruments that share one form a curve of '
'nearby contracts, unless one of them bears its name; an option moves with its underlying.';
COMMENT ON COLUMN positions.quantity IS
'Contracts held: negative is short; positions of zero have no row.';
COMMENT ON COLUMN positions.settlement_price IS
'Settlement price of the date, in the instrument''s currency, of an inverse option in coin; '
'null where there is none.';
COMMENT ON COLUMN positions.implied_vol IS
'Implied volatility a year as a decimal fraction; null for what is no option and where it is '
'not known.';
COMMENT ON COLUMN positions.fx_rate IS
'What one unit of the instrument''s currency is worth in the reporting currency; 1 for a '
'currency that never has a rate, null where the date lacks it.';
COMMENT ON COLUMN positions.notional_amount IS
'Size in reporting currency: quantity x multiplier x price x rate, of an inverse future or '
'perpetual its face value; negative is short, null without a price or rate. The value of an '
'inverse option is in coin.';
