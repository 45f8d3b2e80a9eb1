"""Textual's command palette over the table of commands and the table of actions. Imported when it is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from textual.command import CommandInput, CommandPalette, DiscoveryHit, Hit, Hits, Provider, SearchIcon
from textual.content import Content

from lvstui.commands.table import COMMANDS
from lvstui.console.keys.names import shown_key

if TYPE_CHECKING:
    from lvstui.console.app import Console


class Offer(NamedTuple):
    """A line of the palette, and what it does."""

    text: str
    about: str
    does: Callable[[], None]


def offers(app: Console) -> Iterable[Offer]:
    """All that may be asked for: commands, and the actions that are no command."""
    for command in COMMANDS:
        needs = any(not arg.optional for arg in command.args)
        does = partial(app.acts.ask, f"{command.words[0]} ") if needs else partial(app.acts.line, command.words[0])
        yield Offer(command.brief, command.help, does)
    spelled = {word for command in COMMANDS for word in (command.id, *command.words)}
    for action in app.actions:
        if action.id not in spelled and action.id not in ("palette", "command"):
            keys = " ".join(map(shown_key, action.keys))
            text = f"{action.id.replace('_', ' ').replace('-', ' ')}  {keys}".rstrip()
            yield Offer(text, action.help, partial(app.action_do, action.id))


class Offers(Provider):
    """What the palette finds."""

    async def discover(self) -> Hits:
        for offer in offers(cast("Console", self.app)):
            yield DiscoveryHit(Content(offer.text), offer.does, offer.text, offer.about)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for offer in offers(cast("Console", self.app)):
            score = max(matcher.match(offer.text), matcher.match(offer.about) * 0.7)
            if score > 0:
                yield Hit(score, Content(offer.text), offer.does, offer.text, offer.about)


class Palette(CommandPalette):
    """Without a blinking cursor, and without a picture that not every terminal has."""

    def __init__(self) -> None:
        super().__init__(providers=[Offers], placeholder="a command or an action")

    def on_mount(self) -> None:
        self.query_one(CommandInput).cursor_blink = False
        self.query_one(SearchIcon).icon = ":"
