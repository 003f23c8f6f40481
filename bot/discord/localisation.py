"""The names of commands and their options as people of other languages find them in Discord's menu.

What is not in the tables keeps its English name. English names always work, whatever the language.
"""

from discord import Locale, app_commands
from discord.app_commands import TranslationContextLocation

_ORDER = (
    Locale.german,
    Locale.french,
    Locale.spain_spanish,
    Locale.italian,
    Locale.dutch,
    Locale.brazil_portuguese,
)
_COMMANDS = {
    "brief": ("überblick", "résumé", "resumen", "sintesi", "overzicht", "resumo"),
    "quotes": ("zitate", "citations", "citas", "citazioni", "citaten", "citações"),
    "sections": ("abschnitte", "sections", "secciones", "sezioni", "secties", "seções"),
    "section": ("abschnitt", "section", "sección", "sezione", "sectie", "seção"),
    "full": (
        "volltext",
        "texte-intégral",
        "texto-completo",
        "testo-completo",
        "volledige-tekst",
        "texto-completo",
    ),
    "evidence": ("belege", "preuves", "pruebas", "riscontri", "onderbouwing", "evidências"),
    "more": ("mehr", "suite", "más", "altro", "meer", "mais"),
    "source": ("quelle", "source", "fuente", "fonte", "bron", "fonte"),
    "search": ("suchen", "rechercher", "buscar", "cerca", "zoeken", "buscar"),
    "subscribe": ("abonnieren", "abonner", "suscribir", "abbona", "abonneren", "assinar"),
    "follow": ("folgen", "suivre", "seguir", "segui", "volgen", "seguir"),
    "unfollow": (
        "nicht-mehr-folgen",
        "ne-plus-suivre",
        "dejar-de-seguir",
        "smetti-di-seguire",
        "ontvolgen",
        "deixar-de-seguir",
    ),
    "subscriptions": (
        "abonnements",
        "abonnements",
        "suscripciones",
        "abbonamenti",
        "abonnementen",
        "assinaturas",
    ),
    "unsubscribe": ("abbestellen", "désabonner", "cancelar", "disdici", "opzeggen", "cancelar"),
    "pause": ("pausieren", "suspendre", "pausar", "sospendi", "pauzeren", "pausar"),
    "resume": ("fortsetzen", "reprendre", "reanudar", "riprendi", "hervatten", "retomar"),
    "timezone": ("zeitzone", "fuseau-horaire", "zona-horaria", "fuso-orario", "tijdzone", "fuso-horário"),
    "feeds": ("feeds", "flux", "canales", "feed", "feeds", "feeds"),
    "addfeed": (
        "feed-hinzufügen",
        "ajouter-flux",
        "añadir-canal",
        "aggiungi-feed",
        "feed-toevoegen",
        "adicionar-feed",
    ),
    "removefeed": (
        "feed-entfernen",
        "retirer-flux",
        "quitar-canal",
        "rimuovi-feed",
        "feed-verwijderen",
        "remover-feed",
    ),
    "status": ("status", "état", "estado", "stato", "status", "status"),
    "forget": ("vergessen", "oublier", "olvidar", "dimentica", "vergeten", "esquecer"),
    "export": ("exportieren", "exporter", "exportar", "esporta", "exporteren", "exportar"),
    "help": ("hilfe", "aide", "ayuda", "aiuto", "hulp", "ajuda"),
    "start": ("start", "commencer", "empezar", "inizia", "start", "começar"),
}
_OPTIONS = {
    "topic": ("thema", "sujet", "tema", "argomento", "onderwerp", "tema"),
    "since": ("seit", "depuis", "desde", "da", "sinds", "desde"),
    "from": ("medium", "média", "medio", "testata", "medium", "veículo"),
    "lang": ("sprache", "langue", "idioma", "lingua", "taal", "idioma"),
    "speaker": ("wer", "qui", "quién", "chi", "wie", "quem"),
    "about": ("über", "à-propos", "sobre", "su", "over", "sobre"),
    "section": ("abschnitt", "section", "sección", "sezione", "sectie", "seção"),
    "words": ("wörter", "mots", "palabras", "parole", "woorden", "palavras"),
    "schedule": ("zeitplan", "horaire", "horario", "orario", "schema", "horário"),
    "number": ("nummer", "numéro", "número", "numero", "nummer", "número"),
    "zone": ("zone", "fuseau", "zona", "fuso", "zone", "fuso"),
    "url": ("adresse", "adresse", "dirección", "indirizzo", "adres", "endereço"),
    "feed": ("feed", "flux", "canal", "feed", "feed", "feed"),
    "sure": ("sicher", "sûr", "seguro", "sicuro", "zeker", "certeza"),
}
_SPEAKS_THE_SAME = {Locale.latin_american_spanish: Locale.spain_spanish}


class Names(app_commands.Translator):
    """discord.py's port for translations."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """The name in that language; None for all that is no name, or has none there."""
        match context.location:
            case TranslationContextLocation.command_name:
                names = _COMMANDS.get(string.message)
            case TranslationContextLocation.parameter_name:
                names = _OPTIONS.get(string.message)
            case _:
                return None
        locale = _SPEAKS_THE_SAME.get(locale, locale)
        return names[_ORDER.index(locale)] if names and locale in _ORDER else None
