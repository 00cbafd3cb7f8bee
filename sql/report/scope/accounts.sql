-- Grain: account_id. Inputs: core_accounts, core_positions.
-- Use: the accounts a report of one member or one account may show.
SELECT account_id
FROM core_accounts
WHERE
    ($scope = 'member' AND member_id = $scope_id)
    OR ($scope = 'account' AND account_id = $scope_id)
UNION
SELECT DISTINCT account_id
FROM core_positions
WHERE $scope = 'account' AND account_id = $scope_id
ORDER BY account_id;
