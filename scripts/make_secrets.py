"""Print the secrets that docker-compose.yml asks for, freshly made, as lines for a .env file."""

import base64
import secrets
import sys
from pathlib import Path


def make_lines(inbox: Path) -> list[str]:
    """Return one line per variable; the inbox is the only value that is not a secret.

    Parameters
    ----------
    inbox : Path
        Folder with the input files; Docker wants it absolute.

    Returns
    -------
    list of str
        ``NAME=value`` lines. A Fernet key is 32 random bytes in URL-safe base64.
    """
    return [
        f"MARGINPROOF_INBOX_DIR={inbox.resolve()}",
        f"POSTGRES_PASSWORD={secrets.token_urlsafe(24)}",
        f"AIRFLOW_ADMIN_PASSWORD={secrets.token_urlsafe(18)}",
        f"AIRFLOW_SECRET_KEY={secrets.token_hex(32)}",
        f"AIRFLOW_JWT_SECRET={secrets.token_hex(64)}",
        f"AIRFLOW_FERNET_KEY={base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}",
    ]


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("Name the folder with the input files: make_secrets.py FOLDER > .env")
    print("\n".join(make_lines(Path(sys.argv[1]))))
