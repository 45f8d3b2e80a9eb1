"""Textual's command palette over the console's commands and actions. Imported when it is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from textual.command import CommandInput, CommandPalette, DiscoveryHit, Hit, Hits, Provider, SearchIcon
from textual.content import Content
from textual.events import Event

from lvstui.console.context.ui import Offer
from lvstui.console.pages.pages import furnished


class Palette(CommandPalette):
    """Without a blinking cursor, and without an icon that some terminals lack."""

    def __init__(self, offers: Callable[[], Iterable[Offer]]) -> None:
        super().__init__(providers=[_provider(offers)], placeholder="a command or an action")

    async def on_event(self, event: Event) -> None:
        if furnished(self, event):
            await super().on_event(event)

    def on_mount(self) -> None:
        self.query_one(CommandInput).cursor_blink = False
        self.query_one(SearchIcon).icon = ":"


def _provider(offers: Callable[[], Iterable[Offer]]) -> type[Provider]:
    """The provider of the palette's commands: Textual needs a class, so it is made here."""

    class Offers(Provider):
        async def discover(self) -> Hits:
            for offer in offers():
                yield DiscoveryHit(Content(offer.text), offer.does, offer.text, offer.about)

        async def search(self, query: str) -> Hits:
            matcher = self.matcher(query)
            for offer in offers():
                score = max(matcher.match(offer.text), matcher.match(offer.about) * 0.7)
                if score > 0:
                    yield Hit(score, Content(offer.text), offer.does, offer.text, offer.about)

    return Offers
