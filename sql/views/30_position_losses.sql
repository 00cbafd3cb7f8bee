-- Grain: business_date, model_id, mpor_days, account_id, instrument_id.
-- Inputs: out_backtest, core_positions, core_instruments, core_prices, core_fx_rates.
-- Use: the loss of each position from its date to the end of its account's horizon; these add up to
-- the account's loss. An instrument that expires on the way keeps what it settled at: a future its
-- last price, an option its intrinsic value.
CREATE OR REPLACE VIEW position_losses AS
WITH converted AS (
    SELECT DISTINCT currency FROM core_fx_rates
),

held AS (
    SELECT
        horizon.business_date,
        horizon.model_id,
        horizon.mpor_days,
        horizon.account_id,
        horizon.horizon_end_date,
        position.instrument_id,
        position.quantity,
        instrument.product,
        instrument.kind,
        instrument.underlying,
        instrument.settlement,
        instrument.multiplier,
        instrument.strike,
        if(instrument.option_type = 'call', 1, -1) AS payoff_sign,
        instrument.premium_style,
        instrument.currency,
        instrument.expiry_date,
        least(horizon.horizon_end_date, instrument.expiry_date) AS settled_date
    FROM out_backtest AS horizon
    INNER JOIN core_positions AS position
        ON
            horizon.business_date = position.business_date
            AND horizon.account_id = position.account_id
    INNER JOIN core_instruments AS instrument ON position.instrument_id = instrument.instrument_id
    WHERE
        horizon.track = 'adequacy'
        AND horizon.scope = 'account'
        AND horizon.horizon_end_date IS NOT NULL
        AND position.quantity != 0
),

priced AS (
    SELECT
        held.*,
        price_then.settlement_price AS start_price,
        CASE
            WHEN price_after.business_date = held.horizon_end_date
                THEN price_after.settlement_price
            WHEN held.expiry_date IS NULL OR held.horizon_end_date < held.expiry_date
                THEN NULL
            WHEN held.kind != 'option'
                THEN price_after.settlement_price
            ELSE
                greatest(held.payoff_sign * (base_settled.settlement_price - held.strike), 0)
                / if(held.settlement = 'inverse', base_settled.settlement_price, 1)
        END AS end_price,
        base_after.settlement_price AS underlying_end_price,
        CASE WHEN converted.currency IS NULL THEN 1 ELSE fx_then.rate END AS start_rate,
        CASE WHEN converted.currency IS NULL THEN 1 ELSE fx_after.rate END AS end_rate
    FROM held
    LEFT JOIN core_prices AS price_then
        ON
            held.business_date = price_then.business_date
            AND held.instrument_id = price_then.instrument_id
    ASOF LEFT JOIN core_prices AS price_after
        ON
            held.instrument_id = price_after.instrument_id
            AND held.settled_date >= price_after.business_date
    ASOF LEFT JOIN core_prices AS base_settled
        ON
            held.underlying = base_settled.instrument_id
            AND held.settled_date >= base_settled.business_date
    LEFT JOIN core_prices AS base_after
        ON
            held.horizon_end_date = base_after.business_date
            AND held.underlying = base_after.instrument_id
    LEFT JOIN converted ON held.currency = converted.currency
    LEFT JOIN core_fx_rates AS fx_then
        ON held.currency = fx_then.currency AND held.business_date = fx_then.business_date
    LEFT JOIN core_fx_rates AS fx_after
        ON held.currency = fx_after.currency AND held.horizon_end_date = fx_after.business_date
)

SELECT
    business_date,
    model_id,
    mpor_days,
    account_id,
    instrument_id,
    product,
    kind,
    quantity,
    start_price,
    end_price,
    horizon_end_date,
    -quantity * multiplier * CASE
        WHEN settlement = 'inverse' AND kind = 'option'
            THEN (end_price - start_price) * end_rate * underlying_end_price
        WHEN settlement = 'inverse'
            THEN (1 / start_price - 1 / end_price) * end_price * end_rate
        WHEN kind = 'spot' OR (kind = 'option' AND premium_style IS DISTINCT FROM 'futures_style')
            THEN end_price * end_rate - start_price * start_rate
        ELSE (end_price - start_price) * end_rate
    END AS loss_amount
FROM priced;

COMMENT ON VIEW position_losses IS
'One row per business_date, model_id, mpor_days, account_id and instrument_id. Loss of each '
'position from its date to the end of its account''s horizon; over the account it adds up to '
'the loss in out_backtest.';
COMMENT ON COLUMN position_losses.business_date IS
'Date at whose end the position was held.';
COMMENT ON COLUMN position_losses.model_id IS
'Model that computed the margin; its parameters are listed by marginproof models.';
COMMENT ON COLUMN position_losses.mpor_days IS
'Length of the horizon, in dates of core_calendar; the margin period of risk of the margin '
'that is tested.';
COMMENT ON COLUMN position_losses.account_id IS
'Account that holds it.';
COMMENT ON COLUMN position_losses.instrument_id IS
'Instrument, as in core_instruments.';
COMMENT ON COLUMN position_losses.product IS
'Product that the instrument belongs to; positions of one product net first.';
COMMENT ON COLUMN position_losses.kind IS
'What the instrument is: spot, future, perpetual or option.';
COMMENT ON COLUMN position_losses.quantity IS
'Contracts held: negative is short, zero is no position.';
COMMENT ON COLUMN position_losses.start_price IS
'Settlement price on business_date; null where there is none.';
COMMENT ON COLUMN position_losses.end_price IS
'Price at the end of the horizon, or what the instrument settled at where it expired before; '
'null where there is none.';
COMMENT ON COLUMN position_losses.horizon_end_date IS
'Date on which the horizon of the account ends; horizons that have not ended have no row.';
COMMENT ON COLUMN position_losses.loss_amount IS
'Loss of the position over the horizon, in reporting currency: above 0 is money lost; null '
'where a price or rate is missing.';
