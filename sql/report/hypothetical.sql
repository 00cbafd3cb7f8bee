-- Grain: portfolio_id, mpor_days. Inputs: out_hypothetical_portfolios, out_coverage,
-- out_coverage_tests, out_cap_limit, out_hypothetical_margin, out_hypothetical_exclusions.
-- Use: the declared portfolios that nobody needs to hold: coverage under the three margins, the
-- tests of the capped one, the largest cap, the mean margins and how many dates are left out.
WITH counts AS (
    SELECT
        scope_id,
        mpor_days,
        confidence_pct AS target_pct,
        observations,
        exceedances AS capped_exceedances,
        coverage_pct AS capped_coverage_pct,
        coverage_low_pct AS capped_coverage_low_pct,
        coverage_high_pct AS capped_coverage_high_pct,
        zone,
        largest_shortfall_amount
    FROM out_coverage
    WHERE
        as_of_date = $as_of_date
        AND model_id = $model_id
        AND window_name = $window_name
        AND scope = 'hypothetical'
        AND margin_basis = 'capped'
),

others AS (
    SELECT
        scope_id,
        mpor_days,
        max(exceedances) FILTER (WHERE margin_basis = 'netted') AS netted_exceedances,
        max(coverage_pct) FILTER (WHERE margin_basis = 'netted') AS netted_coverage_pct,
        max(exceedances) FILTER (WHERE margin_basis = 'standalone') AS standalone_exceedances,
        max(coverage_pct) FILTER (WHERE margin_basis = 'standalone') AS standalone_coverage_pct
    FROM out_coverage
    WHERE
        as_of_date = $as_of_date
        AND model_id = $model_id
        AND window_name = $window_name
        AND scope = 'hypothetical'
    GROUP BY scope_id, mpor_days
),

tests AS (
    SELECT
        scope_id,
        mpor_days,
        max(p_value) FILTER (WHERE test = 'kupiec_pof') AS kupiec_p_value,
        max(decision) FILTER (WHERE test = 'kupiec_pof') AS kupiec_decision,
        max(p_value) FILTER (WHERE test = 'christoffersen_independence_exact')
            AS independence_p_value,
        max(decision) FILTER (WHERE test = 'christoffersen_independence_exact')
            AS independence_decision
    FROM out_coverage_tests
    WHERE
        as_of_date = $as_of_date
        AND model_id = $model_id
        AND window_name = $window_name
        AND scope = 'hypothetical'
        AND margin_basis = 'capped'
    GROUP BY scope_id, mpor_days
),

margins AS (
    SELECT
        account_id AS scope_id,
        mpor_days,
        avg(standalone_margin_amount::DECIMAL(28, 4)) AS mean_standalone_margin_amount,
        avg(netted_margin_amount::DECIMAL(28, 4)) AS mean_netted_margin_amount,
        avg(capped_margin_amount::DECIMAL(28, 4)) AS mean_capped_margin_amount
    FROM out_hypothetical_margin
    WHERE model_id = $model_id AND node_level = 'account' AND business_date <= $as_of_date
    GROUP BY account_id, mpor_days
),

excluded AS (
    SELECT
        account_id AS scope_id,
        mpor_days,
        count(*) AS excluded_dates
    FROM out_hypothetical_exclusions
    WHERE model_id = $model_id AND business_date <= $as_of_date
    GROUP BY account_id, mpor_days
)

SELECT
    portfolio.portfolio_id,
    portfolio.title,
    portfolio.reason,
    portfolio.composition,
    counts.mpor_days,
    counts.target_pct,
    counts.observations,
    counts.capped_exceedances,
    counts.capped_coverage_pct,
    counts.capped_coverage_low_pct,
    counts.capped_coverage_high_pct,
    counts.zone,
    counts.largest_shortfall_amount,
    others.netted_exceedances,
    others.netted_coverage_pct,
    others.standalone_exceedances,
    others.standalone_coverage_pct,
    tests.kupiec_p_value,
    tests.kupiec_decision,
    tests.independence_p_value,
    tests.independence_decision,
    limits.largest_cap_pct,
    limits.proven_cap_pct,
    margins.mean_standalone_margin_amount,
    margins.mean_netted_margin_amount,
    margins.mean_capped_margin_amount,
    coalesce(excluded.excluded_dates, 0) AS excluded_dates
FROM out_hypothetical_portfolios AS portfolio
INNER JOIN counts ON portfolio.portfolio_id = counts.scope_id
INNER JOIN others ON counts.scope_id = others.scope_id AND counts.mpor_days = others.mpor_days
LEFT JOIN tests ON counts.scope_id = tests.scope_id AND counts.mpor_days = tests.mpor_days
LEFT JOIN out_cap_limit AS limits
    ON
        counts.scope_id = limits.scope_id
        AND counts.mpor_days = limits.mpor_days
        AND limits.scope = 'hypothetical'
        AND limits.as_of_date = $as_of_date
        AND limits.model_id = $model_id
        AND limits.window_name = $window_name
LEFT JOIN margins ON counts.scope_id = margins.scope_id AND counts.mpor_days = margins.mpor_days
LEFT JOIN excluded ON counts.scope_id = excluded.scope_id AND counts.mpor_days = excluded.mpor_days
ORDER BY portfolio.portfolio_id, counts.mpor_days;
