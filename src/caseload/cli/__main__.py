"""`python -m caseload.cli` is the command `caseload`."""

import sys

from caseload.cli import main

sys.exit(main())
