"""What a report says in words of its own, by language."""

from __future__ import annotations

_WORDS = {
    "en": {
        "blocked": "Not checked: depends on “{title}”, which did not pass.",
        "share": "{passed} of {tests} passed.",
        "none": "This criterion was not checked.",
        "not-observed": "What this criterion needs was not looked at in this run.",
        "again": "This costs no points. Run the check again, or ask your instructor.",
    },
    "fr": {
        "blocked": "Non vérifié : dépend de « {title} », qui n'est pas validé.",
        "share": "{passed} sur {tests} réussis.",
        "none": "Ce critère n'a pas été vérifié.",
        "not-observed": "Ce dont ce critère a besoin n'a pas été examiné cette fois.",
        "again": "Cela ne coûte aucun point. Relancez la vérification ou demandez à l'enseignant.",
    },
}


def phrases(lang: str) -> dict[str, str]:
    """The phrases in the language ``lang``, else in English."""
    return _WORDS.get(lang, _WORDS["en"])
