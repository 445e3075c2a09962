-- Which pods let a port pass Envoy by (or may do so)?
-- :port whole   the port
WITH ports AS (
  SELECT mesh, date, proxy, family, direction, outcome,
    TRY_CAST(split_part(value, '-', 1) AS BIGINT) AS first,
    TRY_CAST(CASE WHEN value LIKE '%-%' THEN split_part(value, '-', 2) ELSE value END AS BIGINT) AS last
  FROM capture
  WHERE what = 'port'
), named AS (
  SELECT * FROM ports WHERE :port BETWEEN first AND last
)
SELECT c.mesh, c.workload, c.proxy, c.family, c.direction, CASE WHEN n.outcome IS NULL THEN 'default' ELSE 'port' END AS what,
  coalesce(n.outcome, c.outcome) AS outcome, c.origin
FROM capture c LEFT JOIN named n
  ON n.mesh = c.mesh AND n.date = c.date AND n.proxy = c.proxy AND n.family = c.family AND n.direction = c.direction
WHERE c.what = 'default' AND coalesce(n.outcome, c.outcome) NOT LIKE 'to %'
ORDER BY c.mesh, c.workload, c.proxy, c.family, c.direction
