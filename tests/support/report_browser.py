"""A headless Chromium with pages that elcheck writes."""

from __future__ import annotations

from pathlib import Path

from tests.support.browser import Chromium


class Browser(Chromium):
    """A Chromium, and what these tests ask of it."""

    def __init__(self) -> None:
        super().__init__()
        self.media()

    def open(self, path: Path, step: str = "") -> None:
        """Open a report as if for the first time, whatever it logs forgotten before."""
        self.driver.get("about:blank")
        self.requests()
        self.problems()
        self.driver.get(path.as_uri() + step)

    def media(self, **features: str) -> None:
        """Emulate what a user prefers; above all no motion, so that nothing moves while it is tested."""
        features = {"prefers_reduced_motion": "reduce", **features}
        named = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": named})

    def selected(self) -> str:
        """The number of the selected step, by what assistive technology is told."""
        chosen = self.all("#trace [role=option][aria-selected=true]")
        assert len(chosen) == 1
        number = str(chosen[0].get_attribute("id"))
        assert self.one("#trace [role=listbox]").get_attribute("aria-activedescendant") == number
        return number.removeprefix("step-")
