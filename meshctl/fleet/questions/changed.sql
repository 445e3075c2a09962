-- What changed between two dates, and in how many proxies? (Of proxies that are there on both; certificates are left out.)
-- :dates two   the dates to compare
WITH there AS (
  SELECT a.mesh, a.proxy FROM proxies a JOIN proxies b ON b.mesh = a.mesh AND b.proxy = a.proxy
  WHERE a.date = :since AND b.date = :until
), held AS (
  SELECT DISTINCT c.date, c.mesh, c.workload, c.proxy, c.kind, coalesce(c.name, '') AS name, c.hash
  FROM configuration c JOIN there t ON t.mesh = c.mesh AND t.proxy = c.proxy
  WHERE c.date IN (:since, :until) AND c.state IN ('active', 'static') AND c.kind NOT IN ('secret', 'bootstrap')
), came AS (
  SELECT mesh, workload, proxy, kind, name, hash FROM held WHERE date = :until
  EXCEPT SELECT mesh, workload, proxy, kind, name, hash FROM held WHERE date = :since
), went AS (
  SELECT mesh, workload, proxy, kind, name, hash FROM held WHERE date = :since
  EXCEPT SELECT mesh, workload, proxy, kind, name, hash FROM held WHERE date = :until
), each_one AS (
  SELECT mesh, workload, proxy, kind, name, max(came) AS came, max(went) AS went
  FROM (
    SELECT mesh, workload, proxy, kind, name, 1 AS came, 0 AS went FROM came
    UNION ALL SELECT mesh, workload, proxy, kind, name, 0 AS came, 1 AS went FROM went
  ) u
  GROUP BY mesh, workload, proxy, kind, name
)
SELECT mesh, workload, kind, name, change, count(*) AS proxies, min(proxy) AS for_example
FROM (
  SELECT *, CASE WHEN went = 0 THEN 'added' WHEN came = 0 THEN 'removed' ELSE 'changed' END AS change FROM each_one
) e
GROUP BY mesh, workload, kind, name, change
ORDER BY mesh, workload, kind, name, change
