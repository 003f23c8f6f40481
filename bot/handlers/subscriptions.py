"""Makes, lists, pauses, resumes and ends the subscriptions of a chat, and sets its time zone.

A subscription that needed no guess is stored at once: a button undoes it. If something had to be guessed, the
reply shows what was understood, and asks before anything is stored.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from articles.stories.breaking import Threshold
from bot.chat import ChatRef
from bot.commands import requests
from bot.commands.requests import AboutSubscriptions
from bot.commands.subscription_words import SubscriptionDraft, draft_in_words, filters_in_words
from bot.ports import IncomingCommand
from bot.replies.compose import button, choice, counted, sentence
from bot.replies.quotations import choice_of_speakers, nobody_called
from bot.reply import Block, Button, Item, Items, Note, Prose, Reply, Title, refusal
from bot.schedules.schedule import NEVER, Rhythm, first_due, from_json, in_words, next_due, to_json, upcoming
from bot.schedules.zones import AmbiguousZone, UnknownZone, read_zone, zone_in_words
from bot.storage.chats import ChatStore, Subscription, SubscriptionKind
from summarizer.model import SpeakerId
from summarizer.storage.store import QuoteStore, StoredSpeaker

MAX_SUBSCRIPTIONS = 50  # a chat
_DONE = {"unsubscribe": "Ended", "unfollow": "Ended", "pause": "Paused", "resume": "Resumed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A subscription that somebody asks for."""

    kind: SubscriptionKind
    name: str  # for the reader
    command: str  # that makes it: "/subscribe" or "/follow"
    draft: SubscriptionDraft
    speaker: SpeakerId | None = None

    def line(self, zone: str | None = None) -> str:
        """The command that makes it without a guess. zone: instead of the draft's."""
        return f"{self.command} {draft_in_words(replace(self.draft, zone=zone or self.draft.zone))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionHandler:
    """Answers the commands about subscriptions and about the chat's time zone."""

    chats: ChatStore
    default_zone: ZoneInfo  # of chats that have not set one
    stories_on: Callable[[str], bool]  # whether there is a story on a topic now
    quotes: QuoteStore
    breaking: Threshold

    def answer(self, incoming: IncomingCommand, request: AboutSubscriptions, *, now: datetime) -> Reply:
        match request:
            case requests.SubscribeRequest():
                subscribe = self._follow if request.to_speaker else self._subscribe
                return subscribe(incoming, request.draft, now)
            case requests.SubscriptionsRequest():
                return self._list(incoming.chat, now)
            case requests.ChangeSubscriptionRequest():
                return self._change(incoming.chat, request, now)
            case requests.TimezoneRequest():
                return self._timezone(incoming.chat, request.zone, now)

    def zone_of(self, chat: ChatRef) -> ZoneInfo:
        """The zone that the chat's times are in."""
        name = self.chats.timezone(chat)
        return ZoneInfo(name) if name else self.default_zone

    # --- new subscriptions

    def _subscribe(self, incoming: IncomingCommand, draft: SubscriptionDraft, now: datetime) -> Reply:
        breaking = draft.schedule.rhythm is Rhythm.BREAKING
        kind = SubscriptionKind.BREAKING if breaking else SubscriptionKind.TOPIC
        name = f"Breaking news on {draft.topic or 'any topic'}" if breaking else draft.topic
        return self._save(incoming, _Wanted(kind=kind, name=name, command="/subscribe", draft=draft), now)

    def _follow(self, incoming: IncomingCommand, draft: SubscriptionDraft, now: datetime) -> Reply:
        """Subscribes to a speaker's quotes; a choice if several people are meant."""
        if draft.schedule.rhythm is Rhythm.BREAKING:
            return refusal("Quotes come on a schedule, not when a story breaks: write for example hourly.")
        named = self._speakers(draft.topic)
        if not named:
            return nobody_called(draft.topic, self.quotes)
        if len(named) > 1:
            commands = [f"/follow {draft_in_words(replace(draft, topic=f'@{s.id}'))}" for s in named]
            return choice_of_speakers(draft.topic, named, commands)
        speaker, kind = named[0], SubscriptionKind.SPEAKER
        draft = replace(draft, topic=f"@{speaker.id}")
        wanted = _Wanted(kind=kind, name=speaker.name, command="/follow", draft=draft, speaker=speaker.id)
        return self._save(incoming, wanted, now)

    def _speakers(self, name: str) -> Sequence[StoredSpeaker]:
        if name.startswith("@") and name[1:].isascii() and name[1:].isdigit():
            known = self.quotes.speaker(SpeakerId(int(name[1:])))
            return (known,) if known else ()
        return self.quotes.find_speakers(name)

    def _save(self, incoming: IncomingCommand, wanted: _Wanted, now: datetime) -> Reply:
        draft = wanted.draft
        if draft.zones:
            commands = [wanted.line(zone) for zone in draft.zones]
            return _choice_of_zones("Which time zone do you mean?", draft.zones, commands)
        zone = ZoneInfo(draft.zone) if draft.zone else self.zone_of(incoming.chat)
        if draft.guesses:
            return self._confirmation(wanted, zone, now)
        existing = self.chats.subscriptions(incoming.chat)
        topic = wanted.name if wanted.kind is SubscriptionKind.SPEAKER else draft.topic
        same = [s.topic for s in existing if s.kind is wanted.kind and s.topic.casefold() == topic.casefold()]
        if len(existing) >= MAX_SUBSCRIPTIONS and not same:
            return refusal(f"This chat has {MAX_SUBSCRIPTIONS} subscriptions, the maximum: end one first.")
        subscription, is_new = self.chats.add_subscription(
            incoming.chat,
            topic=same[0] if same else topic,
            schedule=to_json(draft.schedule),
            timezone=zone.key,
            next_due=next_due(draft.schedule, zone, now),
            created_by=incoming.user,
            now=now,
            filters=draft.filters,
            kind=wanted.kind,
            speaker=wanted.speaker,
            always=draft.always,
        )
        title = f"{wanted.name}: {'new subscription' if is_new else 'subscription changed'}"
        notes = self._understood(wanted, zone, now)
        if draft.topic and wanted.kind is not SubscriptionKind.SPEAKER and not self.stories_on(draft.topic):
            notes += (Note(text=f"There is nothing on “{draft.topic}” yet; what comes will be delivered."),)
        return Reply(blocks=(Title(text=title), *notes), buttons=(_buttons(subscription),))

    def _confirmation(self, wanted: _Wanted, zone: ZoneInfo, now: datetime) -> Reply:
        command = wanted.line()
        yes = button("Yes, do that", command)
        hint = "Not subscribed yet." if yes else f"Not subscribed yet. To subscribe, send {command}"
        guesses = Note(text=f"I read {', '.join(wanted.draft.guesses)}.")
        title = Title(text=f"{wanted.name}: is this what you mean?")
        blocks = (title, *self._understood(wanted, zone, now), guesses, Note(text=hint))
        return Reply(blocks=blocks, buttons=(yes,) if yes else ())

    def _understood(self, wanted: _Wanted, zone: ZoneInfo, now: datetime) -> tuple[Block, ...]:
        """What was understood, with the next three times."""
        draft = wanted.draft
        what = "New quotes, word for word, " if wanted.kind is SubscriptionKind.SPEAKER else ""
        said = sentence(f"{what}{in_words(draft.schedule)}")
        notes: list[Block] = [Prose(text=f"{said}, {zone_in_words(zone.key)} time.")]
        if times := upcoming(draft.schedule, zone, now, count=3):
            notes.append(Note(text=f"Next: {', '.join(f'{due:%a %-d %b %H:%M}' for due in times)}"))
        if wanted.kind is SubscriptionKind.BREAKING:
            minutes = counted(self.breaking.within // timedelta(minutes=1), "minute")
            breaks = f"A story breaks when {self.breaking.publishers} publishers report it"
            notes.append(Note(text=f"{breaks} in their own words within {minutes}."))
        if draft.always:
            notes.append(Note(text="Comes also when there is nothing new."))
        if draft.filters:
            notes.append(Note(text=f"Only what passes {filters_in_words(draft.filters)}"))
        return tuple(notes)

    # --- existing subscriptions

    def _list(self, chat: ChatRef, now: datetime) -> Reply:
        existing = self.chats.subscriptions(chat)
        if not existing:
            example = Note(text="Try: /subscribe nato daily 08:00 Europe/Brussels")
            return Reply(blocks=(Prose(text="This chat has no subscriptions."), example))
        items = tuple(Item(text=_line(subscription, now)) for subscription in existing)
        buttons = tuple(_buttons(subscription, with_topic=True) for subscription in existing)
        title = Title(text=f"{counted(len(existing), 'subscription')} here")
        return Reply(blocks=(title, Items(items=items, numbered=True)), buttons=buttons)

    def _change(self, chat: ChatRef, request: requests.ChangeSubscriptionRequest, now: datetime) -> Reply:
        """Ends, pauses or resumes the subscriptions that are meant."""
        existing = self.chats.subscriptions(chat)
        if request.change == "unfollow":
            existing = tuple(each for each in existing if each.kind is SubscriptionKind.SPEAKER)
            if not existing:
                return refusal("Nobody is followed here. /follow does so.")
        if not existing:
            return refusal("This chat has no subscriptions. /subscribe or /follow makes one.")
        meant = _meant(request, existing)
        if request.change == "resume" and not request.which:
            meant = [subscription for subscription in meant if subscription.paused]
            if not meant:
                return refusal("No subscription here is paused.")
        if not meant:
            known = ", ".join(f"{n} {name_of(each)}" for n, each in enumerate(existing, 1))
            which = f"There is no subscription “{request.which}”" if request.which else "Say which"
            return refusal(f"{which}. There are: {known}.")
        undo: list[tuple[Button, ...]] = []
        for each in meant:
            if request.change == "resume":
                self.chats.resume_subscription(chat, each.id, next_due=first_due(each, now))
            elif request.change == "pause":
                self.chats.pause_subscription(chat, each.id)
                undo.append(button(f"Resume {name_of(each)}", f"/resume #{each.id}"))
            else:
                self.chats.remove_subscription(chat, each.id)
        text = f"{_DONE[request.change]}: {', '.join(map(name_of, meant))}."
        return Reply(blocks=(Prose(text=text),), buttons=tuple(filter(None, undo)))

    # --- the time zone

    def _timezone(self, chat: ChatRef, words: str, now: datetime) -> Reply:
        """Sets the chat's zone; without words, shows it."""
        if not words:
            here = self.zone_of(chat)
            text = f"Times here are in {zone_in_words(here.key)}; it is {now.astimezone(here):%H:%M} now."
            return Reply(blocks=(Prose(text=text), Note(text="/timezone Europe/Brussels sets another.")))
        try:
            name = read_zone(words)
        except AmbiguousZone as error:
            commands = [f"/timezone {choice}" for choice in error.choices]
            return _choice_of_zones(f"Which time zone is “{error.said}”?", error.choices, commands)
        except UnknownZone as error:
            return refusal(str(error))
        self.chats.set_timezone(chat, name, now=now)
        there = now.astimezone(ZoneInfo(name))
        text = f"Times here are in {zone_in_words(name)} from now on; it is {there:%H:%M} there."
        return Reply(blocks=(Prose(text=text), Note(text="Subscriptions made before keep their zone.")))


def _meant(
    request: requests.ChangeSubscriptionRequest, existing: Sequence[Subscription]
) -> Sequence[Subscription]:
    """By `#id` (buttons), number or topic. Without words: the only one, or all to pause or resume."""
    which = request.which.strip()
    if not which:
        return existing if request.change in {"pause", "resume"} or len(existing) == 1 else ()
    if which.startswith("#"):
        return [each for each in existing if str(each.id) == which[1:]]
    wanted = which.casefold()
    # A topic, breaking news on it, and quotes by somebody of that name are three subscriptions.
    speakers = [each for each in existing if each.kind is SubscriptionKind.SPEAKER]
    by_topic = (
        [each for each in existing if name_of(each).casefold() == wanted]
        or [each for each in existing if each.topic.casefold() == wanted]
        or [each for each in speakers if wanted in each.topic.casefold().split()]
    )
    if len(by_topic) > 1 and request.change in {"unsubscribe", "unfollow"}:
        return ()
    if by_topic or not (which.isascii() and which.isdigit()):
        return by_topic
    return existing[int(which) - 1 : int(which)] if int(which) else ()


def _line(subscription: Subscription, now: datetime) -> str:
    zone = ZoneInfo(subscription.timezone)
    if subscription.paused:
        when = "paused"
    elif subscription.next_due == NEVER:
        when = "waiting for one"
    else:
        when = f"next {max(subscription.next_due, now).astimezone(zone):%a %-d %b %H:%M}"
    if subscription.blocked_since is not None:
        since = subscription.blocked_since.astimezone(zone)
        when += f"; undelivered, as I may not write here since {since:%a %-d %b %H:%M}"
    when += "; also when there is nothing new" if subscription.always else ""
    filters = f" ({filters_in_words(subscription.filters)})" if subscription.filters else ""
    schedule = in_words(from_json(subscription.schedule))
    return f"{name_of(subscription)}{filters}: {schedule}, {zone_in_words(zone.key)}; {when}"


def name_of(subscription: Subscription) -> str:
    """Its name in a list of several."""
    match subscription.kind:
        case SubscriptionKind.SPEAKER:
            return f"quotes by {subscription.topic}"
        case SubscriptionKind.BREAKING:
            return f"breaking news on {subscription.topic or 'any topic'}"
        case SubscriptionKind.TOPIC:
            return subscription.topic


def _buttons(subscription: Subscription, *, with_topic: bool = False) -> tuple[Button, ...]:
    """To pause or resume it, and to end it."""
    topic = f" {name_of(subscription)}" if with_topic else ""
    hold = ("Resume", "resume") if subscription.paused else ("Pause", "pause")
    return (
        *button(f"{hold[0]}{topic}", f"/{hold[1]} #{subscription.id}"),
        *button(f"Unsubscribe{topic}", f"/unsubscribe #{subscription.id}"),
    )


def _choice_of_zones(question: str, zones: Sequence[str], commands: Sequence[str]) -> Reply:
    return choice((Prose(text=question),), [zone_in_words(zone) for zone in zones], commands)
