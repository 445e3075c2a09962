"""``meshctl capture walk``: packets through the rules, one explained in full or many as JSON lines."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from meshctl.commands import outputs
from meshctl.commands.capture import options
from meshctl.commands.capture.packet import PacketOptions, build_packet, simple_form
from meshctl.errors import EXIT_OK, EXIT_UNDETERMINED, InputError
from meshctl.plain import LAST_PORT
from meshctl.render.interface import Content, Document
from meshctl.sources.capture import Captured
from meshctl.sources.file import read_text

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


def _option(*names: str, metavar: str, text: str) -> Any:
    return typer.Option(*names, metavar=metavar, help=text)


def _port(name: str, text: str) -> Any:
    return typer.Option(name, metavar="PORT", help=text, min=0, max=LAST_PORT)


@app.command(
    help="""Take a packet through raw, mangle, nat and filter in the kernel's order, rule by rule.

\b
  # the application's connection, and what Envoy makes of it
  meshctl capture walk -f rules.txt --from app --to 10.102.168.134:80
\b
  # a connection from another pod to port 15020
  meshctl capture walk -f rules.txt --in 15020 --from 10.244.0.9
\b
  # every criterion of one packet given; -o wide shows every rule that was
  # tried and why it did not match
  meshctl capture walk -f rules.txt --hook output --dst 10.0.0.1 \\
      --dport 53 --proto udp --uid 1337 -o wide
\b
  # many packets: lines of {"id", "packet": {…}} in, one line of JSON each out
  meshctl capture walk --rules rules.txt --packets packets.jsonl
\b
Exit code 3: the rules and what is known of the packet do not decide.
"""
)
def walk(
    ctx: typer.Context,
    pod: options.PodArgument = None,
    files: options.Files = None,
    manifest: options.Manifest = None,
    pod_ip: options.PodIp = None,
    packets: Annotated[
        str | None, _option("--packets", metavar="FILE", text="Many packets, one JSON object a line.")
    ] = None,
    sender: Annotated[
        str | None,
        _option("--from", metavar="WHO", text="app, envoy, or (inbound) the address it comes from."),
    ] = None,
    to: Annotated[
        str | None, _option("--to", metavar="IP:PORT", text="Where the connection is going.")
    ] = None,
    inbound: Annotated[
        str | None, _option("--in", metavar="PORT", text="A connection from outside to this port of the pod.")
    ] = None,
    hook: Annotated[str | None, _option("--hook", metavar="HOOK", text="output or prerouting.")] = None,
    proto: Annotated[str, _option("--proto", metavar="NAME", text="tcp, udp, icmp, …")] = "tcp",
    src: Annotated[str | None, _option("--src", metavar="IP", text="Source address.")] = None,
    dst: Annotated[str | None, _option("--dst", metavar="IP", text="Destination address.")] = None,
    sport: Annotated[int | None, _port("--sport", text="Source port.")] = None,
    dport: Annotated[int | None, _port("--dport", text="Destination port.")] = None,
    in_if: Annotated[str | None, _option("--in-if", metavar="NAME", text="Incoming interface.")] = None,
    out_if: Annotated[str | None, _option("--out-if", metavar="NAME", text="Outgoing interface.")] = None,
    uid: Annotated[int | None, _option("--uid", metavar="UID", text="User of the sending process.")] = None,
    gid: Annotated[int | None, _option("--gid", metavar="GID", text="Group of the sending process.")] = None,
    state: Annotated[
        str, _option("--state", metavar="STATE", text="Connection: NEW, ESTABLISHED, RELATED, INVALID.")
    ] = "NEW",
    mark: Annotated[str, _option("--mark", metavar="MARK", text="Mark on the packet.")] = "0",
    listener: Annotated[
        bool,
        typer.Option(
            "--listener/--no-listener", help="Whether somebody listens transparently on a TPROXY port."
        ),
    ] = True,
    output: Annotated[str, outputs.option(options.DRAWN)] = "short",
) -> int:
    options.DRAWN.parse(output)
    captured = options.open_rules(ctx, pod, files, manifest, pod_ip)
    if packets is not None:
        return _many(captured, packets)
    chosen = PacketOptions(
        sender,
        to,
        inbound,
        hook,
        proto,
        src,
        dst,
        sport,
        dport,
        in_if,
        out_if,
        uid,
        gid,
        state,
        mark,
        listener,
    )
    return _one(captured, chosen, output)


def _one(captured: Captured, chosen: PacketOptions, output: str) -> int:
    from meshctl.netfilter.walk.packet_walk import Verdict
    from meshctl.netfilter.walk.passages import journey
    from meshctl.render import capture_walk

    chosen, pod, assumed = simple_form(chosen, captured.pod)
    found = journey(captured.rules, build_packet(chosen, pod), pod)
    offers = {
        Content.SHORT: lambda: capture_walk.text(found, wide=False, assumed=assumed),
        Content.WIDE: lambda: capture_walk.text(found, wide=True, assumed=assumed),
        Content.DOCUMENT: lambda: Document(capture_walk.document(found, assumed), indent=4, kind="walk"),
        Content.DIAGRAM: lambda: capture_walk.mermaid(found),
    }
    outputs.show(options.DRAWN, output, offers)
    undecided = any(passage.result.verdict is Verdict.UNDETERMINED for passage in found)
    return EXIT_UNDETERMINED if undecided else EXIT_OK


def _many(captured: Captured, path: str) -> int:
    """Walk recorded packets in their order, so that later packets find their connection."""
    from meshctl.netfilter.pod import completed_fields, routed, seen_addresses
    from meshctl.netfilter.walk.connections import Connections
    from meshctl.netfilter.walk.records import packet_from_record, result_to_record
    from meshctl.values import replace

    lines = [(number, line) for number, line in enumerate(read_text(path).splitlines(), 1) if line.strip()]
    records = []
    for number, line in lines:
        try:
            record = json.loads(line)
            records.append((record, packet_from_record(record.get("packet", record))))
        except (ValueError, AttributeError, TypeError) as error:
            raise InputError(
                f"{path} line {number} is no packet: {error}", "", "See docs/capture.md for the fields."
            ) from error
    pod = captured.pod if captured.pod.addresses else seen_addresses(packet for _, packet in records)
    connections = Connections(captured.rules)
    for record, packet in records:
        completed = routed(packet, pod)
        result = connections.walk(completed)
        if told := completed_fields(routed(packet, captured.pod), completed):
            result = replace(result, assumed=(*result.assumed, f"from the file's other packets: {told}"))
        answer = result_to_record(result)
        sys.stdout.write(json.dumps({"id": record.get("id"), **answer}) + "\n")
    return EXIT_OK
