"""The application does what its OpenAPI document says, whatever it is sent: schemathesis asks it in-process.

What is sent is the same in each run; `make fuzz` sends all of it, and other requests each time.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.engine import events, from_schema
from schemathesis.engine.events import EngineEvent
from schemathesis.generation.meta import TestPhase

from tests.api.in_a_thread import ThreadedApi, served_in_a_thread
from tests.databases import Place

DATABASES = ("sqlite",)  # what is asked is the application, not its database
HOST = "testserver"
"""As which schemathesis asks."""
ONE_OF = 8
"""Of the requests that schemathesis makes up for each rule of the document, one of so many is sent."""
RULES_BEYOND = (
    # What a schema cannot say: the fields of a provider's secret, who can be dialled, what time it is, what
    # an origin is.
    *("createApiKey", "createCredential", "replaceCredential", "verifyCredential", "createMember"),
    *("createAssistant", "replaceAssistant", "checkAssistant", "checkVersion"),
    *("compareVersions", "publishVersion", "putPhoneDeployment", "createPhoneCall"),
    *("readStatistics", "summarizeConversations", "readLatency", "setRates"),
    *("setRetention", "openTalk", "sayInVoice", "createPublishableToken"),
    *("listPhoneNumbers", "connectPhoneNumber", "restorePhoneNumber", "buyPhoneNumber"),
    *("listAvailablePhoneNumbers", "setup", "login", "changePassword"),
)
"""Operations that may refuse what their schema allows as `invalid`, with a sentence that says why."""
ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "412", "429", "502", "503"]
"""How what the schema allows may be answered: done, or refused for what there is."""
BESIDE_AN_ID = ("summarizeConversations", "checkAssistant")
"""Operations at a path where another one, of another method, takes the last word for an id: 422, not 405."""
WITH_OUR_VOICE = ("readAssistant", "readVersion")
"""Operations that show the assistant of these tests, whose voice is no provider of the document."""
PASSES_ON = ("sayInVoice",)
"""Operations that answer 502 for what a local provider refuses too."""
LARGE = ("createAssistant", "replaceAssistant", "checkAssistant", "checkVersion", "sayInVoice")
"""Operations whose bodies take most of the time to make up; only `make fuzz` tries each of their fields."""
BY_ROW = ("createBulkPhoneCall",)
"""Operations that accept what is wrong in part, and say so of each part."""


def config(key: str, *, whole: bool) -> schemathesis.Config:
    def but(check: str, *operations: str) -> list[dict[str, Any]]:
        return [{"include-operation-id": each, "checks": {check: {"enabled": False}}} for each in operations]

    return schemathesis.Config.from_dict(
        {
            "seed": random.randrange(2**32) if whole else 1,
            "continue-on-failure": True,
            "request-timeout": 300,
            "headers": {"x-api-key": key},
            # Headers that nobody knows are no fault of a request, nor is a second key that is no good.
            "generation": {
                "max-examples": 50,
                "database": "none",
                "allow-extra-parameters": False,
                "with-security-parameters": False,
                "no-shrink": True,
            },
            "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
            "phases": {"fuzzing": {"enabled": whole}, "stateful": {"enabled": whole}},
            "operations": [
                *(
                    {
                        "include-operation-id": each,
                        "checks": {"positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "422"]}},
                    }
                    for each in RULES_BEYOND
                ),
                *but("negative_data_rejection", *BY_ROW),
                *but("unsupported_method", *BESIDE_AN_ID),
                *but("not_a_server_error", *PASSES_ON),
                *but("response_schema_conformance", *WITH_OUR_VOICE),
                *(
                    {"include-operation-id": each, "phases": {"coverage": {"enabled": whole}}}
                    for each in LARGE
                ),
            ],
        }
    )


@contextmanager
def thinned(schema: Any, *, whole: bool) -> Generator[None]:
    @schema.hook("filter_case")
    def filter_case(context: Any, case: Any) -> bool:
        if whole or case.meta.phase.name != TestPhase.COVERAGE:
            return True
        told = repr((case.method, case.path, case.path_parameters, case.query, case.headers, case.body))
        return zlib.crc32(told.encode("utf-8", "replace")) % ONE_OF == 0

    yield


def faults(event: EngineEvent) -> list[str]:
    if isinstance(event, events.NonFatalError | events.FatalError):
        return [repr(event)]
    if not isinstance(event, events.ScenarioFinished):
        return []
    return [
        f"{check.name}: {check.failure_info.failure.message}\n{check.failure_info.code_sample}"
        for checks in event.recorder.checks.values()
        for check in checks
        if check.failure_info is not None
    ]


@pytest.fixture
def served(place: Place) -> Generator[ThreadedApi]:
    with served_in_a_thread(place, allowed_hosts=(HOST,)) as api:
        yield api


def test_the_application_is_as_its_document_says(served: ThreadedApi) -> None:
    whole = hypothesis.settings.get_current_profile_name() == "fuzz"
    schema = schemathesis.openapi.from_asgi("/openapi.json", served, config=config(served.key, whole=whole))
    asked, found = 0, list[str]()
    with thinned(schema, whole=whole):
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                asked += len(event.recorder.cases)
            found += faults(event)
    assert not found, "\n\n".join(found)
    assert asked > 500
