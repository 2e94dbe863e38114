"""A headless Chromium. Test modules that import this are skipped, with the reason, where there is none."""

from __future__ import annotations

import json
import shutil

import pytest

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.remote.webelement import WebElement
    from selenium.webdriver.support.ui import Select, WebDriverWait
except ModuleNotFoundError as error:
    pytest.skip(f"pages are tried with selenium ({error}): pip install '.[test]'", allow_module_level=True)

__all__ = ["By", "Chromium", "Keys", "Select", "WebDriverWait", "WebElement"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
if CHROMIUM is None or DRIVER is None:
    pytest.skip(
        "pages are tried in Chromium: install chromium and chromium-driver (Debian's packages)",
        allow_module_level=True,
    )


class Chromium:
    """A Chromium of 1400 by 1000 pixels, and what it says of itself."""

    def __init__(self) -> None:
        options = Options()
        options.binary_location = str(CHROMIUM)
        for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1400,1000"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last call."""
        messages = [json.loads(message)["message"] for message in self._log("performance")]
        sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return [params["request"]["url"] for params in sent if params["request"]["url"] != "about:blank"]

    def problems(self) -> list[str]:
        """What the console says since the last call."""
        return self._log("browser")

    def _log(self, kind: str) -> list[str]:
        found: list[dict[str, str]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call]  # selenium's
        return [entry["message"] for entry in found]

    def all(self, selector: str) -> list[WebElement]:
        """The elements of a selector."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """The first of them."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """What is written in each."""
        return [element.text for element in self.all(selector)]

    def press(self, *keys: str) -> None:
        """Press keys, where the focus is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def asked(self, script: str, *arguments: object) -> object:
        """What a script returns."""
        answer: object = self.driver.execute_script(script, *arguments)
        return answer
