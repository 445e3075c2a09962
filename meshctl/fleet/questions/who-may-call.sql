-- Whom do the policies of a workload let call it? (Policies alone: where ALLOW rules stand, nobody else may; DENY rules come first.)
-- :workload text   the workload
SELECT mesh, namespace, action, policy, rule, callers, requests, dry_run, count(DISTINCT proxy) AS proxies
FROM policies
WHERE workload = :workload
GROUP BY mesh, namespace, action, policy, rule, callers, requests, dry_run
UNION ALL
SELECT p.mesh, p.namespace, 'ALLOW' AS action, 'none' AS policy, NULL AS rule, 'anyone whom no DENY or CUSTOM rule takes' AS callers,
  'anything' AS requests, FALSE AS dry_run, count(*) AS proxies
FROM proxies p
WHERE p.workload = :workload
  AND (p.unknown IS NULL OR p.unknown NOT LIKE '%listeners%')
  AND NOT EXISTS (
    SELECT 1 FROM policies q
    WHERE q.mesh = p.mesh AND q.date = p.date AND q.proxy = p.proxy AND q.action = 'ALLOW' AND NOT q.dry_run
  )
GROUP BY p.mesh, p.namespace
ORDER BY mesh, namespace, action, policy, rule
