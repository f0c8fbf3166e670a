"""The user's side of the tests: Lambda functions that the workflows call. One handler each."""

import tempfile
import time
from pathlib import Path

# The functions run as processes of this machine: what they leave here, the tests can read.
SEEN = Path(tempfile.gettempdir()) / "seen"


class PaymentGatewayBusy(Exception):
    pass


class CardDeclined(Exception):
    pass


def times_called(what: str) -> int:
    """How often this was called with that, this time included."""
    SEEN.mkdir(exist_ok=True)
    with (SEEN / what).open("a") as file:
        file.write(f"{time.time()}\n")
    return len((SEEN / what).read_text().splitlines())


def validate_order(event, _):
    return {"valid": bool(event["lines"]), "total": 84, "currency": "GBP"}


def reserve_stock(event, _):
    return {"reservation": f"shelf-{len(event)}"}


def charge_card(event, _):
    if times_called(f"charge-{event['idempotencyKey']}") == 1:
        raise PaymentGatewayBusy("try again in a second")
    return {"receipt": "rc_5Kd2"}


def ship_order(event, _):
    return {"tracking": f"RX-{event['reservation']}"}


def notify_customer(event, _):
    return event


def keep_token(event, _):
    return {"kept": len(event["token"])}


def flaky(event, _):
    if times_called(f"flaky-{event['key']}") <= event["failures"]:
        raise PaymentGatewayBusy("not yet")
    return "at last"


def decline(_event, _):
    raise CardDeclined("insufficient funds")


def measure(event, _):
    return {"length": len(event["text"])}


def make_large(event, _):
    return {"text": "r" * event["length"]}


def slow(event, _):
    times_called(f"slow-{event['key']}")
    time.sleep(1)
    return event["index"]


def unlisted(_event, _):
    times_called("unlisted")
    return "called"
