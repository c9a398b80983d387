"""The project of the key by REST, and what can be chosen in it."""

from __future__ import annotations

from flask import current_app

from api.routes import Call, Routes
from api.schemas.base import Body, Query
from api.schemas.project import Github, Pause, ProjectOut, SettingOut, TemplateOut, WorkflowOut
from bot.domain import projects, repo_config, workflows
from bot.domain.pages import Page
from bot.store.models import Project

routes = Routes()


@routes.get("/project/get", scope="project:read")
def get(call: Call, query: Query) -> ProjectOut:
    """The key's project, with its repository's configuration as it is in force."""
    return _out(call.project)


@routes.post("/project/pause", scope="project:write")
def pause(call: Call, body: Pause) -> ProjectOut:
    """Let nothing start in the project; its running chains wait too."""
    projects.pause(call.tx, call.project, body.reason or f"{call.actor} paused it")
    return _out(call.project)


@routes.post("/project/resume", scope="project:write")
def resume(call: Call, body: Body) -> ProjectOut:
    """Let a paused project go on, with all that waited for that."""
    projects.resume(call.tx, call.project)
    return _out(call.project)


@routes.get("/workflows/list", scope="project:read")
def list_workflows(call: Call, query: Query) -> Page[WorkflowOut]:
    """What `workflowId` may be: the named ways to run fixes."""
    return Page([WorkflowOut.model_validate(each) for each in workflows.listed(call.project)], None)


@routes.get("/templates/list", scope="project:read")
def list_templates(call: Call, query: Query) -> Page[TemplateOut]:
    """What `templateId` may be: the named sandboxes, each with its agent."""
    templates = current_app.extensions["templates"]
    return Page([TemplateOut.model_validate(templates[name]) for name in sorted(templates)], None)


def _out(project: Project) -> ProjectOut:
    github = None
    if project.repository_id is not None:
        github = Github(repository_id=project.repository_id, installation_id=project.installation_id)
    return ProjectOut.model_validate({
        "id": project.id, "name": project.name, "mode": project.mode, "url": projects.address(project),
        "github": github, "default_branch": project.default_branch, "paused_reason": project.paused_reason,
        "created_at": project.created_at, "config_error": project.config_error,
        "config": [SettingOut.model_validate(each) for each in repo_config.settings(project)],
    })  # fmt: skip
