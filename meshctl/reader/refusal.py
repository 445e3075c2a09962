"""What a person is told of input that does not help: what it is, why, and what to give instead."""

from __future__ import annotations

from collections.abc import Sequence

from meshctl.errors import InputError
from meshctl.reader import recognise
from meshctl.reader.parts import PassedOver


def refusal(passed: Sequence[PassedOver], wanted: str, instead: str = "") -> InputError:
    """Why what was given does not help: what it is, why, and what to give instead (of what nobody knows)."""
    first = passed[0]
    form = first.form
    more = f" (and {len(passed) - 1} more files of no use)" if len(passed) > 1 else ""
    known = form is not recognise.UNKNOWN
    what = f"{first.origin} holds no {wanted} that can be read{': it is ' + form.what if known else ''}{more}"
    given_instead = instead if instead and form.instead == recognise.DUMP_COMMAND else form.instead
    return InputError(what, form.why, given_instead)
