-- In which resources do the replicas of a workload differ?
-- :workload text   the workload
SELECT c.mesh, c.date, c.namespace, c.kind, c.name, c.hash, count(*) AS proxies, min(c.proxy) AS for_example
FROM configuration c
JOIN (
  SELECT mesh, date, namespace, count(*) AS replicas
  FROM proxies
  WHERE workload = :workload
  GROUP BY mesh, date, namespace
) w ON w.mesh = c.mesh AND w.date = c.date AND w.namespace = c.namespace
WHERE c.workload = :workload AND c.state = 'active' AND c.kind IN ('listener', 'route', 'cluster', 'ecds', 'endpoint')
GROUP BY c.mesh, c.date, c.namespace, c.kind, c.name, c.hash, w.replicas
HAVING count(*) < w.replicas
ORDER BY c.mesh, c.date, c.namespace, c.kind, c.name, proxies DESC, c.hash
