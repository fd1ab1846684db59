"""The program of a judge's worker process: finds modules where its parent does, then works.

Its arguments are :func:`grader.judging.worker.main`'s, and the parent's ``sys.path``.
"""

import sys

if __name__ == "__main__":
    sys.path[:] = sys.argv[3:]
    from grader.judging import worker

    worker.main()
