"""Every flag, in the order in which pages, tables and agendas have them: that of the data's vocabulary."""

from __future__ import annotations

from caseload.flags import compassion_fatigue, over_investment, personal_activation, self_care, stage_incongruence
from caseload.flags.flag import Flag

FLAGS: dict[str, Flag] = {
    module.FLAG.name: module.FLAG
    for module in (over_investment, stage_incongruence, personal_activation, self_care, compassion_fatigue)
}
