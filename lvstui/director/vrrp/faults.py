"""The faults of one VRRP instance, in words. Pure: each finding follows from the addresses held, keepalived's report
and the adverts heard."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.director.model import address_text
from lvstui.director.vrrp.adverts import Advert
from lvstui.director.vrrp.discards import Discard
from lvstui.director.vrrp.instances import Instance
from lvstui.values import NamedTuple


class InstanceFacts(NamedTuple):
    """The facts that findings are made from. `where`: the interface of each address of the instance, "" for none.
    `reported`: the state that keepalived reported since anything last moved, "" for none; `leads`: by that state, or by
    our own adverts since then, this director is master. `others`: the other masters heard whose adverts keepalived
    accepts, None when adverts are not heard; `discards`: masters whose adverts it discards, `unlike` those that it may
    discard because their address list differs; `rivals`: other masters that do not yield; `silent`: no master has been
    heard for too long."""

    instance: Instance
    state: str
    reported: str
    where: Sequence[str]
    up: bool | None
    down: tuple[str, ...]
    running: bool | None
    leads: bool
    others: tuple[Advert, ...] | None
    discards: tuple[Discard, ...]
    unlike: tuple[Discard, ...]
    rivals: tuple[Advert, ...]
    silent: bool


def findings(case: InstanceFacts) -> tuple[str, ...]:
    """All faults, the worst first."""
    return (*_of_others(case), *_of_addresses(case), *_of_silence(case), *_of_links(case), *_of_priority(case))


def _of_others(case: InstanceFacts) -> list[str]:
    """The faults that concern other masters."""
    texts = []
    if foreign := [discard.advert for discard in case.discards if discard.foreign]:
        texts.append(f"VRID {case.instance.vrid} clashes: {_names(foreign)} announces other addresses")
    for discard in case.discards:
        if not discard.foreign:
            name = _names((discard.advert,))
            if case.state in ("MASTER", "PARTIAL"):
                texts.append(
                    f"split brain: {name} is master too, because keepalived discards its adverts: {discard.why}"
                )
            else:
                texts.append(f"keepalived discards the adverts of {name}: {discard.why}")
    texts += [f"address lists differ from those in adverts of {_names((o.advert,))}: {o.why}" for o in case.unlike]
    if case.rivals:
        texts.append(f"split brain: {_names(case.rivals)} is master too")
    return texts


def _of_addresses(case: InstanceFacts) -> list[str]:
    missing = _addresses(case, False)
    held = _addresses(case, True)
    if case.running is False:
        return [f"keepalived is not running, and {_are(held)} still on {_device(case, True)}"] if held else []
    if missing and case.leads:
        return [f"master, but {_are(missing)} not on {_device(case, False)}"]
    if missing and case.state == "PARTIAL":
        return [f"{_are(missing)} not on {_device(case, False)}, {_are(held)}"]
    if held and (case.state == "BACKUP" or case.reported in ("BACKUP", "FAULT")):
        word = case.reported.lower() if case.reported in ("BACKUP", "FAULT") else "backup"
        return [f"{word}, but {_are(held)} on {_device(case, True)}"]
    return []


def _of_silence(case: InstanceFacts) -> list[str]:
    texts = []
    if case.silent and case.up is not False and case.running is not False:
        if case.state == "MASTER":
            texts.append("adverts have stopped: this master sends none")
        elif case.state == "BACKUP":
            texts.append("adverts have stopped: no master is heard")
    return texts


def _of_links(case: InstanceFacts) -> list[str]:
    instance = case.instance
    names = [*([instance.interface] if case.up is False else []), *case.down]
    texts = [f"{name} is down" for name in names]
    if case.state == "FAULT":
        failed = [tracked for tracked in instance.tracked if tracked.good is False and tracked.name not in names]
        # keepalived also counts links that are down, its own interface included; those are already named.
        linked = sum(instance.tracks or name != instance.interface for name in names)
        count = max(instance.faults - linked, len(failed))
        if count:
            what = ", ".join(f"{tracked.kind} {tracked.name}" for tracked in failed) or "see its log"
            texts.append(f"{count} of what it tracks failed: {what}")
        elif instance.group and not names:
            texts.append(f"in fault with its sync group {instance.group}")
    return texts


def _of_priority(case: InstanceFacts) -> list[str]:
    effective = case.instance.effective
    equal = [a for a in case.others or () if a.priority == effective and effective]
    if not equal:
        return []
    return [f"priority {effective} is also that of {_names(equal)}: their addresses decide which one wins"]


def _addresses(case: InstanceFacts, there: bool) -> str:
    pairs = zip(case.instance.carried, case.where, strict=True)
    return ", ".join(address_text(address.address) for address, where in pairs if bool(where) is there)


def _are(addresses: str) -> str:
    return f"{addresses} {'are' if ',' in addresses else 'is'}"


def _device(case: InstanceFacts, there: bool) -> str:
    """The interfaces that have the addresses, or those that should have the missing ones."""
    pairs = zip(case.instance.carried, case.where, strict=True)
    return ", ".join(dict.fromkeys(where or address.device for address, where in pairs if bool(where) is there))


def _names(adverts: Sequence[Advert]) -> str:
    return ", ".join(f"{address_text(a.source)} (priority {a.priority})" for a in adverts)
