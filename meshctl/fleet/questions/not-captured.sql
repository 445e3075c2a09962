-- What traffic of which workloads passes Envoy by, beside Istio's own ports?
SELECT mesh, family, direction, what, value, outcome, origin, count(DISTINCT proxy) AS proxies, count(DISTINCT workload) AS workloads
FROM capture
WHERE outcome NOT LIKE 'to %'
  AND NOT (direction = 'inbound' AND what = 'port' AND value IN ('15008', '15020', '15021', '15090'))
GROUP BY mesh, family, direction, what, value, outcome, origin
ORDER BY proxies DESC, mesh, family, direction, what, value, outcome, origin
