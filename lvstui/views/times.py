"""Moments and ages as an operator reads them: absolute time first, then age, in steps that rarely change."""

from __future__ import annotations

import time

_MINUTES = (*range(1, 10), *range(10, 60, 5))


def moment(epoch: float, now: float) -> str:
    """`02:41:07` on the same day, else `24 Nov 22:13`, in local time."""
    then, today = time.localtime(epoch), time.localtime(now)
    if then[:3] == today[:3]:
        return time.strftime("%H:%M:%S", then)
    return f"{then.tm_mday} {time.strftime('%b %H:%M' if then[0] == today[0] else '%b %Y', then)}"


def clock(epoch: float, now: float) -> str:
    """The same in at most six cells, for a column: `02:41`, `24 Nov`."""
    then = time.localtime(epoch)
    return (
        time.strftime("%H:%M", then)
        if then[:3] == time.localtime(now)[:3]
        else f"{then.tm_mday} {time.strftime('%b', then)}"
    )


def age(seconds: float) -> str:
    """`5 min`, `3 h`, `2 d 4 h`; "" for less than a minute."""
    minutes = int(seconds // 60)
    if minutes < 60:
        step = max((step for step in _MINUTES if step <= minutes), default=0)
        return f"{step} min" if step else ""
    hours = minutes // 60
    if hours < 24:
        return f"{hours} h"
    days, rest = divmod(hours, 24)
    return f"{days} d {rest} h" if rest and days < 10 else f"{days} d"


def since(epoch: float, now: float) -> str:
    """`since 02:41:07 (5 min)`."""
    old = age(now - epoch)
    return f"since {moment(epoch, now)}{f' ({old})' if old else ''}"
