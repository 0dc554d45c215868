"""How each id of each operation is tried: what kind of thing it names, and the request that names it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from haoyou.centers.identity.tests.factories import BANK_DATE
from tests.trust.oracle import may
from tests.trust.world import STAFF, Target, World

UNKNOWN_UUID = "00000000-0000-7000-8000-000000000000"
UNKNOWN_NUMBER = "2000000000"

Json = Mapping[str, Any]
Fill = Callable[[World, str, str], Json]
"""The parts of a request besides the id under test: world, who asks, the id."""


@dataclass(frozen=True, slots=True)
class Call:
    """`answers`: what somebody gets who may name this thing; everybody else gets what an unknown id gets.

    `work`: what was set aside looks absent. `allows`: where the oracle's word on such things is not the question.
    `late`: done after all others, because it takes people's places away.
    """

    operation: str
    at: str
    kind: str
    answers: frozenset[int]
    body: Fill | None = None
    path: Fill | None = None
    query: Fill | None = None
    work: bool = False
    version: int | None = None
    late: bool = False
    allows: Callable[[Target], bool] | None = None

    @property
    def unknown(self) -> str:
        return UNKNOWN_NUMBER if self.kind in ("staff", "post", "institution", "receiver") else UNKNOWN_UUID

    def is_allowed(self, code: str, target: Target) -> bool:
        return self.allows(target) if self.allows else may(code, target, work=self.work)


def _fixed(**body: object) -> Fill:
    return lambda _world, _code, _given: body


def _named(name: str, **body: object) -> Fill:
    return lambda _world, _code, given: {**body, name: int(given) if given.isdecimal() else given}


MOVABLE = "RM9-O11"
"""Whom both administrators may move."""


def _movable(world: World, _code: str, _given: str) -> Json:
    return {"staff_id": str(world.staff[MOVABLE])}


def _move_from(world: World, _code: str, given: str) -> Json:
    return {"post_id": int(given), "institution_id": world.institutions["O12"]}


def _move_to(world: World, _code: str, given: str) -> Json:
    return {"post_id": _post_of(world, MOVABLE), "institution_id": int(given)}


def _move_whom(world: World, _code: str, given: str) -> Json:
    owner = next((one.owner for one in world.of_kind("staff") if one.id == given), None)
    return {"post_id": _post_of(world, owner or MOVABLE), "institution_id": world.institutions["O12"]}


def _post_of(world: World, owner: str) -> int:
    return int(next(one.id for one in world.of_kind("post") if one.owner == owner))


def _document(world: World, _code: str, given: str) -> Json:
    """A kind that this customer can have."""
    return {"kind": "business_licence" if given == str(world.cards["W7"].id) else "identity_document"}


_ASSISTS = {"kind": "assisting", "from_date": str(BANK_DATE), "reason": "协办"}
_NEAR = {"BM-B1": ("W1", "RM-O12"), "HO": ("W1", "RM-O12"), "BM-B2": ("W8", "RM-O21")}
"""Whom a branch manager answers for, and a manager they may name."""


def _assisting(world: World, code: str, _given: str) -> Json:
    return {**_ASSISTS, "staff_id": world.staff[_NEAR.get(code, _NEAR["HO"])[1]]}


def _customer_in_reach(world: World, code: str, _given: str) -> Json:
    return {"customer_id": str(world.cards[_NEAR.get(code, _NEAR["HO"])[0]].id)}


def _other(world: World, code: str, _given: str) -> Json:
    """Somebody this person answers for, to compare with."""
    return {"other_id": str(world.cards[_NEAR.get(code, _NEAR["HO"])[0]].id)}


def _pair(own: str, other: str) -> Fill:
    """The id under test as one of two customers, somebody in reach as the other."""
    return lambda world, code, given: {own: given, other: _other(world, code, given)["other_id"], "reason": _REASON}


def _joiner(_world: World, code: str, given: str) -> Json:
    return {"code": f"J-{code}-{given}"[:40], "name": "新员工", "role": "lobby_manager", "lines": ["retail"],
            "institution_id": int(given)}  # fmt: skip


def _held_post(world: World, code: str, given: str) -> Json:
    """A post the person already has: whoever may ask hears just that."""
    owner = next((one.owner for one in world.of_kind("staff") if one.id == given), None) or MOVABLE
    row = STAFF[owner]
    return {"institution_id": world.institutions[row.institution_code], "role": row.role, "lines": sorted(row.lines)}


def _new_post(_world: World, _code: str, given: str) -> Json:
    return {"institution_id": int(given), "role": "lobby_manager", "lines": ["retail"]}


def _their_post(world: World, _code: str, given: str) -> Json:
    owner = next((one.owner for one in world.of_kind("staff") if one.id == given), None)
    return {"post_id": str(_post_of(world, owner or MOVABLE))}


def _own_parent(world: World, code: str, _given: str) -> Json:
    return {"parent_id": world.institutions[STAFF[code].institution_code]}


def _new_place(_world: World, code: str, given: str) -> Json:
    return {"code": f"N-{code}-{given}"[:40], "name": {"zh": "新网点"}, "kind": "outlet", "parent_id": int(given)}


def _below_own(world: World, code: str, _given: str) -> Json:
    """From where nobody saw it: a move that may be asked for hears that the tree has changed, and changes nothing."""
    return {"parent_id": world.institutions[STAFF[code].institution_code], "from_parent_id": int(UNKNOWN_NUMBER)}


def _move_o12(_world: World, _code: str, given: str) -> Json:
    return {"parent_id": int(given), "from_parent_id": int(UNKNOWN_NUMBER)}


def _o12(world: World, _code: str, _given: str) -> Json:
    return {"institution_id": str(world.institutions["O12"])}


def _fresh_draft(_world: World, _code: str, _given: str) -> Json:
    return {"report_id": str(uuid4())}


def _about_its_customer(world: World, _code: str, given: str) -> Json:
    """The customer a draft is about."""
    of = next((one.customer for one in world.of_kind("draft") if one.id == given), None) or "W3"
    return {"customer_id": str(world.cards[of].id)}


def _first_step(_world: World, _code: str, _given: str) -> Json:
    return {"number": 1}


OK, MADE, GONE = frozenset({200}), frozenset({201}), frozenset({204})
_STATE = frozenset({409})  # it was seen, and its state refuses
_NOT_THEIRS = frozenset({403})  # it was seen, and only whoever has it may do this
_BEFORE = frozenset({404, 409})  # another administrator has moved or let go this person first
_REASON = "客户来电核对"

_SAID = {"channel": "visit", "met_on": str(BANK_DATE), "met_time": "09:30", "purpose": "visit", "said": "近况"}

CALLS = (
    # Imports belong to the whole house: there are none in this world, and nothing but the role decides.
    Call("backoffice_get_import", "path.import_id", "import", OK),
    Call("backoffice_get_rejected", "path.import_id", "import", OK, path=_fixed(dataset="transactions")),
    Call("customers_save_view", "path.view_id", "view", OK | {412},
         _fixed(name="到期", filter={"view": "mine"}), version=1),
    Call("customers_use_view", "path.view_id", "view", GONE),
    Call("customers_drop_view", "path.view_id", "view", GONE, late=True),
    Call("customers_get_customer", "path.customer_id", "customer", OK),
    Call("customers_list_contacts", "path.customer_id", "customer", OK),
    Call("customers_get_relations", "path.customer_id", "customer", OK),
    Call("customers_list_positions", "path.customer_id", "customer", OK),
    Call("customers_list_documents", "path.customer_id", "customer", OK),
    Call("customers_set_document", "path.customer_id", "customer", GONE, _fixed(held=True), _document),
    Call("customers_reveal", "path.customer_id", "customer", OK, _fixed(field="phone", reason=_REASON)),
    Call("customers_set_consent", "path.customer_id", "customer", GONE, _fixed(channel="meeting", granted=True)),
    Call("customers_list_reports", "path.customer_id", "customer", OK),
    Call("customers_get_report_form", "path.customer_id", "customer", OK),
    Call("customers_save_report_draft", "path.customer_id", "customer", OK,
         _fixed(said="草稿"), _fresh_draft, version=0),
    Call("customers_save_report_draft", "path.report_id", "draft", OK | {412},
         _fixed(said="草稿"), _about_its_customer, version=1),
    Call("customers_get_report_draft", "path.report_id", "draft", OK),
    Call("customers_file_report", "path.report_id", "draft", MADE, _fixed(**_SAID), late=True),
    Call("customers_drop_report_draft", "path.report_id", "dropped", GONE, late=True),
    Call("customers_get_report", "path.report_id", "report", OK),
    Call("customers_amend_report", "path.report_id", "report", MADE | _STATE | _NOT_THEIRS,
         _fixed(**_SAID, version=1, why="补充说明")),
    Call("customers_finish_report_step", "path.report_id", "report", GONE | _STATE | _NOT_THEIRS, path=_first_step),
    Call("customers_withdraw_report", "path.report_id", "report", GONE | _STATE | _NOT_THEIRS,
         _fixed(reason="写错客户"), late=True),
    Call("customers_list_assignments", "path.customer_id", "customer", OK),
    Call("customers_decide_assignment", "path.customer_id", "governed", GONE | _STATE, _assisting, late=True),
    Call("customers_decide_assignment", "body.staff_id", "receiver", GONE | _STATE,
         _named("staff_id", **_ASSISTS), _customer_in_reach, late=True),
    Call("customers_get_move", "path.move_id", "move", OK),
    Call("customers_list_move_items", "path.move_id", "move", OK),
    Call("customers_undo_move", "path.move_id", "move", GONE | _STATE, late=True),
    Call("customers_claim_customer", "path.customer_id", "pooled", GONE | _STATE, late=True),
    # Two of one manager become one; whoever asks after that sees that they are.
    Call("customers_merge_customers", "body.survivor_id", "customer", MADE | _STATE | {422},
         _pair("survivor_id", "loser_id"), late=True),
    Call("customers_merge_customers", "body.loser_id", "customer", MADE | _STATE | {422},
         _pair("loser_id", "survivor_id"), late=True),
    Call("customers_release_customer", "path.customer_id", "customer", GONE | _STATE, _fixed(reason="调整"), late=True),
    Call("customers_find_duplicates", "path.customer_id", "customer", OK),
    Call("customers_compare_customers", "path.customer_id", "customer", OK | _STATE, query=_other),
    Call("customers_compare_customers", "query.other_id", "customer", OK | _STATE, path=_customer_in_reach),
    Call("customers_declare_different", "body.one_id", "customer", GONE | _STATE, _pair("one_id", "other_id")),
    Call("customers_declare_different", "body.other_id", "customer", GONE | _STATE, _pair("other_id", "one_id")),
    Call("customers_undo_merge", "path.merge_id", "merge", _STATE, _fixed(reason=_REASON)),
    Call("tasks_get_task", "path.task_id", "task", OK),
    Call("tasks_create_task", "body.customer_id", "customer", MADE,
         _named("customer_id", title="回访", due_on=str(BANK_DATE))),
    Call("tasks_close_task", "path.task_id", "task", OK | _STATE | _NOT_THEIRS, _fixed(result="done")),
    Call("tasks_reopen_task", "path.task_id", "task", OK | _STATE | _NOT_THEIRS),
    Call("marketing_get_opportunity", "path.opportunity_id", "opportunity", OK),
    Call("marketing_get_draft", "path.opportunity_id", "opportunity", OK),
    Call("marketing_save_draft", "path.opportunity_id", "opportunity", OK | _STATE | {412},
         _fixed(note="稍后再打"), work=True, version=0),
    Call("marketing_reserve_contact", "path.opportunity_id", "opportunity", MADE | _STATE,
         lambda _world, _code, _given: {"id": str(uuid4()), "channel": "call"}, work=True),
    Call("marketing_record_contact", "path.opportunity_id", "opportunity", OK | _STATE,
         _fixed(channel="meeting", outcome="reached"), work=True),
    Call("identity_list_staff", "query.institution_id", "institution", OK),
    Call("identity_join_staff", "body.institution_id", "institution", MADE | _STATE, _joiner),
    Call("identity_add_post", "path.staff_id", "staff", _STATE | _NOT_THEIRS, _held_post),
    Call("identity_add_post", "body.institution_id", "institution", MADE | _BEFORE, _new_post, _movable, late=True),
    Call("identity_end_post", "path.staff_id", "staff", OK | _NOT_THEIRS | _BEFORE, path=_their_post, late=True),
    Call("identity_end_post", "path.post_id", "post", _BEFORE | OK, path=_movable, late=True,
         allows=lambda post: post.owner == MOVABLE),
    Call("identity_list_holdings", "path.staff_id", "staff", OK),
    Call("identity_reset_password", "path.staff_id", "staff", OK | _NOT_THEIRS | _BEFORE, late=True),
    Call("identity_lock_staff", "path.staff_id", "staff", OK | _NOT_THEIRS | _BEFORE,
         _fixed(locked=True, reason="离岗"), late=True),
    Call("identity_add_place", "body.parent_id", "institution", MADE | _STATE, _new_place),
    Call("identity_rename_place", "path.institution_id", "institution", OK, _fixed(name={"zh": "改名"})),
    Call("identity_close_place", "path.institution_id", "institution", _STATE),
    Call("identity_preview_place_move", "path.institution_id", "institution", OK, query=_own_parent),
    Call("identity_preview_place_move", "query.parent_id", "institution", OK, path=_o12),
    Call("identity_move_place", "path.institution_id", "institution", _STATE, _below_own),
    Call("identity_move_place", "body.parent_id", "institution", _STATE, _move_o12, _o12),
    Call("identity_end_session", "path.session_id", "session", GONE),
    Call("identity_switch_post", "body.post_id", "post", OK, _named("post_id"), late=True),
    Call("identity_move_staff", "body.institution_id", "institution", OK | _BEFORE, _move_to, _movable, late=True),
    Call("identity_move_staff", "body.post_id", "post", OK | _BEFORE, _move_from, _movable, late=True,
         allows=lambda post: post.owner == MOVABLE),
    Call("identity_move_staff", "path.staff_id", "staff", OK | _NOT_THEIRS | _BEFORE, _move_whom, late=True),
    Call("identity_let_leave", "path.staff_id", "staff", OK | _NOT_THEIRS | _STATE, _fixed(reason="离职"), late=True),
)  # fmt: skip

NO_KEYS = {
    ("customers_save_report_draft", "body.contact_id"): "kept as typed; it opens nothing until the report is filed",
    ("customers_file_report", "body.contact_id"): "of this customer or refused; test_report.test_a_report_hangs_on_…",
    (
        "customers_list_customers",
        "query.institution_id",
    ): "narrows the own list; test_listing.test_a_place_stands_for_…",
    ("customers_list_customers", "query.manager_id"): "narrows the own list; test_listing.test_a_place_stands_for_…",
    ("customers_count_export", "query.institution_id"): "as in the list; test_export",
    ("customers_count_export", "query.manager_id"): "as in the list; test_export",
    ("marketing_reserve_contact", "body.id"): "made by whoever asks; test_lists.test_somebody_else_s_leave_is_no_leave",
    ("marketing_save_draft", "body.reservation_id"): "kept as typed; it opens nothing until a contact names it",
    ("marketing_record_contact", "body.reservation_id"): "test_lists.test_somebody_else_s_leave_is_no_leave",
    ("identity_move_place", "body.from_parent_id"): "test_places.test_a_move_of_what_was_moved_meanwhile_is_refused",
    ("identity_sign_in", "body.post_id"): "test_lists.test_nobody_signs_in_to_somebody_else_s_post",
}
"""Ids that are no key to anything: naming somebody else's gives what naming nobody's gives. With the proof."""
