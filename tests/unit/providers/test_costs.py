"""What is billed beside the plain tokens is priced, or makes the cost unknown by its name: no sum is too low."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pytest_llmobs.providers.base import Reply
from pytest_llmobs.providers.chat_completions import read_chunks, read_completion, read_embeddings
from pytest_llmobs.providers.media_replies import characters, read_images, read_speech, read_transcription
from pytest_llmobs.providers.messages import read_events, read_message
from pytest_llmobs.providers.responses import read_response
from pytest_llmobs.providers.streams import END
from tests.anthropic_server import events_of, message
from tests.openai_server import chat, chunks_of, response, spoken

SONNET = "claude-sonnet-4-6"
PLAIN = {"input_tokens": 1000, "output_tokens": 100}
PLAIN_COST = (1000 * 3 + 100 * 15) / 1e6
MINI = "gpt-5-mini"
CHAT = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
CHAT_COST = (1000 * 0.25 + 100 * 2) / 1e6


def _message(usage: Any, provider: str = "anthropic", model: str = SONNET, **fields: Any) -> Reply:
    body = {**message([{"type": "text", "text": "a"}], model=model).body, "usage": usage, **fields}
    return read_message(body, provider)


def _chat(usage: Any, provider: str = "openai", model: str = MINI, **fields: Any) -> Reply:
    return read_completion({**chat({"content": "a"}, model=model).body, "usage": usage, **fields}, provider)


def _cost(reply: Reply) -> Any:
    return reply.columns.get("total_cost")


def _why(reply: Reply) -> str:
    return str(reply.metadata.get("cost_unknown") or reply.metadata.get("no_usage"))


@pytest.mark.parametrize(
    ("more", "added"),
    [
        ({}, 0.0),
        ({"service_tier": "standard", "speed": "standard", "inference_geo": "global"}, 0.0),
        ({"inference_geo": "not_available", "fallback_credit": None, "iterations": None}, 0.0),
        ({"cache_read_input_tokens": 1000}, 1000 * 0.3 / 1e6),
        (
            {"cache_creation_input_tokens": 1000, "cache_creation": {"ephemeral_5m_input_tokens": 1000}},
            1000 * 3.75 / 1e6,
        ),
        (
            {"cache_creation_input_tokens": 1000, "cache_creation": {"ephemeral_1h_input_tokens": 400}},
            (600 * 3.75 + 400 * 6) / 1e6,
        ),
        ({"server_tool_use": {"web_search_requests": 3, "web_fetch_requests": 7}}, 0.03),
        ({"output_tokens_details": {"thinking_tokens": 90}}, 0.0),
    ],
)
def test_what_the_price_list_knows_of_anthropic_is_priced(more: dict[str, Any], added: float) -> None:
    reply = _message({**PLAIN, **more})
    assert _cost(reply) == pytest.approx(PLAIN_COST + added)
    assert reply.metadata == {}


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"service_tier": "priority"}, "service tier 'priority'"),
        ({"service_tier": "turbo"}, "service tier 'turbo'"),
        ({"speed": "fast"}, "speed 'fast'"),
        ({"inference_geo": "us"}, "inference_geo 'us'"),
        (
            {"server_tool_use": {"code_execution_requests": 2}},
            "usage.server_tool_use.code_execution_requests",
        ),
        ({"video_seconds": 12.5}, "usage.video_seconds"),
        ({"new": {"deeply": [{"hidden_tokens": 5}]}}, "usage.new.deeply.hidden_tokens"),
        ({"cache_creation": {"ephemeral_24h_input_tokens": 5}}, "ephemeral_24h_input_tokens"),
        ({"iterations": [{"type": "message", "input_tokens": 1, "output_tokens": 1}]}, "usage.iterations"),
        ({"iterations": [{"type": "fallback_message", **PLAIN, "model": "x"}]}, "'fallback_message'"),
        ({"iterations": {"compaction": 5}}, "usage.iterations"),
        ({"iterations": [5]}, "usage.iterations"),
        ({"input_tokens": -5}, "usage.input_tokens"),
        ({"input_tokens": None}, "usage doesn't tell input_tokens"),
        ({"input_tokens": "1000"}, "usage doesn't tell input_tokens"),
    ],
)
def test_what_else_anthropic_bills_makes_the_cost_unknown_by_its_name(
    more: dict[str, Any], named: str
) -> None:
    reply = _message({**PLAIN, **more})
    assert _cost(reply) is None
    assert named in _why(reply)
    assert reply.outputs["content"]


def test_a_batch_with_a_fast_mode_has_no_price() -> None:
    assert _cost(_message({**PLAIN, "service_tier": "batch"})) == pytest.approx(PLAIN_COST / 2)
    both = _message({**PLAIN, "service_tier": "batch", "speed": "fast"}, model="claude-opus-5")
    assert (_cost(both), _why(both)) == (
        None,
        "processing 'batch', speed 'fast': no price is listed for it",
    )


def test_compaction_and_an_advisor_are_billed_beside_the_message() -> None:
    iterations = [
        {"type": "compaction", "input_tokens": 50_000, "output_tokens": 2000, "cache_read_input_tokens": 0},
        {"type": "message", **PLAIN},
        {"type": "advisor_message", "model": "claude-opus-5", "input_tokens": 4000, "output_tokens": 500},
    ]
    reply = _message({**PLAIN, "iterations": iterations})
    apart = (50_000 * 3 + 2000 * 15) / 1e6 + (4000 * 5 + 500 * 25) / 1e6
    assert _cost(reply) == pytest.approx(PLAIN_COST + apart)
    assert (reply.columns["input_tokens"], reply.columns["output_tokens"]) == (55_000, 2600)


def test_an_advisor_without_a_price_makes_the_whole_unknown() -> None:
    advisor = {"type": "advisor_message", "model": "house-oracle", "input_tokens": 40, "output_tokens": 5}
    reply = _message({**PLAIN, "iterations": [{"type": "message", **PLAIN}, advisor]})
    assert (_cost(reply), reply.metadata) == (None, {"unpriced_model": "house-oracle"})


def test_the_time_of_a_container_is_billed_unless_it_served_a_search() -> None:
    ran = {"type": "server_tool_use", "id": "s", "name": "bash_code_execution", "input": {}}
    assert "bash_code_execution" in _why(_message(PLAIN, content=[ran]))
    searched = {**PLAIN, "server_tool_use": {"web_search_requests": 1}}
    assert _cost(_message(searched, content=[ran])) == pytest.approx(PLAIN_COST + 0.01)


@pytest.mark.parametrize("usage", [None, {}, [], "none", {"input_tokens": None, "output_tokens": None}])
def test_a_reply_without_its_usage_says_so(usage: Any) -> None:
    for reply in (_message(usage), _chat(usage), read_response(_response(usage), "openai")):
        assert _cost(reply) is None
        assert reply.metadata == {"no_usage": "the reply says nothing of its usage"}


def test_no_tokens_at_all_cost_nothing() -> None:
    assert _cost(_chat({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0})) == 0


def _response(usage: Any, *items: Mapping[str, Any], model: str = MINI, **fields: Any) -> dict[str, Any]:
    return {**response([*items, spoken("a")], model=model).body, "usage": usage, **fields}


@pytest.mark.parametrize(
    ("more", "cost"),
    [
        ({}, CHAT_COST),
        ({"prompt_tokens_details": {"cached_tokens": 400}}, CHAT_COST - 400 * 0.225 / 1e6),
        ({"prompt_cache_hit_tokens": 400, "prompt_cache_miss_tokens": 600}, CHAT_COST - 400 * 0.225 / 1e6),
        ({"prompt_tokens_details": {"text_tokens": 1000, "image_tokens": 300}}, CHAT_COST),
        (
            {"completion_tokens_details": {"reasoning_tokens": 40, "rejected_prediction_tokens": 9}},
            CHAT_COST,
        ),
        # left out of the completion's tokens by some servers: the total tells
        (
            {"completion_tokens_details": {"reasoning_tokens": 50}, "total_tokens": 1150},
            CHAT_COST + 50 * 2 / 1e6,
        ),
        ({"queue_time": 0.25, "total_time": 1.5, "cost": CHAT_COST}, CHAT_COST),
        ({"input_tokens": 1000, "output_tokens": 100}, CHAT_COST),
    ],
)
def test_what_the_price_list_knows_of_openai_is_priced(more: dict[str, Any], cost: float) -> None:
    reply = _chat({**CHAT, **more})
    assert _cost(reply) == pytest.approx(cost)
    assert reply.metadata == {}


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"prompt_tokens_details": {"audio_tokens": 10}}, "input_audio_tokens of gpt-5-mini"),
        ({"completion_tokens_details": {"audio_tokens": 10}}, "output_audio_tokens of gpt-5-mini"),
        ({"completion_tokens_details": {"image_tokens": 10}}, "output_image_tokens of gpt-5-mini"),
        ({"prompt_tokens_details": {"cache_write_tokens": 10}}, "cache_write_tokens of gpt-5-mini"),
        ({"num_sources_used": 4}, "usage.num_sources_used"),
        ({"prompt_tokens_details": {"video_frames": 4}}, "usage.prompt_tokens_details.video_frames"),
        ({"total_tokens": 1500}, "usage.total_tokens has 400 more than its parts"),
        ({"cost": 0.5}, "the server says that it cost $0.5"),
        ({"prompt_tokens": None, "total_tokens": None}, "usage doesn't tell input_tokens"),
        ({"prompt_tokens": "1000", "total_tokens": 100}, "usage doesn't tell input_tokens"),
        ({"completion_tokens": None, "total_tokens": None}, "usage doesn't tell output_tokens"),
        ({"completion_tokens": None, "total_tokens": 1000}, "usage doesn't tell output_tokens"),
    ],
)
def test_what_else_openai_bills_makes_the_cost_unknown_by_its_name(more: dict[str, Any], named: str) -> None:
    reply = _chat({**CHAT, **more})
    assert _cost(reply) is None
    assert named in _why(reply)


def test_audio_is_priced_as_audio() -> None:
    usage = {
        **CHAT,
        "prompt_tokens_details": {"audio_tokens": 900},
        "completion_tokens_details": {"audio_tokens": 90},
    }
    expected = (100 * 2.5 + 900 * 32 + 10 * 10 + 90 * 64) / 1e6
    assert _cost(_chat(usage, model="gpt-audio")) == pytest.approx(expected)


def test_a_sound_whose_tokens_are_not_told_is_not_priced_as_text() -> None:
    said = {"role": "assistant", "content": None, "audio": {"id": "a", "data": "aGk="}}
    reply = _chat(CHAT, model="gpt-audio", choices=[{"index": 0, "message": said, "finish_reason": "stop"}])
    assert (_cost(reply), _why(reply)) == (None, "the tokens of its sound aren't told")


@pytest.mark.parametrize(
    ("tier", "factor"),
    [("auto", 1), ("default", 1), ("flex", 0.5), ("priority", 1.8), ("batch", 0.5), ("scale", None)],
)
def test_each_tier_has_its_own_price_or_none(tier: str, factor: float | None) -> None:
    reply = _chat(CHAT, service_tier=tier)
    if factor is None:
        assert (_cost(reply), "'scale'" in _why(reply)) == (None, True)
    else:
        assert _cost(reply) == pytest.approx(CHAT_COST * factor)


def test_a_tier_of_somebody_who_serves_anothers_model_is_unknown() -> None:
    assert _cost(_chat(CHAT, provider="azure.ai.openai")) == pytest.approx(CHAT_COST)
    assert _cost(_chat(CHAT, provider="azure.ai.openai", service_tier="priority")) is None


SEARCH = {
    "type": "web_search_call",
    "id": "w",
    "status": "completed",
    "action": {"type": "search", "query": "x"},
}
OPENED = {**SEARCH, "action": {"type": "open_page", "url": "https://example.com"}}
USED = {"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100}


@pytest.mark.parametrize(
    ("items", "fields", "fees"),
    [
        ([SEARCH, OPENED, SEARCH], {}, 0.02),
        ([SEARCH, SEARCH], {"tool_usage": {"web_search": {"num_requests": 1}, "image_gen": {"input_tokens": 0}}}, 0.01),
        ([{"type": "file_search_call", "id": "f"}], {}, 0.0025),
        ([{"type": kind, "id": "x"} for kind in ("mcp_call", "function_call", "local_shell_call")], {}, 0.0),
    ],
)  # fmt: skip
def test_searches_of_responses_are_priced(items: Any, fields: dict[str, Any], fees: float) -> None:
    reply = read_response(_response(USED, *items, **fields), "openai")
    assert _cost(reply) == pytest.approx(CHAT_COST + fees)


@pytest.mark.parametrize(
    ("items", "fields", "named"),
    [
        ([{"type": "code_interpreter_call", "id": "c"}], {}, "code_interpreter_call"),
        ([{"type": "image_generation_call", "id": "i"}], {}, "image_generation_call"),
        ([{"type": "shell_call", "id": "s", "environment": {"type": "container_auto"}}], {}, "shell_call"),
        ([{"type": "brand_new_call", "id": "n"}], {}, "brand_new_call"),
        ([], {"tool_usage": {"image_gen": {"input_tokens": 5, "output_tokens": 4000}}}, "tool_usage.image_gen"),
        ([SEARCH], {"model": "gpt-4o-mini"}, "the tokens of what a web search found"),
        ([SEARCH], {"model": "gpt-4o", "tools": [{"type": "web_search_preview"}]}, "web_search_preview"),
        ([SEARCH], {"model": "o1"}, "web_searches of o1"),
    ],
)  # fmt: skip
def test_other_tools_of_responses_make_the_cost_unknown(
    items: Any, fields: dict[str, Any], named: str
) -> None:
    reply = read_response(_response(USED, *items, **fields), "openai")
    assert _cost(reply) is None
    assert named in _why(reply)


def test_a_search_on_azure_has_azures_price_which_no_list_has() -> None:
    assert "web_searches" in _why(read_response(_response(USED, SEARCH), "azure.ai.openai"))


def test_images_are_priced_by_their_tokens() -> None:
    usage = {"input_tokens": 50, "output_tokens": 4000, "total_tokens": 4050}
    details = {"input_tokens_details": {"text_tokens": 40, "image_tokens": 10}}
    reply = read_images({"data": [], "usage": {**usage, **details}}, "openai", "gpt-image-1")
    assert _cost(reply) == pytest.approx((40 * 5 + 10 * 10 + 4000 * 40) / 1e6)
    # without details all of the output is an image, though the list has a cheaper price of text
    newer = read_images({"data": [], "usage": usage}, "openai", "gpt-image-1.5")
    assert _cost(newer) == pytest.approx((50 * 5 + 4000 * 32) / 1e6)
    assert _why(read_images({"data": []}, "openai", "dall-e-3")) == "the reply says nothing of its usage"


def test_sounds_are_priced_by_tokens_seconds_or_characters() -> None:
    minute = {"text": "a", "usage": {"type": "duration", "seconds": 60}}
    assert _cost(read_transcription(minute, "openai", "whisper-1")) == pytest.approx(0.006)
    heard = {
        "input_tokens": 100,
        "input_token_details": {"audio_tokens": 90, "text_tokens": 10},
        "output_tokens": 20,
    }
    tokens = {"text": "a", "usage": {"type": "tokens", **heard, "total_tokens": 120}}
    expected = (90 * 6 + 10 * 2.5 + 20 * 10) / 1e6
    assert _cost(read_transcription(tokens, "openai", "gpt-4o-transcribe")) == pytest.approx(expected)
    sent = characters({"input": "a" * 1000})
    assert _cost(read_speech(b"mp3", "audio/mpeg", sent, "openai", "tts-1")) == pytest.approx(0.015)
    assert "input_characters of gpt-4o-mini-tts" in _why(
        read_speech(b"mp3", "audio/mpeg", sent, "openai", "gpt-4o-mini-tts")
    )


def test_tokens_of_a_model_that_is_sold_by_the_hour_have_no_price() -> None:
    assert "input_tokens, output_tokens of whisper-1" in _why(_chat(CHAT, model="whisper-1"))


def test_half_a_usage_is_none_but_of_what_embeds() -> None:
    body = {"data": [{"embedding": [0.5]}], "model": "text-embedding-3-small"}
    told = {**body, "usage": {"prompt_tokens": 1000, "total_tokens": 1000}}
    assert _cost(read_embeddings(told, "openai")) == pytest.approx(1000 * 0.02 / 1e6)
    for half in ({"prompt_tokens": 1000}, {"output_tokens": 100}):
        assert _cost(_chat(half)) is None
        assert _cost(read_response(_response(half), "openai")) is None


def test_embeddings_without_usage_are_unknown() -> None:
    body = {"data": [{"embedding": [0.5]}], "model": "text-embedding-3-small"}
    assert _why(read_embeddings(body, "openai")) == "the reply says nothing of its usage"


def test_a_stream_that_broke_off_has_no_cost_though_its_start_told_some_tokens() -> None:
    body = message([{"type": "text", "text": "one two"}], model=SONNET, usage=PLAIN).body
    reply = read_events(events_of(body)[:4], "anthropic")
    assert reply.columns["input_tokens"] == 1000
    assert (reply.status, _cost(reply)) == ("incomplete", None)
    assert _why(reply) == "the stream broke off before its whole usage was told"


def _chunks(*, finish_reason: str | None, include_usage: bool = True) -> list[Any]:
    body = {**chat({"content": "one two"}, usage=CHAT, model=MINI).body}
    body["choices"][0]["finish_reason"] = finish_reason
    return chunks_of(body, include_usage)[:-1]


def test_the_end_of_a_stream_is_its_servers_word_or_its_reason_to_stop() -> None:
    named = read_chunks(_chunks(finish_reason="stop"), "openai")
    assert (named.status, _cost(named)) == (None, pytest.approx(CHAT_COST))
    unnamed = read_chunks([*_chunks(finish_reason=None), END], "openai")
    assert (unnamed.status, _cost(unnamed)) == (None, pytest.approx(CHAT_COST))
    cut = read_chunks(_chunks(finish_reason=None), "openai")
    assert (cut.status, _cost(cut)) == ("incomplete", None)
    silent = read_chunks([*_chunks(finish_reason=None, include_usage=False), END], "openai")
    assert silent.metadata == {"no_usage": "streamed without its usage"}
    empty = read_chunks([{"id": "c", "model": MINI, "choices": [], "usage": CHAT}, END], "openai")
    assert (empty.status, _cost(empty)) == (None, pytest.approx(CHAT_COST))
