"""``python -m grader.schemas`` writes the generated schemas anew."""

from grader.schemas.generated import write_all

if __name__ == "__main__":
    write_all()
