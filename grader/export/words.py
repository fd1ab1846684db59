"""What exports say in words of their own, by language. Column names are the importers', not these."""

from __future__ import annotations

WORDS = {
    "en": {
        "score": "{score} of {maximum} points.",
        "criterion": "{title}: {score} of {maximum}",
        "criterion-ungraded": "{title}: could not be checked",
        "decimal": ".",
        "ungraded": "Not graded: something could not be checked. This costs no points.",
        "instructor": (
            "For the instructor: there is no score yet. Put right what is named here, then grade again."
        ),
    },
    "fr": {
        "score": "{score} points sur {maximum}.",
        "criterion": "{title}\u00a0: {score} sur {maximum}",
        "criterion-ungraded": "{title}\u00a0: n'a pas pu être vérifié",
        "decimal": ",",
        "ungraded": (
            "Pas de note\u00a0: quelque chose n'a pas pu être vérifié. Cela ne coûte aucun point."
        ),
        "instructor": (
            "Pour l'enseignant\u00a0: il n'y a pas encore de note. Corrigez ce qui est nommé ici, puis "
            "relancez la notation."
        ),
    },
}


def words(lang: str) -> dict[str, str]:
    """The words in the language ``lang``, else in English."""
    return WORDS.get(lang, WORDS["en"])
