import subprocess
import sys
import textwrap

import pytest

from pipeline.errors import EnvironmentFault, WarehouseBusy
from pipeline.warehouse import open_reader, open_writer, publish_snapshot
from pipeline.warehouse.connection import apply_migrations, fetch_value, transaction

HOLDER = """
    import sys, time
    from pathlib import Path
    from pipeline.settings import Settings
    from pipeline.warehouse import open_writer
    with open_writer(Settings(home=Path(sys.argv[1]))):
        print("held", flush=True)
        time.sleep(60)
"""


@pytest.fixture
def other_writer(own_settings):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(own_settings.home)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline().strip() == "held"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_writer_is_told_who_holds_the_warehouse(own_settings, other_writer):
    with (
        pytest.raises(WarehouseBusy, match=f"being written by process {other_writer.pid}"),
        open_writer(own_settings),
    ):
        pass


def test_a_killed_writer_leaves_the_next_one_able_to_start(own_settings, other_writer):
    other_writer.kill()
    other_writer.wait()
    with open_writer(own_settings) as connection:
        assert fetch_value(connection, "SELECT count(*) FROM out_margin") == 0


def test_readers_work_while_a_writer_holds_the_warehouse(own_settings):
    with open_writer(own_settings) as connection:
        publish_snapshot(connection, own_settings)
        with transaction(connection):
            connection.execute(
                "INSERT INTO out_runs (run_id, command, input_checksums,"
                " parameter_hash, code_version, row_counts, status)"
                " VALUES ('r', 'c', '{}', '', '', '{}', 'done')"
            )
        with open_reader(own_settings) as reader:
            assert fetch_value(reader, "SELECT count(*) FROM out_runs") == 0
            publish_snapshot(connection, own_settings)
            assert fetch_value(reader, "SELECT count(*) FROM out_runs") == 0, "keeps its snapshot"
    with open_reader(own_settings) as reader:
        assert fetch_value(reader, "SELECT count(*) FROM out_runs") == 1


def test_a_snapshot_cannot_be_written(own_settings):
    with open_writer(own_settings) as connection:
        publish_snapshot(connection, own_settings)
    with open_reader(own_settings) as reader, pytest.raises(Exception, match="read-only"):
        reader.execute("DELETE FROM out_runs")


def test_nothing_published_is_said_in_one_sentence(own_settings):
    with (
        pytest.raises(EnvironmentFault, match="no snapshot is published at"),
        open_reader(own_settings),
    ):
        pass


def test_every_connection_has_the_limits_of_the_settings(own_settings):
    with open_writer(own_settings) as connection:
        publish_snapshot(connection, own_settings)
        seen = [_limits(connection)]
    with open_reader(own_settings) as connection:
        seen.append(_limits(connection))
    for memory, threads, folder, temporary, zone in seen:
        assert memory == "953.6 MiB"
        assert threads == 2
        assert folder == str(own_settings.temp_directory)
        assert temporary == "953.6 MiB"
        assert zone == "UTC"


def _limits(connection):
    return connection.execute(
        "SELECT current_setting('memory_limit'), current_setting('threads'),"
        " current_setting('temp_directory'), current_setting('max_temp_directory_size'),"
        " current_setting('TimeZone')"
    ).fetchall()[0]


def test_migrations_are_applied_once(own_settings):
    with open_writer(own_settings) as connection:
        assert apply_migrations(connection) == []
        assert fetch_value(connection, "SELECT count(*) FROM schema_migrations") >= 1


def test_a_file_that_is_no_warehouse_is_refused_and_left_alone(own_settings):
    own_settings.home.mkdir()
    own_settings.warehouse_path.write_bytes(b"not a database" * 100)
    with pytest.raises(EnvironmentFault, match="cannot be opened"), open_writer(own_settings):
        pass
    assert own_settings.warehouse_path.read_bytes() == b"not a database" * 100
