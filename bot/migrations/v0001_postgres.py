"""What of revision 0001 is PostgreSQL's own."""

# The words of newest versions, made by the program (see articles/search/tsvector.py). They stand apart from
# the article, so that no change to its row writes to GIN, and apart from their key, so that looking through
# keys reads no words. Without the pending list a search never waits for what was stored before.
FULL_TEXT = (
    """
    CREATE TABLE article_words (
        search_key BIGINT CONSTRAINT pk_article_words PRIMARY KEY
            CONSTRAINT fk_article_words_search_key REFERENCES articles (search_key) ON DELETE CASCADE,
        words TSVECTOR NOT NULL
    ) WITH (toast_tuple_target = 128)
    """,
    "ALTER TABLE article_words ALTER COLUMN words SET STORAGE EXTERNAL",
    "CREATE INDEX ix_article_words_words ON article_words USING gin (words) WITH (fastupdate = off)",
    """
    CREATE FUNCTION forget_superseded_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        DELETE FROM article_words WHERE search_key = old.search_key;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER article_words_superseded AFTER UPDATE OF superseded_by ON articles FOR EACH ROW
    WHEN (old.superseded_by IS NULL AND new.superseded_by IS NOT NULL)
    EXECUTE FUNCTION forget_superseded_words()
    """,
)

# A speaker's quote_count is the number of different things they are listed with, also when an article is
# deleted and its quotes with it. By whole statements: a trigger for each row already sees the other rows of
# its statement, and would count what they share twice or never.
QUOTE_COUNTS = (
    """
    CREATE FUNCTION count_quotes_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE speakers SET quote_count = quote_count + counted.said
        FROM (
            SELECT speaker_id, count(DISTINCT said_key) AS said FROM added
            WHERE speaker_id IS NOT NULL AND said_key IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM quotes AS other
                WHERE other.speaker_id = added.speaker_id AND other.said_key = added.said_key
                AND other.id NOT IN (SELECT id FROM added)
            )
            GROUP BY speaker_id
        ) AS counted
        WHERE speakers.id = counted.speaker_id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION count_quotes_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE speakers SET quote_count = quote_count - counted.said
        FROM (
            SELECT speaker_id, count(DISTINCT said_key) AS said FROM removed
            WHERE speaker_id IS NOT NULL AND said_key IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM quotes AS other
                WHERE other.speaker_id = removed.speaker_id AND other.said_key = removed.said_key
            )
            GROUP BY speaker_id
        ) AS counted
        WHERE speakers.id = counted.speaker_id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION count_quotes_unlist() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE speakers SET quote_count = quote_count - counted.said
        FROM (
            SELECT removed.speaker_id, count(DISTINCT removed.said_key) AS said
            FROM removed JOIN kept ON kept.id = removed.id
            WHERE removed.speaker_id IS NOT NULL AND kept.speaker_id IS NULL
            AND removed.said_key IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM quotes AS other
                WHERE other.speaker_id = removed.speaker_id AND other.said_key = removed.said_key
            )
            GROUP BY removed.speaker_id
        ) AS counted
        WHERE speakers.id = counted.speaker_id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER quotes_count_insert AFTER INSERT ON quotes REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_quotes_insert()
    """,
    """
    CREATE TRIGGER quotes_count_delete AFTER DELETE ON quotes REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_quotes_delete()
    """,
    """
    CREATE TRIGGER quotes_count_unlist AFTER UPDATE ON quotes
    REFERENCING OLD TABLE AS removed NEW TABLE AS kept
    FOR EACH STATEMENT EXECUTE FUNCTION count_quotes_unlist()
    """,
)

MAKE = (*FULL_TEXT, *QUOTE_COUNTS)
DROP = (
    "DROP TABLE article_words",
    "DROP FUNCTION forget_superseded_words CASCADE",
    "DROP FUNCTION count_quotes_insert, count_quotes_delete, count_quotes_unlist CASCADE",
)
