"""One reader: whatever a person has in hand becomes one value, ``Given``, that every command takes its input from.

``recognise`` tells what a body of bytes is by its first bytes; ``parts`` takes one body apart, with a module for each
family of forms (``envoy_forms``, ``bootstrap_forms``, ``v2``, ``envoy_text``, ``pod_maps``, ``textproto``,
``rules_forms``, ``manifests``) and one for what stands around a paste (``text_frames``); ``archive`` and ``layouts``
find the pods in folders and archives; ``naming`` says which are meant; ``given`` is the value. Bytes in, a value
out: only ``meshctl.sources`` opens paths.
"""
