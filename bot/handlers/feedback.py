"""Votes 👍 and 👎 on an answer, by button or by reaction: each person has one, which another tap changes."""

from collections.abc import Iterable

from telegram import ReactionType, ReactionTypeEmoji, Update
from telegram.ext import BaseHandler

from bot.handlers.context import Context
from bot.inbox.envelope import VOTING_EMOJI
from bot.messages.callback_data import Verdict, Vote
from bot.storage import searches, votes
from bot.storage.votes import VoteResult


class OnReaction(BaseHandler[Update, Context, None]):
    """Calls a handler when somebody has changed their reactions to a message."""

    def check_update(self, update: object) -> bool:
        """Return whether the update reports that."""
        return isinstance(update, Update) and update.message_reaction is not None


async def reaction(update: Update, context: Context) -> None:
    """Store a 👍 or 👎 on an answer as a vote, and take it back when it is removed; nothing is said."""
    change = update.message_reaction
    if change is None or change.user is None or not context.bot_data.keeps_votes:
        return  # who reacts in the name of a chat has no vote
    shown = context.read(searches.shown_in, change.chat.id, change.message_id)
    if shown is None or shown.asked is None:
        return
    chosen, before = _voting(change.new_reaction), _voting(change.old_reaction)
    if len(chosen) > 1 or chosen == before:
        return
    if chosen:
        await context.keep(
            votes.vote, shown.asked, chat_id=change.chat.id, user_id=change.user.id, up=chosen == {"👍"}
        )
    else:
        await context.keep(votes.withdraw, shown.asked, chat_id=change.chat.id, user_id=change.user.id)


def _voting(reactions: Iterable[ReactionType]) -> set[str]:
    """Return the emoji of reactions that are votes."""
    emoji = {one.emoji for one in reactions if isinstance(one, ReactionTypeEmoji)}
    return emoji & VOTING_EMOJI


async def vote(update: Update, context: Context, data: Vote) -> str:
    """Store a vote and return the notice for the person who pressed."""
    query = update.callback_query
    if query is None or query.message is None:
        return context.t("vote.unknown")
    up = data.verdict is Verdict.GOOD
    outcome = await context.keep(
        votes.vote, data.asked, chat_id=query.message.chat.id, user_id=query.from_user.id, up=up
    )
    if outcome is None:
        return context.t("state.not_saved")
    if outcome in {VoteResult.UNKNOWN, VoteResult.SAME}:
        return context.t(f"vote.{outcome}")
    return context.t(f"vote.{outcome}_up" if up else f"vote.{outcome}_down")
