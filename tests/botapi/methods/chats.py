"""What the bot may learn about its chats, and leaving them."""

from tests.botapi.errors import bad_request
from tests.botapi.formatting import Json
from tests.botapi.members import all_permissions, member_json
from tests.botapi.methods.base import MethodsBase
from tests.botapi.parameters import Parameters
from tests.botapi.values import Member

_MEMBER_STATUS = {"muted": "restricted", "administrator": "administrator", "member": "member"}


class ChatMethods(MethodsBase):
    """Chats and their members."""

    def getChat(self, parameters: Parameters) -> Json:  # noqa: N802
        chat = self._chat(parameters)
        info: Json = {
            **chat.as_json(),
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(
                (
                    "unlimited_gifts",
                    "limited_gifts",
                    "unique_gifts",
                    "premium_subscription",
                    "gifts_from_channels",
                ),
                False,
            ),
        }
        if chat.kind != "private":
            info["permissions"] = all_permissions()
        return info

    def getChatMember(self, parameters: Parameters) -> Json:  # noqa: N802
        chat = self._chat(parameters)
        user_id = parameters.integer("user_id")
        if user_id == self._world.bot.id:
            return member_json(self._world.bot.as_user(), _MEMBER_STATUS.get(chat.bot, "left"))
        user = self._world.users.get(user_id)
        if user is None:
            raise bad_request("user not found" if user_id > 0 else "invalid user_id specified")
        if chat.kind == "private":
            return member_json(user, "member")
        member = chat.members.get(user_id, Member("left"))
        return member_json(user, member.status, anonymous=member.anonymous)

    def getChatMemberCount(self, parameters: Parameters) -> int:  # noqa: N802
        chat = self._chat(parameters)
        return 1 + sum(member.status not in ("left", "kicked") for member in chat.members.values())

    def getChatAdministrators(self, parameters: Parameters) -> list[Json]:  # noqa: N802
        chat = self._chat(parameters)
        if chat.kind == "private":
            raise bad_request("there are no administrators in the private chat")
        administrators = [
            member_json(self._world.users[user_id], member.status, anonymous=member.anonymous)
            for user_id, member in chat.members.items()
            if member.status in ("creator", "administrator")
        ]
        if chat.bot == "administrator":
            administrators.append(member_json(self._world.bot.as_user(), "administrator"))
        return administrators

    def leaveChat(self, parameters: Parameters) -> bool:  # noqa: N802
        chat = self._chat(parameters)
        if chat.kind == "private":
            raise bad_request("chat member status can't be changed in private chats")
        chat.bot = "left"
        self._world.changed()
        return True
