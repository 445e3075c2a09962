-- What is wrong, and in how many proxies? (Of what was indexed with --check.)
-- :severity text = ''   error, warning or info
SELECT mesh, severity, code, count(DISTINCT object) AS objects, count(DISTINCT proxy) AS proxies, count(DISTINCT workload) AS workloads,
  min(message) AS for_example
FROM findings
WHERE :severity = '' OR severity = :severity
GROUP BY mesh, severity, code
ORDER BY CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, proxies DESC, mesh, code
