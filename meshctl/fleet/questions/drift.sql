-- Of which workloads do replicas have different configurations?
SELECT p.mesh, p.date, p.namespace, p.workload, p.config_hash, count(*) AS proxies, min(p.proxy) AS for_example
FROM proxies p
JOIN (
  SELECT mesh, date, namespace, workload
  FROM proxies
  GROUP BY mesh, date, namespace, workload
  HAVING count(DISTINCT config_hash) > 1
) d ON d.mesh = p.mesh AND d.date = p.date AND d.namespace = p.namespace AND d.workload = p.workload
GROUP BY p.mesh, p.date, p.namespace, p.workload, p.config_hash
ORDER BY p.mesh, p.date, p.namespace, p.workload, proxies DESC, p.config_hash
