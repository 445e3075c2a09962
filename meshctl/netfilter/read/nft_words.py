"""nft's JSON expressions in nft's own words, for showing a rule that came as JSON."""

from __future__ import annotations

from typing import Any

_BINARY = ("&", "|", "^", "<<", ">>")


def words(expression: Any) -> str:
    """One expression as text."""
    match expression:
        case None:
            return ""
        case str():
            return expression
        case bool() | int() | float():
            return str(expression)
        case list():
            return ",".join(words(part) for part in expression)
        case dict():
            return _object(expression)
    return str(expression)


def _object(expression: dict[str, Any]) -> str:
    if len(expression) != 1:
        return " ".join(f"{key} {words(value)}" for key, value in expression.items())
    ((kind, body),) = expression.items()
    if kind in _BINARY:
        parts = body if isinstance(body, list) else [body]
        return f" {kind} ".join(words(part) for part in parts)
    match kind, body:
        case "meta", {"key": key}:
            return key if str(key) in ("iifname", "oifname", "iif", "oif") else f"meta {key}"
        case "ct", {"key": key}:
            return f"ct {body['dir'] + ' ' if 'dir' in body else ''}{key}"
        case "tcp option", {"name": name, **more}:
            return " ".join(["tcp option", words(name), *([words(more["field"])] if "field" in more else [])])
        case "rt", {"key": key}:
            return f"rt {key}"
        case "numgen", {"mode": mode, "mod": mod, **more}:
            return f"numgen {mode} mod {mod}{_offset(more)}"
        case "symhash", {"mod": mod, **more}:
            return f"symhash mod {mod}{_offset(more)}"
        case "jhash", {"mod": mod, "expr": hashed, **more}:
            seed = f" seed {more['seed']}" if more.get("seed") else ""
            return f"jhash {words(hashed)} mod {mod}{seed}{_offset(more)}"
        case "map", {"key": key, "data": data}:
            return f"{words(key)} map {words(data)}"
        case "payload", {"protocol": protocol, "field": field}:
            return f"{protocol} {field}"
        case "prefix", {"addr": address, "len": length}:
            return f"{words(address)}/{length}"
        case "range", [low, high]:
            return f"{words(low)}-{words(high)}"
        case "set", _:
            return (
                "{ "
                + ", ".join(_element(part) for part in (body if isinstance(body, list) else [body]))
                + " }"
            )
        case "concat", list():
            return " . ".join(words(part) for part in body)
        case "elem", {"val": value}:
            return words(value)
        case (("jump" | "goto"), {"target": target}):
            return f"{kind} {target}"
        case _, None:
            return kind
    return f"{kind} {words(body)}"


def _offset(body: dict[Any, Any]) -> str:
    return f" offset {body['offset']}" if body.get("offset") else ""


def _element(part: Any) -> str:
    if isinstance(part, list) and len(part) == 2:
        return f"{words(part[0])} : {words(part[1])}"
    return words(part)


def statement_words(statement: dict[str, Any]) -> str:
    """One statement as text."""
    if next(iter(statement), "") in ("redirect", "dnat", "snat", "masquerade", "tproxy"):
        return _nat(statement)
    match statement:
        case {"match": {"op": operator, "left": left, "right": right}}:
            shown = "" if operator in ("==", "in") else f"{operator} "
            return f"{words(left)} {shown}{words(right)}"
        case {"counter": dict()}:
            return "counter"
        case {"mangle": {"key": key, "value": value}}:
            return f"{words(key)} set {words(value)}"
        case {"vmap": {"key": key, "data": data}}:
            return f"{words(key)} vmap {words(data)}"
        case {"xt": {"type": kind, "name": name}}:
            return f'xt {kind} "{name}"'
        case {"unknown": str(text)}:
            return text
    return words(statement)


def _nat(statement: dict[str, Any]) -> str:
    ((kind, body),) = statement.items()
    body = body if isinstance(body, dict) else {}
    family = f" {body['family']}" if "family" in body else ""
    address = words(body["addr"]) if "addr" in body else ""
    port = f":{words(body['port'])}" if "port" in body else ""
    to = f" to {address}{port}" if address or port else ""
    return f"{kind}{family}{to}"
