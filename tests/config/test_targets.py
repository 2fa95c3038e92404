"""Connection profiles are read strictly, and show no password."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from config import sealing, targets
from config.passwords import PasswordError
from config.targets import Target, Targets

Write = Callable[[str], Path]

LAB = """
[lab]
url = "http://127.0.0.1:8080"
user = "root"
password_env = "LAB_PASSWORD"
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of targets."""

    def written(text: str) -> Path:
        path = tmp_path / "targets.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_a_target_is_read_by_name(write: Write) -> None:
    """It has the address, the user, and defaults for the rest."""
    harness = Targets.read(write(LAB))["lab"]

    assert (harness.name, harness.url, harness.user) == ("lab", "http://127.0.0.1:8080", "root")
    assert (harness.transport, harness.timeout) == ("json-rpc", 30.0)


def test_a_pool_may_have_several_addresses(write: Write) -> None:
    """The first is tried first."""
    harness = Targets.read(
        write(LAB.replace('"http://127.0.0.1:8080"', '["http://one/", "http://two"]'))
    )["lab"]

    assert harness.urls == ("http://one", "http://two")
    assert harness.url == "http://one"


def test_an_unknown_target_lists_the_known_ones(write: Write) -> None:
    """A misspelt name is seen at once."""
    known = Targets.read(write(LAB))

    with pytest.raises(targets.UnknownTarget, match="no target 'labb'; known: lab"):
        known["labb"]
    assert "labb" not in known
    assert "lab" in known


def test_without_a_file_there_are_no_targets() -> None:
    """The error names the setting."""
    with pytest.raises(targets.UnknownTarget, match="XENFLOW_TARGETS defines none"):
        Targets.read(None)["default"]


def test_targets_are_listed_in_the_order_of_the_file(write: Write) -> None:
    known = Targets.read(write(LAB + LAB.replace("lab", "attic")))

    assert list(known) == ["lab", "attic"]
    assert len(known) == 2


@pytest.mark.parametrize(
    ("replaced", "by", "message"),
    [
        ('user = "root"', "", "user: is missing"),
        ('user = "root"', 'user = "root"\nusr = 1', "usr: there is no such field"),
        ("http://", "ftp://", "an address is http:// or https://"),
        (":8080", ":99999", "url: Port out of range"),
        ("http://", "http://root:swordfish@", "an address contains no user"),
        (":8080", ":8080/jsonrpc", "an address contains no user and no path"),
        ("http://127.0.0.1:8080", "", "an address is http:// or https://"),
        ("password_env", "password_end", "needs one of password_file"),
        ("password_env", "password", "needs one of password_file"),
        ("[lab]", "[lab]\npassword_file = 'x'", "needs one of password_file"),
        ('"LAB_PASSWORD"', "7", "needs one of password_file"),
        (
            "[lab]",
            "[lab]\ntransport = 'soap'",
            "transport: must be json-rpc or xml-rpc",
        ),
        ("[lab]", "[lab]\ntimeout = 'long'", "timeout: a duration is"),
        ("[lab]", "[lab]\nfingerprint = 'ab:cd'", "fingerprint: a fingerprint is the SHA-256"),
        ("[lab]", "[lab]\nca_file = 'none.pem'", "are for https:// addresses"),
        ("[lab]", "colour = 'red'\n[lab]", "colour is outside of any"),
        ("[lab]", "[lab", "is not TOML"),
    ],
)
def test_a_wrong_profile_is_named_in_one_line(
    write: Write, replaced: str, by: str, message: str
) -> None:
    """The file, the target, the field, and what is wrong."""
    path = write(LAB.replace(replaced, by, 1))

    with pytest.raises(targets.TargetError) as caught:
        Targets.read(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "swordfish" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error names the path and the reason."""
    with pytest.raises(targets.TargetError, match=r"none\.toml: No such file or directory"):
        Targets.read(tmp_path / "none.toml")


def test_certificates_are_pinned_by_file_or_by_fingerprint(write: Write) -> None:
    """The file stands beside the profiles; digits are compared without colons and capitals."""
    secure = LAB.replace("http:", "https:")
    path = write(
        secure
        + "ca_file = 'pool.pem'"
        + secure.replace("lab", "attic")
        + f"fingerprint = '{':'.join(['AB'] * 32)}'"
    )
    ca_file = path.with_name("pool.pem")
    ca_file.touch()

    known = Targets.read(path)

    assert known["lab"].ca_file == ca_file
    assert known["attic"].fingerprint == "ab" * 32


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("ca_file = 'none.pem'", "ca_file: there is no file"),
        (f"ca_file = 'none.pem'\nfingerprint = '{'ab' * 32}'", "exclude each other"),
    ],
)
def test_a_certificate_that_is_not_there_stops_the_start(
    write: Write, more: str, message: str
) -> None:
    """It would stop each call otherwise."""
    path = write(LAB.replace("http:", "https:") + more)

    with pytest.raises(targets.TargetError, match=message):
        Targets.read(path)


def test_a_password_is_read_from_a_file_beside_the_profiles(write: Write) -> None:
    """Relative paths start at the folder of the file."""
    path = write(LAB.replace('password_env = "LAB_PASSWORD"', 'password_file = "lab.password"'))
    password_file = path.with_name("lab.password")
    password_file.write_text("swordfish\n", encoding="utf-8")
    password_file.chmod(0o600)

    assert Targets.read(path)["lab"].password() == SecretStr("swordfish")


def test_a_password_file_open_to_others_is_refused(write: Write) -> None:
    """The error names the cure."""
    path = write(LAB.replace('password_env = "LAB_PASSWORD"', 'password_file = "lab.password"'))
    password_file = path.with_name("lab.password")
    password_file.write_text("swordfish\n", encoding="utf-8")
    password_file.chmod(0o644)

    with pytest.raises(PasswordError, match=r"password_file: .* chmod 600"):
        Targets.read(path)["lab"].password()


def test_a_password_is_read_from_the_environment_each_time(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may change while a worker runs, and may be missing at the start."""
    harness = Targets.read(write(LAB))["lab"]

    with pytest.raises(PasswordError, match="LAB_PASSWORD is not set"):
        harness.password()
    monkeypatch.setenv("LAB_PASSWORD", "swordfish")
    assert harness.password() == SecretStr("swordfish")


@pytest.mark.parametrize("command", ['"echo swordfish"', '["echo", "swordfish"]'])
def test_a_password_is_read_from_a_command(write: Write, command: str) -> None:
    """The first line it prints; it is run without a shell."""
    path = write(LAB.replace('env = "LAB_PASSWORD"', f"command = {command}"))

    assert Targets.read(path)["lab"].password() == SecretStr("swordfish")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("sh -c 'echo swordfish; exit 3'", "sh ended with status 3"),
        ("true", "true printed nothing"),
        ("/no/such/command", "/no/such/command cannot be run: No such file"),
    ],
)
def test_a_command_that_fails_is_named_and_its_output_is_not(
    write: Write, command: str, message: str
) -> None:
    """The output may be half a password."""
    path = write(LAB.replace('env = "LAB_PASSWORD"', f'command = "{command}"'))

    with pytest.raises(PasswordError) as caught:
        Targets.read(path)["lab"].password()
    assert message in str(caught.value)
    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize(
    ("protocol", "port", "url"),
    [
        ("http", None, "http://pool:80"),
        ("https", None, "https://pool:443"),
        ("https", 8443, "https://pool:8443"),
    ],
)
def test_a_message_may_bring_its_own_target(
    setting: Callable[[str, str], None], key: str, protocol: str, port: int | None, url: str
) -> None:
    setting("XENFLOW_KEYS", key)
    sealed = sealing.seal(SecretStr("swordfish"), address=url, user="root")

    target = Target.from_message(
        hostname="pool", username="root", password=sealed, protocol=protocol, port=port
    )

    assert (target.url, target.user) == (url, "root")
    assert target.password() == SecretStr("swordfish")
    assert "swordfish" not in repr(target)


def test_messages_with_the_same_password_reach_the_same_target(
    setting: Callable[[str, str], None], key: str
) -> None:
    """So they share a session, though no two sealings are the same; another password does not."""
    setting("XENFLOW_KEYS", key)

    first, second, third = (
        Target.from_message(
            hostname="::1",
            username="root",
            password=sealing.seal(SecretStr(password), address="https://[::1]:443", user="root"),
        )
        for password in ("swordfish", "swordfish", "other")
    )

    assert first.url == "https://[::1]:443"
    assert first == second
    assert hash(first) == hash(second)
    assert first != third


def test_a_message_with_a_plain_password_is_refused(
    setting: Callable[[str, str], None], key: str
) -> None:
    setting("XENFLOW_KEYS", key)

    with pytest.raises(sealing.SealingError, match="is not sealed") as caught:
        Target.from_message(hostname="pool", username="root", password="swordfish")
    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize("hostname", ["pool/evil", "evil@pool", "", "pool?x"])
def test_a_message_whose_host_is_no_host_is_refused(
    setting: Callable[[str, str], None], key: str, hostname: str
) -> None:
    """Nothing but a host reaches the address."""
    setting("XENFLOW_KEYS", key)
    sealed = sealing.seal(SecretStr("swordfish"), address=sealing.address(hostname), user="root")

    with pytest.raises(targets.TargetError, match="an address") as caught:
        Target.from_message(hostname=hostname, username="root", password=sealed)
    assert caught.value.__context__ is None  # of pydantic's, which would never be collected
