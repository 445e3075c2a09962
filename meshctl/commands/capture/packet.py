"""From the options of ``capture walk`` to a packet."""

from __future__ import annotations

import ipaddress

from meshctl.errors import UsageError
from meshctl.netfilter.packet import CtState, Family, Hook, Packet, family_of, protocol_name, protocol_number
from meshctl.netfilter.pod import PodNet
from meshctl.netfilter.read.iptables_target import split_endpoint
from meshctl.netfilter.read.values import integer
from meshctl.plain import LAST_PORT, port_of
from meshctl.values import Struct, replace

APP_UID = 1000  # stands for "not the proxy"; rules that name other users need --uid


class PacketOptions(Struct, frozen=True):
    """The options as given."""

    sender: str | None
    to: str | None
    inbound: str | None
    hook: str | None
    proto: str
    src: str | None
    dst: str | None
    sport: int | None
    dport: int | None
    in_if: str | None
    out_if: str | None
    uid: int | None
    gid: int | None
    state: str
    mark: str
    listener: bool


def simple_form(options: PacketOptions, pod: PodNet) -> tuple[PacketOptions, PodNet, tuple[str, ...]]:
    """What a person means who says who sends and where to, and nothing else; each assumption in words.

    Packets described field by field (``--hook``) stay as they are given.
    """
    if options.hook is not None:
        return options, pod, ()
    if options.inbound is not None:
        return _simple_inbound(options, pod)
    if options.to is None:
        return options, pod, ()
    assumed: list[str] = []
    nobody = options.sender is None and options.uid is None and options.gid is None
    if nobody:
        options = replace(options, sender="app")
        assumed.append(f"the application sends it, as uid {APP_UID} (else --from envoy, or --uid)")
    packet = build_packet(options, pod)
    if packet.dst is not None and pod.is_local(packet.dst) is None:
        pod = replace(pod, outside_unless_known=True)
        if options.out_if is None:
            assumed.append(
                f"{packet.dst} is not the pod's own address, so it leaves by {pod.interface} from the pod's address"
                " (else --pod-ip or --out-if)"
            )
    return options, pod, tuple(assumed)


def _simple_inbound(options: PacketOptions, pod: PodNet) -> tuple[PacketOptions, PodNet, tuple[str, ...]]:
    packet = build_packet(options, pod)
    if packet.dst is not None or packet.in_if != pod.interface:
        return options, pod, ()
    words = f"it comes in by {pod.interface} to the pod's own address (else --pod-ip, --dst or --in-if)"
    return options, replace(pod, outside_unless_known=True), (words,)


def build_packet(options: PacketOptions, pod: PodNet) -> Packet:
    """The packet that is meant. Raises UsageError when the options do not make one."""
    packet = _base(options)
    if options.inbound is not None:
        packet = _inbound(packet, options, pod)
    elif packet.hook is Hook.OUTPUT:
        packet = _outbound(packet, options, pod)
    if options.to is not None:
        packet = _towards(packet, options.to)
    family = next((family_of(one) for one in (packet.dst, packet.src) if one), packet.family)
    if packet.src and packet.dst and family_of(packet.src) is not family_of(packet.dst):
        raise UsageError(f"{packet.src} and {packet.dst} are of different address families")
    return replace(packet, family=family)


def _base(options: PacketOptions) -> Packet:
    hook = Hook.PREROUTING if options.inbound is not None else Hook.OUTPUT
    if options.hook is not None:
        try:
            hook = Hook(options.hook.lower())
        except ValueError as error:
            raise UsageError(f"unknown hook {options.hook!r}", "", f"Use {', '.join(Hook)}.") from error
    for address in filter(None, (options.src, options.dst)):
        _checked_address(address)
    if protocol_number(options.proto) is None:
        raise UsageError(f"unknown protocol {options.proto!r}")
    state = options.state.upper()
    if any(name not in CtState.__members__ for name in state.split(",")):
        raise UsageError(
            f"unknown connection state {options.state!r}", "", f"Use {', '.join(CtState.__members__)}."
        )
    try:
        mark = integer(options.mark)
    except ValueError as error:
        raise UsageError(f"{options.mark!r} is no mark", "", "Write 1337 or 0x539.") from error
    return Packet(
        hook=hook,
        protocol=protocol_name(options.proto),
        src=options.src,
        dst=options.dst,
        sport=options.sport,
        dport=options.dport,
        in_if=options.in_if,
        out_if=options.out_if,
        uid=options.uid,
        gid=options.gid if options.gid is not None else options.uid,
        ct_state=state,
        mark=mark,
        transparent_listener=options.listener,
    )


def _checked_address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise UsageError(f"{text!r} is no IP address", "Names are not resolved here.") from error


def _outbound(packet: Packet, options: PacketOptions, pod: PodNet) -> Packet:
    if options.sender == "envoy":
        uid = options.uid if options.uid is not None else pod.envoy_uid
        gid = (
            options.gid
            if options.gid is not None
            else (options.uid if options.uid is not None else pod.envoy_gid)
        )
        return replace(packet, uid=uid, gid=gid, mark=packet.mark or pod.envoy_mark)
    if options.sender in ("app", "application"):
        uid = options.uid if options.uid is not None else APP_UID
        return replace(packet, uid=uid, gid=options.gid if options.gid is not None else uid)
    if options.sender is not None:
        return replace(packet, src=_checked_address(options.sender))
    return packet


def _inbound(packet: Packet, options: PacketOptions, pod: PodNet) -> Packet:
    port = port_of(str(options.inbound).rpartition(":")[2])
    if port is None:
        raise UsageError(f"--in {options.inbound}: no port number", f"A port is a number up to {LAST_PORT}.")
    src = options.src
    if options.sender is not None:
        if options.sender in ("app", "envoy"):
            raise UsageError(
                "--in is a connection from outside", "", "Give --from the address it comes from."
            )
        src = _checked_address(options.sender)
    family = family_of(src) if src else Family.V4
    dst = packet.dst or pod.address(family)
    in_if = packet.in_if or pod.interface
    return replace(packet, src=src, dst=dst, dport=port, in_if=in_if)


def _towards(packet: Packet, to: str) -> Packet:
    try:
        address, ports = split_endpoint(to)
    except ValueError as error:
        raise UsageError(f"--to {to} is not IP:PORT") from error
    if address is not None:
        _checked_address(address)
    dport = ports[0] if ports else packet.dport
    return replace(packet, dst=address or packet.dst, dport=dport)
