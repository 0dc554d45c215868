"""What ./run and ./test do before the installed packages exist: only the standard library may be imported here."""

import os
import sys
from pathlib import Path

from scripts.bootstrap import commands
from scripts.bootstrap.progress import StageError

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    os.environ.pop("PYTHONPATH", None)  # it was for us only
    mode, *arguments = sys.argv[1:]
    try:
        return commands.test(ROOT, arguments) if mode == "test" else commands.run(ROOT, arguments)
    except StageError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
