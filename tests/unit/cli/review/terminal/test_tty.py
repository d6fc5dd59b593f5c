"""A real terminal: no key is lost, the window may change its size, and everything is put back whatever happens."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.unit.cli.review.terminal.pty_session import PtySession

PROGRAM = str(Path(__file__).with_name("on_terminal.py"))
ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8"}
LEFT = "\x1b[?1049l"
"""Leaves the alternate screen."""


def start(folder: Path, *words: str, size: tuple[int, int] = (80, 24), **more: str) -> PtySession:
    return PtySession([sys.executable, PROGRAM, *words], folder, {**ENVIRONMENT, **more}, size)


def test_one_hundred_verdicts_typed_ahead_are_one_hundred_verdicts(tmp_path: Path) -> None:
    with start(tmp_path, "100") as session:
        session.type("afat" * 25)  # before the program has even begun
        session.expect("Everything in 'support' is reviewed.", "100 of 100 done")
        session.type("q")
        assert session.end() == 0
        assert b"100 saved" in session.sent
        assert session.terminal_settings() == session.settings


def test_one_hundred_verdicts_one_after_the_other(tmp_path: Path) -> None:
    with start(tmp_path, "100") as session:
        for number in range(1, 101):
            session.expect(f"item {number} ")
            session.type("a")
        session.expect("100 of 100 done")


def test_a_window_of_another_size_is_drawn_anew(tmp_path: Path) -> None:
    with start(tmp_path, "2") as session:
        session.expect("item 1", "q quit")
        session.resize(120, 40)
        session.wait_for(lambda: "─" * 120 in session.text or "─" * 100 in session.text, "wider screen")
        assert session.lines[0].startswith("item 1")
        session.resize(50, 12)
        session.expect("small screen, made for 60×15")
        session.resize(80, 24)
        session.wait_for(lambda: session.lines[0].startswith("item 1"), "usual screen")
        session.type("a")
        session.expect("item 2")


def test_sequences_may_come_in_pieces_and_quits_leave_no_trace(tmp_path: Path) -> None:
    with start(tmp_path, "2") as session:
        session.expect("item 1")
        before = session.lines[2]
        for piece in (b"\x1b", b"[", b"6", b"~"):
            session.type(piece)
        session.wait_for(lambda: session.lines[2] != before, "next page")
        session.type("\x1b[200~aaaa\x1b[201~")
        session.expect("What is pasted here does nothing", "item 1")
        session.type("cGrüße 👍\r")
        session.expect("comment: Grüße 👍")
        session.type("q")
        assert session.end() == 0
        assert "0 saved, comment 'Grüße 👍'" in session.sent.decode()
        assert session.sent.count(LEFT.encode()) == 1


@pytest.mark.parametrize(
    "end, status",
    [("crash", 1), ("\x03", 1), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, 1)],
)
@pytest.mark.usefixtures("ctrl_c")
def test_the_terminal_is_as_it_was_however_it_ends(tmp_path: Path, end: object, status: int) -> None:
    with start(tmp_path, "5", str(end if end == "crash" else "")) as session:
        session.expect("item 1")
        assert session.terminal_settings() != session.settings
        if isinstance(end, signal.Signals):
            os.kill(session.process.pid, end)
        else:
            session.type("aaa" if end == "crash" else str(end))
        assert session.end() in (status, -signal.SIGINT)
        assert session.terminal_settings() == session.settings
        assert session.sent.count(LEFT.encode()) == 1
        assert b"saved" in session.sent.partition(LEFT.encode())[2]


def test_ctrl_z_stops_and_fg_goes_on(tmp_path: Path) -> None:
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with PtySession(shell, tmp_path, {**ENVIRONMENT, "PS1": "ready> "}) as session:
        session.expect("ready>")
        session.type(f"{sys.executable} {PROGRAM} 5\n")
        session.expect("item 1")
        session.type("a\x1a")
        session.expect("Stopped")
        assert session.sent.count(LEFT.encode()) == 1
        session.type("echo $((40 + 2))\n")
        session.expect("\n42")
        session.type("fg\n")
        session.expect("item 2", "1 of 5 done")
        session.type("aq")
        session.expect("2 saved")


def test_a_signal_to_stop_from_outside_stops_it_as_well(tmp_path: Path) -> None:
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with PtySession(shell, tmp_path, {**ENVIRONMENT, "PS1": "ready> "}) as session:
        session.expect("ready>")
        session.type(
            f"{sys.executable} -c \"import os; print('pid', os.getpid(), flush=True); import runpy, sys; "
        )
        session.type(f"sys.argv = ['x', '5']; runpy.run_path('{PROGRAM}', run_name='__main__')\"\n")
        session.expect_sent("pid ")
        session.expect("item 1")
        pid = int(session.sent.rpartition(b"pid ")[2].split()[0])
        os.kill(pid, signal.SIGTSTP)
        session.expect("Stopped")
        session.type("fg\n")
        session.expect("item 1")
        session.type("aq")
        session.expect("1 saved")


def test_the_answer_is_edited_in_the_line_where_no_editor_is_named(tmp_path: Path) -> None:
    with start(tmp_path, "2") as session:
        session.expect("item 1")
        session.type("e\x15Better.\r")
        session.expect("Corrected.")
        session.type("\x1b[F")
        session.expect("Correction", "Better.")


EDITOR = """\
import os, stat, sys
from pathlib import Path
file = Path(sys.argv[-1])
mode = stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)
print("editing", file, *map(oct, mode), sys.argv[1:-1], os.isatty(0), flush=True)
key = input("key> ")
if key == "fail":
    sys.exit(3)
if key != "leave":
    file.write_text(key + "\\n")
"""


def test_an_editor_has_the_terminal_and_a_private_file(tmp_path: Path) -> None:
    (tmp_path / "edit.py").write_text(EDITOR)
    command = f"{sys.executable} '{tmp_path / 'edit.py'}' --wait"
    with start(tmp_path, "3", VISUAL=command, EDITOR="false", TMPDIR=str(tmp_path)) as session:
        session.expect("item 1")
        # what is typed behind the e is the editor's
        session.type("eBetter words\n")
        session.expect("Corrected.")
        assert b"0o600 0o700 ['--wait'] True" in session.sent
        session.type("eleave\n")
        session.expect("The text is unchanged.")
        session.type("efail\n")
        session.expect("ended with exit status 3: the answer stays as it was")
        session.type("a")
        session.expect("item 2")
        assert [path.name for path in tmp_path.iterdir()] == ["edit.py"]


@pytest.mark.parametrize("editor", ["no-such-editor --wait", "'half quoted"])
def test_an_editor_that_cannot_be_started_says_so(tmp_path: Path, editor: str) -> None:
    with start(tmp_path, "2", EDITOR=editor) as session:
        session.expect("item 1")
        session.type("e")
        session.expect("EDITOR")
        session.type("a")
        session.expect("item 2")
