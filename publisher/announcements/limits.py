"""What the networks will not take, found when the file is written: every plan is composed and measured as its network measures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product

from channels.base import Capabilities
from channels.text import cashtags, linkedin_mention_length, mentions, parts
from publisher.announcements.fields import Places
from publisher.announcements.hints import MANY_HASHTAGS, same_on_x, wordy
from publisher.cadence import occurrence
from publisher.compose import (
    OrganisationView,
    PublishersView,
    compose,
    further_times,
    has_link,
    in_language,
    in_turn,
    language_groups,
    merged,
    with_campaign,
)
from publisher.locale import _
from publisher.model import Announcement, Every, Fields, Plan, Repeat, Skipped, Unit, When
from publisher.yamlfile import Block, Entry, Faults, Items, Scalar, Span

NETWORKS = {"facebook": "Facebook", "instagram": "Instagram", "x": "X", "linkedin": "LinkedIn"}


_LINKS_NOT_CLICKABLE = frozenset({"instagram"})

_FORESEEN = timedelta(days=5 * 366)
"""How far a repeat is followed to see when its words come again: long enough to meet a leap year and every length of month."""

_NEVER_FITS = 20_000
"""Characters of a text from which it is not counted as a network counts, where four times the network's limit are fewer."""

_DAYS = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 28, Unit.YEAR: 365}


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """One announcement against every account that it goes to."""

    announcement: Announcement
    publishers: PublishersView
    faults: Faults
    places: Places
    told: set[tuple[Span, str, str]] = field(default_factory=set)
    """What was said already: the same words go to several accounts, but a fault in them is one fault."""

    def examine(self, now: datetime | None) -> None:
        """Note everything that a network will refuse, and a few things that are probably not meant."""
        self._languages()
        planned = compose(self.announcement, self.publishers, horizon=self._all_turns())
        plans = [one for one in planned if isinstance(one, Plan)]
        for plan in plans:
            self._measure(plan, self.publishers.capabilities(plan.channel))
        for plan in plans:
            if plan.occurrence == 1:
                self._comment_in_vain(plan)
                self._order_of_times(plan, now)
        if self.announcement.repeat:
            self._repeat(self.announcement.repeat, plans)
        for skipped in planned:
            if isinstance(skipped, Skipped) and skipped.reason == "no_picture":
                self._no_picture(skipped)
        if not self.faults.fatal:
            self._hints(plans)

    def _error(self, where: Span, code: str, about: str, message: str, remedy: str = "") -> None:
        """Note a fault once, though several accounts meet it. `about`: what it depends on beside its place."""
        if (where, code, about) not in self.told:
            self.told.add((where, code, about))
            self.faults.error(where, code, message, remedy)

    def _place(self, plan: Plan | Skipped, name: str, language: str = "") -> Span:
        found = self.places.find(plan.organisation, plan.channel, name, language, turn=self._turn(plan))
        if isinstance(found, Entry):
            value = found.value
            return value.at if isinstance(value, Scalar) and value.at.end_line == value.at.line else found.key.at
        if isinstance(found, Scalar):
            return found.at
        return self._start

    def _turn(self, plan: Plan | Skipped) -> int:
        """Tell which variant of the text a plan has; 0 for the text itself."""
        return (plan.occurrence - 1) % (1 + len(self.places.variants)) if isinstance(plan, Plan) else 0

    @property
    def _start(self) -> Span:
        root = self.faults.document.root
        return root.entries[0].key.at if root and root.entries else Span(1, 1, 1, 1)

    # Languages

    def _languages(self) -> None:
        """Every language in which an account speaks must have its text, in all variants, and its alt texts."""
        for turn, announcement in enumerate(in_turn(self.announcement)):
            for organisation in self.publishers.organisations.values():
                if organisation.key in announcement.organisations:
                    for account in organisation.accounts:
                        said = merged(announcement, organisation.key, account.channel)
                        taken = not said.channels or account.channel in said.channels
                        if taken and not said.skip:
                            groups = language_groups(said, organisation, account)
                            languages = [one for group in groups for one in group]
                            self._texts(organisation, account.channel, said, languages, turn)

    def _texts(
        self, organisation: OrganisationView, channel: str, said: Fields, languages: Sequence[str], turn: int
    ) -> None:
        places = self.places
        self._poll(organisation, channel, said, languages)
        if isinstance(said.thread, tuple):
            for texts, post in zip(said.thread, self._posts(organisation.key, channel), strict=True):
                self._in_all_languages(organisation, post, texts, languages)
            self._alts(organisation, channel, said, languages)
            return
        entry = places.find(organisation.key, channel, "text", turn=turn)
        if entry is None:
            self._no_text(organisation, channel)
            return
        self._in_all_languages(organisation, entry, said.text or {}, languages)
        self._alts(organisation, channel, said, languages)

    def _posts(self, organisation: str, channel: str) -> Sequence[Entry]:
        """Give the places of the posts of the thread that counts."""
        threads = self.places.threads
        return threads.get((organisation, channel)) or threads[("", channel)]

    def _in_all_languages(
        self,
        organisation: OrganisationView,
        entry: Entry | Scalar,
        texts: Mapping[str, str],
        languages: Sequence[str],
    ) -> None:
        places = self.places
        if any(isinstance(one, Entry) and self.faults.within(one) for one in (entry, places.find("", "", "languages"))):
            return
        if len(languages) > 1 and "" in texts:
            self._error(
                _at(entry),
                "which_language",
                "",
                _("the text does not say its language, and %(organisation)s publishes in %(languages)s")
                % {"organisation": organisation.name, "languages": ", ".join(languages)},
                _("Write a text for each, as fi: and sv: below; or say languages: [fi]."),
            )
            return
        for language in languages:
            if not in_language(texts, language):
                known = {"organisation": organisation.name, "language": language, "given": ", ".join(texts)}
                message = _("the text in '%(language)s' is missing: %(organisation)s publishes in it") % known
                remedy = _("Add it, or leave the language out with languages: [%(given)s].")
                self._error(_at(entry), "missing_language", language, message, remedy % known)

    def _poll(self, organisation: OrganisationView, channel: str, said: Fields, languages: Sequence[str]) -> None:
        where = self.places.find(organisation.key, channel, "poll")
        if said.poll and where:
            for texts in (said.poll.text, *said.poll.options):
                self._in_all_languages(organisation, where, texts, languages)

    def _alts(self, organisation: OrganisationView, channel: str, said: Fields, languages: Sequence[str]) -> None:
        shown = {"images": said.pictures or (), "thumbnail": (said.thumbnail,) if said.thumbnail else ()}
        for name, pictures in shown.items():
            where = self.places.find(organisation.key, channel, name)
            for picture, language in product(pictures, languages):
                if where and picture.alt and not in_language(picture.alt, language):
                    known = {"language": language, "file": picture.name}
                    message = _("the alt text of '%(file)s' is missing in '%(language)s'") % known
                    about = picture.name + language
                    self._error(_at(where), "missing_language", about, message, _("Add it under alt."))

    def _no_text(self, organisation: OrganisationView, channel: str) -> None:
        """Some part of the file has a text, but not the one that counts here."""
        if any(name == "text" for (_organisation, _channel, name) in self.places.entries):
            known = {"organisation": organisation.name, "network": NETWORKS.get(channel, channel)}
            message = _("there is no text for %(organisation)s on %(network)s") % known
            self._error(self._start, "missing", "text", message, _("Add text: at the top; it is for everybody."))

    # Limits

    def _measure(self, plan: Plan, limits: Capabilities) -> None:
        network = {"network": NETWORKS.get(plan.channel, plan.channel)}
        posts = parts(wordy(plan))
        language = plan.language.partition("+")[0]
        for n, text in enumerate(posts):
            self._measure_words(plan, text, n, limits, language)
        self._measure_thread(plan, posts, limits)
        text = "\n".join(posts)
        tags = len(re.findall(r"(?<!\w)#\w", text))
        if limits.max_hashtags is not None and tags > limits.max_hashtags:
            message = _("too many hashtags for %(network)s: %(count)d of at most %(most)d")
            known = {**network, "count": tags, "most": limits.max_hashtags}
            where = self._place(plan, "hashtags")
            self._error(where, "too_many_hashtags", plan.channel, message % known, _("Keep the best ones."))
        elif tags > MANY_HASHTAGS.get(plan.channel, tags):
            message = _("%(count)d hashtags on %(network)s; more than %(most)d find no more readers")
            known = {**network, "count": tags, "most": MANY_HASHTAGS[plan.channel]}
            self.faults.warn(self._place(plan, "hashtags"), "many_hashtags", message % known, _("Keep the best ones."))
        self._measure_signs(plan, text, limits)
        self._measure_pictures(plan, limits, network)
        self._measure_comment(plan, limits, network, language)
        self._measure_card(plan, limits, network, language)
        self._measure_poll(plan, limits, network)

    def _measure_signs(self, plan: Plan, text: str, limits: Capabilities) -> None:
        """Mentions and signs of shares that a network does not take from a program."""
        known: dict[str, object] = {"network": NETWORKS.get(plan.channel, plan.channel)}
        language = plan.language.partition("+")[0]
        named, signs = mentions(text), cashtags(text)
        if limits.max_mentions is not None and len(named) > limits.max_mentions:
            known |= {"count": len(named), "most": limits.max_mentions, "who": named[0], "name": named[0][1:]}
            message = _("too many mentions for %(network)s: %(count)d of at most %(most)d")
            remedy = _("Leave some out.")
            if not limits.max_mentions:
                message = _("%(network)s refuses posts by a program that mention others: %(who)s")
                remedy = _(
                    "Write it without @: %(name)s; or write @[key] and let 'mentions' in the configuration say how."
                )
            where = self._found(plan, named[0], language)
            self._error(where, "mentions", plan.channel, message % known, remedy % known)
        if limits.max_cashtags is not None and len(signs) > limits.max_cashtags:
            known |= {"count": len(signs), "most": limits.max_cashtags, "signs": " ".join(signs)}
            message = _("too many words like $NOKIA for %(network)s: %(count)d of at most %(most)d (%(signs)s)")
            where = self._found(plan, signs[-1], language)
            self._error(where, "cashtags", plan.channel, message % known, _("Write the names without $."))

    def _found(self, plan: Plan, words: str, language: str) -> Span:
        """Find where some words of a text stand; the text itself if they are not in one of its lines."""
        name = self.places.find(plan.organisation, plan.channel, "text", language, turn=self._turn(plan))
        places = self._written_posts(plan) or ((name,) if name else ())
        spans = (one.value.at if isinstance(one, Entry) else one.at for one in places)
        found = (self.faults.document.find(words, span) for span in spans)
        return next((one for one in found if one), self._place(plan, "text", language))

    def _measure_words(self, plan: Plan, text: str, n: int, limits: Capabilities, language: str) -> None:
        # X's own way of counting takes seconds for such a text, which is too long however its links are counted.
        beyond = len(text) > max(_NEVER_FITS, 4 * limits.max_text)
        count = len(text) if beyond else limits.measure(text)
        count += sum(map(linkedin_mention_length, plan.mentions))  # only there has a mention an address
        if count <= limits.max_text:
            return
        network = NETWORKS.get(plan.channel, plan.channel)
        known = {"network": network, "channel": plan.channel, "count": count, "most": limits.max_text}
        message = _("too long for %(network)s: %(count)d of at most %(most)d characters, as %(network)s counts them")
        remedy = _("Shorten it, or write another text for this network: %(channel)s: {text: …}")
        where, code = self._place(plan, "text", language), "too_long"
        own = self._written_posts(plan)
        if own:
            where, remedy = _at(own[min(n, len(own) - 1)]), _("Shorten it, or make two posts of it.")
        elif plan.thread:
            message = _("a sentence is too long for one post on %(network)s: %(count)d of at most %(most)d characters")
            remedy = _("Shorten it, or write the posts of the thread yourself: %(channel)s: {thread: […]}")
        elif limits.max_thread:
            remedy = _(
                "Shorten it, write another text for this network: %(channel)s: {text: …}, "
                "or let it go out in several posts: %(channel)s: {thread: yes}"
            )
        self._error(where, code, plan.channel, message % known, remedy % known)

    def _written_posts(self, plan: Plan) -> Sequence[Entry]:
        """Give the places of the posts that staff wrote for a plan; empty if its words are the text."""
        said = merged(self.announcement, plan.organisation, plan.channel)
        return self._posts(plan.organisation, plan.channel) if isinstance(said.thread, tuple) else ()

    def _measure_thread(self, plan: Plan, posts: Sequence[str], limits: Capabilities) -> None:
        """A thread has an end, and its link belongs into one post: X bills every post that has one like thirteen without."""
        if limits.max_thread is not None and len(posts) > limits.max_thread:
            message = _("too many posts in a thread: %(count)d of at most %(most)d")
            known = {"count": len(posts), "most": limits.max_thread}
            remedy = _("Shorten the text, or leave some of the posts out.")
            self._error(self._place(plan, "thread"), "long_thread", plan.channel, message % known, remedy)
        said = merged(self.announcement, plan.organisation, plan.channel)
        links = (said.link or {}).values() if len(posts) > 1 else ()
        for link in links:
            either = (link, with_campaign(link, plan.channel, said.campaign or None))
            count = sum(any(has_link(post, one) for one in either) for post in posts)
            if count > 1:
                message = _("the link stands in %(count)d posts of the thread") % {"count": count}
                where = self._place(plan, "link")
                self._error(where, "link_twice", plan.channel, message, _("Write it in one of them."))

    def _measure_pictures(self, plan: Plan, limits: Capabilities, network: Mapping[str, str]) -> None:
        where = self._place(plan, "images")
        if len(plan.pictures) > limits.pictures.most:
            message = _("too many pictures for %(network)s: %(count)d of at most %(most)d")
            known = {**network, "count": len(plan.pictures), "most": limits.pictures.most}
            remedy = _("Name fewer for this network: %(channel)s: {images: […]}") % {"channel": plan.channel}
            self._error(where, "too_many_pictures", plan.channel, message % known, remedy)
        for picture, alt in zip(plan.pictures, plan.alts, strict=True):
            self._measure_alt(plan, picture.name, alt, "images", limits)

    def _measure_alt(self, plan: Plan, file: str, alt: str, field_: str, limits: Capabilities) -> None:
        most = limits.pictures.max_alt
        if len(alt) <= most:
            return
        message = _("the alt text of '%(file)s' is too long for %(network)s: %(count)d of at most %(most)d characters")
        network = NETWORKS.get(plan.channel, plan.channel)
        known = {"network": network, "file": file, "count": len(alt), "most": most}
        where = self._place(plan, field_)
        self._error(where, "alt_too_long", plan.channel + file, message % known, _("Shorten it."))

    def _measure_comment(self, plan: Plan, limits: Capabilities, network: Mapping[str, str], language: str) -> None:
        where = self._place(plan, "first_comment", language)
        most = limits.max_first_comment
        if plan.first_comment and most is not None and len(plan.first_comment) > most:
            message = _("the first comment is too long for %(network)s: %(count)d of at most %(most)d characters")
            known = {**network, "count": len(plan.first_comment), "most": most}
            self._error(where, "comment_too_long", plan.channel, message % known, _("Shorten it."))

    def _measure_card(self, plan: Plan, limits: Capabilities, network: Mapping[str, str], language: str) -> None:
        """What the file says of a link's card needs the card, and has to fit on it."""
        for name in ("description", "thumbnail"):
            given = getattr(merged(self.announcement, plan.organisation, plan.channel), name)
            if given and plan.link is None:
                message = _("'%(field)s' has no place: %(network)s shows a card only for a link without pictures")
                remedy = _("Remove it, add a link, or say %(channel)s: {images: []}.") % {"channel": plan.channel}
                if plan.poll and plan.addresses and not plan.pictures:
                    message = _("'%(field)s' has no place: with a poll, %(network)s shows no card")
                    remedy = _("Remove it, or the poll.")
                self._error(self._place(plan, name), "no_card", name, message % {**network, "field": name}, remedy)
        if plan.link is None:
            return
        sizes = {"title": limits.max_card_title, "description": limits.max_card_description}
        for name, most in sizes.items():
            words = getattr(plan, name)
            if words and most is not None and len(words) > most:
                message = _("too long for the card on %(network)s: %(count)d of at most %(most)d characters")
                known = {**network, "count": len(words), "most": most}
                self._error(self._place(plan, name, language), "card_too_long", name, message % known, _("Shorten it."))
        if plan.thumbnail:
            self._measure_alt(plan, plan.thumbnail.name, plan.thumbnail_alt, "thumbnail", limits)

    def _measure_poll(self, plan: Plan, limits: Capabilities, network: Mapping[str, str]) -> None:
        """A poll of the network's own stands alone, and its texts are short, also in two languages."""
        if plan.poll is None:
            return
        where, channel = self._place(plan, "poll"), {"channel": plan.channel}
        if plan.pictures:
            message = _("%(network)s takes pictures or a poll, not both") % network
            remedy = _("Leave the pictures out there: %(channel)s: {images: []}.") % channel
            self._error(where, "poll_and_pictures", plan.channel, message, remedy)
        if plan.thread:
            message = _("a poll does not go with several posts on %(network)s") % network
            remedy = _("Write one post for it: %(channel)s: {text: …}.") % channel
            self._error(where, "poll_and_thread", plan.channel, message, remedy)
        sizes = [(limits.max_poll_question, plan.poll.question)]
        sizes += [(limits.max_poll_option, option) for option in plan.poll.options]
        entry = self.places.find(plan.organisation, plan.channel, "poll")
        told = isinstance(entry, Entry) and self.faults.within(entry)
        for most, words in sizes:
            if not told and most is not None and len(words) > most:
                message = _("a text of the poll is too long for %(network)s: %(count)d of at most %(most)d characters")
                known = {**network, "count": len(words), "most": most}
                self._error(where, "long_poll", plan.channel, message % known, _("Shorten it."))

    def _no_picture(self, skipped: Skipped) -> None:
        """A network that needs a picture is left out without one; if the file names it, that is a fault."""
        where = self._named_at(skipped)
        if where is not None:
            network = {"network": NETWORKS.get(skipped.channel, skipped.channel)}
            message = _("%(network)s takes only posts with a picture") % network
            self._error(where, "no_picture", skipped.channel, message, _("Add a picture, or leave this network out."))

    def _named_at(self, skipped: Skipped) -> Span | None:
        """Find where the file names a network: in `channels`, or by a block of its own. None too if that has a fault itself."""
        images = self.places.find(skipped.organisation, skipped.channel, "images")
        if isinstance(images, Entry) and self.faults.within(images):
            return None
        for organisation in (skipped.organisation, ""):
            block = self.places.entries.get((organisation, "", skipped.channel))
            if block:
                return block.key.at
        channels = self.places.find(skipped.organisation, "", "channels")
        if not isinstance(channels, Entry) or self.faults.within(channels):
            return None
        nodes = channels.value.items if isinstance(channels.value, Items) else (channels.value,)
        names = (node for node in nodes if isinstance(node, Scalar) and node.value == skipped.channel)
        return next((node.at for node in names), channels.key.at)

    # Times

    def _order_of_times(self, plan: Plan, now: datetime | None) -> None:
        if plan.due_at is None:
            return
        if plan.expires_at is not None and plan.expires_at <= plan.due_at:
            message = _("it expires before it would be published")
            remedy = _("Give a later 'expires', or an earlier 'publish'.")
            self._error(self._place(plan, "expires"), "expires_first", plan.channel, message, remedy)
        elif now is not None and plan.due_at < now and not self._comes_again(now):
            message = _("%(time)s has passed already") % {"time": plan.due_wall}
            remedy = _("If it has not gone out yet, give it a new time.")
            self.faults.warn(self._place(plan, "publish"), "past", message, remedy)

    # Repeats

    def _all_turns(self) -> datetime | None:
        """Look as far ahead as every variant needs to come once, and the text to come again."""
        repeat, announcement = self.announcement.repeat, self.announcement
        if repeat is None:
            return None
        starts = [
            block.publish.instant
            for block in announcement.blocks
            if isinstance(block.publish, When) and block.publish.instant
        ]
        if not starts:
            return None
        return occurrence(max(starts), repeat.every, 2 + len(repeat.variants), self.publishers.timezone)

    def _comes_again(self, now: datetime) -> bool:
        repeat = self.announcement.repeat
        return repeat is not None and (repeat.until is None or repeat.until >= now)

    def _repeat(self, repeat: Repeat, plans: Sequence[Plan]) -> None:
        """A repeat needs a first time and a second one, and other words where the same are not taken again."""
        posts: dict[tuple[str, str, str, str], list[Plan]] = {}
        for plan in plans:
            posts.setdefault((plan.organisation, plan.channel, plan.account, plan.language), []).append(plan)
        for turns in posts.values():
            self._first_time(turns[0], repeat)
            self._same_words(turns, repeat)
        if posts and not self.faults.fatal and all(len(turns) == 1 for turns in posts.values()):
            where = self._repeat_at("until") if repeat.until else self._place(plans[0], "expires")
            message = _("it ends before it is repeated for the first time")
            self.faults.warn(where, "never_repeated", message, _("Give a later day, or remove 'repeat'."))

    def _first_time(self, plan: Plan, repeat: Repeat) -> None:
        publish = self.places.find(plan.organisation, plan.channel, "publish")
        if plan.due_at is None:
            if not (isinstance(publish, Entry) and self.faults.within(publish)):
                where = self._place(plan, "publish") if publish else self._repeat_at("repeat")
                message = _("a repeat needs a date: the first time, from which the others are counted")
                self._error(where, "repeat_when", "", message, _("Write it as publish: 2026-12-01 09:00."))
        elif repeat.until is not None and repeat.until < plan.due_at:
            message, remedy = _("the repeat ends before it begins"), _("Give a day after the one under 'publish'.")
            self._error(self._repeat_at("until"), "until_first", "", message, remedy)

    def _same_words(self, turns: Sequence[Plan], repeat: Repeat) -> None:
        """Follow one account's occurrences and find the first that comes too soon with words that were there already."""
        pause = self.publishers.capabilities(turns[0].channel).same_words_after
        if not pause or turns[0].due_at is None:
            return
        zone, around = self.publishers.timezone, 1 + len(repeat.variants)
        further = further_times(repeat, turns[0], zone, turns[0].due_at + _FORESEEN)
        days: dict[str, int] = {}
        for number, at in ((1, turns[0].due_at), *further):
            plan = turns[(number - 1) % around]
            said = " ".join(" ".join(parts(wordy(plan))).split())
            # Days of the calendar: clocks that are put forward make none of them shorter.
            day = at.astimezone(zone).toordinal()
            if day - days.get(said, day) < pause.days and said in days:
                self._too_soon(plan, repeat.every, day - days[said], pause.days)
                return
            days[said] = day

    def _too_soon(self, plan: Plan, every: Every, days: int, most: int) -> None:
        network = NETWORKS.get(plan.channel, plan.channel)
        known = {"network": network, "days": days, "most": most, "channel": plan.channel}
        message = _("the same words on %(network)s again after %(days)d days; at least %(most)d must pass") % known
        own = any(
            (organisation, channel, "text") in self.places.entries
            for organisation in (plan.organisation, "")
            for channel in (plan.channel, "")
            if organisation or channel
        ) or bool(self._written_posts(plan))
        remedy = _("Repeat it less often, or give it at least %(n)d variants, all in other words.")
        if own:
            remedy = _(
                "A text of its own stays the same each time: leave it out, repeat less often, or say %(channel)s: {skip: yes}."
            )
        wanted = -(-most // (every.number * _DAYS[every.unit])) - 1
        where = self._place(plan, "text", plan.language.partition("+")[0]) if own else self._repeat_at("every")
        self._error(where, "same_words", plan.channel, message, remedy % {**known, "n": wanted})

    def _repeat_at(self, name: str) -> Span:
        entry = self.places.entries.get(("", "", "repeat"))
        if entry is None:
            return self._start
        own = entry.value.get(name) if isinstance(entry.value, Block) else None
        return own.value.at if own else entry.key.at

    # Hints

    def _hints(self, plans: Sequence[Plan]) -> None:
        if not plans:
            message = _("nobody publishes this: no account is left for it")
            remedy = _("Look at 'channels', 'organisations' and 'skip', and at the accounts in the configuration.")
            self.faults.warn(self._start, "nowhere", message, remedy)
            return
        if not any(entry for (_org, _channel, name), entry in self.places.entries.items() if name == "link"):
            message = _("there is no link to the e-service")
            self.faults.warn(
                self._start, "no_link", message, _("The same facts should stand on your own site: add link:")
            )
        for plan in plans:
            if self._link_in_vain(plan):
                break
        same = same_on_x(plans)
        if same is not None:
            message = _("%(organisation)s posts the same words on X as another account; X's rules forbid that")
            known = {"organisation": self.publishers.organisations[same.organisation].name, "key": same.organisation}
            remedy = _("Give it words of its own, for example: for: {%(key)s: {x: {text: …}}}")
            self.faults.warn(self._place(same, "text"), "same_on_x", message % known, remedy % known)
        self._other_languages()

    def _other_languages(self) -> None:
        """`languages: [no]`: a waiver that names a language in which nobody here publishes."""
        entry = self.places.entries.get(("", "", "languages"))
        spoken = {
            language
            for key in self.announcement.organisations
            if (organisation := self.publishers.organisations.get(key))
            for language in organisation.languages
        }
        for node in getattr(entry.value, "items", (entry.value,)) if entry else ():
            if isinstance(node, Scalar) and node.value not in spoken and spoken:
                message = _("nobody here publishes in '%(language)s' otherwise") % {"language": node.value}
                remedy = _("If it was meant so, all is well; otherwise: %(languages)s.")
                self.faults.warn(node, "other_language", message, remedy % {"languages": ", ".join(sorted(spoken))})

    def _comment_in_vain(self, plan: Plan) -> None:
        """A first comment that the file gives to a network without them: more than leaving it out was meant."""
        for organisation in ("", plan.organisation):
            entry = self.places.entries.get((organisation, plan.channel, "first_comment"))
            if entry and "first_comment" in plan.left_out:
                message = _("%(network)s has no first comment") % {"network": NETWORKS.get(plan.channel, plan.channel)}
                self._error(entry.key.at, "no_first_comment", plan.channel, message, _("Remove it here."))

    def _link_in_vain(self, plan: Plan) -> bool:
        """Instagram shows a link that nobody can open; whoever wrote words of its own for it has thought of that."""
        link = self.places.find(plan.organisation, "", "link")
        own = any(
            (organisation, plan.channel, name) in self.places.entries
            for organisation in ("", plan.organisation)
            for name in ("text", "link")
        )
        if plan.channel not in _LINKS_NOT_CLICKABLE or not isinstance(link, Entry) or own:
            return False
        message = _("links cannot be opened in %(network)s's posts") % {"network": NETWORKS[plan.channel]}
        remedy = _("Say there where the link is, for example in the profile: %(channel)s: {text: …}")
        self.faults.warn(link.key, "link_not_clickable", message, remedy % {"channel": plan.channel})
        return True


def _at(found: Entry | Scalar) -> Span:
    return found.key.at if isinstance(found, Entry) else found.at
