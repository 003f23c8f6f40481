"""What of revision 0001 is SQLite's own."""

# An external-content FTS5 table keeps an index and reads the words from a table or view; the triggers keep it
# in step (sqlite.org, "FTS5: External Content Tables"). Superseded versions are not in it. Publisher and
# language are, so that a filter by them is part of the same index scan.
FULL_TEXT = (
    """
    CREATE VIEW newest_articles AS
        SELECT search_key, headline, headings, text, publisher, language
        FROM articles WHERE superseded_by IS NULL
    """,
    """
    CREATE VIRTUAL TABLE articles_fts USING fts5(
        headline, headings, text, publisher, language,
        content='newest_articles', content_rowid='search_key', tokenize='porter unicode61 remove_diacritics 2'
    )
    """,
    """
    CREATE TRIGGER articles_fts_insert AFTER INSERT ON articles WHEN new.superseded_by IS NULL BEGIN
        INSERT INTO articles_fts (rowid, headline, headings, text, publisher, language)
        VALUES (new.search_key, new.headline, new.headings, new.text, new.publisher, new.language);
    END
    """,
    """
    CREATE TRIGGER articles_fts_delete AFTER DELETE ON articles WHEN old.superseded_by IS NULL BEGIN
        INSERT INTO articles_fts (articles_fts, rowid, headline, headings, text, publisher, language)
        VALUES ('delete', old.search_key, old.headline, old.headings, old.text, old.publisher, old.language);
    END
    """,
    """
    CREATE TRIGGER articles_fts_update
    AFTER UPDATE OF search_key, superseded_by, headline, headings, text, publisher, language ON articles BEGIN
        INSERT INTO articles_fts (articles_fts, rowid, headline, headings, text, publisher, language)
        SELECT 'delete', old.search_key, old.headline, old.headings, old.text, old.publisher, old.language
        WHERE old.superseded_by IS NULL;
        INSERT INTO articles_fts (rowid, headline, headings, text, publisher, language)
        SELECT new.search_key, new.headline, new.headings, new.text, new.publisher, new.language
        WHERE new.superseded_by IS NULL;
    END
    """,
)

# A speaker's quote_count is the number of different things they are listed with, also when an article is
# deleted and its quotes with it.
QUOTE_COUNTS = (
    """
    CREATE TRIGGER quotes_count_insert AFTER INSERT ON quotes
    WHEN new.speaker_id IS NOT NULL AND new.said_key IS NOT NULL BEGIN
        UPDATE speakers SET quote_count = quote_count + 1
        WHERE id = new.speaker_id AND NOT EXISTS (
            SELECT 1 FROM quotes
            WHERE speaker_id = new.speaker_id AND said_key = new.said_key AND id <> new.id
        );
    END
    """,
    """
    CREATE TRIGGER quotes_count_delete AFTER DELETE ON quotes
    WHEN old.speaker_id IS NOT NULL AND old.said_key IS NOT NULL BEGIN
        UPDATE speakers SET quote_count = quote_count - 1
        WHERE id = old.speaker_id AND NOT EXISTS (
            SELECT 1 FROM quotes WHERE speaker_id = old.speaker_id AND said_key = old.said_key
        );
    END
    """,
    """
    CREATE TRIGGER quotes_count_unlist AFTER UPDATE OF speaker_id ON quotes
    WHEN old.speaker_id IS NOT NULL AND new.speaker_id IS NULL AND old.said_key IS NOT NULL BEGIN
        UPDATE speakers SET quote_count = quote_count - 1
        WHERE id = old.speaker_id AND NOT EXISTS (
            SELECT 1 FROM quotes WHERE speaker_id = old.speaker_id AND said_key = old.said_key
        );
    END
    """,
)

MAKE = (*FULL_TEXT, *QUOTE_COUNTS)
DROP = ("DROP TABLE articles_fts", "DROP VIEW newest_articles")
