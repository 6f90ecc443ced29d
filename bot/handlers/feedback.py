"""Votes 👍 and 👎 on an answer: each person has one vote, which another tap changes."""

from telegram import Update

from bot.handlers.context import Context
from bot.messages.callback_data import Verdict, Vote
from bot.storage import votes
from bot.storage.votes import VoteResult


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
