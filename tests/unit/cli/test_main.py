"""The command as a whole: usage, streams, exit status."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llmobs import cli
from pytest_llmobs.cli.console import open_console


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_help_is_a_page(llmobs, word):
    done = llmobs(word)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "usage: llmobs COMMAND ... | --help | --version"
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 80
    assert done.stdout.isascii()
    assert "Exit status: 0 done, 1 red or not found, 2 usage, 130 interrupted." in lines


def test_help_fits_a_narrow_window(process):
    lines = process("--help", COLUMNS="48").stdout.splitlines()
    assert max(map(len, lines)) <= 48


def test_help_of_a_command_is_asked_for_in_either_way(llmobs):
    assert llmobs("help", "show") == llmobs("show", "--help")
    assert llmobs("help", "shwo").stderr.startswith("Unknown command 'shwo'. Did you mean 'show'?")


def test_help_imports_no_parser_and_no_command(tmp_path):
    code = (
        "import sys; from pytest_llmobs.cli import main; main(['--help']);"
        "print(sorted(name for name in sys.modules if name in ('argparse', 'dataclasses', 'json', 'inspect')"
        " or name.startswith('pytest_llmobs.cli.commands')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_version_is_told(process):
    version = process("--version")
    assert (version.returncode, version.stdout.split()[0]) == (0, "llmobs")


def test_nothing_to_do_is_a_usage_error(process):
    done = process()
    assert done.returncode == 2
    assert done.stderr.startswith("usage: llmobs")


def test_an_unknown_command_names_the_nearest_and_all(llmobs):
    done = llmobs("shwo", "x")
    assert done.returncode == 2
    assert done.stderr.startswith("Unknown command 'shwo'. Did you mean 'show'? Known: ")
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["show", "--jsn"],
            "llmobs show has no option '--jsn'. Did you mean '--json'? `llmobs show --help` says",
        ),
        (["show", "--jsn=x"], "llmobs show has no option '--jsn'. Did you mean '--json'?"),
        (
            ["dataset", "log", "x", "--limt", "3"],
            "llmobs dataset log has no option '--limt'. Did you mean '--limi",
        ),
        (["show", "a", "b"], "llmobs show takes no further argument 'b'. `llmobs show --help` says what"),
        (
            ["show", "--color", "alwys"],
            "llmobs show: argument --color: 'alwys' is none of auto, always, never. Did",
        ),
        (["judge", "drif", "x"], "'drif' is none of calibrate, drift. Did you mean 'drift'?"),
        (
            ["baseline", "acept"],
            "llmobs baseline has no action 'acept'. Did you mean 'accept'? Known: accept, add",
        ),
        (["--hlp"], "Unknown option '--hlp'. Did you mean '--help'? `llmobs --help` lists the commands."),
        (["--store", "a b", "show", "x"], "Options stand behind the command: `llmobs show --store 'a b' x`."),
    ],
)
def test_a_mistake_names_what_was_probably_meant(llmobs, words, message):
    done = llmobs(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_help_takes_any_encoding(process):
    done = process("dataset", "--help", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, "")
    assert "[ACTION] ..." in done.stdout


def test_no_store_says_where_it_looked_and_what_to_do(llmobs, tmp_path):
    done = llmobs("experiments")
    assert done.returncode == 2
    assert done.stderr == (
        f"llmobs: There is no store '.llmobs' in {str(tmp_path)!r} nor in a folder above it. "
        "`pytest --llm-experiment` makes one, and so do `llmobs eval` and an app that runs with LLMOBS_TRACING=true. "
        "--store PATH or LLMOBS_STORE names one elsewhere.\n"
    )


def test_a_store_that_is_not_there_is_named(llmobs):
    done = llmobs("experiments", "--store", "elsewhere")
    assert done.returncode == 2
    assert done.stderr == (
        "llmobs: There is no store at 'elsewhere'. `pytest --llm-experiment` makes one, and so do `llmobs eval` and an "
        "app that runs with LLMOBS_TRACING=true.\n"
    )


def test_the_store_that_the_app_writes_to_is_read_wherever_the_command_runs(
    llmobs, store, tmp_path, monkeypatch
):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / ".llmobs").mkdir(parents=True)
    monkeypatch.setenv("LLMOBS_STORE", str(store.root))
    assert "brave-otter" in llmobs("experiments", cwd=elsewhere).stdout


def test_what_is_asked_for_goes_before_the_environment(llmobs, store, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMOBS_STORE", str(tmp_path / "gone"))
    assert "brave-otter" in llmobs("experiments", "--store", str(store.root)).stdout
    done = llmobs("experiments")
    assert done.returncode == 2
    assert f"There is no store at {str(tmp_path / 'gone')!r}, which LLMOBS_STORE names." in done.stderr


@pytest.mark.parametrize("command", ["doctor", "runs", "feedback", "experiments"])
def test_a_folder_that_is_no_store_is_not_taken_for_an_empty_one(llmobs, tmp_path, command):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "app.py").touch()
    done = llmobs(command, "--store", "shop")
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == "llmobs: 'shop' is no store: it has none of runs, spool, experiments, feedback, queues.\n"
    )


def test_the_folder_around_a_store_names_the_store(llmobs, store, tmp_path):
    (tmp_path / "app.py").touch()
    done = llmobs("experiments", "--store", str(tmp_path))
    assert done.stderr == f"llmobs: {str(tmp_path)!r} is no store. Did you mean {str(store.root)!r}?\n"


def test_the_nearest_store_above_is_found(llmobs, store, tmp_path):
    deep = tmp_path / "tests" / "unit"
    deep.mkdir(parents=True)
    assert "brave-otter" in llmobs("experiments", cwd=deep).stdout


def test_an_interrupted_sessions_runs_are_recovered_and_announced(process, store, tmp_path):
    script = (
        "import os, signal, sys\n"
        "from pytest_llmobs.storage.store import Store\n"
        "from pytest_llmobs.tracing.run_tree import start_root\n"
        "from pytest_llmobs.tracing.tracer import Tracer\n"
        f"tracer = Tracer(project='crashed', sink=Store({str(store.root)!r}).spool())\n"
        "for number in range(37):\n"
        "    root = start_root(tracer, f'run {number}')\n"
        "    root.end(outputs={})\n"
        "print(root.id, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    done = process("show", killed.stdout.strip())
    assert (done.returncode, done.stderr) == (0, "recovered 37 runs of an interrupted session\n")
    assert done.stdout.startswith("run 36 · chain · success")
    assert process("experiments").stderr == ""


def test_a_reader_that_leaves_early_is_no_error(store, older, tmp_path):
    older(28)
    piped = f"{sys.executable} -m pytest_llmobs.cli show --all --json | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", piped], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


def test_a_closed_pipe_is_silent_whatever_the_size(store, tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "pytest_llmobs.cli", "experiments"]
    done = subprocess.run(
        command, cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("words", [["explain", "MDE"], ["experiments", "--json"], ["show", "--help"]])
@pytest.mark.parametrize("unbuffered", [True, False])
def test_an_output_on_a_full_disk_is_one_line(llmobs, store, monkeypatch, words, unbuffered):
    with monkeypatch.context() as patch, Path("/dev/full").open("w", encoding="utf-8") as full:
        full.reconfigure(write_through=unbuffered)
        patch.setattr(sys, "stdout", full)
        done = llmobs(*words)
    assert done.returncode == 2  # no verdict: 1 would say red
    assert done.stderr == "llmobs: can't write: No space left on device\n"


def test_an_error_of_another_file_is_not_taken_for_one_of_the_output(monkeypatch):
    def fail(words: list[str]) -> int:
        raise PermissionError("store")

    monkeypatch.setattr(cli, "_run", fail)
    with pytest.raises(PermissionError, match="store"):
        cli.main(["experiments"])


def test_ctrl_c_ends_quietly(monkeypatch, capsys):
    def interrupt(words: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", interrupt)
    assert cli.main(["experiments"]) == 130
    assert capsys.readouterr() == ("", "")


def test_ascii_streams_get_ascii(process, store):
    done = process("show", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert done.stdout.isascii()
    assert "v REGRESSED" in done.stdout


def test_colour_on_request_only(process, store):
    assert "\x1b[" not in process("show").stdout
    assert "\x1b[31m" in process("show", "--color", "always").stdout
    assert "\x1b[31m" in process("show", FORCE_COLOR="1").stdout
    assert "\x1b[" not in process("show", FORCE_COLOR="1", NO_COLOR="1").stdout


@pytest.mark.parametrize(
    ("color", "environment", "expected"),
    [
        ("auto", {}, False),
        ("always", {}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
        ("auto", {"TERM": "dumb"}, False),
    ],
)
def test_when_a_console_is_coloured(color, environment, expected):
    assert open_console(color, environment).page.color is expected


def test_it_starts_without_heavy_modules(tmp_path):
    code = (
        "import sys; from pytest_llmobs.cli import main; main(['show', '--help']);"
        "print(sorted({'pyarrow', 'anthropic', 'tabulate', 'genai_prices', 'pytest'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
