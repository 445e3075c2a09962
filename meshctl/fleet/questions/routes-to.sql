-- Which proxies send requests to a service (or to a subset of it), and what share of them?
-- :host text          the service, by any beginning of its name: payments, payments.shop
-- :subset text = ''   the subset, such as v1
SELECT mesh, workload, proxy, host, subset, mirror, min(share) AS least_share, max(share) AS most_share, count(*) AS routes,
  min(matches) AS for_example, min(virtual_service) AS virtual_service
FROM routes
WHERE (host = :host OR substr(host, 1, length(:host) + 1) = :host || '.')
  AND (:subset = '' OR subset = :subset)
GROUP BY mesh, workload, proxy, host, subset, mirror
ORDER BY mesh, workload, proxy, host, subset, mirror
