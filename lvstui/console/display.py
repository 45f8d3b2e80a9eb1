"""An App that writes to the terminal only what differs from what it shows. The one place that overrides Textual's
display step, which is private: `App._display(screen, renderable)` of textual 8.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.color import ColorSystem
from textual._compositor import CompositorUpdate, InlineUpdate
from textual.app import App

from lvstui.console.differ import Shadow, pieces

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.screen import Screen

_COLORS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
}


class DifferApp(App[int]):
    """Textual's App with a shadow of the terminal behind its display step."""

    def __init__(self) -> None:
        super().__init__()
        self._shadow = Shadow()

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _: self._shadow.forget())

    def action_redraw(self) -> None:
        """Paints everything anew, for a terminal that something else has written to."""
        self._shadow.forget()
        self.refresh(layout=True)
        self.screen.refresh()

    def on_resize(self) -> None:
        self._shadow.forget()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        driver = self._driver
        ours = isinstance(renderable, CompositorUpdate) and not isinstance(renderable, InlineUpdate)
        if not ours or driver is None or self.is_headless or self._batch_count or self._closed or not self._running:
            super()._display(screen, renderable)
            if renderable is not None and not ours:
                self._shadow.forget()
            return
        assert isinstance(renderable, CompositorUpdate)
        try:
            self._shadow.resize(*self.size)
            output = self._shadow.draw(
                pieces(renderable), _COLORS.get(self.console.color_system or "", ColorSystem.STANDARD)
            )
            if output:
                self._begin_update()
                driver.write(output)
                self._end_update()
                driver.flush()
        except Exception as error:
            self._handle_exception(error)
        finally:
            self.post_display_hook()
