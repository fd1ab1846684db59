"""Renew terraform/: what main.py synthesizes, for whoever has Terraform but no Node.

    python reference_solution/synthesize.py [FOLDER]

What depends on the machine is left out: the absolute path of the state file, which is then beside the
stack, as Terraform does by itself.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent
STACK = Path("cdktf.out", "stacks", "lambda_sqs_lab")


def synthesize(target: Path) -> None:
    """Replace ``target`` by the stack. Raises ``CalledProcessError`` when main.py fails."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "project")
        project.mkdir()
        for name in ("main.py", "cdktf.json"):
            shutil.copy(PROJECT / name, project)
        code = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / "lambda", project / "lambda", ignore=code)
        subprocess.run([sys.executable, "main.py"], cwd=project, check=True)
        made = project / STACK / "cdk.tf.json"
        stack = json.loads(made.read_text(encoding="utf-8"))
        del stack["terraform"]["backend"], stack["//"]["metadata"]["backend"]
        made.write_text(json.dumps(stack, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(target / "assets", ignore_errors=True)
        shutil.copytree(project / STACK, target, dirs_exist_ok=True)


if __name__ == "__main__":
    synthesize(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "terraform")
