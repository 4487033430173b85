"""The command `vasari`: the jobs by their names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vasari import command

JOBS = sorted(path.stem for path in (Path(command.__file__).parents[1] / "jobs").glob("[!_]*.py"))


def vasari(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of `vasari WORDS`, run here."""
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/vasari", *words])
    try:
        command.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_help_lists_every_job_with_a_line(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert vasari(monkeypatch, *words) == 0
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert [name.replace("-", "_") for name, _ in lines] == JOBS
    assert all(about.endswith((".", "?")) for _, about in lines)


@pytest.mark.parametrize(
    ("word", "near"), [("extrat", "extract"), ("train_face", "train-faces"), ("latent-statistic", "latent-statistics")]
)
def test_an_unknown_command_is_told_with_the_likeliest(
    word: str, near: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert vasari(monkeypatch, word) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: vasari has no command '{word}'; did you mean {near}? ")


def test_a_command_like_none_is_told_with_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert vasari(monkeypatch, "zzz") == 2
    assert "there are: compare, demo, " in capsys.readouterr().err


@pytest.mark.parametrize("word", ["latent-statistics", "latent_statistics"])
def test_a_job_has_its_options_and_exit_codes(
    word: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert vasari(monkeypatch, word, "--help") == 0
    assert capsys.readouterr().out.startswith("usage: vasari latent-statistics [-h] ")
    assert vasari(monkeypatch, word, "--catalog", str(tmp_path)) == 2
    assert capsys.readouterr().err.startswith(f"error: there is no catalog at {tmp_path}")


def test_a_run_is_recorded_as_it_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.program import command_line

    monkeypatch.setattr(sys, "argv", ["vasari train-faces", "--out", "my model"])
    assert command_line() == "vasari train-faces --out 'my model'"
    monkeypatch.setattr(sys, "argv", ["jobs/train_faces.py", "--out", "x"])
    assert command_line() == "python jobs/train_faces.py --out x"


def test_nothing_heavy_is_imported_before_a_job_is_chosen() -> None:
    code = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from vasari.command import main; main()\n"
        "print([name for name in ('numpy', 'pyarrow', 'duckdb', 'ray', 'torch', 'tyro') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "[]"


def test_a_question_does_not_import_pytorch(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv[1:] = ['query', '--catalog', 'nothing']\n"
        "from vasari.command import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n    print('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == "False\n"
