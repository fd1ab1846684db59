"""The words of the pages in French."""

from __future__ import annotations

from typing import Final

from grader.pages.plural import Plural, Words

FRENCH: Final[Words] = {
    # what both pages say
    "colon": "\u00a0: ",
    "status.passed": "validé",
    "status.partial": "validé en partie",
    "status.failed": "échoué",
    "status.blocked": "non vérifié",
    "status.ungraded": "non noté",
    "points": "{points} points sur {most}",
    "no-points": "pas encore de note, sur {most} points",
    "made-with": "Fait par grader {version}.",
    # the class page
    "class.results": "Résultats",
    "class.students": Plural(
        "{n} étudiant",
        "{n} étudiants",
    ),
    "class.graded": Plural(
        "{n} noté",
        "{n} notés",
    ),
    "class.ungraded": Plural(
        "{n} non noté",
        "{n} non notés",
    ),
    "state.starting": "Cette correction n'est pas terminée\u00a0: voici ce qu'il y a pour l'instant.",
    "state.running": "Cette correction n'est pas terminée\u00a0: voici ce qu'il y a pour l'instant.",
    "state.interrupted": (
        "Cette correction a été interrompue. Relancez-la avec --resume pour ceux qui manquent."
    ),
    "class.missing": Plural(
        "{n} étudiant de la liste n'a pas encore de rapport.",
        "{n} étudiants de la liste n'ont pas encore de rapport.",
    ),
    "class.mean": "Moyenne",
    "class.median": "Médiane",
    "class.range": "Minimum et maximum",
    "class.to": "{low} à {high}",
    "class.of": "sur {most}",
    "class.took": "Durée",
    "class.nobody": "Personne n'a encore de note.",
    "scores": "Notes",
    "scores.caption": Plural(
        "Combien d'étudiants ont quelle note. Une barre compte les notes depuis son nombre "
        "jusqu'au suivant\u00a0; {n} étudiant est noté.",
        "Combien d'étudiants ont quelle note. Une barre compte les notes depuis son nombre "
        "jusqu'au suivant\u00a0; {n} étudiants sont notés.",
    ),
    "scores.numbers": "Les mêmes en chiffres",
    "scores.score": "Note",
    "scores.students": "Étudiants",
    "wrong": "Ce qui a échoué le plus souvent",
    "wrong.nothing": "Personne n'a perdu de point.",
    "wrong.next": "À faire",
    "wrong.more": Plural(
        "{n} erreur plus rare est sur les pages des étudiants.",
        "{n} erreurs plus rares sont sur les pages des étudiants.",
    ),
    "unknown": "Qui n'a pas pu être noté, et pourquoi",
    "criteria": "Critères",
    "criteria.criterion": "Critère",
    "criteria.rate": "Validés",
    "criteria.mean": "Points en moyenne",
    "criteria.each": (
        "Combien ont validé, validé en partie, échoué, n'ont pas été vérifiés ou notés"
    ),
    "heat": "Étudiants et critères",
    "heat.help": "Les points de chaque critère. Le nom d'un étudiant mène à sa page.",
    "heat.student": "Étudiant",
    "heat.score": "Note",
    "heat.flags": "Remarques",
    "heat.legend": "Signes",
    "filter": "Afficher",
    "filter.name": "Nom contenant",
    "filter.status": "Étudiants avec",
    "filter.any-status": "n'importe quel résultat",
    "filter.criterion": "pour",
    "filter.any-criterion": "n'importe quel critère",
    "filter.flagged": "Seulement les étudiants avec une remarque",
    "filter.shown": Plural(
        "{shown} étudiant affiché sur {all}",
        "{shown} étudiants affichés sur {all}",
    ),
    "filter.sort": "Trier par {column}",
    "flags": "Remarques, à examiner",
    "flags.help": "Des faits, à juger par vous. Ils ne coûtent aucun point par eux-mêmes.",
    "flags.together": "Compte {account}\u00a0: ",
    "flags.more": Plural(
        "et {n} autre",
        "et {n} autres",
    ),
    "run": "Comment la notation s'est faite",
    "run.started": "Début",
    "run.finished": "Fin",
    "run.jobs": "Comptes à la fois",
    "run.attempt": "Tentative",
    "run.seed": "Graine",
    "run.rubric": "Barème",
    # one student's page
    "student.score": "Note",
    "student.ungraded": "Vous n'avez pas encore de note",
    "student.ungraded.why": (
        "Quelque chose n'a pas pu être vérifié. Cela ne compte pas contre vous."
    ),
    "student.do": "À faire",
    "student.full": "Tout est validé.",
    "student.group": "Groupe {group}",
    "student.criteria": "Critères",
    "student.expected": "Attendu",
    "student.found": "Trouvé",
    "student.next": "À faire",
    "student.tests": Plural(
        "{n} test",
        "{n} tests",
    ),
    "student.pairs": "Ce qui a été envoyé, et ce qui est revenu",
    "student.handler": "Votre fonction, appelée directement avec un message",
    "student.records": (
        "Votre fonction, appelée directement avec plusieurs messages dans un événement"
    ),
    "student.exchange": "Par vos files, un message à la fois",
    "student.unseen": (
        "Ce qui a été vu dans votre compte n'a pas été gardé\u00a0: il n'y a rien à montrer ici."
    ),
    "student.sent": "Envoyé",
    "student.numbers": "Nombres",
    "student.sum": "Somme",
    "student.answer": "Réponse",
    "student.after": "Après",
    "student.verdict": "Verdict",
    "student.none": "pas de réponse",
    "student.others": (
        "Votre fonction a aussi écrit ceci, qui ne répond à rien de ce qui a été envoyé\u00a0:"
    ),
    "student.patience": "Chaque réponse a été attendue jusqu'à {seconds}.",
    "student.own-queue": "La somme a été trouvée dans la file d'entrée de votre fonction.",
    "student.unsure": (
        "L'événement était fabriqué par le correcteur\u00a0: votre file a décidé à sa place."
    ),
    "student.failure": "Les derniers mots de votre fonction",
    "student.log": "Les dernières lignes de son journal\u00a0:",
    "student.flags": "Remarques",
    "student.flags.help": (
        "Des faits pour votre enseignant. Ils ne coûtent aucun point par eux-mêmes."
    ),
    "student.about": "À propos de cette vérification",
    "student.checked": "Vérifié",
    "student.account": "Compte AWS",
    "student.region": "Région",
    "student.duration": "Durée",
    "student.seed": "Graine",
    "student.attempt": "Tentative",
    "student.replay": "Pour envoyer les mêmes nombres\u00a0: grader check --seed {seed}",
    # facts that are not found
    "fact.not-tried": "Pas essayé\u00a0: {reason}",
    "fact.unknown": "Cela n'a pas pu être établi\u00a0: {reason}",
    # what is said of an answer
    "answer.right": "juste",
    "answer.joined": "faux\u00a0: les deux nombres mis bout à bout comme du texte",
    "answer.multiplied": "faux\u00a0: les deux nombres multipliés",
    "answer.subtracted": "faux\u00a0: un nombre moins l'autre",
    "answer.first-number": "faux\u00a0: le premier nombre seul",
    "answer.second-number": "faux\u00a0: le second nombre seul",
    "answer.nearly": "faux\u00a0: à peu de chose près",
    "answer.other": "faux",
    # how an invocation went wrong
    "failed.raised": "Votre fonction a levé {error}.",
    "failed.at": "Votre fonction a levé {error} ({file}, ligne {line}).",
    "failed.timed-out": "Votre fonction tournait encore quand son temps était écoulé.",
    "failed.refused": (
        "AWS a refusé d'exécuter votre fonction\u00a0: sa concurrence réservée est épuisée."
    ),
    "failed.broken": "AWS n'a pas pu exécuter votre fonction.",
    # flags, for the instructor
    "flag.account-shared": (
        "Le même compte AWS a été rendu par des étudiants de groupes différents."
    ),
    "flag.same-code": (
        "Le même code est déployé dans des comptes différents par des étudiants de groupes "
        "différents."
    ),
    "flag.account-mismatch": "Les identifiants mènent à un autre compte que celui de la liste.",
    "flag.foreign-messages": (
        "La file de sortie contenait des messages que le correcteur n'attendait pas. Ils y "
        "ont été laissés."
    ),
    "flag.direct-inconclusive": "L'appel direct de la fonction n'a rien montré\u00a0; la file a décidé.",
    "flag.raises-after-answer": (
        "La fonction répond, puis lève une exception\u00a0: SQS redélivre le message."
    ),
    "flag.pair-left-behind": "Un message du correcteur est peut-être resté dans la file d'entrée.",
    "flag.answers-left-behind": (
        "Une réponse au correcteur n'a pas pu être retirée de la file de sortie."
    ),
    # the same, short, for the table
    "short.account-shared": "compte partagé",
    "short.same-code": "même code",
    "short.account-mismatch": "autre compte",
    "short.foreign-messages": "messages étrangers",
    "short.direct-inconclusive": "la file a décidé",
    "short.raises-after-answer": "exception après la réponse",
    "short.pair-left-behind": "message resté",
    "short.answers-left-behind": "réponse restée",
    # the same, for the student
    "yours.account-shared": "Un autre travail vient du même compte AWS que le vôtre.",
    "yours.same-code": "Le code de votre fonction est, à l'octet près, celui d'un autre travail.",
    "yours.account-mismatch": (
        "Vos identifiants mènent à un autre compte AWS que celui de la liste de votre enseignant."
    ),
    "yours.foreign-messages": (
        "Votre file de sortie contenait des messages que le correcteur n'attendait pas. Ils "
        "y ont été laissés."
    ),
    "yours.direct-inconclusive": (
        "L'appel direct de votre fonction n'a rien montré\u00a0: votre file a décidé."
    ),
    "yours.raises-after-answer": (
        "Votre fonction répond puis lève une exception\u00a0: SQS redélivre le même message. "
        "Regardez son journal."
    ),
    "yours.pair-left-behind": (
        "Un message du correcteur est peut-être resté dans votre file d'entrée."
    ),
    "yours.answers-left-behind": (
        "Une réponse au correcteur n'a pas pu être retirée de votre file de sortie."
    ),
}
