-- What could not be read?
SELECT mesh, date, source, member, what, cause, hint
FROM errors
ORDER BY mesh, date, source, member, what
