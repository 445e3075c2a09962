-- Which proxies got nothing new for long, measured from the newest of their mesh?
-- :older duration = 1d   for how long
SELECT p.mesh, p.workload, p.proxy, p.newest, m.newest AS newest_of_mesh
FROM (
  SELECT mesh, date, workload, proxy, max(last_updated) AS newest
  FROM configuration WHERE kind IN ('listener', 'route', 'cluster', 'endpoint') AND state = 'active'
  GROUP BY mesh, date, workload, proxy
) p
JOIN (
  SELECT mesh, date, max(last_updated) AS newest
  FROM configuration WHERE kind IN ('listener', 'route', 'cluster', 'endpoint') AND state = 'active'
  GROUP BY mesh, date
) m ON m.mesh = p.mesh AND m.date = p.date
WHERE p.newest < m.newest - (CAST(:now AS TIMESTAMP) - CAST(:older_ago AS TIMESTAMP))
ORDER BY p.newest, p.mesh, p.proxy
