"""What a report says in words of its own, by language."""

from __future__ import annotations

_WORDS = {
    "en": {
        "blocked": "Not checked: depends on “{title}”, which did not pass.",
        "share": "{passed} of {tests} passed.",
        "none": "This criterion was not checked.",
        "not-observed": "What this criterion needs was not looked at in this run.",
    },
    "fr": {
        "blocked": "Non vérifié : dépend de « {title} », qui n'est pas validé.",
        "share": "{passed} sur {tests} réussis.",
        "none": "Ce critère n'a pas été vérifié.",
        "not-observed": "Ce dont ce critère a besoin n'a pas été examiné cette fois.",
    },
}


def phrases(lang: str) -> dict[str, str]:
    """The phrases in the language ``lang``, else in English."""
    return _WORDS.get(lang, _WORDS["en"])


_NEXT = {
    "en": {
        "free": "This costs no points.",
        "credentials": "Get new credentials (in AWS Academy: AWS Details, Show) and try again.",
        "permission": "Ask your instructor; the action that was denied is named here.",
        "unreachable": "Check the network and the address, then try again.",
        "not-ready": "Wait a minute, then try again.",
        "account-mismatch": "Use the credentials of the account that the roster names.",
        "not-observed": "Check again without --no-exchange, or ask your instructor.",
        "": "Try again later, or ask your instructor.",
    },
    "fr": {
        "free": "Cela ne coûte aucun point.",
        "credentials": "Reprenez des identifiants (AWS Academy : AWS Details, Show) et relancez.",
        "permission": "Demandez à l'enseignant ; l'action refusée est nommée ici.",
        "unreachable": "Vérifiez le réseau et l'adresse, puis relancez.",
        "not-ready": "Attendez une minute, puis relancez.",
        "account-mismatch": "Utilisez les identifiants du compte que nomme la liste.",
        "not-observed": "Relancez sans --no-exchange, ou demandez à l'enseignant.",
        "": "Relancez plus tard, ou demandez à l'enseignant.",
    },
}


def what_next(kind: str, lang: str) -> str:
    """What to do about an :class:`~grader.observation.Unknown` of this kind."""
    words = _NEXT.get(lang, _NEXT["en"])
    return f"{words['free']} {words.get(kind, words[''])}"
