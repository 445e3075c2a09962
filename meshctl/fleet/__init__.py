"""The fleet: the configuration of many proxies as tables, asked with SQL, on one machine or on a cluster.

Theory of operation. ``schema`` is the one table of tables: names, columns, types and words; Arrow's, DuckDB's and Spark's
schemas and docs/fleet-schema.md follow from it. ``units`` cuts what is given into parts that can be worked on apart;
``decode`` makes rows of one part (``*_rows``: one module a family of tables) and is the same function on every engine;
``store`` keeps Parquet files that a manifest makes visible; ``local`` and ``spark`` run the parts; ``duck`` and ``spark``
answer SQL; ``questions`` are SQL files. Equal resources are decoded once a worker and stored once.
"""
