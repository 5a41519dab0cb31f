"""The first run, signing in and out, and who one is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, SecretStr

from ..errors import NotAllowed, NotSignedIn
from ..store import Store, tenants, users
from ..store.users import Role
from ..vault import tokens
from ..workspace.people import SESSION_FOR, NewUser, People, SetupCode, SignedIn
from .api_keys import NewKey, shown_key
from .auth import Caller, CallerHere, Guard
from .forms import PROBLEM, Form, Name, router

Secret = Annotated[SecretStr, Field(max_length=256)]


class SetupNeeded(BaseModel):
    """Whether this installation still waits for its owner."""

    needed: bool


class Setup(Form):
    """Everything a first run asks. `code` is what `rapida serve` printed."""

    code: Secret
    email: str = Field(max_length=255)
    password: Secret = Field(description="10 to 256 characters")
    name: Name
    organization: Name
    project: Name


class Login(Form):
    """An address and its password."""

    email: str = Field(max_length=255)
    password: Secret


class NewPassword(Form):
    """Both passwords; afterwards every session is over."""

    old_password: Secret
    new_password: Secret


class UserView(BaseModel):
    """A person."""

    id: int
    email: str
    name: str


class ProjectBrief(BaseModel):
    """A project's number and name."""

    id: int
    name: str


class Me(BaseModel):
    """Who asks, where, and as what. `csrf_token` goes into the header of every unsafe request by cookie."""

    user: UserView | None
    organization: ProjectBrief
    project: ProjectBrief
    projects: list[ProjectBrief]
    role: Role
    csrf_token: str | None


class Welcome(Me):
    """The answer to a first run. The key is shown this once."""

    api_key: NewKey


def routes(people: People, code: SetupCode, guard: Guard, store: Store) -> APIRouter:
    """`/v1/setup`, `/v1/auth/*` and `/v1/me`."""
    made = router("Sign-in")
    _add_setup(made, people, code, guard, store)
    _add_login(made, people, guard, store)
    _add_leaving(made, people, guard)

    @made.get("/v1/me", operation_id="me", summary="Who am I?")
    async def me(caller: CallerHere) -> Me:
        """The caller's user, role and project; an API key has no user."""
        return await _me(store, caller)

    return made


def _add_setup(made: APIRouter, people: People, code: SetupCode, guard: Guard, store: Store) -> None:
    """Whether an owner is needed, and the owner's creation."""

    @made.get("/v1/setup", operation_id="setupNeeded", summary="Is an owner needed?")
    async def needed() -> SetupNeeded:
        """True until somebody has set this installation up."""
        return SetupNeeded(needed=await people.owner_needed())

    @made.post(
        "/v1/setup",
        operation_id="setup",
        summary="Create the owner",
        status_code=201,
        responses={
            403: {"description": "The code is wrong, or the request is another site's page's", **PROBLEM}
        },
    )
    async def setup(form: Setup, request: Request, response: Response) -> Welcome:
        """Once, with the one-time code; also signs in. Of two at once, one gets 409."""
        guard.check_origin(request)
        try:
            code.check(form.code.get_secret_value())
        except NotAllowed:
            # Asked only now: who was first has committed before the code is spent.
            if await people.owner_needed():
                raise
        newcomer = NewUser(form.email, form.name, form.password.get_secret_value())
        owned = await people.set_up(newcomer, form.organization, form.project, "setup")
        code.spend()
        signed_in = await people.begin_session(owned.user)
        _give_cookie(guard, request, response, signed_in)
        me = await _me(store, _caller_of(signed_in, owned.project.organization_id, owned.project.id, "owner"))
        return Welcome(**me.model_dump(), api_key=NewKey(**shown_key(owned.key), key=owned.key_token.text))


def _add_login(made: APIRouter, people: People, guard: Guard, store: Store) -> None:
    """Signing in."""

    @made.post(
        "/v1/auth/login",
        operation_id="login",
        summary="Sign in",
        responses={
            401: {"description": "The address or the password is wrong", **PROBLEM},
            403: {"description": "The request is another site's page's", **PROBLEM},
            429: {
                "description": "Too many wrong passwords; `Retry-After` says for how many seconds",
                "headers": {"Retry-After": {"schema": {"type": "integer"}}},
                **PROBLEM,
            },
        },
    )
    async def login(form: Login, request: Request, response: Response) -> Me:
        """Sets the session's cookie. Wrong passwords slow down the account, wherever they come from."""
        guard.check_origin(request)
        signed_in = await people.sign_in(form.email, form.password.get_secret_value())
        async with store.read() as tx:
            places = await users.organizations_of(tx, signed_in.user.id)
            if not places:
                raise NotSignedIn("you are no longer a member of any organization")
            organization_id, role = places[0]
            first = (await tenants.projects_of(tx, organization_id))[0]
        _give_cookie(guard, request, response, signed_in)
        return await _me(store, _caller_of(signed_in, organization_id, first.id, role))


def _add_leaving(made: APIRouter, people: People, guard: Guard) -> None:
    """What ends sessions: signing out, and a new password."""

    @made.post("/v1/auth/logout", operation_id="logout", summary="Sign out", status_code=204)
    async def logout(caller: CallerHere, request: Request, response: Response) -> None:
        """Ends the session on the server, not only in the browser."""
        await people.end_session(caller.session_token)
        response.delete_cookie(
            guard.cookie_name(request), secure=guard.is_secure(request), httponly=True, samesite="lax"
        )

    @made.post(
        "/v1/auth/password", operation_id="changePassword", summary="Change one's password", status_code=204
    )
    async def change_password(form: NewPassword, caller: CallerHere) -> None:
        """Ends every session of the user, this one too."""
        if caller.user is not None:
            old, new = form.old_password.get_secret_value(), form.new_password.get_secret_value()
            await people.change_password(caller.user, old, new, caller.name)


def _caller_of(signed_in: SignedIn, organization_id: int, project_id: int, role: Role) -> Caller:
    user = signed_in.user
    return Caller(
        organization_id=organization_id,
        project_id=project_id,
        role=role,
        name=f"user:{user.id}",
        user=user,
        session_token=signed_in.token.text,
    )


def _give_cookie(guard: Guard, request: Request, response: Response, signed_in: SignedIn) -> None:
    response.headers["cache-control"] = "no-store"
    response.set_cookie(
        guard.cookie_name(request),
        signed_in.token.text,
        max_age=int(SESSION_FOR.total_seconds()),
        path="/",
        secure=guard.is_secure(request),
        httponly=True,
        samesite="lax",
    )


async def _me(store: Store, caller: Caller) -> Me:
    async with store.read() as tx:
        organization = await tenants.organization(tx, caller.organization_id)
        mine = await tenants.projects_of(tx, caller.organization_id)
    known = [ProjectBrief(id=each.id, name=each.name) for each in mine]
    here = next(each for each in known if each.id == caller.project_id)
    user = caller.user
    return Me(
        user=None if user is None else UserView(id=user.id, email=user.email, name=user.name),
        organization=ProjectBrief(id=organization.id, name=organization.name),
        project=here,
        projects=known if user is not None else [here],
        role=caller.role,
        csrf_token=tokens.csrf_of(caller.session_token) if caller.session_token else None,
    )
