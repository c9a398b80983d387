"""The words that answer a question by themselves, and what a text says that is made of nothing else.

A word is a yes only if it can mean nothing else: a false approval is far worse than one more question. What is a yes
in one language and another word elsewhere (`si`, `da`, `sim`, `tak`), or may only be polite (`sure`, `ok thanks`), is
doubtful: it is asked about, and adds nothing to a real yes. The tables stand in docs/reference/replies.md too.
"""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 200  # characters; a longer text says more than these words
_MOST_WORDS = 5  # of a phrase

_SPECIAL = re.compile(r"!\[[^\]]*\]\([^)]*\)|<img>|\[[ xX]\](?=\s)|:(?P<emoji>[a-z0-9_+-]+):")
_EMOJI = {"+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "white_check_mark": "✅", "ok_hand": "👌",
          "tada": "🎉", "rocket": "🚀", "pray": "🙏", "heart": "❤", "smile": "😄"}  # fmt: skip
_PICTURE = "\u25a2"  # stands for an image, another emoji, an item of a list, its box
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,2}[.)])\s+", re.MULTILINE)
_ONLY_ITEM = re.compile(r"[-*+]\s+(?![-*+\n]).*")
_OPTION = re.compile(r"\boption\s+(?=[a-z]\b)")
_SYMBOL = re.compile("([~#|/&<>=]|[\u2190-\u2bff]|[\U0001f000-\U0001f3fa]|[\U0001f400-\U0001faff])")
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")
_SEPARATORS = re.compile(r"""[\s.,;:!*_`"“”„«»()\[\]。、·–—]+""")
_NUMBERS = re.compile(r"q\d{1,3}(?:-q?\d{1,3})?")


def _words(text: str) -> list[str]:
    """The words of a text, whatever is around them; signs between words count as words."""
    text = _SPECIAL.sub(lambda found: _EMOJI.get(found["emoji"], _PICTURE), text).strip()
    text = _SKIN.sub("", unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'"))
    text = text.lstrip("-*+ ") if _ONLY_ITEM.fullmatch(text) else _ITEM.sub(f"{_PICTURE} ", text)
    text = _SYMBOL.sub(r" \1 ", _OPTION.sub("", text))
    return [word for part in _SEPARATORS.split(text) if (word := part.strip("'")) and word != "-"]


def _phrases(*some: str) -> frozenset[str]:
    return frozenset(" ".join(_words(phrase)) for phrases in some for phrase in phrases.split(","))


EXPLICIT = _phrases("approve, approved, i approve")  # counts after a first vote as well
APPROVE = _phrases(
    "yes, y, yep, yeah, yup, ok, okay, agreed, lgtm, looks good to me, +1, +1 for, 👍",
    "ja, einverstanden, genehmigt",  # German; ja is Dutch, Danish, Norwegian and Swedish as well
    "oui, d'accord, approuvé",  # French
    "sí, de acuerdo, aprobado",  # Spanish
    "de acordo, aprovado",  # Portuguese
    "sì, d'accordo, approvato",  # Italian
    "akkoord, godkänt, kyllä, jah, jā, áno, evet, ναι",  # Dutch, Swedish, Finnish, Estonian, Latvian, Slovak, ...
    "да, ок, согласен, согласна, одобрено",  # Russian
    "はい, 承認, 承認します, 賛成, 賛成です",  # Japanese
    "是, 是的, 好, 好的, 同意, 可以, 批准",  # Chinese
    "네, 예, 동의합니다, 승인, 승인합니다",  # Korean
    "نعم, موافق, بله, כן, हाँ, हां, ใช่, vâng, đồng ý, setuju",  # Arabic, Persian, Hebrew, Hindi, Thai, ...
)
REFUSE = _phrases(
    "no, n, nope, nah, not ok, not approved, not agreed, do not approve, don't approve, i do not approve",
    "i don't approve, disapprove, disapproved, disagree, i disagree, reject, rejected, decline, declined",
    "neither, neither of them, neither of these, none of them, none of these, none of the above, wrong, nack, -1, 👎",
    "nein, nicht einverstanden, nee, nej, nei, non, pas d'accord, não, nie, ne, nem, hayır, hayir, όχι",
    "нет, не, ні, не согласен, не согласна, いいえ, 反対, 不, 不是, 不行, 不好, 不可以, 不同意, 否, 아니요, 아니오",
    "لا, לא, नहीं, ไม่, không, tidak",
)
DOUBTFUL = _phrases(
    "sure, fine, right, correct, exactly, indeed, absolutely, definitely, certainly, of course, agree, i agree, good",
    "sounds good, looks good, go ahead, go for it, do it, ship it, makes sense, works for me, fine by me, fine with me",
    "that's right, that's correct, that's fine, that is right, that is correct, that is fine, great, perfect, nice",
    "cool, sgtm, wfm, ack, aye, roger, kk, ok thanks, ok thank you, ok thx, okay thanks, okay thank you",
    "✅, ✔, ☑, 👌, 🆗, 💯, si, sim, da, tak, так, ano, igen, jo, joo, doch, ya, iya, hai, haan, có, vale, claro",
    "klar, genau, passt, gut, bien, bon, bom, bene, хорошо, 了解, 了解です, 对, 對, 行, 嗯, うん, 응",
)
POLITE = _phrases(
    "thanks, thank you, thanks a lot, many thanks, thank you very much, thanks for asking, thx, ty, cheers",
    "danke, vielen dank, merci, gracias, obrigado, obrigada, grazie, bedankt, tack, спасибо, 谢谢, 謝謝, 감사합니다",
    "ありがとう, ありがとうございます, 🎉, 🚀, 🙏, 🙂, 😀, 😃, 😄, 😁, 😊, 😎, 🥳, 🙌, 👏, 💪, 🔥, ❤, ✨, 🚢",
)
IDLE = _phrases(
    "hm, hmm, maybe, perhaps, not sure, i'm not sure, i am not sure, i don't know, i do not know, idk, dunno, no idea",
    "good question, great question, good point, good catch, let me check, let me think, i will check, i'll check",
    "not yet, later, wait, hold on, one moment, looking, looking into it, hi, hello",
)
BESIDE = _phrases(
    "and, or, not, nicht, only, all, for, to, with, as, the, i, we, you, it, this, that, is, are, by, me, my, of, so",
    "then, let's, do, vote, answer, go, option, assumed, recommended",
)
_MEANINGS = {
    phrase: meaning
    for meaning, phrases in (
        ("beside", BESIDE), ("idle", IDLE), ("polite", POLITE), ("doubtful", DOUBTFUL), ("refuse", REFUSE),
        ("approve", APPROVE), ("explicit", EXPLICIT), ("withdraw", {"withdraw"}), ("please", {"please", "pls"}),
    )
    for phrase in phrases
}  # fmt: skip


def meanings(text: str) -> list[str] | None:
    """What each word of a text says, a letter for an option's; None where it says more than the tables know."""
    if len(text) > _LONGEST:
        return None
    words, found = _words(text), []
    while words:
        count = next((n for n in range(_MOST_WORDS, 0, -1) if " ".join(words[:n]) in _MEANINGS), 1)
        phrase, words = " ".join(words[:count]), words[count:]
        if (meaning := _MEANINGS.get(phrase) or _of_one(phrase)) is None:
            return None
        found.append(meaning)
    return found


def _of_one(word: str) -> str | None:
    if _NUMBERS.fullmatch(word) or word in "~#|/&<>=":
        return "beside"
    if _SYMBOL.match(word):
        return "picture"
    return word.upper() if len(word) == 1 and word.upper() != word else None
