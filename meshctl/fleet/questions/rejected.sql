-- Which updates did an Envoy refuse, and why?
SELECT mesh, kind, name, rejected_because, count(DISTINCT proxy) AS proxies, min(proxy) AS for_example, max(version_info) AS version_info
FROM configuration
WHERE rejected_because IS NOT NULL
GROUP BY mesh, kind, name, rejected_because
ORDER BY proxies DESC, mesh, kind, name, rejected_because
