-- Which proxies came, went, or got another version between two dates?
-- :dates two   the dates to compare
SELECT coalesce(n.mesh, o.mesh) AS mesh, coalesce(n.workload, o.workload) AS workload, coalesce(n.proxy, o.proxy) AS proxy,
  CASE WHEN o.proxy IS NULL THEN 'came' WHEN n.proxy IS NULL THEN 'went' ELSE 'other version' END AS what,
  o.istio_version AS was, n.istio_version AS is_now
FROM (SELECT * FROM proxies WHERE date = :since) o
FULL OUTER JOIN (SELECT * FROM proxies WHERE date = :until) n ON n.mesh = o.mesh AND n.proxy = o.proxy
WHERE o.proxy IS NULL OR n.proxy IS NULL OR o.istio_version <> n.istio_version
ORDER BY mesh, workload, proxy
