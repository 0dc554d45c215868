"""How roles, institutions, posts and people are written on the wire."""

from pydantic import BaseModel

from haoyou.centers.identity import contract, service
from haoyou.kernel.web.fields import NameView


class RoleView(BaseModel):
    code: str
    name: NameView


class InstitutionView(BaseModel):
    id: int
    code: str
    name: NameView
    kind: contract.InstitutionKind
    parent_id: int | None

    @staticmethod
    def of(one: contract.Institution) -> "InstitutionView":
        return InstitutionView(
            id=one.id, code=one.code, name=NameView.of(one.name), kind=one.kind, parent_id=one.parent_id
        )


class PostView(BaseModel):
    id: int
    role: RoleView
    institution: InstitutionView
    lines: list[str]

    @staticmethod
    def of(post: service.Post) -> "PostView":
        return PostView(
            id=post.id,
            role=RoleView(code=post.role, name=NameView.of(post.role_name)),
            institution=InstitutionView.of(post.institution),
            lines=list(post.lines),
        )


class StaffName(BaseModel):
    id: int
    code: str
    name: str
