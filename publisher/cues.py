"""The words by which a resident's message is sorted: data alone, and all of it. `listening` reads the rules, `comments --why` names them.

A rule looks at one sentence at a time: small letters, words apart by one space, no web addresses, no other signs. A pattern stands for
whole words; `*` at its end for any ending. `unless`: a sentence that has one of these is left alone by this rule. Nothing is weighed or
added up: one rule that fits is enough, and a message may be several things at once.

The rules err on the side of showing. A remark taken for a question costs somebody a glance; a question taken for a remark costs a resident
the answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from publisher.locale import N_


class Kind(StrEnum):
    """What a message looks like."""

    QUESTION = "question"
    IDEA = "idea"
    THANKS = "thanks"
    INAPPROPRIATE = "inappropriate"


class Place(StrEnum):
    """Where a rule's words stand."""

    OPENING = "opening"
    """At the beginning of a sentence, after words such as 'hei' and 'mutta' at most."""
    ANYWHERE = "anywhere"
    ENDING = "ending"
    """At the end of a sentence."""
    SIGN = "sign"
    """A sign in the text, outside of web addresses."""
    CLITIC = "clitic"
    """The ends of Finnish words; the rule's patterns are words that merely end so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One rule. `calm`: it does not count in a sentence that ends with '!', for 'What a day!' asks nothing."""

    name: str
    kind: Kind
    place: Place
    says: str
    patterns: tuple[str, ...]
    unless: tuple[str, ...] = ()
    calm: bool = False


def _lines(text: str) -> tuple[str, ...]:
    """Take a list apart that is written with commas."""
    return tuple(" ".join(one.split()) for one in re.split(r",\s", f"{text} ") if one.strip(" ,\n"))


def _either(text: str) -> str:
    """Make a pattern of words, apart by spaces."""
    return f"(?:{'|'.join(text.split())})"


LEAD_INS = frozenset(
    """
    ai aa aha anteeksi arvon ei eli elikkä entä entäs heips hei heippa hello hellurei hienoa hyvä hyvää
    huomenta huhhuh iltaa ja jaa jaha joo juu
    kiitos kiitti kyllä luoja moi moikka moro moron morjens mut mutta muuten nii niin no noh nyt ok okei
    onneksi oho päivää plääh siis tai taas tervehdys terve toisaalta upeaa vai vau voi vaan
    aj bra förlåt fast god goda dag morgon hej hejsan hallå ja jaha jo men morrn nå nej nåja och okej så
    tack tjena tjenare tjänare toppen ursäkta
    and but excuse good great hello hey hi me morning nice no ok okay oh or please so sorry thanks thank
    you well wow yes yeah
    """.split()  # noqa: SIM905 - reads as a list of words
)
"""Words that may stand before a question without being part of it."""

BREAKS = ("mutta", "mut", "eli", "elikkä", "joten", "men", "but")
"""Words at which a new sentence begins, although no sign says so."""

HEDGES = _lines(
    r"""
    katsotaan, katsellaan, nähdään, saa nähdä, saas nähdä, kokeillaan, kokeilen, testataan, riippuu, riippui, ei väliä,
            sama se, tarkistin, tarkistan, eiköhän*
            """
)
"""Before a Finnish -ko they say that somebody finds out: 'katsotaan toimiiko tämä' asks nobody."""

_FI_QUESTION_WORDS = _lines(
    """
    entä, entäs, entäpä, kelle, keltä, keneltä, kenelle, kenelläkään, kenen, kenet, kenellä, keneen, kenestä, kehen, ketkä, ketä,
    kenties, koskahan, koskas, kuka, kukahan, kukas, kuin monta,
    kuinka, kuinkahan, kuinkas, kumman, kummassa, kumpi, kumpaan, kumpaa, kummat,
    mihin, mihinkä, mihinkäs, mihis, mihkä, mik, mikset, miksette, miksei, mikseivät, miksemme, miksen, miks, mikskä, miksi, miksiköhän,
    mikä, mikähän, mikäs, mille, millainen, millaiset, millaisia, millaista, millaisella, millasta, millanen, millasia, milloin,
    milloinkahan, milloinkas, millon, millonka, millonkas,
    millä, millähän, miltä, mimmoinen, mimmonen, minkä, minkähän, minkälai*, minkälaise*, minkä takia, minkä vuoksi, minne, minnehän,
    mis, missä, missähän, missäs, mist, mistä, mistähän, mistäs, mite, miten,
    mitenhän, mitenkä, mitenkähän, mitenkäs, mites, mitkä, mitä, mitähän, mitäs, monelta, moneltakohan, moneenko, monenko, mones,
    monesko, monennes*, mones*,
    montako, monta, monellako, paljonko, paljonks, paljo, paljon tää maksaa, kauan, kauanko, kauanks, kuinka kauan
    """
)

_FI_ADMIRATION = (
    "(?:mikä|mitä|miten|kuinka|minkälainen|millainen) (?:aivan |ihan |niin |tosi |todella |näin )?"
    "(?:fiksu|haukka|helppo|helpotus|hieno|huono|hyvä|hyvin|hyödylli|ihana|ihme|iloinen|ilo|isku|kiva|kätevä|lahja|loistava|mahtava|mainio|mukava|naurettava|nerokas|noloa|nopea|"
    "näppärä|parannus|pelleily|pettymys|saavutus|sekoilu|surkea|surullis|suuri|turha|tuuri|typerä|törkeä|uudistus|upea|vaiva|vitsi|yllätys|älytön|ärsyttävä|onni)\\w*"
)


_SWEDISH_VERBS = _either(
    """
    avser behandlas behöver behövs betalar betyder blir borde brukar bör duger erbjuder erhåller fanns fick finns finner
    fortsätter fungerar funkar får förekommer förstår godkänner godkänns går gäller gör görs hade har hinner hittar hjälper hör
    ingår innebär kan kommer kostar kunde kräver krävs känner lagras lever ligger lämnas lönar låter menar minns måste måst
    omfattar ordnar ordnas passar planerar planeras påverkar räcker ser ska skall skickar skickas skulle sparas stämmer står
    stänger syns sänder tar tillåts tror tycker tänker tänkte vet var vill visas väntar ändras är öppnar öppnas
    """
)

_SWEDISH_SUBJECTS = _either(
    """
    alla allt andra ansökan ansökningar anmälan appen barn barnen barnet båda bägge samtliga biblioteket bilagor bilagorna
    blanketten blanketter byggnadstillsynen de dem den denna dessa det detta dom du där en er ert ett era folk formuläret
    föräldrar han hon här invånare jag kommunen kontoret länken man min mina mitt mobilen ni någon några något nån nåt också
    personalen sidan skolan systemet samma tjänsten tiden tillståndet tidsbokningen vem vi vår våra vårt sommarstugeägare
    fritidsboende pensionärer ungdomar utomstående betalningen avgiften priset bokningen beslutet kön rådgivningen handläggningen
    """
)

_ENGLISH_VERBS = _either(
    """
    am are aren't can can't cannot could couldn't did didn't do does doesn't don't had has hasn't have haven't is isn't may might
    must shall should shouldn't was wasn't were weren't will won't would wouldn't
    """
)

_ENGLISH_SUBJECTS = _either(
    """
    a all an any anybody anyone applications both children each either every everybody everyone foreigners he i it kids loppi
    hausjärvi my new non old one only other our parents payments? people pensioners pupils residents she some somebody someone
    students? that the there these they this those tenants two u visitors we you your
    """
)


QUESTION_CUES = (
    Cue(
        name="question.mark",
        kind=Kind.QUESTION,
        place=Place.SIGN,
        says=N_("it has a question mark"),
        patterns=("?", "？", "⁇", "؟", "❓", "❔"),  # noqa: RUF001 - other people's question marks
    ),
    Cue(
        name="question.fi.clitic",
        kind=Kind.QUESTION,
        place=Place.CLITIC,
        says=N_("a word ends in the Finnish question clitic -ko or -kö"),
        patterns=_lines(
            r"""
            eiköhän, eiköhänkään, eko, hako, hanko, hinko, honko, joko, kahvipitko, kanko, keko, lanko, linko, loko, lumilinko,
            lipputanko, moko, mönkö, penko, pitko, rautakanko,
            reko, sako, sanko, seko, säkö, tanko, toko, vako, vanko, *jako, *koko, *kookos, *näkö, *pako, *rako, *rikos, *runko,
            (?:\w*[^\Wt])?teko, (?:\w*(?:huolto|käyttö|liikenne|palvelu|sähkö|tieto|verkko|vesi|viestintä|yhteys))?katko
            """
        ),
        unless=HEDGES,
    ),
    Cue(
        name="question.fi.word",
        kind=Kind.QUESTION,
        place=Place.OPENING,
        says=N_("a sentence begins with a Finnish question word"),
        patterns=_FI_QUESTION_WORDS,
        unless=(
            *(
                f"^{one}"
                for one in _lines(
                    r"""
            mitä tulee, mitä enemmän, mitä pikemmin, mitä nopeammin, mitä useampi, mitä aikaisemmin, kuka tahansa, kuka vain,
            kuka vaan, missä vain, missä vaan, missä tahansa, milloin vain, milloin vaan, milloin tahansa, mistä vain,
            mistä tahansa, mitä vain, mitä vaan, mitä tahansa, mikä tahansa, mikä vain, miten vain, miten tahansa, mitä ikinä,
            kuinka vain, ketä tahansa, ketä vaan, mihin vain, mihin tahansa, monta kertaa, monta vuotta, monta hyvää,
            kauan eläköön, kauan odotettu*, kauan tätä, kauan kaivattu*, kauan sitten, paljon, mikäs siinä, mitäpä, mitäs tuosta,
            kukaan, kenties, kenelläkään
            """
                )
            ),
            f"^{_FI_ADMIRATION}",
        ),
        calm=True,
    ),
    Cue(
        name="question.fi.spoken",
        kind=Kind.QUESTION,
        place=Place.ANYWHERE,
        says=N_("it has a question's verb in spoken Finnish (onks, saaks, voisko)"),
        patterns=_lines(
            r"""
            eiks, eikse, enks, etteks, onks, onkse, oonks, oliks, oisks, oisko, oiskohan, oliskohan, olisko, voiks, voikse, voisko,
            voiskohan, voitteks, saaks, saakse, saisko, saiskohan, saiks, käyks, kävisko, pystyiskö,
            pitäskö, pitäsköhän, pitäiskö, kannattaisko, kantsisko, tarvisko, tarviiks, tarviks, tarttisko, pääsiskö, löytyiskö,
            tulisko, menisko, toimisko, maksaisko, riittäiskö, ookkoo, ootteko, ootko, tiiätkö,
            \w{2,}(?:aa|ii|uu|yy|ää|öö)ks, \w{4,}eeks, tuleeks, meneeks, tuuks, ooks, onkohan, onkos, saakos, eikös, voikos, tuleekos,
            pitääkös
            """
        ),
    ),
    Cue(
        name="question.fi.already",
        kind=Kind.QUESTION,
        place=Place.OPENING,
        says=N_("a sentence begins with 'joko' (already?) or with 'koska' (when?) and a verb"),
        patterns=_lines(
            r"""
            joko, jokohan, jokos, koska alkaa, koska aukeaa, koska aukee, koska avataan, koska avautuu, koska ilmestyy,
            koska julkaistaan, koska loppuu, koska
            päättyy, koska saa, koska tulee, koska tämä, koska tää, koska valmistuu, koska voi, koska ne, koska saadaan,
            koska (?:\w+ ){1,2}(?:alkaa|aukeaa|aukee|avataan|avautuu|ilmestyy|julkaistaan|loppuu|päättyy|tulee|valmistuu)
            """
        ),
        unless=("^joko .* tai", "^koska (?:tämä|tää|ne) on", "^koska .* (?:niin|joten)"),
    ),
    Cue(
        name="question.fi.asks",
        kind=Kind.QUESTION,
        place=Place.ANYWHERE,
        says=N_("somebody says in Finnish that they ask, wonder or do not know"),
        patterns=_lines(
            r"""
            haluaisin kysyä, haluan kysyä, haluaisin tietää, haluan tietää, halusin kysyä, halusin tietää, haluttaisi tietää, kysyisin,
            kysyn, kysymys, kysymykseni, kysymyksiä, pari kysymystä, yksi kysymys, tiedustelisin, tiedustelen,
            kiinnostaisi tietää, kiinnostais tietää, kiva tietää miten, olisi hyvä tietää, olisi kiva tietää, ois kiva tietää,
            ois hyvä tietää, tietäisin mielelläni, kuka tietää, kuka osaa, onko tietoa, jos joku tietää, jos joku osaa, joku tietää,
            joku tietäis,
            (?:ihmettelen|ihmettelin|mietin|mietimme|mietityttää|pohdin|pohdimme|pähkäilen|arvelen|jäin miettimään|kiinnostaa|kiinnostaisi|kiinnostais|kertokaa|kertokaapa|kertoisitteko|kerro|selventäkää|voisitte kertoa|neuvokaa|ohjeistakaa)
              (?:nyt |vaan |vain |vielä |että |siis |vähän |kuitenkin |tässä |meille |minulle )*(?:mi[a-zäö]+|ku[a-zäö]+|ke[a-zäö]+|paljonko|montako|[a-zäö]+k[oö]),
            (?:en|emme) (?:vaan |oikein |ihan |nyt |kyllä |millään |vielä |aivan )*(?:tiedä|tiiä|tiedetä|ymmärrä|ymmärtänyt|keksi|keksinyt|löydä|löytänyt|näe|hoksaa|osaa sanoa|muista|saa selvää|saanut selvää)
              (?:että |nyt |sitä |siitä |enää )*(?:mis[a-zäö]+|mit[a-zäö]+|mih[a-zäö]+|mik[a-zäö]+|mill[a-zäö]+|minne|minkä|kuinka|kuka|keneltä|kenelle|kumpi|paljonko|montako|[a-zäö]+k[oö]),
            ei (?:käy ilmi|selviä|selvinnyt|lue|kerrota|kerrottu|mainita|mainittu|näy|löydy|ollut) (?:[a-zäö]+ )?(?:että )?(?:mis[a-zäö]+|mit[a-zäö]+|mih[a-zäö]+|mik[a-zäö]+|mill[a-zäö]+|minne|minkä|kuinka|kuka|keneltä|kenelle|kumpi|paljonko|montako|[a-zäö]+k[oö]),
            jäi epäselväksi, jää epäselväksi, on epäselvää, vähän epäselvää, kaipaisin vastausta, odotan vastausta, vastatkaa
            """
        ),
    ),
    Cue(
        name="question.sv.word",
        kind=Kind.QUESTION,
        place=Place.OPENING,
        says=N_("a sentence begins with a Swedish question word"),
        patterns=(
            *_lines(
                r"""
            hur, hurdan, hurdana, hur länge, vad, vaför, varför, varifrån, vart, vartåt, vem, vems, vilka, vilken, vilket,
            vilkendera, i vilken, i vilket, på vilken, på vilket, till vem, till vilken, från när, hos vem, med vilken, om vad,
            för vem, av vem, från vilket, vid vilken, när på
            """
            ),
            r"(?:när|var|varpå) (?:\w+ )?(?:alla|anmäler|ansöker|behandlas|betalar|bokar|börjar|blir|finns|får|fås|fungerar|fyller|går|gäller|gör|har|hittar|hämtar|infördes|införs|kan|kommer|kontaktar|lanseras|ligger|lämnar|man|måste|publiceras|returnerar|ser|ska|skall|skickar|slutar|sker|startar|stänger|stänger|söker|tar|tas|träder|tänker|är|öppnar|öppnas|upphör|utkommer|utlyses|ändras|laddar|loggar|anlitar|vänder) (?:[\wåäö]+)",
            r"när (?:är|blir|börjar|slutar|öppnar|stänger)",
        ),
        unless=(
            r"^(?:vad|vilken|vilket|vilka|hur|så) (?:otroligt |väldigt |jätte|mycket |super)?(?:arg|behändig|bekväm|besvik|besvär|bra|dålig|dum|duktig|enkel|fin|fint|fantastisk|glad|gull|härlig|hemsk|idé|jobbig|kul|lyck|lättnad|modern|nödig|onödig|praktisk|rolig|service|skam|skämt|skönt|smart|smidig|snabb|snäll|synd|tråkig|toppen|trevlig|tjänst|under|utmärkt|uppfrisk|välkom)\w*",
            r"^(?:var|när) (?:jag|vi|man|ni) \w+ (?:in|inne|där|fungerade|gick|blev|var)",
            r"^när (?:jag|vi|man|du|det|den|de)",
            r"^hur som helst",
            r"^vad som helst",
            r"^vem som helst",
            r"^vad (?:mig|oss) (?:beträffar|gäller)",
            r"^var (?:på|i|till|med|inne|där|först|beredd|inte|snäll|snälla|så|försiktig|glad|en|ett|nöjd)",
        ),
        calm=True,
    ),
    Cue(
        name="question.sv.verb",
        kind=Kind.QUESTION,
        place=Place.OPENING,
        says=N_("a sentence begins with a Swedish verb before its subject (kan man, finns det)"),
        patterns=(
            f"{_SWEDISH_VERBS} (?:också |även |verkligen |alltså |nu |då |redan |inte |ännu |månne )*{_SWEDISH_SUBJECTS}",
            "(?:behöver|blir|finns|fungerar|får|gäller|går|kan|kommer|kostar|krävs|måste|räcker|ska|skall|är|öppnar) (?:[^\\W\\d_]{2,}(?:en|et|arna|orna|erna|lingar|elser))",
        ),
        unless=(
            r"^(?:är|kan|får|blir) (?:även|ingen|inget|sedan|vatten)",
            r"^(?:är|var|har|hade|går|får|kan) (?:man|det|du|den) .* (?:så|då)",
            r"^var (?:en|ett|så)",
        ),
    ),
    Cue(
        name="question.sv.asks",
        kind=Kind.QUESTION,
        place=Place.ANYWHERE,
        says=N_("somebody says in Swedish that they ask, wonder or do not know"),
        patterns=_lines(
            r"""
            undrar, undrade, undrar om, fundera om,
            (?:funderar|grubblar|tänker) (?:på |över |lite )*(?:hur|när|om|vad|var|vart|varför|vem|vilk\w+), en fråga, fråga,
            min fråga, frågor, skulle vilja veta, jag vill veta, vill gärna veta, ville veta, vore bra att veta,
            vore intressant att veta, vore kul att veta, skulle vilja fråga, vill fråga, kort fråga,
            vet ni, vet du, vet någon, vet nån, någon som vet, nån som vet, är det någon som, finns det någon som, någon som kan,
            kunde ni berätta, berätta gärna (?:hur|om|var|när),
            (?:vet|förstår|förstod|hittar|hittade|ser|fattar|minns|kommer) (?:jag |vi |man )?(?:inte|int|ej) (?:riktigt |alls |nu |ens |någonstans )*(?:hur|när|om|vad|var|vart|varför|vem|vilk\w+),
            (?:framgår|står|syns|sägs) (?:det )?(?:inte|int|ej|ingenstans|inget) (?:riktigt |alls )*(?:hur|när|om|vad|var|vart|varför|vem|vilk\w+),
            oklart (?:hur|när|om|vad|var|vart|varför|vem|vilk\w+), tacksam för svar, svara gärna, eller hur är det
            """
        ),
    ),
    Cue(
        name="question.sv.inverted",
        kind=Kind.QUESTION,
        place=Place.ANYWHERE,
        says=N_("a Swedish question word has a verb and its subject after it (när får man)"),
        patterns=(
            "(?:hur|när|vad|var|varför|vart|vem|hur länge|hur mycket|hur många) (?:behöver|betalar|blir|borde|brukar|bör|börjar|får|går|gör|har|hittar|kan|kommer|kostar|måste|ska|skall|skickar|slutar|står|söker|tar|tänker|är|öppnar) (?:man|jag|du|ni|vi|de|det|den|alla|barnen)",
        ),
    ),
    Cue(
        name="question.sv.tag",
        kind=Kind.QUESTION,
        place=Place.ENDING,
        says=N_("a sentence ends in 'eller' or 'eller hur'"),
        patterns=_lines("eller, eller hur, eller va, eller vad, va"),
    ),
    Cue(
        name="question.en.word",
        kind=Kind.QUESTION,
        place=Place.OPENING,
        says=N_("a sentence begins with an English question word"),
        patterns=_lines(
            r"""
            how (?:about|am|are|can|come|could|did|do|does|early|exactly|far|fast|is|late|long|many|might|much|often|old|quickly|should|soon|to|was|were|will|would),
            (?:what|what exactly|when|when exactly|where|where exactly|which|which one|who|whom|whose|why|why on earth|how|until when|since when|from when|by when|at what time|what time|to whom|for whom|in which \w+|for how long)
              (?:about|am|are|aren't|can|can't|could|couldn't|did|didn't|do|documents?|does|doesn't|don't|else|exactly|form|has|hasn't|have|if|is|isn't|kind|kinds|language|languages|may|must|not|office|on earth|one|people|should|shouldn't|sort|time|type|was|wasn't|website|were|will|won't|would|wouldn't|page|link|number|address|age|day|days|hours),
            what's, what're, where's, when's, who's, how's, why's, where'd, how'd, whats, wheres, hows
            """
        ),
        unless=_lines(
            r"""
            ^what (?:a|an|great|good|nice|lovely|wonderful|terrible|awful), ^how is that for, ^when (?:it|i|you|we|they)
            """
        ),
        calm=True,
    ),
    Cue(
        name="question.en.verb",
        kind=Kind.QUESTION,
        place=Place.OPENING,
        says=N_("a sentence begins with an English verb before its subject (can I, is there)"),
        patterns=(f"{_ENGLISH_VERBS} {_ENGLISH_SUBJECTS}",),
        unless=_lines(
            r"""
            ^do (?:it|this|that|your|the|all|my), ^have (?:a|an|my|your|all|some|one|the|it|this|to|no),
            ^had (?:a|an|my|some|one|the|it|this|to|no)
            """
        ),
    ),
    Cue(
        name="question.en.inverted",
        kind=Kind.QUESTION,
        place=Place.ANYWHERE,
        says=N_("an English question word has a verb and its subject after it (when will it)"),
        patterns=(
            "(?:how|what|when|where|which|who|why|how long|how much) (?:am|are|can|could|did|do|does|is|must|should|was|were|will|would) (?:i|we|you|he|she|it|they|people|this|these|my|one)",
        ),
    ),
    Cue(
        name="question.en.asks",
        kind=Kind.QUESTION,
        place=Place.ANYWHERE,
        says=N_("somebody says in English that they ask, wonder or do not know"),
        patterns=_lines(
            r"""
            i would like to know, i'd like to know, would like to ask, i'd like to ask, want to know, wanted to ask, want to ask,
            i wonder, i was wondering, wondering, question, quick question, my question, one question, questions,
            does anyone, does anybody, do you know, do you have, anyone know, anyone knows, anybody know, anyone who knows, can anyone,
            can somebody, can someone, could someone, could anyone, could somebody, could you tell, can you tell, can you explain,
            could you explain, please tell, let me know, let us know, tell me,
            any idea, any ideas how, any idea how, any chance, any news, any plans, any update,
            (?:don't|do not|dont|can't|cannot|cant|couldn't|could not|didn't) (?:really |quite |even |seem to )?(?:know|understand|see|find|find out|figure out|tell|remember|get) (?:exactly )?(?:how|if|what|when|where|whether|which|who|why),
            (?:not sure|unsure|unclear|not clear|no idea|no clue|confused about|it doesn't say|doesn't say|does not say) (?:to me |about )?(?:how|if|what|when|where|whether|which|who|why)
            """
        ),
        unless=_lines("no question*, without question, no questions, out of the question, questionable"),
    ),
)

IDEA_CUES = (
    Cue(
        name="idea.fi",
        kind=Kind.IDEA,
        place=Place.ANYWHERE,
        says=N_("it wishes, suggests or misses something in Finnish"),
        patterns=_lines(
            r"""
            ehdot*, ehdotus, kehitysidea*, kehitysehdot*, kehittämisidea*, parannusehdot*, parannusidea*, idea, ideana, ideoita,
            vinkki, vinkkinä, toive, toiveena, toiveita, toivomus*, toivon, toivoisin, toivoisimme, toivomme, toivotaan, toivoisi,
            toivottavasti, toivois,
            kunpa, olisipa, saisipa, voisipa, jospa, entä jos, entäs jos, mitä jos, miksei voisi, miksei voi, miksei voitaisi,
            miksei myös, miksi ei voisi, miksi ei myös, miksi ei voi,
            (?:olisi|ois|olis) (?:\w+ ){0,2}?(?:hyvä|hyvää|hyödylli\w*|hieno\w*|huippu|järkevä\w*|kiva\w*|kätevä\w*|kätevämpi|loistava\w*|mahtava\w*|mainio\w*|mukava\w*|näppärä\w*|paikallaan|parempi|reilu\w*|selkeämpi|helpompi|helpompaa|tarpeen|tervetullut|toivottava\w*|tärkeä\w*|upea\w*|ihana\w*),
            (?:hyvä|hienoa|kiva|mukava|parempi|kätevä|tärkeää|huippua) (?:olisi|ois|olis),
            (?:voisi|vois|voisitte|voisitteko|voitaisiin|voitaisiinko|voitaisko|voisiko|voisko|saisiko|saisko|saataisiinko|saataisiin|saisi|sais|pitäisi|pitäis|kannattaisi|kannattais|pystyisikö|olisiko mahdollista) (?:[\w-]+ ){0,6}?(?:lisätä|lisäks|lisäksi|myös|vielä|laajentaa|kehittää|parantaa|harkita|tuoda|avata|siirtää|digitalisoida|ottaa käyttöön|laittaa|hoitaa verkossa|hoitaa netissä|hoitaa sähköisesti|saada|olla|tehdä|järjestää|yhdistää|selkeyttää|lähettää muistutus|näkyä|ilmoittaa|varata|maksaa|tilata|hakea),
            voisi olla, pitäisi olla, pitäisi saada, pitäis saada, pitäisi voida, pitäis olla, tarvittaisiin, tarvittais,
            tarvitsisimme, kaipaisin, kaipaisimme, kaivataan, kaivattaisiin, kaipaan, kaipaamme, jäin kaipaamaan, puuttuu, puuttuvat,
            puuttui, seuraavaksi, seuraavana, lisää tällaisia, lisää tätä, lisää tämmösiä, lisätkää, tehkää, laittakaa, ottakaa,
            kehittäkää, parantakaa, muuttakaa, haluaisin että, haluaisimme, haluaisin myös, soisin
            """
        ),
        unless=("ei puutu mitään", "kaipaisin vastausta"),
    ),
    Cue(
        name="idea.sv",
        kind=Kind.IDEA,
        place=Place.ANYWHERE,
        says=N_("it wishes, suggests or misses something in Swedish"),
        patterns=_lines(
            r"""
            föreslår, förslag, ett förslag, förslaget, förbättringsförslag, utvecklingsidé, idé, en idé, idéer, tips, ett tips, önskar,
            önskade, önskan, önskemål, önskvärt, önskelista, hoppas, hoppas att, hoppas på, om bara,
            (?:det |de )?vore (?:det |mycket |väldigt |riktigt |också |jätte\w* |så |ännu )*(?:bra|bättre|fint|kul|toppen|trevligt|skönt|smidigt|smidigare|önskvärt|praktiskt|behändigt|viktigt|roligt|super|lättare|enklare|nyttigt|snällt|välkommet|jättebra|jättefint|guld|perfekt),
            skulle (?:det )?(?:också |verkligen |nog |gärna )*(?:vara|behövas|uppskatta|uppskattas|önska|underlätta|hjälpa|vilja ha|vilja se|vilja kunna|vilja att|kunna få),
            skulle (?:ni|man|kommunen|det|vi) (?:inte )?(?:också )?kunna,
            kunde (?:ni|man|vi|kommunen|det) (?:inte |också |även |gärna |väl )*(?:finnas|få|införa|ha|lägga|göra|ordna|utveckla|öppna|skicka|förlänga|erbjuda|bygga|se|vara|bli|samla|översätta|sätta),
            borde, saknar, saknas, saknade, varför inte, nästa steg, tänk om, behövs också, behövs mer, mer sånt, mera sånt,
            mera sådant, mer sådant, lägg till, lägg också, gör också, vill också, vill gärna ha, vi vill ha, ta med också,
            utveckla gärna, satsa på
            """
        ),
        unless=("varför inte .* fungerar",),
    ),
    Cue(
        name="idea.en",
        kind=Kind.IDEA,
        place=Place.ANYWHERE,
        says=N_("it wishes, suggests or misses something in English"),
        patterns=_lines(
            r"""
            suggest, suggestion, suggestions, i propose, my proposal, feature request, an idea, idea, one idea, ideas, my wish, i wish,
            wish list, we wish, hope you, hope we, hope there, hope this, hope that, hopefully, i hope, if only, would be even better,
            (?:it |that |this |which )?(?:would|would also|it'd|that'd|would really) be (?:really |so |very |even |super |also |a |more )*(?:amazing|appreciated|awesome|better|brilliant|convenient|cool|easier|fantastic|fair|good|great|handy|helpful|ideal|important|lovely|nice|nicer|perfect|useful|wonderful|welcome|big help|great help),
            would help, would be a great, would love, i'd love, we'd love, would appreciate, would like to see, i'd like to see,
            would prefer, why not, how about, what about (?:adding|making|having), what if,
            could (?:you|we|the municipality|it|there|this) (?:please |also |maybe |perhaps |not )*(?:add|also|be|bring|build|consider|create|extend|get|have|include|introduce|let|make|move|offer|open|organise|organize|provide|put|send|translate),
            please (?:also )?(?:add|bring|build|consider|do|extend|include|introduce|make|offer|open|organise|provide|translate),
            (?:you|they|it|we|there|this|the \w+) should, should be possible, should also, ought to, next step, next time, next please,
            next up, missing, is lacking, there is no way to, more of this, more of these, we need, needs a, needs to be, needs an,
            needs more
            """
        ),
    ),
)

THANKS_CUES = (
    Cue(
        name="thanks.fi",
        kind=Kind.THANKS,
        place=Place.ANYWHERE,
        says=N_("it thanks in Finnish"),
        patterns=_lines(
            r"""
            kiitos, kiitokset, kiitoksia, kiitosta, kiitti, kiitän, kiitämme, kiitollinen, kiitollisia, kiits, kiitoksen,
            kiitelty, suurkiitos, suurkiitokset, tattis
            """
        ),
        unless=_lines("ei kiitos, kiitos ei, kiitos kun ei, kiitos ei mistään, kiitos ei mitään"),
    ),
    Cue(
        name="thanks.sv",
        kind=Kind.THANKS,
        place=Place.ANYWHERE,
        says=N_("it thanks in Swedish"),
        patterns=_lines("tack, tackar, tacksam, tacksamma, tusen tack, stort tack, tackar och bockar"),
        unless=_lines(
            r"""
            nej tack, tack för ingenting, tack för inget, tacksam för svar, tacksam för hjälp, tacksam om, snälla tack
            """
        ),
    ),
    Cue(
        name="thanks.en",
        kind=Kind.THANKS,
        place=Place.ANYWHERE,
        says=N_("it thanks in English"),
        patterns=_lines(
            r"""
            thanks, thank you, thank u, thankyou, thx, ty, grateful, much appreciated, many thanks, cheers, kudos, we appreciate,
            i appreciate, really appreciate
            """
        ),
        unless=_lines("no thanks, no thank you, thanks for nothing, thank you for nothing"),
    ),
    Cue(
        name="thanks.praise",
        kind=Kind.THANKS,
        place=Place.ANYWHERE,
        says=N_("it praises in Finnish, Swedish or English"),
        patterns=_lines(
            r"""
            hieno juttu, hieno homma, hieno uudistus, hieno palvelu, hieno parannus, hienoa, hienosti, hyvä juttu, hyvä homma,
            hyvä uudistus, hyvä uutinen, hyvä palvelu, hyvä parannus, hyvää työtä, hyvä hausjärvi, hyvä loppi, hyvä kunta, loistava*,
            loistojuttu, mahtava*, mahtijuttu, erinomai*, mainio*, upea*, upeeta, huippu, huippua, huippujuttu, kätevä*, näppärä*,
            mukavaa, kiva juttu, hatunnosto, hattua nostan, peukku, peukut, pisteet, iso peukku, bravo, jee, jes, vihdoinkin, vihdoin,
            helppo käyttää, helppokäyttöinen, toimi hienosti, toimii hienosti, toimii hyvin, sujui hyvin, sujui hienosti,
            jättebra, skitbra, så bra, vad bra, bra jobbat, bra service, bra tjänst, bra gjort, bra grej, bra idé, toppen, suveränt,
            utmärkt, fantastisk*, underbar*, jättefint, väldigt bra, riktigt bra, mycket bra, smidigt, behändigt, heja, äntligen,
            kanonbra, superbra, härligt, fungerade fint, fungerar bra,
            great job, good job, well done, great service, great news, good news, great work, nice work, good work, awesome, amazing,
            brilliant, excellent, fantastic, wonderful, love it, love this, very handy, so easy, works great, works well,
            worked perfectly, works perfectly, well organised, keep it up, finally
            """
        ),
        unless=_lines(
            r"""
            ei toimi\w*, ei ole, ei ollut, ei ihan, ei kovin, ei mitenkään, (?:olisi|ois|olis) .*, vore .*, would .*, inte .*,
            int .*, not .*, isn't .*, doesn't .*
            """
        ),
    ),
)

INAPPROPRIATE_CUES = (
    Cue(
        name="inappropriate.fi",
        kind=Kind.INAPPROPRIATE,
        place=Place.ANYWHERE,
        says=N_("it swears, insults or threatens in Finnish"),
        patterns=_lines(
            r"""
            vittu*, vitu*, vitt*, v\*ttu, perkele*, perkule, saatana*, saatanan, saatanalli*, paska, paskaa, paskan, paskat, paskam*,
            paskap*, paskak*, paskas*, paskiai*, helvetti, helvetin, helvettiin, hevon, jumalauta, jumalaut*, persees*, perseet, perse,
            persereikä, kyrpä*, mulku*, kusipä*, kusip*, kuspä*, runkku*, runkkar*, huora*, huorat, horo, lutka*,
            idioot*, ääliö*, urpo*, pölvästi*, tollo*, typeryk*, typerys, kretiini*, vajakki*, vajaki*, tyhmät ihmiset, imbesilli*,
            sekopä*, mäntti*, mäntit, törpö*, törppö*, pellet, pelle, pellejä, pelleporukka, aivokuol*, vammai*set päättäjät, läski,
            läskit, kehari, kehitysvammaset,
            neekeri*, n\*ekeri, mutakuono*, mutiaise*, ryssä*, rättipä*, mamut, matut, hurri*, mustalais*, manne, mannet, homottel*,
            hinttari*, hintti*, lesbot, natsi*, saastat, saasta, roskasakki, syöpäläi*, loise*,
            tapan, tapan sinut, tapan teidät, tapetaan, tappaa teidät, pitäisi tappaa, pitäis tappaa, pitäisi ampua, pitäis ampua,
            pitäis hirttää, pitäisi hirttää, hirteen, ammutaan, ampukaa, hakata, hakkaan, tulen ja, kuolkaa, kuole pois, turpaan,
            turpa kiinni, turpa, turpas, tuun hakkaan, saat turpaasi, haista*, haistakaa, painu helvettiin, painukaa, suksikaa, suksi,
            vedä käteen
            """
        ),
    ),
    Cue(
        name="inappropriate.sv",
        kind=Kind.INAPPROPRIATE,
        place=Place.ANYWHERE,
        says=N_("it swears, insults or threatens in Swedish"),
        patterns=_lines(
            """
            jävla, jävlar, jävlig*, jävul*, jäkla, jävel, fy fan, för fan, va fan, vad fan, fan också, fan ta, fan vad, fittig, fitta,
            fittor, kuk, kukar, kuksug*, hora, horor, hororna, helvete, helvetes, åt helvete, satan, satans, förbanna*, skit, skiten,
            skitstövel, skitstövlar, skitsnack, skithög, skitkommun, skitställe, arsle, arslen, rövhål, röv, dumhuvud*, dumskalle*,
            idiot, idioter, idioterna, idiotisk*, dåre, dårar, mongo*, cp, efterbliv*, korkade jävlar, pucko*, puckon, svin, svinen,
            as, äckel, äckliga, avskum, pajas, pajasar, clowner, inkompetenta idioter,
            neger, negrer, blatte, blattar, svartskall*, finnjävl*, zigenare, bög, bögar, bögjävl*, nazist*, landsförrädare, parasiter,
            håll käften, håll käft, dra åt, dö, döda, dödar, skjuta er, skjutas, skjut, hängas, ska hänga, slå ihjäl, stryk,
            ska få stryk, jag vet var du bor, jag vet var ni bor
            """
        ),
        unless=_lines("dö ut, dö bort, skitbra, så som .*"),
    ),
    Cue(
        name="inappropriate.en",
        kind=Kind.INAPPROPRIATE,
        place=Place.ANYWHERE,
        says=N_("it swears, insults or threatens in English"),
        patterns=_lines(
            r"""
            fuck*, f\*ck, f\*\*k, f\*\*\*, fck, fuk, wtf, stfu, motherfuck*, shit, shits, shitty, bullshit, shithole*, shithead*,
            asshole*, arsehole*, ass, bitch*, bastard*, cunt*, dick, dickhead*, prick, pricks, whore*, slut*, wanker*, twat*, crap,
            damn you, goddamn, piss off, pissed off with, screw you,
            idiot, idiots, idiotic, moron*, imbecile*, stupid people, stupid idiots, dumbass*, dumb people, retard*, scum, vermin,
            parasites, pigs, clowns, brain dead, braindead, losers, loser, pathetic losers, corrupt pigs, nazi*, nigger*, nigga*,
            faggot*, fag, paki, gypsies, savages, subhuman*,
            kill you, kill yourself, kill them, kill them all, shoot you, should be shot, should be hanged, be hanged, beat you,
            burn it down, burn down, go to hell, rot in hell, drop dead, shut up, die, i know where you live, you will pay,
            watch your back, go back to your, get out of our country
            """
        ),
        unless=_lines("die zeit, die out, die down, die hard"),
    ),
    Cue(
        name="inappropriate.advertising",
        kind=Kind.INAPPROPRIATE,
        place=Place.ANYWHERE,
        says=N_("it advertises: money, crypto, loans, followers"),
        patterns=_lines(
            r"""
            bitcoin*, krypto*, crypto*, forex, nft, casino, kasino, nettikasino*, vedonlyön*, betting, viagra, cialis, onlyfans,
            whatsapp, telegram, dm me, dm us, inbox me, message me on, click here, click the link, link in bio, klikkaa tästä,
            klikkaa linkkiä, klicka här, seuraa minua, follow me, follow for follow, free followers, ilmaisia seuraajia,
            gratis följare, laihdu, gå ner i vikt, lose weight,
            tienaa, tienaat, ansaitse, ansaitset, tjäna pengar, tjäna \d+, earn money, earn up, earn \d+, make money, make \d+,
            passive income, passiivista tuloa, work from home and, investoi, investera nu, invest now, pikalaina*, lainaa heti,
            laina heti, halpa laina, edullista lainaa, lainoja, snabblån, billiga lån, quick loan*, loan offer*, loans at, voitit,
            voita iphone, ilmainen iphone, du har vunnit, you have won, you won, osta nyt, tarjous, alekoodi, alennuskoodi, rabattkod,
            köp nu, köp billigt, buy now, discount code, promo code, cheap meds, hyvää hierontaa, escort*, hot singles, sexy,
            seksiseuraa
            """
        ),
    ),
)

CUES: tuple[Cue, ...] = (*QUESTION_CUES, *IDEA_CUES, *THANKS_CUES, *INAPPROPRIATE_CUES)
"""Every rule that there is."""
