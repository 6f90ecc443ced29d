"""Who is what in a chat, as the Bot API writes it, and which command menu they see there."""

import time

from tests.botapi.formatting import Json
from tests.botapi.stored import ChatState
from tests.botapi.values import Member
from tests.botapi.world import World


def member_json(user: Json, status: str, *, anonymous: bool = False) -> Json:
    """A ChatMember of any status, with the fields that go with it."""
    member: Json = {"user": user, "status": status}
    if status in ("creator", "administrator"):
        member["is_anonymous"] = anonymous
    if status == "administrator":
        rights = (
            "can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members "
            "can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories "
            "can_delete_stories can_pin_messages can_manage_topics"
        )
        member |= dict.fromkeys(rights.split(), True) | {"can_be_edited": False}
    if status == "restricted":
        member |= {"is_member": True, "until_date": 0} | dict.fromkeys(_PERMISSIONS, False)
    if status == "kicked":
        member["until_date"] = 0
    return member


_PERMISSIONS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
    "can_edit_tag",
    "can_react_to_messages",
)


def all_permissions() -> Json:
    """ChatPermissions with everything allowed."""
    return dict.fromkeys(_PERMISSIONS, True)


def member_change(chat: ChatState, actor: Json, user: Json, old: str, new: str) -> Json:
    return {
        "chat": chat.as_json(),
        "from": actor,
        "date": int(time.time()),
        "old_chat_member": member_json(user, old),
        "new_chat_member": member_json(user, new),
    }


def commands_shown(world: World, chat: ChatState, user: Json) -> tuple[Json, ...]:
    """The command list that a person's client shows in a chat, by Telegram's order of scopes."""
    member = chat.members.get(user["id"], Member())
    admin = member.status in ("creator", "administrator")
    scopes: tuple[str, ...]
    if chat.kind == "private":
        scopes = (f"chat:{chat.id}", "all_private_chats", "default")
    else:
        admin_scopes = (f"chat_administrators:{chat.id}",) if admin else ()
        general = ("all_chat_administrators",) if admin else ()
        scopes = (
            f"chat_member:{chat.id}:{user['id']}",
            *admin_scopes,
            f"chat:{chat.id}",
            *general,
            "all_group_chats",
            "default",
        )
    language = str(user.get("language_code", "")).partition("-")[0]
    for scope in scopes:
        for code in (language, ""):
            if commands := world.commands.get((scope, code)):
                return commands
    return ()
