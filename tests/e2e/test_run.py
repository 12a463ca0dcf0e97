"""palisade run: steps behind their gates, what was made on record, and nothing on record that was not made."""
import base64
import json

PROVENANCE = "https://slsa.dev/provenance/v1"


def provenance(room, since=0):
    out = []
    for entry in room.entries()[since:]:
        statement = json.loads(base64.b64decode(json.loads(entry)["payload"]))
        if statement["predicateType"] == PROVENANCE:
            out.append(statement)
    return out


def test_up_to_date_is_skipped(small):
    size, made = small.size(), (small / "work/head.csv").stat().st_mtime_ns
    assert "up to date" in small.p("run").stdout
    assert (small / "work/head.csv").stat().st_mtime_ns == made and small.size() == size


def test_input_that_is_not_admitted_is_refused(small):
    (small / "data/biopsies.csv").write_text("a,b\n1,2\n")
    before = (small / "work/head.csv").read_bytes()
    done = small.p("run", code=1)
    assert "biopsies" in done.stderr + done.stdout and "collect" in done.stderr + done.stdout
    assert (small / "work/head.csv").read_bytes() == before
    assert len(provenance(small)) == 1


def test_changed_code_runs_again(small):
    size = small.size()
    (small / "head.sh").write_text('mkdir -p work && head -n 50 "$1" >"$2"\n')
    assert "PRE-" in small.p("check", code=1).stdout
    assert "ran" in small.p("run").stdout
    assert len((small / "work/head.csv").read_text().splitlines()) == 50
    assert len(provenance(small, size)) == 1
    small.p("check")


def test_changed_command_runs_again(small):
    small.edit("palisade.yaml", "command: [/bin/sh, head.sh,", "command: [/bin/sh, -e, head.sh,")
    assert "ran" in small.p("run").stdout


def test_output_changed_by_hand_fails_and_runs_again(small):
    with open(small / "work/head.csv", "a") as f:
        f.write("1,2\n")
    assert "PRE-" in small.p("check", code=1).stdout
    assert "ran" in small.p("run").stdout
    small.p("check")


def test_failing_command_records_nothing(small):
    size = small.size()
    (small / "head.sh").write_text("echo it broke >&2; exit 3\n")
    done = small.p("run", code=2)
    assert "head" in done.stderr and "3" in done.stderr
    assert not provenance(small, size)


def test_command_that_is_not_there(small):
    small.edit("palisade.yaml", "/bin/sh", "/bin/no-such-shell")
    assert "/bin/no-such-shell" in small.p("run", code=2).stderr


def test_command_that_makes_nothing(small):
    (small / "head.sh").write_text("rm -f work/head.csv\n")
    size = small.size()
    assert "work/head.csv" in small.p("run", code=2).stderr
    assert not provenance(small, size)


def test_command_killed_by_a_signal(small):
    (small / "head.sh").write_text("kill -9 $$\n")
    assert "9" in small.p("run", code=2).stderr


def test_again_finds_a_step_that_is_not_deterministic(small):
    (small / "head.sh").write_text('mkdir -p work && { head -n 9 "$1"; head -c 8 /dev/urandom | od -An -tx1; } >"$2"\n')
    small.p("run")
    done = small.p("run", "--again", code=None)
    assert done.returncode != 0 and "head" in done.stdout + done.stderr
    row = small.row("PRE-03", "heads")
    assert row["verdict"] == "fail", row


def test_again_leaves_the_first_output_alone(small):
    before = (small / "work/head.csv").read_bytes()
    small.p("run", "--again")
    assert (small / "work/head.csv").read_bytes() == before
    small.p("check")


def test_quarantined_input_is_refused(small):
    small.p("quarantine", "biopsies", "--as", "dana", "--reason", "recalled")
    done = small.p("run", "--force", code=1)
    assert "quarantine" in done.stdout + done.stderr


def test_one_step_by_name(small):
    assert "ran" in small.p("run", "--force", "head").stdout
    assert "haed" in small.p("run", "haed", code=2).stderr
