-- Which versions of Istio and Envoy run, and how often?
SELECT mesh, kind, istio_version, envoy_version, count(*) AS proxies, count(DISTINCT workload) AS workloads
FROM proxies
GROUP BY mesh, kind, istio_version, envoy_version
ORDER BY proxies DESC, mesh, kind, istio_version, envoy_version
