# The public names of `caseload`, once: type checkers, Tab, `dir` and the loader of `__init__.py` read them here.

from . import estimates as estimates
from . import figures as figures
from . import signals as signals
from . import simulate as simulate
from .door.panel import monthly_run as monthly_run
from .errors import CaseloadError as CaseloadError
from .errors import InputError as InputError
from .errors import ParameterError as ParameterError
from .errors import ReportsFailed as ReportsFailed
from .estimates import BalanceModel as BalanceModel
from .estimates import loadings as loadings
from .estimates import response_surface as response_surface
from .estimates import sensitivity as sensitivity
from .figures.saving import save_figure as save_figure
from .intake import Practice as Practice
from .intake import read_practice as read_practice
from .intake.agenda import add_decision as add_decision
from .intake.agenda import close_decision as close_decision
from .intake.agenda import read_agenda as read_agenda
from .intake.exports.checkins import import_checkins as import_checkins
from .intake.exports.run import import_exports as import_exports
from .intake.identities import join_identities as join_identities
from .intake.identities import separate_identities as separate_identities
from .month.batch import render_month as render_month
from .month.page import quality_page as quality_page
from .month.page import supervisee_page as supervisee_page
from .month.page import team_page as team_page
from .month.parameters import MethodParameters as MethodParameters
from .month.parameters import QualityParameters as QualityParameters
from .month.parameters import SuperviseeParameters as SuperviseeParameters
from .month.parameters import TeamParameters as TeamParameters
from .pages.checkin.forms import write_checkins as write_checkins
from .pages.review import analyse as analyse
from .pages.review import review_month as review_month
from .research.choice import Choice as Choice
from .research.explore import explore as explore
from .research.method import method_page as method_page
from .research.parameters import ExploreParameters as ExploreParameters
from .research.power import months_needed as months_needed
from .research.power import power as power
from .research.publication.classes import k_anonymity as k_anonymity
from .research.publication.publish import publish as publish
from .signals import coverage as coverage
from .signals import monthly_signals as monthly_signals

__version__: str
