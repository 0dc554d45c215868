"""What tasks does when told something."""

from haoyou.centers.customers.contract import AssignmentChanged, FollowUpSettled, FollowUpWanted
from haoyou.centers.tasks import contract, rules, service
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.money import Money


async def open_task(ctx: Ctx, request: contract.OpenTask) -> None:
    task = rules.Task(
        id=request.task_id,
        origin=request.origin,
        customer_no=request.customer_no,
        institution_id=request.institution_id,
        assignee_id=request.assignee_id,
        line=request.line,
        title=request.title,
        why=request.why,
        due_on=request.due_on,
        value=Money(request.value_minor, request.currency),
        status=rules.TaskStatus.OPEN,
        created_at=ctx.now,
    )
    await service.open_task(ctx, task=task)


async def reschedule_task(ctx: Ctx, request: contract.RescheduleTask) -> None:
    await service.reschedule_task(ctx, task_id=request.task_id, due_on=request.due_on, why=request.why)


async def close_task(ctx: Ctx, request: contract.CloseTask) -> None:
    await service.close_with_origin(ctx, task_id=request.task_id, result=request.result, closed_by=request.closed_by)


async def open_follow_up(ctx: Ctx, told: FollowUpWanted) -> None:
    """What customers wants done about a customer becomes a to-do of whoever is named."""
    task = rules.Task(
        id=told.follow_up_id,
        origin=contract.Origin("customers", told.origin_kind, told.origin_id),
        customer_no=told.customer_no,
        institution_id=told.institution_id,
        assignee_id=told.staff_id,
        line=told.line,
        title=told.title,
        why=told.why,
        due_on=told.due_on,
        value=Money(0, told.currency),
        status=rules.TaskStatus.OPEN,
        created_at=ctx.now,
        personal=told.personal,
    )
    await service.open_task(ctx, task=task)


async def settle_follow_up(ctx: Ctx, told: FollowUpSettled) -> None:
    await service.close_with_origin(ctx, task_id=told.follow_up_id, result=told.result, closed_by=told.staff_id)


async def follow_assignments(ctx: Ctx, event: AssignmentChanged) -> None:
    await service.follow_assignments(ctx, changes=event.changes)
