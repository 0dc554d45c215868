"""The manifest of tasks."""

from haoyou.centers.customers.contract import AssignmentChanged, FollowUpSettled, FollowUpWanted, MovePart, ProfilePart
from haoyou.centers.identity.contract import HandoverPart
from haoyou.centers.tasks import api, contract, reactions, service, tables
from haoyou.kernel.room import Manifest

_EVERYBODY = ("relationship_manager", "lobby_manager", "branch_manager", "head_office", "administrator")


class CustomerTasks(ProfilePart):
    room = "tasks"
    get_part = staticmethod(service.get_customer_part)


class TasksAlong(MovePart):
    room = "tasks"
    count_waiting = staticmethod(service.count_waiting)


class Handover(HandoverPart):
    room = "tasks"
    preview = staticmethod(service.preview_handover)


manifest = Manifest(
    name="tasks",
    storey=4,
    metadata=tables.metadata,
    routers=(api.router,),
    reactions={
        contract.OpenTask: (reactions.open_task,),
        contract.RescheduleTask: (reactions.reschedule_task,),
        contract.CloseTask: (reactions.close_task,),
        AssignmentChanged: (reactions.follow_assignments,),
        FollowUpWanted: (reactions.open_follow_up,),
        FollowUpSettled: (reactions.settle_follow_up,),
    },
    provides=(CustomerTasks(), TasksAlong(), Handover()),
    permissions={"tasks.read": _EVERYBODY, "tasks.work": _EVERYBODY},
)
