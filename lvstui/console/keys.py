"""One key at a time: a key is done with before the next one is looked at.

Textual hands a letter straight to the focused field, while a key that is a binding (Tab, ctrl+k) first bubbles up to
the App and is acted on later. A slow link delivers keys in bursts, and then `10.0.0.1`, Tab, `80` would write the port
into the address. So the App holds a key back until the one before has been stopped on its way up, or has come back.
"""

from __future__ import annotations

from collections import deque

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump

_PATIENCE = 0.3
"""Seconds after which a key that has not come back (its page was closed under it) no longer holds up others."""


class KeyByKey(App[int]):
    """Textual's App, taking keys in the order they were typed, each with all that it does."""

    def __init__(self) -> None:
        super().__init__()
        self._under_way: events.Key | None = None
        self._held: deque[events.Key] = deque()
        self._waiting = False

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key):
            await super().on_event(event)
        elif event.is_forwarded:
            await super().on_event(event)
            self._done(event)
        elif self._under_way is not None or self._held or self._waiting:
            self._held.append(event)
            overtaken = self._under_way
            if overtaken is not None and len(self._held) == 1:
                self.set_timer(_PATIENCE, lambda: self._done(overtaken))
        else:
            await self._begin(event)

    def hold(self) -> None:
        """Keys wait: what the last one started has not got so far as to ask for them."""
        self._waiting = True

    def release(self) -> None:
        """Keys go on, behind whatever has been set in motion by now."""
        self._waiting = False
        if self._held:
            self.call_later(self._next)

    async def _begin(self, event: events.Key) -> None:
        self._under_way = event
        target: MessagePump = self.focused or self.screen
        await super().on_event(event)
        if event.is_forwarded:
            target.call_later(self._look, event, target)
        else:
            self._done(event)

    def _look(self, event: events.Key, node: MessagePump) -> None:
        """Called when `node` has had the key. It went no further, or it is with the parent now; the App is the last."""
        parent = node._parent if isinstance(node, DOMNode) else None
        if event._stop_propagation:
            self._done(event)
        elif parent is not None and parent is not self:
            parent.call_later(self._look, event, parent)

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
                self.set_timer(_PATIENCE, lambda: self._done(event))
            await self._begin(event)
