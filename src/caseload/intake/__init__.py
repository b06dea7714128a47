"""LOAD: files of a practice → validated frames, or one message with every problem.

`read_practice` reads a folder or a workbook into a `Practice`; `Quality` is the account of how that went, and a
`SupportContact` is somebody to turn to. `tables` holds the data contract, `scales` the range of every survey answer;
`agenda` writes the one table that is written here.
"""

from caseload.intake.account import Quality
from caseload.intake.practice import Practice, read_practice
from caseload.intake.support_contacts import SupportContact

__all__ = ["Practice", "Quality", "SupportContact", "read_practice"]
