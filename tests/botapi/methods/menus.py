"""Command menus per scope and language, and the bot's name and descriptions."""

import re
from urllib.parse import urlsplit

from tests.botapi.errors import bad_request
from tests.botapi.formatting import Json
from tests.botapi.links import link_problem
from tests.botapi.methods.base import MethodsBase
from tests.botapi.parameters import Parameters


class MenuMethods(MethodsBase):
    """What a client shows around the chat."""

    def setMyCommands(self, parameters: Parameters) -> bool:  # noqa: N802
        commands = parameters.json("commands")
        if not isinstance(commands, list):
            raise bad_request("can't parse commands JSON object")
        if len(commands) > 100:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not re.fullmatch(r"/?[a-z0-9_]{1,32}", str(command.get("command", ""))):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(str(command.get("description", "")).strip()) <= 256:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
            self._world.journal.look_at(command["description"], "a command list")
        self._world.commands[self._scope(parameters), _language(parameters)] = tuple(commands)
        self._world.changed()
        return True

    def getMyCommands(self, parameters: Parameters) -> list[Json]:  # noqa: N802
        return list(self._world.commands.get((self._scope(parameters), _language(parameters)), ()))

    def deleteMyCommands(self, parameters: Parameters) -> bool:  # noqa: N802
        self._world.commands.pop((self._scope(parameters), _language(parameters)), None)
        return True

    def setChatMenuButton(self, parameters: Parameters) -> bool:  # noqa: N802
        button = _menu_button(parameters.json("menu_button"))
        chat_id = self._menu_chat(parameters)
        if button["type"] == "default":
            self._world.menu_buttons.pop(chat_id, None)
        else:
            self._world.menu_buttons[chat_id] = button
            self._world.journal.look_at(str(button.get("text", "")), "the menu button")
        self._world.changed()
        return True

    def getChatMenuButton(self, parameters: Parameters) -> Json:  # noqa: N802
        buttons = self._world.menu_buttons
        return buttons.get(self._menu_chat(parameters)) or buttons.get(0) or {"type": "default"}

    def setMyName(self, parameters: Parameters) -> bool:  # noqa: N802
        return self._set_text(parameters, "name", 64)

    def getMyName(self, parameters: Parameters) -> Json:  # noqa: N802
        return self._get_text(parameters, "name", self._world.bot.name)

    def setMyDescription(self, parameters: Parameters) -> bool:  # noqa: N802
        return self._set_text(parameters, "description", 512)

    def getMyDescription(self, parameters: Parameters) -> Json:  # noqa: N802
        return self._get_text(parameters, "description")

    def setMyShortDescription(self, parameters: Parameters) -> bool:  # noqa: N802
        return self._set_text(parameters, "short_description", 120)

    def getMyShortDescription(self, parameters: Parameters) -> Json:  # noqa: N802
        return self._get_text(parameters, "short_description")

    def _scope(self, parameters: Parameters) -> str:
        scope = parameters.json("scope") or {"type": "default"}
        kind = scope.get("type")
        if kind in ("default", "all_private_chats", "all_group_chats", "all_chat_administrators"):
            return str(kind)
        if kind not in ("chat", "chat_administrators", "chat_member"):
            raise bad_request("can't parse BotCommandScope: unsupported type specified")
        chat = self._chat(Parameters({"chat_id": scope.get("chat_id")}))
        if kind == "chat_administrators" and chat.kind == "private":
            raise bad_request("can't use specified scope in private chats")
        if kind == "chat_member":
            if chat.kind == "private":
                raise bad_request("can't use specified scope in private chats")
            return f"chat_member:{chat.id}:{scope.get('user_id')}"
        return f"{kind}:{chat.id}"

    def _menu_chat(self, parameters: Parameters) -> int:
        """The private chat that a menu button is for; 0: all that have none of their own."""
        if not parameters.has("chat_id"):
            return 0
        chat = self._chat(parameters)
        if chat.kind != "private":
            raise bad_request("invalid chat_id specified")
        return chat.id

    def _set_text(self, parameters: Parameters, name: str, longest: int) -> bool:
        text = parameters.text(name)
        if len(text) > longest:
            raise bad_request(f"BOT_{name.upper()}_TOO_LONG")
        self._world.journal.look_at(text, f"the bot's {name}")
        self._world.texts[name, _language(parameters)] = text
        return True

    def _get_text(self, parameters: Parameters, name: str, default: str = "") -> Json:
        texts = self._world.texts
        return {name: texts.get((name, _language(parameters))) or texts.get((name, "")) or default}


def _language(parameters: Parameters) -> str:
    code = parameters.text("language_code")
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise bad_request("invalid language code specified")
    return code


def _menu_button(value: object) -> Json:
    """Check a menu button: core.telegram.org/bots/api#menubutton.

    The errors are those of telegram-bot-api/Client.cpp (get_bot_menu_button) and of
    td/telegram/BotMenuButton.cpp (set_menu_button): a web app has a text and an https address, which is kept
    as a normal one.
    """
    if value is None:
        return {"type": "default"}
    if not isinstance(value, dict):
        raise bad_request("can't parse menu button: object expected as menu button")
    if value.get("type") in ("default", "commands"):
        return {"type": value["type"]}
    if value.get("type") != "web_app":
        raise bad_request("can't parse menu button: MenuButton has unsupported type")
    text, app = str(value.get("text", "")).strip(), value.get("web_app")
    url = str(app.get("url", "")) if isinstance(app, dict) else ""
    if not text:
        raise bad_request("menu button text must be non-empty")
    reason = link_problem(url)
    if reason is None and not url.lower().startswith("https://"):
        reason = "Only HTTPS links are allowed"
    if reason is not None:
        raise bad_request(f"menu button Web App URL '{url}' is invalid: {reason}")
    address = urlsplit(url)
    normal = address._replace(netloc=address.netloc.lower(), path=address.path or "/").geturl()
    return {"type": "web_app", "text": text, "web_app": {"url": normal}}
