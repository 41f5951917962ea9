"""The journal: what is done is skipped as long as its files are what they were."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from MultiLabelSegLib.batch.isolation_trace import content_hash
from MultiLabelSegLib.batch.jobs import CaseResult, Job
from MultiLabelSegLib.batch.resume import Journal, Verdict, journal_path, verdict
from MultiLabelSegLib.errors import FormatError
from Testing.batch.case_commands import a_job


def a_done_case(folder: Path) -> CaseResult:
    source, output = folder / "in.txt", folder / "1.txt"
    source.write_text("in")
    output.write_text("out")
    job = a_job(folder, "fine", inputs=[source])
    hashes = [{str(path): content_hash(str(path))} for path in (source, output)]
    return CaseResult(job, "done", inputs={**hashes[0], str(folder / "in.txt.mlseg.json"): ""}, outputs=hashes[1])


def judged(folder: Path, result: CaseResult, job: Job | None = None) -> Verdict:
    with Journal(folder / "j.jsonl") as journal:
        journal.append(result)
    with Journal(folder / "j.jsonl") as again:
        return verdict(job or result.job, again.record(job or result.job))


def test_what_is_done_and_unchanged_is_skipped(tmp_path: Path) -> None:
    assert judged(tmp_path, a_done_case(tmp_path)).skip == "done before, and verified"


def test_a_failed_case_and_another_command_line_are_done(tmp_path: Path) -> None:
    done = a_done_case(tmp_path)
    assert judged(tmp_path, CaseResult(done.job, "failed")) == Verdict()
    assert judged(tmp_path, done, a_job(tmp_path, "fine", "other options")) == Verdict()


def test_a_failure_does_not_take_back_what_was_done_before(tmp_path: Path) -> None:
    """As when a batch is started again without ``--resume`` and fails because its own outputs exist."""
    done = a_done_case(tmp_path)
    with Journal(tmp_path / "j.jsonl") as journal:
        journal.append(done)
        journal.append(CaseResult(done.job, "failed", "exists already"))
        assert verdict(done.job, journal.record(done.job)).skip
    assert judged(tmp_path, CaseResult(done.job, "failed", "exists already")).skip
    (tmp_path / "in.txt").write_text("changed")
    assert judged(tmp_path, CaseResult(done.job, "failed", "no memory")) == Verdict(replace=True)


@pytest.mark.parametrize("change", ["in.txt", "in.txt.mlseg.json"])
def test_a_changed_input_or_a_new_sidecar_has_the_case_done_again_over_its_own_output(
    tmp_path: Path, change: str
) -> None:
    done = a_done_case(tmp_path)
    (tmp_path / change).write_text("changed")
    assert judged(tmp_path, done) == Verdict(replace=True)


def test_a_missing_output_is_made_again_and_a_changed_one_is_never_lost(tmp_path: Path) -> None:
    done = a_done_case(tmp_path)
    (tmp_path / "1.txt").write_text("corrected by hand")
    assert "was changed after this batch wrote it" in judged(tmp_path, done).refuse
    leave = Job(**{**done.job.as_json(), "argv": done.job.argv, "replacing": done.job.replacing, "overwrite": True})
    assert judged(tmp_path, done, leave) == Verdict()
    (tmp_path / "1.txt").unlink()
    assert judged(tmp_path, done) == Verdict(replace=True)


def test_a_torn_line_is_passed_over_and_the_next_ones_are_whole(tmp_path: Path) -> None:
    done = a_done_case(tmp_path)
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        moment = journal.moment
        journal.append(done)
    whole = path.read_bytes()
    for cut in (*range(0, len(whole), 5), len(whole) - 1):
        path.write_bytes(whole[:cut])
        with Journal(path) as journal:
            assert (journal.record(done.job) is None) == (cut < len(whole) - 1)
            journal.append(done)
        with Journal(path) as journal:
            assert journal.record(done.job) is not None
            assert cut < 90 or journal.moment == moment


def test_lines_are_only_appended(tmp_path: Path) -> None:
    done = a_done_case(tmp_path)
    with Journal(tmp_path / "j.jsonl") as journal:
        journal.append(done)
        before = (tmp_path / "j.jsonl").read_bytes()
        journal.append(CaseResult(done.job, "failed", "why"))
        assert (tmp_path / "j.jsonl").read_bytes().startswith(before)
        record = journal.record(done.job)
        assert record is not None
        assert record.status == "done"


def test_two_batches_cannot_share_a_journal_at_one_time(tmp_path: Path) -> None:
    with Journal(tmp_path / "j.jsonl"), pytest.raises(FormatError, match="another batch is at work here"):
        Journal(tmp_path / "j.jsonl")
    with Journal(tmp_path / "j.jsonl"):
        pass


@pytest.mark.parametrize("text", ["hello\nworld\n", '{"type": "else"}\n', "[1]\n"])
def test_a_file_of_another_kind_is_refused_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text(text)
    with pytest.raises(FormatError, match="is no journal of a batch"):
        Journal(path)
    assert path.read_text() == text


def test_a_journal_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    path.write_text(json.dumps({"type": "org.multilabelseg.batch", "version": 2, "began": "x"}) + "\n")
    with pytest.raises(FormatError, match="version 2; expected 1"):
        Journal(path)


def test_the_journal_lies_where_all_outputs_lie(tmp_path: Path) -> None:
    jobs = [a_job(tmp_path / "a" / "x", "fine"), a_job(tmp_path / "a" / "y", "fine")]
    assert journal_path(jobs) == tmp_path / "a" / "mlseg-batch.jsonl"
    assert journal_path(jobs[:1]) == tmp_path / "a" / "x" / "mlseg-batch.jsonl"
