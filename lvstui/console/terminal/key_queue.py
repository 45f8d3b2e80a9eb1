"""One key at a time: each key is handled completely before the next one.

Textual hands a letter straight to the focused field, while a key that is a binding (Tab, ctrl+k) first bubbles up to
the App and is handled later. A slow link delivers keys in bursts, and then `10.0.0.1`, Tab, `80` would write the port
into the address. So the App holds a key back until the one before has been stopped on its way up, or has come back.
"""

from __future__ import annotations

from collections import deque

from textual import events
from textual.dom import DOMNode
from textual.message_pump import MessagePump

from lvstui.console.terminal.textual_private import CHANGED, KEYS, UpdatingApp, stopped

_LOOKS = 0.3
"""Seconds between two checks of a key that has not come back: a key whose page was closed under it no longer delays the
others."""
_PATIENCE = 10.0
"""Seconds after which a key no longer delays the others in any case. A busy machine takes a second for a key."""


class KeyByKey(UpdatingApp):
    """Textual's App, which handles keys one after the other, in the order in which they were typed."""

    def __init__(self) -> None:
        super().__init__()
        self._under_way: events.Key | None = None
        self._has_it: MessagePump = self
        self._held: deque[events.Key] = deque()
        self._waiting = False

    async def on_event(self, event: events.Event) -> None:
        if KEYS in CHANGED or not isinstance(event, events.Key):
            await super().on_event(event)
        elif event.is_forwarded:
            await super().on_event(event)
            self._done(event)
        elif self._under_way is not None or self._held or self._waiting:
            self._held.append(event)
            if self._under_way is not None and len(self._held) == 1:
                self._wait_for(self._under_way)
        else:
            await self._begin(event)

    def hold(self) -> None:
        """Makes keys wait, because the action that the last one started has not asked its question yet."""
        self._waiting = True

    def release(self) -> None:
        """Handles keys again, after whatever is already in the queue."""
        self._waiting = False
        if self._held:
            self.call_later(self._next)

    async def _begin(self, event: events.Key) -> None:
        self._under_way = event
        self._has_it = target = self.focused or self.screen
        await super().on_event(event)
        if event.is_forwarded:
            target.call_later(self._look, event, target)
        else:
            self._done(event)

    def _look(self, event: events.Key, node: MessagePump) -> None:
        """Called when `node` has handled the key. The key went no further, or its parent has it now; the App is the
        last."""
        parent = node.parent if isinstance(node, DOMNode) else None
        if stopped(event):
            # Textual marks a key as stopped also when the screen hands it on to the App: then the App has it first.
            self.call_later(self._done, event)
        elif parent is not None and parent is not self:
            self._has_it = parent
            parent.call_later(self._look, event, parent)

    def _wait_for(self, event: events.Key, looks: int = 1) -> None:
        """Makes other keys wait for this one, which is done when no widget has it any more."""

        def look() -> None:
            if event is not self._under_way:
                return
            if looks * _LOOKS < _PATIENCE and self._has_it.is_running:
                self._wait_for(event, looks + 1)
            else:
                self._done(event)

        self.set_timer(_LOOKS, look)

    def _done(self, event: events.Key | None) -> None:
        if event is None or event is not self._under_way:
            return
        self._under_way = None
        if self._held:
            # By way of the queue: what the key before has set in motion (a focus, a page) is to come first.
            self.call_later(self._next)

    async def _next(self) -> None:
        if self._held and self._under_way is None and not self._waiting:
            event = self._held.popleft()
            if self._held:
                self._wait_for(event)
            await self._begin(event)
