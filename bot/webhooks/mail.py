"""Replies by e-mail: what mail programs put below and above the words of the person who replies."""

from __future__ import annotations

import re

from bot.webhooks.words import Line, trimmed

_LONGEST_LINE = 1_000  # of what a mail program writes by itself
_MOST_WRAPPED = 3  # lines that it makes of one "On … wrote:"
_MOST_HEADERS = 6
_MOST_BELOW_GOODBYE = 3
_LONGEST_NAME = 40

_ADDRESS = (
    r"(?:[<(][^<>\s]+@[^<>\s]+[>)]|\*\*\*@\*\*\*\.\*\*\*)"  # the second is what GitHub makes of the first
)
_WROTE = re.compile(
    r"On\b.{3,400}?\bwrote\s?:|Am\b.{3,400}?\bschrieb\b.*:|Le\b.{3,400}?\ba écrit\s?:|El\b.{3,400}?\bescribió\s?:"
    r"|Il\b.{3,400}?\bha scritto\s?:|Em\b.{3,400}?\bescreveu\s?:|Op\b.{3,400}?\bschreef\b.*:"
    r"|Den\b.{3,400}?\bskrev\b.*:|(?:W dniu|Dnia)\b.{3,400}?\b(?:napisał|pisze)\b.*:",
    re.IGNORECASE,
)
_WROTE_IN_ONE_LINE = re.compile(
    rf".*\d.*(?:写道|寫道|のメール|のメッセージ|작성)\s?[:：]|.*{_ADDRESS}.*\b(?:wrote|schrieb|писал(?:\(а\))?)\s?:"
)
_DATE = re.compile(r"(?:\w{2,5}[.,]*\s)?\d{1,4}\D{1,20}\d.*")
_DATE_AND_ADDRESS = re.compile(rf".*\d{{1,2}}[:.h]\d{{2}}.*{_ADDRESS}.*[:：]")
_TAIL = re.compile(
    r"--|—|_{5,}|Begin forwarded message:|Sent from my .*|发自我的.*|.*(?:iPhone|iPad|Android|Outlook)から送信"
    r"|-{2,}\s?(?:Original|Forwarded|Ursprüngliche|Weitergeleitete|Message (?:d'origine|original|transféré)|Mensaje"
    r"|Mensagem|Messaggio|Oorspronkelijk|Исходное|元の|原始|转发|원본).*"
    r"|(?:Sent (?:from|via|with|using)|Von mein\w*|Gesendet (?:von|mit)|Diese Nachricht wurde von mein\w*"
    r"|Envoyé (?:de|depuis)|Enviado (?:desde|do|de)|Inviato da\w*|Verstuurd vanaf"
    r"|Skickat från|Sendt fra|Отправлено с|나의)\b.{0,60}"
    r"(?:i?Phone|iPad|Android|Galaxy|Outlook|\bMail|mobil|móvil|celular|téléphone|Superhuman).{0,80}"
    r"|(?:Get|Télécharger|Obtener|Obter o) Outlook (?:for|pour|para) .*|Outlook für \w+ beziehen.*"
    r"|(?:Reply to this email directly|You are receiving this because|Message ID: <).*",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\*{0,2}(?:From|Von|De|Da|Van|Från|Fra|Od|От|差出人|发件人|寄件者|보낸 사람)\s?[:：]\*{0,2}\s*\S.*"
)
_SUBJECT = re.compile(
    r"\*{0,2}(?:Subject|Betreff|Objet|Asunto|Assunto|Oggetto|Onderwerp|Ämne|Emne|Temat|Тема|件名|主题|主旨|제목)\s?[:：].*"
)
_GOODBYE = re.compile(
    r"(?:(?:kind |best |warm |many )?(?:regards|wishes|thanks)|cheers|sincerely|thank you|thx|best(?=,)"
    r"|(?:viele|liebe|beste|mit freundlichen) grüßen?|danke|gruß|grüße|vg|lg|mfg|(?:bien )?cordialement|merci"
    r"|(?:un )?saludos?|gracias|atenciosamente|abraços?|obrigad[oa]|(?:cordiali )?saluti|grazie"
    r"|(?:met )?vriendelijke groet(?:en)?|(?:med )?vänliga? hälsning(?:ar)?|mvh"
    r"|よろしくお願い(?:いた)?します)\s?[,.!。、]?",
    re.IGNORECASE,
)


def own(lines: list[Line]) -> list[Line]:
    """What the person wrote: no quotes, no signature, nothing of the mail that is answered."""
    kept: list[Line] = []
    i = 0
    while i < len(lines) and not _is_tail(lines, i):
        said = _attribution(lines, i)
        i += said
        if said and not _quote_follows(lines, i):
            break
        if not said:
            kept.append(lines[i])
            i += 1
    return _without_goodbye(trimmed([line for line in kept if line.kind != "quote"]))


def _is_tail(lines: list[Line], i: int) -> bool:
    """Whether a signature or the mail that is answered begins here."""
    text = lines[i].text.strip()
    if lines[i].kind != "text" or len(text) > _LONGEST_LINE:
        return False
    if _FROM.fullmatch(text):
        return any(_SUBJECT.match(line.text.strip()) for line in lines[i + 1 : i + _MOST_HEADERS])
    return _TAIL.fullmatch(text) is not None


def _attribution(lines: list[Line], i: int) -> int:
    """How many lines from here on say who wrote what is quoted next."""
    words = ""
    for count, line in enumerate(lines[i : i + _MOST_WRAPPED], start=1):
        words = f"{words} {line.text.strip()}".strip()
        if line.kind != "text" or line.blank or len(words) > _LONGEST_LINE:
            break
        if words[-1] not in ":：":
            continue
        dated = _DATE.fullmatch(lines[i].text.strip()) and _DATE_AND_ADDRESS.fullmatch(words)
        if dated or _WROTE.fullmatch(words) or (count == 1 and _WROTE_IN_ONE_LINE.fullmatch(words)):
            return count
    return 0


def _quote_follows(lines: list[Line], i: int) -> bool:
    following = next((line for line in lines[i:] if not line.blank), None)
    return following is not None and following.kind == "quote"


def _without_goodbye(lines: list[Line]) -> list[Line]:
    """Without "Best regards" and the name below it, at the end."""
    for i in range(max(1, len(lines) - 1 - _MOST_BELOW_GOODBYE), len(lines)):
        if _GOODBYE.fullmatch(lines[i].text.strip()) and all(_is_name(line) for line in lines[i + 1 :]):
            return trimmed(lines[:i])
    return lines


def _is_name(line: Line) -> bool:
    text = line.text.strip()
    return line.kind == "text" and len(text) <= _LONGEST_NAME and not text[:1].islower() and ":" not in text
