"""`!` and `:explain`: what the figures on the screen mean."""

from __future__ import annotations

from tests.console.stage import opened


async def test_the_figures_of_a_row_are_explained_with_their_values() -> None:
    async with opened(size=(100, 40)) as stage:
        await stage.press("2", "exclamation_mark")
        await stage.shows(
            "what the figures mean", "connections that are open or opening", "IPVS_DEST_ATTR_ACTIVE_CONNS"
        )
        await stage.press("escape", "1", "exclamation_mark")
        assert "round robin" in stage.screen()  # a service has its page, as ever
        await stage.press("exclamation_mark")
        await stage.shows("what the figures mean")


async def test_explain_takes_a_word() -> None:
    async with opened(size=(100, 40)) as stage:
        for words, wanted in (("skew", "load imbalance against the weights"), ("stale", "the screen is old")):
            await stage.press("colon")
            await stage.type(f"explain {words}")
            await stage.press("enter")
            await stage.shows(wanted, f"what {words} means")
            await stage.press("escape")
        await stage.press("colon")
        await stage.type("explain wieght")
        await stage.press("enter")
        assert "weight?" in stage.bottom
